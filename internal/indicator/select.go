package indicator

import (
	"cmp"
	"slices"
	"time"
)

// A Key is what there is one current value of.
type Key struct{ Place, Indicator string }

// Select returns, for each place and indicator, the observation that an assessment of asOf
// would have used with what was known at the instant known: of those that were known by then
// and whose period had begun by asOf, the one with the latest period, in its latest edition.
// It is a pure function of the set of observations: their order does not matter. The result
// is sorted by place and indicator.
func Select(all []Observation, asOf, known time.Time) []Observation {
	best := map[Key]Observation{}
	for _, o := range all {
		if o.KnownAt.After(known) || !begun(o, asOf) {
			continue
		}
		k := Key{o.Place, o.Indicator}
		if have, ok := best[k]; !ok || newer(o, have) {
			best[k] = o
		}
	}
	out := make([]Observation, 0, len(best))
	for _, o := range best {
		out = append(out, o)
	}
	Sort(out)
	return out
}

// begun tells whether a period is usable at an instant: a whole year is, from its end; a part
// of the running year counts as what it is.
func begun(o Observation, asOf time.Time) bool {
	start, _, err := Span(o.Period)
	return err == nil && !start.After(asOf)
}

// newer orders two observations of the same key; ties are broken by grade, source and id, so
// that a choice never depends on the order of rows.
func newer(a, b Observation) bool {
	return cmp.Or(a.End().Compare(b.End()), a.KnownAt.Compare(b.KnownAt), cmp.Compare(b.Grade, a.Grade),
		cmp.Compare(a.Source, b.Source), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Value, b.Value)) > 0
}

// Sort orders observations by place, indicator, period, edition, source and id.
func Sort(list []Observation) {
	slices.SortFunc(list, func(a, b Observation) int {
		return cmp.Or(cmp.Compare(a.Place, b.Place), cmp.Compare(a.Indicator, b.Indicator), cmp.Compare(a.Period, b.Period),
			a.KnownAt.Compare(b.KnownAt), cmp.Compare(a.Source, b.Source), cmp.Compare(a.ID, b.ID))
	})
}
