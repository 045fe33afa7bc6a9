package portfolio

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/geo"
)

func TestParseShape(t *testing.T) {
	t.Parallel()
	triangle := geo.Ring{{Lat: 1, Lon: 10}, {Lat: 1, Lon: 12}, {Lat: 3, Lon: 12}}
	for text, want := range map[string]geo.Shape{
		"":                                   {},
		"POINT(10 1)":                        geo.At(1, 10, 0),
		" point z ( 10  1 250 ) ":            geo.At(1, 10, 0),
		"SRID=4326;POINT (10 1)":             geo.At(1, 10, 0),
		"LINESTRING (10 1, 12 1, 12 3)":      geo.Line([]geo.Point(triangle), 0),
		"POLYGON ((10 1, 12 1, 12 3, 10 1))": geo.Area(geo.Polygon{triangle}),
		"MULTIPOLYGON (((10 1,12 1,12 3,10 1)),((10 1,12 1,12 3),(10 1,12 1,12 3)))": geo.Area(geo.Polygon{triangle}, geo.Polygon{triangle, triangle}),
		`{"type":"Point","coordinates":[10,1],"radius_km":3,"form":"circle"}`:        geo.Circle(1, 10, 3),
		"POINT (-0 1e-3)": geo.At(0.001, 0, 0),
	} {
		got, err := ParseShape(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
		if math.Signbit(got.RadiusKM) || (len(got.Points) > 0 && math.Signbit(got.Points[0].Lon)) {
			t.Errorf("%s: negative zero", text)
		}
		again, err := ParseShape(FormatShape(got))
		if err != nil || !cmp.Equal(got, again) {
			t.Errorf("%s is written as %s and reads %v, %v", text, FormatShape(got), again, err)
		}
	}
}

func TestParseShapeRefuses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"POINT EMPTY":                   "leave the cell empty",
		"POINT (1)":                     "point 1 has 1 numbers",
		"POINT (1 2 3 4 5)":             "point 1 has 5 numbers",
		"POINT (1 2, 3 4)":              "point with 2 points",
		"POINT (1 2) x":                 `"x" follows the end`,
		"POINT (NaN 2)":                 "out of range",
		"POINT (one 2)":                 `"one" is not a number`,
		"POINT 1 2":                     "stands where",
		"CURVE (1 2)":                   "is not a geometry",
		"SRID=3857;POINT (1 2)":         "only WGS84",
		`{"type":"Point"`:               "read geometry",
		"POLYGON ((10 100, 12 100, 9))": "point 3 has 1 numbers",
	} {
		_, err := ParseShape(text)
		if err == nil || !strings.Contains(err.Error(), want) || !errors.Is(err, fault.ErrInvalid) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

func FuzzParseShape(f *testing.F) {
	for _, seed := range []string{"POINT (1 2)", "MULTIPOLYGON (((1 2,3 4,5 6)),((1 2,3 4,5 7)))", "LINESTRING Z (1 2 3, 4 5 6)", `{"type":"Polygon","coordinates":[[[1,2],[3,4],[5,6]]]}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseShape(text)
		if err != nil {
			return
		}
		if err := s.Check(); err != nil {
			t.Fatalf("%q: took a bad shape: %v", text, err)
		}
		again, err := ParseShape(FormatShape(s))
		s.RadiusKM, again.RadiusKM = 0, 0 // the text of points and lines has none
		if err != nil || !cmp.Equal(s, again) {
			t.Fatalf("%q: %v became %v (%v)", text, s, again, err)
		}
	})
}

func TestChainage(t *testing.T) {
	t.Parallel()
	equator := geo.Line([]geo.Point{{Lat: 0, Lon: 179}, {Lat: 0, Lon: 180}, {Lat: 0, Lon: -178}}, 0) // over the antimeridian
	degree := 2 * math.Pi * geo.EarthRadiusKM / 360
	if got := LengthKM(equator); math.Abs(got-3*degree) > 1e-6 {
		t.Errorf("length %v, want %v", got, 3*degree)
	}
	for _, c := range []struct {
		name     string
		at       geo.Point
		km, offs float64
	}{
		{"beside the second part", geo.Point{Lat: 1, Lon: -179}, 100 + 2*degree, degree},
		{"at a vertex", geo.Point{Lat: 0, Lon: 180}, 100 + degree, 0},
		{"before the beginning", geo.Point{Lat: 0, Lon: 178}, 100, degree},
		{"behind the end", geo.Point{Lat: 0, Lon: -170}, 100 + 3*degree, 8 * degree},
	} {
		s, err := Chainage(equator, 100, c.at)
		if err != nil || math.Abs(s.KM-c.km) > 1e-6 || math.Abs(s.OffKM-c.offs) > 1e-6 {
			t.Errorf("%s: %+v (%v), want km %v, off %v", c.name, s, err, c.km, c.offs)
		}
	}
	for _, km := range []float64{100, 100 + degree/2, 100 + degree, 100 + 2.7*degree, 100 + 3*degree} {
		p, err := AtChainage(equator, 100, km)
		if err != nil {
			t.Fatal(err)
		}
		if s, _ := Chainage(equator, 100, p); math.Abs(s.KM-km) > 1e-6 || s.OffKM > 1e-6 {
			t.Errorf("km %v is at %v, which is at %+v", km, p, s)
		}
	}
	if _, err := AtChainage(equator, 100, 99); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("before the beginning: %v", err)
	}
	if _, err := Chainage(geo.At(1, 2, 0), 0, geo.Point{}); !errors.Is(err, fault.ErrInvalid) {
		t.Errorf("a point has chainage: %v", err)
	}
	repeated := geo.Line([]geo.Point{{Lat: 5, Lon: 5}, {Lat: 5, Lon: 5}}, 0)
	if s, err := Chainage(repeated, 0, geo.Point{Lat: 6, Lon: 5}); err != nil || s.KM != 0 || s.Point != (geo.Point{Lat: 5, Lon: 5}) {
		t.Errorf("a line without length: %+v, %v", s, err)
	}
}
