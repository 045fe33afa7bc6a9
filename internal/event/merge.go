package event

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"watchfire.dev/internal/id"
	"watchfire.dev/internal/pack"
)

// A Merger joins signals into events for one organisation. It is a deterministic state
// machine: its state depends on the signals it was given and their order alone, and inside
// one batch not even on their order. It is not safe for concurrent use.
//
// A signal finds its event first by identity (its key, aliases and references), then, for
// sources that do not share identities, by what it is about (see topicKey) or by time, space
// and kind (see near.go). Cancelling a
// report that was never seen makes a withdrawn event, so that the report cannot rise when
// it comes late.
type Merger struct {
	org    string
	open   map[string]*held
	packed map[string]pack.Packed // what is not open
	table  *pack.Table            // in which those are packed
	keep   int                    // how many stay open; 0 = all
	order  []touch                // from first on, oldest first
	first  int
	count  uint64
	byKey  map[string]string
	seen   map[string]struct{} // signal ids
	grid   grid
	days   []day // of the events' last revisions, oldest first
}

// day lists events that got a revision on one day; an event may have got newer ones since.
type day struct {
	start  time.Time
	events []string
}

// held is an event with what is needed to compute its next revision.
type held struct {
	e      Event
	live   map[string]Signal // standing reports by key
	spot   spot              // that the grid holds
	placed cell              // where
	inGrid bool
	at     time.Time // of the occurrence, for the search near by
	dated  time.Time // the day under which Forget finds it
	count  uint64    // of its last touch
}

// NewMerger returns an empty Merger for one organisation.
func NewMerger(org string) *Merger {
	return &Merger{
		org: org, open: map[string]*held{}, packed: map[string]pack.Packed{}, table: pack.NewTable(), byKey: map[string]string{},
		seen: map[string]struct{}{}, grid: grid{},
	}
}

// Restore puts an event back as it was stored. Signals must hold every live report's
// signal; others are ignored.
func (m *Merger) Restore(e Event, signals []Signal) {
	h := &held{e: e, live: map[string]Signal{}}
	for _, r := range e.Reports {
		if r.Signal != "" {
			m.seen[r.Signal] = struct{}{}
		}
	}
	for _, s := range signals {
		for _, r := range e.Reports {
			if r.Stand == Live && r.Signal == s.ID {
				h.live[r.Key] = s
			}
		}
	}
	m.open[e.ID] = h
	m.touched(h)
	if e.State != Absorbed {
		for _, k := range e.Keys {
			if at, taken := m.byKey[k]; !taken || m.look(at).e.Updated.Before(e.Updated) {
				m.byKey[k] = e.ID
			}
		}
	}
	m.place(h)
	m.date(h)
}

// date notes the day of an event's newest revision, for Forget.
func (m *Merger) date(h *held) {
	start := h.e.Updated.Truncate(24 * time.Hour)
	if h.dated.Equal(start) {
		return
	}
	h.dated = start
	i := len(m.days)
	for i > 0 && m.days[i-1].start.After(start) { // a restart brings them in any order
		i--
	}
	if i == 0 || !m.days[i-1].start.Equal(start) {
		m.days = slices.Insert(m.days, i, day{start: start})
		i++
	}
	m.days[i-1].events = append(m.days[i-1].events, h.e.ID)
}

// Event returns the newest revision of an event.
func (m *Merger) Event(eventID string) (Event, bool) {
	h := m.look(eventID)
	if h == nil {
		return Event{}, false
	}
	return h.e, true
}

// Holds tells whether an event is held.
func (m *Merger) Holds(eventID string) bool {
	_, open := m.open[eventID]
	_, packed := m.packed[eventID]
	return open || packed
}

// Len is the number of events held.
func (m *Merger) Len() int { return len(m.open) + len(m.packed) }

// Each calls f for every event held, sorted by id.
func (m *Merger) Each(f func(Event)) {
	ids := make([]string, 0, m.Len())
	for k := range m.open {
		ids = append(ids, k)
	}
	for k := range m.packed {
		ids = append(ids, k)
	}
	slices.Sort(ids)
	for _, k := range ids {
		f(m.look(k).e)
	}
}

// Observe takes one batch of signals at an instant and returns the new revisions of the
// events that changed, sorted by id. Signals that were seen before, and those that are not
// meant for real, change nothing.
func (m *Merger) Observe(at time.Time, batch []Signal) []Event {
	sorted := slices.Clone(batch)
	slices.SortStableFunc(sorted, func(a, b Signal) int {
		return cmp.Or(cmp.Compare(a.Order, b.Order), a.Published.Compare(b.Published), strings.Compare(a.ID, b.ID))
	})
	touched := map[string]struct{}{}
	for _, s := range sorted {
		if _, again := m.seen[s.ID]; again || s.Status != Actual || (s.Org != "" && s.Org != m.org) {
			continue
		}
		m.seen[s.ID] = struct{}{}
		for _, eventID := range m.attach(at, s) {
			touched[eventID] = struct{}{}
		}
	}
	return m.revise(at, touched)
}

func (m *Merger) revise(at time.Time, touched map[string]struct{}) []Event {
	ids := make([]string, 0, len(touched))
	for k := range touched {
		ids = append(ids, k)
	}
	slices.Sort(ids)
	out := make([]Event, 0, len(ids))
	for _, k := range ids {
		h := m.held(k)
		m.touched(h)
		h.e.Revision++
		h.e.Updated = at
		h.compose()
		m.place(h)
		m.date(h)
		out = append(out, h.e.clone())
	}
	return out
}

