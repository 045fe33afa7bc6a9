package exposure

import (
	"math"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure/impact"
	"watchfire.dev/internal/geo"
	"watchfire.dev/internal/portfolio"
)

// A field is one place of an event and how far from it an asset may still have a row.
type field struct {
	region *geo.Region
	reach  float64 // km; negative = nothing is reached
}

// A view is one way of seeing an event: where it is and which impact function speaks of it.
// An asset that several views reach gets its row from the strongest.
type view struct {
	fields []field
	area   bool // drawn: an asset at distance 0 lies inside
	from   time.Time
	to     time.Time
	core   float64 // km from the fields within which a route is affected; 0 = searched
	notes  []string
	// judge gives the impact on an asset km kilometres away, the event taken as real.
	judge func(t *target, km float64) (impact.Result, error)
	// inputs lists what judge was given beside the distance.
	inputs func(t *target, km float64) []Input
	// add is inputs for views with many rows: it appends to a list. nil = inputs is asked.
	add func(to []Input, t *target) []Input
	// stretches finds the affected parts of a route where the distance does not tell; nil = by
	// distance.
	stretches func(t *target) []geo.Stretch
}

// bare stands for an asset of which nothing is known, in searches for the reach.
func bare() *target { return &target{zone: time.UTC, v: portfolio.MaxVulnerability} }

const (
	everywhereKM = 20_020 // half way around the Earth
	rough        = 1.3    // accuracy of a searched reach: what lies between is judged itself
	fine         = 1.01   // accuracy of a searched distance that people read
)

// farthest is a distance beyond which keep no longer holds, for a keep that holds near and
// fails far away, at most accuracy times too far; negative when it never holds.
func farthest(accuracy float64, keep func(km float64) bool) float64 {
	if !keep(0) {
		return -1
	}
	low, high := 0.5, 16.0
	for keep(high) {
		if high >= everywhereKM {
			return everywhereKM
		}
		low, high = high, math.Min(high*3, everywhereKM)
	}
	for high > low*accuracy {
		middle := math.Sqrt(low * high)
		if keep(middle) {
			low = middle
		} else {
			high = middle
		}
	}
	return high
}

// reachOf searches the reach of a judge by trial.
func (a *assessment) reachOf(judge func(*target, float64) (impact.Result, error)) float64 {
	t := bare()
	return farthest(rough, func(km float64) bool {
		r, err := judge(t, km)
		return err == nil && (r.P[1]*a.pEvent >= a.x.rules.Keep || r.Floor > 0)
	})
}

// reachOfDecay is reachOf for a judge that falls exponentially with distance: two trials
// are enough.
func (a *assessment) reachOfDecay(judge func(*target, float64) (impact.Result, error)) float64 {
	const apart = 10.0
	t := bare()
	r0, err0 := judge(t, 0)
	r1, err1 := judge(t, apart)
	p0, p1 := r0.P[1], r1.P[1]
	if err0 != nil || err1 != nil || p0*a.pEvent < a.x.rules.Keep {
		return -1
	}
	if p1 >= p0 {
		return everywhereKM
	}
	return math.Min(everywhereKM, apart/math.Log(p0/p1)*math.Log(p0*a.pEvent/a.x.rules.Keep))
}

// half is the distance at which the chance of I1 has fallen to half of that at the centre:
// the part of a route that counts as affected when the event has no drawn edge.
func (v *view) half() float64 {
	if v.core > 0 {
		return v.core
	}
	t := bare()
	r, err := v.judge(t, 0)
	if err != nil || r.P[1] == 0 {
		return 0
	}
	top := r.P[1]
	return math.Max(0, farthest(fine, func(km float64) bool {
		r, err := v.judge(t, km)
		return err == nil && r.P[1] >= top/2
	}))
}

// distance is the way from an asset to the view in kilometres, less how far a person may
// have moved since the place was known.
func (v *view) distance(t *target, moved float64) float64 {
	best := math.Inf(1)
	for _, f := range v.fields {
		best = math.Min(best, t.region.DistanceToKM(f.region))
	}
	return math.Max(0, best-moved)
}

// moved is how far a person may have come since the place was known; ok is false for a
// person whose place has no time, and for everything that does not move.
func (x *Index) moved(t *target, now time.Time) (km float64, ok bool) {
	if !t.moves {
		return 0, false
	}
	hours := math.Max(0, now.Sub(t.asset.SeenAt).Hours())
	speed, limit := x.rules.travel(t.asset)
	return math.Min(limit, hours*speed), true
}

// travel is how fast the place of a person may change and how far it may come before nothing
// is known any more: a convoy's own speed for as many hours as people on foot are given.
func (r *rules) travel(a portfolio.Asset) (kmPerHour, limitKM float64) {
	if a.Kind != portfolio.Person {
		return 0, 0
	}
	if a.TravelKMH > 0 && r.Person.Speed > 0 {
		return a.TravelKMH, math.Min(everywhereKM, r.Person.Limit/r.Person.Speed*a.TravelKMH)
	}
	return r.Person.Speed, r.Person.Limit
}

// own is the asset's own radius for the event's family, if it has one.
func (a *assessment) own(t *target) (float64, bool) {
	if !t.ranged {
		return 0, false
	}
	return t.asset.RadiusKM(a.family)
}

// scale is the distance over which an effect without an edge of its own decays, when the
// asset's own radius asks for more than the function's; 0 = the function's own.
func (a *assessment) scale(t *target, usual float64) float64 {
	if km, ok := a.own(t); ok && km/a.x.rules.Stretch > usual {
		return math.Min(km/a.x.rules.Stretch, 1000)
	}
	return 0
}

func measure(ms event.Measures, name string) (event.Measure, bool) {
	for _, m := range ms {
		if m.Name == name && !math.IsNaN(m.Value) && !math.IsInf(m.Value, 0) {
			return m, true
		}
	}
	return event.Measure{}, false
}

func clamp(v, low, high float64) float64 { return math.Min(math.Max(v, low), high) }
