package exposure

import (
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/gazetteer"
	"watchfire.dev/internal/geo"
	"watchfire.dev/internal/portfolio"
)

var update = flag.Bool("update", false, "write the rows that come out into testdata")

// TestCases runs testdata/*.txt. Each case begins with "== name"; its lines say what there
// is (see scene.line), and after "rows:" stands what must come out, one asset a line:
//
//	ASSET HOW DISTANCE LEVEL [km FROM-TO] [observed K] [floor LEVEL]
func TestCases(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, name := range files {
		if filepath.Base(name) == "outlines.txt" && !(gazetteer.Drawn(gazetteer.Admin1) && gazetteer.Drawn(gazetteer.County)) {
			if os.Getenv("WATCHFIRE_REQUIRE") == "1" {
				t.Error("no outlines: run make assets")
			}
			continue
		}
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		head, cases, _ := strings.Cut(string(raw), "\n== ")
		out.WriteString(head)
		for _, text := range strings.Split(cases, "\n== ") {
			title, body, _ := strings.Cut(text, "\n")
			given, want, found := strings.Cut(body, "rows:\n")
			if !found {
				t.Fatalf("%s: case %q has no rows", name, title)
			}
			s := newScene(t, name+": "+title)
			for _, l := range strings.Split(head+"\n"+given, "\n") {
				s.read(l)
			}
			x := NewIndex(s.portfolio)
			x.undrawn = filepath.Base(name) != "outlines.txt" // the others must not depend on the build
			got := printRows(x.Assess(s.event, s.now))
			fmt.Fprintf(&out, "\n== %s\n%srows:\n%s", title, given, got)
			if strings.TrimSpace(got) != strings.TrimSpace(want) && !*update {
				t.Errorf("%s: %s\n--- got\n%s--- want\n%s", name, title, got, want)
			}
		}
		if *update {
			if err := os.WriteFile(name, []byte(out.String()), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func printRows(rows []Exposure) string {
	if len(rows) == 0 {
		return "none\n"
	}
	var b strings.Builder
	for _, r := range rows {
		name := r.Asset
		if strings.Contains(strings.Join(r.Notes, " "), "depends on the supplier") {
			name += ">" + r.Project
		}
		fmt.Fprintf(&b, "%-10s %-8s %6.1f  %s", name, r.How, r.DistanceKM, r.Level)
		if r.ToKM > 0 {
			fmt.Fprintf(&b, " km %.1f-%.1f", r.FromKM, r.ToKM)
		}
		if r.Observed > 0 {
			fmt.Fprintf(&b, " observed %d", r.Observed)
		}
		if r.Floor > 0 {
			fmt.Fprintf(&b, " floor %s", r.Floor)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// scene is one case as it is read.
type scene struct {
	t         testing.TB
	where     string
	now       time.Time
	portfolio portfolio.Portfolio
	event     event.Event
}

func newScene(t testing.TB, where string) *scene {
	return &scene{
		t: t, where: where, now: time.Date(2026, 5, 1, 6, 0, 0, 0, time.UTC),
		event: event.Event{ID: "evt-1", Revision: 1, State: event.Ongoing},
	}
}

func (s *scene) bad(l string, why any) {
	s.t.Helper()
	s.t.Fatalf("%s: line %q: %v", s.where, l, why)
}

// read takes one line of a case:
//
//	project ID COUNTRY ZONE
//	asset ID PROJECT KIND COUNTRY SHAPE [persons=N class=C admin1=A coast=KM elevation=M radius=HAZARD:KM seen=HOURS chainage=KM camp=LAT,LON serves=ID speed=KMH]
//	event HAZARD [severity=S certainty=C urgency=U onset=HOURS expires=HOURS occurred=HOURS title=WORDS_WITH_UNDERSCORES]
//	report GRADE [instrument] [news] [owner=NAME]
//	place COUNTRY [ADMIN1]   or   place asset ID   or   place code SCHEME VALUE…
//	measure NAME VALUE
//	ROLE SHAPE [NAME=VALUE…]         a footprint: centre, affected, forecast, cone, past
//	grid QUANTITY WEST,NORTH,STEP ROW/ROW…   a raster: values separated by commas, "-" = none
//	track HOURS LAT,LON [wind=KT] [error=KM] [r34=KM]
//
// SHAPE is LAT,LON[±KM], circle:LAT,LON:KM, line:LAT,LON;…, or area:LAT,LON;….
func (s *scene) read(l string) {
	l, _, _ = strings.Cut(l, "#")
	words := strings.Fields(l)
	if len(words) == 0 {
		return
	}
	options := map[string]string{}
	var plain []string
	for _, w := range words[1:] {
		if name, value, ok := strings.Cut(w, "="); ok {
			options[name] = value
		} else {
			plain = append(plain, w)
		}
	}
	switch words[0] {
	case "project":
		s.portfolio.Projects = append(s.portfolio.Projects, portfolio.Project{ID: plain[0], Code: plain[0], Name: plain[0], Country: plain[1], Zone: plain[2]})
	case "asset":
		s.asset(l, plain, options)
	case "event":
		s.header(l, plain, options)
	case "report":
		r := event.Standing{Key: fmt.Sprint(len(s.event.Reports)), Signal: fmt.Sprintf("sig-%d", len(s.event.Reports)), Stand: event.Live, Owner: options["owner"]}
		r.Grade = event.Grade{Reliability: plain[0][:1], Credibility: int(plain[0][1] - '0')}
		for _, w := range plain[1:] {
			r.Instrument = r.Instrument || w == "instrument"
			r.News = r.News || w == "news"
		}
		s.event.Reports = append(s.event.Reports, r)
	case "place":
		p := event.Place{Country: plain[0]}
		if plain[0] == "code" {
			p = event.Place{}
			for _, value := range plain[2:] {
				p.Codes = append(p.Codes, event.Code{Scheme: plain[1], Value: value})
			}
		} else if plain[0] == "asset" {
			p = event.Place{Codes: []event.Code{{Scheme: "asset", Value: plain[1]}}}
		} else if len(plain) > 1 {
			p.Admin1 = strings.Join(plain[1:], " ")
		}
		s.event.Places = append(s.event.Places, p)
	case "measure":
		s.event.Measures = append(s.event.Measures, event.Measure{Name: plain[0], Value: s.number(l, plain[1])})
	case "track":
		s.track(l, plain, options)
	case "grid":
		s.grid(l, plain, options)
	default:
		f := event.Footprint{Role: event.Role(words[0]), Shape: s.shape(l, plain[0]), Severity: options["severity"]}
		for name, value := range options {
			switch name {
			case "severity":
			case "from":
				f.From = s.hours(l, value)
			case "to":
				f.To = s.hours(l, value)
			default:
				f.Measures = append(f.Measures, event.Measure{Name: name, Value: s.number(l, value)})
			}
		}
		s.event.Shapes = append(s.event.Shapes, f)
	}
}

func (s *scene) asset(l string, plain []string, options map[string]string) {
	a := portfolio.Asset{ID: plain[0], Code: plain[0], Name: plain[0], Project: plain[1], Kind: portfolio.Kind(plain[2]), Country: plain[3]}
	if len(plain) > 4 {
		a.Shape = s.shape(l, plain[4])
	}
	for name, value := range options {
		switch name {
		case "persons":
			a.Shifts = []portfolio.Shift{{Count: int(s.number(l, value))}}
		case "class":
			a.Class = value
		case "admin1":
			a.Admin1 = value
		case "coast":
			km := s.number(l, value)
			a.CoastKM = &km
		case "elevation":
			m := s.number(l, value)
			a.ElevationM = &m
		case "radius":
			hazard, km, _ := strings.Cut(value, ":")
			a.Radii = append(a.Radii, portfolio.Radius{Hazard: event.Hazard(hazard), KM: s.number(l, km)})
		case "camp":
			a.Inner = append(a.Inner, portfolio.Inner{Kind: portfolio.Camp, Name: "camp", Place: s.point(l, value)})
		case "serves":
			a.Serves = strings.Split(value, ",")
		case "speed":
			a.TravelKMH = s.number(l, value)
		case "seen":
			a.SeenAt = s.hours(l, value)
		case "chainage":
			a.ChainageKM = s.number(l, value)
		default:
			s.bad(l, "unknown "+name)
		}
	}
	s.portfolio.Assets = append(s.portfolio.Assets, a)
}

func (s *scene) header(l string, plain []string, options map[string]string) {
	s.event.Hazard = event.Hazard(plain[0])
	for name, value := range options {
		switch name {
		case "severity":
			s.event.Severity = value
		case "certainty":
			s.event.Certain = value
		case "urgency":
			s.event.Urgency = value
		case "onset":
			s.event.Onset = s.hours(l, value)
		case "expires":
			s.event.Expires = s.hours(l, value)
		case "occurred":
			s.event.Occurred = s.hours(l, value)
		case "title":
			s.event.Title = strings.ReplaceAll(value, "_", " ")
		default:
			s.bad(l, "unknown "+name)
		}
	}
}

func (s *scene) track(l string, plain []string, options map[string]string) {
	p := event.TrackPoint{At: s.hours(l, plain[0]), Place: s.point(l, plain[1]), Forecast: !strings.HasPrefix(plain[0], "-") && plain[0] != "0"}
	for name, value := range options {
		switch v := s.number(l, value); name {
		case "wind":
			p.WindKT = v
		case "error":
			p.RadiusKM = v
		case "r34":
			p.Radii[0] = [4]float64{v, v, v, v}
		}
	}
	s.event.Track = append(s.event.Track, p)
}

func (s *scene) grid(l string, plain []string, options map[string]string) {
	var corner [3]float64
	for i, text := range strings.Split(plain[1], ",") {
		corner[i] = s.number(l, text)
	}
	var values []float64
	rows := strings.Split(plain[2], "/")
	for _, row := range rows {
		for _, text := range strings.Split(row, ",") {
			v := math.NaN()
			if text != "-" {
				v = s.number(l, text)
			}
			values = append(values, v)
		}
	}
	layer := geo.Pack(plain[0], "", 0.01, values)
	if sigma := options["sigma"]; sigma != "" {
		layer.Sigma = s.number(l, sigma)
	}
	g := &geo.Grid{West: corner[0], North: corner[1], StepLon: corner[2], StepLat: corner[2], Cols: len(values) / len(rows), Rows: len(rows), Layers: []geo.GridLayer{layer}}
	s.event.Shapes = append(s.event.Shapes, event.Footprint{Role: event.Affected, Shape: g.Extent(), Grid: g})
}

func (s *scene) number(l, text string) float64 {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		s.bad(l, err)
	}
	return v
}

func (s *scene) hours(l, text string) time.Time {
	return s.now.Add(time.Duration(s.number(l, text) * float64(time.Hour)))
}

func (s *scene) point(l, text string) geo.Point {
	lat, lon, _ := strings.Cut(text, ",")
	return geo.Point{Lat: s.number(l, lat), Lon: s.number(l, lon)}
}

func (s *scene) points(l, text string) []geo.Point {
	var out []geo.Point
	for _, p := range strings.Split(text, ";") {
		out = append(out, s.point(l, p))
	}
	return out
}

func (s *scene) shape(l, text string) geo.Shape {
	kind, rest, ok := strings.Cut(text, ":")
	if !ok {
		at, km, vague := strings.Cut(text, "±")
		p, doubt := s.point(l, at), 0.0
		if vague {
			doubt = s.number(l, km)
		}
		return geo.At(p.Lat, p.Lon, doubt)
	}
	switch kind {
	case "circle":
		at, km, _ := strings.Cut(rest, ":")
		p := s.point(l, at)
		return geo.Circle(p.Lat, p.Lon, s.number(l, km))
	case "line":
		return geo.Line(s.points(l, rest), 0)
	case "area":
		return geo.Area(geo.Polygon{s.points(l, rest)})
	}
	s.bad(l, "unknown shape")
	return geo.Shape{}
}
