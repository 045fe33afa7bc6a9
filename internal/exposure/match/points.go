package match

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
	"sync"
)

const (
	bandCount = 180 // bands of one degree
	maxSplit  = 64  // rows a band at most
	perSquare = 10  // points in a square as high as a row, about: what a visit of a row costs
)

// Points holds point items for matching. It never changes; With makes a changed one. The
// zero value holds nothing.
type Points struct {
	n     int
	bands [bandCount]*band
	edge  *edges
	built int      // items when everything was packed last
	whole *arena   // of all rows; nil once something changed
	start []uint32 // where each row begins in whole; one more at the end
	few   *arena   // all items where there are only a few, otherwise nil
}

// band is one degree of latitude, cut into rows as the density of its points asks.
type band struct {
	n    int
	rows []row
}

// row is the part of one arena that holds the points between two latitudes, by key and id.
type row struct {
	a        *arena
	from, to uint32
	over     *overlay // nil = unchanged since it was packed
	hint     []uint32 // where keys with the same first bits begin, from the row's start; one more at the end
	shift    uint8    // of keys to hints
}

// overlay is what changed in a row since it was packed: the positions, from the row's start,
// of items that went, in order, and the items that came, as a row of their own.
type overlay struct {
	gone []uint32
	more row
}

// arena holds points in the order of their rows.
type arena struct {
	key []uint32
	vec []vector
	id  []int32
}

// edges holds where the rows of each band begin and end; the patched copies share it.
type edges struct {
	first [bandCount + 1]int32 // row number of each band's first row
	sin   []float64            // of the boundary below each row; one more at the end
	cos   []float64
	lat   []float64 // degrees
}

// Len is the number of items.
func (x *Points) Len() int { return x.n }

// Build packs places. Ids need not be in order but must differ; an id that is given twice
// is found twice. Coordinates must be in range (geo.Point.Valid).
func Build(places []Place) *Points { return build(places, nil, nil) }

// build packs places; keys and vectors are reckoned from the degrees unless they are given.
func build(places []Place, keys []uint32, vecs []vector) *Points {
	x := &Points{n: len(places), built: len(places)}
	x.edge = split(places)
	e := x.edge
	starts := make([]uint32, len(e.lat)+1)
	rowAt := make([]uint16, len(places))
	for i := range places {
		r := e.row(places[i].Lat)
		rowAt[i] = uint16(r)
		starts[r+1]++
	}
	for i := 1; i < len(starts); i++ {
		starts[i] += starts[i-1]
	}
	order := make([]uint64, len(places)) // key and index
	next := slices.Clone(starts)
	for i := range places {
		at := &next[rowAt[i]]
		if keys == nil {
			order[*at] = uint64(keyOf(places[i].Lon))<<32 | uint64(uint32(i))
		} else {
			order[*at] = uint64(keys[i])<<32 | uint64(uint32(i))
		}
		*at++
	}
	a := &arena{key: make([]uint32, len(places)), vec: make([]vector, len(places)), id: make([]int32, len(places))}
	x.whole, x.start = a, starts
	if len(places) <= fewPoints {
		x.few = a
	}
	rows := len(e.lat) - 1
	const workers = 4
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for r := rows * w / workers; r < rows*(w+1)/workers; r++ {
				a.fill(places, vecs, order, int(starts[r]), int(starts[r+1]))
			}
		})
	}
	wg.Wait()
	all, total := make([]row, rows), 0
	for r := range all {
		all[r] = row{a: a, from: starts[r], to: starts[r+1]}
		total += all[r].hints()
	}
	hints := make([]uint32, total)
	for r := range all {
		n := all[r].hints()
		all[r].point(hints[:n:n])
		hints = hints[n:]
	}
	packs := make([]band, bandCount)
	for b := range x.bands {
		from, to := e.first[b], e.first[b+1]
		packs[b] = band{int(starts[to] - starts[from]), all[from:to:to]}
		x.bands[b] = &packs[b]
	}
	return x
}

// fill sorts one row and writes its points down.
func (a *arena) fill(places []Place, vecs []vector, order []uint64, from, to int) {
	part := order[from:to]
	slices.Sort(part)
	for i, o := range part {
		p := &places[uint32(o)]
		a.key[from+i], a.id[from+i] = uint32(o>>32), p.ID
		if vecs == nil {
			a.vec[from+i] = vectorOf(Unit(p.Lat, p.Lon))
		} else {
			a.vec[from+i] = vecs[uint32(o)]
		}
	}
	for i := 1; i < len(part); i++ { // equal keys: by id
		if a.key[from+i] == a.key[from+i-1] && a.id[from+i] < a.id[from+i-1] {
			a.settle(from, from+i)
		}
	}
}

