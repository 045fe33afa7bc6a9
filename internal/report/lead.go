package report

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"

	"watchfire.dev/internal/assessment"
	"watchfire.dev/internal/report/document"
)

// lead is the judgement with its reasons: never a number without what drives it.
func (m *maker) lead() *document.Lead {
	r := m.s.Result
	if r == nil || !r.Assessed {
		return nil
	}
	l := &document.Lead{Number: m.score(r.Score), Band: band(r.Score)}
	l.Lines = append(l.Lines, m.t("lead.class", "Class", m.class(r.Class)), m.t("lead.interval", "Low", m.score(r.Low), "High", m.score(r.High)))
	if m.s.Before != nil && m.s.Before.Assessed {
		l.Lines = append(l.Lines, m.t("lead.before", "Date", m.date(m.s.Before.AsOf), "Score", m.score(m.s.Before.Score)))
	}
	if p, ok := m.yearAgo(); ok {
		l.Lines = append(l.Lines, m.t("lead.year", "Date", m.date(p.At), "Score", m.score(p.Score)))
	}
	if m.s.Form >= 1 && len(r.RedTags) > 0 {
		var tags []string
		for _, d := range r.RedTags {
			tags = append(tags, m.dimension(d))
		}
		l.Lines = append(l.Lines, m.t("lead.tags", "List", strings.Join(tags, m.t("comma"))))
	}
	l.Points = m.reasons()
	if !m.dense() { // its page has no room, and the reasons must stand there
		l.Close = m.wouldFall()
	}
	return l
}

// yearAgo is the score nearest to a year before, within 45 days.
func (m *maker) yearAgo() (assessment.Point, bool) {
	best, found := assessment.Point{}, false
	want := m.s.Result.AsOf.AddDate(-1, 0, 0)
	for _, p := range m.s.History {
		gap := math.Abs(p.At.Sub(want).Hours() / 24)
		if gap <= 45 && (!found || gap < math.Abs(best.At.Sub(want).Hours()/24)) {
			best, found = p, true
		}
	}
	return best, found
}

// worst are the assessed dimensions, the worst first.
func worst(r *assessment.Result) []assessment.DimensionResult {
	var out []assessment.DimensionResult
	for _, d := range r.Dimensions {
		if d.Assessed {
			out = append(out, d)
		}
	}
	slices.SortStableFunc(out, func(a, b assessment.DimensionResult) int { return cmp.Compare(b.Score, a.Score) })
	return out
}

// reasons are the three worst dimensions, each with what drives it most; of a portfolio, the
// members that do.
func (m *maker) reasons() []document.Sentence {
	r := m.s.Result
	var out []document.Sentence
	if r.Kind == assessment.Portfolio {
		for _, d := range r.Drivers[:min(3, len(r.Drivers))] {
			out = append(out, document.Sentence{Strong: m.unit(d.From), Text: m.t("reason.member", "Score", m.score(d.Value), "Points", m.signed(d.Contribution))})
		}
		return out
	}
	said := map[string]bool{}
	for _, d := range worst(r) {
		if len(out) == 3 {
			break
		}
		i := slices.IndexFunc(r.Drivers, func(x assessment.Driver) bool {
			return !x.Imputed && x.Contribution > 0 && !said[x.Indicator] && slices.Contains(x.Dimensions, d.ID)
		})
		s := document.Sentence{Strong: m.dimension(d.ID) + " (" + m.score(d.Score) + "):", Text: m.t("reason.none")}
		if i >= 0 {
			x := r.Drivers[i]
			said[x.Indicator] = true
			s.Text = m.t("reason.driver", "Indicator", m.say.Indicator(x.Indicator), "Value", m.amount(x.Value), "Unit", x.Unit, "Period", x.Period, "Points", m.signed(x.Contribution))
			s.Evidence = []string{x.Evidence}
		}
		out = append(out, s)
	}
	if p := r.Probability; p != nil {
		out = append(out, document.Sentence{Text: m.t("reason.chance", "What", p.What, "Chance", m.say.Chance(p.P), "Base", m.say.Percent(p.Base)), Evidence: []string{p.Evidence}})
	}
	return out
}

// wouldFall says which single change would lower the class.
func (m *maker) wouldFall() string {
	r := m.s.Result
	at := slices.Index(assessment.Classes(), r.Class)
	for _, d := range r.Drivers {
		if d.Boundary != nil && !d.Imputed && d.Contribution > 0 && slices.Index(assessment.Classes(), d.Boundary.Class) < at {
			return m.t("would_fall", "Class", m.class(d.Boundary.Class), "Indicator", m.say.Indicator(d.Indicator), "Value", m.amount(d.Boundary.Value), "Unit", d.Unit, "Now", m.amount(d.Value))
		}
	}
	return ""
}

// unit names a unit of an assessment: a project by its name.
func (m *maker) unit(id string) string {
	for _, u := range m.s.Units {
		if u.Unit == id && u.Name != "" {
			return u.Name
		}
	}
	return id
}

// amount writes a number of an indicator with four figures.
func (m *maker) amount(x float64) string {
	if a := math.Abs(x); a >= 1000 {
		return m.say.Number(x, "")
	}
	return m.apart(strconv.FormatFloat(x, 'g', 3, 64))
}

// apart keeps a number with a sign or a Latin unit in its own order where the text around it
// runs from right to left: its sign would stand behind it otherwise (Unicode UAX 9).
func (m *maker) apart(text string) string {
	if !m.say.RTL() {
		return text
	}
	return "\u2066" + text + "\u2069"
}

// signed writes a difference of points with its sign.
func (m *maker) signed(x float64) string {
	text := m.score(math.Abs(x))
	switch {
	case text == m.score(0):
		return text
	case x < 0:
		return m.apart("−" + text)
	default:
		return m.apart("+" + text)
	}
}

// cells

func cell(s string) document.Cell { return document.Cell{Text: s} }

func num(text string, v float64, unit string) document.Cell {
	return document.Cell{Text: text, Value: &v, Unit: unit}
}

func (m *maker) points(x float64) document.Cell { return num(m.score(x), x, "points") }

func (m *maker) chance(p float64) document.Cell { return num(m.say.Percent(p), p, "share") }

// maybe is a chance, or a dash where none is known.
func (m *maker) maybe(p *float64) document.Cell {
	if p == nil {
		return document.Cell{Text: "–", Dim: true}
	}
	return m.chance(*p)
}

// indicator names an indicator in its own language where the report's has no word for it.
func (m *maker) indicator(id string) document.Cell {
	c := document.Cell{Text: m.say.Indicator(id)}
	if m.s.Lang == "ar" {
		c.Lang = "en"
	}
	return c
}

func (m *maker) table(id string, cols []document.Column, rows [][]document.Cell) document.Block {
	return document.Block{Table: &document.Table{ID: id, Caption: m.t("section." + id), Columns: cols, Rows: rows}}
}

// cols makes heads; a name that begins with # is that of a column of numbers.
func (m *maker) cols(names ...string) []document.Column {
	out := make([]document.Column, len(names))
	for i, n := range names {
		number := n[0] == '#'
		if number {
			n = n[1:]
		}
		out[i] = document.Column{Name: m.t("col." + n), Number: number}
	}
	return out
}
