package shakemap_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/feed"
	"watchfire.dev/internal/feed/shakemap"
	"watchfire.dev/internal/geo"
)

var update = flag.Bool("update", false, "renew the golden files")

func input(body []byte) feed.Input {
	return feed.Input{
		Source: feed.Source{ID: "maps", Owner: "maps", Reliability: "A", Credibility: 2}, Record: "record",
		URL:      "https://earthquake.usgs.gov/product/shakemap/us7000zzz2/us/1767225600040/download/grid.xml",
		Received: time.Date(2026, 1, 1, 7, 0, 0, 0, time.UTC), Body: body,
	}
}

func parser(name string) feed.Parser {
	for _, f := range shakemap.Formats() {
		body, _ := os.ReadFile(filepath.Join("testdata", name))
		if f.Sniff(body) {
			return f.Parse
		}
	}
	return nil
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"grid.xml", "uncertainty.xml", "flood.asc", "wind.csv"} {
		body, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		r, err := parser(name)(input(body))
		if err != nil || len(r.Quarantined) > 0 {
			t.Fatalf("%s: %v %+v", name, err, r.Quarantined)
		}
		var out bytes.Buffer
		enc := json.NewEncoder(&out)
		enc.SetIndent("", " ")
		enc.SetEscapeHTML(false)
		for _, v := range []any{r.Content, r.Signals} {
			if err := enc.Encode(v); err != nil {
				t.Fatal(err)
			}
		}
		golden := filepath.Join("testdata", name+".golden")
		if *update {
			if err := os.WriteFile(golden, out.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(out.Bytes(), want) {
			t.Errorf("%s: got\n%s\nwant\n%s", name, out.Bytes(), want)
		}
	}
}

// grid is the footprint with a grid of the only signal of a file.
func grid(t *testing.T, parse feed.Parser, body []byte) (event.Signal, *geo.Grid) {
	t.Helper()
	r, err := parse(input(body))
	if err != nil || len(r.Signals) != 1 {
		t.Fatalf("%v %+v", err, r.Quarantined)
	}
	for _, f := range r.Signals[0].Footprints {
		if f.Grid != nil {
			return r.Signals[0], f.Grid
		}
	}
	t.Fatal("no grid")
	return event.Signal{}, nil
}

func at(t *testing.T, g *geo.Grid, layer string, lat, lon float64) geo.Sample {
	t.Helper()
	r, err := g.Open(layer)
	if err != nil {
		t.Fatal(err)
	}
	s, ok := r.At(geo.Point{Lat: lat, Lon: lon})
	if !ok {
		s.Value = math.NaN()
	}
	return s
}

func TestValuesStandWhereTheySay(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		file, layer           string
		lat, lon, want, sigma float64
	}{
		{"grid.xml", "mmi", 0.1, 180, 7.25, 0.45},
		{"grid.xml", "mmi", 0.12, -179.92, 7, 0.45},
		{"grid.xml", "pga", 0.2, 179.9, 10, 0},
		{"grid.xml", "mmi", 0.3, 180, math.NaN(), 0},
		{"uncertainty.xml", "mmi_sigma", 0.1, 180, 0.4, 0},
		{"flood.asc", "depth_m", -6.985, 38.025, 2.2, 0.2},
		{"flood.asc", "depth_m", -6.975, 38.035, 1.2, 0.2},
		{"flood.asc", "depth_m", -6.985, 38.005, math.NaN(), 0},
		{"wind.csv", "wind", 10.5, 20.6, 77.75, 0},
		{"wind.csv", "wind", 10, 21, 64.73, 9.72},
		{"wind.csv", "wind", 10, 20, math.NaN(), 0},
	} {
		body, err := os.ReadFile(filepath.Join("testdata", c.file))
		if err != nil {
			t.Fatal(err)
		}
		_, g := grid(t, parser(c.file), body)
		got := at(t, g, c.layer, c.lat, c.lon)
		if math.IsNaN(got.Value) != math.IsNaN(c.want) || math.Abs(got.Value-c.want) > 0.005 || math.Abs(got.Sigma-c.sigma) > 0.005 {
			t.Errorf("%s %s at %v, %v: %+v, want %v ± %v", c.file, c.layer, c.lat, c.lon, got, c.want, c.sigma)
		}
	}
}

