package main

import (
	"context"
	"fmt"
	"runtime"
	"syscall"
	"time"

	"watchfire.dev/internal/exposure/match"
	"watchfire.dev/internal/geo"
)

// own is our matcher on one core.
type own struct {
	x    *match.Points
	s    match.Search
	area match.Area
	line match.Line
	out  []int32
}

func (o *own) name() string { return "ours" }
func (o *own) exact() bool  { return true }

func (o *own) ask(_ context.Context, q *query) ([]int32, error) {
	switch {
	case q.region.Parts() > 0:
		o.area.Reset(q.region)
		o.out = o.x.Area(&o.s, &o.area, o.out[:0])
	case len(q.shape.Points) > 1:
		o.line.Reset(q.region, 0)
		o.out = o.x.Line(&o.s, &o.line, o.out[:0])
	default:
		c := match.NewCircle(q.centre.Lat, q.centre.Lon, q.km)
		o.out = o.x.Circle(&o.s, &c, o.out[:0])
	}
	return o.out, nil
}

func (o *own) rate(ctx context.Context, b *bench, qs []query) (float64, error) {
	return b.alone(ctx, o, qs, 1)
}

// alone measures a contestant that works on so many cores, over whole rounds of the queries;
// the clock is read once in a while, so that it does not count where a query takes some
// nanoseconds. On a busy machine the clock on the wall counts what others do; with -cpu the
// processor time of this process is taken, spread over the cores that the contestant uses.
func (b *bench) alone(ctx context.Context, c contestant, qs []query, cores int) (float64, error) {
	const seldom = 200 * time.Microsecond
	asked, rounds := 0, 1
	began, spent := time.Now(), processorTime()
	for wall := time.Duration(0); asked == 0 || wall < b.length || b.cpu && processorTime()-spent < b.length/3; {
		for range rounds {
			for i := range qs {
				if _, err := c.ask(ctx, &qs[i]); err != nil {
					return 0, err
				}
			}
		}
		asked += rounds * len(qs)
		if was := wall; time.Since(began)-was < seldom {
			rounds *= 2
		}
		wall = time.Since(began)
	}
	if b.cpu {
		return float64((processorTime() - spent).Nanoseconds()) / float64(asked*cores), nil
	}
	return float64(time.Since(began).Nanoseconds()) / float64(asked), nil
}

// processorTime is what this process has used so far, in all its threads.
func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// build measures building and memory.
func (b *bench) build(places []match.Place, label string) (*own, error) {
	o := &own{}
	var times []float64
	for range b.runs {
		o.x = nil
		runtime.GC()
		began := time.Now()
		o.x = match.Build(places)
		times = append(times, time.Since(began).Seconds())
	}
	if label != "1m" {
		return o, nil
	}
	var before, after runtime.MemStats
	o.x = nil
	runtime.GC()
	runtime.ReadMemStats(&before)
	o.x = match.Build(places)
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.figure("build_1m_s", median(times), "s")
	b.figure("bytes_per_asset", float64(after.HeapAlloc-before.HeapAlloc)/float64(len(places)), "B")
	return o, nil
}

// extra measures what stands only once: changes, growth, and the promise never to be slower
// than the scan.
func (b *bench) extra(ctx context.Context, o *own, places []match.Place) error {
	if err := b.patches(o, places); err != nil {
		return err
	}
	if err := b.growth(ctx, o, places); err != nil {
		return err
	}
	return b.worst(ctx)
}

// patches moves one asset at a time and asks for it at its new place.
func (b *bench) patches(o *own, places []match.Place) error {
	x := o.x
	var times []float64
	for i := range 20_000 {
		at := i * 7919 % len(places)
		was := places[at]
		now := was
		now.Lat = clamp(was.Lat + 0.02)
		began := time.Now()
		x = x.With([]match.Place{was}, []match.Place{now})
		times = append(times, float64(time.Since(began).Nanoseconds())/1000)
		c := match.NewCircle(now.Lat, now.Lon, 0)
		o.out = x.Circle(&o.s, &c, o.out[:0])
		if !contains(o.out, now.ID) {
			return fmt.Errorf("asset %d was moved and is not found at its new place", now.ID)
		}
		x = x.With([]match.Place{now}, []match.Place{was})
	}
	b.figure("patch_us", median(times), "us")
	return nil
}

func contains(ids []int32, id int32) bool {
	for _, i := range ids {
		if i == id {
			return true
		}
	}
	return false
}

// growth compares 1M with 10k assets where both find as many: around the same centres, the
// radius on the small data set that finds what 30 km find on the large one.
func (b *bench) growth(ctx context.Context, large *own, places []match.Place) error {
	small := &own{x: match.Build(assets(10_000))}
	var qs, ps []query
	for i := range 96 {
		p := places[i*10_007%len(places)]
		c := match.NewCircle(p.Lat, p.Lon, 30)
		want := large.x.CircleCount(&large.s, &c)
		low, high := 1.0, 20_000.0
		for range 40 {
			middle := (low + high) / 2
			c := match.NewCircle(p.Lat, p.Lon, middle)
			if small.x.CircleCount(&small.s, &c) < want {
				low = middle
			} else {
				high = middle
			}
		}
		one, err := circle(p, 30)
		if err != nil {
			return err
		}
		ten, err := circle(p, high)
		if err != nil {
			return err
		}
		qs, ps = append(qs, one), append(ps, ten)
	}
	var ratios []float64
	for range b.runs {
		one, err := large.rate(ctx, b, qs)
		if err != nil {
			return err
		}
		ten, err := small.rate(ctx, b, ps)
		if err != nil {
			return err
		}
		ratios = append(ratios, one/ten)
	}
	b.figure("growth_10k_1m", median(ratios), "x")
	return nil
}

func circle(p match.Place, km float64) (query, error) {
	q := query{centre: geo.Point{Lat: p.Lat, Lon: p.Lon}, km: km, shape: geo.Circle(p.Lat, p.Lon, km)}
	var err error
	q.region, _, err = geo.Prepare(q.shape)
	return q, err
}
