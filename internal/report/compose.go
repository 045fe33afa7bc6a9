package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"watchfire.dev/internal/assessment"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/phrase"
	"watchfire.dev/internal/register"
	"watchfire.dev/internal/report/document"
)

// Languages are those that reports can be written in.
func Languages() []string { return []string{"en", "zh", "ar"} }

// A maker holds what every section needs.
type maker struct {
	s     *Snapshot
	p     Product
	say   phrase.Speaker
	label string         // TLP of this copy
	rows  []register.Row // open entries, the highest residual score first
	facts []document.Fact
	held  []string // names of sections that the reader is not cleared for
}

// A section makes the blocks of one section; none = it is left out.
type section struct {
	id   string
	half bool
	make func(*maker) ([]document.Block, string, error)
}

// sections are in no order: products and templates order them.
func sections() []section {
	return []section{
		{"changes", false, (*maker).changes},
		{"dimensions", false, (*maker).dimensions},
		{"chances", true, (*maker).chances},
		{"record", true, (*maker).record},
		{"controls", true, (*maker).controls},
		{"unseen", true, (*maker).unseen},
		{"duties", false, (*maker).duties},
		{"scores", false, (*maker).scores},
		{"register", false, (*maker).register},
		{"loss", false, (*maker).loss},
		{"actions", false, (*maker).actions},
		{"drivers", false, (*maker).drivers},
		{"trend", false, (*maker).trend},
		{"standards", false, (*maker).standards},
		{"sources", false, (*maker).sources},
		{"method", false, (*maker).method},
		{"warnings", false, (*maker).warnings},
		{"people", true, (*maker).people},
		{"due", true, (*maker).due},
		{"muted", true, (*maker).muted},
		{"projects", false, (*maker).projects},
		{"map", false, (*maker).heat},
		{"exposure", true, (*maker).exposure},
		{"movers", true, (*maker).movers},
		{"breaches", false, (*maker).breaches},
		{"scenario", true, (*maker).scenario},
		{"decisions", true, (*maker).decisions},
		{"verdict", false, (*maker).verdict},
		{"timeline", false, (*maker).timeline},
		{"families", true, (*maker).families},
		{"planned", true, (*maker).planned},
		{"routes", false, (*maker).routes},
		{"advice", true, (*maker).advice},
		{"answers", false, (*maker).answers},
		{"near", false, (*maker).near},
		{"outlook", true, (*maker).outlook},
		{"compliance", false, (*maker).compliance},
	}
}

// SectionIDs lists the sections that a template may name.
func SectionIDs() []string {
	var out []string
	for _, s := range sections() {
		out = append(out, s.id)
	}
	return out
}

// Compose makes the document of a snapshot for a reader who is cleared for a label, "" = the
// snapshot's own. Errors wrap fault.ErrInvalid.
func Compose(s *Snapshot, book *phrase.Book, cleared string) (document.Document, error) {
	p, ok := Find(s.Product)
	if !ok {
		return document.Document{}, fmt.Errorf("product %.40q: %w", s.Product, fault.ErrInvalid)
	}
	if !slices.Contains(Languages(), s.Lang) {
		return document.Document{}, fmt.Errorf("language %.20q, reports are written in %v: %w", s.Lang, Languages(), fault.ErrInvalid)
	}
	p = p.in(s.Form)
	if cleared == "" {
		cleared = s.TLP
	}
	m := &maker{s: s, p: p, say: book.For(s.Lang), label: s.TLP}
	if May(s.TLP, cleared) { // a copy for who may see less bears the label of what it holds
		m.label = cleared
	}
	for _, e := range s.Register {
		if !e.Closed {
			m.rows = append(m.rows, register.RowOf(e, 0, s.Context, s.AsOf))
		}
	}
	slices.SortStableFunc(m.rows, func(a, b register.Row) int { return b.Residual.Score - a.Residual.Score })
	m.facts = m.gather()
	d := document.Document{
		Lang: m.say.Language(), Dir: m.say.Dir(), Paper: s.Template.Paper, Facts: m.facts, Contents: m.t("contents"),
		Brand: document.Brand{Name: firstOf(s.Template.Name, s.Org), Accent: s.Template.Accent, Foot: s.Template.Foot},
		Kind:  m.t("product." + p.ID), Status: m.status(), Title: m.title(), Lead: m.lead(), Foot: m.foot(),
		Page:  document.Page{Word: m.t("page"), Of: m.t("page_of"), Limit: p.Pages},
		Dense: m.dense(),
	}
	if d.Paper == "" {
		d.Paper = document.A4
	}
	return d, m.fill(&d, cleared)
}

// dense tells whether all must go on one page: a daily brief since form 1.
func (m *maker) dense() bool { return m.p.Pages == 1 && m.s.Form >= 1 }