// settle moves an item in front of those with the same key and a larger id.
func (a *arena) settle(from, i int) {
	for ; i > from && a.key[i] == a.key[i-1] && a.id[i] < a.id[i-1]; i-- {
		a.id[i], a.id[i-1] = a.id[i-1], a.id[i]
		a.vec[i], a.vec[i-1] = a.vec[i-1], a.vec[i]
	}
}

// split decides into how many rows each band is cut, by the density that a point of the band
// has around it.
func split(places []Place) *edges {
	count := make([]uint32, bandCount*360)
	for i := range places {
		lon := min(int(places[i].Lon+180), 359)
		count[bandOf(places[i].Lat)*360+max(lon, 0)]++
	}
	e := &edges{}
	for b := range bandCount {
		sum, squares := 0.0, 0.0
		for _, c := range count[b*360 : b*360+360] {
			sum += float64(c)
			squares += float64(c) * float64(c)
		}
		k := 1
		if sum > 0 {
			wide := math.Max(0.05, math.Cos((float64(b)-89.5)*math.Pi/180)) // of a cell, in degrees
			k = min(max(int(math.Sqrt(squares/sum/wide/perSquare)+0.5), 1), maxSplit)
		}
		e.first[b+1] = e.first[b] + int32(k)
		for j := range k {
			e.push(float64(b) - 90 + float64(j)/float64(k))
		}
	}
	e.push(90)
	return e
}

func (e *edges) push(lat float64) {
	sin, cos := math.Sincos(lat * math.Pi / 180)
	e.lat, e.sin, e.cos = append(e.lat, lat), append(e.sin, sin), append(e.cos, cos)
}

func bandOf(lat float64) int { return min(max(int(lat+90), 0), bandCount-1) }

// row is the number of the row of a latitude.
func (e *edges) row(lat float64) int {
	b := bandOf(lat)
	from, to := int(e.first[b]), int(e.first[b+1])
	return min(max(from+int((lat+90-float64(b))*float64(to-from)), from), to-1)
}

// lower is the number of keys below k.
func lower(keys []uint32, k uint32) int {
	from, n := 0, len(keys)
	for n > 0 {
		half := n >> 1
		next := from
		if keys[from+half] < k {
			next = from + half + 1
			half = n - half - 1
		}
		from, n = next, half
	}
	return from
}

// perHint is how many points share a hint where the points of a row are spread evenly.
const perHint = 8

// hints is the number of hints that a row should have; 0 for short rows.
func (r *row) hints() int {
	n := r.to - r.from
	if n < 4*perHint {
		return 0
	}
	return 1<<(bits.Len32(n/perHint)-1) + 1
}

// point fills in the hints of a row: room for as many as it should have.
func (r *row) point(hint []uint32) {
	if len(hint) == 0 {
		return
	}
	r.hint, r.shift = hint, uint8(32-bits.TrailingZeros32(uint32(len(hint)-1)))
	next := 0
	for i, k := range r.a.key[r.from:r.to] {
		for ; next <= int(k>>r.shift); next++ {
			hint[next] = uint32(i)
		}
	}
	for ; next < len(hint); next++ {
		hint[next] = r.to - r.from
	}
}

// lower is the number of the row's keys below k.
func (r *row) lower(k uint32) int {
	keys := r.a.key[r.from:r.to]
	if r.hint == nil {
		return lower(keys, k)
	}
	h := k >> r.shift
	from := r.hint[h]
	return int(from) + lower(keys[from:r.hint[h+1]], k)
}

// upper is the number of the row's keys up to k.
func (r *row) upper(k uint32) int {
	if k == turn-1 {
		return int(r.to - r.from)
	}
	return r.lower(k + 1)
}

// at returns the position at which an item stands or would stand in a row without its
// overlay, and whether it is there.
func (r *row) at(key uint32, id int32) (int, bool) {
	keys, ids := r.a.key[r.from:r.to], r.a.id[r.from:r.to]
	i := r.lower(key)
	for ; i < len(keys) && keys[i] == key; i++ {
		if c := cmp.Compare(ids[i], id); c >= 0 {
			return i, c == 0
		}
	}
	return i, false
}
