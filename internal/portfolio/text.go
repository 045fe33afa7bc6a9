package portfolio

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"watchfire.dev/internal/event"
)

// FormatShifts writes shifts as one line of text: "day 06:00-18:00 120; night 18:00-06:00 40".
func FormatShifts(shifts []Shift) string {
	parts := make([]string, len(shifts))
	for i, s := range shifts {
		parts[i] = strings.TrimSpace(fmt.Sprintf("%s %s-%s %d", s.Name, clockTime(s.From), clockTime(s.To), s.Count))
	}
	return strings.Join(parts, "; ")
}

func clockTime(minute int) string { return fmt.Sprintf("%02d:%02d", minute/60, minute%60) }

// ParseShifts reads what FormatShifts writes. A part without hours, "staff 120" or "120",
// is there all day. The error names the part that cannot be read.
func ParseShifts(text string) ([]Shift, error) {
	var out []Shift
	for _, part := range listParts(text) {
		words := strings.Fields(part)
		count, err := strconv.Atoi(words[len(words)-1])
		if err != nil || count < 0 {
			return nil, invalidf("%s is not a shift: write name, hours and head-count as in \"day 06:00-18:00 120\"", Quote(part))
		}
		s, rest := Shift{Count: count}, strings.TrimSpace(part[:strings.LastIndex(part, words[len(words)-1])])
		if i := strings.LastIndexAny(rest, " \t") + 1; looksLikeHours(rest[i:]) {
			if s.From, s.To, err = parseHours(rest[i:]); err != nil {
				return nil, err
			}
			rest = strings.TrimSpace(rest[:i])
		}
		s.Name = rest
		out = append(out, s)
	}
	return out, nil
}

func looksLikeHours(word string) bool {
	return strings.Contains(word, ":") && strings.Contains(word, "-") && word[0] >= '0' && word[0] <= '9'
}

func parseHours(word string) (from, to int, err error) {
	a, b, _ := strings.Cut(word, "-")
	if from, err = parseClock(a); err != nil {
		return 0, 0, err
	}
	if to, err = parseClock(b); err != nil {
		return 0, 0, err
	}
	return from, to, nil
}

func parseClock(word string) (int, error) {
	h, m, ok := strings.Cut(word, ":")
	hour, err1 := strconv.ParseUint(h, 10, 8)
	minute, err2 := strconv.ParseUint(m, 10, 8)
	if !ok || err1 != nil || err2 != nil || minute > 59 || hour > 24 || (hour == 24 && minute > 0) {
		return 0, invalidf("%s is not a time of day: write 00:00 to 24:00", Quote(word))
	}
	return int(hour%24)*60 + int(minute), nil
}

// FormatRadii writes radii as text, in kilometres: "earthquake=150; cyclone=300".
func FormatRadii(radii []Radius) string {
	parts := make([]string, len(radii))
	for i, r := range radii {
		parts[i] = string(r.Hazard) + "=" + FormatNumber(r.KM)
	}
	return strings.Join(parts, "; ")
}

// ParseRadii reads what FormatRadii writes; the error names the part that cannot be read.
func ParseRadii(text string) ([]Radius, error) {
	var out []Radius
	for _, part := range listParts(text) {
		hazard, number, ok := strings.Cut(part, "=")
		km, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		if !ok || err != nil {
			return nil, invalidf("%s is not a radius: write hazard and kilometres as in \"earthquake=150\"", Quote(part))
		}
		out = append(out, Radius{Hazard: event.Hazard(strings.ToLower(strings.TrimSpace(hazard))), KM: km})
	}
	return out, nil
}

// FormatChannels writes addresses as text: "email:x@example.org; webhook:https://example.org/w".
func FormatChannels(channels []Address) string {
	parts := make([]string, len(channels))
	for i, c := range channels {
		parts[i] = c.Channel + ":" + c.Address
	}
	return strings.Join(parts, "; ")
}

// ParseChannels reads what FormatChannels writes; the order is kept, because the first
// address is tried first. The error names the part that cannot be read.
func ParseChannels(text string) ([]Address, error) {
	var out []Address
	for _, part := range listParts(text) {
		channel, address, ok := strings.Cut(part, ":")
		if channel = strings.ToLower(strings.TrimSpace(channel)); !ok || !slices.Contains(Channels(), channel) {
			return nil, invalidf("%s is not an address: write it as \"email:name@example.org\" (channels: %s)",
				Quote(part), strings.Join(Channels(), ", "))
		}
		out = append(out, Address{Channel: channel, Address: strings.TrimSpace(address)})
	}
	return out, nil
}

// Channels lists the channels by which a contact can be reached.
func Channels() []string {
	return []string{
		"email", "sms", "voice", "webpush", "whatsapp", "telegram", "wecom", "dingtalk", "feishu", "slack", "teams",
		"pagerduty", "mqtt", "other", "webhook", "cap",
	}
}

// ParseTags reads "bridge; night shift" into tags.
func ParseTags(text string) []string { return listParts(text) }

// FormatNumber writes a number so that reading it gives the same bits.
func FormatNumber(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }

// listParts splits at semicolons and line breaks (as spreadsheets put them into a cell).
func listParts(text string) []string {
	var out []string
	for part := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ';' || r == '\n' || r == '\r' }) {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

// formatOptional writes 0 as "", for numbers whose zero means "not set".
func formatOptional(f float64) string {
	if f == 0 {
		return ""
	}
	return FormatNumber(f)
}

func formatPointer(f *float64) string {
	if f == nil {
		return ""
	}
	return FormatNumber(*f)
}

func formatTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

func joinList(parts []string) string { return strings.Join(parts, "; ") }
