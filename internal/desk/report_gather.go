package desk

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"watchfire.dev/internal/assessment"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/forecast/ledger"
	"watchfire.dev/internal/forecast/panel"
	"watchfire.dev/internal/id"
	"watchfire.dev/internal/phrase"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/register"
	"watchfire.dev/internal/report"
	"watchfire.dev/internal/warning"
)

// A gathering is a snapshot in the making.
type gathering struct {
	d       *Desk
	who     Principal
	s       *report.Snapshot
	p       report.Product
	project string // code, "" = none or all
	country string
	say     phrase.Speaker
	book    portfolio.Portfolio
	index   *portfolio.Index
	open    []warning.Warning // with all of their rows

	lives     []WarningLife // of the unit, since livesFrom
	livesFrom time.Time
}

// has tells whether the report has a section.
func (g *gathering) has(section string) bool {
	list := g.s.Template.Sections
	return len(list) == 0 && slices.Contains(g.p.Sections, section) || slices.ContainsFunc(list, func(c report.Choice) bool { return c.ID == section })
}

// mine tells whether a project, by its id, belongs to the unit.
func (g *gathering) mine(project string) bool {
	if g.project == "" && !strings.HasPrefix(g.s.Unit, assessment.Country+":") {
		return true
	}
	p, ok := g.index.Project(project)
	return ok && (g.project != "" && p.Code == g.project || g.project == "" && p.Country == g.country)
}

// reader loads what the other steps need: whose report it is and what is protected.
func (g *gathering) reader(ctx context.Context, _ ReportWish) error {
	o, err := g.d.cfg.Reports.Organisation(ctx, g.who.Org)
	if err != nil {
		return err
	}
	g.s.Org = o.Name
	if g.book, err = g.d.portfolio(ctx, g.who.Org); err != nil {
		return err
	}
	g.index = g.d.index(g.book)
	return nil
}

// reportSnapshot freezes everything that is known now for a report.
func (d *Desk) reportSnapshot(ctx context.Context, who Principal, w ReportWish) (*report.Snapshot, string, error) {
	p, ok := report.Find(w.Product)
	if !ok {
		return nil, "", fmt.Errorf("product %.40q: %w", w.Product, fault.ErrNotFound)
	}
	if w.Unit == "" && p.Subject == "portfolio" {
		w.Unit = portfolioUnit
	}
	zone := firstOf(firstOf(w.Zone, who.Zone), "UTC")
	place, err := time.LoadLocation(zone)
	if err != nil || zone == "Local" {
		return nil, "", fmt.Errorf("zone %.40q: %w", zone, fault.ErrInvalid)
	}
	now := d.cfg.Now().UTC().Truncate(time.Microsecond)
	slot := slotOf(w, p, now, place)
	s := &report.Snapshot{
		ID: reportID(w.Unit, p.ID, slot.Label), Product: p.ID, Unit: w.Unit, Name: w.Unit, From: slot.From, To: slot.To, AsOf: now,
		Form: report.Form, Draws: register.DefaultDraws,
		Lang: firstOf(firstOf(w.Lang, who.Language), "en"), Zone: zone, TLP: firstOf(w.TLP, "AMBER"), Decisions: w.Decisions,
	}
	if !slices.Contains(report.Languages(), s.Lang) {
		s.Lang = "en"
	}
	s.Seed = binary.BigEndian.Uint64([]byte(id.Hash([]byte(who.Org + "\x00" + s.ID)))[:8]) >> 1
	if s.Template, err = d.ReportTemplate(ctx, who, p.ID); err != nil {
		return nil, "", err
	}
	if w.tmpl != nil {
		s.Template = *w.tmpl
	}
	g := &gathering{d: d, who: who, s: s, p: p, say: d.cfg.Words.For(s.Lang)}
	for _, step := range []func(context.Context, ReportWish) error{g.reader, g.assessments, g.before, g.register, g.forecasts, g.watch, g.record, g.answers, g.nearMisses, g.day, g.outlook, g.compliance, g.scenario, g.timeline} {
		if err := step(ctx, w); err != nil {
			return nil, "", err
		}
	}
	return s, slot.Label, nil
}

// slotOf is the period that a report is about: that of the calendar, the newest one that was
// due, or for what is made on demand the 30 days before now.
func slotOf(w ReportWish, p report.Product, now time.Time, zone *time.Location) report.Slot {
	if w.slot != nil {
		return *w.slot
	}
	if s, ok := p.Due.LastSlot(now, zone); ok {
		return s
	}
	return report.Slot{From: now.AddDate(0, 0, -30), To: now, Due: now, Label: now.In(zone).Format("2006-01-02T1504")}
}

