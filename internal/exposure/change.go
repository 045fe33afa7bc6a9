package exposure

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

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
