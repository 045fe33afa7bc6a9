package match

import (
	"math"
	"slices"
)

// With returns the points without some and with others; x stays as it is, and what did not
// change is shared. A moved item is removed where it was and added where it is. An item to
// remove that is not there is passed over. One change copies one row, some thousand points
// at most where the points are spread as assets are; when the number of items has doubled or
// fallen to a quarter since everything was packed, it is packed anew.
func (x *Points) With(remove, add []Place) *Points {
	if x.edge == nil {
		return Build(add)
	}
	y := *x
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
	return &y
}

// patch is one call of With: the bands and rows that it has copied already.
type patch struct {
	x     *Points
	bands []int
	own   []*arena
}

// row returns a copy of a row that may be changed, and its band.
func (p *patch) row(n int) (*row, *band) {
	b := bandOf(p.x.edge.lat[n])
	for int(p.x.edge.first[b+1]) <= n {
		b++
	}
	if !slices.Contains(p.bands, b) {
		copied := *p.x.bands[b]
		copied.rows = slices.Clone(copied.rows)
		p.x.bands[b] = &copied
		p.bands = append(p.bands, b)
	}
	band := p.x.bands[b]
	r := &band.rows[n-int(p.x.edge.first[b])]
	if !slices.Contains(p.own, r.a) {
		a := &arena{copied(r.a.key[r.from:r.to]), copied(r.a.vec[r.from:r.to]), copied(r.a.id[r.from:r.to])}
		*r = row{a, 0, r.to - r.from}
		p.own = append(p.own, a)
	}
	return r, band
}

// copied is a copy with room for one more.
func copied[T any](in []T) []T { return append(make([]T, 0, len(in)+1), in...) }

func (p *patch) remove(a Place) {
	key := keyOf(a.Lon)
	n := p.x.edge.row(a.Lat)
	for _, at := range []int{n, n - 1, n + 1} { // packed anew, a place may lie over the edge
		if at < 0 || at >= len(p.x.edge.lat)-1 || !p.holds(at, key, a.ID) {
			continue
		}
		r, band := p.row(at)
		i, _ := r.at(key, a.ID)
		r.a.key, r.a.vec, r.a.id = slices.Delete(r.a.key, i, i+1), slices.Delete(r.a.vec, i, i+1), slices.Delete(r.a.id, i, i+1)
		r.to--
		band.n--
		p.x.n--
		return
	}
}

func (p *patch) holds(n int, key uint32, id int32) bool {
	b := bandOf(p.x.edge.lat[n])
	for int(p.x.edge.first[b+1]) <= n {
		b++
	}
	_, ok := p.x.bands[b].rows[n-int(p.x.edge.first[b])].at(key, id)
	return ok
}

func (p *patch) add(a Place) {
	r, band := p.row(p.x.edge.row(a.Lat))
	key := keyOf(a.Lon)
	i, _ := r.at(key, a.ID)
	r.a.key, r.a.vec, r.a.id = slices.Insert(r.a.key, i, key), slices.Insert(r.a.vec, i, vectorOf(Unit(a.Lat, a.Lon))), slices.Insert(r.a.id, i, a.ID)
	r.to++
	band.n++
	p.x.n++
}

// packed is the same items with rows cut anew. The places on the sphere are kept bit for
// bit; a latitude is reckoned back only to choose the row.
func (x *Points) packed() *Points {
	places := make([]Place, 0, x.n)
	vecs := make([]vector, 0, x.n)
	keys := make([]uint32, 0, x.n)
	for _, b := range x.bands {
		for _, r := range b.rows {
			for i := r.from; i < r.to; i++ {
				v := r.a.vec[i]
				places = append(places, Place{r.a.id[i], math.Atan2(v[2], math.Hypot(v[0], v[1])) * 180 / math.Pi, float64(r.a.key[i])*(360.0/turn) - 180})
				vecs, keys = append(vecs, v), append(keys, r.a.key[i])
			}
		}
	}
	return build(places, keys, vecs)
}
