package exposure

import (
	"slices"

	"watchfire.dev/internal/event"
)

// Settled tells whether the index says the same of an event whatever it learns of sources:
// an instrument or the authority in charge stands behind the event, or nothing is learned.
func (x *Index) Settled(e event.Event) bool {
	return x.record == nil || slices.ContainsFunc(e.Reports, func(r event.Standing) bool { return r.Stand == event.Live && r.Instrument })
}
