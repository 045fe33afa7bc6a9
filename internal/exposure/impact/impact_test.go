package impact

import (
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/level"
)

func TestLevelsOfPublicAlerts(t *testing.T) {
	t.Parallel()
	tests := []struct {
		severity, certainty, urgency string
		km                           float64
		want                         level.Level
	}{
		{"Minor", "Observed", "Immediate", 0, level.Green},
		{"Moderate", "Likely", "Future", 0, level.Yellow},
		{"Moderate", "Observed", "Immediate", 0, level.Yellow},
		{"Severe", "Likely", "Expected", 0, level.Yellow},
		{"Severe", "Observed", "Immediate", 0, level.Orange},
		{"Extreme", "Possible", "Future", 0, level.Orange},
		{"Extreme", "Observed", "Immediate", -5, level.Orange}, // never red by itself
		{"Extreme", "Observed", "Immediate", 100, level.Green},
		{"Extreme", "Observed", "Past", 0, level.Yellow},
		{"Extreme", "Unlikely", "Future", 0, level.Green},
		{"", "Observed", "", 0, level.Yellow},
	}
	for _, tt := range tests {
		r, err := Default().CAPSeverity(CAPInput{Severity: tt.severity, Certainty: tt.certainty, Urgency: tt.urgency, DistanceKM: tt.km})
		if err != nil || r.P.Valid() != nil {
			t.Fatalf("%+v: %v %v", tt, r.P, err)
		}
		if got, _ := r.Level(level.Default(), 0); got != tt.want {
			t.Errorf("%s/%s/%s at %v km: %v %v, want %v", tt.severity, tt.certainty, tt.urgency, tt.km, got, r.P, tt.want)
		}
	}
	r, _ := Default().CAPSeverity(CAPInput{Severity: "Dreadful", Certainty: "very likely"})
	near(t, "deprecated certainty", r.Steps[0].Value, 0.7, 0)
	if len(r.Notes) != 1 || !strings.Contains(r.Notes[0], "Dreadful") {
		t.Errorf("notes %q", r.Notes)
	}
}

func TestDefaultCurve(t *testing.T) {
	t.Parallel()
	m := Default()
	rapid.Check(t, func(t *rapid.T) {
		in := DefaultInput{
			Hint:       rapid.Float64Range(0, 4).Draw(t, "hint"),
			DistanceKM: rapid.Float64Range(0, 300).Draw(t, "km"),
			RadiusKM:   rapid.Float64Range(0, 100).Draw(t, "radius"),
		}
		r, err := m.DefaultCurve(in)
		if err != nil || r.P.Valid() != nil {
			t.Fatal(r.P, err)
		}
		if l, _ := r.Level(level.Default(), 0); l == level.Red {
			t.Fatal("a default curve gives red")
		}
		worse := in
		worse.Hint = math.Min(4, in.Hint+0.3)
		worse.DistanceKM /= 2
		w, _ := m.DefaultCurve(worse)
		for k := range r.P {
			if w.P[k] < r.P[k]-1e-12 {
				t.Fatalf("worse and nearer is less: %v, %v", r.P, w.P)
			}
		}
	})
	if h, ok := HintOfColour("Red"); !ok || h != 3 {
		t.Errorf("red hint %v", h)
	}
	if _, ok := HintOfColour("mauve"); ok {
		t.Error("mauve is a colour")
	}
}