func TestShakeMapJoinsItsEarthquake(t *testing.T) {
	t.Parallel()
	body, err := os.ReadFile("testdata/grid.xml")
	if err != nil {
		t.Fatal(err)
	}
	s, _ := grid(t, shakemap.Parse, body)
	if got := fmt.Sprint(s.Aliases); got != "[usgs:us7000zzz1 usgs:us7000zzz2]" {
		t.Error(got)
	}
	for from, want := range map[string]func(event.Signal) bool{
		`shakemap_event_type="SCENARIO"`: func(s event.Signal) bool { return s.Status == event.Exercise },
		`shakemap_event_type="TEST"`:     func(s event.Signal) bool { return s.Status == event.Test },
	} {
		changed := strings.Replace(string(body), `shakemap_event_type="ACTUAL"`, from, 1)
		if s, _ := grid(t, shakemap.Parse, []byte(changed)); !want(s) {
			t.Errorf("%s: status %s", from, s.Status)
		}
	}
	changed := strings.Replace(string(body), `map_status="AUTOMATIC"`, `map_status="CANCELLED"`, 1)
	if s, _ := grid(t, shakemap.Parse, []byte(changed)); s.Act != event.Cancel {
		t.Errorf("a cancelled map is a %s", s.Act)
	}
}

func TestFineRastersBecomeCoarser(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("# quantity depth_m\nncols 1001\nnrows 700\nxllcorner 10\nyllcorner 20\ncellsize 0.001\nNODATA_value -1\n")
	for row := range 700 {
		for col := range 1001 {
			v := "0 "
			if row == 399 && col == 600 {
				v = "3.5 "
			}
			b.WriteString(v)
		}
		b.WriteByte('\n')
	}
	s, g := grid(t, shakemap.ParseASCII, []byte(b.String()))
	if g.Cols*g.Rows > 1<<18 || len(s.Notes) == 0 || !strings.Contains(s.Notes[0], "greatest") {
		t.Errorf("%d × %d cells, notes %q", g.Cols, g.Rows, s.Notes)
	}
	if got := at(t, g, "depth_m", 20.3005, 10.6005); got.Value != 3.5 {
		t.Errorf("the deepest cell became %v", got)
	}
	if raw, _ := json.Marshal(g); len(raw) > 1000 {
		t.Errorf("%d bytes for one wet cell", len(raw))
	}
}

func TestHostileRasters(t *testing.T) {
	t.Parallel()
	body, err := os.ReadFile("testdata/grid.xml")
	if err != nil {
		t.Fatal(err)
	}
	xml := func(old, new string) string { return strings.Replace(string(body), old, new, 1) }
	const asc = "ncols 2\nnrows 2\nxllcorner 0\nyllcorner 0\ncellsize 1\n"
	for name, c := range map[string]struct {
		parse feed.Parser
		body  string
	}{
		"cells that are not there":  {shakemap.Parse, xml(`nlon="4"`, `nlon="1000000"`)},
		"more cells than memory":    {shakemap.Parse, xml(`nlon="4" nlat="3"`, `nlon="2000000000" nlat="2000000000"`)},
		"one cell too few":          {shakemap.Parse, xml("180.2000 0.0000 9.60 4.80 600\n", "")},
		"a word":                    {shakemap.Parse, xml("9.60", "deep")},
		"a place off the grid":      {shakemap.Parse, xml("180.2000 0.0000", "170.2000 0.0000")},
		"no longitude":              {shakemap.Parse, xml(`name="LON"`, `name="LUN"`)},
		"no quantity":               {shakemap.Parse, strings.ReplaceAll(xml(`name="MMI"`, `name="XXX"`), `name="PGA"`, `name="YYY"`)},
		"indexes out of step":       {shakemap.Parse, xml(`index="2"`, `index="9"`)},
		"upside down":               {shakemap.Parse, xml(`lat_max="0.2"`, `lat_max="-1"`)},
		"no event id":               {shakemap.Parse, strings.ReplaceAll(string(body), `event_id="us7000zzz1"`, `event_id="../etc"`)},
		"from the future":           {shakemap.Parse, xml("2026-01-01T00:20:00Z", "2027-01-01T00:20:00Z")},
		"no magnitude":              {shakemap.Parse, xml(`magnitude="6.8"`, `magnitude="NaN"`)},
		"an entity":                 {shakemap.Parse, `<!DOCTYPE a [<!ENTITY b "c">]><shakemap_grid/>`},
		"broken XML":                {shakemap.Parse, string(body[:1200])},
		"ascii: too many cells":     {shakemap.ParseASCII, "ncols 99999999\nnrows 99999999\nxllcorner 0\nyllcorner 0\ncellsize 0.1\n1"},
		"ascii: half a cell":        {shakemap.ParseASCII, strings.Replace(asc, "ncols 2", "ncols 2.5", 1) + "1 2 3 4"},
		"ascii: metres":             {shakemap.ParseASCII, strings.Replace(asc, "yllcorner 0", "yllcorner 4100000", 1) + "1 2 3 4"},
		"ascii: too few":            {shakemap.ParseASCII, asc + "1 2 3"},
		"ascii: too many":           {shakemap.ParseASCII, asc + "1 2 3 4 5"},
		"ascii: no value":           {shakemap.ParseASCII, "NODATA_value 1\n" + asc + "1 1 1 1"},
		"ascii: unknown header":     {shakemap.ParseASCII, "projection x\n" + asc + "1 2 3 4"},
		"ascii: unknown unit":       {shakemap.ParseASCII, "# quantity depth_m\n# unit furlong\n" + asc + "1 2 3 4"},
		"ascii: unknown hazard":     {shakemap.ParseASCII, "# hazard dragons\n" + asc + "1 2 3 4"},
		"ascii: no size":            {shakemap.ParseASCII, strings.Replace(asc, "cellsize 1", "", 1) + "1 2 3 4"},
		"csv: one place":            {shakemap.ParseCSV, "lon,lat,depth_m\n1,1,1\n"},
		"csv: no value":             {shakemap.ParseCSV, "lon,lat,depth_m\n1,1,\n2,2,\n"},
		"csv: off the grid":         {shakemap.ParseCSV, "lon,lat,depth_m\n1,1,1\n2,1,1\n3,1,1\n4,1,1\n5,1,1\n6.5,1,1\n"},
		"csv: far apart":            {shakemap.ParseCSV, "lon,lat,depth_m\n0,0,1\n0.00001,0.00001,1\n300,80,1\n"},
		"csv: not a place":          {shakemap.ParseCSV, "lon,lat,depth_m\n1,99,1\n2,2,2\n"},
		"csv: a word":               {shakemap.ParseCSV, "lon,lat,depth_m\n1,1,wet\n2,2,2\n"},
		"csv: ragged":               {shakemap.ParseCSV, "lon,lat,depth_m\n1,1\n2,2,2\n"},
		"csv: nothing":              {shakemap.ParseCSV, "lon,lat,depth_m\n"},
		"csv: without coordinates":  {shakemap.ParseCSV, "a,b,depth_m\n1,2,3\n"},
		"csv: empty":                {shakemap.ParseCSV, ""},
		"ascii: empty":              {shakemap.ParseASCII, ""},
		"xml: something else":       {shakemap.Parse, "<html></html>"},
		"csv: coordinate no number": {shakemap.ParseCSV, "lon,lat,depth_m\nNaN,1,1\n2,2,2\n"},
	} {
		r, err := c.parse(input([]byte(c.body)))
		switch {
		case err == nil && len(r.Quarantined) == 1 && len(r.Signals) == 0:
		case errors.Is(err, fault.ErrInvalid), errors.Is(err, fault.ErrTooLarge):
		default:
			t.Errorf("%s: %v, %d signals", name, err, len(r.Signals))
		}
	}
}

