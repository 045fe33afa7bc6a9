package desk

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"watchfire.dev/internal/assessment"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure"
	"watchfire.dev/internal/indicator"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/quantile"
	"watchfire.dev/internal/register"
	"watchfire.dev/internal/report"
)

// Within how many minutes a warning should be acknowledged (METHOD 4.1).
const (
	orangeMinutes = 30
	redMinutes    = 5
)

// answers reckons how fast the warnings of the period were acknowledged.
func (g *gathering) answers(ctx context.Context, _ ReportWish) error {
	if !g.has("answers") {
		return nil
	}
	lives, err := g.livesSince(ctx, g.s.From)
	if err != nil {
		return err
	}
	out := answersOf(lives, g.s.From, g.s.To)
	g.s.Answers = &out
	return nil
}

// answersOf counts warnings that were told at a level within a span of time.
func answersOf(lives []WarningLife, from, to time.Time) report.Answers {
	out := report.Answers{Orange: paceOf(lives, level.Orange, orangeMinutes, from, to), Red: paceOf(lives, level.Red, redMinutes, from, to)}
	for _, l := range lives {
		if t := told(l); t.IsZero() || t.Before(from) || !t.Before(to) {
			continue
		}
		out.Told, out.Sent, out.Failed = out.Told+1, out.Sent+l.Sent, out.Failed+l.Failed
		if l.Arrived > 0 {
			out.Reached++
		}
	}
	return out
}

// paceOf counts one level. What turned red is counted at both: each was told.
func paceOf(lives []WarningLife, at level.Level, limit int, from, to time.Time) report.Pace {
	out := report.Pace{Limit: limit}
	var minutes []float64
	for _, l := range lives {
		when := l.Told[at]
		if when.IsZero() || when.Before(from) || !when.Before(to) {
			continue
		}
		out.N++
		if l.Answered[at].IsZero() {
			out.Never++
			continue
		}
		took := l.Answered[at].Sub(when)
		minutes = append(minutes, took.Minutes())
		if took <= time.Duration(limit)*time.Minute {
			out.InTime++
		}
	}
	out.Minutes = medianOf(minutes)
	return out
}

// medianOf sorts a list; nil = it is empty.
func medianOf(list []float64) *float64 {
	if len(list) == 0 {
		return nil
	}
	slices.Sort(list)
	median := quantile.Of(list, .5)
	return &median
}

const (
	nearKM   = 25 // METHOD 4.1: tolerance of place
	mostNear = 20
)

// nearMisses takes events of the period that came close and were no warning.
func (g *gathering) nearMisses(ctx context.Context, _ ReportWish) error {
	if !g.has("near") {
		return nil
	}
	events, err := g.d.cfg.Reports.EventsChanged(ctx, g.who.Org, g.s.From, g.s.AsOf, "")
	if err != nil {
		return err
	}
	events = slices.DeleteFunc(events, func(e event.Event) bool { return !happened(e, g.s.From, g.s.To) })
	rows, err := g.rowsOf(ctx, events)
	if err != nil {
		return err
	}
	at := make(map[string]event.Event, len(events))
	for _, e := range events {
		at[e.ID] = e
	}
	found := closest(rows)
	for _, r := range found[:min(mostNear, len(found))] {
		e := at[r.Event]
		p, _ := g.index.Project(r.Project)
		g.s.Near = append(g.s.Near, report.Near{
			Event: e.ID, Title: e.Title, Family: string(e.Hazard.Family()), Project: firstOf(p.Name, r.Project), Asset: r.Name, KM: r.DistanceKM, At: occurred(e).UTC(), Class: r.Observed, TLP: e.TLP,
		})
	}
	g.s.NearMore = len(found) - len(g.s.Near)
	return nil
}

// happened tells whether an event took place in a span of time: it stands, its own time lies
// in it, and it is of a kind that has a place.
func happened(e event.Event, from, to time.Time) bool {
	switch e.Hazard {
	case event.Advice, event.Sanctions, event.Law, event.Cyber:
		return false
	}
	when := e.Occurred
	if when.IsZero() {
		when = e.Onset
	}
	return (e.State == event.Ongoing || e.State == event.Over) && !when.Before(from) && when.Before(to)
}

// closest are the rows that are near misses, one for each event and project: the nearest asset
// below the level of a warning, or the one where people saw harm of class I1. What was a
// warning at another asset of the project is none.
func closest(rows []exposure.Exposure) []exposure.Exposure {
	best := map[[2]string]exposure.Exposure{}
	warned := map[[2]string]bool{}
	for i := range rows {
		r := &rows[i]
		key := [2]string{r.Event, r.Project}
		if r.Level > level.Green && r.Observed != 1 || r.Observed > 1 {
			warned[key] = true
			continue
		}
		if r.Observed == 0 && (r.DistanceKM > nearKM || r.How != exposure.Inside && r.How != exposure.Distance) {
			continue
		}
		was, ok := best[key]
		if !ok || cmp.Or(cmp.Compare(was.Observed, r.Observed), cmp.Compare(r.DistanceKM, was.DistanceKM), cmp.Compare(r.Asset, was.Asset)) < 0 {
			best[key] = *r
		}
	}
	out := make([]exposure.Exposure, 0, len(best))
	for key, r := range best {
		if !warned[key] {
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b exposure.Exposure) int {
		return cmp.Or(cmp.Compare(b.Observed, a.Observed), cmp.Compare(a.DistanceKM, b.DistanceKM), cmp.Compare(a.Event, b.Event), cmp.Compare(a.Project, b.Project))
	})
	return out
}

// outlook reckons what the register's risks may do within 12 months.
func (g *gathering) outlook(context.Context, ReportWish) error {
	open := slices.ContainsFunc(g.s.Register, func(e register.Entry) bool { return !e.Closed })
	if g.has("outlook") && open {
		out := register.OutlookOf(g.s.Register, g.s.Context, register.Residual, g.s.AsOf, g.s.Seed)
		g.s.Outlook = &out
	}
	return nil
}

// complianceOf are the indicators about law and complaints, with the word that stands in the box
// of what is not known where nobody has given one.
var complianceOf = [...]struct{ indicator, lacking string }{
	{"own.screening_hits", "screening"},
	{"own.grievances", "grievances"},
	{"own.grievances_overdue", ""},
	{"own.permits_overdue", ""},
	{"own.land_cases", ""},
}

// compliance takes the newest values of each indicator by project.
func (g *gathering) compliance(ctx context.Context, _ ReportWish) error {
	if !g.has("compliance") {
		return nil
	}
	for _, x := range complianceOf {
		all, err := g.d.known(ctx, g.who.Org, x.indicator, "", g.s.AsOf)
		if err != nil {
			return err
		}
		n := len(g.s.Compliance)
		for _, o := range indicator.Select(all, g.s.AsOf, g.s.AsOf) {
			code, ok := strings.CutPrefix(o.Place, assessment.Project+":")
			p, known := g.index.ProjectByCode(code)
			if !ok || !known || !g.mine(p.ID) {
				continue
			}
			g.s.Compliance = append(g.s.Compliance, report.Compliance{Indicator: o.Indicator, Unit: p.Name, Value: o.Value, Of: o.Unit, Period: o.Period, Source: o.Source})
		}
		if x.lacking != "" && len(g.s.Compliance) == n {
			g.s.Lacking = append(g.s.Lacking, x.lacking)
		}
	}
	return nil
}
