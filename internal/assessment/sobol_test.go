package assessment

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"
)

// The estimator against functions whose indices are known: of 4x + 2y + z with independent
// inputs of the same variance 16/21, 4/21 and 1/21, and of a product of centred inputs none.
func TestSobolOfKnownFunctions(t *testing.T) {
	t.Parallel()
	const n = 4000
	u := newStream(5, 1)
	a, b := make([][3]float64, n), make([][3]float64, n)
	for i := range n {
		for k := range 3 {
			a[i][k], b[i][k] = u.unit()-0.5, u.unit()-0.5
		}
	}
	for _, c := range []struct {
		name string
		f    func(x [3]float64) float64
		want [3]float64
	}{
		{"linear", func(x [3]float64) float64 { return 4*x[0] + 2*x[1] + x[2] }, [3]float64{16. / 21, 4. / 21, 1. / 21}},
		{"product", func(x [3]float64) float64 { return x[0] * x[1] }, [3]float64{}},
		{"constant", func([3]float64) float64 { return 3 }, [3]float64{}},
	} {
		fa, fb := make([]float64, n), make([]float64, n)
		for i := range n {
			fa[i], fb[i] = c.f(a[i]), c.f(b[i])
		}
		e := newEstimate(fa, fb, true)
		for k, want := range c.want {
			got := e.share("x", func(i int) float64 {
				x := a[i]
				x[k] = b[i][k]
				return c.f(x)
			})
			// Three times the half width of the 90 % interval is five standard errors.
			if math.Abs(got.Index-want) > 3**got.Half+1e-6 || *got.Half > 0.1 {
				t.Errorf("%s, input %d: %v ± %v, want %v", c.name, k, got.Index, *got.Half, want)
			}
		}
	}
}

// Every input of the method has its share and its interval, and the note on the draws is true.
func TestSensitivityOfEveryInput(t *testing.T) {
	t.Parallel()
	m := Default()
	out, err := Assess(context.Background(), m, world(t, 3, 400), 2)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range out {
		if r.Kind != Project && r.Kind != Portfolio {
			continue
		}
		var names []string
		widest := 0.0
		for _, x := range r.Sensitivity {
			names = append(names, x.Factor)
			if x.Half == nil {
				t.Fatalf("%s: %s has no interval", r.Unit, x.Factor)
			}
			widest = max(widest, *x.Half)
		}
		if !slices.Equal(names[:6], factorNames[:]) {
			t.Errorf("%s: %v", r.Unit, names)
		}
		for _, d := range r.Dimensions {
			if d.Assessed != slices.Contains(names, "dimension:"+d.ID) {
				t.Errorf("%s: %s is assessed: %t, and among %v", r.Unit, d.ID, d.Assessed, names)
			}
		}
		if r.Settled == nil || r.Settled.Widest != widest || r.Settled.Enough != (widest <= 0.1) || r.Settled.Evaluations != 400*(2+len(names)) {
			t.Errorf("%s: %+v, widest %v", r.Unit, r.Settled, widest)
		}
	}
}

// A dimension of no weight moves nothing, and the draws move goalposts of our own alone.
func TestWhatMovesNothingHasNoShare(t *testing.T) {
	t.Parallel()
	m := Default()
	s := world(t, 3, 300)
	s.Weights = []Weight{{Dimension: "cyber", Weight: 0}}
	out, err := Assess(context.Background(), m, s, 2)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range out {
		for _, x := range r.Sensitivity {
			if x.Factor == "dimension:cyber" && x.Index > 0 && r.HeldBy != "cyber" {
				t.Errorf("%s: cyber has no weight and a share of %v", r.Unit, x.Index)
			}
		}
	}
	for _, d := range draws(m, 1, 1, 20, make([]float64, len(m.Dimensions))) {
		for j, x := range d.bounds {
			if in := m.Indicators[j/2]; (x == 0) != (in.Status == "source") || math.Abs(x) > m.Robustness.Bounds {
				t.Fatalf("goalpost of %s moves by %v", in.ID, x)
			}
		}
	}
}

