package watch

import (
	"slices"
	"strconv"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/warning"
)

// Memory is what a core has learned beside its events and warnings: how the reports of each
// source came out, and which sources are silent. It is part of the decision state: a core
// built from events and warnings alone would weigh a source differently.
type Memory struct {
	// Sources holds, by source and zone, of the resolved events those that it had reported:
	// hits that happened, false ones that did not.
	Sources map[string]map[string]Tally `json:"sources,omitempty"`
	// Zones holds all resolved events by zone: what a source of that zone could have reported.
	Zones    map[string]Tally   `json:"zones,omitempty"`
	Resolved map[string]Outcome `json:"resolved,omitempty"` // by event, while the core holds it
	Silent   map[string]Silence `json:"silent,omitempty"`   // by source
}

// A Tally counts resolved events.
type Tally struct {
	Hit   int `json:"hit"`
	False int `json:"false"`
}

// An Outcome is how one event came out, and what was counted for it.
type Outcome struct {
	Hit     bool     `json:"hit"`
	Person  bool     `json:"person,omitempty"` // a person said so: what sources say later does not change it
	Zone    string   `json:"zone"`
	Sources []string `json:"sources"`
}

// A Silence is a source that we have not heard for longer than its age limit.
type Silence struct {
	Since time.Time     `json:"since"`
	Every time.Duration `json:"every"` // its usual interval
}

// Record is how a source's reports came out against all resolved events of the zones (kind
// and region) in which it ever reported one: positives that happened, negatives that did not.
type Record struct {
	Hits, Positives, FalseAlarms, Negatives int
}

// Record returns the record of a source; the zero value when nothing of it was resolved.
func (m *Memory) Record(source string) Record {
	var r Record
	for zone, t := range m.Sources[source] { // sums do not depend on the order
		r.Hits, r.FalseAlarms = r.Hits+t.Hit, r.FalseAlarms+t.False
		r.Positives, r.Negatives = r.Positives+m.Zones[zone].Hit, r.Negatives+m.Zones[zone].False
	}
	return r
}

// zoneOf names kind and region of an event: its country where the sources name one, else a
// cell of ten degrees. A source is measured against what happens there, not elsewhere.
func zoneOf(e event.Event) string {
	zone := string(e.Hazard.Family())
	country := ""
	for _, p := range e.Places {
		if p.Country != "" && (country == "" || p.Country < country) {
			country = p.Country
		}
	}
	if country != "" {
		return zone + " " + country
	}
	if f, ok := e.Centre(); ok && len(f.Shape.Points) > 0 {
		p := f.Shape.Points[0]
		return zone + " " + strconv.Itoa(int(p.Lat+90)/10) + "/" + strconv.Itoa(int(p.Lon+180)/10)
	}
	return zone
}

// resolve counts how an event came out. Saying it twice counts once; a change of mind is
// counted back.
func (m *Memory) resolve(e event.Event, hit, person bool) (changed bool) {
	old, was := m.Resolved[e.ID]
	if was && (old.Person && !person || old.Hit == hit && old.Person == person) {
		return false
	}
	m.unresolve(e.ID)
	o := Outcome{Hit: hit, Person: person, Zone: zoneOf(e)}
	for _, r := range e.Reports {
		if r.Source == "" || r.Signal == "" || r.Stand == event.Gone {
			continue
		}
		if i, ok := slices.BinarySearch(o.Sources, r.Source); !ok {
			o.Sources = slices.Insert(o.Sources, i, r.Source)
		}
	}
	if len(o.Sources) == 0 {
		return was
	}
	m.count(o, 1)
	if m.Resolved == nil {
		m.Resolved = map[string]Outcome{}
	}
	m.Resolved[e.ID] = o
	return true
}

// unresolve takes an outcome back: the event goes on after all.
func (m *Memory) unresolve(eventID string) (changed bool) {
	o, was := m.Resolved[eventID]
	if was {
		m.count(o, -1)
		delete(m.Resolved, eventID)
	}
	return was
}

func (m *Memory) count(o Outcome, n int) {
	add := func(t Tally) Tally {
		if o.Hit {
			t.Hit += n
		} else {
			t.False += n
		}
		return t
	}
	if m.Zones == nil {
		m.Zones, m.Sources = map[string]Tally{}, map[string]map[string]Tally{}
	}
	m.Zones[o.Zone] = add(m.Zones[o.Zone])
	for _, s := range o.Sources {
		if m.Sources[s] == nil {
			m.Sources[s] = map[string]Tally{}
		}
		m.Sources[s][o.Zone] = add(m.Sources[s][o.Zone])
	}
}

// resolved learns from an event's new revision: over is a hit, withdrawn a false alarm.
func (c *Core) resolved(e event.Event) {
	switch e.State {
	case event.Over:
		c.learned(c.memory.resolve(e, true, false))
	case event.Withdrawn:
		c.learned(c.memory.resolve(e, false, false))
	case event.Ongoing:
		if o, was := c.memory.Resolved[e.ID]; was && !o.Person {
			c.learned(c.memory.unresolve(e.ID))
		}
	case event.Absorbed:
		c.learned(c.memory.unresolve(e.ID)) // the event that took it is resolved by itself
	}
}

// Judgement is what a person who closed a warning says of its events: they happened, or did
// not. It is an act of its own, right behind the person's, because it concerns every project
// of the organisation and not only the warning's; ok is false where nothing is said.
func Judgement(w warning.Warning) (a Act, ok bool) {
	a = Act{Org: w.Org, What: judged, Subject: w.ID, Actor: w.Actor}
	switch w.Reason {
	case warning.PersonEnded:
		a.Reason = string(warning.DoEnd)
	case warning.PersonCancel:
		a.Reason = string(warning.DoCancel)
	default:
		return a, false
	}
	for _, r := range w.Events {
		a.Events = append(a.Events, r.ID)
	}
	return a, len(a.Events) > 0
}

// judged is Act.What of a judgement.
const judged = "judged"

// Judge learns from a judgement what it says of the events that go on.
func (c *Core) Judge(at time.Time, a Act) []Decision {
	out := c.Advance(at)
	for _, eventID := range a.Events {
		if e, ok := c.Event(eventID); ok && e.State == event.Ongoing {
			c.learned(c.memory.resolve(e, a.Reason == string(warning.DoEnd), true))
		}
	}
	return out
}

func (c *Core) learned(changed bool) {
	if changed {
		c.records, c.remember = map[string]Record{}, true
	}
}

// record is what the matcher asks of a source; answers are kept until something is learned.
func (c *Core) record(source string) (hits, positives, falseAlarms, negatives int) {
	r, ok := c.records[source]
	if !ok {
		r = c.memory.Record(source)
		c.records[source] = r
	}
	return r.Hits, r.Positives, r.FalseAlarms, r.Negatives
}

// Memory returns what the core has learned, and whether it changed since the last call. The
// caller must not keep it beyond the next call of the core.
func (c *Core) Memory() (m *Memory, changed bool) {
	changed = c.remember
	c.remember = false
	return &c.memory, changed
}
