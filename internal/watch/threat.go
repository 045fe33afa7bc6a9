package watch

import (
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure"
	"watchfire.dev/internal/pack"
	"watchfire.dev/internal/warning"
)

// threat is what a group holds of an event: no copy of the event, which many groups share.
type threat struct {
	event  *event.Event
	trust  *exposure.Trust // of all groups alike
	packed pack.Packed     // a ratedRows of few rows, else empty
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
	if len(more.Rows) > fewRows {
		t.many = &more // never changed from here on
		return
	}
	t.packed = c.table.Pack(t.event.ID, &more)
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
func (c *Core) whole(t *threat) warning.Threat {
	r := c.rowsOf(t)
	return warning.Threat{Event: *t.event, Rows: r.Rows, Effects: r.Effects, Trust: *t.trust}
}

// until is when its evidence is no longer fresh.
func (t *threat) until(pol warning.Policy) time.Time {
	x := warning.Threat{Event: *t.event}
	return x.Until(pol)
}
