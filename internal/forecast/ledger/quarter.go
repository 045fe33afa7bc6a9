package ledger

import (
	"math"
	"time"

	"watchfire.dev/internal/forecast/panel"
)

// Months is over how many months Quarter looks.
const Months = 3

// MonthAt is the month of an instant, in UTC.
func MonthAt(t time.Time) panel.Month { return panel.MonthOf(t.UTC().Year(), int(t.UTC().Month())) }

// Quarter gives the chance of Threshold deaths or more in one country in the three months
// that begin with from, by a model's entries. The months are taken to go together: the sum's
// quantile is the sum of the months' quantiles, since what makes one month of a war bad makes
// the next one bad. (Design: with months that know nothing of one another the chance would be
// too small for wars that smoulder.) Without an entry of the first month it is not known; of
// a later month that is missing nothing is assumed.
func Quarter(entries []Entry, from panel.Month) (chance float64, known bool) {
	var sum [Levels]float64
	for _, e := range entries {
		if e.Kind != Model || e.Threshold != Threshold || e.Month < from || e.Month >= from+Months {
			continue
		}
		known = known || e.Month == from
		for i, q := range e.Quantiles {
			sum[i] += q
		}
	}
	n := 0
	for _, s := range sum {
		if s >= Threshold {
			n++
		}
	}
	return float64(n) / Levels, known
}

// Official is what counts of one country and month: the newest override that has not ended,
// or else the model's newest forecast. Entries about other months or thresholds are passed over.
func Official(entries []Entry, m panel.Month, now time.Time) (e Entry, found bool) {
	for _, x := range entries {
		if x.Month != m || x.Threshold != Threshold || x.Issued.After(now) || x.Kind == Analyst || x.Kind == Override && !x.Until.After(now) {
			continue
		}
		if !found || x.Kind == Override && e.Kind == Model || x.Kind == e.Kind && x.Issued.After(e.Issued) {
			e, found = x, true
		}
	}
	return e, found
}

// Shifted is Quarter moved by the overrides that stand: of the three months, the override
// furthest from its model moves the log odds of the quarter by as much as it moved those of
// its month. (Design; chances are held between 0.001 and 0.999.)
func Shifted(entries []Entry, from panel.Month, now time.Time) (chance float64, known bool) {
	chance, known = Quarter(entries, from)
	if !known {
		return 0, false
	}
	shift := 0.0
	for m := from; m < from+Months; m++ {
		o, ok := Official(entries, m, now)
		if !ok || o.Kind != Override {
			continue
		}
		model, ok := Official(modelsOnly(entries), m, now)
		if !ok {
			continue
		}
		if d := logit(o.Chance) - logit(model.Chance); math.Abs(d) > math.Abs(shift) {
			shift = d
		}
	}
	if shift == 0 {
		return chance, true
	}
	return 1 / (1 + math.Exp(-logit(chance)-shift)), true
}

func modelsOnly(entries []Entry) []Entry {
	var out []Entry
	for _, e := range entries {
		if e.Kind == Model {
			out = append(out, e)
		}
	}
	return out
}

func logit(p float64) float64 {
	p = max(least, min(1-least, p))
	return math.Log(p / (1 - p))
}
