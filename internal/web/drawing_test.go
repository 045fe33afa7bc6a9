package web

import (
	"math"
	"strings"
	"testing"

	"watchfire.dev/internal/geo"
)

func TestAroundKeepsPointsInThePicture(t *testing.T) {
	t.Parallel()
	for name, points := range map[string][]geo.Point{
		"one":          {{Lat: 30, Lon: 66}},
		"two":          {{Lat: -14, Lon: 40}, {Lat: -15, Lon: 44}},
		"antimeridian": {{Lat: -17, Lon: 179.4}, {Lat: -18, Lon: -179.2}},
		"pole":         {{Lat: 89.5, Lon: 0}, {Lat: 89.6, Lon: 170}},
	} {
		d := around(420, 190, points)
		for _, p := range points {
			if x, y := d.fit.at(p); !d.inside(x, y) {
				t.Errorf("%s: %v lies at %.0f, %.0f", name, p, x, y)
			}
		}
		if d.Scale < 40 || d.Scale > 420 {
			t.Errorf("%s: scale bar of %.0f pixels", name, d.Scale)
		}
	}
}

func TestScaleBarIsTrue(t *testing.T) {
	t.Parallel()
	a, b := geo.Point{Lat: 0, Lon: 0}, geo.Point{Lat: 0, Lon: 1}
	d := around(420, 190, []geo.Point{a, b})
	ax, _ := d.fit.at(a)
	bx, _ := d.fit.at(b)
	km := (bx - ax) / d.Scale * d.ScaleKM
	if want := geo.DistanceKM(a, b); math.Abs(km-want) > want/100 {
		t.Errorf("%.1f km on the map, %.1f on the sphere", km, want)
	}
}

func TestLabelsDoNotCoverOneAnother(t *testing.T) {
	t.Parallel()
	d := world(1000, 440)
	for range 10 {
		d.say(500, 200, "Quetta Rail")
	}
	if len(d.Labels) != 4 {
		t.Errorf("%d labels around one place, want 4", len(d.Labels))
	}
}

func TestReadTopology(t *testing.T) {
	t.Parallel()
	lines, err := readTopology([]byte(`{"type":"Topology","transform":{"scale":[1,1],"translate":[-180,-90]},"arcs":[[[0,90],[10,0],[349,5],[1,0]]]}`))
	if err != nil {
		t.Fatal(err)
	}
	if len(lines) != 2 || lines[0][1].Lon != -170 || lines[1][0].Lon != 179 {
		t.Errorf("lines %v: a jump over 180° must break the line", lines)
	}
	for _, bad := range []string{"", "{}", `{"type":"FeatureCollection"}`, `{"type":"Topology"}`} {
		if _, err := readTopology([]byte(bad)); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}

func TestEmbeddedOutlineDrawsTheWorldOrNothing(t *testing.T) {
	t.Parallel()
	o, err := embeddedOutline()
	if err != nil {
		t.Fatal(err)
	}
	d := world(1000, 440)
	d.background(newBackdrop(o))
	if d.Grid == "" || strings.Contains(d.Grid+d.Outline, "NaN") {
		t.Error("no grid, or numbers that are none")
	}
}

func TestOneLineForgesNoEvent(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"queue": "queue", "a\n\nevent: over": "queue", "Sources": "queue", "sources": "sources"} {
		if got := oneLine(in); got != want {
			t.Errorf("oneLine(%q) = %q", in, got)
		}
	}
}
