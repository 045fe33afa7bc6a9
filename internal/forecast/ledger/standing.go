package ledger

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"time"

	"watchfire.dev/internal/forecast/score"
)

// Standing is how good a maker was, with yardsticks beside it.
type Standing struct {
	Kind             Kind          `json:"kind"`
	Maker            string        `json:"maker"`
	Name             string        `json:"name,omitempty"`
	N                int           `json:"resolved"`
	Open             int           `json:"open"`
	Brier            float64       `json:"brier"`
	BaseBrier        float64       `json:"base_rate_brier"`   // of the base rate, on the same questions
	PersistenceBrier float64       `json:"persistence_brier"` // of persistence, on the same questions
	Log              float64       `json:"log_bits"`          // mean −log2 of the chance given to what came
	Distributions    int           `json:"distributions"`     // forecasts with a distribution; 0 = CRPS says nothing
	CRPS             float64       `json:"crps"`              // in the unit of the outcome
	ECE              float64       `json:"ece"`
	Against          int           `json:"against"`     // questions on which a model had spoken before a person did
	ModelBrier       float64       `json:"model_brier"` // of the model's newest forecast at that time, on those
	OwnBrier         float64       `json:"own_brier"`   // of the person, on those
	Reliability      [10]score.Bin `json:"reliability"`
}

// A Judged is a forecast as it is scored, whatever it was about.
type Judged struct {
	Kind              Kind
	Maker, Name       string
	Question          string // the same for forecasts of the same
	Issued            time.Time
	Chance            float64
	Base, Persistence float64
	Resolved, Hit     bool
	Distribution      bool
	CRPS              float64
}

// least keeps the log score finite: nobody is surer than one in a thousand.
const least = .001

// Judge makes entries what is scored. An entry with a distribution is a model's.
func Judge(entries []Entry) []Judged {
	out := make([]Judged, 0, len(entries))
	for _, e := range entries {
		j := Judged{
			Kind: e.Kind, Maker: e.Maker, Name: e.Name, Issued: e.Issued, Chance: e.Chance, Base: e.Base, Persistence: e.Persistence,
			Question: strconv.Itoa(e.Unit) + " " + e.Month.String() + " " + strconv.Itoa(int(e.Threshold)),
			Resolved: !e.Resolved.IsZero(),
		}
		if j.Resolved {
			j.Hit = e.Outcome >= e.Threshold
			if e.Kind == Model {
				j.Distribution, j.CRPS = true, score.CRPS(e.Quantiles, e.Outcome)
			}
		}
		out = append(out, j)
	}
	return out
}

// Standings scores all makers of entries.
func Standings(entries []Entry) []Standing { return Score(Judge(entries)) }

// Score scores all makers: models first, then overrides, then people's other forecasts, each
// by name. The order of the list does not matter.
func Score(list []Judged) []Standing {
	type who struct {
		kind  Kind
		maker string
	}
	by, models := map[who][]Judged{}, map[string][]Judged{}
	for _, j := range list {
		by[who{j.Kind, j.Maker}] = append(by[who{j.Kind, j.Maker}], j)
		if j.Kind == Model {
			models[j.Question] = append(models[j.Question], j)
		}
	}
	for _, m := range models {
		slices.SortFunc(m, func(a, b Judged) int { return cmp.Or(a.Issued.Compare(b.Issued), cmp.Compare(a.Maker, b.Maker)) })
	}
	var out []Standing
	for w, js := range by {
		slices.SortFunc(js, func(a, b Judged) int { return cmp.Or(cmp.Compare(a.Question, b.Question), a.Issued.Compare(b.Issued)) })
		s := standing(w.kind, w.maker, js)
		if w.kind != Model {
			s.beside(js, models)
		}
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b Standing) int {
		return cmp.Or(cmp.Compare(slices.Index(Kinds(), a.Kind), slices.Index(Kinds(), b.Kind)), cmp.Compare(a.Maker, b.Maker))
	})
	return out
}

func standing(kind Kind, maker string, list []Judged) Standing {
	s := Standing{Kind: kind, Maker: maker}
	var calls []score.Call
	for _, j := range list {
		s.Name = j.Name
		if !j.Resolved {
			s.Open++
			continue
		}
		s.N++
		hit := 0.0
		if j.Hit {
			hit = 1
		}
		s.Brier += (j.Chance - hit) * (j.Chance - hit)
		s.BaseBrier += (j.Base - hit) * (j.Base - hit)
		s.PersistenceBrier += (j.Persistence - hit) * (j.Persistence - hit)
		given := max(least, min(1-least, j.Chance))
		s.Log -= hit*math.Log2(given) + (1-hit)*math.Log2(1-given)
		if j.Distribution {
			s.CRPS += j.CRPS
			s.Distributions++
		}
		calls = append(calls, score.Call{P: j.Chance, Hit: j.Hit})
	}
	n := float64(max(1, s.N))
	s.Brier, s.BaseBrier, s.PersistenceBrier, s.Log = s.Brier/n, s.BaseBrier/n, s.PersistenceBrier/n, s.Log/n
	s.CRPS /= float64(max(1, s.Distributions))
	s.ECE, s.Reliability = score.ECE(calls), score.Reliability(calls)
	return s
}

// beside sets a person beside the model: on each question, the newest forecast that a model
// had given when the person spoke.
func (s *Standing) beside(list []Judged, models map[string][]Judged) {
	for _, j := range list {
		if !j.Resolved {
			continue
		}
		before := models[j.Question]
		n, _ := slices.BinarySearchFunc(before, j.Issued, func(m Judged, t time.Time) int {
			if m.Issued.After(t) {
				return 1
			}
			return -1
		})
		if n == 0 {
			continue
		}
		hit := 0.0
		if j.Hit {
			hit = 1
		}
		s.Against++
		s.ModelBrier += (before[n-1].Chance - hit) * (before[n-1].Chance - hit)
		s.OwnBrier += (j.Chance - hit) * (j.Chance - hit)
	}
	n := float64(max(1, s.Against))
	s.ModelBrier, s.OwnBrier = s.ModelBrier/n, s.OwnBrier/n
}
