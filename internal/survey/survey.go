// Package survey is the asking of people at sites and in departments: a questionnaire with a
// deadline, answered in rounds (Delphi), each on one's own before the group is shown. From
// the second round on everybody sees the median, the quartiles and the reasons of the round
// before, never who said what, and nothing at all where too few answered to hide anybody. A
// round that is over gives one value a question and place, with the spread and the
// respondents' grade, in a form that an indicator can take. The package is pure: answers may
// come in any order, the instant is an argument, it stores nothing and sends nothing.
package survey

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"watchfire.dev/internal/fault"
)

// Kind is what an answer to a question is.
type Kind string

// The kinds.
const (
	Number Kind = "number" // within Low and High; the group's value is the median
	Chance Kind = "chance" // 0 to 1; pooled as log-odds (METHOD 2.8)
	Scale  Kind = "scale"  // a whole number from Low to High, such as 1 to 5; the median
	YesNo  Kind = "yesno"  // 1 = yes, 0 = no; the group's value is the share of yes
	Text   Kind = "text"   // words; may be left out, and becomes no indicator
)

// Kinds lists the kinds in the order in which a form offers them.
func Kinds() []Kind { return []Kind{Number, Chance, Scale, YesNo, Text} }

// Bounds of a survey. Least is the smallest group whose spread and reasons are shown: in a
// smaller one everybody could tell who said what.
const (
	Least        = 3
	MaxQuestions = 200
	MaxAsked     = 2000
	MaxRounds    = 9
	maxText      = 2000
	maxLine      = 300
)

// A Question is one thing that is asked for.
type Question struct {
	Code    string            `json:"code"`
	Section string            `json:"section,omitempty"` // heading under which it stands
	Text    string            `json:"text"`
	Texts   map[string]string `json:"texts,omitempty"` // in other languages, by BCP 47
	Help    string            `json:"help,omitempty"`  // what counts and what does not
	Kind    Kind              `json:"kind"`
	Unit    string            `json:"unit,omitempty"`
	Low     float64           `json:"low"` // what is possible at all, both included
	High    float64           `json:"high"`
	// Indicator is what the answers become, in the indicator's unit; "" = they stay in the survey.
	Indicator string `json:"indicator,omitempty"`
}

// In is the question's text in a language; the first text where there is none.
func (q Question) In(language string) string {
	if t := q.Texts[language]; t != "" {
		return t
	}
	if base, _, ok := strings.Cut(language, "-"); ok && q.Texts[base] != "" {
		return q.Texts[base]
	}
	return q.Text
}

// A Respondent is somebody who is asked.
type Respondent struct {
	Who     string `json:"who"`               // "contact:CODE" or "account:ID", as in a rota
	Unit    string `json:"unit,omitempty"`    // department
	Project string `json:"project,omitempty"` // code of the project that the answers are about, where the survey has none
	Grade   string `json:"grade,omitempty"`   // Admiralty reliability that was assigned, A to F; "" = F, not to be judged yet
}

// An Outcome is what a question came to in the end: by it respondents' grades are learned.
type Outcome struct {
	Question string    `json:"question"`
	Project  string    `json:"project,omitempty"`
	Value    float64   `json:"value"`
	At       time.Time `json:"at"`
	By       string    `json:"by"`
}

// A Survey is a questionnaire with the deadlines of its rounds, in their order.
type Survey struct {
	Code      string       `json:"code"`
	Title     string       `json:"title"`
	Intro     string       `json:"intro,omitempty"` // what for, and who sees the answers
	Project   string       `json:"project,omitempty"`
	Questions []Question   `json:"questions"`
	Deadlines []time.Time  `json:"deadlines"`
	Asked     []Respondent `json:"asked"`
	// Remind are the hours before each deadline at which whoever has not answered is reminded.
	Remind []int `json:"remind,omitempty"`
	// Quorum is how many answers of a place make an indicator; 0 = 1.
	Quorum   int       `json:"quorum,omitempty"`
	Outcomes []Outcome `json:"outcomes,omitempty"`
}

// UsualReminders are the hours before a deadline of a survey that names none.
func UsualReminders() []int { return []int{12, 48} }

var codeForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$`)

// Check says what is wrong with a survey: a Problems, which wraps fault.ErrInvalid. A survey
// that is still being written may lack respondents and deadlines; Ready asks for them.
func (s Survey) Check() error {
	var p Problems
	if !codeForm.MatchString(s.Code) {
		p.add(0, "code", "%.60q: want letters, digits, dots and dashes, at most 40", s.Code)
	}
	if t := strings.TrimSpace(s.Title); t == "" || len(t) > maxLine {
		p.add(0, "title", "is missing, or longer than %d bytes", maxLine)
	}
	if len(s.Intro) > maxText {
		p.add(0, "intro", "is longer than %d bytes", maxText)
	}
	if len(s.Questions) > MaxQuestions || len(s.Asked) > MaxAsked || len(s.Deadlines) > MaxRounds {
		p.add(0, "survey", "%d questions, %d respondents, %d rounds: at most %d, %d, %d", len(s.Questions), len(s.Asked), len(s.Deadlines), MaxQuestions, MaxAsked, MaxRounds)
	}
	seen := map[string]bool{}
	for i, q := range s.Questions {
		q.check(i+1, &p)
		if seen[q.Code] {
			p.add(i+1, "code", "question %.40q stands twice", q.Code)
		}
		seen[q.Code] = true
	}
	who := map[string]bool{}
	for _, r := range s.Asked {
		if who[r.Who] || r.Who == "" {
			p.add(0, "asked", "%.80q stands twice, or is nobody", r.Who)
		}
		who[r.Who] = true
		if r.Grade != "" && !gradeOK(r.Grade) {
			p.add(0, "asked", "grade %.10q of %.80q: want A to F", r.Grade, r.Who)
		}
	}
	for i, d := range s.Deadlines {
		if i > 0 && !s.Deadlines[i-1].Before(d) {
			p.add(0, "deadlines", "round %d ends at %s, not after round %d", i+1, d.UTC().Format(time.RFC3339), i)
		}
	}
	for _, h := range s.Remind {
		if h < 1 || h > 24*60 || len(s.Remind) > 10 {
			p.add(0, "remind", "%d hours before the deadline: want 1 to %d, at most ten of them", h, 24*60)
		}
	}
	if s.Quorum < 0 || s.Quorum > MaxAsked {
		p.add(0, "quorum", "%d answers", s.Quorum)
	}
	return p.err()
}

// Ready says what a survey lacks before people can be asked at an instant.
func (s Survey) Ready(now time.Time) error {
	var p Problems
	if err := s.Check(); err != nil {
		return err
	}
	if len(s.Questions) == 0 {
		p.add(0, "questions", "there is none")
	}
	if len(s.Asked) == 0 {
		p.add(0, "asked", "nobody is asked")
	}
	if len(s.Deadlines) == 0 {
		p.add(0, "deadlines", "there is no round")
	} else if !s.Deadlines[0].After(now) {
		p.add(0, "deadlines", "the first round ended at %s, before it began", s.Deadlines[0].UTC().Format(time.RFC3339))
	}
	return p.err()
}

func gradeOK(g string) bool { return len(g) == 1 && g >= "A" && g <= "F" }

func (q Question) check(row int, p *Problems) {
	if !codeForm.MatchString(q.Code) {
		p.add(row, "code", "%.60q: want letters, digits, dots and dashes, at most 40", q.Code)
	}
	if t := strings.TrimSpace(q.Text); t == "" || len(t) > maxText {
		p.add(row, "text", "is missing, or longer than %d bytes", maxText)
	}
	if len(q.Help) > maxText || len(q.Section) > maxLine || len(q.Unit) > maxLine {
		p.add(row, "help", "section, unit or help is too long")
	}
	if !slices.Contains(Kinds(), q.Kind) {
		p.add(row, "kind", "%.20q: want number, chance, scale, yesno or text", q.Kind)
		return
	}
	broken := math.IsNaN(q.Low) || math.IsNaN(q.High) || math.IsInf(q.Low, 0) || math.IsInf(q.High, 0) // not even JSON holds it
	bad := broken || q.High <= q.Low
	switch q.Kind {
	case Text:
		if broken {
			p.add(row, "low", "%g to %g is no range", q.Low, q.High)
		}
		if q.Indicator != "" {
			p.add(row, "indicator", "words become no number")
		}
		return
	case Chance, YesNo:
		bad = bad || q.Low < 0 || q.High > 1
	case Scale:
		bad = bad || q.Low != math.Trunc(q.Low) || q.High != math.Trunc(q.High) || q.High-q.Low > 10
	}
	if bad {
		p.add(row, "low", "%g to %g is no range of a %s", q.Low, q.High, q.Kind)
	}
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

// Over is the last round that is over at an instant; 0 = none yet.
func (s Survey) Over(now time.Time) int {
	if open := s.Round(now); open > 0 {
		return open - 1
	}
	return len(s.Deadlines)
}

// Find returns a question.
func (s Survey) Find(code string) (Question, bool) {
	i := slices.IndexFunc(s.Questions, func(q Question) bool { return q.Code == code })
	if i < 0 {
		return Question{}, false
	}
	return s.Questions[i], true
}

// Respondent returns who is asked under that name.
func (s Survey) Respondent(who string) (Respondent, bool) {
	i := slices.IndexFunc(s.Asked, func(r Respondent) bool { return r.Who == who })
	if i < 0 {
		return Respondent{}, false
	}
	return s.Asked[i], true
}

// Place is the project that a respondent's answers are about; "" = the whole portfolio.
func (s Survey) Place(who string) string {
	if s.Project != "" {
		return s.Project
	}
	r, _ := s.Respondent(who)
	return r.Project
}

// A Problem is one thing that is wrong; Row is the question's number or the line of a file.
type Problem struct {
	Row   int    `json:"row,omitempty"`
	Field string `json:"field"`
	What  string `json:"what"`
}

// Problems are everything that is wrong.
type Problems []Problem

// Error implements error.
func (p Problems) Error() string {
	lines := make([]string, 0, len(p))
	for _, x := range p {
		at := x.Field
		if x.Row > 0 {
			at = fmt.Sprintf("%d, %s", x.Row, x.Field)
		}
		lines = append(lines, at+": "+x.What)
	}
	return strings.Join(lines, "; ")
}

// Unwrap makes it fault.ErrInvalid.
func (p Problems) Unwrap() error { return fault.ErrInvalid }

func (p *Problems) add(row int, field, format string, args ...any) {
	if len(*p) < 100 {
		*p = append(*p, Problem{row, field, fmt.Sprintf(format, args...)})
	}
}

func (p Problems) err() error {
	if len(p) == 0 {
		return nil
	}
	return p
}