// clone copies what later signals change in place.
func (e Event) clone() Event {
	e.Reports, e.Keys = slices.Clone(e.Reports), slices.Clone(e.Keys)
	return e
}

// attach puts the signal into its event and returns the ids of the events that change.
func (m *Merger) attach(at time.Time, s Signal) []string {
	found := m.byIdentity(s)
	if len(found) == 0 && s.Act != Cancel && s.Act != Error {
		if alike := m.alike(s); alike != "" {
			found = []string{alike}
		}
	}
	if len(found) == 0 {
		h := &held{
			e:    Event{ID: id.At("evt", at, m.org, s.Key, s.Version), Org: m.org, Hazard: s.Hazard},
			live: map[string]Signal{},
		}
		m.open[h.e.ID] = h
		found = []string{h.e.ID}
	}
	first := m.held(found[0])
	for _, other := range found[1:] {
		m.absorb(first, m.held(other))
	}
	if topic := topicKey(s); topic != "" && m.byKey[topic] == "" {
		first.addKeys(topic)
	}
	changed := first.take(s) || len(found) > 1
	for _, k := range first.e.Keys {
		m.byKey[k] = first.e.ID
	}
	if !changed {
		return nil
	}
	return found
}

// alike returns the id of the event that a signal of unknown identity belongs to, or "".
func (m *Merger) alike(s Signal) string {
	if topic := topicKey(s); topic != "" {
		return m.byKey[topic]
	}
	return m.nearest(s)
}

// byIdentity returns the events that share a key with the signal, oldest first.
func (m *Merger) byIdentity(s Signal) []string {
	var found []string
	add := func(key string) {
		if eventID, ok := m.byKey[key]; ok && !slices.Contains(found, eventID) {
			found = append(found, eventID)
		}
	}
	add(s.Key)
	for _, k := range s.Aliases {
		add(k)
	}
	for _, k := range s.References {
		add(k)
	}
	if len(found) > 1 {
		slices.SortFunc(found, func(a, b string) int {
			return cmp.Or(m.held(a).started().Compare(m.held(b).started()), strings.Compare(a, b))
		})
	}
	return found
}

func (h *held) started() time.Time {
	if len(h.e.Reports) == 0 {
		return time.Time{}
	}
	return h.e.Reports[0].Received
}

// absorb moves everything of other into h: an alias has shown that they are one.
func (m *Merger) absorb(h, other *held) {
	for _, r := range other.e.Reports {
		if r.Stand == Gone {
			continue
		}
		h.e.Reports = append(h.e.Reports, r)
		if s, ok := other.live[r.Key]; ok {
			h.live[r.Key] = s
		}
	}
	for i := range other.e.Reports {
		other.e.Reports[i].Stand = Gone
	}
	h.addKeys(other.e.Keys...)
	other.live = map[string]Signal{}
	other.e.State, other.e.Into = Absorbed, h.e.ID
}

func (h *held) addKeys(keys ...string) {
	for _, k := range keys {
		if i, ok := slices.BinarySearch(h.e.Keys, k); !ok && k != "" {
			h.e.Keys = slices.Insert(h.e.Keys, i, k)
		}
	}
}

// take applies one signal to the reports of its event and tells whether that changed
// anything: an older revision that comes late does not.
func (h *held) take(s Signal) (changed bool) {
	h.addKeys(s.Key)
	h.addKeys(s.Aliases...)
	h.addKeys(s.References...)
	i := h.report(s.Key)
	r := &h.e.Reports[i]
	newer := r.Signal == "" || s.Order >= r.Order
	stand := r.Stand
	if newer {
		buried := r.Signal == "" && stand != Live // a later report named it before it came
		step := r.Advice.next(s)
		*r = standing(s)
		r.Advice = step
		if buried {
			r.Stand = stand
		}
		r.Stand = actStand(s.Act, r.Stand)
		delete(h.live, s.Key)
		if r.Stand == Live {
			h.live[s.Key] = s
		}
	}
	for _, k := range s.References {
		if k != s.Key && !slices.Contains(s.Aliases, k) {
			h.bury(k, s)
		}
	}
	return newer || len(s.References) > 0
}

// report returns the index of the report of a key, adding an unseen one.
func (h *held) report(key string) int {
	for i := range h.e.Reports {
		if r := &h.e.Reports[i]; r.Key == key && r.Stand != Gone {
			return i
		}
	}
	h.e.Reports = append(h.e.Reports, Standing{Key: key, Stand: Live})
	return len(h.e.Reports) - 1
}

// bury ends the report of a key that a later signal supersedes, withdraws or ends.
func (h *held) bury(key string, by Signal) {
	r := &h.e.Reports[h.report(key)]
	if r.Stand == Live || by.Act == Cancel || by.Act == Error {
		r.Stand = actStand(by.Act, Superseded)
	}
	delete(h.live, key)
}

func actStand(a Act, otherwise Stand) Stand {
	switch a {
	case Cancel, Error:
		return Revoked
	case End:
		return Passed
	default:
		return otherwise
	}
}

func standing(s Signal) Standing {
	return Standing{
		Key: s.Key, Signal: s.ID, Order: s.Order, Stand: Live, Source: s.Source, Owner: s.Owner, Grade: s.Grade,
		Instrument: s.Instrument, News: s.News, Received: s.Received, Expires: s.Expires,
	}
}
