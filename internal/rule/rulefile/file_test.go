package rulefile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/rule"
)

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "rules.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const good = "rules:\n  - {id: a, when: event.news, then: lower}\n"

func TestMistakesAreNamedByLineAndColumn(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text, want string }{
		{"empty", "", "1:1: rules: the file begins with"},
		{"no rule", "rules: []\n", "1:1: rules: no rule"},
		{"not YAML", "rules: [\n", "cannot be read as YAML"},
		{"tab", "rules:\n\t- id: a\n", "cannot be read as YAML"},
		{"key twice", "rules:\n  - {id: a, id: b}\n", "cannot be read as YAML"},
		{"not UTF-8", "rules: \xff", "not UTF-8"},
		{"two documents", good + "---\n" + good, "one document"},
		{"alias", "rules:\n  - &x {id: a, when: 'true', then: raise}\n  - *x\n", "anchors"},
		{"unknown key", "rules:\n  - id: a\n    whenn: x\n", `3:5: a, whenn: a rule has no key "whenn"; there are id, mode`},
		{"unknown top key", good + "tests: []\n", `3:1: tests: a file of rules has no key "tests"`},
		{"missing key", "rules:\n  - id: a\n    when: event.news\n", `2:5: a, then: a rule needs "then"`},
		{"plain condition", "rules:\n  - id: a\n    when: event.news && event.levle > 2\n    then: raise\n", `3:30: a, when: there is no field "levle"`},
		{"quoted condition", "rules:\n  - id: a\n    when: \"event.levle > 2\"\n    then: raise\n", `3:17: a, when:`},
		{"condition in braces", "rules:\n  - {id: a, when: event.levle > 2, then: raise}\n", `2:24: a, when:`},
		{"umlauts before", "rules:\n  - {id: a, name: Überflutung, when: event.levle > 2, then: raise}\n", `2:43: a, when:`},
		{"block", "rules:\n  - id: a\n    when: |\n      event.news &&\n        event.levle > 2\n    then: raise\n", `5:14: a, when:`},
		{"folded", "rules:\n  - id: a\n    when: >\n      event.news &&\n      event.levle > 2\n    then: raise\n", `3:11: a, when:`},
		{"wrong deed", "rules:\n  - id: a\n    when: event.news\n    then: delete\n", `4:11: a, then: "delete" is nothing that a rule can do`},
		{"id twice", good + "  - {id: a, when: event.news, then: raise}\n", "3:10: a, id: two rules have this id"},
		{"rules not a list", "rules: {a: b}\n", "a list is needed"},
		{"rule not a mapping", "rules: [a]\n", `written as "key: value"`},
		{"case without expect", good + "cases:\n  - name: x\n", "4:5: case x, expect: a case says"},
		{"case with bad expect", good + "cases:\n  - {name: x, expect: warn}\n", `4:23: case x, expect: "warn" is not known`},
		{"nothing and more", good + "cases:\n  - {name: x, expect: 'nothing, raise'}\n", "stand alone"},
		{"unknown hazard", good + "cases:\n  - {name: x, event: {hazard: quake}, expect: nothing}\n", `4:31: case x, event.hazard: "quake" is not known here: write one of earthquake`},
		{"unknown field", good + "cases:\n  - {name: x, exposure: {distance: 3}, expect: nothing}\n", `case x, exposure.distance: exposure has no key "distance"`},
		{"word for number", good + "cases:\n  - {name: x, exposure: {p1: high}, expect: nothing}\n", "case x, exposure.p1: a number is needed"},
		{"out of range", good + "cases:\n  - {name: x, exposure: {p1: 1.5}, expect: nothing}\n", "lies in 0 to 1"},
		{"half a person", good + "cases:\n  - {name: x, asset: {persons: 1.5}, expect: nothing}\n", "a whole number"},
		{"not a level", good + "cases:\n  - {name: x, exposure: {level: blue}, expect: nothing}\n", "is not a level"},
		{"not a truth", good + "cases:\n  - {name: x, event: {news: maybe}, expect: nothing}\n", "true or false"},
		{"not an instant", good + "cases:\n  - {name: x, event: {updated: yesterday}, expect: nothing}\n", "an instant is needed"},
		{"not a grade", good + "cases:\n  - {name: x, event: {sources: [{source: s, grade: Z9}]}, expect: nothing}\n", "is not a grade"},
		{"no such rule", good + "cases:\n  - {name: x, rule: b, expect: nothing}\n", `the file has no rule "b"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path := write(t, tt.text)
			problems := Check(path)
			if len(problems) != 1 {
				t.Fatalf("got %d problems %v, want one", len(problems), problems)
			}
			if got := problems[0].String(); !strings.HasPrefix(got, path+":") || !strings.Contains(got, tt.want) {
				t.Errorf("got  %s\nwant %s", strings.TrimPrefix(got, path+":"), tt.want)
			}
			if _, _, err := Test(path, &strings.Builder{}); !errors.Is(err, fault.ErrInvalid) {
				t.Errorf("a file with mistakes was tested: %v", err)
			}
		})
	}
}

func TestAllMistakesAreReportedInOrder(t *testing.T) {
	t.Parallel()
	problems := Check(write(t, "rules:\n  - {id: a, when: foo, then: raise}\n  - {id: b, when: bar, then: raise}\ncases:\n  - {name: c, expect: no}\n"))
	var lines []string
	for _, p := range problems {
		lines = append(lines, fmt.Sprint(p.Line))
	}
	if got := strings.Join(lines, " "); got != "2 3 5" {
		t.Errorf("got lines %s of %v", got, problems)
	}
}

func TestNoFile(t *testing.T) {
	t.Parallel()
	if ps := Check(filepath.Join(t.TempDir(), "none.yaml")); len(ps) != 1 {
		t.Errorf("got %v", ps)
	}
}

// The words of a case reach the fields that a condition asks for.
func TestWhatACaseSays(t *testing.T) {
	t.Parallel()
	tests := []struct{ facts, when string }{
		{"", `event.severity == "" && exposure.level == green && event.grade == "F6" && size(event.sources) == 1 && !has(event.magnitude)`},
		{"event: {magnitude: 6.1, depth: 10, measures: {wind: 64}}", `event.magnitude == 6.1 && event.depth == 10.0 && event.measures["wind"] == 64.0`},
		{"event: {sources: [b, a], grades: [B2, A1], news: true}", `event.sources == ["a", "b"] && event.grades == ["A1", "B2"] && event.news`},
		{"event: {sources: [{source: usgs, grade: A, instrument: true}]}", `event.instrument && event.grade == "A6"`},
		{"event: {age_hours: 5, updated: 2026-03-04T22:30:00Z}", `event.age_hours == 5.0 && hour("Asia/Karachi") == 3`},
		{"event: {hazard: cold, severity: Severe, certainty: Likely, urgency: Future, lat: 10, lon: 20}", `event.family == "storm" && event.urgency == "Future" && event.within(10, 20, 1)`},
		{"exposure: {p3: 0.4, level: red, eta_hours: 2.5, observed: 2, p_event: 0.5}", `exposure.p1 == 0.4 && exposure.level == red && exposure.eta_hours == 2.5 && exposure.observed == 2 && exposure.p_event == 0.5`},
		{"exposure: {how: inside, intensity: 7, unit: MMI, distance_km: 3, project: p}", `exposure.how == "inside" && exposure.intensity == 7.0 && exposure.unit == "MMI" && exposure.project == "p"`},
		{"asset: {kind: route, code: r, tags: [a, b], persons: 12, elevation_m: 4, coast_km: 0.5, zone: UTC}", `asset.kind == "route" && tagged("b") && asset.persons == 12 && exposure.persons == 12 && asset.elevation_m < asset.coast_km * 10.0 && asset.zone == "UTC"`},
		{"asset: {lat: 30, lon: 67, country: PK, admin1: PK-BA, class: tent, name: N}", `within(30.1, 67, 20) && exposure.country == "PK" && asset.admin1 == "PK-BA" && asset.class == "tent" && asset.name == "N"`},
	}
	for _, tt := range tests {
		t.Run(tt.facts, func(t *testing.T) {
			t.Parallel()
			text := "rules:\n  - id: a\n    then: raise\n    when: |\n      " + tt.when + "\ncases:\n  - name: it\n    expect: raise\n"
			if tt.facts != "" {
				text += "    " + tt.facts + "\n"
			}
			path := write(t, text)
			var out strings.Builder
			passed, _, err := Test(path, &out)
			if err != nil || passed != 1 {
				t.Errorf("%v\n%s", err, out.String())
			}
		})
	}
}

func TestAFailedCaseSaysWhy(t *testing.T) {
	t.Parallel()
	path := write(t, `rules:
  - id: strong
    when: event.hazard == "earthquake" && event.magnitude >= 6.0 && (asset.coast_km < 5 || "camp" in asset.tags)
    then: raise
    mode: on
  - {id: tell, when: 'event.hazard == "earthquake"', then: route, to: duty}
  - {id: silent, when: "true", then: suppress, mode: off}
cases:
  - name: a small one
    event: {hazard: earthquake, magnitude: 4.1}
    expect: raise
  - {name: only one rule, rule: strong, event: {hazard: earthquake, magnitude: 7}, asset: {tags: [camp]}, expect: raise}
  - {name: both, event: {hazard: earthquake, magnitude: 7}, asset: {tags: [camp]}, expect: [route:duty, raise]}
`)
	var out strings.Builder
	passed, failed, err := Test(path, &out)
	if err != nil || passed != 2 || failed != 1 {
		t.Fatalf("passed %d, failed %d, %v\n%s", passed, failed, err, out.String())
	}
	want := `FAIL  a small one: got route:duty, want raise (tell)
      the case stands in line 9
      strong would raise when
        yes event.hazard == "earthquake"   [event.hazard = "earthquake"]
        no  event.magnitude >= 6.0   [event.magnitude = 4.1]
        ?   asset.coast_km < 5 || "camp" in asset.tags   [asset.coast_km is not known here; ask first: has(asset.coast_km) && …]
      tell would route:duty when
        yes event.hazard == "earthquake"   [event.hazard = "earthquake"]
ok    only one rule: raise (strong)
ok    both: raise, route:duty (strong, tell)
`
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}

func TestTheExamplePasses(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	passed, failed, err := Test("../../../examples/rules.yaml", &out)
	if err != nil || failed > 0 || passed < 4 {
		t.Errorf("passed %d, failed %d, %v\n%s", passed, failed, err, out.String())
	}
}

func hostile() map[string]string {
	return map[string]string{
		"deep flow lists":  "rules: " + strings.Repeat("[", 100_000),
		"deep flow maps":   "rules: " + strings.Repeat("{a: ", 1_000),
		"deep over lines":  "rules:\n" + strings.Repeat(" [\n", 100_000),
		"deep dashes":      "rules:\n" + strings.Repeat("- ", 2_400) + "a\n",
		"deep indentation": deepIndentation(600),
		"question marks":   strings.Repeat("? ", 2_400) + "\n",
		"long line":        "rules: " + strings.Repeat("a", 400_000),
		"many lines":       "rules:\n" + strings.Repeat("  - {id: a, when: event.news, then: raise}\n", 10_000),
		"many keys":        "rules:\n  -\n" + keys(20_000),
		"many comments":    strings.Repeat("#\n", 200_000),
		"long block":       "rules:\n  - id: a\n    when: |\n" + strings.Repeat("      event.news ||\n", 20_000),
		"long plain":       "rules:\n  - id: a\n    when: x\n" + strings.Repeat("      event.news ||\n", 20_000),
		"long quoted":      "rules:\n  - id: a\n    when: \"\n" + strings.Repeat("      event.news ||\n", 20_000),
		"anchors":          "a: &a [x]\n" + strings.Repeat("b: [*a, *a, *a]\n", 1_000),
		"documents":        strings.Repeat("---\na\n", 50_000),
		"colons":           strings.Repeat("a:\n", 100_000),
		"noise":            strings.Repeat("|>%@`!&*\n", 10_000),
	}
}

