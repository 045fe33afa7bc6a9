package exposure

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure/impact"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/geo"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/portfolio"
)

func TestExistence(t *testing.T) {
	t.Parallel()
	x := NewIndex(portfolio.Portfolio{})
	report := func(grade, owner string) event.Standing {
		return event.Standing{Stand: event.Live, Grade: event.Grade{Reliability: grade[:1], Credibility: int(grade[1] - '0')}, Owner: owner}
	}
	news := report("C3", "wire")
	news.News = true
	measured := report("A1", "usgs")
	measured.Instrument = true
	gone := measured
	gone.Stand = event.Revoked
	p := func(reports ...event.Standing) float64 { return x.existence("", reports) }
	// 0.2 is odds 1/4; A1 has ratio 20: 5/6. C3: 2^0.6/4 = 0.379: 0.275.
	for _, tt := range []struct {
		name      string
		got, want float64
	}{
		{"no report", p(), 0.2},
		{"an instrument", p(news, measured), 0.99},
		{"a withdrawn instrument", p(gone), 0.2},
		{"A1", p(report("A1", "x")), 5.0 / 6},
		{"one newspaper", p(news), 0.2748},
		{"unreadable grade", p(event.Standing{Stand: event.Live}), 0.2},
	} {
		if math.Abs(tt.got-tt.want) > 1e-3 {
			t.Errorf("%s: %v, want %v", tt.name, tt.got, tt.want)
		}
	}
	two, copies := p(report("B2", "x"), report("B2", "y")), p(report("B2", "x"), report("B2", "x"))
	if unknown := p(report("B2", ""), report("B2", "")); !(two > copies) || unknown != copies {
		t.Errorf("independent %v, one owner %v, unknown owners %v", two, copies, unknown)
	}
	if a, b := p(report("C3", "x"), report("B1", "x")), p(report("B1", "x"), report("C3", "x")); a != b {
		t.Errorf("the order of arrival counts: %v and %v", a, b)
	}
}

func TestARowOpensToItsInputs(t *testing.T) {
	t.Parallel()
	night := portfolio.Asset{
		ID: "a", Project: "p", Kind: portfolio.Site, Name: "Camp", Country: "PK", Shape: geo.At(30, 67, 0), Zone: "Asia/Karachi",
		Shifts: []portfolio.Shift{{Name: "day", From: 7 * 60, To: 19 * 60, Count: 100}, {Name: "night", From: 19 * 60, To: 7 * 60, Count: 12}},
	}
	x := NewIndex(portfolio.Portfolio{Assets: []portfolio.Asset{night}})
	e := event.Event{
		ID: "evt", Revision: 4, State: event.Ongoing, Hazard: event.Flood, Severity: "Severe", Certain: "Likely",
		Onset: start.Add(12 * time.Hour), Expires: start.Add(30 * time.Hour), // 23:00 in Karachi
		Shapes:  []event.Footprint{{Shape: geo.Circle(30, 67.5, 30), Role: event.Affected}},
		Reports: []event.Standing{{Signal: "s1", Stand: event.Live, Instrument: true}, {Signal: "s0", Stand: event.Superseded}},
	}
	rows := x.Assess(e, start)
	if len(rows) != 1 {
		t.Fatalf("%d rows", len(rows))
	}
	r := rows[0]
	if r.Persons != 12 || !r.ETA.Equal(e.Onset) || !r.Until.Equal(e.Expires) || r.Revision != 4 || r.PEvent != 0.99 || !slices.Equal(r.Evidence, []string{"s1"}) {
		t.Errorf("row %+v", r)
	}
	if math.Abs(r.DistanceKM-18.15) > 0.1 || r.How != Distance {
		t.Errorf("distance %v %s", r.DistanceKM, r.How)
	}
	// 0.9 of Severe · 0.70 Likely · e^(−18.15/10) · 0.99
	if want := 0.9 * 0.7 * math.Exp(-r.DistanceKM/10) * 0.99; math.Abs(r.P[1]-want) > 1e-9 {
		t.Errorf("P1 %v, want %v", r.P[1], want)
	}
	names := make([]string, 0, len(r.Inputs))
	for _, in := range r.Inputs {
		names = append(names, in.Name)
	}
	if got := strings.Join(names, ", "); got != "probability of the event, distance, severity class, probability of the certainty" {
		t.Errorf("inputs: %s", got)
	}
	if now := x.Assess(e, e.Onset.Add(time.Minute)); !now[0].ETA.IsZero() {
		t.Errorf("it has begun, yet is expected at %v", now[0].ETA)
	}
}

