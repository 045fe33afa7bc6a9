package event

import (
	"fmt"
	"slices"
	"time"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/id"
)

// Detach takes the reports that the signals belong to out of an event and makes a new
// event of them. Later revisions of those reports follow them. Every signal must be the
// newest revision of a report of the event (fault.ErrNotFound otherwise), and at least one
// report must remain (fault.ErrInvalid). It returns the new revisions of both events, the
// old one first.
func (m *Merger) Detach(at time.Time, eventID string, signals []string) ([]Event, error) {
	h := m.held(eventID)
	if h == nil {
		return nil, fmt.Errorf("event %s: %w", eventID, fault.ErrNotFound)
	}
	var moved []Standing
	for _, s := range signals {
		i := slices.IndexFunc(h.e.Reports, func(r Standing) bool { return r.Signal == s && r.Stand != Gone })
		if i < 0 {
			return nil, fmt.Errorf("signal %s in event %s: %w", s, eventID, fault.ErrNotFound)
		}
		moved = append(moved, h.e.Reports[i])
	}
	if len(moved) == 0 || len(moved) >= h.remaining() {
		return nil, fmt.Errorf("detach %d of %d reports of event %s: one must move and one must stay: %w",
			len(moved), h.remaining(), eventID, fault.ErrInvalid)
	}
	apart := &held{
		e:    Event{ID: id.At("evt", at, m.org, eventID, "detached", moved[0].Signal), Org: m.org, Hazard: h.e.Hazard},
		live: map[string]Signal{},
	}
	for _, r := range moved {
		m.move(r, h, apart)
	}
	m.open[apart.e.ID] = apart
	out := m.revise(at, map[string]struct{}{eventID: {}})
	return append(out, m.revise(at, map[string]struct{}{apart.e.ID: {}})...), nil
}

func (h *held) remaining() int {
	n := 0
	for _, r := range h.e.Reports {
		if r.Stand != Gone && r.Signal != "" {
			n++
		}
	}
	return n
}

// move takes one report and the keys that only it brought from one event to another.
func (m *Merger) move(r Standing, from, to *held) {
	i := slices.IndexFunc(from.e.Reports, func(x Standing) bool { return x.Key == r.Key && x.Stand != Gone })
	from.e.Reports[i].Stand = Gone
	to.e.Reports = append(to.e.Reports, r)
	keys := []string{r.Key}
	if s, ok := from.live[r.Key]; ok {
		to.live[r.Key] = s
		delete(from.live, r.Key)
		keys = append(keys, s.Aliases...)
	}
	to.addKeys(keys...)
	for _, k := range keys {
		from.e.Keys = slices.DeleteFunc(from.e.Keys, func(x string) bool { return x == k })
		m.byKey[k] = to.e.ID
	}
}

// Forget drops events that nothing has touched since before and calls dropped for each, the
// longest untouched day first. Ongoing travel advice is never dropped: it stands for years.
// Their keys are forgotten too: a report that wakes after that makes a new event. It looks
// only at the days that have passed.
func (m *Merger) Forget(before time.Time, dropped func(eventID string)) {
	passed := 0
	for passed < len(m.days) && m.days[passed].start.Before(before) {
		d := &m.days[passed]
		left := d.events[:0]
		for _, eventID := range d.events {
			h := m.look(eventID)
			switch {
			case h == nil || !h.dated.Equal(d.start): // a later day has it
			case h.standingTopic(): // its next revision gives it a day again
			case h.e.Updated.Before(before):
				m.drop(h)
				dropped(eventID)
			default:
				left = append(left, eventID)
			}
		}
		if d.events = left; len(left) > 0 {
			break // the day is not over: later ones are not either
		}
		passed++
	}
	m.days = slices.Delete(m.days, 0, passed)
}

func (m *Merger) drop(h *held) {
	h.e.State = Over
	m.place(h)
	for _, k := range h.e.Keys {
		if m.byKey[k] == h.e.ID {
			delete(m.byKey, k)
		}
	}
	for i := range h.e.Reports {
		delete(m.seen, h.e.Reports[i].Signal)
	}
	delete(m.open, h.e.ID)
	delete(m.packed, h.e.ID)
}
