package register

import (
	"math"
	"slices"
	"time"

	"watchfire.dev/internal/level"
	"watchfire.dev/internal/quantile"
)

// A Range is a figure with the 90 % interval that our ignorance of the rates gives it.
type Range struct {
	Mean float64 `json:"mean"`
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// An Outlook is what risks together lose in a year at one stage, with how well that is known.
type Outlook struct {
	People Range `json:"people"` // expected annual loss
	Days   Range `json:"days"`
	Money  Range `json:"usd"`
	Severe Range `json:"severe"` // chance of class I3 or more within 12 months
	// P is the chance of class I1 to I4 or more within 90 days: what the level matrix is asked.
	P level.P `json:"p"`
}

const (
	outlookDraws = 1000
	ratePoints   = 128 // of the table of each rate's quantiles
	quarter      = 90. / 365
)

// OutlookOf reckons open entries at a stage on a day. The interval is over a thousand seeded
// draws of every rate from its posterior; the luck of an entry depends on seed and code alone,
// so that two outlooks of one seed differ by what differs between their entries. Entries are
// taken as independent, in the order of their codes.
func OutlookOf(entries []Entry, c Context, stage Stage, now time.Time, seed uint64) Outlook {
	var out Outlook
	none := level.P{}
	for k := range none {
		none[k] = 1
	}
	draws := [4][]float64{}
	for k := range draws {
		draws[k] = make([]float64, outlookDraws)
	}
	quiet := 1.0
	for _, e := range canonical(entries) {
		if e.Closed {
			continue
		}
		contract := c.Scope(e.Project).ContractValue
		f := e.FiguresAt(stage, contract, now)
		out.People.Mean, out.Days.Mean, out.Money.Mean = out.People.Mean+f.People, out.Days.Mean+f.Days, out.Money.Mean+f.Money
		quiet *= 1 - f.Severe
		for k := 1; k < len(none); k++ {
			reach := quantile.Normal(-e.Impact.reachClass(k, f.Shares.Impact, contract))
			none[k] *= 1 - e.Frequency.Chance(float64(f.Shares.Frequency*reach)*quarter)
		}
		severe := f.Shares.Frequency * quantile.Normal(-e.Impact.reachClass(3, f.Shares.Impact, contract))
		rate, luck := e.Frequency.table(), streamOf(seed, "rate", e.Code)
		for i := range outlookDraws {
			x := interpolated(rate, luck.uniform(i, 0))
			often := float64(x * f.Shares.Frequency)
			draws[0][i] += float64(often * e.Impact.People.Mean(f.Shares.Impact))
			draws[1][i] += float64(often * e.Impact.Days.Mean(f.Shares.Impact))
			draws[2][i] += float64(often * e.Impact.Money.Mean(f.Shares.Impact))
			draws[3][i] += float64(x * severe)
		}
	}
	out.Severe.Mean = 1 - quiet
	for k, r := range []*Range{&out.People, &out.Days, &out.Money, &out.Severe} {
		slices.Sort(draws[k])
		r.Low, r.High = draws[k][outlookDraws/20], draws[k][outlookDraws-1-outlookDraws/20]
	}
	out.Severe.Low, out.Severe.High = -math.Expm1(-out.Severe.Low), -math.Expm1(-out.Severe.High)
	for k := 1; k < len(none); k++ {
		out.P[k] = 1 - none[k]
	}
	out.P = out.P.Monotone()
	return out
}

// table are quantiles of the rate, at the middles of so many equal parts.
func (f Frequency) table() []float64 {
	out := make([]float64, ratePoints)
	if f.shape() <= 0 || f.rate() <= 0 {
		return out
	}
	for i := range out {
		out[i] = f.Quantile((float64(i) + .5) / ratePoints)
	}
	return out
}

func interpolated(table []float64, u float64) float64 {
	x := float64(u*float64(len(table))) - .5
	i := int(math.Floor(x))
	switch {
	case i < 0:
		return table[0]
	case i >= len(table)-1:
		return table[len(table)-1]
	}
	return table[i] + float64((table[i+1]-table[i])*(x-float64(i)))
}

// Oftener is the entry with its rate multiplied; how well the rate is known stays as it is.
func (e Entry) Oftener(times float64) Entry {
	if times > 0 {
		e.Frequency.PriorYears /= times
		e.Frequency.Years /= times
	}
	return e
}

// Crowded is the entry when so many times as many people are there.
func (e Entry) Crowded(times float64) Entry {
	p := &e.Impact.People
	p.P50, p.P90, p.Most = p.P50*times, p.P90*times, p.Most*times
	return e
}
