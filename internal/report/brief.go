package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/register"
	"watchfire.dev/internal/report/document"
)

// kinship says which hazards a daily brief looks at together; what is in none of them is
// security.
var kinship = [...]struct {
	name     string
	families []event.Hazard
}{
	{"health", []event.Hazard{event.Outbreak, event.AirQuality}},
	{"weather", []event.Hazard{event.Storm, event.Cyclone, event.Flood, event.Heat, event.Cold, event.Drought, event.Wildfire, event.Landslide, event.Marine, event.Earthquake, event.Tsunami, event.Volcano}},
	{"other", nil},
}

// families is health, weather and the rest: what is open of each.
func (m *maker) families() ([]document.Block, string, error) {
	var rows [][]document.Cell
	for i, k := range kinship {
		open, top := 0, 0
		for _, w := range m.s.Warnings {
			last := i == len(kinship)-1
			if slices.Contains(k.families, event.Hazard(w.Family)) || last && !kin(event.Hazard(w.Family)) {
				open, top = open+1, max(top, w.Level)
			}
		}
		level := document.Cell{Text: m.t("family.none"), Dim: true}
		if open > 0 {
			level = document.Cell{Text: m.level(top), Band: top}
		}
		rows = append(rows, []document.Cell{cell(m.t("family." + k.name)), level, num(fmt.Sprint(open), float64(open), "")})
	}
	return []document.Block{m.table("families", m.cols("what", "level", "#open"), rows)}, "", nil
}

// kin tells whether a family is one of those with a name.
func kin(h event.Hazard) bool {
	return slices.ContainsFunc(kinship[:], func(k struct {
		name     string
		families []event.Hazard
	},
	) bool {
		return slices.Contains(k.families, h)
	})
}

// mostPlanned is how many appointments the table shows, mostLate how many of them may be late;
// the rest are counted.
const (
	mostPlanned = 5
	mostLate    = 2
)

// planned is the calendar of the next 72 hours: what is late or due by the register, and what
// is known to come.
func (m *maker) planned() ([]document.Block, string, error) {
	list := slices.Clone(m.s.Planned)
	late, more := 0, 0
	for _, d := range m.dues(m.s.AsOf.Add(72 * time.Hour)) {
		if d.Late {
			if late++; late > mostLate { // what comes must not be hidden by what did not
				more++
				continue
			}
		}
		list = append(list, Planned{At: d.Day.Time(), Day: true, Kind: "due." + string(d.Kind), Text: d.Title, Who: d.Owner})
	}
	slices.SortStableFunc(list, func(a, b Planned) int { return a.At.Compare(b.At) })
	if len(list) == 0 {
		return []document.Block{{Text: m.t("planned.none")}}, "", nil
	}
	var rows [][]document.Cell
	for _, p := range list[:min(mostPlanned, len(list))] {
		when, kind := cell(m.say.Minute(p.At, m.s.AsOf, m.s.Zone)), m.t("plan."+p.Kind)
		if p.Day {
			when = cell(m.day(register.DayOf(p.At.In(m.say.Location(m.s.Zone)))))
		}
		if name, ok := strings.CutPrefix(p.Kind, "due."); ok {
			when, kind = cell(m.day(register.DayOf(p.At))), m.t("duekind."+name)
			if p.At.AddDate(0, 0, 1).Before(m.s.AsOf) {
				when = document.Cell{Text: strings.ReplaceAll(m.t("late_by", "N", int(m.s.AsOf.Sub(p.At).Hours()/24)), " ", "\u00a0"), Band: 2}
			}
		}
		key := "planned.what"
		if p.Who != "" {
			key = "planned.whose"
		}
		rows = append(rows, []document.Cell{when, cell(m.t(key, "Kind", kind, "Text", m.told(p.Text, p.TLP), "Who", p.Who))})
	}
	blocks := []document.Block{m.table("planned", m.cols("when", "what"), rows)}
	if more += len(list) - len(rows); more > 0 {
		blocks = append(blocks, document.Block{Text: m.t("due.more", "N", more)})
	}
	return blocks, m.say.Zone(m.s.AsOf, m.s.Zone), nil
}

// dues are what the register says has a day that is over or comes before an instant.
func (m *maker) dues(until time.Time) []register.Due {
	var list []register.Due
	for _, r := range m.rows {
		for _, d := range r.Due {
			if d.Day != "" && (d.Late || d.Day.Time().Before(until)) {
				list = append(list, d)
			}
		}
	}
	register.SortDue(list)
	return list
}

// mostRoutes is how many routes the table shows.
const mostRoutes = 3

// routes is how the project's routes stand; a project without one has no such section.
func (m *maker) routes() ([]document.Block, string, error) {
	if len(m.s.Routes) == 0 {
		return nil, "", nil
	}
	var rows [][]document.Cell
	for _, r := range m.s.Routes[:min(mostRoutes, len(m.s.Routes))] {
		state, where := document.Cell{Text: m.t("route." + fmt.Sprint(r.Level)), Band: r.Level}, "–"
		switch {
		case len(r.Parts) > 0:
			var parts []string
			for _, p := range joined(r.Parts) {
				parts = append(parts, m.t("route.km", "From", m.say.Magnitude(p.From), "To", m.say.Magnitude(p.To)))
			}
			where = strings.Join(parts, m.t("comma"))
		case r.Level > 0:
			where = m.t("route.whole")
		}
		rows = append(rows, []document.Cell{cell(r.Name), state, cell(where), cell(m.told(firstOf(r.Warning, "–"), r.TLP))})
	}
	blocks := []document.Block{m.table("routes", m.cols("route", "state", "where", "warning"), rows)}
	if len(m.s.Routes) > mostRoutes {
		blocks = append(blocks, document.Block{Text: m.t("due.more", "N", len(m.s.Routes)-mostRoutes)})
	}
	return blocks, "", nil
}

// joined are stretches of a route, those that touch as one.
func joined(parts []Stretch) []Stretch {
	list := slices.Clone(parts)
	slices.SortFunc(list, func(a, b Stretch) int { return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To)) })
	var out []Stretch
	for _, p := range list {
		if n := len(out); n > 0 && p.From <= out[n-1].To {
			out[n-1].To = max(out[n-1].To, p.To)
			continue
		}
		out = append(out, p)
	}
	return out
}

// mostAdvice is how many things a daily brief asks for.
const mostAdvice = 3

// advice is what to do today: what the open warnings ask for, then what is late by the register.
func (m *maker) advice() ([]document.Block, string, error) {
	var list []document.Sentence
	said := map[string]bool{}
	for _, a := range m.s.Advice {
		if len(list) == mostAdvice {
			break
		}
		if key := a.Text + "\x00" + a.Why; !said[key] {
			said[key] = true
			list = append(list, document.Sentence{Strong: strings.TrimRight(a.Text, ".。") + ":", Text: m.told(a.Why, a.TLP), Evidence: []string{a.Evidence}})
		}
	}
	for _, d := range m.dues(m.s.AsOf.Add(24 * time.Hour)) {
		if len(list) == mostAdvice {
			break
		}
		list = append(list, document.Sentence{Strong: m.t("duekind."+string(d.Kind)) + ":", Text: m.t("advice.due", "Title", d.Title, "Who", firstOf(d.Owner, m.t("no_owner")))})
	}
	if len(list) == 0 {
		return []document.Block{{Text: m.t("advice.none")}}, "", nil
	}
	return []document.Block{{List: list}}, "", nil
}
