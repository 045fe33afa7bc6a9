package survey

import (
	"fmt"
	"math"
	"slices"
	"time"

	"watchfire.dev/internal/quantile"
)

// A Group is what the group says to a question in a round.
type Group struct {
	Question string  `json:"question"`
	Round    int     `json:"round"`
	N        int     `json:"n"`       // numbers; who cannot say is not among them
	Skipped  int     `json:"skipped"` // who cannot say
	Value    float64 `json:"value"`   // the median; of chances pooled log-odds, of yes and no the share of yes
	Median   float64 `json:"median"`
	Low      float64 `json:"low"`   // quartile
	High     float64 `json:"high"`  // quartile: what is shown in the next round
	Grade    string  `json:"grade"` // median of the respondents', the worse of two; "" = nobody
}

// Shown tells whether the group is large enough to be shown without naming anybody.
func (g Group) Shown() bool { return g.N >= Least }

// Of sums up a question in a round. Nobody's answer is told apart.
func (s Survey) Of(answers []Answer, question string, round int) Group {
	return s.sum(latest(answers, question, round), question, round)
}

func (s Survey) sum(newest []Answer, question string, round int) Group {
	out := Group{Question: question, Round: round}
	var values []float64
	var grades []string
	var said []Answer
	for _, a := range newest {
		if a.Skip {
			out.Skipped++
			continue
		}
		values, grades, said = append(values, a.Value), append(grades, a.Grade), append(said, a)
	}
	q, _ := s.Find(question)
	if out.N = len(values); out.N == 0 || q.Kind == Text {
		return out
	}
	slices.Sort(values)
	slices.Sort(grades)
	out.Median, out.Low, out.High, out.Grade = quantile.Of(values, .5), quantile.Of(values, .25), quantile.Of(values, .75), grades[len(grades)/2]
	switch q.Kind {
	case Chance:
		out.Value = pooled(said)
	case YesNo:
		yes := 0.0
		for _, v := range values {
			yes += v
		}
		out.Value = yes / float64(out.N)
	default:
		out.Value = out.Median
	}
	return out
}

// pooled is the chance whose log-odds are the weighted mean of those given, each kept within
// 0.5 % and 99.5 %: one person's certainty must not settle it. A respondent's weight is
// exp(−5 · Brier) in parts of the group's mean, drawn to 1 by n/(n+20) with n resolved
// answers (METHOD 2.8). The answers stand in the order of their respondents.
func pooled(said []Answer) float64 {
	skill, mean := make([]float64, len(said)), 0.0
	for i, a := range said {
		skill[i] = math.Exp(-5 * coin)
		if a.Resolved > 0 {
			skill[i] = math.Exp(-5 * a.Brier)
		}
		mean += skill[i]
	}
	mean /= float64(len(said))
	sum, weights := 0.0, 0.0
	for i, a := range said {
		n := float64(a.Resolved)
		w := float64(n/(n+20))*float64(skill[i]/mean) + float64(20/(n+20))
		v := math.Min(math.Max(a.Value, .005), .995)
		sum += float64(w * math.Log(v/(1-v)))
		weights += w
	}
	return 1 / (1 + math.Exp(-sum/weights))
}

// coin is the Brier score of whoever always says one half.
const coin = .25

// An Observation is one number for an indicator.
type Observation struct {
	Indicator, Unit  string
	Project          string // "" = the whole portfolio
	Value, Low, High float64
	N                int
	Grade            string // of the respondents
	Source           string // "survey CODE, round 2, 7 answers"
}

// Observations are what a finished round gives the indicators: one for each question that has
// an indicator and each project that was answered for, where the quorum was met. thin lists
// the others, as "question project".
func (s Survey) Observations(answers []Answer, round int) (out []Observation, thin []string) {
	places := map[string][]Answer{}
	var order []string
	for _, a := range answers {
		p := s.Place(a.Respondent)
		if _, ok := places[p]; !ok {
			order = append(order, p)
		}
		places[p] = append(places[p], a)
	}
	slices.Sort(order)
	for _, q := range s.Questions {
		if q.Indicator == "" {
			continue
		}
		for _, p := range order {
			g := s.Of(places[p], q.Code, round)
			if g.N < max(s.Quorum, 1) {
				thin = append(thin, fmt.Sprintf("%s %s", q.Code, p))
				continue
			}
			out = append(out, Observation{q.Indicator, q.Unit, p, g.Value, g.Low, g.High, g.N, g.Grade, fmt.Sprintf("survey %s, round %d, %d answers", s.Code, round, g.N)})
		}
	}
	return out, thin
}

// Reminders are the instants at which a round reminds, in their order; those that lie before
// the round began are left out. opened is when the survey was opened.
func (s Survey) Reminders(round int, opened time.Time) []time.Time {
	if round < 1 || round > len(s.Deadlines) {
		return nil
	}
	began := opened
	if round > 1 {
		began = s.Deadlines[round-2]
	}
	var out []time.Time
	for _, h := range s.Remind {
		if at := s.Deadlines[round-1].Add(-time.Duration(h) * time.Hour); at.After(began) {
			out = append(out, at)
		}
	}
	slices.SortFunc(out, time.Time.Compare)
	return out
}