func TestRowsAreBounded(t *testing.T) {
	t.Parallel()
	var p portfolio.Portfolio
	for i := range 20_100 {
		km := 0.0 // the weaker ones are outside of the area and sorted first
		if i < 100 {
			km = 0.1
		}
		p.Assets = append(p.Assets, portfolio.Asset{ID: fmt.Sprintf("a-%05d", i), Project: "p", Kind: portfolio.Site, Country: "PK", Admin1: "Sindh", Shape: geo.At(km, 0, 0)})
	}
	x := NewIndex(p)
	e := event.Event{
		ID: "evt", State: event.Ongoing, Hazard: event.Flood, Severity: "Severe", Certain: "Likely",
		Shapes: []event.Footprint{{Shape: geo.Circle(0, 0, 1), Role: event.Affected}},
	}
	rows := x.Assess(e, start)
	if len(rows) != 20_000 || rows[0].Asset != "a-00100" || !strings.Contains(strings.Join(rows[0].Notes, ";"), "100 weaker rows") {
		t.Errorf("%d rows from %s, notes %v", len(rows), rows[0].Asset, rows[0].Notes)
	}
	e.Shapes, e.Places = nil, []event.Place{{Country: "PK", Admin1: "sindh province"}}
	if rows := x.Assess(e, start); len(rows) != 20_000 || !strings.Contains(strings.Join(rows[0].Notes, ";"), "100 weaker rows") {
		t.Errorf("%d rows by division", len(rows))
	}
}

// Numbers that no instrument gives must neither stop the watch nor make a level of nothing.
func TestHostileNumbers(t *testing.T) {
	t.Parallel()
	p := portfolio.Portfolio{Assets: []portfolio.Asset{{ID: "a", Project: "p", Kind: portfolio.Site, Country: "PK", Shape: geo.At(30, 67, 0), Shifts: []portfolio.Shift{{Count: 50}}}}}
	x := NewIndex(p)
	names := []string{
		"magnitude", "depth", "mmi", "wind", "wave", "deaths", "cases", "population", "share", "growth_per_day", "area", "wind_kmh", "pm25", "ash",
		"aviation_code", "wbgt", "return_years", "depth_m", "surge", "rain", "alert_score", "alert_level", "advice_level", "advice_before", "stock_days", "observed_class", "grave",
	}
	for _, h := range event.Hazards() {
		for _, v := range []float64{-1e308, -1, 0, 0.5, 1e9, 1e308, math.NaN(), math.Inf(1), math.Inf(-1)} {
			e := event.Event{ID: "evt", State: event.Ongoing, Hazard: h, Occurred: start.AddDate(-300, 0, 0), Severity: "Tremendous", Places: []event.Place{{Country: "PK"}}}
			for _, n := range names {
				e.Measures = append(e.Measures, event.Measure{Name: n, Value: v, Sigma: v})
			}
			for i := range 3 {
				r := [4]float64{v, v, v, v}
				e.Track = append(e.Track, event.TrackPoint{At: start.Add(time.Duration(i) * time.Hour), Place: geo.Point{Lat: 30, Lon: 67 + float64(i)}, WindKT: v, RadiusKM: v, Radii: [3][4]float64{r, r, r}})
			}
			vague := x.Assess(e, start)
			e.Shapes = []event.Footprint{{Shape: geo.At(30, 67, 5), Role: event.Centre}, {Shape: geo.Circle(30, 67, 50), Role: event.Affected, Measures: e.Measures}}
			for _, r := range append(vague, x.Assess(e, start)...) {
				if err := r.P.Valid(); err != nil {
					t.Errorf("%s with %v: %v", h, v, err)
				}
				text(t, r) // a row that cannot be written is no row
			}
		}
	}
}

