package desk

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"

	"watchfire.dev/internal/assessment"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/geo"
	"watchfire.dev/internal/indicator"
	"watchfire.dev/internal/portfolio"
)

// mostSites is up to how many sites and routes are assessed by themselves although they have
// no number of their own: beyond, they would only repeat their project.
const mostSites = 300

// portfolioUnit is the unit that joins all projects.
const portfolioUnit = "portfolio:all"

// unitsOf makes units of a portfolio: projects, sites and routes, and all projects together,
// weighed by the people there.
func unitsOf(p portfolio.Portfolio, known []indicator.Observation) []assessment.Unit {
	own := map[string]bool{}
	for _, o := range known {
		own[o.Place] = true
	}
	ids, people := map[string]string{}, map[string]float64{}
	countries := map[string]string{}
	for _, pr := range p.Projects {
		ids[pr.ID], countries[pr.ID] = assessment.Project+":"+pr.Code, pr.Country
	}
	var out, parts []assessment.Unit
	for _, a := range p.Assets {
		n := present(a)
		people[a.Project] += n
		kind := map[portfolio.Kind]string{portfolio.Site: assessment.Site, portfolio.Route: assessment.Route}[a.Kind]
		if kind == "" || ids[a.Project] == "" {
			continue
		}
		code := ids[a.Project][len(assessment.Project)+1:] + "/" + a.Code
		parts = append(parts, assessment.Unit{
			ID: kind + ":" + code, Kind: kind, Name: a.Name, Country: cmp.Or(a.Country, countries[a.Project]), Parent: ids[a.Project], People: n,
		})
	}
	all := assessment.Unit{ID: portfolioUnit, Kind: assessment.Portfolio, Name: "portfolio"}
	for _, pr := range p.Projects {
		out = append(out, assessment.Unit{ID: ids[pr.ID], Kind: assessment.Project, Name: pr.Name, Country: pr.Country, People: people[pr.ID]})
		all.Members = append(all.Members, assessment.Member{Unit: ids[pr.ID], Weight: max(1, people[pr.ID])})
		all.People += people[pr.ID]
	}
	for _, u := range parts {
		if len(parts) <= mostSites || own[u.ID] {
			out = append(out, u)
		}
	}
	if len(all.Members) > 0 {
		out = append(out, all)
	}
	return out
}

// present is the largest head-count that an asset's shifts give.
func present(a portfolio.Asset) float64 {
	most := 0
	for _, s := range a.Shifts {
		most = max(most, s.Count)
	}
	return float64(most)
}

// A tally counts the watch's own events around a project.
type tally struct {
	name    string
	days    float64
	km      float64
	hazards []event.Hazard
}

// tallies are the indicators that come from the watch's own history of events.
var tallies = [...]tally{
	{"own.incidents_50km", 90, 50, []event.Hazard{event.Conflict, event.Terrorism}},
	{"own.terror_50km", 365, 50, []event.Hazard{event.Terrorism}},
	{"own.unrest_20km", 90, 20, []event.Hazard{event.Unrest}},
	{"own.kidnaps", 365, 80, []event.Hazard{event.Kidnap}},
	{"own.outbreaks", 90, 200, []event.Hazard{event.Outbreak}},
	{"own.natural_100km", 365, 100, []event.Hazard{event.Earthquake, event.Cyclone, event.Flood, event.Landslide, event.Wildfire, event.Volcano, event.Tsunami}},
}

// mostTallied is among how many events, the newest first, is counted.
const mostTallied = 20_000

// eachEvent goes through an organisation's events, the newest first and at most so many.
func (d *Desk) eachEvent(ctx context.Context, org string, most int, do func(event.Event)) error {
	page := Page{Limit: 1000}
	for n := 0; n < most; n += page.Limit {
		list, next, err := d.cfg.Store.EventList(ctx, org, page)
		if err != nil {
			return err
		}
		for _, e := range list {
			do(e)
		}
		if page.After = next; next == "" {
			break
		}
	}
	return nil
}

// watchedDays is for how long the watch must have kept events before their absence counts as
// zero: before, silence is not safety.
const watchedDays = 30

// ownHistory counts the watch's own events around each project, up to an instant. Without
// events of at least watchedDays it says nothing.
func (d *Desk) ownHistory(ctx context.Context, org string, p portfolio.Portfolio, now time.Time) ([]indicator.Observation, error) {
	var all []event.Event
	oldest := now
	if err := d.eachEvent(ctx, org, mostTallied, func(e event.Event) {
		all = append(all, e)
		if t := occurred(e); t.Before(oldest) {
			oldest = t
		}
	}); err != nil {
		return nil, err
	}
	if now.Sub(oldest) < watchedDays*24*time.Hour {
		return nil, nil
	}
	var out []indicator.Observation
	for _, pr := range p.Projects {
		for _, t := range tallies {
			n := 0
			for _, e := range all {
				age := now.Sub(occurred(e)).Hours() / 24
				if age >= 0 && age <= t.days && slices.Contains(t.hazards, e.Hazard) && near(e, p, pr.ID, t.km) {
					n++
				}
			}
			o, err := indicator.Own(indicator.Observation{
				Indicator: t.name, Place: assessment.Project + ":" + pr.Code, Period: now.UTC().Format(time.DateOnly), Value: float64(n), KnownAt: now,
				Source: "own watch, events of " + strconv.Itoa(int(t.days)) + " days within " + strconv.Itoa(int(t.km)) + " km", Grade: "B",
			}, now)
			if err != nil {
				return nil, err
			}
			out = append(out, o)
		}
	}
	return out, nil
}

func occurred(e event.Event) time.Time {
	for _, t := range []time.Time{e.Occurred, e.Onset, e.Updated} {
		if !t.IsZero() {
			return t
		}
	}
	return e.Fresh
}

// near tells whether an event's own point lies within so many kilometres of an asset of the
// project. A vague place (an area, or an uncertain point) is not near: it would count for all.
func near(e event.Event, p portfolio.Portfolio, project string, km float64) bool {
	for _, s := range e.Shapes {
		if len(s.Shape.Points) != 1 || s.Shape.RadiusKM > vague {
			continue
		}
		for _, a := range p.Assets {
			if a.Project != project {
				continue
			}
			for _, to := range corners(a.Shape) {
				if geo.DistanceKM(s.Shape.Points[0], to) <= km {
					return true
				}
			}
		}
	}
	return false
}

// vague is from how many kilometres of uncertainty on a point is no point any more.
const vague = 30

// corners are the points that stand for an asset: its own, or its outline's.
func corners(s geo.Shape) []geo.Point {
	if len(s.Points) > 0 {
		return s.Points
	}
	var out []geo.Point
	for _, p := range s.Polygons {
		for _, ring := range p {
			out = append(out, ring...)
		}
	}
	return out
}
