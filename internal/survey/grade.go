package survey

import (
	"math"
)

// A Record is how a respondent's answers came out where the outcome is known.
type Record struct {
	Resolved int     `json:"resolved"`
	Error    float64 `json:"error"` // mean distance, in parts of what was possible
	Brier    float64 `json:"brier"` // mean, of chances and of yes and no alone
	Chances  int     `json:"chances"`
}

// learnFrom is how many resolved answers outweigh an assigned grade.
const learnFrom = 5

// Add notes one resolved answer.
func (r Record) Add(q Question, said, outcome float64) Record {
	if q.Kind == Text || q.High <= q.Low {
		return r
	}
	e := math.Min(math.Abs(said-outcome)/(q.High-q.Low), 1)
	r.Error = (float64(r.Error*float64(r.Resolved)) + e) / float64(r.Resolved+1)
	r.Resolved++
	if q.Kind == Chance || q.Kind == YesNo {
		r.Brier = (float64(r.Brier*float64(r.Chances)) + float64((said-outcome)*(said-outcome))) / float64(r.Chances+1)
		r.Chances++
	}
	return r
}

// Learned is the grade that a record earns: A within a tenth of what was possible, B within
// two, C within three, D within four, else E; "" below five resolved answers. The steps are a
// rule of our own: whoever always says one half to a chance ends at E.
func (r Record) Learned() string {
	if r.Resolved < learnFrom {
		return ""
	}
	for i, most := range []float64{.1, .2, .3, .4} {
		if r.Error <= most {
			return string(rune('A' + i))
		}
	}
	return "E"
}

// Grade is a respondent's grade: the learned one, else the assigned one, else F (it cannot be
// judged yet).
func Grade(assigned string, r Record) (grade string, learned bool) {
	if g := r.Learned(); g != "" {
		return g, true
	}
	if gradeOK(assigned) {
		return assigned, false
	}
	return "F", false
}

// Records sums up a survey's outcomes by respondent, over what each of them said last in the
// last round that they answered, and adds them to into.
func (s Survey) Records(answers []Answer, into map[string]Record) {
	for _, o := range s.Outcomes {
		q, ok := s.Find(o.Question)
		if !ok {
			continue
		}
		for round := len(s.Deadlines); round > 0; round-- {
			said := latest(answers, o.Question, round)
			for _, a := range said {
				if !a.Skip && s.Place(a.Respondent) == o.Project {
					into[a.Respondent] = into[a.Respondent].Add(q, a.Value, o.Value)
				}
			}
			if len(said) > 0 {
				break
			}
		}
	}
}
