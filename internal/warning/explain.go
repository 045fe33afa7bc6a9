package warning

import (
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure"
	"watchfire.dev/internal/level"
)

// An Explanation is the chain from signals to level in numbers: signals with grade and
// weight, the events they make, the strength at the asset, the chances, the cell of the
// matrix, the promotion rule, hysteresis, the users' rules, and what would change it. It is
// computed from the stored revision, so it says what was decided then, not what would be
// decided now.
type Explanation struct {
	Warning  string      `json:"warning"`
	Revision int         `json:"revision"`
	At       time.Time   `json:"at"`
	State    State       `json:"state"`
	Level    level.Level `json:"level"`
	Reason   Reason      `json:"reason"`

	Events []EventRef          `json:"events"` // with how their reports were weighed
	Asset  *exposure.Exposure  `json:"asset,omitempty"`
	Assets int                 `json:"assets"`
	Cells  []ExplainedCell     `json:"cells"`
	Class  int                 `json:"class"` // whose cell decides, 0 = none
	Chance Chances             `json:"chance"`
	Rule   ExplainedPromotion  `json:"promotion"`
	Hold   ExplainedHysteresis `json:"hysteresis"`

	Rules   []string `json:"rules,omitempty"` // users' rules that acted
	Delta   int      `json:"delta,omitempty"`
	Blind   []string `json:"blind,omitempty"`
	Actions []Action `json:"actions,omitempty"`
	Would   []Change `json:"would_change,omitempty"`
	Methods Methods  `json:"methods"`
}

// Chances are the vectors behind the colour.
type Chances struct {
	P         level.P                 `json:"p"`
	Horizon   level.Horizon           `json:"horizon"` // the shortest that gives the colour
	ByHorizon [level.Horizons]level.P `json:"by_horizon"`
	Observed  int                     `json:"observed,omitempty"`
}

// An ExplainedCell is one class in the matrix.
type ExplainedCell struct {
	Class    int         `json:"class"`
	P        float64     `json:"p"`
	From     float64     `json:"from"` // bounds of its row of the matrix
	To       float64     `json:"to"`
	Observed bool        `json:"observed,omitempty"`
	Level    level.Level `json:"level"`
}

// An ExplainedPromotion says what the evidence may carry and what became of a red.
type ExplainedPromotion struct {
	Matrix   level.Level `json:"matrix"`  // what the matrix says
	Ceiling  level.Level `json:"ceiling"` // what the evidence may reach
	AtOnce   bool        `json:"at_once"` // an instrument or official source speaks
	Carried  level.Level `json:"carried"` // what may be sent
	Proposal Proposal    `json:"proposal,omitempty"`
	By       time.Time   `json:"by,omitzero"` // a signature is awaited until then
	Floor    string      `json:"floor,omitempty"`
}

// An ExplainedHysteresis says why the level stands where it stands.
type ExplainedHysteresis struct {
	Carried  level.Level   `json:"carried"`
	Floor    level.Level   `json:"floor"` // where it may fall to, margin included
	Margin   float64       `json:"margin"`
	Dwell    time.Duration `json:"dwell"`
	LowSince time.Time     `json:"low_since,omitzero"`
	FallsAt  time.Time     `json:"falls_at,omitzero"`
	Fresh    time.Time     `json:"fresh"`
	Review   time.Time     `json:"review,omitzero"`
	Expires  time.Time     `json:"expires"`
}

// Explain tells how a revision came about.
func Explain(w Warning, pol Policy) Explanation {
	x := Explanation{
		Warning: w.ID, Revision: w.Revision, At: w.At, State: w.State, Level: w.Level, Reason: w.Reason, Events: w.Events,
		Assets: w.Assets(), Rules: w.Rules, Delta: w.Delta, Blind: w.Blind, Actions: w.Actions, Methods: w.Methods,
		Chance: Chances{P: w.P, Horizon: w.Horizon, ByHorizon: w.Horizons, Observed: w.Observed},
		Rule: ExplainedPromotion{
			Matrix: w.Matrix, Ceiling: w.Ceiling, Carried: w.Cell, Proposal: w.Proposal, By: w.ConfirmBy,
		},
		Hold: ExplainedHysteresis{
			Carried: w.Cell, Floor: w.Floor, Margin: pol.Margin, Dwell: pol.Dwell(w.Family), LowSince: w.LowSince, Fresh: w.Fresh, Expires: w.Expires,
		},
	}
	if len(w.Rows) > 0 {
		x.Asset = &w.Rows[0]
		if w.Rows[0].Floor > level.Green {
			x.Rule.Floor = w.Rows[0].FloorReason
		}
	}
	for _, e := range w.Events {
		x.Rule.AtOnce = x.Rule.AtOnce || e.Ceiling.AtOnce
	}
	if !w.LowSince.IsZero() {
		x.Hold.FallsAt = w.LowSince.Add(pol.Dwell(w.Family))
	}
	if Active(w) && w.Level == level.Red && !w.Reviewed {
		x.Hold.Review = reviewAt(w, pol)
	}
	x.cells(w, pol)
	return x
}

func (x *Explanation) cells(w Warning, pol Policy) {
	top := level.Green
	for k := 1; k <= level.Classes; k++ {
		c := ExplainedCell{Class: k, P: w.P[k], Observed: k <= w.Observed, To: 1}
		bin := pol.Matrix.Bin(c.P)
		if c.Observed {
			bin = level.Observed
		}
		if bin > 0 {
			c.From = pol.Matrix.Edges[bin-1]
		}
		if bin < len(pol.Matrix.Edges) {
			c.To = pol.Matrix.Edges[bin]
		}
		if c.Level = pol.Matrix.Cell(k, c.P, c.Observed); w.Horizon == level.Outlook {
			c.Level = min(c.Level, level.Outlook.Cap())
		}
		if c.Level > level.Green && c.Level >= top {
			top, x.Class = c.Level, k
		}
		x.Cells = append(x.Cells, c)
	}
}

// A Change is one quantity whose move alone would move the level of the strongest row.
type Change struct {
	// Of is what would move: magnitude, distance (km), wind (kt), severity (Word of CAP),
	// certainty (that the event is real), sources (a report of grade A or B).
	Of    string      `json:"of"`
	Word  string      `json:"word,omitempty"`
	Unit  string      `json:"unit,omitempty"`
	Is    float64     `json:"is"`
	Level level.Level `json:"level"` // reached from At upwards (distance: downwards)
	At    float64     `json:"at"`
	// Falls: the level stands at Level now and would fall below it beyond At.
	Falls bool `json:"falls,omitempty"`
}

// A Trial is one row of a warning with what is needed to try it with other values: the event
// as it was, the place of the asset, and the real function from event to row.
type Trial struct {
	Row    exposure.Exposure
	Event  event.Event
	Delta  int // of the users' rules
	Now    time.Time
	Place  Spot
	Assess func(event.Event, time.Time) []exposure.Exposure
	Policy Policy
}