func deepIndentation(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

func keys(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "    k%d: x\n", i)
	}
	return b.String()
}

func TestHostileFilesAreBounded(t *testing.T) {
	for name, text := range hostile() {
		if len(text) > maxFile {
			text = text[:maxFile]
		}
		fastest := time.Hour
		var problems []rule.Problem
		for range 2 { // the least of two, so that a busy machine does not fail the test
			start := time.Now()
			_, problems = parse("f", []byte(text), nil)
			fastest = min(fastest, time.Since(start))
		}
		t.Logf("%-16s %8d bytes %v", name, len(text), fastest)
		if len(problems) == 0 || len(problems) > maxProblems+1 || fastest > 2*time.Second {
			t.Errorf("%s: %d problems in %v", name, len(problems), fastest)
		}
	}
}

func FuzzFile(f *testing.F) {
	for _, text := range hostile() {
		f.Add([]byte(text[:min(len(text), 2_000)]))
	}
	example, err := os.ReadFile("../../../examples/rules.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(example)
	f.Fuzz(func(t *testing.T, raw []byte) {
		if len(raw) > 20_000 {
			return
		}
		got, problems := parse("f", raw, nil)
		if len(problems) == 0 && len(got.rules) == 0 {
			t.Error("no rule and no problem")
		}
		for _, p := range problems {
			if p.Message == "" || p.File != "f" || p.Line < 0 || p.Column < 0 {
				t.Errorf("%+v", p)
			}
		}
		if len(problems) == 0 {
			for _, c := range got.cases {
				if _, err := c.run(got.rules, &strings.Builder{}); err != nil {
					t.Error(err)
				}
			}
		}
	})
}
