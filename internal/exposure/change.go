package exposure

import (
	"cmp"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure/match"
	"watchfire.dev/internal/portfolio"
)

// Change returns the index with one asset as it is now; x stays as it was. It costs the same
// for any number of assets. ok is false when that cannot be done in place, because the asset
// is new or changed its project, its country or its own radii: With does it then.
func (x *Index) Change(a portfolio.Asset) (next *Index, ok bool) {
	id, known := x.byID[a.ID]
	if !known {
		return nil, false
	}
	was := x.target(id)
	if was.asset.Project != a.Project || !strings.EqualFold(was.asset.Country, a.Country) || !slices.Equal(was.asset.Radii, a.Radii) {
		return nil, false
	}
	t := x.prepare(a, map[string]*time.Location{})
	t.item.ID = id
	y := *x
	y.pages = slices.Clone(x.pages)
	at := int(id) / len(page{})
	fresh := *x.pages[at]
	fresh[int(id)%len(page{})] = t
	y.pages[at] = &fresh
	var gone, come []match.Item
	if was.region != nil {
		gone = append(gone, was.item)
	}
	if t.region != nil {
		come = append(come, t.item)
	}
	y.items = x.items.With(gone, come)
	return &y, true
}

// With returns the index of another version of the portfolio, and the ids of the assets
// whose rows may differ, sorted: those that are new, gone or changed, and all of a project
// whose own record changed. What did not change is not prepared again.
func (x *Index) With(p portfolio.Portfolio) (next *Index, changed []string) {
	projects := map[string]bool{} // that changed
	for _, project := range p.Projects {
		projects[project.ID] = !reflect.DeepEqual(project, x.projects[project.ID])
	}
	seen := make(map[string]struct{}, len(p.Assets))
	same := func(a portfolio.Asset) *target {
		id, ok := x.byID[a.ID]
		if !ok || projects[a.Project] || !reflect.DeepEqual(x.target(id).asset, a) {
			return nil
		}
		return x.target(id)
	}
	var one portfolio.Asset
	for _, a := range p.Assets {
		seen[a.ID] = struct{}{}
		if same(a) == nil {
			changed, one = append(changed, a.ID), a
		}
	}
	for id := range x.byID {
		if _, ok := seen[id]; !ok {
			changed = append(changed, id)
		}
	}
	slices.Sort(changed)
	renamed := len(p.Projects) != len(x.projects) || slices.Contains(slices.Collect(maps.Values(projects)), true)
	if len(changed) == 0 && !renamed {
		return x, nil
	}
	if len(changed) == 1 && len(p.Assets) == x.count && !renamed {
		if y, ok := x.Change(one); ok {
			return y, changed
		}
	}
	y := *x
	y.fill(p, same)
	return &y, changed
}

// Reassess gives the rows of an event when some assets have changed since old, the rows
// that the index before gave for the same revision of the event: those of the changed assets
// are reckoned anew, the others are kept as they were reckoned then. At the instant of the
// old rows that is what Assess gives. Where assets do not stand each for itself it is Assess:
// for events that name countries only, and near the largest number of rows.
func (x *Index) Reassess(e event.Event, now time.Time, old []Exposure, changed []string) []Exposure {
	if e.State != event.Ongoing || x.count == 0 {
		return nil
	}
	a := assessment{x: x, e: e, now: now, family: e.Hazard.Family(), pEvent: x.existence(e.Hazard, e.Reports)}
	a.observed()
	a.demands()
	views, drawn := a.views()
	if !drawn && len(a.named) == 0 || len(old)+len(changed) >= x.rules.MaxRows {
		return x.Assess(e, now)
	}
	ids := make([]int32, 0, len(changed))
	for _, name := range changed {
		if id, ok := x.byID[name]; ok {
			ids = append(ids, id)
		}
	}
	var hits []*hit
	for i := range views {
		v := &views[i]
		once := map[int32]struct{}{}
		for _, f := range v.fields {
			if _, ok := a.look(f); !ok {
				continue
			}
			for _, id := range ids {
				if x.target(id).region != nil {
					hits = a.consider(v, f, id, once, hits)
				}
			}
		}
	}
	hits = slices.DeleteFunc(a.matchNamed(views, hits), func(h *hit) bool { return !slices.Contains(ids, h.id) })
	rows := a.rows(hits)
	for _, r := range old {
		if _, found := slices.BinarySearch(changed, r.Asset); !found {
			rows = append(rows, r)
		}
	}
	slices.SortFunc(rows, func(r, s Exposure) int {
		return cmp.Or(strings.Compare(r.Project, s.Project), strings.Compare(r.Asset, s.Asset))
	})
	return rows
}
