package assessment

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"time"

	"watchfire.dev/internal/indicator"
)

// all is the canonical JSON of every result, one a line.
func all(t testing.TB, s *Snapshot, workers int) []byte {
	t.Helper()
	return allBy(t, Default(), s, workers)
}

func allBy(t testing.TB, m *Method, s *Snapshot, workers int) []byte {
	t.Helper()
	out, err := Assess(context.Background(), m, s, workers)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	for _, r := range out {
		raw, err := r.Canonical()
		if err != nil {
			t.Fatal(err)
		}
		b.Write(raw)
		b.WriteByte('\n')
	}
	return b.Bytes()
}

// The same bytes whatever the processors, the workers and the order of rows.
func TestSameBytes(t *testing.T) {
	want := all(t, world(t, 12, 60), 1)
	old := runtime.GOMAXPROCS(1)
	one := all(t, world(t, 12, 60), 4)
	runtime.GOMAXPROCS(2)
	two := all(t, world(t, 12, 60), 3)
	runtime.GOMAXPROCS(old)
	if !bytes.Equal(want, one) || !bytes.Equal(want, two) {
		t.Error("the number of processors changes the result")
	}
	s := world(t, 12, 60)
	r := rand.New(rand.NewPCG(3, 4))
	r.Shuffle(len(s.Units), func(i, j int) { s.Units[i], s.Units[j] = s.Units[j], s.Units[i] })
	for i := range s.Units {
		v, x := s.Units[i].Values, s.Units[i].Members
		r.Shuffle(len(v), func(i, j int) { v[i], v[j] = v[j], v[i] })
		r.Shuffle(len(x), func(i, j int) { x[i], x[j] = x[j], x[i] })
	}
	if !bytes.Equal(want, all(t, s, 2)) {
		t.Error("the order of rows changes the result")
	}
	s = world(t, 12, 60)
	s.Seed++
	if bytes.Equal(want, all(t, s, 2)) {
		t.Error("the seed changes nothing")
	}
}

// What was published with an earlier method of the program comes out to the same byte by this
// program: the digest is that of the program that shipped it.
func TestEarlierMethodKeepsItsBytes(t *testing.T) {
	t.Parallel()
	m := earlier()[0]
	if got, ok := BuiltIn(m.Hash); !ok || got.Version != "2026.1" || !BuiltInVersion("2026.1") {
		t.Fatalf("the method before is not found by its hash %s", m.Hash)
	}
	s := world(t, 4, 40)
	s.Method, s.MethodHash = m.Version, m.Hash
	for i := range s.Units {
		if u := &s.Units[i]; u.ID == "project:P001" {
			u.Controls = []Control{
				{ID: "guards", Dimension: "security", Design: 1, Implementation: 0.5, Evidence: "audit", Tested: asOf.AddDate(0, 0, -90)},
				{ID: "clinic", Dimension: "health", Mitigating: true, Design: 0.8, Implementation: 1, Evidence: "audit", Tested: asOf},
			}
			u.History = []Point{{asOf.AddDate(0, -2, 0), 4}, {asOf.AddDate(0, -1, 0), 4.5}}
		}
	}
	if got := fmt.Sprintf("%x", sha256.Sum256(allBy(t, m, s, 2))); got != "e0d01027012f78007825181bd9c91a779d8fad16b6563ea40c9deddaa4ac0e67" {
		t.Errorf("method 2026.1 gives %s", got)
	}
}

// Observations in another order, with older editions among them, give the same snapshot.
func TestBuildIgnoresOrder(t *testing.T) {
	t.Parallel()
	obs := indicator.Starter()
	m := Default()
	want, err := Build(m, Inputs{Observations: obs, AsOf: asOf, Known: asOf}).Canonical(m)
	if err != nil {
		t.Fatal(err)
	}
	rand.New(rand.NewPCG(5, 6)).Shuffle(len(obs), func(i, j int) { obs[i], obs[j] = obs[j], obs[i] })
	got, err := Build(m, Inputs{Observations: obs, AsOf: asOf, Known: asOf}).Canonical(m)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, got) {
		t.Error("the order of observations changes the snapshot")
	}
	back, err := ReadSnapshot(want)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := back.Canonical(m); err != nil || !bytes.Equal(want, again) {
		t.Errorf("a snapshot read back has other bytes (%v)", err)
	}
}

