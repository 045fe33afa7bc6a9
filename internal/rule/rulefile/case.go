package rulefile

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure"
	"watchfire.dev/internal/geo"
	"watchfire.dev/internal/portfolio"
)

// draft is a case while it is read: what the nouns need in another form than it is written.
type draft struct {
	trial
	age, eta                           *float64
	eventLat, eventLon, lat, lon       *float64
	grades                             []string
	news, instrument                   bool
	magnitude, depth, elevation, coast *float64
}

// instant is when an event of a case was revised unless the case says otherwise.
var instant = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// trial reads one case.
func (d *decoder) trial(f *file, n *node, i int, rules map[string]bool) {
	c := &draft{}
	c.name, c.line = fmt.Sprintf("case %d", i+1), n.line
	if name := n.at("name"); name != nil && name.text != "" {
		c.name = shorten(name.text)
	}
	d.subject = "case " + c.name
	c.event = event.Event{ID: "case", State: event.Ongoing, Updated: instant}
	c.row = exposure.Exposure{Event: "case", Asset: "case", PEvent: 1}
	c.row.P[0] = 1
	c.asset = portfolio.Asset{ID: "case", Kind: portfolio.Site}
	part := func(name string, table map[string]setter) setter {
		return func(d *decoder, _ string, n *node) {
			d.prefix = name + "."
			d.fields(n, name, table)
			d.prefix = ""
		}
	}
	before := len(d.problems)
	d.fields(n, "a case", map[string]setter{
		"name": func(d *decoder, key string, n *node) { d.text(key, n) },
		"rule": func(d *decoder, key string, n *node) {
			if c.only = d.text(key, n); !rules[c.only] {
				d.bad(n, key, "the file has no rule %q", shorten(c.only))
			}
		},
		"event":    part("event", c.eventFields()),
		"exposure": part("exposure", c.exposureFields()),
		"asset":    part("asset", c.assetFields()),
		"expect":   func(d *decoder, _ string, n *node) { c.expect = d.expected(n) },
	})
	if len(d.problems) == before && n.at("expect") == nil {
		d.bad(n, "expect", "a case says what the rules shall do: nothing, suppress, raise, lower or route:CONTACT")
	}
	if len(d.problems) == before {
		c.compose(d, n)
		f.cases = append(f.cases, c.trial)
	}
}

func textOf[T ~string](to *T) setter {
	return func(d *decoder, key string, n *node) { *to = T(d.text(key, n)) }
}

func wordOf[T ~string](to *T, words ...string) setter {
	return func(d *decoder, key string, n *node) { *to = T(d.word(key, n, words...)) }
}

func numberOf(to *float64, low, high float64) setter {
	return func(d *decoder, key string, n *node) { *to = d.between(key, n, low, high) }
}

func optionalOf(to **float64, low, high float64) setter {
	return func(d *decoder, key string, n *node) {
		v := d.between(key, n, low, high)
		*to = &v
	}
}

func truthOf(to *bool) setter {
	return func(d *decoder, key string, n *node) { *to = d.truth(key, n) }
}

func wholeOf(to *int, high int) setter {
	return func(d *decoder, key string, n *node) { *to = d.whole(key, n, high) }
}

func textsOf(to *[]string) setter {
	return func(d *decoder, key string, n *node) {
		d.each(n, key, func(_ int, item *node) { *to = append(*to, d.text(key, item)) })
	}
}

const huge = math.MaxFloat64

func (c *draft) eventFields() map[string]setter {
	e := &c.event
	return map[string]setter{
		"hazard":    wordOf(&e.Hazard, hazards()...),
		"title":     textOf(&e.Title),
		"severity":  wordOf(&e.Severity, "Minor", "Moderate", "Severe", "Extreme", "Unknown"),
		"certainty": wordOf(&e.Certain, "Observed", "Likely", "Possible", "Unlikely", "Unknown"),
		"urgency":   wordOf(&e.Urgency, "Immediate", "Expected", "Future", "Past", "Unknown"),
		"measures":  c.measures, "magnitude": optionalOf(&c.magnitude, -5, 12), "depth": optionalOf(&c.depth, -10, 1_000),
		"sources": c.readSources, "grades": textsOf(&c.grades), "news": truthOf(&c.news), "instrument": truthOf(&c.instrument),
		"updated": c.updated, "age_hours": optionalOf(&c.age, -1_000_000, 1_000_000),
		"lat": optionalOf(&c.eventLat, -90, 90), "lon": optionalOf(&c.eventLon, -180, 180),
	}
}

func (c *draft) exposureFields() map[string]setter {
	x := &c.row
	return map[string]setter{
		"how":         wordOf(&x.How, string(exposure.Inside), string(exposure.Distance), string(exposure.Admin1), string(exposure.Country)),
		"project":     textOf(&x.Project),
		"distance_km": numberOf(&x.DistanceKM, 0, 20_040),
		"intensity":   numberOf(&x.Intensity.Value, -huge, huge), "unit": textOf(&x.Intensity.Unit),
		"persons": wholeOf(&x.Persons, 10_000_000), "observed": wholeOf(&x.Observed, 4),
		"p1": numberOf(&x.P[1], 0, 1), "p2": numberOf(&x.P[2], 0, 1), "p3": numberOf(&x.P[3], 0, 1), "p4": numberOf(&x.P[4], 0, 1),
		"p_event":   numberOf(&x.PEvent, 0, 1),
		"level":     func(d *decoder, key string, n *node) { x.Level = d.levelOf(key, n) },
		"eta_hours": optionalOf(&c.eta, 0, 100_000),
	}
}

