package main

import (
	"context"

	"github.com/golang/geo/s2"
	"github.com/tidwall/rtree"

	"watchfire.dev/internal/exposure/match"
	"watchfire.dev/internal/geo"
)

// tree is tidwall/rtree over longitudes and latitudes with the exact filter, on one core. A
// line is looked up arc by arc, so that its box is not the box of the whole journey.
type tree struct {
	t    rtree.RTreeG[int32]
	vec  []s2.Point
	lon  []float64
	f    filter
	arcs map[int][]*geo.Region // of a line, by query; prepared once
	seen []uint32
	turn uint32
	out  []int32
}

func newTree(places []match.Place) *tree {
	t := &tree{seen: make([]uint32, len(places)), arcs: map[int][]*geo.Region{}}
	for _, p := range places {
		at := [2]float64{p.Lon, p.Lat}
		t.t.Insert(at, at, p.ID)
		t.vec, t.lon = append(t.vec, match.Unit(p.Lat, p.Lon)), append(t.lon, p.Lon)
	}
	return t
}

func (t *tree) name() string { return "rtree" }
func (t *tree) exact() bool  { return true }

func (t *tree) ask(_ context.Context, q *query) ([]int32, error) {
	t.f.reset(q)
	t.out = t.out[:0]
	if len(q.shape.Points) > 1 {
		return t.line(q)
	}
	for _, b := range boxes(q.region, 0) {
		t.t.Search([2]float64{b[0], b[1]}, [2]float64{b[2], b[3]}, func(_, _ [2]float64, id int32) bool {
			if t.f.holds(t.vec[id], t.lon[id]) {
				t.out = append(t.out, id)
			}
			return true
		})
	}
	return t.out, nil
}

func (t *tree) line(q *query) ([]int32, error) {
	t.turn++
	from, to := q.region.Arcs()
	key := q.number<<20 | len(from) // the shapes of one number differ in their arcs
	arcs, known := t.arcs[key]
	if !known {
		for i := 1; i < len(q.shape.Points); i++ {
			r, _, err := geo.Prepare(geo.Line(q.shape.Points[i-1:i+1], q.km))
			if err != nil {
				return nil, err
			}
			arcs = append(arcs, r)
		}
		t.arcs[key] = arcs
	}
	for i, r := range arcs {
		for _, b := range boxes(r, 0) {
			t.t.Search([2]float64{b[0], b[1]}, [2]float64{b[2], b[3]}, func(_, _ [2]float64, id int32) bool {
				if t.seen[id] != t.turn && near(t.vec[id], from[i], to[i], t.f.limit) {
					t.seen[id] = t.turn
					t.out = append(t.out, id)
				}
				return true
			})
		}
	}
	return t.out, nil
}

func (t *tree) rate(ctx context.Context, b *bench, qs []query) (float64, error) {
	return b.alone(ctx, t, qs, 1)
}
