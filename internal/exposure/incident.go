package exposure

import (
	"math"
	"sync"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure/impact"
	"watchfire.dev/internal/level"
)

// twoThirds turns the radius that holds a place in two of three cases into the standard
// deviation on each axis.
const twoThirds = 1.4823038073675112

// incident is the view of one violent incident. The distance classes of METHOD.md 1.7 hold
// for a fresh incident of full weight. An older one counts by 2^(−age/τ); one of a lesser
// kind is less severe as well as less likely to touch us, so class k counts by s^k with
// s = min(1, w(kind)·(1 + ln(1 + deaths))): both are factors of the threat kernel [D]. A
// protest next door is no catastrophe, a protest with twenty dead may be. Where the place is uncertain the
// classes are averaged over a two-dimensional Gaussian: a city's centre two kilometres away
// does not put the incident there. An asset's own radius beyond 50 km stretches the classes
// to it.
func (a *assessment) incident(s placedShape) view {
	kind, w := a.incidentWeight()
	if kind == "" {
		return view{}
	}
	const classKM = 50 // distance of class I1 in the method
	sigma := s.doubt / twoThirds
	v := s.at()
	v.judge = func(t *target, km float64) (impact.Result, error) {
		if own, ok := a.own(t); ok && own > classKM {
			km *= classKM / own
		}
		r, err := a.x.method.Incident(impact.IncidentInput{DistanceKM: km})
		if err != nil {
			return r, err
		}
		if sigma > 0.1 {
			r.P = a.around(km, sigma)
			r.Intensity.Sigma = sigma
			r.Formula = "p_k = 2^(−age/τ) · s^k · mean of P(distance ≤ 50, 25, 10, 2 km) over the uncertainty of the place"
		} else {
			r.Formula = "p_k = 2^(−age/τ) · s^k · P(distance ≤ 50, 25, 10, 2 km)"
		}
		r.P = w.apply(r.P)
		return r, err
	}
	v.inputs = func(t *target, _ float64) []Input {
		in := append(w.inputs(), Input{"sigma of the place", sigma, "km"})
		if own, ok := a.own(t); ok && own > classKM {
			in = append(in, Input{"distance classes stretched by", own / classKM, ""})
		}
		return in
	}
	v.notes = append(v.notes, "kind of incident: "+kind)
	v.fields = []field{{s.region, a.reachOf(v.judge)}}
	return v
}

// demands reads the direct triggers of METHOD.md 1.7, which count whatever the chance: the
// measure trigger (evacuation order, embassy drawdown, closed airport, coup, declared war),
// or its words in the title of something that people do, asks for orange on every row of the
// event, the measure own_people (named or attacked) for
// red at the assets that the event names or that lie within 1 km of it.
func (a *assessment) demands() {
	m, ok := measure(a.e.Measures, "trigger")
	if said := ok && m.Value >= 1; said || !ok && worded(a.family) && a.x.rules.trigger(a.e.Title) != "" {
		if r, err := a.x.method.Incident(impact.IncidentInput{DistanceKM: everywhereKM, Trigger: true}); err == nil {
			a.trigger = &r
		}
	}
	if m, ok := measure(a.e.Measures, "own_people"); ok && m.Value >= 1 {
		if r, err := a.x.method.Incident(impact.IncidentInput{OwnPeople: true}); err == nil {
			a.ownPeople = &r
		}
	}
}

// worded tells whether titles of a family are read for triggers: where people act, or an
// authority orders. A storm is no coup, whatever its name.
func worded(family event.Hazard) bool {
	switch family {
	case event.Conflict, event.Unrest, event.Crime, event.Kidnap, event.Advice, event.Corridor, event.Wildfire, event.Volcano, event.Industrial, event.Flood, event.Tsunami:
		return true
	}
	return false
}

// demand applies the direct triggers to one row's result.
func (a *assessment) demand(r *impact.Result, at bool) {
	if a.trigger != nil && a.trigger.Floor > r.Floor {
		r.Floor, r.FloorReason = a.trigger.Floor, a.trigger.FloorReason
	}
	if a.ownPeople != nil && at {
		r.P = level.Max(r.P, a.ownPeople.P)
		r.Floor, r.FloorReason = a.ownPeople.Floor, a.ownPeople.FloorReason
	}
}

// weight is what an incident counts: its severity s and its decay with age.
type weight struct {
	severity, decay, age, deaths float64
}

func (w weight) apply(p level.P) level.P {
	f := w.decay
	for k := 1; k < len(p); k++ {
		f *= w.severity
		p[k] *= f
	}
	return p.Monotone()
}

func (w weight) inputs() []Input {
	return []Input{{"severity of the kind", w.severity, ""}, {"share left by age", w.decay, ""}, {"age", w.age, "d"}, {"deaths", w.deaths, ""}}
}

// incidentWeight is the weight of the event as an incident, with its kind; "" means that the
// event is none.
func (a *assessment) incidentWeight() (kind string, w weight) {
	if kind = a.x.rules.kind(a.e.Hazard, a.e.Title); kind == "" {
		kind = a.x.rules.Incidents[a.e.Hazard]
	}
	if m, ok := measure(a.e.Measures, "deaths"); ok {
		w.deaths = clamp(m.Value, 0, 1e7)
	}
	for _, at := range []time.Time{a.e.Occurred, a.e.Onset, a.e.Fresh} {
		if !at.IsZero() {
			w.age = clamp(a.now.Sub(at).Hours()/24, 0, 36_500)
			break
		}
	}
	fresh, err := a.x.method.Threat([]impact.Incident{{Kind: kind, Deaths: w.deaths}})
	if err != nil {
		return "", w
	}
	now, err := a.x.method.Threat([]impact.Incident{{Kind: kind, Deaths: w.deaths, AgeDays: w.age}})
	if err != nil || fresh <= 0 {
		return "", w
	}
	w.severity, w.decay = math.Min(1, fresh), now/fresh
	return kind, w
}

// around averages the classes over an uncertain place: rings of equal probability, points of
// equal angle.
func (a *assessment) around(km, sigma float64) level.P {
	var sum level.P
	t := ringsOf()
	if km-sigma*t.sigmas[rings-1] > a.x.method.IncidentReachKM()+1e-6 {
		return sum // no point of it is near enough for anything
	}
	for _, sigmas := range t.sigmas {
		radius := sigma * sigmas
		for _, north := range t.norths {
			off := math.Sqrt(math.Max(0, km*km+radius*radius+2*km*radius*north))
			p := a.x.method.IncidentVector(math.Min(everywhereKM, off), 0)
			for k := 1; k < len(sum); k++ {
				sum[k] += p[k] / (rings * angles)
			}
		}
	}
	return sum.Monotone()
}

const rings, angles = 8, 12

// ringTable holds the radii of the rings, in standard deviations on each axis, the widest
// last, and how much of the way on each ring leads away.
type ringTable struct {
	sigmas [rings]float64
	norths [angles]float64
}

var ringsOf = sync.OnceValue(func() *ringTable {
	t := &ringTable{}
	for i := range t.sigmas {
		t.sigmas[i] = math.Sqrt(-2 * math.Log(1-(float64(i)+0.5)/rings))
	}
	for j := range t.norths {
		_, t.norths[j] = math.Sincos(2 * math.Pi * (float64(j) + 0.5) / angles)
	}
	return t
})
