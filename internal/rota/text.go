package rota

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"watchfire.dev/internal/fault"
)

// The lines in which people write parts of a book into forms. What Format… writes, Parse…
// reads; the error of Parse… names the line and wraps fault.ErrInvalid.

// ParseMembers reads members, one a line: "contact:ann" or "account:acc_…".
func ParseMembers(text string) ([]Member, error) {
	var out []Member
	for i, line := range lines(text) {
		m := ParseMember(line)
		if m.Nobody() {
			return nil, fmt.Errorf("line %d, %.60q: want contact:CODE or account:ID: %w", i+1, line, fault.ErrInvalid)
		}
		out = append(out, m)
	}
	return out, nil
}

// FormatMembers writes members, one a line.
func FormatMembers(list []Member) string {
	out := make([]string, len(list))
	for i, m := range list {
		out[i] = m.String()
	}
	return strings.Join(out, "\n")
}

// ParseWindows reads windows, one a line: "mon tue 08:00-20:00", "sat sun", "22:00-06:00".
func ParseWindows(text string) ([]Window, error) {
	var out []Window
	for i, line := range lines(text) {
		var w Window
		for _, word := range strings.FieldsFunc(strings.ToLower(line), func(r rune) bool { return r == ' ' || r == ',' }) {
			if from, to, ok := strings.Cut(word, "-"); ok {
				w.From, w.To = from, to
			} else {
				w.Days = append(w.Days, word)
			}
		}
		if _, err := readyWindow(w); err != nil {
			return nil, fmt.Errorf("line %d, %.60q: %w", i+1, line, err)
		}
		out = append(out, w)
	}
	return out, nil
}

// FormatWindows writes windows, one a line.
func FormatWindows(list []Window) string {
	out := make([]string, len(list))
	for i, w := range list {
		words := slices.Clone(w.Days)
		if w.From != "" || w.To != "" {
			from, to := w.From, w.To
			if from == "" {
				from = "00:00"
			}
			if to == "" {
				to = "24:00"
			}
			words = append(words, from+"-"+to)
		}
		out[i] = strings.Join(words, " ")
	}
	return strings.Join(out, "\n")
}

// ParseSteps reads the steps of a policy, one a line, each with who is asked and how long is
// waited: "rota:duty, contact:ann, wait 5m", "role:Crisis manager", "step:2".
func ParseSteps(text string) ([]Step, error) {
	var out []Step
	for i, line := range lines(text) {
		var s Step
		for part := range strings.SplitSeq(line, ",") {
			part = strings.TrimSpace(part)
			kind, value, ok := strings.Cut(part, ":")
			value = strings.TrimSpace(value)
			switch {
			case strings.HasPrefix(part, "wait "):
				d, err := time.ParseDuration(strings.TrimSpace(strings.TrimPrefix(part, "wait ")))
				if err != nil || d < time.Second {
					return nil, fmt.Errorf("line %d, %.60q: want a wait such as 5m: %w", i+1, part, fault.ErrInvalid)
				}
				s.Wait = int(d / time.Second)
			case !ok || value == "":
				return nil, fmt.Errorf("line %d, %.60q: want contact:, role:, rota: or step: %w", i+1, part, fault.ErrInvalid)
			case kind == "contact":
				s.Targets = append(s.Targets, Target{Contact: value})
			case kind == "role":
				s.Targets = append(s.Targets, Target{Role: value})
			case kind == "rota":
				s.Targets = append(s.Targets, Target{Rota: value})
			case kind == "step":
				n, err := strconv.Atoi(value)
				if err != nil {
					return nil, fmt.Errorf("line %d, %.60q: want step:1 to step:9: %w", i+1, part, fault.ErrInvalid)
				}
				s.Targets = append(s.Targets, Target{Step: n})
			default:
				return nil, fmt.Errorf("line %d, %.60q: want contact:, role:, rota: or step: %w", i+1, part, fault.ErrInvalid)
			}
		}
		out = append(out, s)
	}
	return out, nil
}

// FormatSteps writes steps, one a line.
func FormatSteps(list []Step) string {
	out := make([]string, len(list))
	for i, s := range list {
		var parts []string
		for _, t := range s.Targets {
			parts = append(parts, t.String())
		}
		if s.Wait > 0 {
			parts = append(parts, "wait "+shortSpan(time.Duration(s.Wait)*time.Second))
		}
		out[i] = strings.Join(parts, ", ")
	}
	return strings.Join(out, "\n")
}

// shortSpan writes 5m instead of 5m0s.
func shortSpan(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// ParseHolidays reads holidays, one a line: "2026-10-01 National Day".
func ParseHolidays(text string) ([]Holiday, error) {
	var out []Holiday
	for i, line := range lines(text) {
		day, name, _ := strings.Cut(line, " ")
		if _, err := parseDate(day); err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
		out = append(out, Holiday{Date: day, Name: strings.TrimSpace(name)})
	}
	return out, nil
}

// FormatHolidays writes holidays, one a line.
func FormatHolidays(list []Holiday) string {
	out := make([]string, len(list))
	for i, h := range list {
		out[i] = strings.TrimSpace(h.Date + " " + h.Name)
	}
	return strings.Join(out, "\n")
}

func lines(text string) []string {
	var out []string
	for line := range strings.SplitSeq(strings.ReplaceAll(text, "\r", "\n"), "\n") {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}
