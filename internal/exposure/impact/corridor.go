package impact

import (
	"fmt"
	"math"

	"watchfire.dev/internal/level"
)

// corridorMethod holds the coefficients of the section "corridor".
type corridorMethod struct {
	Provenance string  `json:"provenance"`
	Causes     words   `json:"causes"`
	GSD        float64 `json:"gsd"`
	ClassDays  classes `json:"class_days"`
}

// CorridorInput describes a closed (or threatened) supply route.
type CorridorInput struct {
	Cause      string   // flood, landslide, protest, strike, conflict
	MedianDays float64  // of the closure; 0 = that of the cause
	ClosedDays float64  // for which it has been closed already
	StockDays  float64  // of cover that is left
	Prior      *float64 // probability that the route is or gets closed; nil = 1
}

// Corridor gives the probability of each impact class from a closed route. The time to
// reopen T is log-normal (median by cause, factor 2.2), given that it exceeds the days
// closed so far; the stock runs out with P(T − closed > stock), and days uncovered beyond
// that count as in the table of classes: 2 hours I1, a day I2, 7 days I3, 60 days I4. Medians
// and factor are own design, to be fitted by replay. A route closed for so long that the
// distribution has nothing left is taken to stay closed.
func (m *Method) Corridor(in CorridorInput) (Result, error) {
	q := m.corridor
	c := &checker{}
	median, ok := q.Causes.get(in.Cause)
	if in.MedianDays > 0 {
		median, ok = in.MedianDays, true
	}
	if !ok {
		c.add(fmt.Sprintf("cause is %.40q, want %s", in.Cause, q.Causes.list()))
	}
	prior := 1.0
	if in.Prior != nil {
		prior = *in.Prior
	}
	c.within("prior", prior, 0, 1)
	c.within("median_days", in.MedianDays, 0, 3650)
	c.within("closed_days", in.ClosedDays, 0, 3650)
	c.within("stock_days", in.StockDays, 0, 3650)
	if err := c.err(); err != nil {
		return Result{}, err
	}
	still := logAbove(median, q.GSD, in.ClosedDays)
	lasts := func(days float64) float64 {
		if still <= 0 {
			return 1 // closed for longer than the model can imagine: it stays closed
		}
		return math.Min(1, logAbove(median, q.GSD, in.ClosedDays+days)/still)
	}
	var p level.P
	for k, days := range q.ClassDays {
		p[k+1] = lasts(in.StockDays + days)
	}
	out := lasts(in.StockDays)
	return Result{
		Hazard: "corridor", Method: m.Version, P: p.Monotone().Scale(prior),
		Intensity: Measure{median, "days to reopen (median)", median * math.Log(q.GSD)},
		Steps:     []Step{{"p of the closure", prior, ""}, {"p of running out of stock", prior * out, ""}},
		Formula:   "P(T > closed + stock + 2 h, 1, 7, 60 d | T > closed), T log-normal",
		Source:    "design of Watchfire, method " + m.Version,
	}, nil
}
