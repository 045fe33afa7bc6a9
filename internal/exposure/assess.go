package exposure

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure/impact"
	"watchfire.dev/internal/geo"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/portfolio"
)

// assessment is one event on its way through the index.
type assessment struct {
	x      *Index
	e      event.Event
	now    time.Time
	family event.Hazard
	pEvent float64
	notes  []string // of the event's shapes
	named  []int32  // assets that the event names
	class  int      // observed class, 0 = none
	slab   []Input  // rows' inputs, see inputs
	spare  []hit    // see hit

	outlined map[string][]int32 // by country: assets inside its outline, recorded elsewhere
	codes    map[int32]string   // by asset: the ISO 3166-2 code of its recorded division

	trigger, ownPeople *impact.Result // what direct triggers ask for; nil = none
}

// A hit is one asset under one view.
type hit struct {
	id     int32
	view   *view
	how    How
	km     float64
	p      level.P
	share  float64 // of the impact that reaches us: supplier, vague place
	result impact.Result
	level  level.Level
	seen   int // observed class
}

// Assess matches one event revision with every asset and returns the rows, by project and
// asset. An event that does not go on has none. A row is kept when an impact of class I1 has
// at least 1 %, or its level is above green; at most 20,000 are kept, the strongest ones.
// Where an event has a place drawn or pointed at, the place decides; an event that only
// names a country or a first-level division gives rows for what it names, as uncertain as
// that is (see placed). The answer depends on event, portfolio, method and now alone.
func (x *Index) Assess(e event.Event, now time.Time) []Exposure {
	if e.State != event.Ongoing || x.count == 0 {
		return nil
	}
	a := x.assessment(e, now)
	views, drawn := a.views()
	if !drawn && len(a.named) == 0 {
		return a.served(a.bounded(a.placed()))
	}
	var hits []*hit
	for i := range views {
		hits = a.match(&views[i], hits)
	}
	return a.rows(a.matchNamed(views, hits))
}

// assessment starts one.
func (x *Index) assessment(e event.Event, now time.Time) *assessment {
	a := &assessment{x: x, e: e, now: now, family: e.Hazard.Family(), pEvent: x.existence(e.Hazard, e.Reports)}
	a.observed()
	a.demands()
	return a
}

// rows writes the strongest hit of each asset down.
func (a *assessment) rows(hits []*hit) []Exposure {
	hits = a.most(strongest(hits))
	rows := make([]Exposure, len(hits))
	signals := evidence(a.e.Reports)
	for i := range hits {
		rows[i] = a.row(hits[i], signals)
	}
	return a.served(rows)
}

// observed reads what the event says of its own observation: the measure observed_class, 1
// to 4, is a person's statement that an impact of that class has happened. It counts for
// assets within 1 km of the event's place and for those that a place names by the code
// scheme "asset", and only when a report that is neither an instrument's nor news stands:
// instruments measure the hazard, not the impact, and newsrooms were not there.
func (a *assessment) observed() {
	for _, p := range a.e.Places {
		for _, c := range p.Codes {
			if id, ok := a.x.byID[c.Value]; ok && c.Scheme == "asset" && !slices.Contains(a.named, id) {
				a.named = append(a.named, id)
			}
		}
	}
	m, ok := measure(a.e.Measures, "observed_class")
	if !ok || m.Value < 1 || m.Value > level.Classes {
		return
	}
	if slices.ContainsFunc(a.e.Reports, func(r event.Standing) bool { return r.Stand == event.Live && !r.Instrument && !r.News }) {
		a.class = int(m.Value)
	}
}

// match adds the assets that a view reaches.
func (a *assessment) match(v *view, hits []*hit) []*hit {
	s := a.x.scratch.Get().(*scratch)
	defer a.x.scratch.Put(s)
	done := s.begin(a.x.count) // a track is judged once for each asset
	for i := range v.fields {
		look, ok := a.look(v.fields[i])
		if !ok {
			continue
		}
		s.ids = a.x.items.Near(&s.search, v.fields[i].region, look, s.ids[:0])
		for _, id := range s.ids {
			if s.judged[id] == done {
				continue
			}
			h, ok, judged := a.consider(v, i, id)
			if judged {
				s.judged[id] = done
			}
			if ok {
				hits = append(hits, h)
			}
		}
	}
	return hits
}

// near lists the assets that may lie within a distance of a region, by number.
func (a *assessment) near(r *geo.Region, km float64) []int32 {
	s := a.x.scratch.Get().(*scratch)
	defer a.x.scratch.Put(s)
	return a.x.items.Near(&s.search, r, km, nil)
}

