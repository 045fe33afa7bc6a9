package report

import (
	"fmt"
	"math"
	"strings"
	"time"

	"watchfire.dev/internal/chart"
	"watchfire.dev/internal/register"
	"watchfire.dev/internal/report/document"
)

// topRisks is how many entries of the register stand in a report.
const topRisks = 10

func (m *maker) register() ([]document.Block, string, error) {
	if len(m.rows) == 0 {
		return nil, "", nil
	}
	count := func(n int) document.Cell {
		if n == 0 {
			return document.Cell{Text: "–", Dim: true}
		}
		return num(fmt.Sprint(n), float64(n), "")
	}
	var rows [][]document.Cell
	for _, r := range m.rows[:min(topRisks, len(m.rows))] {
		owner := document.Cell{Text: r.Entry.Owner}
		if owner.Text == "" {
			owner = document.Cell{Text: m.t("no_owner"), Dim: true}
		}
		rows = append(rows, []document.Cell{
			cell(r.Entry.Code + " " + r.Entry.Title), owner, count(r.Inherent.Score), count(r.Residual.Score), count(r.Entry.Target.Score()),
			m.chance(r.Residual.Chance), m.chance(r.Residual.Severe), num(m.say.Number(r.Residual.Money, ""), math.Round(r.Residual.Money), "USD"),
		})
	}
	return []document.Block{m.table("register", m.cols("risk", "owner", "#inherent25", "#residual", "#target", "#chance12", "#severe", "#loss"), rows)},
		m.t("register.key", "Shown", len(rows), "All", len(m.rows)), nil
}

// loss is what a year may cost: the simulation of the register.
func (m *maker) loss() ([]document.Block, string, error) {
	if len(m.rows) == 0 {
		return nil, "", nil
	}
	run, err := register.Simulate(m.s.Register, m.s.Context, m.s.AsOf, register.Options{Seed: m.s.Seed, Draws: m.s.Draws})
	if err != nil {
		return nil, "", err
	}
	g := chart.Exceedance{Title: m.t("section.loss"), Axis: m.t("axis.chance"), Unit: m.t("axis.loss")}
	var rows [][]document.Cell
	for _, t := range run.Totals {
		name := m.t("stage." + string(t.Stage))
		c := chart.Curve{Name: name, Look: map[register.Stage]chart.Look{register.Inherent: chart.Dashed, register.Residual: chart.Solid, register.Planned: chart.Dotted}[t.Stage]}
		for _, x := range t.Money.Curve {
			c.Points = append(c.Points, chart.CurvePoint{Loss: x.Loss, Chance: x.Chance})
		}
		g.Curves = append(g.Curves, c)
		money := func(x float64) document.Cell { return num(m.say.Number(x, ""), math.Round(x), "USD") }
		rows = append(rows, []document.Cell{cell(name), m.chance(t.Severe), money(t.Money.Mean), money(t.Money.P90), num(m.say.Number(t.Days.P90, ""), round3(t.Days.P90), "days"), num(m.say.Number(t.People.P90, ""), round3(t.People.P90), "people")})
	}
	g.Desc = m.t("loss.desc", "Residual", m.say.Number(run.Total(register.Residual).Money.P90, ""), "Inherent", m.say.Number(run.Total(register.Inherent).Money.P90, ""))
	return []document.Block{m.figure("loss", g.Draw()), m.table("loss", m.cols("stage", "#severe", "#loss", "#p90usd", "#p90days", "#p90people"), rows)},
		m.t("loss.key", "Draws", m.say.Count(run.Draws)), nil
}

// round3 keeps three decimals: what a simulation gives is no more exact.
func round3(x float64) float64 { return math.Round(x*1000) / 1000 }

// controls that are weak: without owner, evidence, test, or tested too long ago.
func (m *maker) controls() ([]document.Block, string, error) {
	if len(m.rows) == 0 {
		return nil, "", nil
	}
	var rows [][]document.Cell
	more := 0
	for _, r := range m.rows {
		for _, c := range r.Entry.Controls {
			gaps := c.Gaps(m.s.AsOf)
			if len(gaps) == 0 {
				continue
			}
			if len(rows) == 5 {
				more++
				continue
			}
			owner := document.Cell{Text: c.Owner}
			if c.Owner == "" {
				owner = document.Cell{Text: m.t("no_owner"), Dim: true}
			}
			rows = append(rows, []document.Cell{cell(c.Title), owner, cell(m.t("gap." + string(gaps[0])))})
			if gaps[0] == register.TestExpired || gaps[0] == register.NoTestDue {
				rows[len(rows)-1][2] = cell(m.t("tested", "Days", int(m.s.AsOf.Sub(c.Tested.Time()).Hours()/24)))
			}
		}
	}
	if len(rows) == 0 {
		return []document.Block{{Text: m.t("controls.none")}}, "", nil
	}
	blocks := []document.Block{m.table("controls", m.cols("control", "owner", "lacks"), rows)}
	if more > 0 {
		blocks = append(blocks, document.Block{Text: m.t("controls.more", "N", more)})
	}
	return blocks, "", nil
}

