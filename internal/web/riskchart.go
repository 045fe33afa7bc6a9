package web

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"watchfire.dev/internal/chart"
	"watchfire.dev/internal/register"
)

// scoreBand is the band of a score of 1 to 25: 0 below 5, then 5, 10 and 15.
func scoreBand(score int) int {
	switch {
	case score >= 15:
		return 3
	case score >= 10:
		return 2
	case score >= 5:
		return 1
	}
	return 0
}

// ScoreKey is the sign of a score: none, yellow, orange, red.
func (v *View) ScoreKey(score int) string {
	return []string{"none", "yellow", "orange", "red"}[scoreBand(score)]
}

// Amount writes a size for people: three digits, thousands grouped.
func (v *View) Amount(x float64) string {
	switch {
	case x == 0:
		return "0"
	case math.Abs(x) >= 1000:
		step := math.Pow(10, math.Floor(math.Log10(math.Abs(x)))-2)
		return v.Count(int(math.Round(x/step) * step))
	}
	s := strconv.FormatFloat(x, 'g', 2, 64)
	switch {
	case math.Abs(x) >= 10: // two digits would be written with a power of ten from 100 on
		s = strconv.FormatFloat(x, 'f', 0, 64)
	case strings.Contains(s, "e"):
		s = strconv.FormatFloat(x, 'f', 4, 64)
	}
	return s
}

// LossIn writes a loss with its unit.
func (v *View) LossIn(u register.Unit, x float64) string {
	return v.T("register.amount."+string(u), "X", v.Amount(x))
}

// DayOf writes a day of the register.
func (v *View) DayOf(d register.Day) string {
	if d == "" {
		return "–"
	}
	return v.Date(d.Time(), "UTC")
}

// heatOf is the matrix of residual risks: likelihood upwards, impact to the right.
func heatOf(v *View, rows []register.Row) chart.Drawing {
	h := chart.Heat{Title: v.T("register.heat"), RowsTitle: v.T("register.likelihood"), ColsTitle: v.T("register.impact"), More: v.T("register.more")}
	byCell := map[[2]int][]chart.HeatItem{}
	red, open := 0, 0
	for _, r := range rows {
		if r.Entry.Closed {
			continue
		}
		open++
		if scoreBand(r.Residual.Score) == 3 {
			red++
		}
		at := [2]int{r.Residual.Likelihood, r.Residual.Impact}
		byCell[at] = append(byCell[at], chart.HeatItem{Text: r.Entry.Code, Href: "/register/risks/" + r.Entry.Code})
	}
	h.Desc = v.T("register.heat_desc", "N", open, "Red", red)
	for l := 5; l >= 1; l-- {
		h.Rows = append(h.Rows, v.T("register.likelihood."+strconv.Itoa(l)))
		var cells []chart.HeatCell
		for i := 1; i <= 5; i++ {
			cells = append(cells, chart.HeatCell{Band: scoreBand(l * i), Number: strconv.Itoa(l * i), Items: byCell[[2]int{l, i}]})
		}
		h.Cells = append(h.Cells, cells)
	}
	for i := 1; i <= 5; i++ {
		h.Cols = append(h.Cols, v.T("register.impact."+strconv.Itoa(i)))
	}
	return h.Draw()
}

// curveOf is the exceedance curve of a run in a unit.
func curveOf(v *View, run register.Run, u register.Unit, limit float64) chart.Drawing {
	residual, inherent := run.Total(register.Residual).Of(u), run.Total(register.Inherent).Of(u)
	e := chart.Exceedance{
		Title: v.T("register.curve", "Unit", v.T("register.unit."+string(u))), Axis: v.T("register.curve_axis"), Unit: v.T("register.curve_unit", "Unit", v.T("register.unit."+string(u))),
		Desc:  v.T("register.curve_desc", "Residual", v.LossIn(u, residual.P90), "Inherent", v.LossIn(u, inherent.P90)),
		Limit: limit, LimitName: v.T("register.appetite"),
	}
	looks := map[register.Stage]chart.Look{register.Inherent: chart.Dashed, register.Residual: chart.Solid, register.Planned: chart.Dotted}
	for _, t := range run.Totals {
		c := chart.Curve{Name: v.T("register.stage." + string(t.Stage)), Look: looks[t.Stage]}
		if t.Stage == register.Planned && t.Of(u).P99 == residual.P99 {
			continue // no action changes anything: the two lines are one
		}
		for _, x := range t.Of(u).Curve {
			c.Points = append(c.Points, chart.CurvePoint{Loss: x.Loss, Chance: x.Chance})
		}
		e.Curves = append(e.Curves, c)
	}
	return e.Draw()
}

