package calc

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"watchfire.dev/internal/exposure/impact"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/level"
)

func reckon(t *testing.T, hazard, text string) Answer {
	t.Helper()
	given, err := Pairs(strings.Fields(text))
	if err != nil {
		t.Fatal(err)
	}
	a, err := Impact(impact.Default(), level.Default(), hazard, given)
	if err != nil {
		t.Fatalf("%s %s: %v", hazard, text, err)
	}
	return a
}

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s = %v, want %v ± %v", what, got, want, tolerance)
	}
}

// M 7 at 30 km is the example of the method: intensity 7.2, and 1 − Φ of the thresholds.
func TestEarthquakeByHand(t *testing.T) {
	t.Parallel()
	a := reckon(t, "earthquake", "magnitude=7 depth_km=24 distance_km=18")
	near(t, "intensity", a.Intensity.Value, 7.1583, 1e-3)
	near(t, "sigma", a.Intensity.Sigma, 0.9562, 1e-3)
	for k, want := range []float64{0.98800, 0.88713, 0.56576, 0.08030} {
		near(t, "p", a.P.List()[k], want, 1e-4)
	}
	if a.Level != level.Orange || a.Cells.I2 != level.Orange || a.Method != impact.Version || a.Formula == "" || a.Source == "" {
		t.Errorf("%+v", a)
	}
}

// The JSON has the shape that outsiders rely on, and its inputs stand in the fields' order.
func TestShapeOfTheAnswer(t *testing.T) {
	t.Parallel()
	raw, err := json.Marshal(reckon(t, "earthquake", "magnitude=6.8 depth_km=12 distance_km=40 persons=300 country=pk"))
	if err != nil {
		t.Fatal(err)
	}
	begin := `{"hazard":"earthquake","inputs":{"magnitude":6.8,"depth_km":12,"distance_km":40,"persons":300,"country":"PK","vulnerability":1,`
	if !strings.HasPrefix(string(raw), begin) {
		t.Errorf("begins %.200s, want %s", raw, begin)
	}
	var out struct {
		Inputs                         map[string]any
		Intensity                      struct{ Value, Sigma *float64 }
		P                              map[string]float64
		Level, Formula, Source, Method string
		Cells                          map[string]string
		Expected_deaths                *float64
	}
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	if len(out.P) != 4 || out.Intensity.Value == nil || out.Level != "orange" || out.Cells["I4"] == "" || out.Expected_deaths == nil {
		t.Errorf("%s", raw)
	}
}

func TestExamplesOfEveryHazard(t *testing.T) {
	t.Parallel()
	m := impact.Default()
	for _, h := range Hazards(m) {
		a := reckon(t, h.Name, h.Example)
		p := a.P.List()
		for k, v := range p {
			if !(v >= 0 && v <= 1) || k > 0 && v > p[k-1] {
				t.Errorf("%s: p %v", h.Name, p)
			}
		}
		x, _ := json.Marshal(a)
		y, _ := json.Marshal(reckon(t, h.Name, h.Example))
		if string(x) != string(y) {
			t.Errorf("%s answers differently the second time", h.Name)
		}
		for _, f := range h.Fields {
			if f.Default != "" {
				if _, err := f.read(f.Default, nil); err != nil {
					t.Errorf("%s: default of %s: %v", h.Name, f.Name, err)
				}
			}
			if f.Required && f.Default != "" {
				t.Errorf("%s: %s is required and has a default", h.Name, f.Name)
			}
		}
	}
}

