package watch

import (
	"time"

	"watchfire.dev/internal/pack"
	"watchfire.dev/internal/warning"
)

// lastly is the newest revision of a group's last warning. Most warnings are looked at once
// in hours: only what is asked of all of them is held open.
type lastly struct {
	id       string
	opened   time.Time
	whole    pack.Packed
	revision int
	active   bool
}

// lastOf opens the last warning of a group; nil = it has none.
func (c *Core) lastOf(g group) *warning.Warning {
	l, ok := c.last[g]
	if !ok {
		return nil
	}
	w := &warning.Warning{}
	c.table.Unpack(l.whole, w)
	return w
}
