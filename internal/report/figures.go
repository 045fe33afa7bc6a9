package report

import (
	"fmt"
	"math"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/register"
	"watchfire.dev/internal/report/document"
)

// answers is how fast warnings were acknowledged, and what arrived.
func (m *maker) answers() ([]document.Block, string, error) {
	a := m.s.Answers
	if a == nil {
		return nil, "", nil
	}
	if a.Told == 0 {
		return []document.Block{{Text: m.t("answers.none")}}, "", nil
	}
	var rows [][]document.Cell
	for _, p := range []struct {
		level int
		Pace
	}{{3, a.Red}, {2, a.Orange}} {
		inTime := document.Cell{Text: "–", Dim: true}
		if p.N > 0 {
			inTime = num(m.t("of", "N", p.InTime, "All", p.N), float64(p.InTime), "")
		}
		if p.N >= fewCases {
			share := float64(p.InTime) / float64(p.N)
			inTime = num(m.part(share)+" ("+m.t("of", "N", p.InTime, "All", p.N)+")", share, "share")
		}
		took := document.Cell{Text: "–", Dim: true}
		if p.Minutes != nil {
			took = num(m.apart(m.say.Number(math.Round(10**p.Minutes)/10, "min")), math.Round(10**p.Minutes)/10, "min")
		}
		rows = append(rows, []document.Cell{
			{Text: m.level(p.level), Band: p.level}, num(fmt.Sprint(p.N), float64(p.N), ""), inTime, cell(m.apart(m.say.Number(float64(p.Limit), "min"))), took, num(fmt.Sprint(p.Never), float64(p.Never), ""),
		})
	}
	text := m.t("answers.sent", "Sent", a.Sent, "Failed", a.Failed, "Told", a.Told, "Reached", a.Reached)
	return []document.Block{m.table("answers", m.cols("level", "#warnings", "#in_time", "#limit", "#median", "#never"), rows), {Text: text}}, "", nil
}

// shownNear is how many near misses the table names.
const shownNear = 6

// near are events that came close and were no warning.
func (m *maker) near() ([]document.Block, string, error) {
	if m.s.Form < 1 {
		return nil, "", nil
	}
	if len(m.s.Near) == 0 {
		return []document.Block{{Text: m.t("near.none")}}, "", nil
	}
	var rows [][]document.Cell
	for _, x := range m.s.Near[:min(shownNear, len(m.s.Near))] {
		class := document.Cell{Text: "–", Dim: true}
		if x.Class > 0 {
			class = cell("I" + fmt.Sprint(x.Class))
		}
		rows = append(rows, []document.Cell{
			cell(m.say.Time(x.At, m.s.Zone)), cell(m.say.Hazard(event.Hazard(x.Family)) + ": " + m.told(x.Title, x.TLP)), cell(x.Project + ", " + x.Asset),
			num(m.apart(m.say.Number(round3(x.KM), "km")), round3(x.KM), "km"), class,
		})
	}
	blocks := []document.Block{m.table("near", m.cols("when", "event", "asset", "#distance", "harm"), rows)}
	if more := len(m.s.Near) - len(rows) + m.s.NearMore; more > 0 {
		blocks = append(blocks, document.Block{Text: m.t("due.more", "N", more)})
	}
	return blocks, m.t("near.key"), nil
}

// between writes the interval of a figure.
func (m *maker) between(r register.Range, write func(float64) string) document.Cell {
	return cell(m.apart(write(r.Low) + "–" + write(r.High)))
}

func (m *maker) dollars(x float64) string { return m.say.Number(x, "") }

// outlook is what the register's risks together may do within 12 months, with the interval that
// our ignorance of the rates gives.
func (m *maker) outlook() ([]document.Block, string, error) {
	o := m.s.Outlook
	if o == nil {
		if m.s.Form < 1 {
			return nil, "", nil
		}
		return []document.Block{{Text: m.t("outlook.none")}}, "", nil
	}
	whole := func(x float64) string { return m.say.Number(round3(x), "") }
	rows := [][]document.Cell{
		{cell(m.t("outlook.severe")), m.chance(o.Severe.Mean), m.between(o.Severe, m.say.Percent)},
		{cell(m.t("outlook.usd")), num(m.dollars(o.Money.Mean), math.Round(o.Money.Mean), "USD"), m.between(o.Money, m.dollars)},
		{cell(m.t("outlook.days")), num(whole(o.Days.Mean), round3(o.Days.Mean), "days"), m.between(o.Days, whole)},
		{cell(m.t("outlook.people")), num(whole(o.People.Mean), round3(o.People.Mean), "people"), m.between(o.People, whole)},
	}
	return []document.Block{m.table("outlook", m.cols("what", "#expected", "#interval90"), rows)}, m.t("outlook.key"), nil
}

// scenarioLoss is what a scenario does to a year's loss; none without the register's word.
func (m *maker) scenarioLoss() ([][]document.Cell, string) {
	if m.s.Scenario.Loss == nil {
		return nil, ""
	}
	b, a := m.s.Scenario.Loss.Before, m.s.Scenario.Loss.After
	rows := [][]document.Cell{
		{cell(m.t("outlook.usd")), num(m.dollars(b.Money.Mean), math.Round(b.Money.Mean), "USD"), num(m.dollars(a.Money.Mean), math.Round(a.Money.Mean), "USD")},
		{cell(m.t("outlook.severe")), m.chance(b.Severe.Mean), m.chance(a.Severe.Mean)},
	}
	key := "scenario.adds"
	by := a.Money.Mean - b.Money.Mean
	if by < 0 {
		key = "scenario.saves"
	}
	return rows, m.t(key, "Money", m.dollars(math.Abs(by)), "Low", m.dollars(a.Money.Low), "High", m.dollars(a.Money.High))
}

// compliance is the highest value of each indicator about law and complaints, with how many of
// the projects have one. What nobody has given stands in the box of what is not known.
func (m *maker) compliance() ([]document.Block, string, error) {
	if m.s.Form < 1 {
		return nil, "", nil
	}
	if len(m.s.Compliance) == 0 {
		return []document.Block{{Text: m.t("compliance.none")}}, "", nil
	}
	var rows [][]document.Cell
	for i := 0; i < len(m.s.Compliance); {
		j, top := i, i
		for ; j < len(m.s.Compliance) && m.s.Compliance[j].Indicator == m.s.Compliance[i].Indicator; j++ {
			if m.s.Compliance[j].Value > m.s.Compliance[top].Value {
				top = j
			}
		}
		x := m.s.Compliance[top]
		known := num(m.t("of", "N", j-i, "All", max(len(m.s.Units), j-i)), float64(j-i), "")
		rows = append(rows, []document.Cell{m.indicator(x.Indicator), num(m.amount(x.Value), x.Value, x.Of), cell(x.Of), cell(x.Unit), known, cell(x.Period)})
		i = j
	}
	return []document.Block{m.table("compliance", m.cols("indicator", "#highest", "unit", "project", "#reported", "newest"), rows)}, "", nil
}
