package exposure

import (
	"cmp"
	"slices"
	"strings"

	"watchfire.dev/internal/portfolio"
)

// served adds a row for each other project that depends on a supplier, one level and no
// further: the share of the impact that reaches it is the one that reaches the supplier's own
// project. The people at the supplier's are not the other project's. Rows stay in the order
// of project and asset, at most MaxRows of them.
func (a *assessment) served(rows []Exposure) []Exposure {
	out := rows
	for _, r := range rows {
		if r.Kind != portfolio.Supplier {
			continue
		}
		id, ok := a.x.byID[r.Asset]
		if !ok {
			continue
		}
		home := a.x.projects[r.Project].Name
		for _, project := range a.x.target(id).asset.Serves {
			if project == r.Project || len(out) >= a.x.rules.MaxRows {
				continue
			}
			other := r
			other.Project, other.Persons = project, 0
			other.Inputs = slices.Clone(r.Inputs)
			other.Notes = append(slices.Clone(r.Notes), "this project depends on the supplier, which is recorded at "+cmp.Or(home, r.Project))
			out = append(out, other)
		}
	}
	if len(out) > len(rows) {
		slices.SortStableFunc(out, func(p, q Exposure) int {
			return cmp.Or(strings.Compare(p.Project, q.Project), strings.Compare(p.Asset, q.Asset))
		})
	}
	return out
}