func TestFarthest(t *testing.T) {
	t.Parallel()
	for _, want := range []float64{0.7, 5, 16, 100, 3000, 19_000} {
		if got := farthest(fine, func(km float64) bool { return km <= want }); got < want || got > want*1.03 {
			t.Errorf("%v for %v", got, want)
		}
	}
	if got := farthest(fine, func(float64) bool { return true }); got != everywhereKM {
		t.Errorf("everywhere is %v", got)
	}
	if got := farthest(fine, func(float64) bool { return false }); got >= 0 {
		t.Errorf("nowhere is %v", got)
	}
}

func TestAtMostHoldsTheLevelDown(t *testing.T) {
	t.Parallel()
	m := level.Default()
	for _, p := range []level.P{{1, 1, 1, 1, 1}, {1, 0.9, 0.7, 0.4, 0.2}, {1, 0.5, 0.1, 0, 0}, {1, 0, 0, 0, 0}} {
		got := atMost(m, p, level.Yellow)
		before, _ := m.LevelOf(p, 0)
		after, _ := m.LevelOf(got, 0)
		if after != min(before, level.Yellow) || got.Valid() != nil || (before <= level.Yellow && got != p) {
			t.Errorf("%v becomes %v, level %v", p, got, after)
		}
	}
}

func TestRules(t *testing.T) {
	t.Parallel()
	r := loadRules()
	if r.Version != impact.Version {
		t.Errorf("matching rules %s beside method %s: a row names one version", r.Version, impact.Version)
	}
	known := map[string]bool{}
	for _, d := range impact.Default().DamageRegions() {
		known[d.Code] = true
	}
	for country, code := range r.region {
		if !known[code] {
			t.Errorf("%s is in the unknown damage region %s", country, code)
		}
	}
	for _, tt := range []struct {
		hazard      event.Hazard
		title, want string
	}{
		{event.Unrest, "Protest in the capital", "protest"},
		{event.Unrest, "Protest turns into riot", ""},
		{event.Conflict, "Drone strike on depot", "shelling"},
		{event.Conflict, "Clash on the border", ""},
		{event.Tsunami, "Tsunami Advisory for Fiji", "advisory"},
		{event.Outbreak, "Marburg virus disease", "grave"},
	} {
		if got := r.kind(tt.hazard, tt.title); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.title, got, tt.want)
		}
	}
	if near, far := r.coneKM(-5), r.coneKM(1000); near != 20 || far != 1200 || r.coneKM(18) != 60 {
		t.Errorf("cone %v %v %v", near, r.coneKM(18), far)
	}
	if _, err := parseRules([]byte(`{"base_rate":2}`)); !errors.Is(err, fault.ErrInvalid) {
		t.Errorf("bad rules: %v", err)
	}
}

func TestNamesOfDivisions(t *testing.T) {
	t.Parallel()
	x := NewIndex(portfolio.Portfolio{})
	for _, same := range [][2]string{
		{"Tillabéri", "tillaberi"}, {"Région de Niamey", "Niamey"}, {"Sindh Province", "Sindh"}, {"PK-BA", "pk-ba"}, {"State of Pará", "Para"},
	} {
		if a, b := x.fold(same[0]), x.fold(same[1]); a != b || a == "" {
			t.Errorf("%q is %q, %q is %q", same[0], a, same[1], b)
		}
	}
	if x.fold("PK-BA") == x.fold("PK-SD") || x.fold("Niger State") == x.fold("Niamey") {
		t.Error("different divisions fold to one")
	}
}
