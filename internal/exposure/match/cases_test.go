package match

import (
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"watchfire.dev/internal/geo"
)

// A security officer's questions: who is inside?
func TestWhoIsInside(t *testing.T) {
	t.Parallel()
	box := func(south, west, north, east float64) geo.Ring {
		return geo.Ring{{Lat: south, Lon: west}, {Lat: south, Lon: east}, {Lat: north, Lon: east}, {Lat: north, Lon: west}}
	}
	sites := []struct {
		name     string
		lat, lon float64
	}{
		{"Quetta", 30.18, 67.00},
		{"Kalat", 29.03, 66.59},
		{"Gwadar", 25.12, 62.32},
		{"Suva", -18.14, 178.44},
		{"Apia", -13.83, -171.76},
		{"Taveuni", -16.85, -179.95},
		{"Longyearbyen", 78.22, 15.65},
		{"North Pole", 90, 0},
		{"McMurdo", -77.85, 166.67},
	}
	tests := []struct {
		name  string
		shape geo.Shape
		reach float64
		want  []string
	}{
		{"10 km around Quetta", geo.Circle(30.2, 67.0, 10), 0, []string{"Quetta"}},
		{"130 km around Quetta reach Kalat", geo.Circle(30.18, 67, 135), 0, []string{"Kalat", "Quetta"}},
		{"a box over Balochistan", geo.Area(geo.Polygon{box(24, 61, 31, 68)}), 0, []string{"Gwadar", "Kalat", "Quetta"}},
		{"with a hole around Kalat", geo.Area(geo.Polygon{box(24, 61, 31, 68), box(28.5, 66, 29.5, 67)}), 0, []string{"Gwadar", "Quetta"}},
		{"Fiji lies on both sides of the date line", geo.Area(geo.Polygon{box(-20, 176, -15, -179)}), 0, []string{"Suva", "Taveuni"}},
		{"a storm passes from Fiji to Samoa", geo.Line([]geo.Point{{Lat: -18, Lon: 178}, {Lat: -14, Lon: -172}}, 100), 0, []string{"Apia", "Suva", "Taveuni"}},
		{"the Arctic: a ring around the pole", geo.Area(geo.Polygon{{{Lat: 75, Lon: 0}, {Lat: 75, Lon: 60}, {Lat: 75, Lon: 120}, {Lat: 75, Lon: 180}, {Lat: 75, Lon: -120}, {Lat: 75, Lon: -60}}}), 0, []string{"Longyearbyen", "North Pole"}},
		{"Antarctica, drawn down to the pole as charts do", geo.Area(geo.Polygon{{{Lat: -70, Lon: -180}, {Lat: -70, Lon: -90}, {Lat: -70, Lon: 0}, {Lat: -70, Lon: 90}, {Lat: -70, Lon: 180}, {Lat: -90, Lon: 180}, {Lat: -90, Lon: -180}}}), 0, []string{"McMurdo"}},
		{"the road Quetta to Gwadar, 30 km on each side", geo.Line([]geo.Point{{Lat: 30.18, Lon: 67}, {Lat: 29, Lon: 66.5}, {Lat: 25.1, Lon: 62.3}}, 0), 30, []string{"Gwadar", "Kalat", "Quetta"}},
		{"half the Earth around the North Pole", geo.Circle(90, 0, 10_000), 0, []string{"Gwadar", "Kalat", "Longyearbyen", "North Pole", "Quetta"}},
	}
	var places []Place
	for i, s := range sites {
		places = append(places, Place{int32(i), s.lat, s.lon})
	}
	for range 300 { // enough others that rows are used
		places = append(places, Place{int32(len(places)), -45 + float64(len(places)%7), -100 + float64(len(places)%31)})
	}
	x := Build(places)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			region, _, err := geo.Prepare(tt.shape)
			if err != nil {
				t.Fatal(err)
			}
			var s Search
			var ids []int32
			switch tt.shape.Kind {
			case geo.CircleKind:
				c := NewCircle(tt.shape.Points[0].Lat, tt.shape.Points[0].Lon, tt.shape.RadiusKM)
				ids = x.Circle(&s, &c, nil)
			case geo.PolygonKind:
				var a Area
				a.Reset(region)
				ids = x.Area(&s, &a, nil)
			default:
				var l Line
				l.Reset(region, tt.reach)
				ids = x.Line(&s, &l, nil)
			}
			var got []string
			for _, id := range ids {
				if int(id) < len(sites) {
					got = append(got, sites[id].name)
				}
			}
			slices.Sort(got)
			if !slices.Equal(got, tt.want) {
				t.Errorf("inside are %v, want %v", got, tt.want)
			}
		})
	}
}

// TestSteadyStateDoesNotAllocate: once its buffers have grown, a query allocates nothing.
func TestSteadyStateDoesNotAllocate(t *testing.T) {
	for _, n := range []int{100, 3000, 50_000} {
		steady(t, benchPlaces(n))
	}
}

