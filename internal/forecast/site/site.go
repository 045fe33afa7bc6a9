// Package site forecasts security incidents at projects and sites, a week ahead, from the
// watch's own events: a gamma-Poisson rate for each place and family of hazards, raised while
// events near by are fresh. A forecast gets a View, whose memory ends at an instant: what
// happened, or became known, later cannot be reached through it. Weeks in which the watch saw
// nothing at all anywhere count as not watched, never as quiet. The package is pure; it keeps
// nothing and knows no clock.
package site

import (
	"cmp"
	"math"
	"slices"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/forecast/dist"
)

// At is within how many kilometres of a place an event is an incident there (METHOD 1.7:
// an event within 10 km of the site).
const At = 10

// Far is beyond how many kilometres an event says nothing.
const Far = 240

// Constants of the rate (design): weeks that the prior weighs (90 days), the longest past
// that counts, least incidents before the effect of events near by is fitted, spread of its
// prior.
const (
	priorWeeks  = 90. / 7
	longest     = 5 * 52
	leastToFit  = 10
	effectScale = .5
)

// Families are the hazards that a security incident can be of, in the order of screens.
func Families() []event.Hazard {
	return []event.Hazard{event.Conflict, event.Unrest, event.Crime, event.Kidnap}
}

// kernels say how far, how long and how much an event near by raises the rate: METHOD 1.7.
var kernels = map[event.Hazard]struct{ km, days, weight float64 }{
	event.Conflict: {25, 14, 1}, event.Terrorism: {30, 45, 1.5}, event.Kidnap: {80, 60, 1.5}, event.Unrest: {10, 3, .5}, event.Crime: {15, 30, .4},
}

// An Occurrence is an event as seen from one place.
type Occurrence struct {
	Event  string
	Hazard event.Hazard
	When   time.Time // it happened
	Known  time.Time // we heard of it
	KM     float64
	Deaths float64
}

// A History is what happened around one place.
type History struct {
	Place string // "project:CODE", "site:CODE/ASSET"
	Near  []Occurrence
}

// A Record is everything that the watch knows.
type Record struct {
	places  []History
	watched []time.Time // of every event whatsoever: when it became known
}

// NewRecord takes histories in any order, and the instants at which events of any kind and
// place became known.
func NewRecord(places []History, watched []time.Time) Record {
	r := Record{watched: slices.Clone(watched)}
	for _, h := range places {
		h.Near = slices.Clone(h.Near)
		slices.SortFunc(h.Near, func(a, b Occurrence) int { return cmp.Or(a.When.Compare(b.When), cmp.Compare(a.Event, b.Event)) })
		r.places = append(r.places, h)
	}
	slices.SortFunc(r.places, func(a, b History) int { return cmp.Compare(a.Place, b.Place) })
	return r
}

// A View is a record as it was known at its origin.
type View struct {
	origin  time.Time
	places  []History
	watched map[Week]bool
	first   Week
}

// At cuts the record: an event that happened or became known after the origin is not in the view.
func (r Record) At(origin time.Time) View {
	v := View{origin: origin, watched: map[Week]bool{}, first: WeekAt(origin)}
	for _, t := range r.watched {
		if !t.After(origin) {
			w := WeekAt(t)
			v.watched[w], v.first = true, min(v.first, w)
		}
	}
	for _, h := range r.places {
		var near []Occurrence
		for _, o := range h.Near {
			if !o.When.After(origin) && !o.Known.After(origin) {
				near = append(near, o)
			}
		}
		h.Near = near
		v.places = append(v.places, h)
	}
	return v
}

// Weeks gives how many weeks the view has seen whole.
func (v View) Weeks() int { return len(v.weeks()) }

// weeks are the watched weeks that are over, of the longest past that counts.
func (v View) weeks() []Week {
	var out []Week
	end := WeekAt(v.origin)
	for w := max(v.first, end-longest); w < end; w++ {
		if v.watched[w] {
			out = append(out, w)
		}
	}
	return out
}

// A Forecast is what is said of one place, family and week.
type Forecast struct {
	Place       string
	Family      event.Hazard
	Week        Week
	Chance      float64 // of one incident or more
	Low, High   float64 // 90 % interval of the chance
	Expected    float64 // incidents
	Shape, Rate float64 // of the gamma: the number is negative binomial with this shape and mean Shape/Rate
	Base        float64 // share of the watched weeks with an incident
	Persistence float64 // 1 when there was one in the last watched week, else 0
	Weeks       int     // watched weeks behind it
	Incidents   int     // in them
}

// state is one place and family as the view knows it.
type state struct {
	at    int
	weeks []Week
	n     []float64 // incidents, by week
	near  []float64 // log(1 + x) at the beginning of each week
	now   float64
	total float64
}

