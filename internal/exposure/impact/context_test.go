package impact

import (
	"errors"
	"math"
	"testing"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/level"
)

func levelOf(t *testing.T, r Result, err error) level.Level {
	t.Helper()
	if err != nil || r.P.Valid() != nil || r.Source == "" || r.Formula == "" || r.Method != Version {
		t.Fatalf("%+v %v", r, err)
	}
	l, _ := r.Level(level.Default(), 0)
	return l
}

func TestSmallRulesGiveTheirLevels(t *testing.T) {
	t.Parallel()
	m := Default()
	days := func(d float64) *float64 { return &d }
	half := 0.5
	for _, tt := range []struct {
		name string
		run  func() (Result, error)
		want level.Level
	}{
		{"flaw that is exploited, ours", func() (Result, error) { return m.Cyber(CyberInput{Exploited: true, Listed: true}) }, level.Orange},
		{"flaw that is exploited, not ours", func() (Result, error) { return m.Cyber(CyberInput{Exploited: true}) }, level.Green},
		{"flaw that is known, ours", func() (Result, error) { return m.Cyber(CyberInput{Listed: true}) }, level.Green},
		{"sanctions hit", func() (Result, error) { return m.Compliance(ComplianceInput{Sanctions: true}) }, level.Red},
		{"sanctions hit of an even chance", func() (Result, error) { return m.Compliance(ComplianceInput{Sanctions: true, Prior: &half}) }, level.Orange},
		{"sanctions hit, dormant", func() (Result, error) { return m.Compliance(ComplianceInput{Sanctions: true, Dormant: true}) }, level.Yellow},
		{"law in 29 days", func() (Result, error) { return m.Compliance(ComplianceInput{LawDays: days(29)}) }, level.Yellow},
		{"law in 30 days", func() (Result, error) { return m.Compliance(ComplianceInput{LawDays: days(30)}) }, level.Green},
		{"drought, red", func() (Result, error) { return m.Drought(DroughtInput{Colour: "red"}) }, level.Yellow},
		{"drought, orange", func() (Result, error) { return m.Drought(DroughtInput{Colour: "Orange"}) }, level.Yellow},
		{"drought, green", func() (Result, error) { return m.Drought(DroughtInput{Colour: "green"}) }, level.Green},
		{"supplier struck", func() (Result, error) { return m.Supplier(SupplierInput{P: level.P{1, 1, 1, 1, 0.5}, Hops: 1}) }, level.Orange},
		{"supplier's supplier struck", func() (Result, error) { return m.Supplier(SupplierInput{P: level.P{1, 1, 0.1, 0.1, 0.01}, Hops: 2}) }, level.Green},
	} {
		r, err := tt.run()
		if got := levelOf(t, r, err); got != tt.want {
			t.Errorf("%s: %v %v, want %v", tt.name, got, r.P, tt.want)
		}
	}
	r, _ := m.Supplier(SupplierInput{P: level.P{1, 1, 0.5, 0, 0}, Hops: 2})
	near(t, "two levels away", r.P[2], 0.18, 1e-12)
	for name, run := range map[string]func() (Result, error){
		"hops":   func() (Result, error) { return m.Supplier(SupplierInput{Hops: 6}) },
		"vector": func() (Result, error) { return m.Supplier(SupplierInput{P: level.P{1, 0.1, 0.2}}) },
		"colour": func() (Result, error) { return m.Drought(DroughtInput{Colour: "yellow"}) },
		"prior":  func() (Result, error) { p := math.NaN(); return m.Cyber(CyberInput{Prior: &p}) },
		"law":    func() (Result, error) { return m.Compliance(ComplianceInput{LawDays: days(math.Inf(1))}) },
		"work":   func() (Result, error) { return m.Heat(HeatInput{WBGT: 30, Work: "dancing"}) },
		"class":  func() (Result, error) { return m.Flood(FloodInput{DepthM: 1, Class: "castle"}) },
		"region": func() (Result, error) { return m.Flood(FloodInput{DepthM: 1, Region: "Atlantis", Class: "transport"}) },
	} {
		if _, err := run(); !errors.Is(err, fault.ErrInvalid) {
			t.Errorf("%s passed: %v", name, err)
		}
	}
}

func TestHeatLimitsShiftTheClasses(t *testing.T) {
	t.Parallel()
	m := Default()
	for _, tt := range []struct {
		in   HeatInput
		k    int
		want float64
	}{
		{HeatInput{WBGT: 28}, 1, 0.5},
		{HeatInput{WBGT: 33}, 3, 0.5},
		{HeatInput{WBGT: 26, Newcomer: true}, 1, 0.5},
		{HeatInput{WBGT: 25, Work: "very_heavy"}, 1, 0.5},
		{HeatInput{WBGT: 38, Work: "rest"}, 3, 0.5},
	} {
		r, err := m.Heat(tt.in)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "heat", r.P[tt.k], tt.want, 1e-12)
	}
}

