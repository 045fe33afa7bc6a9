package register

import (
	"math"
	"slices"
	"testing"
	"time"
)

func outlookEntries() []Entry {
	return []Entry{
		{Code: "A", Dimension: "security", Frequency: Frequency{PriorEvents: 2, PriorYears: 10, Events: 1, Years: 2}, Impact: Impact{People: Size{P50: 1, P90: 4}, Money: Size{P50: 1e6, P90: 4e6}}},
		{Code: "B", Dimension: "natural", Frequency: Frequency{PriorEvents: 1, PriorYears: 5}, Impact: Impact{Days: Size{P50: 3, P90: 12}}},
		{Code: "C", Dimension: "natural", Closed: true, Frequency: Frequency{PriorEvents: 9, PriorYears: 1}, Impact: Impact{Days: Size{P50: 30, P90: 120}}},
	}
}

// The means are the closed form of the entries, the interval is that of the rates, and neither
// order nor what is closed changes anything.
func TestOutlook(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	list := outlookEntries()
	got := OutlookOf(list, Context{}, Residual, now, 7)
	money, quiet := 0.0, 1.0
	for _, e := range list[:2] {
		f := e.FiguresAt(Residual, 0, now)
		money += f.Money
		quiet *= 1 - f.Severe
	}
	if math.Abs(got.Money.Mean-money) > 1e-6 || math.Abs(got.Severe.Mean-(1-quiet)) > 1e-12 {
		t.Errorf("%+v, want %v and %v", got, money, 1-quiet)
	}
	a := list[0]
	each := a.Impact.Money.Mean(1)
	for p, x := range map[float64]float64{.05: got.Money.Low, .95: got.Money.High} {
		if want := a.Frequency.Quantile(p) * each; math.Abs(x-want) > .12*want {
			t.Errorf("quantile %v: %v, want about %v", p, x, want)
		}
	}
	slices.Reverse(list)
	if again := OutlookOf(list, Context{}, Residual, now, 7); again != got {
		t.Errorf("in another order: %+v, %+v", again, got)
	}
	if err := got.P.Valid(); err != nil || got.P[1] <= 0 {
		t.Errorf("%v: %v", got.P, err)
	}
}

// Twice as often is twice the loss, and as well known; twice the people are twice the harm to
// people and no more days.
func TestOftenerAndCrowded(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	was := OutlookOf(outlookEntries(), Context{}, Inherent, now, 7)
	var often, crowd []Entry
	for _, e := range outlookEntries() {
		often, crowd = append(often, e.Oftener(2)), append(crowd, e.Crowded(2))
	}
	twice, more := OutlookOf(often, Context{}, Inherent, now, 7), OutlookOf(crowd, Context{}, Inherent, now, 7)
	for name, pair := range map[string][2]float64{
		"mean": {twice.Money.Mean, 2 * was.Money.Mean}, "low": {twice.Days.Low, 2 * was.Days.Low}, "people": {more.People.Mean, 2 * was.People.Mean}, "days": {more.Days.Mean, was.Days.Mean},
	} {
		if math.Abs(pair[0]-pair[1]) > 1e-6*pair[1] {
			t.Errorf("%s: %v, want %v", name, pair[0], pair[1])
		}
	}
	if twice.Severe.Mean <= was.Severe.Mean || twice.P[3] <= was.P[3] {
		t.Errorf("more often is not more likely: %+v, %+v", twice, was)
	}
}
