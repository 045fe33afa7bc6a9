package web

import (
	"watchfire.dev/internal/chart"
	"watchfire.dev/internal/forecast/ledger"
	"watchfire.dev/internal/forecast/panel"
	"watchfire.dev/internal/forecast/score"
	"watchfire.dev/internal/quantile"
)

// drawn is a drawing that a template may leave out.
type drawn = chart.Drawing

// A curveOfModel is a reliability diagram and the numbers in it.
type curveOfModel struct {
	Picture chart.Drawing
	Bins    []score.Bin
	Model   string
	Scale   string
}

// curvesOf draws the reliability of whoever has something resolved.
func curvesOf(v *View, list []ledger.Standing, scale string) []curveOfModel {
	var out []curveOfModel
	for _, s := range list {
		if s.N == 0 || s.Kind != ledger.Model {
			continue
		}
		c := curveOfModel{Model: s.Maker, Scale: scale}
		r := chart.Reliability{
			Title: v.T("forecast.curve_title", "Model", s.Maker), Desc: v.T("forecast.curve_desc", "N", v.Count(s.N), "ECE", v.Decimals(s.ECE, 4)),
			ForecastAxis: v.T("forecast.curve_forecast"), ObservedAxis: v.T("forecast.curve_observed"), Perfect: v.T("forecast.curve_perfect"), CasesOf: v.T("forecast.curve_cases"),
		}
		for _, b := range s.Reliability {
			if b.N == 0 {
				continue
			}
			low, high := quantile.Wilson(b.Observed, b.N)
			r.Bins = append(r.Bins, chart.ReliabilityBin{Forecast: b.Mean, Observed: b.Observed, Low: low, High: high, N: b.N})
			c.Bins = append(c.Bins, b)
		}
		c.Picture = r.Draw()
		out = append(out, c)
	}
	return out
}

// trendOf draws a country's past and the months ahead; nil = there is neither.
func trendOf(v *View, p countryPage) *chart.Drawing {
	origin, err := panel.ParseMonth(p.State.Origin)
	if err != nil || len(p.History) == 0 {
		return nil
	}
	t := chart.Trend{
		Title: v.T("forecast.history"), Unit: v.T("forecast.unit"),
		Desc:   v.T("forecast.history_desc", "N", len(p.History), "Ahead", len(p.Country.Months)),
		Limits: []chart.TrendLimit{{At: float64(p.Threshold), Name: v.Count(p.Threshold)}},
	}
	for i, y := range p.History {
		t.Points = append(t.Points, chart.TrendPoint{Label: (origin - panel.Month(len(p.History)-1-i)).String(), Value: y, Low: y, High: y})
	}
	if len(p.Country.Months) > 0 { // months between the last known and the running one
		first, err := panel.ParseMonth(p.Country.Months[0].Month)
		for m := origin + 1; err == nil && m < first; m++ {
			t.Points = append(t.Points, chart.TrendPoint{Label: m.String(), Unknown: true})
		}
	}
	for _, m := range p.Country.Months {
		t.Points = append(t.Points, chart.TrendPoint{Label: m.Month, Value: m.Median, Low: m.Low, High: m.High})
	}
	d := t.Draw()
	return &d
}
