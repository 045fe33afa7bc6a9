package ical

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/rota"
)

// Limits of a calendar from outside.
const (
	MaxBytes   = 2 << 20
	maxEvents  = 5000
	maxLine    = 64 << 10
	maxDepth   = 4
	maxText    = 200
	maxStretch = 400 * 24 * time.Hour
)

// An Event is one entry of a calendar from outside.
type Event struct {
	UID     string
	From    time.Time
	To      time.Time
	Summary string // one line, at most 200 bytes
	Who     string // mail address of the organiser or first attendee, "" = none
}

// A Skipped is an event that was not taken, and why.
type Skipped struct {
	Line int
	Why  string
}

// Read reads the events of a calendar. zone is that of times without one ("floating") and of
// whole days. A file that is too large, no calendar, or damaged is an error that names the
// line and wraps fault.ErrInvalid or fault.ErrTooLarge; a single event that cannot be used
// (it repeats, has no end, is longer than 400 days) is skipped by name.
func Read(r io.Reader, zone *time.Location) ([]Event, []Skipped, error) {
	raw, err := io.ReadAll(io.LimitReader(r, MaxBytes+1))
	if err != nil {
		return nil, nil, fmt.Errorf("read calendar: %w: %w", fault.ErrInvalid, err)
	}
	if len(raw) > MaxBytes {
		return nil, nil, fmt.Errorf("calendar is larger than %d MB: %w", MaxBytes>>20, fault.ErrTooLarge)
	}
	if !utf8.Valid(raw) {
		return nil, nil, fmt.Errorf("calendar is not UTF-8: %w", fault.ErrInvalid)
	}
	p := parser{zone: zone}
	text := strings.ReplaceAll(strings.ReplaceAll(string(raw), "\r\n", "\n"), "\r", "\n")
	number, start, logical := 0, 0, ""
	for line := range strings.SplitSeq(text, "\n") {
		number++
		if line != "" && (line[0] == ' ' || line[0] == '\t') { // folded
			if logical += line[1:]; len(logical) > maxLine {
				return nil, nil, fmt.Errorf("calendar line %d is longer than %d bytes: %w", start, maxLine, fault.ErrTooLarge)
			}
			continue
		}
		if err := p.line(start, logical); err != nil {
			return nil, nil, err
		}
		start, logical = number, line
	}
	if err := p.line(start, logical); err != nil {
		return nil, nil, err
	}
	if !p.calendar || len(p.open) > 0 {
		return nil, nil, fmt.Errorf("calendar has no VCALENDAR or does not end: %w", fault.ErrInvalid)
	}
	return p.events, p.skipped, nil
}

type parser struct {
	zone     *time.Location
	open     []string
	calendar bool
	event    Event
	length   time.Duration
	ended    bool
	wrong    string // why the event cannot be used
	events   []Event
	skipped  []Skipped
}

// line takes one unfolded content line.
func (p *parser) line(number int, line string) error {
	if strings.TrimSpace(line) == "" {
		return nil
	}
	head, value, ok := splitLine(line)
	if !ok {
		return fmt.Errorf("calendar line %d: want NAME:VALUE: %w", number, fault.ErrInvalid)
	}
	params := strings.Split(head, ";")
	name := strings.ToUpper(params[0])
	switch name {
	case "BEGIN":
		if p.open = append(p.open, strings.ToUpper(value)); len(p.open) > maxDepth {
			return fmt.Errorf("calendar line %d: parts within parts: %w", number, fault.ErrTooLarge)
		}
		if len(p.open) == 1 && p.open[0] != "VCALENDAR" {
			return fmt.Errorf("calendar line %d: %.40q instead of VCALENDAR: %w", number, value, fault.ErrInvalid)
		}
		p.calendar = true
		if p.within("VEVENT") {
			p.event, p.length, p.ended, p.wrong = Event{}, 0, false, ""
		}
		return nil
	case "END":
		if len(p.open) == 0 || p.open[len(p.open)-1] != strings.ToUpper(value) {
			return fmt.Errorf("calendar line %d: END:%.40s ends nothing that is open: %w", number, value, fault.ErrInvalid)
		}
		done := p.within("VEVENT")
		p.open = p.open[:len(p.open)-1]
		if done {
			return p.finish(number)
		}
		return nil
	}
	if len(p.open) == 0 {
		return fmt.Errorf("calendar line %d stands before BEGIN:VCALENDAR: %w", number, fault.ErrInvalid)
	}
	if p.within("VEVENT") {
		p.property(name, params[1:], value)
	}
	return nil
}

// within tells whether the innermost open part is an event of the calendar itself.
func (p *parser) within(part string) bool { return len(p.open) == 2 && p.open[1] == part }

// splitLine cuts a content line at the first colon that does not stand in quotes.
func splitLine(line string) (head, value string, ok bool) {
	quoted := false
	for i := range len(line) {
		switch line[i] {
		case '"':
			quoted = !quoted
		case ':':
			if !quoted {
				return line[:i], line[i+1:], i > 0
			}
		}
	}
	return "", "", false
}