// assessments takes the unit's result of the newest published run, of a portfolio those of
// its projects.
func (g *gathering) assessments(ctx context.Context, w ReportWish) error {
	list, err := g.d.Assessments(ctx, g.who)
	if err != nil {
		return err
	}
	found := false
	for i := range list.Results {
		r := list.Results[i]
		if r.Unit == w.Unit {
			g.s.Result, g.s.Name, g.country, found = &r, firstOf(r.Name, r.Unit), r.Country, true
		}
		if r.Kind == assessment.Project && g.p.Subject == "portfolio" {
			g.s.Units = append(g.s.Units, r)
		}
	}
	if list.Run.ID == "" {
		return fmt.Errorf("no assessment was published yet, watchfire assess run makes one: %w", fault.ErrNotFound)
	}
	if !found {
		return fmt.Errorf("unit %.60q is not among the assessments of run %s: %w", w.Unit, list.Run.ID, fault.ErrNotFound)
	}
	kind, code, _ := strings.Cut(w.Unit, ":")
	if g.p.Subject != "any" && g.p.Subject != kind {
		return fmt.Errorf("product %s is about a %s, %.60q is none: %w", g.p.ID, g.p.Subject, w.Unit, fault.ErrInvalid)
	}
	if kind == assessment.Project || kind == assessment.Site || kind == assessment.Route {
		g.project, _, _ = strings.Cut(code, "/")
	}
	g.s.Run, g.s.Inputs = list.Run.ID, list.Run.Snapshot
	g.s.Methods = append(g.s.Methods, report.Method{Name: "assessment", Version: list.Run.Method, Hash: list.Run.MethodHash}, report.Method{Name: "register", Version: strings.TrimPrefix(register.Method, "register ")})
	if slices.ContainsFunc(g.s.Result.Dimensions, func(d assessment.DimensionResult) bool { return d.Assessed && d.Low == nil }) {
		g.s.Lacking = append(g.s.Lacking, "intervals") // by a method that does not tell them
	}
	points, err := g.d.cfg.Assess.Scores(ctx, g.who.Org, list.Run.Method, g.s.AsOf.AddDate(-3, 0, 0))
	for _, x := range points {
		if x.Unit == w.Unit && x.At.Before(g.s.Result.AsOf) {
			g.s.History = append(g.s.History, assessment.Point{At: x.At, Score: x.Score})
		}
	}
	return err
}

