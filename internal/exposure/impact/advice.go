package impact

import (
	"fmt"

	"watchfire.dev/internal/level"
)

// adviceMethod holds the coefficients of the section "advice".
type adviceMethod struct {
	Provenance string  `json:"provenance"`
	None       classes `json:"none"`
	Single     classes `json:"single"`
	Several    classes `json:"several"`
	Leave      classes `json:"leave"`
}

// leaveNow is the step of travel advice that reads "do not travel" or "leave".
const leaveNow = 4

// An Advice is one government's travel advice before and after a change: 1 normal care,
// 2 more care, 3 reconsider, 4 do not travel or leave; Before 0 = not known.
type Advice struct {
	Government string
	Before     int
	After      int
}

// TravelAdvice gives the probability of each impact class from changes of travel advice: a
// step up by two or more governments is yellow, a step to "do not travel" or "leave" by any
// one is orange, one government's other step up stays green. The vectors are written so that
// the matrix gives these levels; standing advice without a change is for the assessment, not
// for a warning. A government counts once, with its last entry.
func (m *Method) TravelAdvice(changes []Advice) (Result, error) {
	q := m.advice
	c := &checker{}
	if len(changes) == 0 || len(changes) > 300 {
		c.add(fmt.Sprintf("%d changes of advice, want 1 to 300", len(changes)))
	}
	up, leave, highest := 0, 0, 0
	for i, a := range changes {
		c.within(fmt.Sprintf("advice %d before", i+1), float64(a.Before), 0, leaveNow)
		c.within(fmt.Sprintf("advice %d after", i+1), float64(a.After), 1, leaveNow)
		if a.Government == "" {
			c.add(fmt.Sprintf("advice %d names no government", i+1))
		}
		if repeated(changes[i+1:], a.Government) {
			continue
		}
		highest = max(highest, a.After)
		if a.Before > 0 && a.After > a.Before {
			up++
			if a.After == leaveNow {
				leave++
			}
		}
	}
	if err := c.err(); err != nil {
		return Result{}, err
	}
	row := q.None
	r := Result{
		Hazard: "advice", Method: m.Version,
		Intensity: Measure{Value: float64(highest), Unit: "advice step, 1 to 4"},
		Steps:     []Step{{"governments that raised their advice", float64(up), ""}, {"of these to \"do not travel\"", float64(leave), ""}},
		Formula:   "step function: two or more governments up → yellow; any to \"do not travel\" → orange",
		Source:    "design of Watchfire, method " + m.Version,
	}
	switch {
	case leave > 0:
		row = q.Leave
		r.raise(level.Orange, "a government newly advises to leave or not to travel")
	case up >= 2:
		row = q.Several
		r.raise(level.Yellow, "two or more governments raised their advice")
	case up == 1:
		row = q.Single
	}
	r.P = row.p()
	return r, nil
}

// repeated tells whether a government comes again in the list.
func repeated(rest []Advice, government string) bool {
	for _, a := range rest {
		if a.Government == government {
			return true
		}
	}
	return false
}
