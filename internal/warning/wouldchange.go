package warning

import (
	"math"
	"slices"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure"
	"watchfire.dev/internal/geo"
	"watchfire.dev/internal/level"
)

// Spot is where an asset is, when it is at one place.
type Spot struct {
	Known bool
	At    geo.Point
}

// steps is how often an interval is halved: a thousandth of a magnitude, a tenth of a
// kilometre, a knot. Winds are tried less often: each try draws a thousand tracks.
func steps(of string) int {
	if of == "wind" {
		return 8
	}
	return 16
}

// WouldChange solves, on the real function from event to level, for the values at which the
// row's level would be another: nothing is differentiated or looked up. Each quantity moves
// alone. A level that no value within reach gives is left out. The answer depends on the
// arguments alone.
func WouldChange(t Trial) []Change {
	is := t.level(t.Event)
	var out []Change
	if m, ok := t.Event.Measures.Get("magnitude"); ok {
		out = append(out, t.solve(is, Change{Of: "magnitude", Is: m}, 0, 10, t.magnitude)...)
	}
	if centre, ok := t.Event.Centre(); ok && t.Place.Known && t.Row.How == exposure.Distance && len(centre.Shape.Points) == 1 && len(t.Event.Track) == 0 {
		is2 := geo.DistanceKM(t.Place.At, centre.Shape.Points[0])
		out = append(out, t.solve(is, Change{Of: "distance", Unit: "km", Is: is2}, 0, 2000, func(km float64) level.Level {
			return t.level(moved(t.Event, t.Place.At, km))
		})...)
	}
	if top := topWind(t.Event); top > 0 {
		out = append(out, t.solve(is, Change{Of: "wind", Unit: "kt", Is: top}, 0, 200, func(kt float64) level.Level {
			return t.level(blown(t.Event, kt/top))
		})...)
	}
	if t.Row.PEvent > 0 && t.Row.PEvent < 0.98 {
		out = append(out, t.solve(is, Change{Of: "certainty", Is: t.Row.PEvent}, 0, 1, func(p float64) level.Level {
			row := t.Row
			for k := 1; k < len(row.P); k++ {
				row.P[k] = min(1, row.P[k]*p/t.Row.PEvent)
			}
			row.PEvent = p
			return t.of(t.Event, []exposure.Exposure{row})
		})...)
	}
	out = append(out, t.severity(is)...)
	return append(out, t.sources(is)...)
}

// severity tries the words of CAP, for events that carry one: the least word that gives each
// level.
func (t Trial) severity(is level.Level) []Change {
	words := []string{"Minor", "Moderate", "Severe", "Extreme"}
	at := slices.Index(words, t.Event.Severity)
	if at < 0 {
		return nil
	}
	var out []Change
	done := level.Green
	for i, word := range words {
		e := t.Event
		e.Severity = word
		e.Shapes = slices.Clone(e.Shapes)
		for j := range e.Shapes {
			if e.Shapes[j].Severity != "" {
				e.Shapes[j].Severity = word
			}
		}
		l := t.level(e)
		if l <= done {
			continue
		}
		done = l
		if i > 0 && (l > is || i <= at) { // under the least word there is nothing to fall to
			out = append(out, Change{Of: "severity", Word: word, Level: l, Falls: l <= is})
		}
	}
	return out
}

// level is what the event alone would give the row's asset, a proposed red counted as red.
func (t Trial) level(e event.Event) level.Level {
	e.State = event.Ongoing
	rows := t.Assess(e, t.Now)
	rows = slices.DeleteFunc(rows, func(r exposure.Exposure) bool { return r.Asset != t.Row.Asset })
	return t.of(e, rows)
}

func (t Trial) of(e event.Event, rows []exposure.Exposure) level.Level {
	effects := make([]Effect, len(rows))
	for i := range effects {
		if t.Delta != 0 {
			effects[i] = Effect{Delta: t.Delta, Rules: []string{""}}
		}
	}
	pic := look(Evidence{Now: t.Now, Threats: []Threat{{Event: e, Rows: rows, Effects: effects}}}, t.Policy)
	if pic.red {
		return level.Red
	}
	return pic.cell
}

