package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"watchfire.dev/internal/report/document"
)

// gather lists the figures that the next report is compared with.
func (m *maker) gather() []document.Fact {
	var out []document.Fact
	add := func(key, name, text string, v float64) {
		out = append(out, document.Fact{Key: key, Name: name, Text: text, Value: &v})
	}
	if r := m.s.Result; r != nil && r.Assessed {
		add("score", m.t("fact.score"), m.score(r.Score), r.Score)
		for _, d := range r.Dimensions {
			if d.Assessed {
				add("dim."+d.ID, m.dimension(d.ID), m.score(d.Score), d.Score)
			}
		}
	}
	for _, u := range m.s.Units {
		if u.Assessed {
			add("unit."+u.Unit, u.Name, m.score(u.Score), u.Score)
		}
	}
	for _, f := range m.s.Forecasts {
		add("chance."+f.What+f.Country+"."+f.Until, m.t("fact.chance", "What", m.event(f)), m.say.Percent(f.Chance), f.Chance*10)
	}
	late, breaches := 0, 0
	for _, row := range m.rows {
		add("risk."+row.Entry.Code, row.Entry.Title, fmt.Sprint(row.Residual.Score), float64(row.Residual.Score)/2.5)
		for _, d := range row.Due {
			if d.Late {
				late++
			}
		}
		if row.Breach && row.Accepted == nil {
			breaches++
		}
	}
	if len(m.rows) > 0 {
		add("late", m.t("fact.late"), fmt.Sprint(late), float64(late))
		add("breaches", m.t("fact.breaches"), fmt.Sprint(breaches), float64(breaches))
	}
	for _, u := range m.unitDuties() {
		add("duty."+u.Unit, m.t("fact.duty", "Unit", m.unitName(u.Unit)), m.part(fulfilled(u)), 10*fulfilled(u))
	}
	for _, w := range m.s.Warnings {
		add("warning."+w.ID, m.told(w.Headline, w.TLP), m.level(w.Level), float64(w.Level)*3)
	}
	for _, u := range m.s.Unseen {
		add("unseen."+u.Reason+"."+u.Project+"."+u.Text, m.hidden(u), m.t("fact.blind"), 1)
	}
	return out
}

// A change is one figure that differs from the report before.
type change struct {
	name, was, is string
	size          float64
	by            document.Cell
}

// most is how many changes the first page shows; the rest are counted.
const most = 5

// changes is the difference to the last report. It comes first.
func (m *maker) changes() ([]document.Block, string, error) {
	prev := m.s.Previous
	if prev == nil {
		return []document.Block{{Text: m.t("changes.first")}}, "", nil
	}
	aside := m.t("changes.since", "ID", prev.ID, "Date", m.date(prev.AsOf))
	list := differ(m, prev.Facts, m.facts)
	if len(list) == 0 {
		return []document.Block{{Text: m.t("changes.none", "N", len(m.facts))}}, aside, nil
	}
	most := most
	if m.dense() {
		most = 3
	}
	var rows [][]document.Cell
	for _, c := range list[:min(most, len(list))] {
		rows = append(rows, []document.Cell{cell(c.name), {Text: c.was, Dim: true}, cell(c.is), c.by})
	}
	if len(list) > most {
		aside += m.t("comma") + m.t("changes.more", "N", len(list)-most)
	}
	return []document.Block{m.table("changes", m.cols("what", "#was", "#now", "#change"), rows)}, aside, nil
}

// differ compares two lists of figures, the largest change first. What would be written the
// same is no change.
func differ(m *maker, was, is []document.Fact) []change {
	before := map[string]document.Fact{}
	for _, f := range was {
		before[f.Key] = f
	}
	var out []change
	now := map[string]bool{}
	for _, f := range is {
		now[f.Key] = true
		old, ok := before[f.Key]
		switch {
		case !ok:
			out = append(out, change{f.Name, m.t("changes.new"), f.Text, size(f.Value), cell(m.t("changes.new"))})
		case old.Text != f.Text:
			c := change{name: f.Name, was: old.Text, is: f.Text, by: cell("")}
			if old.Value != nil && f.Value != nil {
				by := *f.Value - *old.Value
				c.size, c.by = math.Abs(by), cell(m.t("changes.down"))
				if by > 0 {
					c.by = cell(m.t("changes.up"))
				}
			}
			if strings.HasPrefix(f.Key, "score") {
				c.size += 100 // the judgement itself comes before its parts
			}
			out = append(out, c)
		}
	}
	for _, f := range was {
		if !now[f.Key] {
			if strings.HasPrefix(f.Key, "warning.") && m.label != m.s.TLP && m.s.Form >= 1 {
				f.Name = m.t("col.warning") // a lower copy does not know whether it may name it
			}
			out = append(out, change{f.Name, f.Text, m.t("changes.gone"), size(f.Value), cell(m.t("changes.gone"))})
		}
	}
	slices.SortStableFunc(out, func(a, b change) int { return cmp.Compare(b.size, a.size) })
	return out
}

func size(v *float64) float64 {
	if v == nil {
		return 0
	}
	return math.Abs(*v)
}
