// Package ical writes shifts as an iCalendar file (RFC 5545) and reads the calendars that
// people keep elsewhere, to make absences and overrides of them. It promises a VTIMEZONE
// that gives every local time in the file the instant that Go's zone gives it, lines that are
// folded and escaped as the standard says, and limits before anything is parsed: a calendar
// is a file from outside. It reads no recurrence: an event that repeats is refused by name,
// never taken for its first day.
package ical

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// An Entry is one shift to write.
type Entry struct {
	UID     string // stable: the same shift has the same id in every file
	From    time.Time
	To      time.Time
	Summary string
	Text    string
	Gap     bool // nobody is on duty: shown as free, so that it can be told apart
}

// A Calendar is a file to write.
type Calendar struct {
	Name    string
	Zone    *time.Location // of all times in the file
	At      time.Time      // when it was made
	Every   time.Duration  // how often a reader should come back
	Entries []Entry        // sorted by From
}

// Write writes the calendar.
func (c Calendar) Write(w io.Writer) error {
	var b strings.Builder
	line := func(name, value string) { fold(&b, name+":"+value) }
	line("BEGIN", "VCALENDAR")
	line("VERSION", "2.0")
	line("PRODID", "-//Watchfire//duty//EN")
	line("CALSCALE", "GREGORIAN")
	line("METHOD", "PUBLISH")
	line("NAME", escape(c.Name)) // RFC 7986
	line("X-WR-CALNAME", escape(c.Name))
	if c.Every > 0 {
		line("REFRESH-INTERVAL;VALUE=DURATION", fmt.Sprintf("PT%dM", int(c.Every/time.Minute)))
	}
	zone := c.Zone.String()
	if len(c.Entries) > 0 && c.Zone != time.UTC {
		c.timezone(&b, zone)
	}
	for _, e := range c.Entries {
		line("BEGIN", "VEVENT")
		line("UID", escape(e.UID))
		line("DTSTAMP", c.At.UTC().Format(utcForm))
		c.instant(&b, "DTSTART", e.From)
		c.instant(&b, "DTEND", e.To)
		line("SUMMARY", escape(e.Summary))
		if e.Text != "" {
			line("DESCRIPTION", escape(e.Text))
		}
		if e.Gap {
			line("TRANSP", "TRANSPARENT")
		}
		line("END", "VEVENT")
	}
	line("END", "VCALENDAR")
	_, err := io.WriteString(w, b.String())
	return err
}

const (
	utcForm   = "20060102T150405Z"
	localForm = "20060102T150405"
)

// instant writes a time in the file's zone, and in UTC where the clock shows it twice: a
// local time could not say which of the two is meant (RFC 5545, 3.3.5).
func (c Calendar) instant(b *strings.Builder, name string, at time.Time) {
	local := at.In(c.Zone)
	if c.Zone == time.UTC || doubled(at, c.Zone) {
		fold(b, name+":"+at.UTC().Format(utcForm))
		return
	}
	fold(b, name+";TZID="+c.Zone.String()+":"+local.Format(localForm))
}

// doubled tells whether the clock of the zone shows the same time at another instant too.
func doubled(at time.Time, zone *time.Location) bool {
	_, offset := at.In(zone).Zone()
	start, end := at.In(zone).ZoneBounds()
	for _, edge := range []time.Time{start, end} {
		if edge.IsZero() {
			continue
		}
		_, before := edge.Add(-time.Second).In(zone).Zone()
		_, after := edge.In(zone).Zone()
		other := before
		if offset == before {
			other = after
		}
		twin := at.Add(time.Duration(offset-other) * time.Second)
		if _, o := twin.In(zone).Zone(); !twin.Equal(at) && o == other {
			return true
		}
	}
	return false
}

// timezone writes the VTIMEZONE: every change of the clock from before the first entry to
// after the last, each as an observance of its own. So it is right whatever rule a country
// follows, for the times that the file holds.
func (c Calendar) timezone(b *strings.Builder, zone string) {
	first, last := c.Entries[0].From, c.Entries[0].To
	for _, e := range c.Entries {
		if e.From.Before(first) {
			first = e.From
		}
		if e.To.After(last) {
			last = e.To
		}
	}
	fold(b, "BEGIN:VTIMEZONE")
	fold(b, "TZID:"+zone)
	at := first.Add(-24 * time.Hour).In(c.Zone)
	_, offset := at.Zone()
	observance(b, at.IsDST(), time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC), offset, offset, name(at))
	for {
		_, next := at.ZoneBounds()
		if next.IsZero() || next.After(last.Add(24*time.Hour)) {
			break
		}
		_, before := next.Add(-time.Second).In(c.Zone).Zone()
		at = next.In(c.Zone)
		_, after := at.Zone()
		// DTSTART of an observance is local time by the offset before it (RFC 5545, 3.6.5).
		observance(b, at.IsDST(), next.UTC().Add(time.Duration(before)*time.Second), before, after, name(at))
	}
	fold(b, "END:VTIMEZONE")
}

func name(at time.Time) string {
	n, _ := at.Zone()
	return n
}

func observance(b *strings.Builder, dst bool, start time.Time, from, to int, name string) {
	kind := "STANDARD"
	if dst {
		kind = "DAYLIGHT"
	}
	fold(b, "BEGIN:"+kind)
	fold(b, "DTSTART:"+start.Format(localForm))
	fold(b, "TZOFFSETFROM:"+offset(from))
	fold(b, "TZOFFSETTO:"+offset(to))
	fold(b, "TZNAME:"+escape(name))
	fold(b, "END:"+kind)
}

func offset(seconds int) string {
	sign := "+"
	if seconds < 0 {
		sign, seconds = "-", -seconds
	}
	out := fmt.Sprintf("%s%02d%02d", sign, seconds/3600, seconds/60%60)
	if s := seconds % 60; s > 0 {
		out += fmt.Sprintf("%02d", s)
	}
	return out
}

// escape makes a text value (RFC 5545, 3.3.11) without control characters.
func escape(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' || r == 0x7f || r == utf8.RuneError {
			return -1
		}
		return r
	}, s)
	return strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\n", `\n`).Replace(s)
}

// foldAt is how many octets a line may have (RFC 5545, 3.1).
const foldAt = 75

// fold writes one content line, cut between characters where it is too long.
func fold(b *strings.Builder, line string) {
	room := foldAt
	for len(line) > room {
		cut := room
		for cut > 0 && !utf8.RuneStart(line[cut]) {
			cut--
		}
		b.WriteString(line[:cut] + "\r\n ")
		line, room = line[cut:], foldAt-1
	}
	b.WriteString(line + "\r\n")
}

// Sort puts entries into the order in which they begin.
func Sort(list []Entry) {
	slices.SortStableFunc(list, func(a, b Entry) int { return a.From.Compare(b.From) })
}