func TestFloodCurveStandsInForAMissingOne(t *testing.T) {
	t.Parallel()
	m := Default()
	r, err := m.Flood(FloodInput{DepthM: 1, Region: "Oceania", Class: "transport"})
	if err != nil || len(r.Notes) != 1 {
		t.Fatalf("%+v %v", r.Notes, err)
	}
	near(t, "transport of all continents", r.Steps[1].Value, 0.429667, 1e-9)
	r, err = m.Flood(FloodInput{DepthM: 1, Region: "asia", Class: "Transport"})
	if err != nil || len(r.Notes) != 0 {
		t.Fatalf("%+v %v", r.Notes, err)
	}
	near(t, "transport of Asia", r.Steps[1].Value, 0.571895, 1e-9)
	if got := m.FloodClasses(); len(got) != 6 {
		t.Errorf("classes %v, want six", got)
	}
}

// The ranges sum to the probability of any loss above nothing, and an estimate of 0 is not a
// certainty of none.
func TestPAGERRanges(t *testing.T) {
	t.Parallel()
	m := Default()
	for _, e := range []float64{-1, 0, 0.2, 3, 4000, 1e8} {
		sum := 0.0
		for _, p := range m.PAGERRanges(e, 2) {
			if p < 0 || p > 1 {
				t.Errorf("estimate %v: %v is no probability", e, p)
			}
			sum += p
		}
		if math.Abs(sum-1) > 0.01 {
			t.Errorf("estimate %v: ranges sum to %v", e, sum)
		}
	}
	if got := m.PAGERSpread(2, 2); got != 2.5 {
		t.Errorf("spread %v, want the limit of 2.5", got)
	}
}

// A tenant's list replaces the built-in one whole: no field of an old row shines through.
func TestTenantsListsReplaceWhole(t *testing.T) {
	t.Parallel()
	m, err := Load([]byte(`{"version":"acme-4","cyclone":{"regions":[{"code":"XX","v_half_ms":80}]},
		"earthquake":{"fatality":[{"country":"PK","theta":12,"beta":0.2,"zeta":1},{"country":"XX","theta":15,"beta":0.2,"zeta":1}]}}`))
	if err != nil {
		t.Fatal(err)
	}
	if got := m.DamageRegions(); len(got) != 1 || got[0].Code != "XX" || got[0].Name != "" || got[0].VHalf != 80 || got[0].Countries != nil {
		t.Errorf("regions %+v", got)
	}
	if f, ok := m.Fatality("pk"); !ok || f.Theta != 12 {
		t.Errorf("own model of PK: %+v %v", f, ok)
	}
	if f, ok := m.Fatality("XX"); !ok || f.Theta != 15 || len(m.fatality) != 253 {
		t.Errorf("model of XX: %+v %v, %d models", f, ok, len(m.fatality))
	}
	if f, _ := Default().Fatality("PK"); f.Theta == 12 {
		t.Error("a tenant's model reached the built-in method")
	}
	if len(m.FloodRegions()) != len(Default().FloodRegions()) {
		t.Error("a list that the file leaves out is gone")
	}
	for name, text := range map[string]string{
		"curve above 1":  `{"version":"x","flood":{"curves":[{"class":"residential","region":"Europe","depth_m":[0,1],"mdr":[0,2]}]}}`,
		"no moderate":    `{"version":"x","heat":{"limits":[{"work":"rest","acclimatised":33,"newcomer":32}]}}`,
		"country":        `{"version":"x","earthquake":{"fatality":[{"country":"pk","theta":12,"beta":0.2,"zeta":1}]}}`,
		"supplier share": `{"version":"x","supplier":{"per_hop":1.5}}`,
	} {
		if _, err := Load([]byte(text)); !errors.Is(err, fault.ErrInvalid) {
			t.Errorf("%s passed: %v", name, err)
		}
	}
}

func TestTsunamiLeavesHighGroundAlone(t *testing.T) {
	t.Parallel()
	m := Default()
	low, err := m.Tsunami(TsunamiInput{Bulletin: "warning", HeightM: 1, ElevationM: 29, CoastKM: 2})
	if err != nil {
		t.Fatal(err)
	}
	high, _ := m.Tsunami(TsunamiInput{Bulletin: "warning", HeightM: 1, ElevationM: 30, CoastKM: 2})
	near(t, "evacuated", low.P[1], 0.6, 1e-9)
	if high.P[1] > 1e-6 {
		t.Errorf("30 m above the sea: %v", high.P)
	}
}
