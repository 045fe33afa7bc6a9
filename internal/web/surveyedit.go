package web

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/indicator"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/survey"
)

// A surveyForm is the form of a survey, new or old.
type surveyForm struct {
	Survey   survey.Survey
	Base     int64 // version that was seen; desk.NewRisk for a new one
	Open     bool  // people are answering: the questions stand
	Zone     string
	Projects []portfolio.Project
	People   []invited
	Problems survey.Problems
	Problem  string
}

// An invited is somebody who can be asked, with what the survey says of them.
type invited struct {
	desk.Invitee
	Respondent survey.Respondent
	Asked      bool
}

// New tells whether the survey does not exist yet.
func (f surveyForm) New() bool { return f.Base == desk.NewRisk }

// Kinds, Indicators and Grades are what a form offers.
func (f surveyForm) Kinds() []survey.Kind { return survey.Kinds() }

// Indicators lists the indicators that an organisation counts itself.
func (f surveyForm) Indicators() []indicator.Definition {
	return slices.DeleteFunc(indicator.All(), func(d indicator.Definition) bool { return !d.Own })
}

// Grades lists the grades that can be assigned.
func (f surveyForm) Grades() []string { return []string{"A", "B", "C", "D", "E", "F"} }

// Questions are the questions and an empty one.
func (f surveyForm) Questions() []survey.Question {
	return append(slices.Clone(f.Survey.Questions), survey.Question{})
}

// Deadlines are those of the rounds in the reader's zone, and empty ones up to three.
func (f surveyForm) Deadlines() []string {
	zone, err := time.LoadLocation(f.Zone)
	if err != nil {
		zone = time.UTC
	}
	var out []string
	for _, d := range f.Survey.Deadlines {
		out = append(out, d.In(zone).Format("2006-01-02T15:04"))
	}
	for len(out) < 3 {
		out = append(out, "")
	}
	return out
}

// Rounds pairs each deadline with the number of its round.
func (f surveyForm) Rounds() []struct {
	N  int
	At string
} {
	var out []struct {
		N  int
		At string
	}
	for i, d := range f.Deadlines() {
		out = append(out, struct {
			N  int
			At string
		}{i + 1, d})
	}
	return out
}

// Reminders writes the hours before a deadline.
func (f surveyForm) Reminders() string {
	return strings.Trim(fmt.Sprint(f.Survey.Remind), "[]")
}

// Num writes a number for a field.
func (f surveyForm) Num(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }

// Others writes the texts in other languages, one a line.
func (f surveyForm) Others(q survey.Question) string {
	var lines []string
	for _, l := range slices.Sorted(maps.Keys(q.Texts)) {
		lines = append(lines, l+": "+strings.ReplaceAll(q.Texts[l], "\n", " "))
	}
	return strings.Join(lines, "\n")
}

func (s *server) newSurvey(w http.ResponseWriter, r *http.Request, v *View) error {
	if err := may(v, desk.CanPortfolio); err != nil {
		return err
	}
	f := surveyForm{Base: desk.NewRisk, Survey: survey.Survey{Remind: survey.UsualReminders()}}
	if sample, ok := survey.FindSample(r.URL.Query().Get("sample")); ok {
		lang := v.Language()
		f.Survey.Code, f.Survey.Title, f.Survey.Intro = sample.Code+"-"+v.Now.UTC().Format("2006-01"), sample.Title(lang), sample.Intro(lang)
		f.Survey.Questions = survey.Translated(sample.Questions, lang)
	}
	return s.showSurveyForm(w, r, v, http.StatusOK, f)
}

func (s *server) editSurvey(w http.ResponseWriter, r *http.Request, v *View) error {
	if err := may(v, desk.CanPortfolio); err != nil {
		return err
	}
	card, err := s.Surveys.Survey(r.Context(), v.Who, r.PathValue("code"))
	if err != nil {
		return fmt.Errorf("read a survey: %w", err)
	}
	if card.State == desk.SurveyClosed {
		return fmt.Errorf("survey %s is over: %w", card.Survey.Code, fault.ErrConflict)
	}
	return s.showSurveyForm(w, r, v, http.StatusOK, surveyForm{Survey: card.Survey, Base: card.Version, Open: card.State == desk.SurveyOpen})
}

// maxInvited bounds the people that a form lists.
const maxInvited = 1000

func (s *server) showSurveyForm(w http.ResponseWriter, r *http.Request, v *View, status int, f surveyForm) error {
	folio, err := s.Reads.Portfolio(r.Context(), v.Who)
	if err != nil {
		return fmt.Errorf("read portfolio: %w", err)
	}
	f.Projects, f.Zone = folio.Projects, v.Zone
	people, err := s.Surveys.Invitees(r.Context(), v.Who)
	if err != nil {
		return fmt.Errorf("list who can be asked: %w", err)
	}
	for _, i := range people {
		x := invited{Invitee: i}
		if x.Respondent, x.Asked = f.Survey.Respondent(i.Who); !x.Asked {
			x.Respondent = survey.Respondent{Who: i.Who, Project: i.Project, Grade: "C"}
		}
		f.People = append(f.People, x)
	}
	slices.SortStableFunc(f.People, func(a, b invited) int {
		switch {
		case a.Asked != b.Asked && a.Asked:
			return -1
		case a.Asked != b.Asked:
			return 1
		}
		return strings.Compare(a.Project+"\x00"+a.Name, b.Project+"\x00"+b.Name)
	})
	f.People = f.People[:min(len(f.People), maxInvited)]
	s.render(w, status, "survey-edit", v.with("title.survey_edit", f))
	return nil
}

