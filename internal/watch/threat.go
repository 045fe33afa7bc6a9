package watch

import (
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure"
	"watchfire.dev/internal/pack"
	"watchfire.dev/internal/warning"
)

// assessed is an event as its rows were reckoned.
type assessed struct {
	id       string
	revision int
	open     *opened // nil = packed
	packed   pack.Packed
	wards    []*ward   // in which it has rows
	at       time.Time // of the reckoning: the rows are those of that instant
	bound    *exposure.Bound
}

// opened is an event as it is packed.
type opened struct {
	Event event.Event
	Trust exposure.Trust // of all groups alike
}

// ward is what is held of a group.
type ward struct {
	group   group
	threats []threat            // sorted by event id
	worn    map[string]struct{} // events with rows whose evidence is no longer fresh
	last    lastly              // newest revision of its last warning
}

// threat is what a group holds of an event: no copy of the event, which many groups share.
type threat struct {
	of     *assessed
	packed pack.Packed // a ratedRows of few rows, else empty
	many   *ratedRows
}

// ratedRows are an event's rows in a group and what the users' rules make of each (nil = nothing).
type ratedRows struct {
	Rows    []exposure.Exposure
	Effects []warning.Effect
}

// fewRows is up to how many rows of a group are kept packed: nearly all groups have so few,
// and an event over many sites is not to wait for its rows to be packed.
const fewRows = 8

// add puts rows behind those that the threat has.
func (c *Core) add(t *threat, more ratedRows) {
	if had := c.rowsOf(t); len(had.Rows) > 0 {
		more = ratedRows{append(had.Rows, more.Rows...), append(had.Effects, more.Effects...)}
	}
	t.packed, t.many = pack.Packed{}, nil
	if len(more.Rows) > fewRows || c.opened.keep <= 0 {
		t.many = &more // never changed from here on
		return
	}
	t.packed = c.table.Pack(t.of.id, &more)
}

func (c *Core) rowsOf(t *threat) ratedRows {
	if t.many != nil {
		return *t.many
	}
	var out ratedRows
	if !t.packed.Empty() {
		c.table.Unpack(t.packed, &out)
	}
	return out
}

// whole is the threat as the life cycle of a warning sees it.
func (c *Core) whole(t *threat, o *opened) warning.Threat {
	r := c.rowsOf(t)
	return warning.Threat{Event: o.Event, Rows: r.Rows, Effects: r.Effects, Trust: o.Trust}
}

// wardOf is the ward of a group, a new one where there is none.
func (c *Core) wardOf(g group) *ward {
	w, ok := c.wards[g]
	if !ok {
		w = &ward{group: g}
		c.wards[g] = w
	}
	return w
}

// groupsOf lists the groups in which an event has rows.
func (c *Core) groupsOf(eventID string) []group {
	h, ok := c.events[eventID]
	if !ok {
		return nil
	}
	out := make([]group, len(h.wards))
	for i, w := range h.wards {
		out[i] = w.group
	}
	return out
}

// hold takes an event in place of its last revision.
func (c *Core) hold(h *assessed) {
	c.events[h.id] = h
	if c.opened.keep > 0 {
		c.opened.list = append(c.opened.list, h)
	}
}

// eventOf opens an event, which must not be changed.
func (c *Core) eventOf(h *assessed) *opened {
	if h.open != nil {
		return h.open
	}
	o := &opened{}
	c.table.Unpack(h.packed, o)
	return o
}

// queue is what is open, the oldest first.
type queue struct {
	keep  int // how many stay open; 0 = all
	list  []*assessed
	loose []*ward // whose last warning is open
}

// fewLoose is the longest list of loose wards that is kept for the next turn.
const fewLoose = 1024

// DefaultOpen is how many events a Service keeps open.
const DefaultOpen = 256

// Keep sets how many events stay open after a Rest; 0 = all. A desk holds tens of thousands
// that it looks at once in hours, and a replay as many that it never looks at again: the one
// is to be small, the other quick. It changes no decision.
func (c *Core) Keep(n int) {
	c.opened.keep = n
	c.merger.Keep(n)
}

// Rest packs the warnings, and of the events those that were not touched for longest. Every
// turn must be decided.
func (c *Core) Rest() {
	if c.opened.keep <= 0 {
		return
	}
	c.merger.Rest()
	for i, of := range c.opened.loose {
		if of.last.open != nil { // else it stood here twice
			of.last.packed, of.last.open = c.table.Pack(of.last.id, of.last.open), nil
		}
		c.opened.loose[i] = nil
	}
	if c.opened.loose = c.opened.loose[:0]; cap(c.opened.loose) > fewLoose {
		c.opened.loose = nil
	}
	over := len(c.opened.list) - c.opened.keep
	if over <= 0 {
		return
	}
	for i, h := range c.opened.list[:over] {
		if c.events[h.id] == h { // else it has a newer revision
			h.packed, h.open = c.table.Pack(h.id, h.open), nil
		}
		c.opened.list[i] = nil
	}
	c.opened.list = c.opened.list[over:]
}
