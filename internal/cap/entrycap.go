package cap

import (
	"strings"
	"time"
)

// capElement reads one cap: element of an entry. The element stands flat in the entry,
// whichever part of an alert it belongs to.
func (e *entryReader) capElement(name string) error {
	e.entry.HasCAP = true
	if name == "message_type" { // MeteoAlarm's Atom, seen in April 2023
		name = "msgType"
	}
	a := &e.entry.Partial
	in := &a.Infos[0]
	for _, t := range [...]target{areaTarget{&in.Areas[0]}, infoTarget{in}, alertTarget{a}} {
		f, ok := fieldOf(t.kind(), name)
		if !ok || (f.kind != leaf && f.kind != pairNode) {
			continue
		}
		if f.kind == pairNode {
			return e.flatPairs(t, f)
		}
		text, err := e.text()
		if err != nil {
			return err
		}
		if e.seen[name]++; e.seen[name] > 1 && !f.many {
			e.note("element given again; the first one is kept")
			return nil
		}
		// NWS writes each element in every entry, empty where it has nothing to say.
		if len(text) > 0 {
			t.set(e.build, f, string(text))
		}
		return nil
	}
	e.note("element %s is not of CAP and was left out", excerpt(name))
	return e.skip()
}

// flatPairs reads a geocode, parameter or eventCode that may hold many names and values
// in a row, as NWS writes them. The names may stand in any namespace.
func (e *entryReader) flatPairs(t target, f field) error {
	var pair target
	for {
		tok, err := e.inside()
		if err != nil {
			return err
		}
		switch tok.kind {
		case endTag:
			return nil
		case startTag:
			part, ok := fieldOf(pairNode, tok.name)
			if !ok {
				e.note("element %s is not of CAP and was left out", excerpt(tok.name))
				if err := e.skip(); err != nil {
					return err
				}
				continue
			}
			text, err := e.text()
			if err != nil {
				return err
			}
			if part.name == "valueName" || pair == nil {
				pair = t.child(f)
			}
			pair.set(e.build, part, string(text))
		}
	}
}

// splitCodes makes one pair of each code in a value such as "AKZ221 AKZ222". A value of
// words, in which not every part has a digit, is left whole; a pair without value goes.
func splitCodes(pairs []Pair) []Pair {
	var out []Pair
	for _, p := range pairs {
		codes := strings.Fields(p.Value)
		if len(codes) > 1 && !allCodes(codes) {
			codes = []string{p.Value}
		}
		for _, code := range codes {
			out = append(out, Pair{Name: p.Name, Value: code})
		}
	}
	return out
}

func allCodes(words []string) bool {
	for _, w := range words {
		if !strings.ContainsAny(w, "0123456789") {
			return false
		}
	}
	return true
}

// feedTime reads the time of a feed: RFC 3339 in Atom, RFC 822 in RSS.
func (t *trail) feedTime(text string) time.Time {
	if text == "" {
		return time.Time{}
	}
	if at, err := time.ParseInLocation(time.RFC3339, strings.ToUpper(text), time.UTC); err == nil {
		return at
	}
	if at, ok := parseRFC822(text); ok {
		return at
	}
	at, remark, ok := parseTime(text)
	switch {
	case !ok:
		t.note("%s is not a time", excerpt(text))
	case remark != "":
		t.note("time %s: %s", excerpt(text), remark)
	}
	return at
}

// parseRFC822 reads "Wed, 11 Jun 2003 22:39:00 PDT". The zone is resolved here: the time
// package reads a name it does not know as an offset of zero.
func parseRFC822(text string) (time.Time, bool) {
	if _, rest, ok := strings.Cut(text, ","); ok {
		text = rest
	}
	fields := strings.Fields(text)
	if len(fields) != 5 {
		return time.Time{}, false
	}
	offset, ok := zoneOffset(strings.ToUpper(fields[4]))
	if !ok {
		return time.Time{}, false
	}
	clock := strings.Join(fields[:4], " ") + " " + offset
	for _, form := range [...]string{
		"2 Jan 2006 15:04:05 -0700", "2 Jan 2006 15:04 -0700", "2 January 2006 15:04:05 -0700", "2 Jan 06 15:04:05 -0700",
	} {
		if at, err := time.ParseInLocation(form, clock, time.UTC); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}

// zoneOffset knows the zones of RFC 822 §5.1 and plain offsets.
func zoneOffset(zone string) (string, bool) {
	switch zone {
	case "GMT", "UT", "UTC", "Z":
		return "+0000", true
	case "EDT":
		return "-0400", true
	case "EST", "CDT":
		return "-0500", true
	case "CST", "MDT":
		return "-0600", true
	case "MST", "PDT":
		return "-0700", true
	case "PST":
		return "-0800", true
	}
	zone = strings.ReplaceAll(zone, ":", "")
	return zone, len(zone) == 5 && (zone[0] == '+' || zone[0] == '-')
}