// What would change the level does: at the value that is named the level is the one named.
func TestChangesHold(t *testing.T) {
	t.Parallel()
	m, mx := impact.Default(), level.Default()
	for _, h := range Hazards(m) {
		a := reckon(t, h.Name, h.Example)
		for _, c := range a.Changes {
			given, _ := Pairs(strings.Fields(h.Example))
			at := c.From
			if at == nil {
				at = c.To
			}
			given[c.Input] = number(*at)
			b, err := Impact(m, mx, h.Name, given)
			if err != nil || b.Level != c.Level || b.Level == a.Level {
				t.Errorf("%s, %s = %v: %v %v, want %v and not %v", h.Name, c.Input, *at, b.Level, err, c.Level, a.Level)
			}
		}
	}
	quake := reckon(t, "earthquake", "magnitude=6.8 depth_km=12 distance_km=40")
	if !slices.ContainsFunc(quake.Changes, func(c Turn) bool { return c.Input == "magnitude" && c.From != nil && c.Level == level.Red }) {
		t.Errorf("no magnitude makes it red: %+v", quake.Changes)
	}
}

func TestWrongInputsNameTheirKey(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ hazard, text, key, why string }{
		{"earthquake", "magnitude=7", "distance_km", "missing"},
		{"earthquake", "distance_km=7", "magnitude", "missing"},
		{"earthquake", "magnitude=11 distance_km=1", "magnitude", "value"},
		{"earthquake", "magnitude=7 distance_km=-1", "distance_km", "value"},
		{"earthquake", "magnitude=NaN distance_km=1", "magnitude", "value"},
		{"earthquake", "magnitude=+Inf distance_km=1", "magnitude", "value"},
		{"earthquake", "magnitude=1e999 distance_km=1", "magnitude", "value"},
		{"earthquake", "magnitude=0x7 distance_km=1", "magnitude", "value"},
		{"earthquake", "magnitude=6,8 distance_km=1", "magnitude", "value"},
		{"earthquake", "magnitude=7 distance_km=1km", "distance_km", "value"},
		{"earthquake", "magnitude= distance_km=1", "magnitude", "value"},
		{"earthquake", "magnitude=7 distance_km=1 country=ZZ", "country", "value"},
		{"earthquake", "magnitude=7 distance_km=1 vulnerability=0", "vulnerability", "value"},
		{"earthquake", "magnitude=7 distance_km=1 mmi_sigma=1", "mmi", "missing"},
		{"earthquake", "magnitude=7 distence_km=1", "distence_km", "unknown"},
		{"tsunami", "bulletin=rumour elevation_m=1 coast_km=1", "bulletin", "value"},
		{"cyclone", "surge_m=2", "wind_kt", "missing"},
		{"cyclone", "max_wind_kt=90", "distance_km", "missing"},
		{"cyclone", "max_wind_kt=90 distance_km=10 track_error_km=50 wind_sigma_kt=5", "wind_sigma_kt", "formula"},
		{"cyclone", "wind_kt=90 seed=1.5", "seed", "value"},
		{"flood", "region=Asia", "return_period_years", "missing"},
		{"flood", "depth_m=0", "depth_m", "value"},
		{"flood", "depth_m=1 asset_class=castle", "asset_class", "value"},
		{"heat", "wbgt_c=30 acclimatised=perhaps", "acclimatised", "value"},
		{"security", "base_rate_per_day=0.1 incidents=terror", "incidents", "formula"},
		{"security", "base_rate_per_day=0.1 incidents=sarcasm:3", "incidents", "formula"},
		{"security", "base_rate_per_day=0.1 incidents=terror:x", "incidents", "formula"},
		{"security", "base_rate_per_day=0.1 incidents=", "incidents", "value"},
		{"outbreak", "share=0.1 pathogen=plague", "distance_km", "missing"},
		{"outbreak", "share=0.1 growth_per_day=0.1 doubling_days=3", "doubling_days", "formula"},
		{"corridor", "stock_days=3", "cause", "missing"},
		{"advice", "changes=GB:2", "changes", "formula"},
		{"advice", "changes=GB:2:5", "changes", "formula"},
		{"advice", "changes=GB:2:3,GB:2:4", "changes", "formula"},
		{"supplier", "I1=0.1 I2=0.2 I3=0 I4=0", "I2", "order"},
		{"supplier", "I1=1 I2=0 I3=0 I4=0 hops=9", "hops", "value"},
		{"sharks", "teeth=3", "", "hazard"},
	} {
		given, err := Pairs(strings.Fields(tt.text))
		if err != nil {
			t.Fatal(err)
		}
		_, err = Impact(impact.Default(), level.Default(), tt.hazard, given)
		var p Problem
		if !errors.As(err, &p) || p.Key != tt.key || p.Why != tt.why || !errors.Is(err, fault.ErrInvalid) || !strings.Contains(err.Error(), tt.key) {
			t.Errorf("%s %s: %v %+v, want %s %s", tt.hazard, tt.text, err, p, tt.key, tt.why)
		}
	}
	for _, args := range [][]string{{"a=1", "a=2"}, {"a"}, {"=1"}} {
		if _, err := Pairs(args); !errors.Is(err, fault.ErrInvalid) {
			t.Errorf("%v passed", args)
		}
	}
}

