package exposure

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure/impact"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/portfolio"
)

// ProjectKind is the kind of a row that stands for all of a project's assets in a country:
// its Asset and Name are the project's.
const ProjectKind portfolio.Kind = "project"

// placed matches an event that draws nothing but names where it is, at the level that it
// knows and no deeper. A country gives one row a project with assets there, with all the
// people in that country; a first-level division gives a row an asset in it, by ISO 3166-2
// code or by name. Assets whose own division is not recorded, or is written in the other
// way, cannot be told apart from those inside: their project gets the country's row, with a
// note. A division named beside its country replaces it.
//
// The chance at one place falls with vagueness: a place "in the country" is ours with a
// fifth, one in the division with a half [D]. Travel advice speaks of countries by its
// nature and is not lowered; divisions named in it are parts of the country's advice.
func (a *assessment) placed() []Exposure {
	v := a.vague()
	wide := nationals{} // what is known of a country alone
	var rows []Exposure
	fine := map[string]bool{} // countries of which a division is named
	for _, p := range a.e.Places {
		if a.e.Hazard != event.Advice && p.Admin1 != "" {
			fine[strings.ToUpper(p.Country)] = true
		}
	}
	seen := map[string]struct{}{}
	for _, p := range a.e.Places {
		country := strings.ToUpper(p.Country)
		key := country + " " + a.x.fold(p.Admin1)
		if _, again := seen[key]; again || len(a.x.country[country]) == 0 {
			continue
		}
		seen[key] = struct{}{}
		switch {
		case !fine[country]:
			for _, project := range a.x.projectsIn(country) {
				wide.add(project, country, "")
			}
		case p.Admin1 != "":
			rows = append(rows, a.division(country, p.Admin1, &v, wide)...)
		}
	}
	for _, project := range slices.Sorted(maps.Keys(wide)) {
		if r, ok := a.national(project, wide[project], &v); ok {
			rows = append(rows, r)
		}
	}
	return distinctRows(rows)
}

// nationals holds, by project, the countries of which only the name is known, and why.
type nationals map[string]*national

type national struct{ countries, notes []string }

func (n nationals) add(project, country, note string) {
	at := n[project]
	if at == nil {
		at = &national{}
		n[project] = at
	}
	if !slices.Contains(at.countries, country) {
		at.countries = append(at.countries, country)
		slices.Sort(at.countries)
	}
	if note != "" && !slices.Contains(at.notes, note) {
		at.notes = append(at.notes, note)
	}
}

// distinctRows keeps the strongest row of an asset, in the order of all rows.
func distinctRows(rows []Exposure) []Exposure {
	slices.SortFunc(rows, func(r, s Exposure) int {
		return cmp.Or(strings.Compare(r.Project, s.Project), strings.Compare(r.Asset, s.Asset),
			cmp.Compare(s.Level, r.Level), cmp.Compare(s.P[1], r.P[1]), strings.Compare(strings.Join(r.Notes, "\n"), strings.Join(s.Notes, "\n")))
	})
	return slices.CompactFunc(rows, func(r, s Exposure) bool { return r.Project == s.Project && r.Asset == s.Asset })
}

// bounded keeps the strongest rows when there are too many.
func (a *assessment) bounded(rows []Exposure) []Exposure {
	most := a.x.rules.MaxRows
	if len(rows) <= most {
		return rows
	}
	left := len(rows) - most
	slices.SortStableFunc(rows, func(r, s Exposure) int {
		return cmp.Or(cmp.Compare(s.Level, r.Level), cmp.Compare(s.P[2], r.P[2]), cmp.Compare(s.P[1], r.P[1]))
	})
	rows = distinctRows(rows[:most])
	rows[0].Notes = append(rows[0].Notes, fmt.Sprintf("%d weaker rows of this event are not kept", left))
	return rows
}

// projectsIn lists the projects with assets in a country, sorted.
func (x *Index) projectsIn(country string) []string {
	var out []string
	for _, id := range x.country[country] { // assets are sorted by project
		if p := x.targets[id].asset.Project; len(out) == 0 || out[len(out)-1] != p {
			out = append(out, p)
		}
	}
	return out
}

// division gives the rows of the assets in a first-level division, and notes the projects
// whose assets may lie in it without our knowing, with the reason.
func (a *assessment) division(country, name string, v *view, wide nationals) (rows []Exposure) {
	want := a.x.fold(name)
	certain := map[string]bool{}
	doubtful := map[string]string{}
	signals := evidence(a.e.Reports)
	for _, id := range a.x.country[country] {
		t := &a.x.targets[id]
		switch {
		case t.admin1 == want && want != "":
			certain[t.asset.Project] = true
			if h, ok := a.judged(v, id, 0, false); ok {
				h.how, h.p = Admin1, h.p.Scale(a.x.rules.Admin1)
				if a.rate(h) {
					r := a.row(h, signals)
					r.Inputs = append(r.Inputs, Input{"share of a vague place", a.x.rules.Admin1, ""})
					rows = append(rows, r)
				}
			}
		case t.admin1 == "":
			doubtful[t.asset.Project] = "the source names " + name + "; the division of some assets is not recorded"
		case isCode(t.admin1) != isCode(want):
			doubtful[t.asset.Project] = "the source names " + name + ", which cannot be compared with how the assets' divisions are written"
		}
	}
	for _, project := range slices.Sorted(maps.Keys(doubtful)) {
		if !certain[project] {
			wide.add(project, country, doubtful[project])
		}
	}
	return rows
}

