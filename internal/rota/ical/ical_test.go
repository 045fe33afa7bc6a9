package ical

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	ics "github.com/arran4/golang-ical"

	"watchfire.dev/internal/fault"
)

func location(t *testing.T, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// onset is one observance of a VTIMEZONE, as a strict reader takes it.
type onset struct {
	at time.Time
	to time.Duration
}

// onsets reads the observances with the second parser.
func onsets(t *testing.T, c *ics.Calendar) []onset {
	t.Helper()
	var out []onset
	for _, part := range c.Components {
		tz, ok := part.(*ics.VTimezone)
		if !ok {
			continue
		}
		for _, sub := range tz.SubComponents() {
			var base *ics.ComponentBase
			switch o := sub.(type) {
			case *ics.Standard:
				base = &o.ComponentBase
			case *ics.Daylight:
				base = &o.ComponentBase
			default:
				t.Fatalf("%T in a VTIMEZONE", sub)
			}
			start, err := time.Parse(localForm, base.GetProperty(ics.ComponentPropertyDtStart).Value)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, onset{start.Add(-span(t, base, "TZOFFSETFROM")), span(t, base, "TZOFFSETTO")})
		}
	}
	slices.SortFunc(out, func(a, b onset) int { return a.at.Compare(b.at) })
	return out
}

func span(t *testing.T, base *ics.ComponentBase, name string) time.Duration {
	t.Helper()
	v := base.GetProperty(ics.ComponentProperty(name)).Value
	var h, m, s int
	if _, err := fmt.Sscanf(v[1:]+"00", "%2d%2d%2d", &h, &m, &s); err != nil {
		t.Fatalf("%s %q: %v", name, v, err)
	}
	d := time.Duration(h)*time.Hour + time.Duration(m)*time.Minute + time.Duration(s)*time.Second
	if v[0] == '-' {
		return -d
	}
	return d
}

// instantOf is what a reader makes of a time of the file by its VTIMEZONE alone.
func instantOf(t *testing.T, list []onset, p *ics.IANAProperty) []time.Time {
	t.Helper()
	if u, err := time.Parse(utcForm, p.Value); err == nil {
		return []time.Time{u}
	}
	local, err := time.Parse(localForm, p.Value)
	if err != nil {
		t.Fatal(err)
	}
	var out []time.Time
	for i, o := range list {
		at := local.Add(-o.to)
		if !at.Before(o.at) && (i+1 == len(list) || at.Before(list[i+1].at)) {
			out = append(out, at)
		}
	}
	return out
}

