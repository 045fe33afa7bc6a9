package exposure

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/gazetteer"
)

// Since compares the index with an older one. touches tells of an event and an instant
// whether any asset that is new, gone or changed could have a row in either index; where it
// is false both give the same rows for the event at that instant, whatever was learned of
// sources. It is asked without a search and errs towards true; memo is what it keeps of one
// revision of an event for the next time, nil = nothing. ok is false when nothing can be said: old is no index, has another method or
// matrix, or a project is new, gone or changed. Assets are compared as they are stored, so
// that an index built from the stored portfolio gives the same answer.
func (x *Index) Since(old any) (touches func(e event.Event, at time.Time, memo *Bound) bool, ok bool) {
	was, known := old.(*Index)
	if !known || was == nil || !x.comparable(was) {
		return nil, false
	}
	d := &difference{sides: [2]side{{x: was}, {x: x}}}
	if d.find(); len(d.names) == 0 {
		return func(event.Event, time.Time, *Bound) bool { return false }, true
	}
	return d.touches, true
}

// comparable tells whether two indexes differ by their assets alone.
func (x *Index) comparable(was *Index) bool {
	if x == was {
		return true
	}
	return (x.method == was.method || reflect.DeepEqual(x.method, was.method)) && x.matrix == was.matrix && x.rules == was.rules &&
		x.undrawn == was.undrawn && maps.Equal(x.projects, was.projects)
}

// A difference is what sets two indexes apart.
type difference struct {
	names []string // ids of the assets that differ
	sides [2]side  // older, newer
}

// A side is one of two indexes with the numbers of its assets that differ.
type side struct {
	x   *Index
	ids []int32
}

// find lists the assets that differ. Pages that both indexes share are equal.
func (d *difference) find() {
	was, is := d.sides[0].x, d.sides[1].x
	for i := range is.count {
		at := i / len(page{})
		if at < len(was.pages) && was.pages[at] == is.pages[at] {
			continue
		}
		t := is.target(int32(i))
		before, known := was.byID[t.asset.ID]
		if known {
			if u := was.target(before); u == t || sameAsStored(u.asset, t.asset) {
				continue
			}
			d.sides[0].ids = append(d.sides[0].ids, before)
		}
		d.sides[1].ids, d.names = append(d.sides[1].ids, int32(i)), append(d.names, t.asset.ID)
	}
	for i := range was.count {
		at := i / len(page{})
		if at < len(is.pages) && was.pages[at] == is.pages[at] {
			continue
		}
		name := was.target(int32(i)).asset.ID
		if _, still := is.byID[name]; !still {
			d.sides[0].ids, d.names = append(d.sides[0].ids, int32(i)), append(d.names, name)
		}
	}
}

// sameAsStored tells whether two values have the same JSON: what a store gives back may have
// an empty list for none and another pointer to the same time zone.
func sameAsStored(a, b any) bool {
	if reflect.DeepEqual(a, b) {
		return true
	}
	p, err := json.Marshal(a)
	q, err2 := json.Marshal(b)
	return err == nil && err2 == nil && bytes.Equal(p, q)
}

// touches is what Since returns. The event is taken as certain: how likely it is depends on
// what was learned since, and a likelier one has more rows, never others.
func (d *difference) touches(e event.Event, at time.Time, memo *Bound) bool {
	if e.State != event.Ongoing {
		return false
	}
	for _, p := range e.Places {
		for _, c := range p.Codes {
			if c.Scheme == "asset" && slices.Contains(d.names, c.Value) {
				return true
			}
		}
	}
	if memo != nil {
		if !memo.known {
			*memo = d.sides[1].x.bound(e)
		}
		if !memo.varies && !d.within(memo) {
			return false
		}
	}
	a, views, placed := d.sides[1].x.seen(e, at)
	if placed {
		spots, counties := a.spots()
		return d.named(spots, a.x.undrawn) || len(counties) > 0 && d.reached(a, a.countyViews(counties))
	}
	return d.reached(a, views)
}

// seen is the event taken as certain with its views; placed says that it only names areas.
func (x *Index) seen(e event.Event, at time.Time) (a *assessment, views []view, placed bool) {
	a = &assessment{x: x, e: e, now: at, family: e.Hazard.Family(), pEvent: 1}
	a.observed()
	a.demands()
	views, drawn := a.views()
	return a, views, !drawn && len(a.named) == 0
}

// reached tells whether a view of the event gives an asset that differs a row. The views of
// one index serve the other: they hang on the method and the event alone.
func (d *difference) reached(a *assessment, views []view) bool {
	for _, s := range d.sides {
		b := *a
		b.x = s.x
		for i := range views {
			v := &views[i]
			once := map[int32]struct{}{} // as in match
			for field := range v.fields {
				if _, ok := b.look(v.fields[field]); !ok {
					continue
				}
				for _, id := range s.ids {
					if _, again := once[id]; again || s.x.target(id).region == nil {
						continue
					}
					_, ok, judged := b.consider(v, field, id)
					if ok {
						return true
					}
					if judged {
						once[id] = struct{}{}
					}
				}
			}
		}
	}
	return false
}

// named is touches for the areas that an event only names: whatever lies or is recorded in
// one of their countries counts, because the rows of a country and its divisions hang together.
func (d *difference) named(spots []spot, undrawn bool) bool {
	for _, s := range spots {
		areas := s.areas
		if s.admin1 != "" && !undrawn {
			areas = gazetteer.Outlines(s.country)
		}
		for _, side := range d.sides {
			for _, id := range side.ids {
				t := side.x.target(id)
				if strings.EqualFold(t.asset.Country, s.country) || meetsAny(t, areas) {
					return true
				}
			}
		}
	}
	return false
}

// meetsAny tells whether any part of an asset lies in one of the areas.
func meetsAny(t *target, areas []*gazetteer.Area) bool {
	return t.region != nil && slices.ContainsFunc(areas, func(area *gazetteer.Area) bool {
		r := area.Region()
		return r != nil && t.region.Meets(r)
	})
}
