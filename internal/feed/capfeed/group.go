package capfeed

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"watchfire.dev/internal/cap"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/feed/scan"
)

// A group is one saying of an alert in one or more languages.
type group struct {
	infos  []*cap.Info // one a language; the first gives times and areas
	hazard event.Hazard
	nth    int // place of the first info, from one
}

// gather joins infos that differ in language only. What an info is about is told by its
// grades, codes and drawn areas, for events and area names are translated too. Times do not
// count: Bosnia (April 2022) gives the onset in one of two languages.
func gather(infos []cap.Info) []*group {
	var out []*group
	bySign := map[string][]*group{}
	for i := range infos {
		in := &infos[i]
		sign := signature(in)
		g := speaks(bySign[sign], in.Language)
		if g == nil {
			g = &group{nth: i + 1}
			bySign[sign], out = append(bySign[sign], g), append(out, g)
		}
		g.infos = append(g.infos, in)
	}
	for _, g := range out {
		g.hazard = hazardOf(g.infos)
	}
	return out
}

// speaks returns the first group that has nothing in this language yet.
func speaks(groups []*group, language string) *group {
	for _, g := range groups {
		if !slices.ContainsFunc(g.infos, func(in *cap.Info) bool { return strings.EqualFold(in.Language, language) }) {
			return g
		}
	}
	return nil
}

func signature(in *cap.Info) string {
	var b strings.Builder
	fmt.Fprint(&b, in.Urgency, in.Severity, in.Certainty, in.EventCodes, len(in.Areas))
	if kind, ok := in.AwarenessType(); ok {
		fmt.Fprint(&b, kind.Number)
	}
	for _, a := range in.Areas {
		fmt.Fprint(&b, "|", a.Geocodes, len(a.Circles), len(a.Polygons))
		for _, c := range a.Circles {
			fmt.Fprint(&b, c)
		}
		for _, ring := range a.Polygons {
			fmt.Fprint(&b, len(ring), ring[0], ring[len(ring)/2])
		}
	}
	return scan.Fingerprint(b.String())
}

func (g *group) first() *cap.Info { return g.infos[0] }

// gravest returns the group that speaks for the alert: the most severe, then the most
// certain, then the most urgent, then the first.
func gravest(groups []*group) *group {
	return slices.MaxFunc(groups, func(a, b *group) int {
		x, y := a.grades(), b.grades()
		return cmp.Or(cmp.Compare(rank(x.severity), rank(y.severity)), cmp.Compare(rank(x.certainty), rank(y.certainty)),
			cmp.Compare(rank(x.urgency), rank(y.urgency)), cmp.Compare(b.nth, a.nth))
	})
}

type grades struct{ severity, certainty, urgency string }

// rank orders the words of one vocabulary; Unknown stands above the least, because an
// alert whose sender does not say how bad it is must not vanish behind a minor one.
func rank(word string) int {
	switch word {
	case "Extreme", "Observed", "Immediate":
		return 5
	case "Severe", "Likely", "Expected":
		return 4
	case "Moderate", "Possible", "Future":
		return 3
	case "Unknown":
		return 2
	case "Minor", "Unlikely", "Past":
		return 1
	}
	return 0
}

// grades reads the three words of CAP; green is MeteoAlarm's "nothing to warn of".
func (g *group) grades() grades {
	in := g.first()
	if g.green() {
		return grades{severity: "Minor", certainty: "Unlikely", urgency: word(string(in.Urgency), "Immediate", "Expected", "Future", "Past")}
	}
	out := grades{
		severity:  word(string(in.Severity), "Minor", "Moderate", "Severe", "Extreme"),
		certainty: word(string(in.Certainty), "Observed", "Likely", "Possible", "Unlikely"),
		urgency:   word(string(in.Urgency), "Immediate", "Expected", "Future", "Past"),
	}
	if strings.EqualFold(string(in.Certainty), "Very Likely") { // CAP 1.0; to be read as Likely (CAP 1.2 §3.2.2)
		out.certainty = "Likely"
	}
	return out
}

