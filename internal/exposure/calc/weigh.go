package calc

import (
	"math"
	"strings"

	"watchfire.dev/internal/exposure/impact"
)

// A WeighAnswer is what reports make of a base rate.
type WeighAnswer struct {
	Base   float64 `json:"base"`
	P      float64 `json:"p"`
	Terms  []Term  `json:"terms"` // in the order of the reports
	Sum    float64 `json:"sum"`   // of the contributions, before the cap
	Cap    float64 `json:"cap"`   // of the sum's amount, ln 400
	Method string  `json:"method"`
}

// A Term is what one report did: Contribution = Rho · Weight · LogLR.
type Term struct {
	Code         string  `json:"code"`
	Weight       float64 `json:"weight"` // of the reliability
	LogLR        float64 `json:"log_lr"` // of the credibility
	Rho          float64 `json:"rho"`    // rho^(rank−1)
	Contribution float64 `json:"contribution"`
	Rank         int     `json:"rank"` // 1 = strongest; the discount counts by it
}

// sameMark marks a report that copies the one before it.
const sameMark = "+same"

// Weigh reads "base=0.01" and reports in the Admiralty code ("A1", "B2", "C3+same"), in any
// order among one another, and gives the probability of the event. "+same" says that a
// report has the wire, owner or text of the one before it. Every error is a Problem.
func Weigh(m *impact.Method, args []string) (WeighAnswer, error) {
	var terms []impact.Term
	base, ok := 0.0, false
	for _, a := range args {
		if key, v, isPair := strings.Cut(a, "="); isPair {
			x, good := decimal(v)
			switch {
			case key != "base":
				return WeighAnswer{}, Problem{Key: key, Why: "unknown", Want: "base, and reports such as B2 or C3+same"}
			case ok:
				return WeighAnswer{}, Problem{Key: "base", Why: "repeated"}
			case !good || !(x > 0 && x < 1):
				return WeighAnswer{}, Problem{Key: "base", Why: "value", Got: v, Want: "a probability between 0 and 1, both excluded"}
			}
			base, ok = x, true
			continue
		}
		code, same := strings.CutSuffix(a, sameMark)
		if len(code) != 2 || same && len(terms) == 0 {
			return WeighAnswer{}, report(a)
		}
		terms = append(terms, impact.Term{Reliability: code[0], Credibility: int(code[1]) - '0', Same: same})
	}
	if !ok {
		return WeighAnswer{}, Problem{Key: "base", Why: "missing", Want: "a probability between 0 and 1, both excluded"}
	}
	if len(terms) > maxItems {
		return WeighAnswer{}, Problem{Key: "reports", Why: "formula", Got: "more than 200"}
	}
	for _, t := range terms {
		if _, _, err := m.Weigh(base, []impact.Term{t}); err != nil {
			return WeighAnswer{}, report(t.String())
		}
	}
	p, effects, err := m.Weigh(base, terms)
	if err != nil {
		return WeighAnswer{}, Problem{Key: "weigh", Why: "formula", Got: err.Error()}
	}
	out := WeighAnswer{Base: base, P: p, Terms: make([]Term, len(terms)), Cap: math.Log(m.WeighCap()), Method: m.Version}
	for rank, e := range effects {
		out.Sum += e.Effect
		out.Terms[e.Index] = Term{Code: e.Term.String(), Weight: e.Weight, LogLR: e.LogRatio, Rho: e.Discount, Contribution: e.Effect, Rank: rank + 1}
	}
	return out, nil
}

func report(text string) Problem {
	return Problem{Key: "report", Why: "value", Got: text, Want: "reliability A to F and credibility 1 to 6, such as B2; C3+same for a copy of the report before it"}
}
