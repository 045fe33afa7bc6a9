package exposure

import (
	"fmt"
	"math"
	"slices"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure/impact"
	"watchfire.dev/internal/geo"
)

// twoParts splits a site with camps drawn inside it: its people are where the camps are, its
// works are the whole of it. Each part is judged by itself and the stronger counts, class by
// class. Of several camps the worst counts, with all the people of the site: how they spread
// over the camps is not recorded. Hazards of people alone ask for the camps only.
func (a *assessment) twoParts(v *view) {
	if v.judge == nil {
		return
	}
	judge := v.judge
	v.judge = func(t *target, km float64) (impact.Result, error) {
		camps := t.asset.Camps()
		if len(camps) == 0 || t.region == nil {
			return judge(t, km)
		}
		works := *t
		works.asset.Shifts = nil
		r, err := judge(&works, km)
		if err != nil {
			return r, err
		}
		best, where, off := impact.Result{}, "", 0.0
		for _, c := range camps {
			camp := *t
			camp.asset.Shape = geo.At(c.Place.Lat, c.Place.Lon, 0)
			region, _, err := geo.Prepare(camp.asset.Shape)
			if err != nil {
				continue
			}
			camp.region = region
			at := v.distance(&camp, 0)
			if q, err := judge(&camp, at); err == nil && (where == "" || q.P[1]+q.P[4] > best.P[1]+best.P[4]) {
				best, where, off = q, c.Name, at
			}
		}
		if where == "" {
			return judge(t, km)
		}
		if ofPeople(a.e.Hazard) {
			r.P = best.P
		}
		return joined(r, best, where, off), nil
	}
}

// ofPeople lists the hazards that only people suffer from.
func ofPeople(h event.Hazard) bool {
	return h == event.Kidnap || h == event.Outbreak || h == event.Heat
}

// joined is the result of works and camp together.
func joined(works, people impact.Result, camp string, km float64) impact.Result {
	out := works
	if people.P[1] >= works.P[1] {
		out = people
		out.Notes = slices.Clone(people.Notes)
	}
	for k := range out.P {
		out.P[k] = math.Max(works.P[k], people.P[k])
	}
	out.ExpectedDeaths = people.ExpectedDeaths
	if works.Floor > out.Floor {
		out.Floor, out.FloorReason = works.Floor, works.FloorReason
	}
	if people.Floor > out.Floor {
		out.Floor, out.FloorReason = people.Floor, people.FloorReason
	}
	note := "people: camp " + camp
	if km > 0 {
		note += fmt.Sprintf(", %.1f km away", km)
	}
	note += "; works: the whole site"
	if v := people.Intensity; v.Unit != "" {
		note += fmt.Sprintf("; at the camp %.3g %s", v.Value, v.Unit)
	}
	out.Notes = append(out.Notes, note)
	return out
}