func steady(t *testing.T, places []Place) {
	t.Helper()
	x := Build(places)
	rng := rand.New(rand.NewPCG(1, 9))
	area, _, err := geo.Prepare(geo.Area(geo.Polygon{star(rng, places[0].Lat, places[0].Lon, 3, 200, 0.5, false)}))
	if err != nil {
		t.Fatal(err)
	}
	line, _, err := geo.Prepare(geo.Line(walk(rng, places[0].Lat, places[0].Lon, 9, 2), 100))
	if err != nil {
		t.Fatal(err)
	}
	var s Search
	var a Area
	var l Line
	var ids []int32
	var pairs []Pair
	found := 0
	queries := map[string]func(){
		"circle": func() {
			c := NewCircle(places[0].Lat, places[0].Lon, 300)
			ids = x.Circle(&s, &c, ids[:0])
			found += len(ids)
		},
		"pairs": func() {
			c := NewCircle(places[0].Lat, places[0].Lon, 300)
			pairs = x.CirclePairs(&s, &c, pairs[:0])
			found += len(pairs)
		},
		"area": func() {
			a.Reset(area)
			ids = x.Area(&s, &a, ids[:0])
			found += len(ids)
		},
		"line": func() {
			l.Reset(line, 0)
			ids = x.Line(&s, &l, ids[:0])
			found += len(ids)
		},
	}
	for name, query := range queries {
		found = 0
		query()
		if n := testing.AllocsPerRun(100, query); n != 0 || found == 0 {
			t.Errorf("%d points, %s: %v allocations a query, %d found", len(places), name, n, found)
		}
	}
}

// TestCircleProperties: a circle holds its centre, grows with its radius and does not depend
// on the order in which the items came.
func TestCircleProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		place := rapid.Custom(func(t *rapid.T) Place {
			return Place{0, rapid.Float64Range(-90, 90).Draw(t, "lat"), rapid.Float64Range(-180, 180).Draw(t, "lon")}
		})
		places := rapid.SliceOfN(place, 1, 200).Draw(t, "places")
		for i := range places {
			places[i].ID = int32(i)
		}
		centre := rapid.SampledFrom(places).Draw(t, "centre")
		km := rapid.Float64Range(0, 20_100).Draw(t, "km")
		wider := km + rapid.Float64Range(0, 1000).Draw(t, "more")
		var s Search
		ask := func(x *Points, km float64) []int32 {
			c := NewCircle(centre.Lat, centre.Lon, km)
			ids := x.Circle(&s, &c, nil)
			slices.Sort(ids)
			return ids
		}
		x := Build(places)
		small, large := ask(x, km), ask(x, wider)
		if !slices.Contains(small, centre.ID) {
			t.Fatal("the centre is missing")
		}
		for _, id := range small {
			if !slices.Contains(large, id) {
				t.Fatalf("%d is within %v km and not within %v", id, km, wider)
			}
		}
		back := slices.Clone(places)
		slices.Reverse(back)
		if !slices.Equal(ask(Build(back), km), small) {
			t.Fatal("the order of the items matters")
		}
		var empty Points
		if grown := empty.With(nil, places); !slices.Equal(ask(grown, km), small) {
			t.Fatal("added one by one they differ")
		}
	})
}

// FuzzGeometry draws polygons and lines of any numbers: what Prepare accepts must agree with
// the scan.
func FuzzGeometry(f *testing.F) {
	f.Add(int8(0), []byte{10, 20, 30, 40, 50, 60, 70, 80}, uint16(10), uint64(1))
	f.Add(int8(1), []byte{0, 0, 0, 255, 255, 255, 255, 0}, uint16(400), uint64(2))
	f.Add(int8(0), []byte{255, 0, 255, 85, 255, 170}, uint16(0), uint64(3))
	f.Add(int8(0), []byte{250, 0, 250, 85, 250, 170, 128, 3}, uint16(20_000), uint64(4))
	f.Fuzz(func(t *testing.T, kind int8, raw []byte, km uint16, seed uint64) {
		var points []geo.Point
		for i := 0; i+1 < len(raw) && len(points) < 40; i += 2 {
			points = append(points, geo.Point{Lat: float64(raw[i])/255*180 - 90, Lon: float64(raw[i+1])/255*360 - 180})
		}
		shape := geo.Area(geo.Polygon{points})
		if kind%2 != 0 {
			shape = geo.Line(points, float64(km%20_000))
		}
		region, _, err := geo.Prepare(shape)
		if err != nil {
			return
		}
		rng := rand.New(rand.NewPCG(seed, 5))
		places := spots(rng, 300)
		for i, p := range points { // and the vertices themselves
			places[i].Lat, places[i].Lon = p.Lat, p.Lon
		}
		x, at := Build(places), units(places)
		var s Search
		var got, want []int32
		if region.Parts() > 0 {
			var a Area
			a.Reset(region)
			got = x.Area(&s, &a, nil)
			for i := range at {
				if region.PartHolds(0, at[i]) {
					want = append(want, int32(i))
				}
			}
		} else {
			var l Line
			l.Reset(region, 0)
			got, want = x.Line(&s, &l, nil), brute(places, at, l.Holds)
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Fatalf("%s: %d found, s2 %d", region.Kind(), len(got), len(want))
		}
	})
}