func (m *maker) fill(d *document.Document, cleared string) error {
	choices := m.s.Template.choices(m.p)
	for _, c := range choices {
		if !May(cleared, c.TLP) {
			m.held = append(m.held, m.t("section."+c.ID))
		}
	}
	known := sections()
	for _, c := range choices {
		i := slices.IndexFunc(known, func(x section) bool { return x.id == c.ID })
		if i < 0 || !May(cleared, c.TLP) {
			continue
		}
		blocks, aside, err := known[i].make(m)
		if err != nil {
			return fmt.Errorf("section %s: %w", c.ID, err)
		}
		if len(blocks) == 0 {
			continue
		}
		heading := m.t("section." + c.ID)
		if c.TLP != "" {
			heading += " · TLP:" + c.TLP
		}
		d.Sections = append(d.Sections, document.Section{ID: c.ID, Heading: heading, Aside: aside, Half: known[i].half, Break: c.Break, Blocks: blocks})
	}
	return nil
}

// t is a text of reports.
func (m *maker) t(key string, args ...any) string { return m.say.T("report."+key, args...) }

func (m *maker) date(t time.Time) string { return m.say.Date(t, m.s.Zone) }

// day writes a day, which has no zone.
func (m *maker) day(d register.Day) string {
	if d == "" {
		return "–"
	}
	return m.say.Date(d.Time(), "UTC")
}

func (m *maker) score(x float64) string { return m.say.Magnitude(x) }

func (m *maker) class(id string) string {
	if id == "" {
		return m.t("class.none")
	}
	return m.t("class." + id)
}

func (m *maker) dimension(id string) string { return m.t("dim." + id) }

// status is what stands beside the kind: period, approval, label.
func (m *maker) status() string {
	approved := m.t("draft")
	switch {
	case m.s.Approval != nil:
		approved = m.t("approved", "By", m.s.Approval.By, "Date", m.date(m.s.Approval.At))
	case !m.p.Approved:
		approved = m.t("as_of", "Time", m.say.Time(m.s.AsOf, m.s.Zone))
	}
	return strings.Join([]string{m.period(), approved, "TLP:" + m.label}, " · ")
}

// period is a day, or first and last day.
func (m *maker) period() string {
	last := m.s.To.Add(-time.Second)
	if m.s.To.Sub(m.s.From) < 25*time.Hour {
		return m.date(m.s.To)
	}
	return m.t("span", "From", m.date(m.s.From), "To", m.date(last))
}

// move is the change of the score since the report before; ok is false without one.
func (m *maker) move() (float64, bool) {
	if m.s.Result == nil || m.s.Before == nil || !m.s.Result.Assessed || !m.s.Before.Assessed {
		return 0, false
	}
	return m.s.Result.Score - m.s.Before.Score, true
}

// little is what the score may move without being called a move.
const little = 0.3

// title is the judgement.
func (m *maker) title() string {
	r := m.s.Result
	if r == nil {
		return m.t("title.plain", "Name", m.s.Name, "Period", m.period())
	}
	if !r.Assessed {
		return m.t("title.unknown", "Name", m.s.Name)
	}
	by, ok := m.move()
	switch class := m.class(r.Class); {
	case !ok:
		return m.t("title.first", "Name", m.s.Name, "Class", class)
	case by >= little:
		if d := m.moved(1); d != "" {
			return m.t("title.rising_by", "Name", m.s.Name, "Class", class, "Dimension", m.dimension(d))
		}
		return m.t("title.rising", "Name", m.s.Name, "Class", class)
	case by <= -little:
		if d := m.moved(-1); d != "" {
			return m.t("title.falling_by", "Name", m.s.Name, "Class", class, "Dimension", m.dimension(d))
		}
		return m.t("title.falling", "Name", m.s.Name, "Class", class)
	default:
		return m.t("title.steady", "Name", m.s.Name, "Class", class)
	}
}

// moved is the dimension that moved most in a direction since the report before.
func (m *maker) moved(sign float64) string {
	best, id := little, ""
	for _, d := range m.s.Result.Dimensions {
		if was, ok := dimensionOf(m.s.Before, d.ID); ok && d.Assessed && sign*(d.Score-was.Score) > best {
			best, id = sign*(d.Score-was.Score), d.ID
		}
	}
	return id
}

func dimensionOf(r *assessment.Result, id string) (assessment.DimensionResult, bool) {
	if r != nil {
		for _, d := range r.Dimensions {
			if d.ID == id && d.Assessed {
				return d, true
			}
		}
	}
	return assessment.DimensionResult{}, false
}

// band of a score: orange from high, red from very high.
func band(score float64) int {
	switch {
	case score >= 6.5:
		return 3
	case score >= 5:
		return 2
	default:
		return 0
	}
}

func firstOf(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}

// foot says how to make the report again.
func (m *maker) foot() []string {
	var methods []string
	for _, x := range m.s.Methods {
		methods = append(methods, strings.TrimSpace(x.Name+" "+x.Version))
	}
	line := []string{m.t("again", "ID", m.s.ID), m.t("seed", "Seed", fmt.Sprint(m.s.Seed))}
	if m.s.Inputs != "" {
		line = append(line, m.t("inputs", "Hash", m.s.Inputs))
	}
	if len(methods) > 0 {
		line = append(line, m.t("methods", "List", strings.Join(methods, ", ")))
	}
	if r := m.s.Result; r != nil {
		borrowed, values := 0, 0
		for _, d := range r.Drivers {
			values++
			if d.Imputed {
				borrowed++
			}
		}
		line = append(line, m.t("counted", "Values", fmt.Sprint(values), "Borrowed", fmt.Sprint(borrowed)))
	}
	return []string{strings.Join(line, " · ")}
}