// A method file that cannot be is refused with the place.
func TestOwnMethodFiles(t *testing.T) {
	t.Parallel()
	method, reference := Files()
	for name, c := range map[string][3]string{
		"bounds":     {"bounds: 0.1", "bounds: 3", "bounds 3"},
		"alert":      {"alert: high", "alert: huge", `alert "huge"`},
		"indicator":  {"id: own.kidnaps, weight: 2", "id: own.nothing, weight: 2", "component nearby"},
		"weight":     {"{id: homicide, weight: 1,", "{id: homicide, weight: 0,", "dimension crime"},
		"unknown":    {"red_tag: 8", "red_tag: 8\nblue_tag: 8", "blue_tag"},
		"not a YAML": {"version:", "version: [", "["},
	} {
		changed := strings.Replace(string(method), c[0], strings.ReplaceAll(c[1], "\\n", "\n"), 1)
		if changed == string(method) {
			t.Fatalf("%s: nothing to change", name)
		}
		if _, err := Load([]byte(changed), reference); err == nil || !strings.Contains(err.Error(), c[2]) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Controls of the register work on the share of their risk alone: two good controls of one of
// two equal risks leave a little more than half, and never less than the floor.
func TestControlsOfRisks(t *testing.T) {
	t.Parallel()
	m := Default()
	c := func(id, risk string, share float64) Control {
		return Control{ID: id, Dimension: "security", Risk: risk, Share: share, Design: 1, Implementation: 1, Evidence: "audit", Tested: asOf}
	}
	for _, x := range []struct {
		name string
		list []Control
		want float64
	}{
		{"one of two risks, two controls", []Control{c("a", "R1", 0.5), c("b", "R1", 0.5)}, 0.5 + 0.5*0.01},
		{"both risks", []Control{c("a", "R1", 0.5), c("b", "R2", 0.5)}, 0.1},
		{"the whole dimension", []Control{{ID: "a", Dimension: "security", Design: 1, Implementation: 0.5, Evidence: "x", Tested: asOf}}, 0.55},
		{"another dimension", []Control{{ID: "a", Dimension: "health", Design: 1, Implementation: 1, Evidence: "x", Tested: asOf}}, 1},
	} {
		if h, _ := controls(m, x.list, "security", asOf); math.Abs(h-x.want) > 1e-12 {
			t.Errorf("%s: %v, want %v", x.name, h, x.want)
		}
	}
	s := world(t, 1, 5)
	for i := range s.Units {
		if s.Units[i].ID == "project:P000" {
			s.Units[i].Controls = []Control{c("a", "R1", 0.7), c("b", "R2", 0.7)}
		}
	}
	if _, err := s.Canonical(m); err == nil {
		t.Error("shares above the whole were accepted")
	}
}

// A site stands behind the controls of its project.
func TestSitesHaveTheControlsOfTheirProject(t *testing.T) {
	t.Parallel()
	m := Default()
	s := world(t, 1, 5)
	s.Units = append(s.Units, Unit{ID: "site:P000/A", Kind: Site, Name: "A", Country: "KE", Parent: "project:P000"})
	for i := range s.Units {
		if s.Units[i].ID == "project:P000" {
			s.Units[i].Controls = []Control{{ID: "a", Dimension: "security", Design: 1, Implementation: 1, Evidence: "audit", Tested: asOf}}
		}
	}
	r, err := One(context.Background(), m, s, "site:P000/A", 1)
	if err != nil {
		t.Fatal(err)
	}
	if d := r.Dimensions[0]; !(d.Score < d.Inherent) {
		t.Errorf("security of the site is %v with and %v without the guards of the project", d.Score, d.Inherent)
	}
}

// A high score that deteriorates over 90 days is an alert; a low one is not.
func TestAlert(t *testing.T) {
	t.Parallel()
	m := Default()
	for country, want := range map[string]string{"country:SO": "alert", "country:NO": "deteriorated"} {
		s := world(t, 0, 5)
		for i := range s.Units {
			if u := &s.Units[i]; u.ID == country {
				for k := range 6 {
					u.History = append(u.History, Point{asOf.AddDate(0, 0, -85+15*k), 0.2 * float64(k)})
				}
			}
		}
		r, err := One(context.Background(), m, s, country, 1)
		if err != nil {
			t.Fatal(err)
		}
		if r.Short.Verb != want {
			t.Errorf("%s: %+v, want %s", country, r.Short, want)
		}
	}
}
