package chart

import (
	"bytes"
	"encoding/xml"
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
)

var update = flag.Bool("update", false, "write the golden files anew")

func day(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

// samples are one picture of each kind, with what is hard about it.
func samples() map[string]Drawing {
	likely := []string{"< 1 %", "1–5 %", "5–20 %", "20–50 %", "> 50 %"}
	cells := make([][]HeatCell, 5)
	for i := range cells {
		cells[i] = make([]HeatCell, 5)
		for j := range cells[i] {
			score := (5 - i) * (j + 1)
			cells[i][j] = HeatCell{Number: fmt.Sprint(score), Band: map[bool]int{true: 1}[score > 4] + map[bool]int{true: 1}[score > 9] + map[bool]int{true: 1}[score > 14]}
		}
	}
	cells[2][3].Items = []HeatItem{{"MH-03", "/register/MH-03"}, {"QR-11", ""}}
	cells[1][4].Items = []HeatItem{{"A-1", ""}, {"A-2", ""}, {"A-3", ""}, {"A-4", ""}, {"A-5", ""}, {"A-6", ""}}
	board := Heat{Title: "Projects and dimensions", Desc: "Two projects.", Rows: []string{"Moyale Highway", "Quetta Rail, section 3 and the depot"}, Cols: []string{"Security", "Terrorism", "Political", "Crime", "Natural", "Health", "Legal"}}
	for i := range 2 {
		var row []HeatCell
		for j := range 7 {
			row = append(row, HeatCell{Number: fmt.Sprintf("%d.%d", 2+(i*3+j*2)%6, j), Band: (i + j) % 4, Unknown: i == 1 && j == 3})
		}
		board.Cells = append(board.Cells, row)
	}
	trend := Trend{Title: "Score of Moyale Highway", Desc: "It rose from 4.6 to 5.8.", Unit: "score, 0 to 10", Limits: []TrendLimit{{5, "high"}, {6.5, "very high"}}, Low: 3, High: 7.5, OtherName: "INFORM"}
	for i, v := range []float64{4.6, 4.5, 4.7, 4.9, 4.8, 0, 4.9, 5.0, 5.1, 5.0, 5.2, 5.8} {
		trend.Points = append(trend.Points, TrendPoint{Label: day("2025-11-01").AddDate(0, i, 0).Format("Jan"), Value: v, Low: v - .5, High: v + .6, Unknown: i == 5})
		trend.Other = append(trend.Other, 4.1+float64(i)*.03)
	}
	var curves []Curve
	for i, name := range []string{"inherent", "residual", "planned"} {
		c := Curve{Name: name, Look: []Look{Dashed, Solid, Dotted}[i]}
		for _, p := range []float64{.8, .6, .5, .4, .3, .2, .1, .05, .02, .01, .005, .001} {
			c.Points = append(c.Points, CurvePoint{Loss: 4e6 / float64(i*i+1) * math.Pow(.05/p, .9), Chance: p * (1 - .2*float64(i))})
		}
		c.Points = append(c.Points, CurvePoint{0, .95})
		curves = append(curves, c)
	}
	rel := Reliability{Title: "How good chances were", Desc: "Close to the diagonal.", ForecastAxis: "forecast chance", ObservedAxis: "how often it happened", Perfect: "perfect", CasesOf: "forecasts"}
	for i, n := range []int{812, 240, 96, 55, 31, 20, 12, 9, 0, 4} {
		f := .05 + float64(i)*.1
		o := f * (1.08 - .02*float64(i))
		half := .3 / math.Sqrt(float64(n+1))
		rel.Bins = append(rel.Bins, ReliabilityBin{Forecast: f, Observed: o, Low: math.Max(0, o-half), High: math.Min(1, o+half), N: n})
	}
	return map[string]Drawing{
		"heat": Heat{
			Title: "Register", Desc: "Eight risks.", Rows: []string{likely[4], likely[3], likely[2], likely[1], likely[0]},
			Cols: []string{"I0 none", "I1 minor", "I2 significant", "I3 severe", "I4 catastrophic"}, RowsTitle: "chance in 12 months", ColsTitle: "impact", Cells: cells, More: "more",
		}.Draw(),
		"board":       board.Draw(),
		"trend":       trend.Draw(),
		"exceedance":  Exceedance{Title: "Loss in a year", Desc: "1 year in 10 loses more than 2.1 M USD.", Axis: "chance of more", Unit: "loss in a year, USD", Curves: curves, Limit: 1e7, LimitName: "cover"}.Draw(),
		"reliability": rel.Draw(),
		"bowtie": BowTie{
			Title: "Attack on a convoy", Desc: "Three causes, two consequences.", CausesHead: "Causes", AfterHead: "Consequences", Event: "Attack on a convoy between Camp 3 and the railhead", EventNote: "0.43 a year",
			Causes: []BowPart{{"c1", "Fighting near the road"}, {"c2", "The route and the hours are known to everybody in the market"}, {"c3", "没有护卫的车队在夜间行驶经过关卡和桥梁"}}, Consequences: []BowPart{{"k1", "People are killed or taken"}, {"k2", "The road is closed for days"}},
			Barriers: []Barrier{{Code: "C1", Text: "Escort on every run", Note: "62 % of it"}, {Code: "C2", Text: "Routes and hours change", Note: "no owner", Gap: true, On: []string{"c2"}}, {Code: "C3", Text: "Go/no-go at dawn", Note: "41 % of it"}, {Code: "C4", Text: "Medevac contract", Note: "31 % of it", After: true}, {Code: "C5", Text: "Second road", Note: "never tested", Gap: true, After: true}},
		}.Draw(),
		"plan": Plan{
			Title: "Actions", Desc: "One of four is late.", Now: day("2026-10-08"), Today: "today 8 Oct",
			Tasks: []Task{
				{Text: "Open the second road", Who: "Ali", From: day("2026-06-15"), Due: day("2026-09-01"), Late: true, Word: "37 days late"},
				{Text: "Train drivers in convoy discipline and radio", Who: "S. Tesfaye", Due: day("2026-10-20"), Word: "due 20 Oct"},
				{Text: "Renew medevac", Who: "HQ medical", From: day("2026-09-20"), Due: day("2026-12-18"), Word: "due 18 Dec"},
				{Text: "Satellite phones", Who: "IT", From: day("2026-05-02"), Due: day("2026-07-01"), Done: day("2026-06-20"), Word: "done 20 Jun"},
			},
		}.Draw(),
	}
}

// TestGolden compares every kind with the picture that was looked at; -update renews.
func TestGolden(t *testing.T) {
	t.Parallel()
	for name, d := range samples() {
		got := d.SVG()
		file := filepath.Join("testdata", name+".svg")
		if *update {
			if err := os.WriteFile(file, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s has changed; look at it and run with -update", name)
		}
	}
}

// TestEveryPictureIsXML: well-formed, named and described, no text outside the box, and the
// same in a page as in a file.
func TestEveryPictureIsXML(t *testing.T) {
	t.Parallel()
	for name, d := range samples() {
		for _, raw := range [][]byte{d.SVG(), d.Inline("x")} {
			dec := xml.NewDecoder(bytes.NewReader(raw))
			titled := 0
			for {
				tok, err := dec.Token()
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				if s, ok := tok.(xml.StartElement); ok && (s.Name.Local == "title" || s.Name.Local == "desc") && len(s.Attr) > 0 {
					titled++
				}
			}
			if titled != 2 {
				t.Errorf("%s has %d of title and description", name, titled)
			}
		}
		for _, m := range d.Marks {
			var x, y float64
			if m.Kind != Text {
				continue
			}
			if _, err := fmt.Sscan(m.X, &x); err != nil {
				t.Fatal(err)
			}
			if _, err := fmt.Sscan(m.Y, &y); err != nil {
				t.Fatal(err)
			}
			from, to := x, x+wide(m.Text)
			switch m.Anchor {
			case "end":
				from, to = x-wide(m.Text), x
			case "middle":
				from, to = x-wide(m.Text)/2, x+wide(m.Text)/2
			}
			if from < -3 || to > float64(d.W)+3 || y < 0 || y > float64(d.H) {
				t.Errorf("%s: %q at %g, %g sticks out of %d × %d", name, m.Text, x, y, d.W, d.H)
			}
		}
	}
}

// TestHostileWords: nothing that a user types becomes markup.
func TestHostileWords(t *testing.T) {
	t.Parallel()
	evil := `<script>alert(1)</script>"'&` + "\x00\x1b\xff"
	d := BowTie{Title: evil, Desc: evil, Event: evil, Causes: []BowPart{{"a", evil}}, Barriers: []Barrier{{Text: evil, Note: evil, Gap: true}}}.Draw()
	for _, raw := range [][]byte{d.SVG(), d.Inline(evil)} {
		if strings.Contains(string(raw), "<script") || bytes.ContainsAny(raw, "\x00\x1b") {
			t.Error("a text became markup")
		}
	}
}

// TestEmpty: a picture without data is still a picture.
func TestEmpty(t *testing.T) {
	t.Parallel()
	for _, d := range []Drawing{
		Heat{}.Draw(), Trend{}.Draw(), Exceedance{}.Draw(), Reliability{}.Draw(), BowTie{}.Draw(), Plan{Now: day("2026-10-08")}.Draw(),
		Trend{Points: []TrendPoint{{Value: math.NaN(), Low: math.Inf(-1), High: math.Inf(1)}, {Unknown: true}, {Value: 3, Low: 3, High: 3}}}.Draw(),
		Exceedance{Curves: []Curve{{Points: []CurvePoint{{1, .5}, {1, .1}}}, {Points: []CurvePoint{{math.Inf(1), .5}}}}}.Draw(),
	} {
		if s := string(d.SVG()); strings.Contains(s, "NaN") || strings.Contains(s, "Inf") || d.W <= 0 {
			t.Errorf("%s", s)
		}
	}
}

func TestTicks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		got  []float64
		want string
	}{
		{ticks(0, 1, 5), "[0 0.2 0.4 0.6000000000000001 0.8 1]"},
		{ticks(3, 7.5, 5), "[3 4 5 6 7]"},
		{decades(1e3, 1e7), "[1000 10000 100000 1e+06 1e+07]"},
		{decades(30, 300), "[50 100 200]"},
	} {
		if got := fmt.Sprint(c.got); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
	for x, want := range map[float64]string{0: "0", .05: "0.05", 3: "3", 20000: "20\u202fk", 1.5e6: "1.5\u202fM", 999999: "1\u202fM", 1e5: "100\u202fk"} {
		if got := short(x); got != want {
			t.Errorf("%g is written %q, want %q", x, got, want)
		}
	}
}

func TestWrap(t *testing.T) {
	t.Parallel()
	if got := wrap("The route and the hours are known to everybody", 100, 2); len(got) != 2 || !strings.HasSuffix(got[1], "…") || wide(got[0]) > 100 {
		t.Errorf("%q", got)
	}
	if got := wrap("没有护卫的车队在夜间行驶", 70, 3); len(got) != 2 || got[0] != "没有护卫的车" {
		t.Errorf("%q", got)
	}
	if got := wrap("Donaudampfschifffahrtsgesellschaft", 60, 3); len(got) != 3 || !strings.HasSuffix(got[2], "…") {
		t.Errorf("%q", got)
	}
}
