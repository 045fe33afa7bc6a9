// Package survey is the asking of people at sites and in departments: a questionnaire with a
// deadline, answered in rounds (Delphi), each on one's own before the group is shown. From
// the second round on everybody sees the median and the spread of the round before, never who
// said what; the last round gives one value a question, with the spread and the respondents'
// grade, in a form that an indicator can take. The package is pure: answers may come in any
// order, the instant is an argument, it stores nothing and sends nothing.
package survey

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"watchfire.dev/internal/fault"
)

// Kind is what an answer to a question is.
type Kind string

// The kinds.
const (
	Number Kind = "number"
	Chance Kind = "chance" // 0 to 1; pooled as log-odds (METHOD 2.8)
)

// A Question is one number that is asked for.
type Question struct {
	Code      string  `json:"code"`
	Text      string  `json:"text"`
	Kind      Kind    `json:"kind"`
	Unit      string  `json:"unit,omitempty"`
	Low       float64 `json:"low"` // what is possible at all, both included
	High      float64 `json:"high"`
	Indicator string  `json:"indicator,omitempty"` // the indicator that it becomes
}

// A Survey is a questionnaire with the deadlines of its rounds, in their order.
type Survey struct {
	Code      string      `json:"code"`
	Title     string      `json:"title"`
	Project   string      `json:"project,omitempty"`
	Questions []Question  `json:"questions"`
	Deadlines []time.Time `json:"deadlines"`
	Asked     []string    `json:"asked"` // respondents
}

// An Answer is what one respondent says to one question in one round. A later answer of the
// same round replaces an earlier one.
type Answer struct {
	Respondent string    `json:"respondent"`
	Grade      string    `json:"grade"` // Admiralty reliability of the respondent, "A" to "F"
	Question   string    `json:"question"`
	Round      int       `json:"round"` // from 1
	Value      float64   `json:"value"`
	At         time.Time `json:"at"`
}

// Check says what is wrong with a survey (fault.ErrInvalid).
func (s Survey) Check() error {
	seen := map[string]bool{}
	for _, q := range s.Questions {
		switch {
		case q.Code == "" || strings.TrimSpace(q.Text) == "":
			return fmt.Errorf("survey %.40q: a question without code or text: %w", s.Code, fault.ErrInvalid)
		case seen[q.Code]:
			return fmt.Errorf("survey %.40q: question %.40q stands twice: %w", s.Code, q.Code, fault.ErrInvalid)
		case q.Kind != Number && q.Kind != Chance:
			return fmt.Errorf("question %.40q: kind %.20q: %w", q.Code, q.Kind, fault.ErrInvalid)
		case math.IsNaN(q.Low+q.High) || q.High <= q.Low || q.Kind == Chance && (q.Low < 0 || q.High > 1):
			return fmt.Errorf("question %.40q: %g to %g: %w", q.Code, q.Low, q.High, fault.ErrInvalid)
		}
		seen[q.Code] = true
	}
	if len(s.Questions) == 0 || len(s.Deadlines) == 0 || len(s.Deadlines) > 9 || len(s.Asked) == 0 {
		return fmt.Errorf("survey %.40q: %d questions, %d rounds, %d respondents: %w", s.Code, len(s.Questions), len(s.Deadlines), len(s.Asked), fault.ErrInvalid)
	}
	if !slices.IsSortedFunc(s.Deadlines, time.Time.Compare) {
		return fmt.Errorf("survey %.40q: a round ends before the one before it: %w", s.Code, fault.ErrInvalid)
	}
	return nil
}

// Round is the round that is open at an instant, from 1; 0 when all are over.
func (s Survey) Round(now time.Time) int {
	for i, d := range s.Deadlines {
		if now.Before(d) {
			return i + 1
		}
	}
	return 0
}

