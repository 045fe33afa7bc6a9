package rule

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"watchfire.dev/internal/event"
)

func hostile() map[string]string {
	nest := func(open, inner, shut string, n int) string {
		return strings.Repeat(open, n) + inner + strings.Repeat(shut, n)
	}
	return map[string]string{
		"deep parentheses":    nest("(", "true", ")", 1_900),
		"deep lists":          nest("[", "1", "]", 1_900) + " == []",
		"deep maps":           nest(`{"a":`, "1", "}", 600) + ` == {}`,
		"deep not":            nest("!", "true", "", 3_900),
		"deep minus":          nest("-", "1", "", 3_900) + " > 0",
		"deep conditional":    nest("true ? ", "true", " : false", 240),
		"deep calls":          nest("size(", "[1]", ")", 600) + " > 0",
		"deep index":          "[1]" + strings.Repeat("[0]", 1_200) + " == 1",
		"deep select":         "event" + strings.Repeat(".id", 1_200) + ` == ""`,
		"huge list":           "1 in [" + strings.Repeat("1,", 1_990) + "1]",
		"long chain":          strings.Repeat("event.news || ", 280) + "true",
		"exponential map":     "[0,1,2,3,4,5,6,7,8,9]" + strings.Repeat(".map(x, [0,1,2,3,4,5,6,7,8,9].map(y, x + y)[0])", 30) + " == []",
		"nested all":          nest("[0,1,2,3,4,5,6,7,8,9].all(x, ", "true", ")", 12),
		"nested over sources": nest("event.sources.all(x, ", "true", ")", 6),
		"doubling text":       `["aaaaaaaaaa"]` + strings.Repeat(".map(x, x + x)", 60) + `.exists(x, x == "b")`,
		"doubling list":       `[[1]]` + strings.Repeat(".map(x, x + x)", 60) + `.exists(x, x == [2])`,
		"doubling in place":   nest("[", `event.title`, `].map(x, x + x + x + x + x + x)[0]`, 20) + ` == ""`,
		"pattern of repeats":  `event.title.matches("(a{1000}){1000}")`,
		"pattern of options":  `event.title.matches("` + strings.Repeat("a?", 900) + `")`,
		"pattern nested":      `event.title.matches("` + nest("(", "a", ")*", 700) + `")`,
		"many patterns":       strings.Repeat(`event.title.matches("(a?){60}b") || `, 100) + "true",
		"pattern over list":   `event.sources.exists(s, event.sources.exists(t, s.matches("(a?){60}b")))`,
		"many places":         strings.Repeat("within(1,1,1) || ", 200) + "true",
		"broken quotes":       strings.Repeat(`"'`, 1_900),
		"only noise":          strings.Repeat("\x00\xff§", 1_000),
		"comments":            strings.Repeat("//x\n", 900) + "true",
		"macro in macro":      nest("has(event.", "id", ")", 500),
		"over the limit":      strings.Repeat("a", 1_000_000),
	}
}

// bound is generous against a busy machine; nothing hostile comes near it. The race detector
// multiplies every time.
const bound = 100 * time.Millisecond * slower

func TestHostileConditionsAreBounded(t *testing.T) {
	e, x, a := quake()
	e.Title = strings.Repeat("a", 100_000)
	for i := range 10_000 {
		e.Reports = append(e.Reports, event.Standing{Key: fmt.Sprint(i), Stand: event.Live, Source: fmt.Sprintf("%04d%s", i, strings.Repeat("a", 300))})
		e.Measures = append(e.Measures, event.Measure{Name: fmt.Sprint("m", i), Value: 1})
	}
	_, _ = Compile(row("true")) // builds the language
	for name, when := range hostile() {
		fastest := time.Hour
		var rated time.Duration
		for range 3 { // the least of three, so that a busy machine does not fail the test
			start := time.Now()
			compiled, err := Compile(row(when))
			took := time.Since(start)
			if err == nil {
				r := &Rater{language: must(theLanguage()), rules: []*armed{{Rule: compiled}}, zones: newZones()}
				start = time.Now()
				r.Rate(e, x, a)
				rated = time.Since(start)
			}
			fastest = min(fastest, max(took, rated))
		}
		t.Logf("%-20s %v", name, fastest)
		if fastest > bound {
			t.Errorf("%s took %v, at most %v is allowed", name, fastest, bound)
		}
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// What may be refused is refused, so that the cost of what is left is known.
func TestCostlyConditionsAreRefused(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"nested all", "nested over sources", "doubling text", "pattern over list", "many patterns", "many places", "deep parentheses"} {
		if c, err := Compile(row(hostile()[name])); err == nil {
			t.Errorf("%s was taken at a cost of %d", name, c.Cost())
		}
	}
}

func FuzzRule(f *testing.F) {
	for _, when := range hostile() {
		f.Add(when, "title", 1.0)
	}
	for _, when := range []string{
		`event.magnitude > 6 && tagged("x")`, `within(1, 2, 3)`, `hour("UTC") < 6`, `event.sources.exists(s, s.startsWith("u"))`,
		`event.title.matches("a+") ? exposure.level > red : has(asset.coast_km)`, `event.measures["wind"] > 3.0`,
	} {
		f.Add(when, "M 6.1 earthquake", 6.1)
	}
	f.Fuzz(func(t *testing.T, when, title string, number float64) {
		compiled, err := Compile(row(when))
		if err != nil {
			return
		}
		e, x, a := quake()
		e.Title, e.Measures[0].Value, x.P[2] = title, number, number
		first := &Rater{language: must(theLanguage()), rules: []*armed{{Rule: compiled}}, zones: newZones()}
		one, dropped, _ := first.Rate(e, x, a)
		two, _, _ := first.Rate(e, x, a)
		if one.Delta != two.Delta || dropped {
			t.Errorf("%q: %+v then %+v, dropped %v", when, one, two, dropped)
		}
	})
}

func BenchmarkRate(b *testing.B) {
	for name, when := range map[string]string{
		"level":   `exposure.level >= orange && asset.persons < 10`,
		"typical": `event.hazard == "earthquake" && event.magnitude >= 7.0 && "camp" in asset.tags && exposure.distance_km < 100`,
		"sources": `event.sources.exists(s, s == "usgs") && hour("Asia/Karachi") < 6`,
		"pattern": `event.title.matches("(?i)drill|exercise")`,
		"place":   `within(30, 67, 25)`,
	} {
		b.Run(name, func(b *testing.B) {
			r := rater(b, row(when))
			e, x, a := quake()
			b.ReportAllocs()
			for b.Loop() {
				r.Rate(e, x, a)
			}
		})
	}
	b.Run("none", func(b *testing.B) {
		r := rater(b)
		e, x, a := quake()
		for b.Loop() {
			r.Rate(e, x, a)
		}
	})
}