// national is the row of one project for whole countries.
func (a *assessment) national(project string, at *national, v *view) (Exposure, bool) {
	r, err := v.judge(bare(), 0)
	if err != nil {
		return Exposure{}, false
	}
	share := a.x.rules.Country
	if a.e.Hazard == event.Advice {
		share = 1
	}
	a.demand(&r, false)
	h := hit{view: v, how: Country, share: share, result: r, p: r.P.Scale(a.pEvent * share)}
	if !a.rate(&h) {
		return Exposure{}, false
	}
	name := a.x.projects[project].Name
	if name == "" {
		name = project
	}
	out := Exposure{
		Event: a.e.ID, Revision: a.e.Revision, Hazard: a.e.Hazard, Project: project, Asset: project, Kind: ProjectKind, Name: name,
		How: Country, Intensity: Intensity(r.Intensity), ETA: a.eta(&h), Until: a.until(v), PEvent: a.pEvent, P: h.p,
		Level: h.level, Floor: r.Floor, FloorReason: r.FloorReason, Formula: r.Formula, Source: r.Source, Method: r.Method,
		Evidence: evidence(a.e.Reports),
	}
	when := a.now
	if out.ETA.After(when) {
		when = out.ETA
	}
	for _, country := range at.countries {
		for _, id := range a.x.country[country] {
			if t := &a.x.targets[id]; t.asset.Project == project {
				out.Persons += t.asset.HeadCount(when, t.zone)
			}
		}
	}
	out.Inputs = append([]Input{{"probability of the event", a.pEvent, ""}, {"share of a vague place", share, ""}}, v.inputs(bare(), 0)...)
	out.Notes = slices.Concat(r.Notes, v.notes, a.notes, []string{
		"matched by country alone (" + strings.Join(at.countries, ", ") + "): the place inside it is not known",
	}, at.notes)
	return out, true
}

// vague is the view of an event without a place.
func (a *assessment) vague() view {
	switch a.e.Hazard {
	case event.Advice:
		if v, ok := a.advice(); ok {
			return v
		}
	case event.Outbreak:
		if in, known := a.outbreakInput(); known {
			v := view{}
			in.Grave = false // the rule is by distance, which nobody knows
			v.judge = func(*target, float64) (impact.Result, error) { return a.x.method.Outbreak(in) }
			v.inputs = func(*target, float64) []Input {
				return []Input{{"share ill", in.Share, ""}, {"growth", in.GrowthPerDay, "1/d"}}
			}
			return v
		}
	}
	v := a.plain()
	if !violent(a.e.Hazard) {
		return v
	}
	_, w := a.incidentWeight()
	judge, inputs := v.judge, v.inputs
	v.judge = func(t *target, km float64) (impact.Result, error) {
		r, err := judge(t, km)
		r.P = w.apply(r.P)
		return r, err
	}
	v.inputs = func(t *target, km float64) []Input {
		return append(inputs(t, km), w.inputs()...)
	}
	return v
}

// adviceReview is how long a change of travel advice counts as one: after that it is due
// for review and the step is simply what is advised (METHOD.md 1.8, travel advice).
const adviceReview = 90 * 24 * time.Hour

// advice sees the travel advice of every government that speaks of the country: its step now
// and, when it changed within the time of review, the step before. Standing advice without a
// change stays green: it is for the assessment of the country, not for a warning.
func (a *assessment) advice() (view, bool) {
	changes := a.adviceChanges()
	if len(changes) == 0 {
		if a.e.Severity != "" {
			return view{}, false // somebody pushed a severity instead of a step: the default curve reads it
		}
		changes = []impact.Advice{{Government: "none that states a step", After: 1}}
	}
	v := view{}
	v.judge = func(*target, float64) (impact.Result, error) { return a.x.method.TravelAdvice(changes) }
	v.inputs = func(*target, float64) []Input {
		var out []Input
		for _, c := range changes {
			out = append(out, Input{"advice step now, " + c.Government, float64(c.After), ""}, Input{"advice step before, " + c.Government, float64(c.Before), ""})
		}
		return out
	}
	return v, true
}

// adviceChanges lists the governments of the reports that stand; of two reports of one
// government the one that changed last comes last, and counts. An event whose reports hold no steps, as a rule's case or a push may make it, is read
// by its measures advice_level and advice_before.
func (a *assessment) adviceChanges() []impact.Advice {
	var out []impact.Advice
	reports := slices.DeleteFunc(slices.Clone(a.e.Reports), func(r event.Standing) bool { return r.Stand != event.Live || r.Advice.Now == 0 })
	slices.SortStableFunc(reports, func(r, s event.Standing) int {
		return cmp.Or(r.Advice.Since.Compare(s.Advice.Since), r.Received.Compare(s.Received))
	})
	for _, r := range reports {
		c := impact.Advice{Government: cmp.Or(r.Owner, r.Source), After: r.Advice.Now}
		if a.now.Sub(r.Advice.Since) <= adviceReview {
			c.Before = r.Advice.Before
		}
		out = append(out, c)
	}
	if now, ok := measure(a.e.Measures, "advice_level"); ok && len(out) == 0 && now.Value >= 1 {
		c := impact.Advice{Government: "this source", After: int(math.Round(clamp(now.Value, 1, level.Classes)))}
		if before, ok := measure(a.e.Measures, "advice_before"); ok {
			c.Before = int(math.Round(clamp(before.Value, 0, level.Classes)))
		}
		out = append(out, c)
	}
	return out
}