// Take checks an answer against the survey at the instant at which it comes.
func (s Survey) Take(a Answer) error {
	i := slices.IndexFunc(s.Questions, func(q Question) bool { return q.Code == a.Question })
	switch {
	case i < 0:
		return fmt.Errorf("question %.40q: %w", a.Question, fault.ErrNotFound)
	case !slices.Contains(s.Asked, a.Respondent):
		return fmt.Errorf("%.40q was not asked: %w", a.Respondent, fault.ErrForbidden)
	case a.Round < 1 || a.Round != s.Round(a.At):
		return fmt.Errorf("round %d is not open: %w", a.Round, fault.ErrGone)
	case math.IsNaN(a.Value) || a.Value < s.Questions[i].Low || a.Value > s.Questions[i].High:
		return fmt.Errorf("answer %g to %.40q: want %g to %g: %w", a.Value, a.Question, s.Questions[i].Low, s.Questions[i].High, fault.ErrInvalid)
	case len(a.Grade) != 1 || a.Grade < "A" || a.Grade > "F":
		return fmt.Errorf("grade %.10q: want A to F: %w", a.Grade, fault.ErrInvalid)
	}
	return nil
}

// Missing lists who was asked and has not answered every question of a round: whom to remind.
func (s Survey) Missing(answers []Answer, round int) []string {
	var out []string
	for _, who := range s.Asked {
		done := map[string]bool{}
		for _, a := range answers {
			if a.Respondent == who && a.Round == round {
				done[a.Question] = true
			}
		}
		if len(done) < len(s.Questions) {
			out = append(out, who)
		}
	}
	return out
}

// A Group is what the group says to a question in a round.
type Group struct {
	Question string  `json:"question"`
	Round    int     `json:"round"`
	N        int     `json:"n"`
	Value    float64 `json:"value"`  // pooled: the median, of chances the mean of the log-odds
	Median   float64 `json:"median"` // with
	Low      float64 `json:"low"`    // quartile
	High     float64 `json:"high"`   // quartile: what is shown in the next round
	Grade    string  `json:"grade"`  // median of the respondents', the worse of two; "" = nobody
}

// Of sums up a question in a round. Nobody's answer is told apart.
func (s Survey) Of(answers []Answer, question string, round int) Group {
	newest := map[string]Answer{}
	for _, a := range answers {
		if old, ok := newest[a.Respondent]; a.Question == question && a.Round == round && (!ok || old.At.Before(a.At)) {
			newest[a.Respondent] = a
		}
	}
	out := Group{Question: question, Round: round, N: len(newest)}
	if out.N == 0 {
		return out
	}
	values, grades := make([]float64, 0, out.N), make([]string, 0, out.N)
	for _, a := range newest {
		values, grades = append(values, a.Value), append(grades, a.Grade)
	}
	slices.Sort(values)
	slices.Sort(grades)
	out.Median, out.Low, out.High, out.Grade = quantile(values, .5), quantile(values, .25), quantile(values, .75), grades[len(grades)/2]
	out.Value = out.Median
	if i := slices.IndexFunc(s.Questions, func(q Question) bool { return q.Code == question }); i >= 0 && s.Questions[i].Kind == Chance {
		out.Value = pooled(values)
	}
	return out
}

// pooled is the chance whose log-odds are the mean of those given, each kept within 0.5 %
// and 99.5 %: one person's certainty must not settle it. The values are sorted.
func pooled(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		v = math.Min(math.Max(v, .005), .995)
		sum += math.Log(v / (1 - v))
	}
	return 1 / (1 + math.Exp(-sum/float64(len(values))))
}

// quantile is that of sorted values, between neighbours on the straight line (type 7).
func quantile(sorted []float64, p float64) float64 {
	at := p * float64(len(sorted)-1)
	i := int(at)
	if i+1 == len(sorted) {
		return sorted[i]
	}
	return sorted[i] + float64((at-float64(i))*(sorted[i+1]-sorted[i]))
}

// An Observation is one number for an indicator.
type Observation struct {
	Indicator, Unit, Project string
	Value, Low, High         float64
	N                        int
	Grade                    string // of the respondents
	Source                   string // "survey CODE, round N"
	KnownAt                  time.Time
}

// Observations are what the last finished round gives the indicators, at an instant.
func (s Survey) Observations(answers []Answer, now time.Time) []Observation {
	last := len(s.Deadlines)
	if open := s.Round(now); open > 0 {
		last = open - 1
	}
	var out []Observation
	for _, q := range s.Questions {
		if g := s.Of(answers, q.Code, last); q.Indicator != "" && g.N > 0 {
			out = append(out, Observation{q.Indicator, q.Unit, s.Project, g.Value, g.Low, g.High, g.N, g.Grade, fmt.Sprintf("survey %s, round %d", s.Code, last), s.Deadlines[last-1]})
		}
	}
	return out
}