// TestASecondParserReadsTheSameInstants: hourly shifts over each kind of change of a clock,
// read back by another library, whose VTIMEZONE alone must give every instant, and only one.
func TestASecondParserReadsTheSameInstants(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ zone, from string }{
		{"Europe/Berlin", "2026-03-28T12:00:00Z"},
		{"Europe/Berlin", "2026-10-24T12:00:00Z"},
		{"Australia/Lord_Howe", "2026-04-04T00:00:00Z"},
		{"Australia/Lord_Howe", "2026-10-03T00:00:00Z"},
		{"Africa/Casablanca", "2026-02-14T12:00:00Z"},
		{"America/Lima", "2026-06-01T00:00:00Z"},
		{"Asia/Kathmandu", "2026-06-01T00:00:00Z"},
		{"America/Santiago", "2026-04-04T12:00:00Z"},
		{"Europe/Dublin", "2026-10-24T12:00:00Z"}, // its winter is the exception
		{"UTC", "2026-06-01T00:00:00Z"},
	} {
		from, err := time.Parse(time.RFC3339, tt.from)
		if err != nil {
			t.Fatal(err)
		}
		c := Calendar{Name: "Duty; officers, all", Zone: location(t, tt.zone), At: from, Every: time.Hour}
		for i := range 48 {
			at := from.Add(time.Duration(i) * 30 * time.Minute)
			c.Entries = append(c.Entries, Entry{UID: fmt.Sprintf("s%d@example.org", i), From: at, To: at.Add(30 * time.Minute), Summary: "值班 ann, ben; " + strings.Repeat("ü", 60), Text: "one\ntwo\\", Gap: i == 3})
		}
		var b bytes.Buffer
		if err := c.Write(&b); err != nil {
			t.Fatal(err)
		}
		for line := range strings.SplitSeq(b.String(), "\r\n") {
			if len(line) > foldAt {
				t.Errorf("a line of %d octets", len(line))
			}
		}
		got, err := ics.ParseCalendar(bytes.NewReader(b.Bytes()))
		if err != nil {
			t.Fatal(tt.zone, err)
		}
		list, events := onsets(t, got), got.Events()
		if len(events) != len(c.Entries) {
			t.Fatalf("%s: %d events", tt.zone, len(events))
		}
		for i, e := range events {
			for _, side := range []struct {
				name ics.ComponentProperty
				want time.Time
			}{{ics.ComponentPropertyDtStart, c.Entries[i].From}, {ics.ComponentPropertyDtEnd, c.Entries[i].To}} {
				at := instantOf(t, list, e.GetProperty(side.name))
				if len(at) != 1 || !at[0].Equal(side.want) {
					t.Errorf("%s: %s reads as %v, want %v", tt.zone, e.GetProperty(side.name).Value, at, side.want)
				}
			}
			if s := e.GetProperty(ics.ComponentPropertySummary).Value; !strings.HasPrefix(strings.ReplaceAll(s, `\`, ""), "值班 ann, ben; ü") {
				t.Errorf("summary %q", s)
			}
		}
		ours, skipped, err := Read(bytes.NewReader(b.Bytes()), time.UTC)
		if err != nil || len(skipped) != 0 || len(ours) != len(c.Entries) {
			t.Fatalf("%s: we read %d, skipped %v, %v", tt.zone, len(ours), skipped, err)
		}
		for i, e := range ours {
			if !e.From.Equal(c.Entries[i].From) || !e.To.Equal(c.Entries[i].To) || e.UID != c.Entries[i].UID {
				t.Errorf("%s: we read %+v, want %+v", tt.zone, e, c.Entries[i])
			}
		}
	}
}

const leave = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART;VALUE=DATE:20260329\r\nSUMMARY:Annual\r\n  leave\\, home\r\nORGANIZER;CN=\"A: B\":MAILTO:ann@example.org\r\nEND:VEVENT\r\n" +
	"BEGIN:VEVENT\r\nUID:2\r\nDTSTART;TZID=Asia/Karachi:20260310T090000\r\nDURATION:PT8H30M\r\nBEGIN:VALARM\r\nTRIGGER:-PT15M\r\nSUMMARY:not this\r\nEND:VALARM\r\nEND:VEVENT\r\n" +
	"BEGIN:VEVENT\r\nUID:3\r\nDTSTART:20260310T090000\r\nDTEND:20260310T100000Z\r\nRRULE:FREQ=WEEKLY\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:4\r\nDTSTART:20260310T090000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"

func TestReadWhatPeopleKeepElsewhere(t *testing.T) {
	t.Parallel()
	got, skipped, err := Read(strings.NewReader(leave), location(t, "Europe/Berlin"))
	if err != nil || len(got) != 2 || len(skipped) != 2 {
		t.Fatalf("%+v, %+v, %v", got, skipped, err)
	}
	day := got[0]
	if day.To.Sub(day.From) != 23*time.Hour || day.Summary != "Annual leave, home" || day.Who != "ann@example.org" {
		t.Errorf("a whole day on which the clock is put forward: %+v, %s", day, day.To.Sub(day.From))
	}
	if at := got[1]; at.From.Format(time.RFC3339) != "2026-03-10T04:00:00Z" || at.To.Sub(at.From) != 8*time.Hour+30*time.Minute || at.Summary != "" {
		t.Errorf("%+v", at)
	}
	if !strings.Contains(skipped[0].Why, "repeats") || skipped[0].Line == 0 {
		t.Errorf("%+v", skipped)
	}
}

// TestHostileCalendars: what is no calendar, is too large or nests is refused by name.
func TestHostileCalendars(t *testing.T) {
	t.Parallel()
	event := "BEGIN:VEVENT\nDTSTART:20260310T090000Z\nDTEND:20260310T100000Z\nEND:VEVENT\n"
	for name, tt := range map[string]struct {
		text string
		want error
	}{
		"empty":                 {"", fault.ErrInvalid},
		"a page":                {"<html><body>Sign in</body></html>", fault.ErrInvalid},
		"not closed":            {"BEGIN:VCALENDAR\n" + event, fault.ErrInvalid},
		"closed twice":          {"BEGIN:VCALENDAR\nEND:VCALENDAR\nEND:VCALENDAR\n", fault.ErrInvalid},
		"crossed":               {"BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR\nEND:VEVENT\n", fault.ErrInvalid},
		"before the begin":      {"SUMMARY:x\nBEGIN:VCALENDAR\nEND:VCALENDAR\n", fault.ErrInvalid},
		"deep":                  {"BEGIN:VCALENDAR\n" + strings.Repeat("BEGIN:VEVENT\n", 50), fault.ErrTooLarge},
		"many":                  {"BEGIN:VCALENDAR\n" + strings.Repeat(event, maxEvents+1) + "END:VCALENDAR\n", fault.ErrTooLarge},
		"large":                 {"BEGIN:VCALENDAR\n" + strings.Repeat("X:"+strings.Repeat("y", 1000)+"\n", 3000), fault.ErrTooLarge},
		"a line without an end": {"BEGIN:VCALENDAR\nX:" + strings.Repeat("y\n ", 70_000), fault.ErrTooLarge},
		"not UTF-8":             {"BEGIN:VCALENDAR\nX:\xff\nEND:VCALENDAR\n", fault.ErrInvalid},
	} {
		if _, _, err := Read(strings.NewReader(tt.text), time.UTC); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
	odd := "BEGIN:VCALENDAR\n" + strings.Join([]string{
		"BEGIN:VEVENT\nDTSTART;TZID=Local:20260310T090000\nDURATION:PT1H\nEND:VEVENT", "BEGIN:VEVENT\nDTSTART:99990310T090000Z\nDURATION:PT1H\nEND:VEVENT",
		"BEGIN:VEVENT\nDTSTART:20260310T090000Z\nDURATION:P999999W\nEND:VEVENT", "BEGIN:VEVENT\nDTSTART:20260310T090000Z\nDURATION:-PT1H\nEND:VEVENT",
		"BEGIN:VEVENT\nDTSTART:20260310T090000Z\nDTEND:20260310T080000Z\nEND:VEVENT", "BEGIN:VEVENT\nSTATUS:CANCELLED\nDTSTART:20260310T090000Z\nDURATION:PT1H\nEND:VEVENT",
	}, "\n") + "\nEND:VCALENDAR\n"
	if got, skipped, err := Read(strings.NewReader(odd), time.UTC); err != nil || len(got) != 0 || len(skipped) != 6 {
		t.Errorf("%+v, %+v, %v", got, skipped, err)
	}
}

// FuzzRead: whatever comes, no panic, no event without a later end within bounds, and what
// was read can be written and read again.
func FuzzRead(f *testing.F) {
	f.Add(leave)
	f.Add("BEGIN:VCALENDAR\nEND:VCALENDAR")
	f.Add("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;TZID=\"Europe/Berlin\":20261025T023000\r\nDURATION:P1DT2H\r\nEND:VEVENT\r\nEND:VCALENDAR")
	f.Fuzz(func(t *testing.T, text string) {
		got, _, err := Read(strings.NewReader(text), time.UTC)
		if err != nil {
			if !errors.Is(err, fault.ErrInvalid) && !errors.Is(err, fault.ErrTooLarge) {
				t.Errorf("no meaning: %v", err)
			}
			return
		}
		c := Calendar{Zone: time.UTC, At: time.Unix(0, 0)}
		for _, e := range got {
			if !e.From.Before(e.To) || e.To.Sub(e.From) > maxStretch || len(e.Summary) > maxText {
				t.Errorf("%+v", e)
			}
			c.Entries = append(c.Entries, Entry{UID: e.UID, From: e.From, To: e.To, Summary: e.Summary})
		}
		var b bytes.Buffer
		if err := c.Write(&b); err != nil {
			t.Fatal(err)
		}
		again, skipped, err := Read(&b, time.UTC)
		if err != nil || len(skipped) != 0 || len(again) != len(got) {
			t.Fatalf("read again: %d of %d, %v, %v\n%s", len(again), len(got), skipped, err, b.String())
		}
	})
}
