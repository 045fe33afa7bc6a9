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
	"watchfire.dev/internal/gazetteer"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/portfolio"
)

// ProjectKind is the kind of a row that stands for all of a project's assets in a country:
// its Asset and Name are the project's.
const ProjectKind portfolio.Kind = "project"

// placed matches an event that draws nothing but names where it is, at the level that it
// knows and no deeper. A country gives one row a project with assets there, with all the
// people in that country; a first-level division gives a row an asset in it, by ISO 3166-2
// code, by name or because the asset lies inside its outline. Assets of which neither tells
// cannot be told apart from those inside: their project gets the country's row, with a note.
// A division named beside its country replaces it. A county whose outline is known counts as
// if it were drawn. What is recorded of an asset and where it lies both count: at a border,
// and where the border is disputed, the asset belongs to both sides.
//
// The chance at one place falls with vagueness: a place "in the country" is ours with a
// fifth, one in the division with a half [D]. Travel advice speaks of countries by its
// nature and is not lowered; divisions named in it are parts of the country's advice.
func (a *assessment) placed() []Exposure {
	v := a.vague()
	wide := nationals{} // what is known of a country alone
	named, counties := a.spots()
	if len(named) > 0 && !a.x.undrawn && !gazetteer.Drawn(gazetteer.Country) {
		a.notes = append(a.notes, "this program was built without the outlines of countries: named areas were matched by what is recorded of the assets alone")
	}
	rows := a.counties(counties)
	fine := map[string]bool{} // countries of which a division is named
	for _, s := range named {
		fine[s.country] = fine[s.country] || a.e.Hazard != event.Advice && s.admin1 != ""
	}
	for _, s := range named {
		switch {
		case !fine[s.country]:
			a.nation(s, wide)
		case s.admin1 != "":
			rows = append(rows, a.division(s, &v, wide)...)
		}
	}
	for _, project := range slices.Sorted(maps.Keys(wide)) {
		if r, ok := a.national(project, wide[project], &v); ok {
			rows = append(rows, r)
		}
	}
	return distinctRows(rows)
}

// nation notes the assets of a country by their projects.
func (a *assessment) nation(s spot, wide nationals) {
	recorded, outlined := a.within(s)
	for _, id := range recorded {
		wide.add(a.x.target(id).asset.Project, s.country, id, s.note)
	}
	for _, id := range outlined {
		wide.add(a.x.target(id).asset.Project, s.country, id, s.note)
		wide.add(a.x.target(id).asset.Project, s.country, id, "some assets lie inside the outline of "+s.country+" and are recorded elsewhere")
	}
}

// nationals holds, by project, the countries of which only the name is known, and why.
type nationals map[string]*national

type national struct {
	countries, notes []string
	assets           map[int32]struct{}
}

func (n nationals) add(project, country string, asset int32, note string) {
	at := n[project]
	if at == nil {
		at = &national{assets: map[int32]struct{}{}}
		n[project] = at
	}
	at.assets[asset] = struct{}{}
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

// division gives the rows of the assets in a first-level division, and notes the projects
// whose assets may lie in it without our knowing, with the reason.
func (a *assessment) division(s spot, v *view, wide nationals) (rows []Exposure) {
	d := a.newDivision(s)
	certain := map[string]bool{}
	type doubt struct {
		assets []int32
		notes  []string
	}
	doubts := map[string]*doubt{}
	signals := evidence(a.e.Reports)
	recorded, outlined := a.within(s)
	for _, id := range slices.Concat(recorded, outlined) {
		t := a.x.target(id)
		project := t.asset.Project
		switch how, note := a.member(id, d); how {
		case inside:
			certain[project] = true
			h, ok := a.judged(v, id, 0, false)
			if !ok {
				break
			}
			h.how, h.p = Admin1, h.p.Scale(a.x.rules.Admin1)
			if a.rate(h) {
				r := a.row(h, signals)
				r.Inputs = append(r.Inputs, Input{"share of a vague place", a.x.rules.Admin1, ""})
				r.Notes = append(r.Notes, notEmpty(note, s.note)...)
				a.divisionChainage(&r, t, h, s)
				rows = append(rows, r)
			}
		case doubtful:
			at := doubts[project]
			if at == nil {
				at = &doubt{}
				doubts[project] = at
			}
			at.assets = append(at.assets, id)
			for _, n := range notEmpty(note, s.note) {
				if !slices.Contains(at.notes, n) {
					at.notes = append(at.notes, n)
				}
			}
		}
	}
	for _, id := range recorded { // the country's row counts everybody in the country
		if project := a.x.target(id).asset.Project; doubts[project] != nil && !certain[project] {
			wide.add(project, s.country, id, "")
		}
	}
	for _, project := range slices.Sorted(maps.Keys(doubts)) {
		if certain[project] {
			continue
		}
		for _, id := range doubts[project].assets {
			wide.add(project, s.country, id, "")
		}
		for _, note := range doubts[project].notes {
			wide.add(project, s.country, doubts[project].assets[0], note)
		}
	}
	return rows
}

func notEmpty(notes ...string) []string {
	return slices.DeleteFunc(notes, func(n string) bool { return n == "" })
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
	for id := range at.assets { // a sum: the order does not matter
		t := a.x.target(id)
		out.Persons += t.asset.HeadCount(when, t.zone)
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
