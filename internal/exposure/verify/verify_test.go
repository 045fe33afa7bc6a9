package verify

import (
	"os"
	"strings"
	"testing"

	"watchfire.dev/internal/exposure/impact"
)

func TestPublishedCases(t *testing.T) {
	t.Parallel()
	rows, err := Run(impact.Default(), os.Getenv("WATCHFIRE_CORPUS"))
	if err != nil {
		t.Fatal(err)
	}
	hazards := map[string]bool{}
	for _, r := range rows {
		hazards[r.Hazard] = true
		if r.Verdict == miss {
			t.Errorf("%s %s: published %s, ours %s, tolerance %s (%s)", r.Hazard, r.Case, r.Published, r.Ours, r.Tolerance, r.Source)
		}
	}
	if len(rows) < 400 || len(hazards) < 10 {
		t.Errorf("%d cases of %d hazards: the table has shrunk", len(rows), len(hazards))
	}
}

// A method whose numbers are wrong must not pass: the table can fail.
func TestWrongCoefficientsAreSeen(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"intensity":  `{"version":"x","earthquake":{"hypocentral":{"c0":2.086}}}`,
		"fatality":   `{"version":"x","earthquake":{"fatality":[{"country":"XF","theta":40,"beta":0.4,"zeta":2}]}}`,
		"wind":       `{"version":"x","cyclone":{"v_threshold_ms":26}}`,
		"flood":      `{"version":"x","flood":{"curves":[{"class":"residential","region":"Europe","depth_m":[0,6],"mdr":[0,1]}]}}`,
		"heat":       `{"version":"x","heat":{"limits":[{"work":"moderate","acclimatised":29,"newcomer":26}]}}`,
		"smoke":      `{"version":"x","wildfire":{"class_pm25":[55,150,250,0]}}`,
		"source":     `{"version":"x","weigh":{"rho_independent":0.9}}`,
		"dependency": `{"version":"x","supplier":{"per_hop":0.5}}`,
	} {
		m, err := impact.Load([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		rows, err := Run(m, "")
		if name == "flood" && err != nil {
			continue // a class that is gone is an error, which is seen as well
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if Missed(rows) == 0 {
			t.Errorf("%s: a wrong coefficient misses no case", name)
		}
	}
}

// The document is what the program would write now, but for the rows of recorded data, which
// need the folder of samples.
func TestDocumentIsFresh(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../../docs/method/verification.md")
	if err != nil {
		t.Fatal(err)
	}
	rows, err := Run(impact.Default(), "")
	if err != nil {
		t.Fatal(err)
	}
	have := string(raw)
	for _, line := range strings.Split(Document(impact.Default(), rows), "\n") {
		if strings.HasPrefix(line, "| ") && !strings.Contains(have, line) {
			t.Fatalf("docs/method/verification.md lacks %q: run make method-docs", line)
		}
	}
}

func TestDigits(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]int{"8.1928149": 8, "0.05": 1, "3.99586017993e-06": 12, "22": 2, "0": 0, "-1.20": 3} {
		if got := digits(s); got != want {
			t.Errorf("digits(%s) = %d, want %d", s, got, want)
		}
	}
}
