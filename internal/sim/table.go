package sim

import (
	"slices"

	"watchfire.dev/internal/delivery"
)

// table holds the notifications in the order in which they were queued, and finds them by
// what is asked for most, as the indices of the database do.
type table struct {
	all       []*row
	byID      map[string]*row
	byWarning map[string][]*row
	byWho     map[delivery.Recipient][]*row
	live      []*row // all that are open, and some that were until lately
}

func newTable() table {
	return table{byID: map[string]*row{}, byWarning: map[string][]*row{}, byWho: map[delivery.Recipient][]*row{}}
}

func (t *table) add(r *row) {
	r.place = len(t.all)
	t.all = append(t.all, r)
	t.byID[r.ID] = r
	t.byWarning[r.Warning] = append(t.byWarning[r.Warning], r)
	t.byWho[recipient(r)] = append(t.byWho[recipient(r)], r)
	t.reopen(r)
}

// reopen puts a row that may be open where it is looked for.
func (t *table) reopen(r *row) {
	if r.listed || !r.open() {
		return
	}
	r.listed = true
	i, _ := slices.BinarySearchFunc(t.live, r, func(a, b *row) int { return a.place - b.place })
	t.live = slices.Insert(t.live, i, r)
}

// open lists what is open. The list holds until the next call.
func (t *table) open() []*row {
	rest := t.live[:0]
	for _, r := range t.live {
		if r.listed = r.open(); r.listed {
			rest = append(rest, r)
		}
	}
	clear(t.live[len(rest):])
	t.live = rest
	return rest
}

// some lists the rows of these ids, in their order.
func (t *table) some(ids []string) []*row {
	var out []*row
	for _, id := range ids {
		if r := t.byID[id]; r != nil && !slices.Contains(out, r) {
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b *row) int { return a.place - b.place })
	return out
}