// Ahead forecasts a week that begins after the view's origin, for every place and family, by
// place, then in the order of Families.
func (v View) Ahead(w Week) []Forecast {
	var out []Forecast
	for _, family := range Families() {
		states, incidents, weeks := v.states(family, w)
		effect := fit(states)
		prior := (incidents + .5) / (weeks + priorWeeks)
		for _, s := range states {
			out = append(out, s.forecast(v.places[s.at].Place, family, w, prior, effect))
		}
	}
	slices.SortStableFunc(out, func(a, b Forecast) int { return cmp.Compare(a.Place, b.Place) })
	return out
}

func (v View) states(family event.Hazard, w Week) (out []state, incidents, weeks float64) {
	watched := v.weeks()
	for i, h := range v.places {
		s := state{at: i, weeks: watched}
		var mine []Occurrence
		for _, o := range h.Near {
			if o.Hazard.Family() == family && o.KM <= Far {
				mine = append(mine, o)
			}
		}
		for _, at := range s.weeks {
			s.n = append(s.n, float64(count(mine, at)))
			s.near = append(s.near, math.Log1p(intensity(mine, at.Starts())))
			s.total += s.n[len(s.n)-1]
		}
		s.now = math.Log1p(intensity(mine, w.Starts()))
		incidents, weeks = incidents+s.total, weeks+float64(len(s.weeks))
		out = append(out, s)
	}
	return out, incidents, weeks
}

// count is the number of incidents in a week.
func count(list []Occurrence, w Week) int {
	n := 0
	for _, o := range list {
		if o.KM <= At && WeekAt(o.When) == w {
			n++
		}
	}
	return n
}

// intensity is the x(s,t) of METHOD 1.7 without the match of targets: what happened before an
// instant, weighed by distance, age and deaths.
func intensity(list []Occurrence, t time.Time) float64 {
	sum := 0.0
	for _, o := range list {
		k, ok := kernels[o.Hazard]
		age := t.Sub(o.When).Hours() / 24
		if !ok || age < 0 || o.KM > 4*k.km {
			continue
		}
		sum += k.weight * (1 + math.Log1p(max(0, o.Deaths))) * math.Exp(-o.KM/k.km) * math.Exp2(-age/k.days)
	}
	return sum
}

// fit finds the effect of events near by, the b1 of METHOD 1.7: the rate of a week is the
// place's rate times exp(b1·log(1+x)), scaled so that its mean over the past stays the
// place's. The likelihood of the past weeks, with a half-normal prior, is tried at steps of
// 0.05 up to 2; with few incidents the effect is nil.
func fit(states []state) float64 {
	total := 0.0
	for _, s := range states {
		total += s.total
	}
	if total < leastToFit {
		return 0
	}
	best, most := 0.0, math.Inf(-1)
	for step := range 41 {
		b := float64(step) * .05
		l := -b * b / (2 * effectScale * effectScale)
		for _, s := range states {
			if s.total == 0 {
				continue
			}
			scale := math.Log(s.scale(b))
			for i, n := range s.n {
				l += n * (b*s.near[i] - scale)
			}
		}
		if l > most {
			best, most = b, l
		}
	}
	return best
}

// scale is the mean of exp(b·log(1+x)) over the past weeks.
func (s state) scale(b float64) float64 {
	if len(s.near) == 0 {
		return 1
	}
	sum := 0.0
	for _, x := range s.near {
		sum += math.Exp(b * x)
	}
	return sum / float64(len(s.near))
}

// forecast joins prior and past: lam = (a0 + n)/(b0 + T), gamma-distributed, times the effect.
func (s state) forecast(place string, family event.Hazard, w Week, prior, effect float64) Forecast {
	times := math.Exp(effect*s.now) / s.scale(effect)
	shape, rate := prior*priorWeeks+s.total, (priorWeeks+float64(len(s.weeks)))/times
	f := Forecast{
		Place: place, Family: family, Week: w, Shape: shape, Rate: rate, Expected: shape / rate,
		Chance: 1 - math.Pow(rate/(rate+1), shape), Weeks: len(s.weeks), Incidents: int(s.total),
		Low:  -math.Expm1(-dist.GammaQuantile(shape, .05) / rate),
		High: -math.Expm1(-dist.GammaQuantile(shape, .95) / rate),
	}
	hits := 0.0
	for _, n := range s.n {
		if n > 0 {
			hits++
		}
	}
	if len(s.n) > 0 {
		f.Base = hits / float64(len(s.n))
		f.Persistence = min(1, s.n[len(s.n)-1])
	}
	return f
}
