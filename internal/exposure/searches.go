package exposure

import (
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/geo"
)

// Searches gives what Assess asks the rows of latitude for: each region, with the distance in
// kilometres within which assets are looked for. A yardstick of the searches alone needs
// exactly these; nothing else does.
func (x *Index) Searches(e event.Event, now time.Time, each func(r *geo.Region, km float64)) {
	if e.State != event.Ongoing || x.count == 0 {
		return
	}
	a := x.assessment(e, now)
	views, _ := a.views()
	for _, v := range views {
		for _, f := range v.fields {
			if km, ok := a.look(f); ok {
				each(f.region, km)
			}
		}
	}
}