func TestLevel(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text  string
		want  level.Level
		cells string
	}{
		{"I1=0.9 I2=0.3 I3=0.06 I4=0", level.Yellow, "YYYG"},
		{"I1=0.9 I2=0.3 I3=0.06 I4=0 observed=I2", level.Orange, "YOYG"},
		{"I1=0 I2=0 I3=0 I4=0 observed=I4", level.Red, "YORR"},
		{"I1=0.01 I2=0.01 I3=0.01 I4=0.01", level.Yellow, "GGGY"},
		{"I1=0.05 I2=0.05 I3=0.05 I4=0.05", level.Orange, "GGYO"},
		{"I1=0.20 I2=0.20 I3=0.20 I4=0.20", level.Orange, "GYOO"},
		{"I1=0.55 I2=0.55 I3=0.55 I4=0.55", level.Red, "YYOR"},
		{"I1=0.80 I2=0.80 I3=0.80 I4=0.80", level.Red, "YORR"},
		{"I1=0.0099 I2=0 I3=0 I4=0 observed=none", level.Green, "GGGG"},
	} {
		given, _ := Pairs(strings.Fields(tt.text))
		a, err := Level(level.Default(), given)
		got := ""
		for _, c := range a.Cells.List() {
			got += string("GYOR"[c])
		}
		if err != nil || a.Level != tt.want || got != tt.cells {
			t.Errorf("%s: %v %s %v, want %v %s", tt.text, a.Level, got, err, tt.want, tt.cells)
		}
	}
	for text, key := range map[string]string{
		"I1=0.9 I2=0.3 I3=0.06":                "I4",
		"I1=1.1 I2=0.3 I3=0.06 I4=0":           "I1",
		"I1=0.1 I2=0.3 I3=0.06 I4=0":           "I2",
		"I1=0.9 I2=0.3 I3=x I4=0":              "I3",
		"I1=1 I2=1 I3=1 I4=0 observed=I5":      "observed",
		"I1=1 I2=1 I3=1 I4=0 I5=0":             "I5",
		"I1=0.9 I2=0.3 I3=0.06 I4=-0.1":        "I4",
		"I1=0.9 I2=0.3 I3=0.06 I4=0 obs=I2":    "obs",
		"I1=0.9 I2=0.3 I3=0.06 I4=nan":         "I4",
		"I1=0.9 I2=0.3 I3=0.06 I4=0 observed=": "observed",
	} {
		given, _ := Pairs(strings.Fields(text))
		_, err := Level(level.Default(), given)
		var p Problem
		if !errors.As(err, &p) || p.Key != key {
			t.Errorf("%s: %v, want a problem of %s", text, err, key)
		}
	}
}

