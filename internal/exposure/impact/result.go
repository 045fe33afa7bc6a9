package impact

import "watchfire.dev/internal/level"

// A Measure is a quantity with its unit and its standard deviation in the same unit
// (0 = taken as exact).
type Measure struct {
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
	Sigma float64 `json:"sigma"`
}

// A Step is one intermediate number of a formula, in the order of the calculation.
type Step struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit,omitempty"`
}

// A Result is what an impact function found for one place.
type Result struct {
	Hazard    string  `json:"hazard"`
	Intensity Measure `json:"intensity"`
	P         level.P `json:"p"` // P[k] = P(impact ≥ I_k); well-formed
	// Floor is the lowest level that a rule sets whatever P says ("orange at least").
	Floor       level.Level `json:"floor"`
	FloorReason string      `json:"floor_reason,omitempty"`
	// ExpectedDeaths counts the caller's own persons; 0 where the hazard has no such model.
	ExpectedDeaths float64 `json:"expected_deaths"`
	// ETAHours is the time until the hazard is felt, from the caller's "now"; nil = unknown.
	ETAHours *float64 `json:"eta_hours,omitempty"`
	Steps    []Step   `json:"steps,omitempty"`
	Notes    []string `json:"notes,omitempty"`
	Formula  string   `json:"formula"`
	Source   string   `json:"source"`
	Method   string   `json:"method"`
}

// Level gives the result's level by the matrix, held up by Floor, with the cell of each
// class. observed is the highest class seen to have happened at the place, 0 for none.
func (r Result) Level(m level.Matrix, observed int) (level.Level, [level.Classes + 1]level.Level) {
	l, cells := m.LevelOf(r.P, observed)
	return max(l, r.Floor), cells
}

// note appends a remark when cond holds.
func (r *Result) note(cond bool, text string) {
	if cond {
		r.Notes = append(r.Notes, text)
	}
}

// raise lifts the floor.
func (r *Result) raise(to level.Level, reason string) {
	if to > r.Floor {
		r.Floor, r.FloorReason = to, reason
	}
}