// What was not known on a day is not in the snapshot of that day.
func TestKnownThen(t *testing.T) {
	t.Parallel()
	m := Default()
	then := time.Date(2020, 3, 3, 0, 0, 0, 0, time.UTC)
	s := Build(m, Inputs{Observations: indicator.Starter(), AsOf: then, Known: then})
	for _, u := range s.Units {
		for _, v := range u.Values {
			if v.Known.After(then) {
				t.Fatalf("%s of %s was known at %s", v.Indicator, u.ID, v.Known)
			}
		}
	}
	if len(s.Units) == 0 {
		t.Fatal("no unit at all")
	}
	s.Known = time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC)
	if _, err := s.Canonical(m); err == nil {
		t.Error("a snapshot with later knowledge than it claims was accepted")
	}
}

// TestScores checks the promises of the scale on every unit of a world.
func TestScores(t *testing.T) {
	t.Parallel()
	m := Default()
	out, err := Assess(context.Background(), m, world(t, 10, 100), 2)
	if err != nil {
		t.Fatal(err)
	}
	score := map[string]float64{}
	for _, r := range out {
		score[r.Unit] = r.Score
		if !r.Assessed {
			continue
		}
		worst, sum := 0.0, 0.0
		for _, d := range r.Dimensions {
			if d.Assessed {
				worst = max(worst, d.Score)
			}
		}
		for _, d := range r.Drivers {
			sum += d.Contribution
		}
		if r.Score < worst-m.OverrideGap-1e-5 || r.Score > 10 || r.Low > r.High || r.Score > r.High+1e-9 {
			t.Errorf("%s: score %v, worst dimension %v, interval %v to %v", r.Unit, r.Score, worst, r.Low, r.High)
		}
		if r.Class != m.ClassOf(r.Score) {
			t.Errorf("%s: score %v is not %s", r.Unit, r.Score, r.Class)
		}
		if r.Kind != Portfolio && math.Abs(r.Baseline+sum-r.Score) > 1e-4 {
			t.Errorf("%s: baseline %v and contributions %v do not make %v", r.Unit, r.Baseline, sum, r.Score)
		}
		if got := r.Confidence.Score; got < 0 || got > 1 {
			t.Errorf("%s: confidence %v", r.Unit, got)
		}
	}
	for _, pair := range [][2]string{{"country:SO", "country:KE"}, {"country:AF", "country:IN"}, {"country:ML", "country:FR"}, {"country:US", "country:NO"}} {
		if score[pair[0]] <= score[pair[1]] {
			t.Errorf("%s scores %v, %s %v", pair[0], score[pair[0]], pair[1], score[pair[1]])
		}
	}
}