// bowTieOf draws one risk.
func bowTieOf(v *View, row register.Row) chart.Drawing {
	e := row.Entry
	b := chart.BowTie{
		Title: v.T("register.bowtie", "Title", e.Title), Event: e.Title, EventNote: v.T("register.per_year", "N", v.Amount(row.Rate[1])),
		CausesHead: v.T("register.causes"), AfterHead: v.T("register.consequences"),
	}
	for _, p := range e.Causes {
		b.Causes = append(b.Causes, chart.BowPart{Code: p.Code, Text: p.Text})
	}
	for _, p := range e.Consequences {
		b.Consequences = append(b.Consequences, chart.BowPart{Code: p.Code, Text: p.Text})
	}
	gaps := 0
	for _, c := range e.Controls {
		bar := chart.Barrier{Code: c.Code, Text: c.Title, After: c.Effect == register.Mitigating, On: c.On}
		bar.Note = v.T("register.takes", "P", v.Percent(c.Effectiveness(v.Now)))
		if i := slices.IndexFunc(row.Gaps, func(g register.ControlGap) bool { return g.Control == c.Code }); i >= 0 {
			bar.Gap, bar.Note = true, v.T("register.gap."+string(row.Gaps[i].Gap))
			gaps++
		}
		b.Barriers = append(b.Barriers, bar)
	}
	b.Desc = v.T("register.bowtie_desc", "Causes", len(e.Causes), "Consequences", len(e.Consequences), "Controls", len(e.Controls), "Gaps", gaps)
	return b.Draw()
}

// Holds tells how much of the risk a control takes now.
func (v *View) Holds(c register.Control) string { return v.Percent(c.Effectiveness(v.Now)) }

// maxTasks bounds the rows of a plan: those due first.
const maxTasks = 20

// tasksOf are the actions of risks: late ones first, then by their day.
func tasksOf(v *View, rows []register.Row) []chart.Task {
	var out []chart.Task
	for _, r := range rows {
		if r.Entry.Closed {
			continue
		}
		for _, a := range r.Entry.Actions {
			t := chart.Task{Text: a.Title, Who: r.Entry.Code + " " + a.Code + " · " + a.Owner, From: a.Started.Time(), Due: a.Due.Time(), Done: a.Done.Time(), Href: "/register/risks/" + r.Entry.Code}
			t.Late = a.Done == "" && a.Due.Over(v.Now)
			switch {
			case a.Done != "":
				t.Word = v.T("register.done_on", "Day", v.short(a.Done))
			case t.Late:
				t.Word = v.T("register.late_by", "N", int(v.Now.Sub(t.Due).Hours()/24))
			default:
				t.Word = v.T("register.due_on", "Day", v.short(a.Due))
			}
			out = append(out, t)
		}
	}
	slices.SortStableFunc(out, func(a, b chart.Task) int {
		if open := boolOf(a.Done.IsZero()) - boolOf(b.Done.IsZero()); open != 0 {
			return -open
		}
		return a.Due.Compare(b.Due)
	})
	return out[:min(len(out), maxTasks)]
}

func boolOf(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (v *View) short(d register.Day) string { return v.Day(d.Time(), "UTC") }

func planOf(v *View, tasks []chart.Task) chart.Drawing {
	late := 0
	for _, t := range tasks {
		late += boolOf(t.Late)
	}
	return chart.Plan{
		Title: v.T("register.plan"), Desc: v.T("register.plan_desc", "N", len(tasks), "Late", late), Now: v.Now, Today: v.T("register.today", "Day", v.Day(v.Now, "UTC")), Tasks: tasks,
		Months: func(t time.Time) string {
			return v.T("register.month", "Month", v.T("month."+strconv.Itoa(int(t.Month()))), "Year", t.Year())
		},
	}.Draw()
}
