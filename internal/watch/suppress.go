package watch

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/warning"
)

// A Suppression says that rules of the users keep an event from a project's warning, and
// what the project would have been told. One is made for each change (of the rules, of the
// level, when it begins and when it is lifted), not for each signal.
type Suppression struct {
	Event   string       `json:"event"`
	Title   string       `json:"title"`
	Project string       `json:"project"`
	Family  event.Hazard `json:"family"`
	Rules   []string     `json:"rules"`   // ids of those that suppress, sorted
	Level   level.Level  `json:"level"`   // that the suppressed rows alone would have had
	Assets  int          `json:"assets"`  // suppressed rows
	Persons int          `json:"persons"` // at them
	Since   time.Time    `json:"since"`   // first suppressed
	At      time.Time    `json:"at"`      // of this change
	Lifted  bool         `json:"lifted,omitempty"`
}

// hush holds the rows that rules suppress, by project and family.
type hush map[group]*warning.Threat

func (h hush) add(e event.Event, x exposure.Exposure, effect warning.Effect) {
	g := group{x.Project, x.Hazard.Family()}
	t := h[g]
	if t == nil {
		t = &warning.Threat{Event: e}
		h[g] = t
	}
	t.Rows, t.Effects = append(t.Rows, x), append(t.Effects, effect)
}

// suppressed compares what rules suppress of an event with what they did before and returns
// the changes, by project and family.
func (c *Core) suppressed(e event.Event, now hush) []Suppression {
	before := c.hushed[e.ID]
	if len(before) == 0 && len(now) == 0 {
		return nil
	}
	var out []Suppression
	after := map[group]Suppression{}
	for g, t := range now {
		if !c.decides(g.project) {
			continue
		}
		s := Suppression{Event: e.ID, Title: e.Title, Project: g.project, Family: g.family, Since: c.now, At: c.now}
		for i := range t.Rows {
			s.Rules = append(s.Rules, t.Effects[i].Suppress...)
			s.Assets, s.Persons = s.Assets+1, s.Persons+t.Rows[i].Persons
		}
		slices.Sort(s.Rules)
		s.Rules = slices.Compact(s.Rules)
		s.Level = warning.Alone(*t, c.now, c.pol)
		if s.Level < level.Yellow {
			continue // nobody would have been warned
		}
		if old, was := before[g]; was {
			s.Since = old.Since
			if old.Level == s.Level && slices.Equal(old.Rules, s.Rules) {
				after[g] = old
				continue
			}
		}
		after[g], out = s, append(out, s)
	}
	for g, old := range before {
		if !c.decides(g.project) { // as it was: whoever decides it has got further
			after[g] = old
			continue
		}
		if _, still := after[g]; !still {
			old.At, old.Lifted = c.now, true
			out = append(out, old)
		}
	}
	if delete(c.hushed, e.ID); len(after) > 0 {
		c.hushed[e.ID] = after
	}
	sortSuppressions(out)
	return out
}

// restoreHush puts stored suppressions back, so that nothing is journalled twice.
func (c *Core) restoreHush(list []Suppression) {
	clear(c.hushed)
	for _, s := range list {
		if !c.merger.Holds(s.Event) {
			c.lost = append(c.lost, s)
			continue
		}
		if c.hushed[s.Event] == nil {
			c.hushed[s.Event] = map[group]Suppression{}
		}
		c.hushed[s.Event][group{s.Project, s.Family}] = s
	}
}

// lostLifted lifts what was suppressed of events that were forgotten while nobody ran.
func (c *Core) lostLifted(at time.Time) []Decision {
	var lifted, later []Suppression
	for _, s := range c.lost {
		if !c.decides(s.Project) {
			later = append(later, s)
			continue
		}
		s.At, s.Lifted = at, true
		lifted = append(lifted, s)
	}
	if c.lost = later; len(lifted) == 0 {
		return nil
	}
	sortSuppressions(lifted)
	return []Decision{{At: at, Suppressed: lifted}}
}

func sortSuppressions(list []Suppression) {
	slices.SortFunc(list, func(a, b Suppression) int {
		return cmp.Or(strings.Compare(a.Event, b.Event), strings.Compare(a.Project, b.Project), strings.Compare(string(a.Family), string(b.Family)))
	})
}