// A missing value is borrowed and flagged, or left out and counted; it is never a zero.
func TestMissingIsNeverZero(t *testing.T) {
	t.Parallel()
	m := Default()
	s := world(t, 0, 10)
	for i := range s.Units {
		if u := &s.Units[i]; u.ID == "country:ML" {
			u.Values = slices.DeleteFunc(u.Values, func(v Value) bool { return v.Indicator == "wgi.stability" })
		}
	}
	out, err := Assess(context.Background(), m, s, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range out {
		if r.Unit != "country:ML" {
			continue
		}
		for _, d := range r.Drivers {
			if d.Indicator == "wgi.stability" && (!d.Imputed || d.Normalised < 3) {
				t.Errorf("borrowed stability of Mali: %+v", d)
			}
		}
		if !slices.ContainsFunc(r.Blind, func(b Blind) bool { return b.Indicator == "wgi.stability" && b.Reason == "imputed" }) {
			t.Error("the borrowed value is not among the blind spots")
		}
	}
}

func TestControls(t *testing.T) {
	t.Parallel()
	m := Default()
	c := Control{Design: 1, Implementation: 1, Evidence: "audit 7", Tested: asOf}
	for _, x := range []struct {
		name string
		c    Control
		want float64
	}{
		{"fresh", c, 0.9},
		{"tested half a life ago", Control{Design: 1, Implementation: 1, Evidence: "a", Tested: asOf.AddDate(0, 0, -180)}, 0.45},
		{"no evidence", Control{Design: 1, Implementation: 1, Tested: asOf}, 0},
		{"never tested", Control{Design: 1, Implementation: 1, Evidence: "a"}, 0},
		{"tested tomorrow", Control{Design: 1, Implementation: 1, Evidence: "a", Tested: asOf.AddDate(0, 0, 1)}, 0},
	} {
		if got := Effectiveness(m, x.c, asOf); math.Abs(got-x.want) > 1e-12 {
			t.Errorf("%s: %v, want %v", x.name, got, x.want)
		}
	}
	s := world(t, 2, 10)
	for i := range s.Units {
		if s.Units[i].ID == "project:P001" {
			s.Units[i].Controls = []Control{{ID: "guards", Dimension: "security", Design: 1, Implementation: 1, Evidence: "audit", Tested: asOf}}
		}
	}
	out, err := Assess(context.Background(), m, s, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range out {
		if r.Unit == "project:P001" && !(r.Dimensions[0].Score < r.Dimensions[0].Inherent) {
			t.Errorf("security of %s: %v with a control, %v without", r.Unit, r.Dimensions[0].Score, r.Dimensions[0].Inherent)
		}
	}
}

// TestINFORM reproduces the published aggregation of INFORM Risk from its own components, in
// three editions, to a tenth of a point (they are published with one decimal).
func TestINFORM(t *testing.T) {
	t.Parallel()
	root := os.Getenv("WATCHFIRE_CORPUS")
	if root == "" {
		t.Skip("WATCHFIRE_CORPUS is not set")
	}
	for _, name := range []string{"OCHA-DAP__INFORM-2016.csv", "OCHA-DAP__INFORM_Mid2018_v034.csv", "OCHA-DAP__inform_gri_2020_v040.csv"} {
		raw, err := os.ReadFile(filepath.Join(root, "indices", name))
		if err != nil {
			t.Fatal(err)
		}
		r := csv.NewReader(bytes.NewReader(raw))
		r.FieldsPerRecord = -1
		rows, err := r.ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		checked := 0
		for _, row := range rows[1:] {
			checked += informRow(t, name, rows[0], row)
		}
		if checked < 191*5 {
			t.Errorf("%s: only %d aggregates checked", name, checked)
		}
	}
}

func informRow(t *testing.T, name string, header, row []string) (checked int) {
	get := func(columns ...string) []float64 {
		var out []float64
		for _, c := range columns {
			if i := slices.Index(header, c); i >= 0 && i < len(row) {
				if v, err := strconv.ParseFloat(row[i], 64); err == nil {
					out = append(out, v)
				}
			}
		}
		return out
	}
	even := func(v []float64) []float64 { return slices.Repeat([]float64{1}, len(v)) }
	for _, c := range []struct {
		out string
		in  []string
		how func(v []float64) float64
	}{
		{"Natural", []string{"Earthquake", "Flood", "Tsunami", "Tropical Cyclone", "Drought", "Epidemic"}, func(v []float64) float64 { return join(v, even(v)) }},
		{"HAZARD & EXPOSURE", []string{"Natural", "Human"}, func(v []float64) float64 { return join(v, even(v)) }},
		{"VULNERABILITY", []string{"Socio-Economic Vulnerability", "Vulnerable Groups"}, func(v []float64) float64 { return join(v, even(v)) }},
		{"LACK OF COPING CAPACITY", []string{"Institutional", "Infrastructure"}, func(v []float64) float64 { return join(v, even(v)) }},
		{"INFORM RISK", []string{"HAZARD & EXPOSURE", "VULNERABILITY", "LACK OF COPING CAPACITY"}, dimension},
	} {
		want, in := get(c.out), get(c.in...)
		if len(want) != 1 || len(in) == 0 {
			continue
		}
		checked++
		if got := c.how(in); math.Abs(got-want[0]) > 0.1 {
			t.Errorf("%s %s: %s of %v is %.3f, published %v", name, row[1], c.out, in, got, want[0])
		}
	}
	return checked
}

func BenchmarkAssess(b *testing.B) {
	s := world(b, 50, 200)
	for b.Loop() {
		if _, err := Assess(context.Background(), Default(), s, 2); err != nil {
			b.Fatal(err)
		}
	}
}