// vectors runs each hazard at a quiet and at a bad setting.
func TestOtherHazardsRiseWithTheirCause(t *testing.T) {
	t.Parallel()
	m := Default()
	must := func(r Result, err error) Result {
		t.Helper()
		if err != nil || r.P.Valid() != nil || r.Formula == "" || r.Source == "" || r.Method != Version {
			t.Fatalf("%+v %v", r, err)
		}
		return r
	}
	tests := []struct {
		name      string
		calm, bad Result
		k         int
		want      float64 // P(I ≥ k) of the bad case
	}{
		{
			"tsunami", must(m.Tsunami(TsunamiInput{Bulletin: "warning", HeightM: 1, ElevationM: 40, CoastKM: 1})),
			must(m.Tsunami(TsunamiInput{Bulletin: "warning", HeightM: 4, ElevationM: 6, CoastKM: 1})), 4, 0.3,
		},
		{
			"tsunami inland", must(m.Tsunami(TsunamiInput{Bulletin: "warning", HeightM: 9, ElevationM: 1, CoastKM: 3.5})),
			must(m.Tsunami(TsunamiInput{Bulletin: "watch", HeightM: 9, ElevationM: 0, CoastKM: 2})), 4, 0.3,
		},
		{"river", must(m.Flood(FloodInput{ReturnYears: 20})), must(m.Flood(FloodInput{ReturnYears: 20, InZone: true})), 3, 0.5},
		{"depth", must(m.Flood(FloodInput{DepthM: 0.01})), must(m.Flood(FloodInput{DepthM: 0.2})), 4, 0.5},
		{"fire", must(m.Wildfire(WildfireInput{DistanceKM: 60, WindKMH: 10})), must(m.Wildfire(WildfireInput{DistanceKM: 18, WindKMH: 30})), 3, 0.5},
		{"smoke", must(m.Wildfire(WildfireInput{DistanceKM: 900, PM25: 20})), must(m.Wildfire(WildfireInput{DistanceKM: 900, PM25: 125.5})), 2, 0.5},
		{"volcano", must(m.Volcano(VolcanoInput{State: "unrest", DistanceKM: 40})), must(m.Volcano(VolcanoInput{State: "eruption", DistanceKM: 20})), 3, 0.35},
		{"ash", must(m.Volcano(VolcanoInput{DistanceKM: 200})), must(m.Volcano(VolcanoInput{DistanceKM: 200, AshMM: 10})), 3, 0.5},
		{"heat", must(m.Heat(HeatInput{WBGT: 24})), must(m.Heat(HeatInput{WBGT: 33})), 3, 0.5},
		{"incident", must(m.Incident(IncidentInput{DistanceKM: 60})), must(m.Incident(IncidentInput{DistanceKM: 10, SigmaKM: 3})), 3, 0.5},
		{"outbreak", must(m.Outbreak(OutbreakInput{Share: 0.001})), must(m.Outbreak(OutbreakInput{Share: 0.05, GrowthPerDay: math.Log(3) / 7})), 3, 0.5},
		{"corridor", must(m.Corridor(CorridorInput{Cause: "protest", StockDays: 30})), must(m.Corridor(CorridorInput{Cause: "flood", MedianDays: 7})), 3, 0.5},
	}
	for _, tt := range tests {
		near(t, tt.name, tt.bad.P[tt.k], tt.want, 1e-9)
		if tt.calm.P[tt.k] >= tt.bad.P[tt.k] {
			t.Errorf("%s: calm %v, bad %v", tt.name, tt.calm.P, tt.bad.P)
		}
	}
}

func TestDepthDamagePoints(t *testing.T) {
	t.Parallel()
	m := Default()
	for _, tt := range []struct {
		region      string
		depth, want float64
	}{
		{"Europe", 0, 0},
		{"Europe", 0.5, 0.25},
		{"Europe", 2.5, 0.675},
		{"europe", 6, 1},
		{"Europe", 9, 1},
		{"Asia", 1, 0.49405},
		{"Africa", 3, 0.81694},
		{"Oceania", 0.5, 0.475418},
		{"SouthAmerica", 1.5, 0.842026},
		{"NorthAmerica", 0.05, 0.201805},
	} {
		got, err := m.DepthDamage(tt.depth, tt.region)
		if err != nil {
			t.Fatal(err)
		}
		near(t, tt.region, got, tt.want, 1e-12)
	}
	if _, err := m.DepthDamage(1, "Atlantis"); !errors.Is(err, fault.ErrInvalid) {
		t.Errorf("Atlantis: %v", err)
	}
}

func TestSecurityByHand(t *testing.T) {
	t.Parallel()
	m := Default()
	x, err := m.Threat([]Incident{{Kind: "clash", DistanceKM: 25, AgeDays: 14, Deaths: math.E - 1}, {Kind: "terror", Match: "sector", Confidence: 0.5}})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "threat", x, 2/math.E*0.5+1.5*2*0.5, 1e-12)
	r, err := m.Security(SecurityInput{BaseRate: 0.01, Count: 0.9, Days: 90})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "p3", r.P[3], 1-math.Exp(-0.01), 1e-12) // (0.01·90 + 0.9)/180 = 0.01 a day
	hard, _ := m.Security(SecurityInput{BaseRate: 0.01, Count: 0.9, Days: 90, Control: 0.8})
	near(t, "protected", hard.P[2], r.P[3], 0)
	own, _ := m.Incident(IncidentInput{DistanceKM: 300, OwnPeople: true})
	order, _ := m.Incident(IncidentInput{DistanceKM: 300, Trigger: true})
	lo, _ := own.Level(level.Default(), 0)
	lt, _ := order.Level(level.Default(), 0)
	if lo != level.Red || lt != level.Orange {
		t.Errorf("own people %v, statutory trigger %v", lo, lt)
	}
	if _, err := m.Threat([]Incident{{Kind: "sarcasm"}}); !errors.Is(err, fault.ErrInvalid) {
		t.Errorf("unknown kind: %v", err)
	}
}