// look is how far from a field assets may have a row; false = nowhere.
func (a *assessment) look(f field) (km float64, ok bool) {
	wide := a.x.widest[a.family]
	if f.reach < 0 && wide == 0 && a.class == 0 {
		return 0, false
	}
	km = math.Max(f.reach, wide)
	if a.class > 0 {
		km = math.Max(km, a.x.rules.ObservedKM)
	}
	return km, true
}

// consider judges one asset near a field of a view, unless the field does not reach it, and
// tells whether it has a row.
func (a *assessment) consider(v *view, field int, id int32) (h *hit, ok, judged bool) {
	t, f := a.x.target(id), &v.fields[field]
	moved, _ := a.x.moved(t, a.now)
	off := t.region.DistanceToKM(f.region)
	km := math.Max(0, off-moved)
	limit := f.reach
	if own, ok := a.own(t); ok {
		limit = own
	}
	if km > limit && (a.class == 0 || km > a.x.rules.ObservedKM) {
		return nil, false, false
	}
	for i := range v.fields {
		if i != field {
			off = math.Min(off, t.region.DistanceToKM(v.fields[i].region))
		}
	}
	km = math.Max(0, off-moved)
	h, ok = a.judged(v, id, km, km <= a.x.rules.ObservedKM)
	return h, ok, true
}

// matchNamed adds the assets that the event names, wherever they are.
func (a *assessment) matchNamed(views []view, hits []*hit) []*hit {
	if len(a.named) == 0 {
		return hits
	}
	if len(views) == 0 {
		views = []view{a.plain()}
	}
	for _, id := range a.named {
		for i := range views {
			if h, ok := a.judged(&views[i], id, 0, true); ok {
				h.how = Inside
				hits = append(hits, h)
			}
		}
	}
	return hits
}

// judged asks the view's function about one asset and tells whether the answer is a row. at
// says that the event is at the asset, so that what people observed there is its impact.
func (a *assessment) judged(v *view, id int32, km float64, at bool) (*hit, bool) {
	t := a.x.target(id)
	h := a.hit()
	*h = hit{id: id, view: v, km: km, how: Distance, share: 1}
	if v.area && km == 0 {
		h.how = Inside
	}
	r, err := v.judge(t, km)
	if err != nil {
		plain := a.plain()
		if r, err = plain.judge(t, km); err != nil {
			return h, false
		}
		r.Notes = append(r.Notes, "the hazard's own function refused what the event says of itself: the default curve was used")
	}
	if t.asset.Kind == portfolio.Supplier {
		h.share = a.x.rules.Supplier
	}
	at = at || slices.Contains(a.named, id)
	if at {
		h.seen = a.class
	}
	a.demand(&r, at)
	h.result, h.p = r, r.P.Scale(a.pEvent*h.share)
	if !a.rate(h) {
		a.spare = a.spare[:len(a.spare)-1] // nobody has seen it
		return h, false
	}
	return h, true
}

// hit is a piece of an array that many hits share.
func (a *assessment) hit() *hit {
	if len(a.spare) == cap(a.spare) {
		a.spare = make([]hit, 0, min(4+4*cap(a.spare), 64))
	}
	a.spare = a.spare[:len(a.spare)+1]
	return &a.spare[len(a.spare)-1]
}

// rate sets the level and tells whether the row is kept.
func (a *assessment) rate(h *hit) bool {
	scaled := h.result
	scaled.P = h.p
	h.level, _ = scaled.Level(a.x.matrix, h.seen)
	return h.p[1] >= a.x.rules.Keep || h.level >= level.Yellow
}

// strongest keeps each asset's strongest hit, in the order of the assets.
func strongest(hits []*hit) []*hit {
	slices.SortStableFunc(hits, func(a, b *hit) int {
		if a.id != b.id {
			return cmp.Compare(a.id, b.id)
		}
		return stronger(a, b)
	})
	return slices.CompactFunc(hits, func(a, b *hit) bool { return a.id == b.id })
}

func stronger(a, b *hit) int {
	return cmp.Or(
		cmp.Compare(b.level, a.level), cmp.Compare(b.seen, a.seen), cmp.Compare(b.p[2], a.p[2]),
		cmp.Compare(b.p[1], a.p[1]), cmp.Compare(a.km, b.km))
}

// most keeps the strongest hits when there are too many.
func (a *assessment) most(hits []*hit) []*hit {
	most := a.x.rules.MaxRows
	if len(hits) <= most {
		return hits
	}
	left := len(hits) - most
	slices.SortStableFunc(hits, stronger)
	hits = hits[:most]
	slices.SortFunc(hits, func(a, b *hit) int { return cmp.Compare(a.id, b.id) })
	a.notes = append(a.notes, fmt.Sprintf("%d weaker rows of this event are not kept", left))
	return hits
}
