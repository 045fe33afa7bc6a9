package match

import (
	"math"
	"slices"
)

// changes is how many changes a row's overlay holds before the row is packed anew: a visit of
// the row looks at each of them, and a change copies them all.
const changes = 48

// With returns the points without some and with others; x stays as it is, and what did not
// change is shared. A moved item is removed where it was and added where it is. An item to
// remove that is not there is passed over. When the number of items has doubled or fallen to
// a quarter since everything was packed, it is packed anew.
func (x *Points) With(remove, add []Place) *Points {
	if x.edge == nil {
		return Build(add)
	}
	y := *x
	y.whole, y.start, y.few = nil, nil, nil
	p := patch{x: &y}
	for _, r := range remove {
		p.remove(r)
	}
	for _, a := range add {
		p.add(a)
	}
	if y.n > 2*y.built+1000 || y.n*4 < y.built {
		return y.packed()
	}
	if y.n <= fewPoints {
		y.few = y.together()
	}
	return &y
}

// together is a copy of all items, one row behind the other.
func (x *Points) together() *arena {
	a := &arena{make([]uint32, 0, x.n), make([]vector, 0, x.n), make([]int32, 0, x.n)}
	add := func(r *row) {
		for i := r.from; i < r.to; i++ {
			if r.over == nil || !slices.Contains(r.over.gone, i-r.from) {
				a.push(r.a, int(i))
			}
		}
	}
	for _, b := range x.bands {
		if b.n == 0 {
			continue
		}
		for i := range b.rows {
			r := &b.rows[i]
			add(r)
			if r.over != nil {
				add(&r.over.more)
			}
		}
	}
	return a
}

// patch is one call of With: the bands and overlays that it has copied already.
type patch struct {
	x     *Points
	bands []int
	own   []*overlay
}

// find returns the band of a row and the row's place in it.
func (p *patch) find(n int) (b, i int) {
	b = bandOf(p.x.edge.lat[n])
	for int(p.x.edge.first[b+1]) <= n {
		b++
	}
	return b, n - int(p.x.edge.first[b])
}

// row returns a row whose overlay may be changed, and its band.
func (p *patch) row(n int) (*row, *band) {
	b, i := p.find(n)
	if !slices.Contains(p.bands, b) {
		fresh := *p.x.bands[b]
		fresh.rows = slices.Clone(fresh.rows)
		p.x.bands[b] = &fresh
		p.bands = append(p.bands, b)
	}
	band := p.x.bands[b]
	r := &band.rows[i]
	switch {
	case r.over == nil:
		r.over = &overlay{more: row{a: &arena{}}}
	case slices.Contains(p.own, r.over):
		return r, band
	default:
		m := &r.over.more
		r.over = &overlay{gone: copied(r.over.gone), more: row{a: m.a.copied(m.from, m.to, 1), to: m.to - m.from}}
	}
	p.own = append(p.own, r.over)
	return r, band
}

// copied is a copy with room for one more.
func copied[T any](in []T) []T { return append(make([]T, 0, len(in)+1), in...) }

// copied is a part of an arena on its own, with room for more.
func (a *arena) copied(from, to, more uint32) *arena {
	n := int(to - from + more)
	return &arena{
		append(make([]uint32, 0, n), a.key[from:to]...), append(make([]vector, 0, n), a.vec[from:to]...), append(make([]int32, 0, n), a.id[from:to]...),
	}
}

func (a *arena) insert(i int, key uint32, v vector, id int32) {
	a.key, a.vec, a.id = slices.Insert(a.key, i, key), slices.Insert(a.vec, i, v), slices.Insert(a.id, i, id)
}

func (a *arena) remove(i int) {
	a.key, a.vec, a.id = slices.Delete(a.key, i, i+1), slices.Delete(a.vec, i, i+1), slices.Delete(a.id, i, i+1)
}

func (p *patch) remove(a Place) {
	key := keyOf(a.Lon)
	n := p.x.edge.row(a.Lat)
	for _, at := range [3]int{n, n - 1, n + 1} { // packed anew, a place may lie over the edge
		if at >= 0 && at < len(p.x.edge.lat)-1 && p.holds(at, key, a.ID) {
			r, band := p.row(at)
			band.n--
			p.x.n--
			if i, ok := r.over.more.at(key, a.ID); ok {
				r.over.more.a.remove(i)
				r.over.more.to--
				return
			}
			i, _ := r.at(key, a.ID)
			at, _ := slices.BinarySearch(r.over.gone, uint32(i))
			r.over.gone = slices.Insert(r.over.gone, at, uint32(i))
			r.fold()
			return
		}
	}
}

// holds tells whether a row has an item.
func (p *patch) holds(n int, key uint32, id int32) bool {
	b, i := p.find(n)
	r := &p.x.bands[b].rows[i]
	if r.over != nil {
		if _, ok := r.over.more.at(key, id); ok {
			return true
		}
	}
	at, ok := r.at(key, id)
	return ok && (r.over == nil || !slices.Contains(r.over.gone, uint32(at)))
}

func (p *patch) add(a Place) {
	r, band := p.row(p.x.edge.row(a.Lat))
	key := keyOf(a.Lon)
	i, _ := r.over.more.at(key, a.ID)
	r.over.more.a.insert(i, key, vectorOf(Unit(a.Lat, a.Lon)), a.ID)
	r.over.more.to++
	band.n++
	p.x.n++
	r.fold()
}

// fold packs a row with its overlay when that has grown: a merge of two sorted rows.
func (r *row) fold() {
	o := r.over
	if len(o.gone)+int(o.more.to) <= changes {
		return
	}
	n := r.to - r.from + o.more.to
	a := &arena{make([]uint32, 0, n), make([]vector, 0, n), make([]int32, 0, n)}
	gone, j := o.gone, 0
	for i := r.from; i < r.to; i++ {
		if len(gone) > 0 && gone[0] == i-r.from {
			gone = gone[1:]
			continue
		}
		for ; j < len(o.more.a.key); j++ {
			if k := o.more.a.key[j]; k > r.a.key[i] || k == r.a.key[i] && o.more.a.id[j] > r.a.id[i] {
				break
			}
			a.push(o.more.a, j)
		}
		a.push(r.a, int(i))
	}
	for ; j < len(o.more.a.key); j++ {
		a.push(o.more.a, j)
	}
	*r = row{a: a, to: uint32(len(a.key))}
	r.point(make([]uint32, r.hints()))
}

func (a *arena) push(b *arena, i int) {
	a.key, a.vec, a.id = append(a.key, b.key[i]), append(a.vec, b.vec[i]), append(a.id, b.id[i])
}

// packed is the same items with rows cut anew. The places on the sphere are kept bit for
// bit; a latitude is reckoned back only to choose the row.
func (x *Points) packed() *Points {
	places := make([]Place, 0, x.n)
	vecs := make([]vector, 0, x.n)
	keys := make([]uint32, 0, x.n)
	var s Search
	x.everything(&s, true)
	for _, sp := range s.spans {
		for i := sp.from; i < sp.to; i++ {
			v := sp.a.vec[i]
			places = append(places, Place{sp.a.id[i], math.Atan2(v[2], math.Hypot(v[0], v[1])) * 180 / math.Pi, float64(sp.a.key[i])*(360.0/turn) - 180})
			vecs, keys = append(vecs, v), append(keys, sp.a.key[i])
		}
	}
	return build(places, keys, vecs)
}
