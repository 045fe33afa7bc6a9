package main

import (
	"context"
	"math"
	"runtime"
	"sync"

	"github.com/golang/geo/s1"
	"github.com/golang/geo/s2"

	"watchfire.dev/internal/exposure/match"
	"watchfire.dev/internal/geo"
)

// filter is the exact test that scan and R-tree use: the same rules as ours, in the plainest
// way that is still quick. Polygons: the edges whose longitudes straddle the place, the side
// of each by one dot product; too near to tell, or near a pole, s2. Lines: s2.
type filter struct {
	q      *query
	centre s2.Point
	limit  float64
	cap    float64 // squared chord that holds the shape
	middle s2.Point
	lon    []float64 // of the edges' ends, from the first vertex on; two for each edge
	normal []s2.Point
	plain  bool // every test is s2's
}

func (f *filter) reset(q *query) {
	f.q, f.lon, f.normal, f.plain = q, f.lon[:0], f.normal[:0], false
	f.limit = match.Limit(q.km)
	if len(q.shape.Points) == 1 {
		f.centre = match.Unit(q.centre.Lat, q.centre.Lon)
		return
	}
	middle, km := q.region.Bound()
	f.middle, f.cap = match.Unit(middle.Lat, middle.Lon), match.Limit(km+0.001)
	if q.region.Parts() == 0 {
		return
	}
	unit, where := q.region.Ring(0, 0)
	for i := range unit {
		j := (i + 1) % len(unit)
		a, b := math.Remainder(where[i].Lon-where[0].Lon, 360), math.Remainder(where[j].Lon-where[0].Lon, 360)
		n := s2.Point{Vector: unit[i].Cross(unit[j].Vector)}
		if a > b {
			a, b, n = b, a, s2.Point{Vector: n.Mul(-1)}
		}
		if b-a > 90 || math.Abs(where[i].Lat) > 88 {
			f.plain = true
		}
		f.lon, f.normal = append(f.lon, a, b), append(f.normal, n)
	}
}

func (f *filter) holds(p s2.Point, lon float64) bool {
	switch {
	case f.q.region.Parts() > 0:
		if p.Sub(f.middle.Vector).Norm2() > f.cap {
			return false
		}
		return f.inside(p, lon)
	case len(f.q.shape.Points) > 1:
		if p.Sub(f.middle.Vector).Norm2() > f.cap {
			return false
		}
		from, to := f.q.region.Arcs()
		for i := range from {
			if near(p, from[i], to[i], f.limit) {
				return true
			}
		}
		return false
	}
	return p.Sub(f.centre.Vector).Norm2() <= f.limit
}

func near(p, a, b s2.Point, limit float64) bool {
	d, _ := s2.UpdateMinDistance(p, a, b, s1.InfChordAngle())
	return float64(d) <= limit
}

func (f *filter) inside(p s2.Point, lon float64) bool {
	if f.plain {
		return f.q.region.PartHolds(0, p)
	}
	_, where := f.q.region.Ring(0, 0)
	x := math.Remainder(lon-where[0].Lon, 360)
	in := false
	for i := range f.normal {
		if f.lon[2*i] <= x && x < f.lon[2*i+1] {
			d := f.normal[i].Dot(p.Vector)
			if math.Abs(d) < 1e-15 {
				return f.q.region.PartHolds(0, p)
			}
			in = in != (d < 0)
		}
	}
	return in
}

// alone is the number of assets below which a second core does not pay.
const alone = 20_000

// scan looks at every asset, on all cores.
type scan struct {
	vec  []s2.Point
	lon  []float64
	id   []int32
	f    filter
	part [][]int32
	out  []int32
}

func newScan(places []match.Place) *scan {
	s := &scan{part: make([][]int32, runtime.GOMAXPROCS(0))}
	for _, p := range places {
		s.vec, s.lon, s.id = append(s.vec, match.Unit(p.Lat, p.Lon)), append(s.lon, p.Lon), append(s.id, p.ID)
	}
	return s
}

func (s *scan) name() string { return "brute" }
func (s *scan) exact() bool  { return true }

func (s *scan) ask(_ context.Context, q *query) ([]int32, error) {
	s.f.reset(q)
	if len(s.vec) < alone {
		s.out = s.some(q, 0, len(s.vec), s.out[:0])
		return s.out, nil
	}
	var wg sync.WaitGroup
	for w := range s.part {
		wg.Go(func() {
			s.part[w] = s.some(q, len(s.vec)*w/len(s.part), len(s.vec)*(w+1)/len(s.part), s.part[w][:0])
		})
	}
	wg.Wait()
	s.out = s.out[:0]
	for _, p := range s.part {
		s.out = append(s.out, p...)
	}
	return s.out, nil
}

// some looks at the assets from one number to another.
func (s *scan) some(q *query, from, to int, out []int32) []int32 {
	vec, id := s.vec[from:to], s.id[from:to]
	if len(q.shape.Points) == 1 {
		c, limit := s.f.centre, s.f.limit
		for i := range vec {
			v := &vec[i]
			x, y, z := v.X-c.X, v.Y-c.Y, v.Z-c.Z
			if x*x+y*y+z*z <= limit {
				out = append(out, id[i])
			}
		}
		return out
	}
	c, limit := s.f.middle, s.f.cap
	for i := range vec {
		v := &vec[i]
		x, y, z := v.X-c.X, v.Y-c.Y, v.Z-c.Z
		if x*x+y*y+z*z <= limit && s.f.holds(*v, s.lon[from+i]) {
			out = append(out, id[i])
		}
	}
	return out
}

func (s *scan) rate(ctx context.Context, b *bench, qs []query) (float64, error) {
	if len(s.vec) < alone {
		return b.alone(ctx, s, qs, 1)
	}
	return b.alone(ctx, s, qs, len(s.part))
}

// boxes are the windows that hold a region, cut at the antimeridian.
func boxes(r *geo.Region, padKM float64) [][4]float64 {
	w := r.Window(padKM)
	if w.West <= w.East {
		return [][4]float64{{w.West, w.South, w.East, w.North}}
	}
	return [][4]float64{{w.West, w.South, 180, w.North}, {-180, w.South, w.East, w.North}}
}