// putSurvey writes a survey from its form; what is wrong is shown above what was typed.
func (s *server) putSurvey(w http.ResponseWriter, r *http.Request, v *View) error {
	if err := may(v, desk.CanPortfolio); err != nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return fmt.Errorf("form of a survey: %w: %w", fault.ErrInvalid, err)
	}
	base, err := strconv.ParseInt(r.FormValue("base"), 10, 64)
	if err != nil {
		return fmt.Errorf("version of a survey: %w: %w", fault.ErrInvalid, err)
	}
	f := surveyForm{Base: base, Open: r.FormValue("state") == desk.SurveyOpen}
	f.Survey, f.Problems = surveyOf(r, v.Zone)
	if f.Open { // the questions are not in the form
		card, err := s.Surveys.Survey(r.Context(), v.Who, f.Survey.Code)
		if err != nil {
			return fmt.Errorf("read a survey: %w", err)
		}
		f.Survey.Questions, f.Survey.Title, f.Survey.Project = card.Survey.Questions, card.Survey.Title, card.Survey.Project
	}
	if len(f.Problems) == 0 {
		_, err = s.Surveys.PutSurvey(r.Context(), v.Who, base, f.Survey)
	}
	switch {
	case len(f.Problems) > 0, errors.As(err, &f.Problems):
		return s.showSurveyForm(w, r, v, http.StatusUnprocessableEntity, f)
	case err == nil:
		return seeOther(w, r, "/surveys/"+f.Survey.Code, "survey")
	case errors.Is(err, fault.ErrConflict), errors.Is(err, fault.ErrStale):
		f.Problem = err.Error()
		return s.showSurveyForm(w, r, v, http.StatusConflict, f)
	}
	return fmt.Errorf("write survey %.60q: %w", f.Survey.Code, err)
}

// surveyOf reads a survey out of its form.
func surveyOf(r *http.Request, zoneName string) (survey.Survey, survey.Problems) {
	f := formReader{r: r}
	zone, err := time.LoadLocation(zoneName)
	if err != nil {
		zone = time.UTC
	}
	var problems survey.Problems
	bad := func(row int, field, what string) {
		problems = append(problems, survey.Problem{Row: row, Field: field, What: what})
	}
	s := survey.Survey{Code: f.text("code"), Title: f.text("title"), Intro: f.text("intro"), Project: f.text("project"), Quorum: int(f.number("quorum"))}
	for i := range survey.MaxRounds {
		text := f.text(fmt.Sprintf("d%d", i))
		if text == "" {
			continue
		}
		d, err := time.ParseInLocation("2006-01-02T15:04", text, zone)
		if err != nil {
			bad(0, "deadlines", fmt.Sprintf("%.30q is no day and hour", text))
			continue
		}
		s.Deadlines = append(s.Deadlines, d.UTC())
	}
	for _, h := range fields(strings.ReplaceAll(f.text("remind"), ",", " ")) {
		n, err := strconv.Atoi(h)
		if err != nil {
			bad(0, "remind", fmt.Sprintf("%.20q is no number of hours", h))
		}
		s.Remind = append(s.Remind, n)
	}
	for _, who := range r.Form["asked"] {
		s.Asked = append(s.Asked, survey.Respondent{Who: who, Unit: f.text("unit " + who), Project: f.text("project " + who), Grade: f.text("grade " + who)})
	}
	for i := range survey.MaxQuestions + 1 {
		at := fmt.Sprintf("q%d.", i)
		if f.text(at+"code") == "" && f.text(at+"text") == "" {
			continue
		}
		s.Questions = append(s.Questions, questionOf(&f, at))
	}
	for _, p := range f.problems {
		bad(0, p.Field, p.What)
	}
	return s, problems
}

func questionOf(f *formReader, at string) survey.Question {
	q := survey.Question{
		Code: f.text(at + "code"), Section: f.text(at + "section"), Text: f.text(at + "text"), Help: f.text(at + "help"), Kind: survey.Kind(f.text(at + "kind")),
		Unit: f.text(at + "unit"), Indicator: f.text(at + "indicator"), Low: f.number(at + "low"), High: f.number(at + "high"),
	}
	for _, line := range f.lines(at + "texts") {
		if lang, text, ok := strings.Cut(line, ":"); ok {
			if q.Texts == nil {
				q.Texts = map[string]string{}
			}
			q.Texts[strings.TrimSpace(lang)] = strings.TrimSpace(text)
		}
	}
	if q.Low == 0 && q.High == 0 {
		q.Low, q.High = q.Kind.Bounds()
	}
	if d, ok := indicator.Find(q.Indicator); ok { // an indicator counts in its own unit
		q.Unit, q.Low, q.High = d.Unit, max(q.Low, d.Low), min(q.High, d.High)
	}
	return q
}
