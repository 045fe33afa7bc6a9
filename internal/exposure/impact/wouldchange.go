package impact

import "watchfire.dev/internal/level"

// A Change tells what would move a result to a level: "orange from M 6.4 or nearer than
// 31 km". A nil value means that no value within reach does it alone.
type Change struct {
	Level         level.Level `json:"level"`
	MagnitudeFrom *float64    `json:"magnitude_from,omitempty"` // this magnitude or more
	WithinKM      *float64    `json:"within_km,omitempty"`      // this epicentral distance or less
}

// EarthquakeChanges solves, for yellow, orange and red, for the smallest magnitude (0 to 10)
// and the largest epicentral distance (0 to 2,000 km) that reach the level by the matrix
// with all other inputs as they are. It bisects a fixed number of times, so the answer is the
// same in every run. A measured intensity or rupture distance is put aside for the search:
// magnitude and epicentre are what a revision changes.
func (m *Method) EarthquakeChanges(in EarthquakeInput, mx level.Matrix) ([]Change, error) {
	in.Shaking, in.RuptureKM = nil, nil
	if err := in.check(); err != nil {
		return nil, err
	}
	model, _ := m.Fatality(in.Country)
	at := func(in EarthquakeInput) level.Level {
		_, p, _ := m.earthquakeVector(&in, model)
		l, _ := mx.LevelOf(p, 0)
		return l
	}
	var out []Change
	for l := level.Yellow; l <= level.Red; l++ {
		c := Change{Level: l}
		if x, ok := crossing(0, 10, func(x float64) bool {
			trial := in
			trial.Magnitude = x
			return at(trial) >= l
		}); ok {
			c.MagnitudeFrom = &x
		}
		if x, ok := crossing(-2000, 0, func(x float64) bool {
			trial := in
			trial.DistanceKM = -x // nearer is more, so the search runs inwards
			return at(trial) >= l
		}); ok {
			x = -x
			c.WithinKM = &x
		}
		out = append(out, c)
	}
	return out, nil
}

// EarthquakeMagnitudeFor is the smallest magnitude (0 to 10) at which P(impact ≥ I_k) is at
// least p, with all other inputs as they are; false when none is, or when the class does not
// exist.
func (m *Method) EarthquakeMagnitudeFor(in EarthquakeInput, k int, p float64) (float64, bool) {
	return m.solve(in, k, 0, 10, p, func(in *EarthquakeInput, x float64) { in.Magnitude = x })
}

// EarthquakeDistanceFor is the largest epicentral distance in kilometres (0 to 2,000) at
// which P(impact ≥ I_k) is at least p; false when even the epicentre is below it.
func (m *Method) EarthquakeDistanceFor(in EarthquakeInput, k int, p float64) (float64, bool) {
	x, ok := m.solve(in, k, -2000, 0, p, func(in *EarthquakeInput, x float64) { in.DistanceKM = -x })
	return -x, ok
}

// solve bisects one input of an earthquake for a class probability.
func (m *Method) solve(in EarthquakeInput, k int, lo, hi, p float64, set func(*EarthquakeInput, float64)) (float64, bool) {
	in.Shaking, in.RuptureKM = nil, nil
	if k < 1 || k > level.Classes || in.check() != nil {
		return 0, false
	}
	model, _ := m.Fatality(in.Country)
	return crossing(lo, hi, func(x float64) bool {
		trial := in
		set(&trial, x)
		_, got, _ := m.earthquakeVector(&trial, model)
		return got[k] >= p
	})
}