// TestLomaPrieta reads a real map of 1989, version 3.5 of the software.
func TestLomaPrieta(t *testing.T) {
	t.Parallel()
	root := os.Getenv("WATCHFIRE_CORPUS")
	if root == "" {
		t.Skip("WATCHFIRE_CORPUS is not set")
	}
	f, err := os.Open(filepath.Join(root, "replay", "usgs__lomaprieta_grid.xml.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	s, g := grid(t, shakemap.Parse, body)
	if g.Cols != 241 || g.Rows != 193 || s.Occurred.Format(time.RFC3339) != "1989-10-18T00:04:15Z" {
		t.Errorf("%d × %d at %v", g.Cols, g.Rows, s.Occurred)
	}
	if got := at(t, g, "mmi", 39.434, -125.38); got.Value != 3.61 {
		t.Errorf("first cell %v", got)
	}
	if top, _ := s.Measures.Get("mmi"); top < 8 || top > 10 {
		t.Errorf("greatest intensity %v", top)
	}
	if raw, _ := json.Marshal(g); len(raw) > 200_000 {
		t.Errorf("%d bytes for %d cells of two layers", len(raw), g.Cols*g.Rows)
	}
	if got := at(t, g, "mmi", 36.974, -122.031); got.Value < 7 { // Santa Cruz
		t.Errorf("Santa Cruz %v", got)
	}
}

func FuzzRasters(f *testing.F) {
	for _, name := range []string{"grid.xml", "uncertainty.xml", "flood.asc", "wind.csv"} {
		body, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if len(body) > 8<<10 {
			return
		}
		for _, format := range shakemap.Formats() {
			r, err := format.Parse(input(body))
			if err != nil {
				continue
			}
			if len(r.Signals)+len(r.Quarantined) != r.Items {
				t.Fatalf("%s: %d signals and %d quarantined of %d", format.Kind, len(r.Signals), len(r.Quarantined), r.Items)
			}
			for _, s := range r.Signals {
				for _, fp := range s.Footprints {
					if err := fp.Shape.Check(); err != nil {
						t.Fatal(err)
					}
					if fp.Grid != nil && fp.Grid.Check() != nil {
						t.Fatal(fp.Grid.Check())
					}
				}
			}
		}
	})
}