// actions are drawn as a plan, and those that are late listed.
func (m *maker) actions() ([]document.Block, string, error) {
	g := chart.Plan{Title: m.t("section.actions"), Now: m.s.AsOf, Today: m.t("today", "Date", m.date(m.s.AsOf)), Months: func(t time.Time) string { return t.Format("2006-01") }}
	var rows [][]document.Cell
	late := 0
	for _, r := range m.rows {
		for _, a := range r.Entry.Actions {
			if a.Due == "" || len(g.Tasks) == 14 {
				continue
			}
			word, isLate := m.t("due_on", "Date", m.day(a.Due)), a.Done == "" && a.Due.Over(m.s.AsOf)
			switch {
			case a.Done != "":
				word = m.t("done_on", "Date", m.day(a.Done))
			case isLate:
				late++
				word = m.t("late_by", "N", int(m.s.AsOf.Sub(a.Due.Time()).Hours()/24))
			}
			g.Tasks = append(g.Tasks, chart.Task{Text: a.Title, Who: a.Owner, From: a.Started.Time(), Due: a.Due.Time(), Done: a.Done.Time(), Word: word, Late: isLate})
			rows = append(rows, []document.Cell{cell(a.Title), cell(a.Owner), cell(m.day(a.Due)), cell(word)})
		}
	}
	if len(rows) == 0 {
		return nil, "", nil
	}
	g.Desc = m.t("actions.desc", "N", len(rows), "Late", late)
	return []document.Block{m.figure("actions", g.Draw()), m.table("actions", m.cols("action", "owner", "due", "state"), rows)}, "", nil
}

// due is what has to be done soon or should have been done.
func (m *maker) due() ([]document.Block, string, error) {
	within := 72 * time.Hour
	switch m.p.ID {
	case Shift:
		within = 12 * time.Hour
	case Weekly:
		within = 7 * 24 * time.Hour
	}
	var list []register.Due
	for _, r := range m.rows {
		for _, d := range r.Due {
			if d.Late || d.Day != "" && d.Day.Time().Before(m.s.AsOf.Add(within)) {
				list = append(list, d)
			}
		}
	}
	register.SortDue(list)
	if len(list) == 0 {
		return []document.Block{{Text: m.t("due.none")}}, "", nil
	}
	var rows [][]document.Cell
	for _, d := range list[:min(8, len(list))] {
		word := m.day(d.Day)
		if d.Late && d.Day != "" {
			word = m.t("late_by", "N", int(m.s.AsOf.Sub(d.Day.Time()).Hours()/24))
		}
		rows = append(rows, []document.Cell{cell(d.Title), cell(m.t("duekind." + string(d.Kind))), cell(firstOf(d.Owner, m.t("no_owner"))), cell(word)})
	}
	blocks := []document.Block{m.table("due", m.cols("what", "kind", "owner", "due"), rows)}
	if len(list) > 8 {
		blocks = append(blocks, document.Block{Text: m.t("due.more", "N", len(list)-8)})
	}
	return blocks, "", nil
}

// breaches are entries above their appetite line, with who accepted it and until when.
func (m *maker) breaches() ([]document.Block, string, error) {
	if len(m.rows) == 0 {
		return nil, "", nil
	}
	var rows [][]document.Cell
	lines := 0
	for _, r := range m.rows {
		if r.Line != nil {
			lines++
		}
		if !r.Breach {
			continue
		}
		by, until := document.Cell{Text: m.t("nobody"), Band: 3}, document.Cell{Text: "–", Dim: true}
		if r.Accepted != nil {
			by, until = cell(r.Accepted.Acceptor), cell(m.day(r.Accepted.Expires))
		}
		rows = append(rows, []document.Cell{cell(r.Entry.Code + " " + r.Entry.Title), num(fmt.Sprint(r.Residual.Score), float64(r.Residual.Score), ""), cell(m.limit(*r.Line)), by, until})
	}
	if len(rows) == 0 {
		return []document.Block{{Text: m.t("breaches.none", "N", lines)}}, "", nil
	}
	return []document.Block{m.table("breaches", m.cols("risk", "#residual", "line", "acceptor", "until"), rows)}, "", nil
}

// limit writes an appetite line.
func (m *maker) limit(l register.Line) string {
	var parts []string
	if l.Score > 0 {
		parts = append(parts, m.t("line.score", "N", l.Score))
	}
	if l.Money > 0 {
		parts = append(parts, m.t("line.money", "Money", m.say.Number(l.Money, "")))
	}
	if l.Severe > 0 {
		parts = append(parts, m.t("line.severe", "Percent", m.say.Percent(l.Severe)))
	}
	return strings.Join(parts, "; ")
}
