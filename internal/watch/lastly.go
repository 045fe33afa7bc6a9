package watch

import (
	"watchfire.dev/internal/pack"
	"watchfire.dev/internal/warning"
)

// lastly is the newest revision of a group's last warning. Most warnings are looked at once
// in hours: only what is asked of all of them is held open.
type lastly struct {
	id       string
	opened   int64 // nanoseconds of Unix time
	packed   pack.Packed
	open     *warning.Warning // nil = packed
	revision int32
	active   bool
}

// lastOf opens the last warning of a group; nil = it has none.
func (c *Core) lastOf(g group) *warning.Warning {
	return c.last(c.wards[g])
}

// last opens the last warning of a ward, which must not be changed; nil = there is none.
func (c *Core) last(of *ward) *warning.Warning {
	if of == nil || of.last.id == "" {
		return nil
	}
	if of.last.open != nil {
		return of.last.open
	}
	w := &warning.Warning{}
	c.table.Unpack(of.last.packed, w)
	return w
}
