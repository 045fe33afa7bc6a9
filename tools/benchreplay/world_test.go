package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math"
	"runtime"
	"slices"
	"testing"
	"time"

	"watchfire.dev/internal/exposure"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/replay"
	"watchfire.dev/internal/rule"
	"watchfire.dev/internal/warning"
	"watchfire.dev/internal/watch"
)

// small is a month of the world.
func small() *world { return newWorld(size{quakes: 1200, advisories: 40, sites: 1000, years: 0.1}) }

func config(w *world, workers int) replay.Config {
	return replay.Config{
		Org: w.portfolio.Org, Policy: warning.DefaultPolicy(), Rater: rule.Set, Portfolio: w.portfolio, Until: w.until, Workers: workers,
		Matcher: func(p portfolio.Portfolio) watch.Matcher { return exposure.NewIndex(p) },
	}
}

// One world gives one log: in two runs, on one and on two processors, whatever the number of
// workers. Expanded it is what one goroutine decides that does one thing after the other as
// the live watch does, byte for byte, though it has fewer than two thirds of the bytes (this
// small world has few rows a line).
func TestOneWorldGivesOneLog(t *testing.T) {
	w := small()
	var want bytes.Buffer
	first, err := replay.Stream(config(w, 1), w.steps(), &want)
	if err != nil {
		t.Fatal(err)
	}
	if sum := sha256.Sum256(want.Bytes()); first.SHA256 != hex.EncodeToString(sum[:]) {
		t.Errorf("the summary's hash %s is not that of the log", first.SHA256)
	}
	if first.Warnings < 20 || first.Events != 1240 || !bytes.Contains(want.Bytes(), []byte(`"hazard":"cyclone"`)) {
		t.Fatalf("the world is too quiet to test anything: %+v", first)
	}
	before := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(before)
	for _, run := range []struct{ processors, workers int }{{1, 1}, {1, 3}, {2, 1}, {2, 2}, {2, 7}} {
		runtime.GOMAXPROCS(run.processors)
		var got bytes.Buffer
		sum, err := replay.Stream(config(small(), run.workers), small().steps(), &got)
		if err != nil {
			t.Fatal(err)
		}
		if sum != first || !bytes.Equal(got.Bytes(), want.Bytes()) {
			t.Errorf("%d processors, %d workers: %+v, want %+v", run.processors, run.workers, sum, first)
		}
	}
	cfg := config(w, 1)
	rater, err := cfg.Rater(nil)
	if err != nil {
		t.Fatal(err)
	}
	core := watch.NewCore(cfg.Org, cfg.Policy, cfg.Matcher(cfg.Portfolio), rater)
	var live, full bytes.Buffer
	enc := json.NewEncoder(&live)
	enc.SetEscapeHTML(false)
	decided := func(ds []watch.Decision) {
		for i := range ds {
			if err := enc.Encode(&ds[i]); err != nil {
				t.Fatal(err)
			}
		}
	}
	for s := range w.steps() {
		decided(core.Observe(s.At, s.Signals))
	}
	decided(core.Advance(w.until))
	if err := replay.Expand(bytes.NewReader(want.Bytes()), &full); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(full.Bytes(), live.Bytes()) {
		t.Errorf("the live core's decisions are %d bytes, those of the log %d, and they differ", live.Len(), full.Len())
	}
	if want.Len() > full.Len()/3*2 {
		t.Errorf("the log has %d bytes, its decisions %d", want.Len(), full.Len())
	}
}

func TestTheWorldIsPlausible(t *testing.T) {
	t.Parallel()
	from := time.Date(1996, 1, 1, 0, 0, 0, 0, time.UTC)
	w := newWorld(size{quakes: 20000, advisories: 400, sites: 500, years: 2})
	strong := 0
	for _, q := range w.quakes {
		if math.Abs(q.lat) > 90 || math.Abs(q.lon) > 180 || q.magnitude < least || q.magnitude > 9.5 || q.depth < 0 || q.depth > 700 {
			t.Fatalf("%+v", q)
		}
		if q.magnitude >= 5.5 {
			strong++
		}
	}
	// b = 1: one in ten is a magnitude stronger; 5.45 is rounded to 5.5.
	if want := 20000 * math.Pow(10, -0.95); math.Abs(float64(strong)-want) > 150 {
		t.Errorf("%d of 20,000 of M 5.5 and more, want some %.0f", strong, want)
	}
	if !slices.IsSortedFunc(w.quakes, func(a, b quake) int { return int(a.received - b.received) }) {
		t.Error("the catalogue is not in the order of receipt")
	}
	last := from.UnixMilli()
	steps := 0
	for s := range w.steps() {
		if at := s.At.UnixMilli(); at < last {
			t.Fatalf("%s after %d", s.At, last)
		} else {
			last = at
		}
		steps++
	}
	if steps != 20400 {
		t.Errorf("%d steps", steps)
	}
	winds := 0
	for _, s := range w.storms {
		if len(s.Track) != len(leads) {
			t.Fatalf("%d points", len(s.Track))
		}
		for _, p := range s.Track {
			if !p.Place.Valid() || p.WindKT < 20 || p.WindKT > 170 {
				t.Fatalf("%+v", p)
			}
			if p.Radii[0] != [4]float64{} {
				winds++
			}
		}
	}
	if winds < 500 {
		t.Errorf("%d points with wind radii", winds)
	}
	for _, a := range w.portfolio.Assets {
		if err := a.Shape.Check(); err != nil {
			t.Fatal(err)
		}
	}
}
