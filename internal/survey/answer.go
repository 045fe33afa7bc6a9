package survey

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"watchfire.dev/internal/fault"
)

// An Answer is what one respondent says to one question in one round. A later answer of the
// same round replaces an earlier one.
type Answer struct {
	Respondent string    `json:"respondent"`
	Grade      string    `json:"grade"` // Admiralty reliability of the respondent, "A" to "F"
	Question   string    `json:"question"`
	Round      int       `json:"round"` // from 1
	Value      float64   `json:"value"`
	Skip       bool      `json:"skip,omitempty"`   // "I cannot say": answered, and no number
	Reason     string    `json:"reason,omitempty"` // why; shown to all in the next round, without a name
	At         time.Time `json:"at"`
	// Brier and Resolved are the respondent's record when the answer came: by them chances are
	// weighed (METHOD 2.8). Resolved 0 = the weight of somebody unknown.
	Brier    float64 `json:"brier,omitempty"`
	Resolved int     `json:"resolved,omitempty"`
}

// A Sheet is what one respondent has filled in for one round: a draft, or sent.
type Sheet struct {
	Respondent string    `json:"respondent"`
	Round      int       `json:"round"`
	Sent       bool      `json:"sent"`
	At         time.Time `json:"at"`
	Answers    []Answer  `json:"answers"`
}

// Find returns the answer to a question.
func (s Sheet) Find(question string) (Answer, bool) {
	i := slices.IndexFunc(s.Answers, func(a Answer) bool { return a.Question == question })
	if i < 0 {
		return Answer{}, false
	}
	return s.Answers[i], true
}

// Answers are those of the sheets that were sent.
func Answers(sheets []Sheet) []Answer {
	var out []Answer
	for _, s := range sheets {
		if s.Sent {
			out = append(out, s.Answers...)
		}
	}
	return out
}

// Take checks an answer against the survey at the instant at which it comes.
func (s Survey) Take(a Answer) error {
	q, known := s.Find(a.Question)
	_, asked := s.Respondent(a.Respondent)
	switch {
	case !known:
		return fmt.Errorf("question %.40q: %w", a.Question, fault.ErrNotFound)
	case !asked:
		return fmt.Errorf("%.40q was not asked: %w", a.Respondent, fault.ErrForbidden)
	case a.Round < 1 || a.Round != s.Round(a.At):
		return fmt.Errorf("round %d is not open: %w", a.Round, fault.ErrGone)
	case !gradeOK(a.Grade):
		return fmt.Errorf("grade %.10q: want A to F: %w", a.Grade, fault.ErrInvalid)
	case len(a.Reason) > maxText:
		return fmt.Errorf("the words to %.40q are longer than %d bytes: %w", a.Question, maxText, fault.ErrInvalid)
	case a.Skip || q.Kind == Text:
		return nil
	case math.IsNaN(a.Value) || a.Value < q.Low || a.Value > q.High:
		return fmt.Errorf("answer %g to %.40q: want %g to %g: %w", a.Value, a.Question, q.Low, q.High, fault.ErrInvalid)
	case (q.Kind == Scale || q.Kind == YesNo) && a.Value != math.Trunc(a.Value):
		return fmt.Errorf("answer %g to %.40q: want a whole number: %w", a.Value, a.Question, fault.ErrInvalid)
	}
	return nil
}

// Whole says which questions a sheet leaves open; words may be left out.
func (s Survey) Whole(sheet Sheet) []string {
	var open []string
	for _, q := range s.Questions {
		if _, ok := sheet.Find(q.Code); !ok && q.Kind != Text {
			open = append(open, q.Code)
		}
	}
	return open
}

// Missing lists who was asked and has not answered every question of a round: whom to remind.
func (s Survey) Missing(answers []Answer, round int) []string {
	done := map[string]map[string]bool{}
	for _, a := range answers {
		if a.Round == round {
			if done[a.Respondent] == nil {
				done[a.Respondent] = map[string]bool{}
			}
			done[a.Respondent][a.Question] = true
		}
	}
	var out []string
	for _, r := range s.Asked {
		if slices.ContainsFunc(s.Questions, func(q Question) bool { return q.Kind != Text && !done[r.Who][q.Code] }) || done[r.Who] == nil {
			out = append(out, r.Who)
		}
	}
	return out
}

// Reasons are what a round's respondents gave as reasons, in the order of their letters so
// that their order names nobody; nil where fewer than Least answered.
func (s Survey) Reasons(answers []Answer, question string, round int) []string {
	newest := latest(answers, question, round)
	if len(newest) < Least {
		return nil
	}
	var out []string
	for _, a := range newest {
		if r := strings.TrimSpace(a.Reason); r != "" {
			out = append(out, r)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// latest is each respondent's newest answer to a question in a round, by respondent.
func latest(answers []Answer, question string, round int) []Answer {
	newest := map[string]Answer{}
	for _, a := range answers {
		if old, ok := newest[a.Respondent]; a.Question == question && a.Round == round && (!ok || old.At.Before(a.At)) {
			newest[a.Respondent] = a
		}
	}
	out := make([]Answer, 0, len(newest))
	for _, a := range newest {
		out = append(out, a)
	}
	slices.SortFunc(out, func(a, b Answer) int { return strings.Compare(a.Respondent, b.Respondent) })
	return out
}
