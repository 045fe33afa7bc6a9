package desk

import (
	"context"
	"slices"
	"time"

	"watchfire.dev/internal/level"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/report"
	"watchfire.dev/internal/warning"
)

// planAhead is how far the calendar of a daily brief looks (METHOD 2.9).
const planAhead = 72 * time.Hour

// day takes what a daily brief says of today and the next 72 hours.
func (g *gathering) day(ctx context.Context, _ ReportWish) error {
	if !g.has("planned") && !g.has("routes") && !g.has("advice") {
		return nil
	}
	open := g.open
	if g.has("routes") {
		g.s.Routes = routesOf(g.book, open, g.mine, g.say.Headline)
	}
	if g.has("advice") {
		g.advice(open)
	}
	if !g.has("planned") {
		return nil
	}
	for _, w := range open {
		about := report.Planned{Text: g.say.Headline(w), TLP: w.TLP}
		g.plan(w.ETA, "arrival", about)
		g.plan(w.Until, "passes", about)
		if w.Proposal == warning.ProposalOpen {
			g.plan(w.ConfirmBy, "sign", about)
		}
	}
	g.s.Lacking = append(g.s.Lacking, "calendar")
	if err := g.duties(ctx); err != nil {
		return err
	}
	return g.papers(ctx)
}

// plan adds an appointment that lies within the next 72 hours.
func (g *gathering) plan(at time.Time, kind string, p report.Planned) {
	if p.At, p.Kind = at.UTC(), kind; at.After(g.s.AsOf) && !at.After(g.s.AsOf.Add(planAhead)) {
		g.s.Planned = append(g.s.Planned, p)
	}
}

// duties adds escalations that fall due, hand-overs of the desk, times in which nobody is on
// duty, and holidays of rotas that the project's page shows.
func (g *gathering) duties(ctx context.Context) error {
	due, err := g.d.cfg.Store.EscalationsDue(ctx, g.who.Org, g.s.AsOf.Add(planAhead))
	if err != nil {
		return err
	}
	for _, e := range due {
		if i := slices.IndexFunc(g.s.Warnings, func(w report.Warning) bool { return w.ID == e.Warning }); i >= 0 {
			g.plan(e.Due, "escalation", report.Planned{Text: g.s.Warnings[i].Headline, TLP: g.s.Warnings[i].TLP})
		}
	}
	duty, p, err := g.d.staffed(ctx, g.who.Org)
	if err != nil {
		return err
	}
	for _, r := range duty.Book.Rotas {
		plan, err := duty.Book.Ready(r.Code)
		if err != nil || len(r.Projects) > 0 && g.project != "" && !slices.Contains(r.Projects, g.project) {
			continue // a rota that does not work is named by the book's own check
		}
		for _, s := range plan.Shifts(g.s.AsOf, g.s.AsOf.Add(planAhead)) {
			switch {
			case s.Gap():
				g.plan(s.From, "no_duty", report.Planned{Text: firstOf(r.Name, r.Code)})
			case r.Desk:
				g.plan(s.From, "shift", report.Planned{Text: firstOf(r.Name, r.Code), Who: NameOfMember(duty, p, s.Member)})
			}
		}
		for _, h := range r.Holidays {
			if at, err := time.ParseInLocation(time.DateOnly, h.Date, plan.Zone()); err == nil && at.AddDate(0, 0, 1).After(g.s.AsOf) && !at.After(g.s.AsOf.Add(planAhead)) {
				g.s.Planned = append(g.s.Planned, report.Planned{At: at.UTC(), Day: true, Kind: "holiday", Text: h.Name})
			}
		}
	}
	return nil
}

// papers adds reports and questionnaires that fall due.
func (g *gathering) papers(ctx context.Context) error {
	list, err := g.d.schedules(ctx, g.who.Org)
	if err != nil {
		return err
	}
	for _, s := range list {
		zone, err := time.LoadLocation(s.Zone)
		if err != nil || s.Unit != g.s.Unit || s.Product == g.s.Product {
			continue
		}
		if next, ok := s.When().NextSlot(g.s.AsOf, zone); ok {
			g.plan(next.Due, "report", report.Planned{Text: g.say.T("report.product." + s.Product), Who: s.Approver})
		}
	}
	if g.d.cfg.Surveys == nil {
		return nil
	}
	surveys, err := g.d.cfg.Surveys.SurveyRows(ctx, g.who.Org)
	if err != nil {
		return err
	}
	for _, s := range surveys {
		if s.State != SurveyOpen || s.Survey.Project != "" && s.Survey.Project != g.project {
			continue
		}
		for _, at := range s.Survey.Deadlines {
			g.plan(at, "survey", report.Planned{Text: s.Survey.Title})
		}
	}
	return nil
}

// routesOf is how the routes of the unit stand under its open warnings.
func routesOf(p portfolio.Portfolio, open []warning.Warning, mine func(string) bool, headline func(warning.Warning) string) []report.Route {
	var out []report.Route
	for _, a := range p.Assets {
		if a.Kind != portfolio.Route || !mine(a.Project) {
			continue
		}
		r := report.Route{Code: a.Code, Name: a.Name}
		for _, w := range open {
			for i := range w.Rows {
				x := &w.Rows[i]
				l := min(x.Level, w.Level)
				if x.Asset != a.ID || l < level.Yellow {
					continue
				}
				if int(l) > r.Level {
					r.Level, r.Warning, r.TLP = int(l), headline(w), w.TLP
				}
				if s := (report.Stretch{From: x.FromKM, To: x.ToKM}); x.ToKM > x.FromKM && !slices.Contains(r.Parts, s) {
					r.Parts = append(r.Parts, s)
				}
			}
		}
		out = append(out, r)
	}
	return out
}

// Ranks of what to do: what nobody has answered, what pays by the playbook, what the level asks.
const (
	rankAnswer = 10
	rankAct    = 20
	rankDo     = 30
)

// advice lists what the open warnings of orange and red ask for, the graver first.
func (g *gathering) advice(open []warning.Warning) {
	for _, row := range g.s.Warnings {
		i := slices.IndexFunc(open, func(w warning.Warning) bool { return w.ID == row.ID })
		if i < 0 || open[i].Level < level.Orange {
			continue
		}
		w, worse := open[i], int(level.Red-open[i].Level)
		add := func(rank int, text string) {
			g.s.Advice = append(g.s.Advice, report.Advice{Text: text, Why: row.Headline, Rank: rank + worse, Evidence: w.ID, TLP: w.TLP})
		}
		if row.Answered == "" {
			add(rankAnswer, g.say.T("report.advice.answer"))
		}
		acted := false
		for _, a := range w.Actions {
			if a.Crossed {
				add(rankAct, g.say.Action(a))
				acted = true
			}
		}
		if do := g.say.Do(w); !acted && len(do) > 0 {
			add(rankDo, do[0])
		}
	}
}
