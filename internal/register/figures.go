package register

import (
	"time"

	"watchfire.dev/internal/quantile"
)

// A Stage is a state of the same risk.
type Stage string

// The stages.
const (
	Inherent Stage = "inherent" // without any control
	Residual Stage = "residual" // with the controls as they are today
	Planned  Stage = "planned"  // when every open action is done
)

// Stages lists them in their order.
func Stages() []Stage { return []Stage{Inherent, Residual, Planned} }

// Shares are what controls let through: of the frequency and of the impact.
type Shares struct {
	Frequency float64 `json:"frequency"`
	Impact    float64 `json:"impact"`
}

// SharesAt returns the shares of an entry at a stage on a day.
func (e Entry) SharesAt(stage Stage, now time.Time) Shares {
	controls := e.Controls
	switch stage {
	case Inherent:
		return Shares{1, 1}
	case Planned:
		controls = planned(e, now)
	}
	return Shares{share(controls, Preventive, now), share(controls, Mitigating, now)}
}

// Figures are an entry at a stage, without any simulation: all of them have a closed form.
type Figures struct {
	Stage  Stage  `json:"stage"`
	Shares Shares `json:"shares"`
	// Chance is that of at least one occurrence in 12 months, Severe that of one of class I3
	// or above.
	Chance float64 `json:"chance"`
	Severe float64 `json:"severe"`
	// Likelihood and Impact are the classes 1 to 5 of the score.
	Likelihood int `json:"likelihood"`
	Impact     int `json:"impact"`
	Score      int `json:"score"`
	// Loss is the expected annual loss in each unit.
	People float64 `json:"people"`
	Days   float64 `json:"days"`
	Money  float64 `json:"usd"`
}

// Loss is the expected annual loss in a unit.
func (f Figures) Loss(u Unit) float64 {
	switch u {
	case People:
		return f.People
	case Days:
		return f.Days
	default:
		return f.Money
	}
}

// likelihoodClass is the class 1 to 5 of a chance within 12 months: below 1, 5, 20, 50 % and
// above (METHOD 2.4). A limit belongs to the class above it.
func likelihoodClass(p float64) int {
	class := 1
	for _, limit := range []float64{.01, .05, .2, .5} {
		if p >= limit {
			class++
		}
	}
	return class
}

// FiguresAt reckons an entry at a stage on a day; contract is the project's contract value in
// USD, 0 = not known.
func (e Entry) FiguresAt(stage Stage, contract float64, now time.Time) Figures {
	s := e.SharesAt(stage, now)
	out := Figures{Stage: stage, Shares: s, Chance: e.Frequency.Chance(s.Frequency)}
	severe := quantile.Normal(-e.Impact.reachClass(3, s.Impact, contract))
	out.Severe = e.Frequency.Chance(s.Frequency * severe)
	out.Likelihood = likelihoodClass(out.Chance)
	out.Impact = e.Impact.Class(s.Impact, contract) + 1
	out.Score = out.Likelihood * out.Impact
	often := s.Frequency * e.Frequency.Mean()
	out.People = often * e.Impact.People.Mean(s.Impact)
	out.Days = often * e.Impact.Days.Mean(s.Impact)
	out.Money = often * e.Impact.Money.Mean(s.Impact)
	return out
}

// A Line is how much an organisation is ready to bear: for a dimension, "" = all, and a
// project, "" = all. 0 = no limit of that kind. The most exact line counts: project before
// dimension before all.
type Line struct {
	Project   string  `json:"project,omitempty"`
	Dimension string  `json:"dimension,omitempty"`
	Score     int     `json:"score,omitempty"`    // 1 to 25
	Money     float64 `json:"usd,omitempty"`      // expected annual loss
	Severe    float64 `json:"severe,omitempty"`   // chance of I3 or above in 12 months
	Approver  string  `json:"approver,omitempty"` // who set the line
}

// Line returns the appetite line of an entry; ok is false when there is none.
func (c Context) Line(e Entry) (line Line, ok bool) {
	best := -1
	for _, l := range c.Appetite {
		if l.Project != "" && l.Project != e.Project || l.Dimension != "" && l.Dimension != e.Dimension {
			continue
		}
		rank := 0
		if l.Project != "" {
			rank += 2
		}
		if l.Dimension != "" {
			rank++
		}
		if rank > best {
			line, ok, best = l, true, rank
		}
	}
	return line, ok
}

// Passes tells whether figures lie above the line.
func (l Line) Passes(f Figures) bool {
	return l.Score > 0 && f.Score > l.Score || l.Money > 0 && f.Money > l.Money || l.Severe > 0 && f.Severe > l.Severe
}

// Excepted returns the exception that holds on a day, the one that holds longest.
func (e Entry) Excepted(now time.Time) (Exception, bool) {
	var out Exception
	found := false
	for _, x := range e.Exceptions {
		if x.Acceptor != "" && x.Expires != "" && !x.Expires.Over(now) && (!found || x.Expires > out.Expires) {
			out, found = x, true
		}
	}
	return out, found
}

// A Row is an entry with everything that follows from it on a day.
type Row struct {
	Entry    Entry        `json:"entry"`
	Version  int64        `json:"version"`
	Inherent Figures      `json:"inherent"`
	Residual Figures      `json:"residual"`
	Planned  Figures      `json:"planned"`
	Rate     [3]float64   `json:"rate"` // occurrences a year: P5, mean, P95
	Gaps     []ControlGap `json:"gaps"`
	Due      []Due        `json:"due"`
	Line     *Line        `json:"line,omitempty"`
	Breach   bool         `json:"breach"` // residual is above the appetite line
	Accepted *Exception   `json:"accepted,omitempty"`
}

// A ControlGap is what one control lacks.
type ControlGap struct {
	Control string `json:"control"` // code
	Title   string `json:"title"`
	Gap     Gap    `json:"gap"`
}

// RowOf reckons an entry on a day.
func RowOf(e Entry, version int64, c Context, now time.Time) Row {
	contract := c.Scope(e.Project).ContractValue
	out := Row{
		Entry: e, Version: version, Gaps: []ControlGap{}, Due: DueOf(e, now),
		Inherent: e.FiguresAt(Inherent, contract, now), Residual: e.FiguresAt(Residual, contract, now), Planned: e.FiguresAt(Planned, contract, now),
		Rate: [3]float64{e.Frequency.Quantile(.05), e.Frequency.Mean(), e.Frequency.Quantile(.95)},
	}
	for _, x := range e.Controls {
		for _, g := range x.Gaps(now) {
			out.Gaps = append(out.Gaps, ControlGap{x.Code, x.Title, g})
		}
	}
	if line, ok := c.Line(e); ok {
		out.Line, out.Breach = &line, !e.Closed && line.Passes(out.Residual)
	}
	if x, ok := e.Excepted(now); ok {
		out.Accepted = &x
	}
	if out.Breach && out.Accepted == nil {
		out.Due = append([]Due{{Kind: BreachOpen, Late: true, Entry: e.Code, Title: e.Title, Owner: e.Owner}}, out.Due...)
	}
	return out
}