// solve finds for each level where the quantity reaches it. Distance works downwards.
func (t Trial) solve(is level.Level, c Change, lo, hi float64, at func(float64) level.Level) []Change {
	down := c.Of == "distance"
	var out []Change
	for l := level.Yellow; l <= level.Red; l++ {
		reached := func(x float64) bool {
			if down {
				x = hi - x
			}
			return at(x) >= l
		}
		if !reached(hi - lo) { // at the strongest value
			break
		}
		a, b := 0.0, hi-lo
		if reached(a) {
			continue // at any value
		}
		for range steps(c.Of) {
			if mid := (a + b) / 2; reached(mid) {
				b = mid
			} else {
				a = mid
			}
		}
		x := b
		if down {
			x = hi - b
		}
		next := c
		next.Level, next.At, next.Falls = l, x, l <= is
		out = append(out, next)
	}
	return out
}

// sources tells whether a better source alone would let the level rise: the promotion rule
// holds it down.
func (t Trial) sources(is level.Level) []Change {
	if CeilingOf(t.Event.Reports).AtOnce {
		return nil
	}
	better := t.Event
	better.Reports = append(slices.Clone(t.Event.Reports), event.Standing{
		Key: "?", Signal: "?", Stand: event.Live, Source: "?", Owner: "?", Received: t.Now, Grade: event.Grade{Reliability: "B", Credibility: 2},
	})
	if l := t.level(better); l > is {
		return []Change{{Of: "sources", Level: l}}
	}
	return nil
}

func (t Trial) magnitude(m float64) level.Level {
	e := t.Event
	e.Measures = slices.Clone(e.Measures)
	for i := range e.Measures {
		if e.Measures[i].Name == "magnitude" {
			e.Measures[i].Value = m
			break
		}
	}
	// Lines of equal shaking belong to the magnitude that was; what is asked is the formula.
	e.Shapes = slices.DeleteFunc(slices.Clone(e.Shapes), func(f event.Footprint) bool {
		_, drawn := f.Measures.Get("mmi")
		return drawn
	})
	return t.level(e)
}

func topWind(e event.Event) float64 {
	top := 0.0
	for _, p := range e.Track {
		top = max(top, p.WindKT)
	}
	return top
}

// blown is the event with its winds multiplied; how far stated wind radii reach stays.
func blown(e event.Event, by float64) event.Event {
	e.Track = slices.Clone(e.Track)
	for i := range e.Track {
		e.Track[i].WindKT *= by
	}
	e.Measures = slices.Clone(e.Measures)
	for i := range e.Measures {
		if n := e.Measures[i].Name; n == "wind" || n == "gust" {
			e.Measures[i].Value *= by
		}
	}
	return e
}

// moved is the event with its centre km away from the place, in the direction where it is.
func moved(e event.Event, from geo.Point, km float64) event.Event {
	e.Shapes = slices.DeleteFunc(slices.Clone(e.Shapes), func(f event.Footprint) bool { return len(f.Shape.Points) != 1 || f.Role == event.Past })
	for i := range e.Shapes {
		e.Shapes[i].Shape.Points = []geo.Point{along(from, e.Shapes[i].Shape.Points[0], km)}
	}
	return e
}

// along is the point km from a on the great circle towards b (due north when they are one).
func along(a, b geo.Point, km float64) geo.Point {
	const earthKM, rad = 6371.0088, math.Pi / 180
	lat, lon := a.Lat*rad, a.Lon*rad
	d := (b.Lon - a.Lon) * rad
	bearing := math.Atan2(math.Sin(d)*math.Cos(b.Lat*rad), math.Cos(lat)*math.Sin(b.Lat*rad)-math.Sin(lat)*math.Cos(b.Lat*rad)*math.Cos(d))
	arc := km / earthKM
	to := math.Asin(math.Sin(lat)*math.Cos(arc) + math.Cos(lat)*math.Sin(arc)*math.Cos(bearing))
	east := lon + math.Atan2(math.Sin(bearing)*math.Sin(arc)*math.Cos(lat), math.Cos(arc)-math.Sin(lat)*math.Sin(to))
	return geo.Point{Lat: to / rad, Lon: math.Mod(east/rad+540, 360) - 180}
}
