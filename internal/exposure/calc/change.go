package calc

import (
	"math"
	"strconv"

	"watchfire.dev/internal/exposure/impact"
	"watchfire.dev/internal/level"
)

// A Turn says what would move the answer to another level: the nearest value of one input,
// all others as they are.
type Turn struct {
	Input string      `json:"input"`
	Level level.Level `json:"level"`
	// From is set where the level holds at this value and above, To where it holds at this
	// value and below.
	From *float64 `json:"from,omitempty"`
	To   *float64 `json:"to,omitempty"`
	Unit string   `json:"unit,omitempty"`
}

// looks is how often a search looks on its way from a value to the end of its range, and
// halvings how often it halves the step in which the level changes.
const (
	looks    = 160
	halvings = 50
)

// changes finds, for each driving input and both directions, the nearest value at which the
// level is another one. The way is searched in steps that grow with the cube, so that near
// values are seen finely; a level that holds for less than a step is not seen.
func (h Hazard) changes(m *impact.Method, mx level.Matrix, v values, now level.Level) []Turn {
	out := []Turn{}
	for _, f := range h.Fields {
		if !f.Drives || !v.has(f.Name) {
			continue
		}
		at := func(x float64) level.Level {
			r, err := h.run(m, v.with(f.Name, x))
			if err != nil {
				return now // out of what the function takes: no change to speak of
			}
			l, _ := r.Level(mx, 0)
			return l
		}
		x := v.num(f.Name)
		for _, end := range [2]float64{f.Lo, f.Hi} {
			to, l, ok := nearest(at, x, end, now)
			if !ok {
				continue
			}
			c := Turn{Input: f.Name, Level: l, Unit: f.Unit}
			if end > x {
				c.From = &to
			} else {
				c.To = &to
			}
			out = append(out, c)
		}
	}
	return out
}

// nearest walks from x to end until the level is not now, and halves back to the edge.
func nearest(at func(float64) level.Level, x, end float64, now level.Level) (float64, level.Level, bool) {
	if x == end {
		return 0, now, false
	}
	before := x
	for i := 1; i <= looks; i++ {
		s := float64(i) / looks
		here := x + (end-x)*s*s*s
		if i == looks {
			here = end
		}
		if at(here) == now {
			before = here
			continue
		}
		for range halvings {
			mid := before + (here-before)/2
			if at(mid) == now {
				before = mid
			} else {
				here = mid
			}
		}
		here = tidy(here, before)
		here = math.Max(math.Min(x, end), math.Min(math.Max(x, end), here))
		return here, at(here), true
	}
	return 0, now, false
}

// tidy rounds an edge to four significant digits, away from the value where the level is
// still the old one.
func tidy(edge, old float64) float64 {
	if edge == 0 {
		return 0
	}
	unit := math.Pow(10, math.Floor(math.Log10(math.Abs(edge)))-3)
	n := math.Floor(edge / unit)
	if edge > old {
		n = math.Ceil(edge / unit)
	}
	// By way of a text: 6.45, not 6.450000000000001.
	short, err := strconv.ParseFloat(strconv.FormatFloat(n*unit, 'g', 4, 64), 64)
	if err != nil {
		return edge
	}
	return short
}