func (p *parser) property(name string, params []string, value string) {
	var err error
	switch name {
	case "UID":
		p.event.UID = clip(value)
	case "SUMMARY":
		p.event.Summary = clip(unescape(value))
	case "ORGANIZER", "ATTENDEE":
		if mail, ok := cutFold(value, "mailto:"); ok && p.event.Who == "" {
			p.event.Who = clip(mail)
		}
	case "DTSTART":
		var whole bool
		if p.event.From, whole, err = p.instant(params, value); whole {
			p.length = 24 * time.Hour
		}
	case "DTEND":
		p.event.To, _, err = p.instant(params, value)
		p.ended = true
	case "DURATION":
		p.length, err = duration(value)
	case "RRULE", "RDATE", "RECURRENCE-ID":
		p.wrong = "it repeats; give each time as an event of its own"
	case "STATUS":
		if strings.EqualFold(value, "CANCELLED") {
			p.wrong = "it is cancelled"
		}
	}
	if err != nil && p.wrong == "" {
		p.wrong = err.Error()
	}
}

func (p *parser) finish(number int) error {
	e := p.event
	if !p.ended && !e.From.IsZero() && p.length > 0 {
		e.To = e.From.Add(p.length)
		if p.length == 24*time.Hour { // a whole day by the clock, also when it has 23 or 25 hours
			y, m, d := e.From.In(p.zone).Date()
			if rota.Wall(p.zone, y, m, d, 0).Equal(e.From) {
				e.To = rota.Wall(p.zone, y, m, d+1, 0)
			}
		}
	}
	switch {
	case p.wrong != "":
	case e.From.IsZero() || !e.From.Before(e.To):
		p.wrong = "it has no beginning, or no later end"
	case e.To.Sub(e.From) > maxStretch:
		p.wrong = "it is longer than 400 days"
	}
	if p.wrong != "" {
		p.skipped = append(p.skipped, Skipped{number, p.wrong})
	} else {
		p.events = append(p.events, e)
	}
	if len(p.events)+len(p.skipped) > maxEvents {
		return fmt.Errorf("calendar line %d: more than %d events: %w", number, maxEvents, fault.ErrTooLarge)
	}
	return nil
}

// instant reads DATE-TIME and DATE values: UTC, with TZID, floating, or a whole day.
func (p *parser) instant(params []string, value string) (at time.Time, whole bool, err error) {
	zone := p.zone
	for _, x := range params {
		if id, ok := cutFold(x, "TZID="); ok {
			if zone, err = rota.LoadZone(strings.Trim(id, `"`)); err != nil {
				return at, false, fmt.Errorf("zone %.40q is not known", id)
			}
		}
	}
	value = strings.TrimSpace(value)
	if t, err := time.Parse(utcForm, value); err == nil {
		return plausible(t, false)
	}
	if t, err := time.Parse(localForm, value); err == nil {
		return plausible(rota.Wall(zone, t.Year(), t.Month(), t.Day(), t.Hour()*60+t.Minute()).Add(time.Duration(t.Second())*time.Second), false)
	}
	if t, err := time.Parse("20060102", value); err == nil {
		return plausible(rota.Wall(zone, t.Year(), t.Month(), t.Day(), 0), true)
	}
	return at, false, fmt.Errorf("time %.40q is none", value)
}

func plausible(t time.Time, whole bool) (time.Time, bool, error) {
	if y := t.Year(); y < 1970 || y > 2200 {
		return time.Time{}, false, fmt.Errorf("year %d", y)
	}
	return t.UTC(), whole, nil
}

// duration reads "P1D", "PT12H30M", "P2W" (RFC 5545, 3.3.6), forwards only.
func duration(s string) (time.Duration, error) {
	bad := fmt.Errorf("duration %.40q is none", s)
	rest, ok := strings.CutPrefix(strings.TrimPrefix(strings.ToUpper(s), "+"), "P")
	if !ok || rest == "" {
		return 0, bad
	}
	var out time.Duration
	n, digits, inTime := 0, 0, false
	for _, r := range rest {
		if r >= '0' && r <= '9' {
			n = n*10 + int(r-'0')
			if digits++; digits > 6 {
				return 0, bad
			}
			continue
		}
		if r == 'T' && digits == 0 && !inTime {
			inTime = true
			continue
		}
		unit := map[rune]time.Duration{'W': 7 * 24 * time.Hour, 'D': 24 * time.Hour}[r]
		if inTime {
			unit = map[rune]time.Duration{'H': time.Hour, 'M': time.Minute, 'S': time.Second}[r]
		}
		if unit == 0 || digits == 0 {
			return 0, bad
		}
		out, n, digits = out+time.Duration(n)*unit, 0, 0
	}
	if digits > 0 || out <= 0 || out > maxStretch {
		return 0, bad
	}
	return out, nil
}

func cutFold(s, prefix string) (string, bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return "", false
	}
	return s[len(prefix):], true
}

func unescape(s string) string {
	return strings.NewReplacer(`\\`, `\`, `\;`, ";", `\,`, ",", `\n`, " ", `\N`, " ").Replace(s)
}

// clip makes one line of at most maxText bytes, without control characters.
func clip(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.TrimSpace(s))
	for len(s) > maxText {
		_, size := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-size]
	}
	return s
}