func TestTravelAdviceSteps(t *testing.T) {
	t.Parallel()
	tests := []struct {
		changes []Advice
		want    level.Level
	}{
		{[]Advice{{"GB", 2, 3}}, level.Green},
		{[]Advice{{"GB", 2, 3}, {"US", 1, 2}}, level.Yellow},
		{[]Advice{{"GB", 2, 3}, {"GB", 2, 3}}, level.Green},
		{[]Advice{{"GB", 3, 4}}, level.Orange},
		{[]Advice{{"GB", 4, 4}, {"US", 4, 4}}, level.Green},
	}
	for _, tt := range tests {
		r, err := Default().TravelAdvice(tt.changes)
		if err != nil {
			t.Fatal(err)
		}
		with, _ := r.Level(level.Default(), 0)
		alone, _ := level.Default().LevelOf(r.P, 0)
		if with != tt.want || alone != tt.want {
			t.Errorf("%v: %v, from p alone %v, want %v", tt.changes, with, alone, tt.want)
		}
	}
}

func TestOutbreakFloorAndCorridorStock(t *testing.T) {
	t.Parallel()
	r, err := Default().Outbreak(OutbreakInput{Grave: true, DistanceKM: 150})
	if l, _ := r.Level(level.Default(), 0); err != nil || l != level.Orange {
		t.Errorf("grave pathogen: %v %v", l, err)
	}
	c, err := Default().Corridor(CorridorInput{Cause: "conflict", StockDays: 21})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "stock-out", c.Steps[1].Value, 0.5, 1e-12) // P(T > S) at the median
	long, _ := Default().Corridor(CorridorInput{Cause: "conflict", StockDays: 21, ClosedDays: 30})
	if long.P[4] <= c.P[4] {
		t.Errorf("closed for 30 days already: %v, fresh: %v", long.P, c.P)
	}
}

func TestVersionsAgree(t *testing.T) {
	t.Parallel()
	if Default().Version != Version || level.Default().Version != Version {
		t.Errorf("impact %s, level %s, constant %s", Default().Version, level.Default().Version, Version)
	}
}

func TestTenantsMethodFile(t *testing.T) {
	t.Parallel()
	m, err := Load([]byte(`{"version":"acme-3","cap":{"scale_km":25},"heat":{"sigma":2}}`))
	if err != nil {
		t.Fatal(err)
	}
	r, _ := m.CAPSeverity(CAPInput{Severity: "Severe", Certainty: "Observed", DistanceKM: 25})
	d, _ := Default().CAPSeverity(CAPInput{Severity: "Severe", Certainty: "Observed", DistanceKM: 25, ScaleKM: 25})
	if r.Method != "acme-3" || r.P != d.P {
		t.Errorf("override: %+v, want p %v", r, d.P)
	}
	for name, text := range map[string]string{
		"no version":    `{"heat":{"sigma":2}}`,
		"unknown field": `{"version":"x","heet":{}}`,
		"rising row":    `{"version":"x","advice":{"leave":[0.1,0.2,0.3,0.4]}}`,
		"no spread":     `{"version":"x","corridor":{"gsd":1}}`,
		"not JSON":      `{`,
		"damage curve":  `{"version":"x","cyclone":{"v_half_ms":10}}`,
		"trailing text": `{"version":"x"} {"version":"y"}`,
	} {
		if _, err := Load([]byte(text)); !errors.Is(err, fault.ErrInvalid) {
			t.Errorf("%s passed: %v", name, err)
		}
	}
}

func FuzzLoad(f *testing.F) {
	f.Add([]byte(`{"version":"acme-3","cap":{"scale_km":25}}`))
	f.Add([]byte(`{"version":"x","cyclone":{"draws":5,"outer_exponent":1},"flood":{"curves":[]}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := Load(b)
		if err != nil {
			return
		}
		// Whatever loads must answer without a panic and with a well-formed vector.
		r, err := m.CAPSeverity(CAPInput{Severity: "Extreme", Certainty: "Observed"})
		if err == nil && r.P.Valid() != nil {
			t.Fatalf("%v from %s", r.P, b)
		}
		if _, p, _, err := m.EarthquakeVector(EarthquakeInput{Magnitude: 7, DepthKM: 10, Persons: 10}); err == nil && p.Valid() != nil {
			t.Fatalf("%v from %s", p, b)
		}
		if r, err := m.Flood(FloodInput{DepthM: 1, ReturnYears: 10}); err == nil && r.P.Valid() != nil {
			t.Fatalf("%v from %s", r.P, b)
		}
		if r, err := m.Cyclone(CycloneInput{Track: []TrackPoint{{MaxWindKnots: 80, ErrorKM: 100}}, Draws: 10}); err == nil && r.P.Valid() != nil {
			t.Fatalf("%v from %s", r.P, b)
		}
	})
}

func TestResultsAreEqualInEveryRunAsJSON(t *testing.T) {
	t.Parallel()
	in := EarthquakeInput{Magnitude: 6.8, DepthKM: 12, DistanceKM: 40, Persons: 300, Country: "PK"}
	a, _ := Default().Earthquake(in)
	b, _ := Default().Earthquake(in)
	x, err := json.Marshal(a)
	y, _ := json.Marshal(b)
	if err != nil || string(x) != string(y) || !reflect.DeepEqual(a, b) {
		t.Errorf("%s\n%s\n%v", x, y, err)
	}
}
