package push

import (
	"strings"
	"testing"
	"time"

	"watchfire.dev/internal/feed"
	"watchfire.dev/internal/geo"
)

func TestGridsArePushed(t *testing.T) {
	t.Parallel()
	send := func(grid string) feed.Result {
		body := `{"hazard":"flood","published":"2026-01-01T00:00:00Z","texts":[{"language":"en","headline":"Depths"}],
			"footprints":[{"role":"affected","grid":{"west":38,"north":-6,"step_lon":0.5,"step_lat":0.5,"cols":2,"rows":1,` + grid + `}}]}`
		r, err := Parse(feed.Input{Source: feed.Source{ID: "hydro"}, Received: time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC), Body: []byte(body)})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	// 1.5 m and 0.5 m: zigzag(150) + 2 = 302, zigzag(-100) + 2 = 201.
	r := send(`"layers":[{"name":"depth_m","unit":"m","quantum":0.01,"cells":"rgLJAQ=="}]`)
	if len(r.Signals) != 1 {
		t.Fatalf("%+v", r.Quarantined)
	}
	f := r.Signals[0].Footprints[0]
	raster, err := f.Grid.Open("depth_m")
	if err != nil {
		t.Fatal(err)
	}
	s, ok := raster.At(geo.Point{Lat: -6.2, Lon: 38.7})
	if !ok || s.Value != 0.5 || f.Shape.Kind != geo.PolygonKind {
		t.Errorf("%v %v, shape %s", s, ok, f.Shape.Kind)
	}
	raw, err := Encode(r.Signals...)
	if err != nil || !strings.Contains(string(raw), "rgLJAQ==") {
		t.Errorf("encoded: %v %s", err, raw)
	}
	for grid, want := range map[string]string{
		`"layers":[]`: "signals[0].footprints[0].grid",
		`"layers":[{"name":"depth_m","quantum":0.01,"cells":"rgI="}]`:               "values for 1 of 2 cells",
		`"layers":[{"name":"depth_m","quantum":0.01,"cells":"rgLJAQ==","depth":1}]`: "layers[0].depth: unknown field",
	} {
		r := send(grid)
		if len(r.Quarantined) != 1 || !strings.Contains(r.Quarantined[0].Place+": "+r.Quarantined[0].Reason, want) {
			t.Errorf("%s: %+v, want %q", grid, r.Quarantined, want)
		}
	}
}
