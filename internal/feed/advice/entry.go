package advice

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"watchfire.dev/internal/country"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/feed"
	"watchfire.dev/internal/id"
)

// entry is the advice of one government for one country, whichever form it came in.
type entry struct {
	place   string // where it stands in the record
	raw     []byte
	name    string   // as the source writes it
	codes   []string // alpha-2; more than one for "Israel, the West Bank and Gaza"
	admin1  string   // set when the whole entry is about a part (Azores)
	level   int      // 0 = none is stated
	whole   bool     // the entry is a document of its own and no line of a list
	words   string   // the level in the source's words
	updated time.Time
	texts   []event.Text
	links   []string
	parts   []part
	notes   []string
}

// part is advice of its own for a part of the country.
type part struct {
	level int
	where string
}

// locate finds the countries of an entry by code, else by name.
func (e *entry) locate(code string) bool {
	if c, ok := country.Code(code); ok && code != "" {
		e.codes = []string{c}
		return true
	}
	folded := strings.ToLower(e.name)
	for _, p := range [...]struct{ name, code, admin1 string }{
		{"azores", "PT", "PT-20"}, {"açores", "PT", "PT-20"}, {"canary islands", "ES", "ES-CN"}, {"madeira", "PT", "PT-30"},
	} {
		if folded == p.name {
			e.codes, e.admin1 = []string{p.code}, p.admin1
			return true
		}
	}
	e.codes = country.All(e.name)
	return len(e.codes) > 0
}

func (e *entry) key(kind string) string {
	if e.admin1 != "" {
		return kind + ":" + e.admin1
	}
	return kind + ":" + strings.Join(e.codes, "+")
}

// keep puts an entry on the list, or in quarantine when it lacks what makes it one.
func (b *batch) keep(e entry, code string) {
	b.content(e.updated)
	switch {
	case strings.TrimSpace(e.name) == "" && code == "":
		b.quarantine(e.place, "no country is named", e.raw)
	case !e.locate(code):
		b.quarantine(e.place, fmt.Sprintf("%q is no country that is known", plain(e.name, 80)), e.raw)
	case e.level == 0 && !(e.whole && e.says()):
		b.quarantine(e.place, fmt.Sprintf("no level is stated for %q: %q", plain(e.name, 80), plain(e.words, 80)), e.raw)
	default:
		b.entries = append(b.entries, e)
	}
}

// says tells whether the entry says anything in words. A document that states no step, as
// those of GOV.UK before alert_status, is still what the government says of the country; a
// line of a list without a step says nothing at all.
func (e *entry) says() bool {
	return len(e.parts) > 0 || slices.ContainsFunc(e.texts, func(t event.Text) bool { return strings.TrimSpace(t.Description) != "" })
}

// step is the level in words for a headline.
func (e *entry) step() string {
	if e.level == 0 {
		return "travel advice without a step"
	}
	return first(e.words, fmt.Sprintf("level %d", e.level))
}

// settle turns entries into signals. Lists hold countries twice at times (after the State
// Department moved its pages on 11 February 2026 scrapers gave 229 rows for 213): the
// newest row counts, of two with one date the higher; rows of the same level are merged
// with a note, those of another level are quarantined.
func (b *batch) settle() {
	byKey := make(map[string][]entry)
	var order []string
	for _, e := range b.entries {
		k := e.key(b.of.kind)
		if _, ok := byKey[k]; !ok {
			order = append(order, k)
		}
		byKey[k] = append(byKey[k], e)
	}
	for _, k := range order {
		same := byKey[k]
		slices.SortStableFunc(same, func(x, y entry) int {
			return cmp.Or(y.updated.Compare(x.updated), cmp.Compare(y.level, x.level))
		})
		kept := same[0]
		for _, e := range same[1:] {
			if e.level == kept.level {
				kept.notes = append(kept.notes, fmt.Sprintf("stands twice in the list (also at %s)", e.place))
				continue
			}
			b.quarantine(e.place, fmt.Sprintf("doubled: level %d, but %s says %d and is newer or higher", e.level, kept.place, kept.level), e.raw)
		}
		b.res.Signals = append(b.res.Signals, b.signal(kept, k))
	}
}

func (b *batch) signal(e entry, key string) event.Signal {
	s := event.Signal{
		Key: key, Act: event.Report, Status: event.Actual, Hazard: event.Advice, Type: plain(e.words, 200),
		Published: e.updated, Texts: e.texts, Links: links(e.links), Notes: e.notes,
	}
	if e.level > 0 {
		s.Measures = event.Measures{{Name: "advice_level", Value: float64(e.level)}}
	} else {
		s.Notes = append(s.Notes, "the document states no step of advice: its words are shown, and the step stated last stays")
	}
	if len(s.Texts) == 0 {
		headline := fmt.Sprintf("%s: %s", e.name, e.step())
		s.Texts = []event.Text{{Language: "en", Headline: plain(headline, maxHeadline)}}
	}
	for i := range s.Texts {
		s.Texts[i].Area = plain(e.name, 200)
	}
	if !e.updated.IsZero() {
		s.Order = e.updated.UnixMilli()
	} else {
		s.Notes = append(s.Notes, "no date that can be read")
	}
	for _, c := range e.codes {
		s.Places = append(s.Places, event.Place{Country: c, Admin1: e.admin1, Name: plain(e.name, 200)})
	}
	addParts(&s, e)
	s.Version = version(e)
	return feed.Fill(b.in, s)
}

// addParts notes advice for parts with its own level, and names the part as a place. The
// measure of the signal stays that of the whole country.
func addParts(s *event.Signal, e entry) {
	const most = 40
	for i, p := range e.parts {
		if i == most {
			s.Notes = append(s.Notes, fmt.Sprintf("%d more parts with advice of their own", len(e.parts)-most))
			break
		}
		if p.where == "" {
			s.Notes = append(s.Notes, fmt.Sprintf("advice of level %d for parts of the country", p.level))
			continue
		}
		s.Notes = append(s.Notes, fmt.Sprintf("advice of level %d for a part: %s", p.level, p.where))
		if len(e.codes) == 1 && e.admin1 == "" {
			s.Places = append(s.Places, event.Place{Country: e.codes[0], Admin1: p.where})
		}
	}
}

// version changes when the date, the level or a word does.
func version(e entry) string {
	all := []string{e.updated.Format(time.RFC3339), fmt.Sprint(e.level), e.words}
	for _, t := range e.texts {
		all = append(all, t.Language, t.Headline, t.Description)
	}
	for _, p := range e.parts {
		all = append(all, fmt.Sprint(p.level), p.where)
	}
	return id.Derived("v", all...)
}

func links(urls []string) []string {
	var out []string
	for _, u := range urls {
		if strings.HasPrefix(u, "https://") && len(u) < 2000 && !slices.Contains(out, u) {
			out = append(out, plain(u, 2000))
		}
	}
	return out
}
