package event

import (
	"time"

	"watchfire.dev/internal/pack"
)

// Nearly all events are heard of once in hours, and an open one with its reports takes some
// two kilobytes. Those that were not touched for longest are kept packed and opened again when
// a signal comes near them.

// cold is what is packed of an event.
type cold struct {
	E    Event
	Live []Signal
}

// touch is when an event was open last, by a count of all touches.
type touch struct {
	event string
	count uint64
}

// Keep sets how many events stay open when Rest is called; 0 = all. It changes no decision.
func (m *Merger) Keep(n int) {
	m.keep = n
	for _, h := range m.open {
		m.touched(h)
	}
}

// Rest packs the events that were not touched for longest. Events that it gave out before
// stay as they are.
func (m *Merger) Rest() {
	if m.keep <= 0 {
		return
	}
	for len(m.open) > m.keep && m.first < len(m.order) {
		t := m.order[m.first]
		m.order[m.first] = touch{}
		m.first++
		if h, ok := m.open[t.event]; ok && h.count == t.count {
			m.packed[t.event] = m.table.Pack(t.event, &cold{h.e, h.reports()})
			delete(m.open, t.event)
		}
	}
	if m.first > len(m.order)/2 {
		m.order, m.first = append([]touch(nil), m.order[m.first:]...), 0
	}
}

// touched notes that an event is in use.
func (m *Merger) touched(h *held) {
	if m.keep <= 0 {
		return
	}
	m.count++
	h.count = m.count
	m.order = append(m.order, touch{h.e.ID, m.count})
}

// held opens an event; nil = there is none.
func (m *Merger) held(eventID string) *held {
	if h, ok := m.open[eventID]; ok {
		return h
	}
	p, ok := m.packed[eventID]
	if !ok {
		return nil
	}
	h := m.unpacked(p)
	delete(m.packed, eventID)
	m.open[h.e.ID] = h
	m.touched(h)
	return h
}

// look opens an event for a look: it must not be changed.
func (m *Merger) look(eventID string) *held {
	if h, ok := m.open[eventID]; ok {
		return h
	}
	if p, ok := m.packed[eventID]; ok {
		return m.unpacked(p)
	}
	return nil
}

func (m *Merger) unpacked(p pack.Packed) *held {
	var c cold
	m.table.Unpack(p, &c)
	h := &held{e: c.E, live: make(map[string]Signal, len(c.Live)), dated: c.E.Updated.Truncate(24 * time.Hour)}
	for _, s := range c.Live {
		h.live[s.Key] = s
	}
	h.at = eventTime(h.e)
	h.spot, h.placed, h.inGrid = spotOf(h)
	return h
}

// reports are the signals of the standing reports.
func (h *held) reports() []Signal {
	out := make([]Signal, 0, len(h.live))
	for _, r := range h.e.Reports {
		if s, ok := h.live[r.Key]; ok {
			out = append(out, s)
		}
	}
	return out
}
