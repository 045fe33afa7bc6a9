package exposure

import (
	"math"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure/impact"
	"watchfire.dev/internal/level"
)

// limit wraps a view's judge for hazards that the method holds down: drought is a strategic
// risk and gives at most yellow for one place (METHOD.md 1.7).
func (a *assessment) limit(v *view) {
	if a.e.Hazard != event.Drought || v.judge == nil {
		return
	}
	judge := v.judge
	v.judge = func(t *target, km float64) (impact.Result, error) {
		r, err := judge(t, km)
		if p := atMost(a.x.matrix, r.P, level.Yellow); p != r.P {
			r.P = p
			r.Notes = append(r.Notes, "a slow hazard: held to yellow for one place")
		}
		return r, err
	}
}

// atMost lowers probabilities until the matrix gives no class more than a level.
func atMost(m level.Matrix, p level.P, top level.Level) level.P {
	for k := 1; k <= level.Classes; k++ {
		for b := m.Bin(p[k]); b > 0 && m.Cells[b][k-1] > top; b = m.Bin(p[k]) {
			p[k] = math.Nextafter(m.Edges[b-1], 0)
		}
	}
	return p.Monotone()
}