// before takes the figures of the report before, and the result that it showed.
func (g *gathering) before(ctx context.Context, w ReportWish) error {
	r, err := g.d.cfg.Reports.NewestReport(ctx, g.who.Org, g.s.Product, w.Unit, g.s.ID)
	if errors.Is(err, fault.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	_, b, err := g.d.cfg.Reports.Report(ctx, g.who.Org, r.ID, r.Edition)
	if err != nil {
		return err
	}
	old, err := report.ReadSnapshot(b.Snapshot)
	if err != nil {
		return fmt.Errorf("report before, %s: %w", r.ID, err)
	}
	doc, err := report.Compose(old, g.d.cfg.Words, "")
	if err != nil {
		return fmt.Errorf("report before, %s: %w", r.ID, err)
	}
	g.s.Before = old.Result
	g.s.Previous = &report.Previous{ID: r.ID, Inputs: r.Snapshot, AsOf: r.AsOf, Facts: doc.Facts}
	return nil
}

func (g *gathering) register(ctx context.Context, _ ReportWish) error {
	stored, c, err := g.d.risks(ctx, g.who.Org)
	if err != nil {
		return err
	}
	g.s.Context = c
	for _, e := range entriesOf(stored) {
		if g.p.Subject == "portfolio" || strings.HasPrefix(g.s.Unit, assessment.Portfolio+":") || g.project != "" && e.Project == g.project {
			g.s.Register = append(g.s.Register, e)
		}
	}
	if len(g.s.Register) == 0 {
		g.s.Lacking = append(g.s.Lacking, "register")
	}
	return nil
}

// mostForecasts is how many of a country's forecasts go into a report.
const mostForecasts = 6

// forecasts takes what was written down about the unit's country and is open: the newest of
// each month.
func (g *gathering) forecasts(ctx context.Context, _ ReportWish) error {
	list, err := g.d.openForecasts(ctx, g.who.Org)
	if err != nil {
		return err
	}
	newest, older := map[panel.Month]ledger.Entry{}, map[panel.Month]ledger.Entry{}
	for _, e := range list {
		u, ok := panel.ByID(e.Unit)
		if !ok || u.ISO() != g.country || e.Kind != ledger.Model {
			continue
		}
		switch was, ok := newest[e.Month]; {
		case !ok:
			newest[e.Month] = e
		case e.Issued.After(was.Issued):
			newest[e.Month], older[e.Month] = e, was
		case was.Maker == e.Maker && e.Issued.After(older[e.Month].Issued):
			older[e.Month] = e
		}
	}
	for m, e := range newest {
		f := report.Forecast{Deaths: e.Threshold, Country: g.country, Until: m.String(), Chance: e.Chance, Base: &e.Base, Evidence: e.Maker + "/" + e.Origin.String()}
		if was, ok := older[m]; ok {
			f.Last = &was.Chance
		}
		g.s.Forecasts = append(g.s.Forecasts, f)
	}
	slices.SortFunc(g.s.Forecasts, func(a, b report.Forecast) int { return strings.Compare(a.Until, b.Until) })
	g.s.Forecasts = g.s.Forecasts[:min(mostForecasts, len(g.s.Forecasts))]
	if len(g.s.Forecasts) == 0 {
		g.s.Lacking = append(g.s.Lacking, "forecasts")
	}
	return nil
}

// watch takes open warnings, blind spots and rules that keep things from being told.
func (g *gathering) watch(ctx context.Context, _ ReportWish) error {
	q, err := g.d.Queue(ctx, g.who, Filter{Show: Open, Page: Page{Limit: 1000}})
	if err != nil {
		return err
	}
	q.Rows = slices.DeleteFunc(q.Rows, func(r Row) bool { return !g.mine(r.Project.ID) })
	ids := make([]string, len(q.Rows))
	for i, r := range q.Rows {
		ids[i] = r.Warning.ID
	}
	if g.open, err = g.d.cfg.Reports.WarningsWhole(ctx, g.who.Org, ids); err != nil {
		return err
	}
	for _, r := range q.Rows {
		// The row's own has its first assets only, and would count the others wrongly.
		if i := slices.IndexFunc(g.open, func(w warning.Warning) bool { return w.ID == r.Warning.ID }); i >= 0 {
			r.Warning = g.open[i]
		}
		w := report.Warning{
			ID: r.Warning.ID, Level: int(r.Warning.Level), Headline: g.say.Headline(r.Warning), Project: r.Project.Name, Since: r.Since.UTC(), ETA: r.Warning.ETA.UTC(),
			People: r.People, Family: string(r.Warning.Family), TLP: r.Warning.TLP,
		}
		if r.Answer != nil {
			w.Answered = r.Answer.By
		}
		g.s.Warnings = append(g.s.Warnings, w)
	}
	spots, err := g.d.Blind(ctx, g.who)
	if err != nil {
		return err
	}
	for _, b := range spots {
		if b.Project.ID != "" && !g.mine(b.Project.ID) {
			continue
		}
		text := b.Source
		if b.Family != "" {
			text = firstOf(strings.TrimPrefix(g.say.Hazard(b.Family)+", "+b.Source, ", "), b.Reason)
			text = strings.TrimSuffix(text, ", ")
		}
		g.s.Unseen = append(g.s.Unseen, report.Unseen{Reason: b.Reason, Text: text, Project: b.Project.Name, Since: b.Since.UTC()})
	}
	rules, err := g.d.Rules(ctx, g.who)
	for _, r := range rules {
		if r.Mode == "on" && r.Then == "suppress" {
			g.s.Muted = append(g.s.Muted, report.Muted{Name: firstOf(r.Name, r.ID), Since: r.Since.UTC()})
		}
	}
	return err
}

func (g *gathering) scenario(ctx context.Context, w ReportWish) error {
	if w.Scenario == "" {
		return nil
	}
	list, err := g.d.Scenarios(ctx, g.who)
	if err != nil {
		return err
	}
	for _, x := range list {
		if x.ID == w.Scenario {
			g.s.Scenario = &report.Scenario{ID: x.ID, Name: x.Name, Before: x.Before, After: x.After}
			if l := x.Loss; l != nil {
				g.s.Scenario.Loss = &report.ScenarioLoss{Risks: l.Risks, Before: l.Before, After: l.After}
			}
			return nil
		}
	}
	return fmt.Errorf("scenario %.60q: %w", w.Scenario, fault.ErrNotFound)
}

// timeline takes what the journal holds about a warning.
func (g *gathering) timeline(ctx context.Context, w ReportWish) error {
	if w.Warning == "" {
		return nil
	}
	story, err := g.d.Story(ctx, g.who, w.Warning)
	if err != nil {
		return err
	}
	g.s.Name = g.say.Headline(story.Warning)
	for _, x := range story.Moments {
		text := strings.Join(strings.Fields(strings.Join([]string{x.Kind, x.Who, x.Channel, x.State, x.Detail}, " ")), " ")
		g.s.Timeline = append(g.s.Timeline, report.Moment{At: x.At.UTC(), Text: text, Evidence: w.Warning})
	}
	return nil
}
