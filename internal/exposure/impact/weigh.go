package impact

import (
	"fmt"
	"math"
	"slices"

	"watchfire.dev/internal/fault"
)

// weighMethod holds the coefficients of the section "weigh".
type weighMethod struct {
	Provenance     string     `json:"provenance"`
	Reliability    words      `json:"reliability"`
	Ratio          [6]float64 `json:"ratio"` // by credibility 1 to 6
	RhoSame        float64    `json:"rho_same"`
	RhoIndependent float64    `json:"rho_independent"`
	CapRatio       float64    `json:"cap_ratio"`
	LearnA         float64    `json:"learn_a"`
	LearnB         float64    `json:"learn_b"`
	LearnCases     float64    `json:"learn_cases"` // resolved cases at which a record weighs as much as the grade
}

// A Term is one report in the Admiralty code: reliability of the source A to F, credibility
// of the item 1 to 6. Same marks a copy: the same wire, owner or text as another term.
type Term struct {
	Reliability byte `json:"reliability"`
	Credibility int  `json:"credibility"`
	Same        bool `json:"same"`
}

// Learned is the likelihood ratio of a sender's record and the resolved cases behind it; no
// cases = the grade alone counts.
type Learned struct {
	Ratio float64 `json:"learned_lr,omitempty"`
	Cases int     `json:"learned_n,omitempty"`
}

// String writes a term as an analyst does: "B2", "C3+same".
func (t Term) String() string {
	s := fmt.Sprintf("%c%d", t.Reliability, t.Credibility)
	if t.Same {
		s += "+same"
	}
	return s
}

// A TermEffect is what one report did to the probability. Effects stand in the order in
// which they were applied; Index is the place of the term in the caller's list.
type TermEffect struct {
	Term     Term    `json:"term"`
	Index    int     `json:"index"`
	Weight   float64 `json:"weight"`   // of the reliability
	LogRatio float64 `json:"log_lr"`   // natural logarithm of the credibility's likelihood ratio
	Strength float64 `json:"strength"` // Weight · LogRatio, moved towards the record by its share
	Discount float64 `json:"discount"` // rho^(j−1) at place j
	Effect   float64 `json:"effect"`   // log-odds added: Discount · Strength
	Learned
	After float64 `json:"after"` // probability after this term, cap applied
}

// Weigh gives the probability that an event is real from a base rate and the reports of it:
//
//	logit p = logit(base) + Σ_j rho^(j−1) · w(reliability_j) · ln LR(credibility_j)
//
// with |Σ| capped at ln 400. j counts from the strongest report to the weakest by
// |w · ln LR| (its strength), so that neither order of arrival nor a late strong report changes the outcome;
// rho is 0.5 for a term marked Same and 0.85 for an independent one. Between equal strengths,
// independent terms come first, then those that speak for the event. base lies strictly
// between 0 and 1. The error wraps fault.ErrInvalid and names the term. At most 1,000 terms.
func (m *Method) Weigh(base float64, terms []Term) (float64, []TermEffect, error) {
	return m.WeighLearned(base, terms, nil)
}

// WeighLearned is Weigh with the senders' records, one a term (nil = none): a sender with a
// record of n resolved cases is taken at its own ratio with the share n/(n + 20), at its
// grade with the rest.
func (m *Method) WeighLearned(base float64, terms []Term, records []Learned) (float64, []TermEffect, error) {
	q := m.weigh
	if !(base > 0 && base < 1) {
		return 0, nil, fmt.Errorf("base rate is %v, want between 0 and 1, both excluded: %w", base, fault.ErrInvalid)
	}
	if len(terms) > 1000 {
		return 0, nil, fmt.Errorf("%d reports, want at most 1000: %w", len(terms), fault.ErrTooLarge)
	}
	effects := make([]TermEffect, len(terms))
	for i, t := range terms {
		w, ok := q.Reliability.get(string(rune(t.Reliability)))
		if !ok || t.Credibility < 1 || t.Credibility > 6 {
			return 0, nil, fmt.Errorf("report %d is %q, want reliability A to F and credibility 1 to 6: %w", i+1, t.String(), fault.ErrInvalid)
		}
		t.Reliability = upper(t.Reliability)
		e := TermEffect{Term: t, Index: i, Weight: w, LogRatio: math.Log(q.Ratio[t.Credibility-1])}
		e.Strength = e.Weight * e.LogRatio
		if i < len(records) && records[i].Cases > 0 && records[i].Ratio > 0 && q.LearnCases > 0 {
			e.Learned = records[i]
			share := float64(e.Cases) / (float64(e.Cases) + q.LearnCases)
			e.Strength += share * (math.Log(e.Ratio) - e.Strength)
		}
		effects[i] = e
	}
	slices.SortStableFunc(effects, stronger)
	limit := math.Log(q.CapRatio)
	prior := math.Log(base / (1 - base))
	sum, p := 0.0, base
	for j := range effects {
		e := &effects[j]
		rho := q.RhoIndependent
		if e.Term.Same {
			rho = q.RhoSame
		}
		e.Discount = math.Pow(rho, float64(j))
		e.Effect = e.Discount * e.Strength
		sum += e.Effect
		p = 1 / (1 + math.Exp(-prior-math.Max(-limit, math.Min(limit, sum))))
		e.After = p
	}
	return p, effects, nil
}

// stronger orders effects for Weigh: a total order but for equal terms, which are
// interchangeable.
func stronger(a, b TermEffect) int {
	x, y := a.Strength, b.Strength
	switch {
	case math.Abs(x) != math.Abs(y):
		return order(math.Abs(x) > math.Abs(y))
	case a.Term.Same != b.Term.Same:
		return order(b.Term.Same)
	case x != y:
		return order(x > y)
	}
	return 0
}

func order(first bool) int {
	if first {
		return -1
	}
	return 1
}

// A Record counts how a sender's past alerts came out: of Positives events that happened it
// reported Hits, of Negatives that did not it reported FalseAlarms.
type Record struct {
	Hits, Positives, FalseAlarms, Negatives int
}

// LearnedRatio is the likelihood ratio of one sender from its record and the number of cases
// behind it: ((TP+a)/(P+a+b)) / ((FP+a)/(N+a+b)) with a = 1, b = 3. Without a record it is 1.
// Show n beside it.
func (m *Method) LearnedRatio(r Record) (ratio float64, n int) {
	a, b := m.weigh.LearnA, m.weigh.LearnB
	hit := (float64(r.Hits) + a) / (float64(r.Positives) + a + b)
	miss := (float64(r.FalseAlarms) + a) / (float64(r.Negatives) + a + b)
	return hit / miss, r.Positives + r.Negatives
}
