package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"watchfire.dev/internal/assessment"
	"watchfire.dev/internal/chart"
	"watchfire.dev/internal/report/document"
)

// dimensions is the picture of the eleven dimensions: now, at the report before, and without
// controls.
func (m *maker) dimensions() ([]document.Block, string, error) {
	r := m.s.Result
	if r == nil || r.Kind == assessment.Portfolio {
		return nil, "", nil
	}
	g := chart.Dots{Title: m.t("section.dimensions"), Low: 0, High: 10, Edges: []float64{0, 2, 3.5, 5, 6.5, 10}, RTL: m.say.RTL()}
	var words []string
	list := slices.Clone(r.Dimensions)
	slices.SortStableFunc(list, func(a, b assessment.DimensionResult) int {
		if a.Assessed != b.Assessed {
			return cmp.Compare(bit(b.Assessed), bit(a.Assessed))
		}
		return cmp.Compare(b.Score, a.Score)
	})
	for _, d := range list {
		row := chart.Dot{Name: m.dimension(d.ID), Unknown: !d.Assessed, Note: m.t("not_assessed"), Value: d.Score, Band: band(d.Score)}
		if !d.Assessed {
			words = append(words, row.Name+": "+row.Note)
			g.Rows = append(g.Rows, row)
			continue
		}
		words = append(words, row.Name+" "+m.score(d.Score))
		if was, ok := dimensionOf(m.s.Before, d.ID); ok {
			row.Was = &was.Score
		}
		row.From, row.Until = d.Low, d.High
		if d.Inherent-d.Score >= .05 {
			raw := d.Inherent
			row.Raw = &raw
		}
		g.Rows = append(g.Rows, row)
	}
	g.Desc = strings.Join(words, "; ")
	return []document.Block{m.figure("dimensions", g.Draw())}, m.t("dimensions.key"), nil
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (m *maker) figure(id string, d chart.Drawing) document.Block {
	return document.Block{Figure: &document.Figure{ID: "fig-" + id, Title: d.Title, Desc: d.Desc, Drawing: d}}
}

// scores is the table behind the picture.
func (m *maker) scores() ([]document.Block, string, error) {
	r := m.s.Result
	if r == nil || r.Kind == assessment.Portfolio {
		return nil, "", nil
	}
	part := func(x *float64) document.Cell {
		if x == nil {
			return document.Cell{Text: "–", Dim: true}
		}
		return m.points(*x)
	}
	var rows [][]document.Cell
	for _, d := range r.Dimensions {
		row := []document.Cell{cell(m.dimension(d.ID))}
		if !d.Assessed {
			rows = append(rows, append(row, document.Cell{Text: m.t("not_assessed"), Dim: true}))
			continue
		}
		score, interval := m.points(d.Score), cell("–")
		score.Band = band(d.Score)
		if d.Low != nil && d.High != nil {
			interval = cell(m.score(*d.Low) + "–" + m.score(*d.High))
		}
		rows = append(rows, append(row, cell(m.class(d.Class)), score, interval, m.points(d.Inherent), part(d.Hazard), part(d.Vulnerability), part(d.Coping), m.chance(d.Coverage)))
	}
	return []document.Block{m.table("scores", m.cols("dimension", "class", "#score", "#interval", "#inherent", "#hazard", "#vulnerability", "#coping", "#known"), rows)}, m.t("scores.key"), nil
}

// topDrivers is how many drivers stand in the table.
const topDrivers = 12

func (m *maker) drivers() ([]document.Block, string, error) {
	r := m.s.Result
	if r == nil || len(r.Drivers) == 0 {
		return nil, "", nil
	}
	var rows [][]document.Cell
	for _, d := range r.Drivers[:min(topDrivers, len(r.Drivers))] {
		name, source := m.indicator(d.Indicator), cell(d.Source+", "+d.Period)
		if r.Kind == assessment.Portfolio {
			name, source = cell(m.unit(d.From)), cell("–")
		}
		if d.Imputed {
			source = document.Cell{Text: m.t("borrowed"), Dim: true}
		}
		edge := document.Cell{Text: "–", Dim: true}
		if d.Boundary != nil {
			edge = cell(m.amount(d.Boundary.Value) + " → " + m.class(d.Boundary.Class))
		}
		rows = append(rows, []document.Cell{name, num(m.amount(d.Value), d.Value, d.Unit), cell(d.Unit), num(m.signed(d.Contribution), d.Contribution, "points"), edge, source})
	}
	return []document.Block{m.table("drivers", m.cols("indicator", "#value", "unit", "#points", "boundary", "source"), rows)}, m.t("drivers.key"), nil
}

func (m *maker) trend() ([]document.Block, string, error) {
	r := m.s.Result
	if r == nil || !r.Assessed || len(m.s.History) < 2 {
		return nil, "", nil
	}
	g := chart.Trend{Title: m.t("section.trend"), Unit: m.t("axis.score"), Low: 0, High: 10}
	for i, e := range []float64{3.5, 5, 6.5} {
		g.Limits = append(g.Limits, chart.TrendLimit{At: e, Name: m.class(assessment.Classes()[i+2])})
	}
	list := slices.Clone(m.s.History)
	if last := list[len(list)-1]; last.At.Before(r.AsOf) {
		list = append(list, assessment.Point{At: r.AsOf, Score: r.Score})
	}
	list = list[max(0, len(list)-24):]
	for i, p := range list {
		pt := chart.TrendPoint{Label: p.At.UTC().Format("2006-01"), Value: p.Score, Low: p.Score, High: p.Score}
		if i == len(list)-1 {
			pt.Low, pt.High = r.Low, r.High
		}
		g.Points = append(g.Points, pt)
	}
	g.Desc = m.t("trend.desc", "N", len(list), "First", m.score(list[0].Score), "Last", m.score(list[len(list)-1].Score))
	return []document.Block{m.figure("trend", g.Draw())}, "", nil
}

// standards looks at the same figures as the Performance Standards of the International
// Finance Corporation (2012) group them.
func (m *maker) standards() ([]document.Block, string, error) {
	r := m.s.Result
	if r == nil || r.Kind == assessment.Portfolio {
		return nil, "", nil
	}
	gaps := 0
	for _, row := range m.rows {
		gaps += len(row.Gaps)
	}
	rows := [][]document.Cell{{cell("PS1"), cell(m.t("ps.1")), cell(m.t("ps.gaps", "N", gaps)), cell("–")}}
	for _, ps := range []struct{ code, key, dim string }{
		{"PS2", "ps.2", "legal"}, {"PS4", "ps.4", "security"}, {"PS4", "ps.4h", "health"}, {"PS5, PS7", "ps.5", "social"},
	} {
		what, score := document.Cell{Text: m.t("not_assessed"), Dim: true}, document.Cell{Text: "–", Dim: true}
		if d, ok := dimensionOf(r, ps.dim); ok {
			what, score = cell(m.dimension(ps.dim)+", "+m.class(d.Class)), m.points(d.Score)
		}
		rows = append(rows, []document.Cell{cell(ps.code), cell(m.t(ps.key)), what, score})
	}
	return []document.Block{m.table("standards", m.cols("standard", "subject", "finding", "#score"), rows)}, "", nil
}

// sources lists what the figures come from, with licence and newest period.
func (m *maker) sources() ([]document.Block, string, error) {
	r := m.s.Result
	if r == nil || r.Kind == assessment.Portfolio {
		return nil, "", nil
	}
	type line struct {
		source, licence, grade, newest string
		n                              int
	}
	at := map[string]*line{}
	var order []string
	for _, d := range r.Drivers {
		if d.Imputed || d.Source == "" {
			continue
		}
		l := at[d.Source]
		if l == nil {
			l = &line{source: d.Source, licence: d.Licence, grade: d.Grade}
			at[d.Source] = l
			order = append(order, d.Source)
		}
		l.n++
		l.newest = max(l.newest, d.Period)
	}
	slices.Sort(order)
	var rows [][]document.Cell
	for _, s := range order {
		l := at[s]
		rows = append(rows, []document.Cell{cell(l.source), cell(l.grade), cell(l.newest), num(fmt.Sprint(l.n), float64(l.n), ""), cell(l.licence)})
	}
	if len(rows) == 0 {
		return nil, "", nil
	}
	return []document.Block{m.table("sources", m.cols("source", "grade", "newest", "#values", "licence"), rows)}, "", nil
}

// method is the note on how the figures are made.
func (m *maker) method() ([]document.Block, string, error) {
	var list []document.Sentence
	keys := []string{"score", "interval", "confidence", "loss", "chance", "level"}
	if m.s.Settled != nil {
		keys = append(keys, "record")
	}
	for _, key := range keys {
		list = append(list, document.Sentence{Text: m.t("method." + key)})
	}
	var rows [][]document.Cell
	for _, x := range m.s.Methods {
		rows = append(rows, []document.Cell{cell(x.Name), cell(x.Version), cell(x.Hash)})
	}
	blocks := []document.Block{{List: list}}
	if len(rows) > 0 {
		blocks = append(blocks, m.table("method", m.cols("part", "version", "hash"), rows))
	}
	return blocks, "", nil
}

// projects is the table of a portfolio's projects, the worst first.
func (m *maker) projects() ([]document.Block, string, error) {
	var rows [][]document.Cell
	for _, u := range m.byScore() {
		row := []document.Cell{cell(u.Name)}
		if !u.Assessed {
			rows = append(rows, append(row, document.Cell{Text: m.t("not_assessed"), Dim: true}))
			continue
		}
		score := m.points(u.Score)
		score.Band = band(u.Score)
		trend := cell(m.t("verb." + u.Short.Verb))
		top := "–"
		if w := worst(&u); len(w) > 0 {
			top = m.dimension(w[0].ID) + " " + m.score(w[0].Score)
		}
		rows = append(rows, append(row, cell(m.class(u.Class)), score, cell(m.score(u.Low)+"–"+m.score(u.High)), trend, cell(top), num(m.say.Count(int(u.People)), u.People, "people")))
	}
	if len(rows) == 0 {
		return nil, "", nil
	}
	return []document.Block{m.table("projects", m.cols("project", "class", "#score", "#interval", "trend", "worst", "#people"), rows)}, "", nil
}

func (m *maker) byScore() []assessment.Result {
	out := slices.Clone(m.s.Units)
	slices.SortStableFunc(out, func(a, b assessment.Result) int { return cmp.Compare(b.Score, a.Score) })
	return out
}

// mapRows is how many projects the heat map of one page shows.
const mapRows = 16

// heat is the map of projects against dimensions.
func (m *maker) heat() ([]document.Block, string, error) {
	list := m.byScore()
	if len(list) == 0 {
		return nil, "", nil
	}
	h := chart.Heat{Title: m.t("section.map")}
	for _, d := range list[0].Dimensions {
		h.Cols = append(h.Cols, m.t("short."+d.ID))
	}
	var words []string
	for _, u := range list[:min(mapRows, len(list))] {
		h.Rows = append(h.Rows, u.Name)
		var cells []chart.HeatCell
		for _, d := range u.Dimensions {
			c := chart.HeatCell{Unknown: !d.Assessed}
			if d.Assessed {
				c.Band, c.Number = band(d.Score), m.score(d.Score)
			}
			c.Title = u.Name + ", " + m.dimension(d.ID)
			cells = append(cells, c)
		}
		h.Cells = append(h.Cells, cells)
		words = append(words, u.Name+" "+m.score(u.Score))
	}
	h.Desc = strings.Join(words, "; ")
	blocks := []document.Block{m.figure("map", h.Draw())}
	if len(list) > mapRows {
		blocks = append(blocks, document.Block{Text: m.t("map.more", "N", len(list)-mapRows)})
	}
	return blocks, "", nil
}

// exposure is how many people and how much contract value stand in each class.
func (m *maker) exposure() ([]document.Block, string, error) {
	if len(m.s.Units) == 0 {
		return nil, "", nil
	}
	var rows [][]document.Cell
	for _, class := range append([]string{""}, assessment.Classes()...) {
		n, people, money, unknown := 0, 0.0, 0.0, 0
		for _, u := range m.s.Units {
			if u.Class != class {
				continue
			}
			n++
			people += u.People
			value := m.s.Context.Scope(strings.TrimPrefix(u.Unit, assessment.Project+":")).ContractValue
			if money += value; value == 0 {
				unknown++
			}
		}
		if n == 0 {
			continue
		}
		value := num(m.say.Number(money, ""), money, "USD")
		if unknown == n {
			value = document.Cell{Text: m.t("unknown"), Dim: true}
		}
		rows = append([][]document.Cell{{cell(m.class(class)), num(fmt.Sprint(n), float64(n), ""), num(m.say.Count(int(people)), people, "people"), value}}, rows...)
	}
	return []document.Block{m.table("exposure", m.cols("class", "#projects", "#people", "#contract"), rows)}, "", nil
}

// movers are the projects whose score moved most in 30 days.
func (m *maker) movers() ([]document.Block, string, error) {
	list := slices.DeleteFunc(slices.Clone(m.s.Units), func(u assessment.Result) bool { return u.Delta30 == nil || *u.Delta30 > -.05 && *u.Delta30 < .05 })
	slices.SortStableFunc(list, func(a, b assessment.Result) int { return cmp.Compare(size(b.Delta30), size(a.Delta30)) })
	if len(list) == 0 {
		return []document.Block{{Text: m.t("movers.none")}}, "", nil
	}
	var rows [][]document.Cell
	for _, u := range list[:min(8, len(list))] {
		rows = append(rows, []document.Cell{cell(u.Name), m.points(u.Score), num(m.signed(*u.Delta30), *u.Delta30, "points")})
	}
	return []document.Block{m.table("movers", m.cols("project", "#score", "#delta30"), rows)}, "", nil
}

// scenario shows one plausible worst case.
func (m *maker) scenario() ([]document.Block, string, error) {
	x := m.s.Scenario
	if x == nil {
		return []document.Block{{Text: m.t("scenario.none")}}, "", nil
	}
	rows := [][]document.Cell{{cell(m.t("fact.score")), m.points(x.Before.Score), m.points(x.After.Score)}}
	for _, d := range x.After.Dimensions {
		if was, ok := dimensionOf(&x.Before, d.ID); ok && d.Assessed && m.score(was.Score) != m.score(d.Score) {
			rows = append(rows, []document.Cell{cell(m.dimension(d.ID)), m.points(was.Score), m.points(d.Score)})
		}
	}
	more, text := m.scenarioLoss()
	blocks := []document.Block{m.table("scenario", m.cols("what", "#now", "#then"), append(rows, more...))}
	if text != "" {
		blocks = append(blocks, document.Block{Text: text})
	}
	return blocks, x.Name, nil
}

// verdict proposes go, go with conditions or no-go by rule; who approves decides.
func (m *maker) verdict() ([]document.Block, string, error) {
	r := m.s.Result
	if r == nil || !r.Assessed {
		return []document.Block{{Box: []document.Sentence{{Text: m.t("verdict.unknown")}}}}, "", nil
	}
	key := "verdict.go"
	switch {
	case r.Class == "very_high" || len(r.RedTags) > 0:
		key = "verdict.no"
	case r.Class == "high" || r.Confidence.Word == "low":
		key = "verdict.if"
	}
	list := []document.Sentence{{Strong: m.t(key), Text: m.t("verdict.rule")}}
	for _, d := range r.RedTags {
		list = append(list, document.Sentence{Text: m.t("verdict.tag", "Dimension", m.dimension(d))})
	}
	if key == "verdict.if" {
		for _, d := range worst(r) {
			if d.Score >= 5 {
				list = append(list, document.Sentence{Text: m.t("verdict.dim", "Dimension", m.dimension(d.ID), "Score", m.score(d.Score))})
			}
		}
		if r.Confidence.Word == "low" {
			list = append(list, document.Sentence{Text: m.t("verdict.confidence")})
		}
	}
	return []document.Block{{List: list}}, "", nil
}
