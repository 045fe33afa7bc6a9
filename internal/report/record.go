package report

import (
	"fmt"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/quantile"
	"watchfire.dev/internal/report/document"
)

// scorecard is the record of warnings since form 1: counts by family, and for all of them the
// share that was caught and the share that was false, each with its 90 % interval, or the word
// that there are too few (METHOD 4.1).
func (m *maker) scorecard() ([]document.Block, string, error) {
	f := m.s.Settled
	key := m.t("record.year")
	if f.To.Sub(f.From) > 366*24*time.Hour {
		key = m.t("record.span", "From", m.date(f.From), "To", m.date(f.To.Add(-time.Second)))
	}
	if len(m.s.Record) == 0 {
		return []document.Block{{Text: m.t("record.nothing", "Open", f.Active)}, {Text: m.t("record.basis")}}, key, nil
	}
	var rows [][]document.Cell
	var all Score
	count := func(n int) document.Cell { return num(fmt.Sprint(n), float64(n), "") }
	for _, r := range m.s.Record {
		lead := document.Cell{Text: "–", Dim: true}
		if r.Lead != nil {
			lead = num(m.apart(m.say.Number(round3(*r.Lead), "h")), round3(*r.Lead), "h")
		}
		rows = append(rows, []document.Cell{cell(m.say.Hazard(event.Hazard(r.Family))), count(r.Hit), count(r.Missed), count(r.False), count(r.Open), lead})
		all.Hit, all.Missed, all.False, all.Open = all.Hit+r.Hit, all.Missed+r.Missed, all.False+r.False, all.Open+r.Open
	}
	text := m.t("record.caught", "Hit", all.Hit, "All", all.Hit+all.Missed, "Rate", m.rate(all.Hit, all.Hit+all.Missed)) + " " +
		m.t("record.wrong", "False", all.False, "Warned", all.Hit+all.False, "Rate", m.rate(all.False, all.Hit+all.False))
	if p := f.Period; m.s.To.Sub(m.s.From) < 300*24*time.Hour {
		text += " " + m.t("record.period", "Hit", p.Hit, "Missed", p.Missed, "False", p.False, "Open", p.Open)
	}
	text += " " + m.t("record.basis")
	return []document.Block{m.table("record", m.cols("family", "#hit", "#missed", "#false", "#undecided", "#lead"), rows), {Text: text}}, key, nil
}

// rate writes a share of what was counted with its interval; few cases give no rate.
func (m *maker) rate(n, of int) string {
	if of < fewCases {
		return m.t("record.too_few")
	}
	share := float64(n) / float64(of)
	low, high := quantile.Wilson(share, of)
	return m.t("record.rate", "Share", m.part(share), "Low", m.part(low), "High", m.part(high))
}
