package ledger

import (
	"cmp"
	"math"
	"slices"

	"watchfire.dev/internal/forecast/score"
)

// Standing is how good a maker was, with yardsticks beside it.
type Standing struct {
	Kind             Kind
	Maker            string
	N, Open          int // resolved, and still open
	Brier            float64
	BaseBrier        float64 // of the base rate, on the same questions
	PersistenceBrier float64
	Log              float64 // mean −log2 of the chance given to what came, bits
	CRPS             float64 // deaths; of models, NaN where nobody gave a distribution
	ECE              float64
	Reliability      [10]score.Bin
}

// least keeps the log score finite: nobody is surer than one in a thousand.
const least = .001

// Standings scores all makers, models first, by name.
func Standings(entries []Entry) []Standing {
	type who struct {
		kind  Kind
		maker string
	}
	by := map[who][]Entry{}
	for _, e := range entries {
		by[who{e.Kind, e.Maker}] = append(by[who{e.Kind, e.Maker}], e)
	}
	var out []Standing
	for w, es := range by {
		slices.SortFunc(es, func(a, b Entry) int {
			return cmp.Or(cmp.Compare(a.Unit, b.Unit), cmp.Compare(a.Month, b.Month), cmp.Compare(a.Threshold, b.Threshold), a.Issued.Compare(b.Issued))
		})
		out = append(out, standing(w.kind, w.maker, es))
	}
	slices.SortFunc(out, func(a, b Standing) int {
		return cmp.Or(-cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Maker, b.Maker)) // "model" sorts after "analyst"
	})
	return out
}

func standing(kind Kind, maker string, entries []Entry) Standing {
	s := Standing{Kind: kind, Maker: maker}
	var calls []score.Call
	distributions := 0.0
	for _, e := range entries {
		if e.Resolved.IsZero() {
			s.Open++
			continue
		}
		s.N++
		hit := 0.0
		if e.Outcome >= e.Threshold {
			hit = 1
		}
		s.Brier += (e.Chance - hit) * (e.Chance - hit)
		s.BaseBrier += (e.Base - hit) * (e.Base - hit)
		s.PersistenceBrier += (e.Persistence - hit) * (e.Persistence - hit)
		given := max(least, min(1-least, e.Chance))
		s.Log -= hit*math.Log2(given) + (1-hit)*math.Log2(1-given)
		if kind == Model {
			s.CRPS += score.CRPS(e.Quantiles, e.Outcome)
			distributions++
		}
		calls = append(calls, score.Call{P: e.Chance, Hit: hit == 1})
	}
	n := max(1, float64(s.N))
	s.Brier, s.BaseBrier, s.PersistenceBrier, s.Log = s.Brier/n, s.BaseBrier/n, s.PersistenceBrier/n, s.Log/n
	s.CRPS /= distributions // NaN without any
	s.ECE, s.Reliability = score.ECE(calls), score.Reliability(calls)
	return s
}
