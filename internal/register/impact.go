package register

import (
	"math"

	"watchfire.dev/internal/quantile"
)

// A Unit is what an impact is counted in.
type Unit string

// The units. People are persons killed, kidnapped or missing; five persons in hospital count
// as one of them, as they do in the table of impact classes.
const (
	People Unit = "people"
	Days   Unit = "days" // of standstill
	Money  Unit = "usd"
)

// Units lists them in their order.
func Units() []Unit { return []Unit{People, Days, Money} }

// An Impact is how bad one occurrence is, in each unit. The three rise together: an
// occurrence that is bad for people is as bad for days and money.
type Impact struct {
	People Size `json:"people,omitzero"`
	Days   Size `json:"days,omitzero"`
	Money  Size `json:"usd,omitzero"`
}

// Of returns the size in a unit.
func (i Impact) Of(u Unit) Size {
	switch u {
	case People:
		return i.People
	case Days:
		return i.Days
	default:
		return i.Money
	}
}

// A Size is a log-normal stated by its median and its 90th percentile, as people can judge
// them; Most bounds it from above (a camp of 80 loses at most 80), 0 = unbounded. All zero =
// nothing in that unit.
type Size struct {
	P50  float64 `json:"p50"`
	P90  float64 `json:"p90"`
	Most float64 `json:"most,omitempty"`
}

// z90 is the 90th percentile of the standard normal.
const z90 = 1.2815515655446004

// None tells whether there is nothing in this unit.
func (s Size) None() bool { return s.P50 <= 0 }

func (s Size) mu() float64    { return math.Log(s.P50) }
func (s Size) sigma() float64 { return math.Log(s.P90/s.P50) / z90 }

// At is the size of an occurrence whose severity is z standard deviations from the median,
// when controls let a share of it through.
func (s Size) At(z, share float64) float64 {
	if s.None() || share <= 0 {
		return 0
	}
	return s.bound(math.Exp(s.mu()+float64(s.sigma()*z)+math.Log(share)), share)
}

func (s Size) bound(x, share float64) float64 {
	if s.Most > 0 {
		return math.Min(x, float64(s.Most*share))
	}
	return x
}

// moment is the k-th moment of an occurrence, exactly: of the log-normal cut at Most.
func (s Size) moment(k, share float64) float64 {
	if s.None() || share <= 0 {
		return 0
	}
	mu, sg := s.mu()+math.Log(share), s.sigma()
	whole := math.Exp(float64(k*mu) + float64(k*k*sg*sg)/2)
	if s.Most <= 0 {
		return whole
	}
	most := s.Most * share
	if sg == 0 {
		return math.Pow(math.Min(math.Exp(mu), most), k)
	}
	d := (math.Log(most) - mu) / sg
	return float64(whole*quantile.Normal(d-float64(k*sg))) + float64(math.Pow(most, k)*quantile.Normal(-d))
}

// Mean is the expected size of one occurrence.
func (s Size) Mean(share float64) float64 { return s.moment(1, share) }

// reach is the severity z from which on a size is at least x; +Inf when it never is, -Inf
// when it always is.
func (s Size) reach(x, share float64) float64 {
	switch {
	case s.None() || share <= 0 || s.Most > 0 && s.Most*share < x:
		return math.Inf(1)
	case x <= 0:
		return math.Inf(-1)
	}
	d := math.Log(x) - s.mu() - math.Log(share)
	if sg := s.sigma(); sg > 0 {
		return d / sg
	}
	if d <= 0 {
		return math.Inf(-1)
	}
	return math.Inf(1)
}

// limits are the lower limits of the impact classes I1 to I4 in each unit: one person in
// hospital is a fifth, one day is one day, money is a share of the contract's value
// (METHOD 1.2).
var limits = map[Unit][4]float64{
	People: {.02, .2, 1, 5},
	Days:   {2. / 24, 1, 7, 60},
	Money:  {1e-4, 1e-3, 1e-2, 1e-1},
}

// reachClass is the severity from which on an occurrence is of a class, 1 to 4, in any unit.
// Money says nothing without a contract value.
func (i Impact) reachClass(class int, share, contract float64) float64 {
	z := math.Inf(1)
	for _, u := range Units() {
		limit := limits[u][class-1]
		if u == Money {
			if contract <= 0 {
				continue
			}
			limit *= contract
		}
		z = math.Min(z, i.Of(u).reach(limit, share))
	}
	return z
}

// Class is the impact class, 0 to 4, that one occurrence in ten reaches or passes.
func (i Impact) Class(share, contract float64) int {
	for class := 4; class >= 1; class-- {
		if i.reachClass(class, share, contract) <= z90+1e-12 {
			return class
		}
	}
	return 0
}