func (g *group) green() bool {
	level, ok := g.first().AwarenessLevel()
	return ok && level.Level == 1
}

// word returns value when it is one of words, else Unknown.
func word(value string, words ...string) string {
	if slices.Contains(words, value) {
		return value
	}
	return "Unknown"
}

// speakFor sets what the gravest group says of the whole alert.
func (g *group) speakFor(s *event.Signal) {
	in := g.first()
	w := g.grades()
	s.Hazard, s.Type = g.hazard, plain(in.Event, 200)
	s.Severity, s.Certainty, s.Urgency = w.severity, w.certainty, w.urgency
	if g.green() {
		s.Notes = append(s.Notes, "awareness level green: the source has nothing to warn of")
	}
	s.Onset, s.Expires = g.start(s), g.end(s)
	s.Measures = measures(in)
	if at, ok := happened(in); ok {
		s.Occurred = at
	}
	for _, in := range g.infos {
		s.Texts = append(s.Texts, text(in))
		s.Links = addLink(s.Links, in.Web)
		for _, res := range in.Resources {
			s.Links = addLink(s.Links, res.URI)
		}
	}
}

// start is when the group's event will be felt: onset, else effective when that lies
// behind the message.
func (g *group) start(s *event.Signal) time.Time {
	for _, in := range g.infos {
		if t := moment(s, "onset", in.Onset); !t.IsZero() {
			return t
		}
	}
	if in := g.first(); in.Effective.After(s.Published) {
		return moment(s, "effective", in.Effective)
	}
	return time.Time{}
}

// end is the latest end of validity in any language.
func (g *group) end(s *event.Signal) time.Time {
	var end time.Time
	for _, in := range g.infos {
		if t := moment(s, "expires", in.Expires); t.After(end) {
			end = t
		}
	}
	return end
}

// moment returns t in UTC; a year that cannot be is noted and not said.
func moment(s *event.Signal, name string, t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	u, err := scan.Sane(t)
	if err != nil {
		if note := fmt.Sprintf("%s: %v", name, err); !slices.Contains(s.Notes, note) {
			s.Notes = append(s.Notes, note)
		}
		return time.Time{}
	}
	return u
}

func text(in *cap.Info) event.Text {
	t := event.Text{
		Language: plain(in.Language, 35), Headline: plain(in.Headline, maxHeadline),
		Description: plain(in.Description, maxWords), Instruction: plain(in.Instruction, maxWords),
	}
	if t.Headline == "" {
		t.Headline = plain(in.Event, maxHeadline)
	}
	if t.Headline == "" {
		t.Headline = plain(in.SenderName, maxHeadline)
	}
	names := make([]string, 0, min(len(in.Areas), 50))
	for _, a := range in.Areas {
		if name := plain(a.Desc, 2000); name != "" && len(names) < 200 && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	t.Area = plain(strings.Join(names, "; "), maxWords)
	return t
}

func addLink(links []string, link string) []string {
	if (!strings.HasPrefix(link, "https://") && !strings.HasPrefix(link, "http://")) || len(link) > 2000 || len(links) >= maxLinks {
		return links
	}
	if link = plain(link, 2000); slices.Contains(links, link) {
		return links
	}
	return append(links, link)
}

// others names what the alert says besides the gravest group, in words for people, and
// keeps the alert valid as long as its longest part.
func others(s *event.Signal, groups []*group, lead *group) {
	listed := 0
	for _, g := range groups {
		if g == lead {
			continue
		}
		if end := g.end(s); end.After(s.Expires) && !s.Expires.IsZero() {
			s.Expires = end
		}
		if listed++; listed > maxNotes/2 {
			continue
		}
		note := fmt.Sprintf("info %d also says: %s (%s)", g.nth, plain(g.first().Event, 100), g.grades().severity)
		if g.hazard != lead.hazard {
			note += ", another hazard: " + string(g.hazard)
		}
		s.Notes = append(s.Notes, note)
	}
}