func (c *draft) assetFields() map[string]setter {
	a := &c.asset
	var kinds []string
	for _, k := range portfolio.Kinds() {
		kinds = append(kinds, string(k))
	}
	return map[string]setter{
		"kind": wordOf(&a.Kind, kinds...), "code": textOf(&a.Code), "name": textOf(&a.Name), "country": textOf(&a.Country),
		"admin1": textOf(&a.Admin1), "class": textOf(&a.Class), "zone": textOf(&a.Zone), "tags": textsOf(&a.Tags),
		"persons":     wholeOf(&c.row.Persons, 10_000_000),
		"elevation_m": optionalOf(&c.elevation, -500, 9_000), "coast_km": optionalOf(&c.coast, 0, 20_040),
		"lat": optionalOf(&c.lat, -90, 90), "lon": optionalOf(&c.lon, -180, 180),
	}
}

func hazards() []string {
	var out []string
	for _, h := range event.Hazards() {
		out = append(out, string(h))
	}
	return out
}

func (c *draft) measures(d *decoder, key string, n *node) {
	if n.kind != mapping {
		d.bad(n, key, "measures are written as {wind: 64, rain: 120}")
		return
	}
	for _, e := range n.entries {
		c.event.Measures = append(c.event.Measures, event.Measure{Name: e.key, Value: d.number(key+"."+shorten(e.key), e.value)})
	}
}

func (c *draft) updated(d *decoder, key string, n *node) {
	at, err := time.Parse(time.RFC3339, d.text(key, n))
	if err != nil {
		d.bad(n, key, "an instant is needed here, as in 2026-03-04T22:30:00Z")
	}
	c.event.Updated = at.UTC()
}

var grade = regexp.MustCompile(`^[A-F][1-6]?$`)

// readSources takes names, or pairs that say more of each source.
func (c *draft) readSources(d *decoder, key string, n *node) {
	d.each(n, key, func(_ int, item *node) {
		r := event.Standing{Stand: event.Live}
		if item.kind == mapping {
			d.fields(item, "a source", map[string]setter{
				"source": textOf(&r.Source), "news": truthOf(&r.News), "instrument": truthOf(&r.Instrument),
				"grade": func(d *decoder, key string, n *node) { r.Grade = d.grade(key, n, d.text(key, n)) },
			})
		} else {
			r.Source = d.text(key, item)
		}
		if r.Source == "" {
			d.bad(item, key, "a source has a name")
		}
		c.event.Reports = append(c.event.Reports, r)
	})
}

func (d *decoder) grade(key string, n *node, s string) event.Grade {
	if !grade.MatchString(s) {
		d.bad(n, key, "%q is not a grade: write one as in B2", shorten(s))
		return event.Grade{}
	}
	g := event.Grade{Reliability: s[:1]}
	if len(s) == 2 {
		g.Credibility = int(s[1] - '0')
	}
	return g
}

// compose makes the nouns of what was read.
func (c *draft) compose(d *decoder, n *node) {
	e, x, a := &c.event, &c.row, &c.asset
	for _, m := range []struct {
		name  string
		value *float64
	}{{"magnitude", c.magnitude}, {"depth", c.depth}} {
		if m.value != nil {
			e.Measures = slices.Insert(e.Measures, 0, event.Measure{Name: m.name, Value: *m.value})
		}
	}
	c.reports(d, n)
	if c.age != nil {
		e.Occurred = e.Updated.Add(-span(*c.age))
	}
	if c.eventLat != nil && c.eventLon != nil {
		e.Shapes = []event.Footprint{{Shape: geo.At(*c.eventLat, *c.eventLon, 0), Role: event.Centre}}
	}
	x.Hazard, x.Kind, x.Name, x.P = e.Hazard, a.Kind, a.Name, x.P.Monotone()
	if c.eta != nil {
		x.ETA = e.Updated.Add(span(*c.eta))
	}
	a.ElevationM, a.CoastKM = c.elevation, c.coast
	if c.lat != nil && c.lon != nil {
		a.Shape = geo.At(*c.lat, *c.lon, 0)
	}
	e.Fresh = e.Updated
}

// reports gives the event its sources; one is invented when the case names none.
func (c *draft) reports(d *decoder, n *node) {
	rs := &c.event.Reports
	if len(*rs) == 0 {
		*rs = append(*rs, event.Standing{Source: "source", Stand: event.Live})
	}
	if len(c.grades) > len(*rs) {
		d.bad(n, "event.grades", "there are more grades than sources")
	}
	for i := range *rs {
		r := &(*rs)[i]
		r.Key, r.Signal, r.Owner, r.Received = r.Source, r.Source, r.Source, c.event.Updated
		r.News, r.Instrument = r.News || c.news, r.Instrument || c.instrument
		if i < len(c.grades) {
			r.Grade = d.grade("event.grades", n, c.grades[i])
		}
	}
}

func span(h float64) time.Duration { return time.Duration(h * float64(time.Hour)) }