func TestWeigh(t *testing.T) {
	t.Parallel()
	m := impact.Default()
	a, err := Weigh(m, []string{"base=0.01", "A1", "B2", "C3+same"})
	if err != nil {
		t.Fatal(err)
	}
	sum := math.Log(20) + 0.85*0.8*math.Log(6) + 0.25*0.6*math.Log(2)
	near(t, "p", a.P, 1/(1+99*math.Exp(-sum)), 1e-12)
	near(t, "sum", a.Sum, sum, 1e-12)
	if len(a.Terms) != 3 || a.Terms[2].Code != "C3+same" || a.Terms[2].Rho != 0.25 || a.Terms[1].Weight != 0.8 {
		t.Errorf("%+v", a.Terms)
	}
	b, err := Weigh(m, []string{"c3", "A1", "base=0.01"})
	if err != nil || b.Terms[0].Code != "C3" || b.Terms[0].Rank != 2 {
		t.Errorf("terms keep the order of the reports: %+v %v", b.Terms, err)
	}
	for _, args := range [][]string{
		{"A1"},
		{"base=0", "A1"},
		{"base=1"},
		{"base=x"},
		{"base=0.1", "base=0.2"},
		{"base=0.1", "G1"},
		{"base=0.1", "A7"},
		{"base=0.1", "A"},
		{"base=0.1", "A1+other"},
		{"base=0.1", "A1+same"},
		{"base=0.1", "bass=0.1"},
		{"base=0.1", ""},
	} {
		if _, err := Weigh(m, args); !errors.Is(err, fault.ErrInvalid) {
			t.Errorf("%q passed: %v", args, err)
		}
	}
}

// Whatever the inputs of a field's range, the answer is well-formed or a Problem that names
// a key, and never a panic.
func TestAnyInputsGiveAnAnswerOrAProblem(t *testing.T) {
	t.Parallel()
	m, mx := impact.Default(), level.Default()
	all := Hazards(m)
	rapid.Check(t, func(t *rapid.T) {
		h := rapid.SampledFrom(all).Draw(t, "hazard")
		given := map[string]string{}
		for _, f := range h.Fields {
			if !f.Required && rapid.Bool().Draw(t, "leave "+f.Name) {
				continue
			}
			switch f.Kind {
			case Number:
				x := rapid.Float64Range(f.Lo, f.Hi).Draw(t, f.Name)
				if f.Whole {
					x = math.Trunc(x)
				}
				given[f.Name] = number(x)
			case Word:
				given[f.Name] = rapid.SampledFrom(f.Words).Draw(t, f.Name)
			case YesNo:
				given[f.Name] = rapid.SampledFrom([]string{"yes", "no"}).Draw(t, f.Name)
			case Country:
				given[f.Name] = rapid.SampledFrom([]string{"PK", "XF", "DE"}).Draw(t, f.Name)
			case List:
				given[f.Name] = rapid.SampledFrom([]string{"GB:2:3", "terror:3:4", "clash:3:4:5:sector:0.4,riot:1", "x"}).Draw(t, f.Name)
			}
		}
		a, err := Impact(m, mx, h.Name, given)
		var p Problem
		if err != nil {
			if !errors.As(err, &p) || p.Key == "" {
				t.Fatalf("%s %v: %v is no problem with a key", h.Name, given, err)
			}
			return
		}
		if err := (level.P{1, a.P.I1, a.P.I2, a.P.I3, a.P.I4}).Valid(); err != nil {
			t.Fatalf("%s %v: %v", h.Name, given, err)
		}
		if _, err := json.Marshal(a); err != nil {
			t.Fatalf("%s %v: %v", h.Name, given, err)
		}
	})
}

func FuzzImpact(f *testing.F) {
	for _, h := range Hazards(impact.Default()) {
		f.Add(h.Name, h.Example)
	}
	f.Add("security", "base_rate_per_day=1 incidents=terror:1:::,")
	f.Fuzz(func(t *testing.T, hazard, text string) {
		given, err := Pairs(strings.Fields(text))
		if err != nil {
			return
		}
		a, err := Impact(impact.Default(), level.Default(), hazard, given)
		var p Problem
		if err != nil && !errors.As(err, &p) {
			t.Fatalf("%v is no problem", err)
		}
		if err == nil && (level.P{1, a.P.I1, a.P.I2, a.P.I3, a.P.I4}).Valid() != nil {
			t.Fatalf("%s %s: %v", hazard, text, a.P)
		}
		if _, err := Weigh(impact.Default(), strings.Fields(text)); err != nil && !errors.As(err, &p) {
			t.Fatalf("%v is no problem", err)
		}
	})
}
