package impact

import (
	"errors"
	"math"
	"testing"

	"pgregory.net/rapid"
	"watchfire.dev/internal/fault"
)

func TestWeighByHand(t *testing.T) {
	t.Parallel()
	p, effects, err := Default().Weigh(0.01, []Term{{'A', 1, false}, {'B', 2, false}, {'C', 3, true}})
	if err != nil {
		t.Fatal(err)
	}
	sum := math.Log(20) + 0.85*0.8*math.Log(6) + 0.25*0.6*math.Log(2)
	near(t, "p", p, 1/(1+99*math.Exp(-sum)), 1e-12)
	near(t, "third effect", effects[2].Effect, 0.25*0.6*math.Log(2), 1e-12)
	near(t, "last after", effects[2].After, p, 0)
}

func TestWeighEdges(t *testing.T) {
	t.Parallel()
	m := Default()
	if p, _, err := m.Weigh(0.3, nil); err != nil || p != 0.3 {
		t.Errorf("no reports: %v %v, want the base rate", p, err)
	}
	many := make([]Term, 50)
	for i := range many {
		many[i] = Term{'A', 1, false}
	}
	p, _, _ := m.Weigh(0.01, many)
	near(t, "capped", p/(1-p), 400.0/99, 1e-9)
	for _, bad := range []Term{{'G', 1, false}, {'A', 0, false}, {'A', 7, false}, {0, 3, true}} {
		if _, _, err := m.Weigh(0.1, []Term{bad}); !errors.Is(err, fault.ErrInvalid) {
			t.Errorf("%v passed: %v", bad, err)
		}
	}
	for _, base := range []float64{0, 1, -1, math.NaN()} {
		if _, _, err := m.Weigh(base, nil); !errors.Is(err, fault.ErrInvalid) {
			t.Errorf("base %v passed", base)
		}
	}
	ratio, n := m.LearnedRatio(Record{Hits: 18, Positives: 20, FalseAlarms: 3, Negatives: 40})
	near(t, "learned", ratio, (19.0/24)/(4.0/44), 1e-12)
	if one, _ := m.LearnedRatio(Record{}); n != 60 || one != 1 {
		t.Errorf("n = %d, empty record %v", n, one)
	}
}

func TestWeighDoesNotDependOnOrderAndHelpfulReportsHelp(t *testing.T) {
	t.Parallel()
	m := Default()
	term := rapid.Custom(func(t *rapid.T) Term {
		return Term{rapid.SampledFrom([]byte("ABCDEF")).Draw(t, "rel"), rapid.IntRange(1, 6).Draw(t, "cred"), rapid.Bool().Draw(t, "same")}
	})
	rapid.Check(t, func(t *rapid.T) {
		terms := rapid.SliceOfN(term, 1, 8).Draw(t, "terms")
		p, _, err := m.Weigh(0.05, terms)
		if err != nil {
			t.Fatal(err)
		}
		q, _, _ := m.Weigh(0.05, rapid.Permutation(terms).Draw(t, "shuffled"))
		if p != q {
			t.Fatalf("%v in one order, %v in another", p, q)
		}
		if r, _, _ := m.Weigh(0.10, terms); r < p {
			t.Fatal("falls with the base rate")
		}
	})
}
