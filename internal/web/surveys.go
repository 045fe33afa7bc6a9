package web

import (
	"errors"
	"fmt"
	"net/http"
	"path"
	"strconv"
	"strings"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/indicator"
	"watchfire.dev/internal/survey"
)

func (s *server) surveyRoutes() map[string]handler {
	return map[string]handler{
		"GET /surveys":                  s.surveysPage,
		"POST /surveys":                 s.putSurvey,
		"GET /surveys/new":              s.newSurvey,
		"POST /surveys/import":          s.importSurvey,
		"GET /surveys/{code}":           s.surveyPage,
		"GET /surveys/{code}/edit":      s.editSurvey,
		"GET /surveys/{code}/answers":   s.exportSurvey,
		"GET /surveys/{code}/questions": s.exportQuestions,
		"POST /surveys/{code}/open":     s.openSurvey,
		"POST /surveys/{code}/end":      s.endRound,
		"POST /surveys/{code}/remind":   s.remindSurvey,
		"POST /surveys/{code}/resolve":  s.resolveSurvey,
		"POST /surveys/{code}/drop":     s.dropSurvey,
	}
}

// sheetRoutes are the pages behind the links of surveys: they need no session.
func (s *server) sheetRoutes(mux *http.ServeMux) {
	if s.Sheets != nil {
		mux.HandleFunc("GET /s/{token}", s.open(s.sheetPage))
		mux.HandleFunc("POST /s/{token}", s.open(s.saveSheet))
	}
}

// A surveysPage lists surveys and the questionnaires that come with the program.
type surveysPage struct {
	Rows    []desk.SurveyRow
	Samples []survey.Sample
	Problem string
}

func (s *server) surveysPage(w http.ResponseWriter, r *http.Request, v *View) error {
	return s.showSurveys(w, r, v, nil)
}

func (s *server) showSurveys(w http.ResponseWriter, r *http.Request, v *View, wrong error) error {
	rows, err := s.Surveys.Surveys(r.Context(), v.Who)
	if err != nil {
		return fmt.Errorf("list surveys: %w", err)
	}
	p, status := surveysPage{Rows: rows, Samples: survey.Samples()}, http.StatusOK
	if wrong != nil {
		p.Problem, status = wrong.Error(), http.StatusUnprocessableEntity
	}
	s.render(w, status, "surveys", v.with("title.surveys", p))
	return nil
}

// A surveyPage is one survey with its progress.
type surveyPage struct {
	desk.SurveyCard
	Problem string
}

// Group is what the group said in the newest round that is over.
func (p surveyPage) Group(question string) (out survey.Group) {
	if len(p.Rounds) > 0 {
		for _, g := range p.Rounds[len(p.Rounds)-1] {
			if g.Question == question {
				return g
			}
		}
	}
	return out
}

// Why are the reasons of the newest round that is over.
func (p surveyPage) Why(question string) []string {
	if len(p.SurveyCard.Reasons) == 0 {
		return nil
	}
	return p.SurveyCard.Reasons[len(p.SurveyCard.Reasons)-1][question]
}

// Outcome is what a question came to, "" = not known.
func (p surveyPage) Outcome(question string) string {
	q, _ := p.SurveyCard.Survey.Find(question)
	for _, o := range p.SurveyCard.Survey.Outcomes {
		if o.Question == question {
			return answerText(q, o.Value)
		}
	}
	return ""
}

// Shown writes an answer to a question as its reader sees it: chances and shares in per cent.
func (p surveyPage) Shown(question string, x float64) string {
	q, _ := p.SurveyCard.Survey.Find(question)
	return answerText(q, x)
}

func answerText(q survey.Question, x float64) string {
	if q.Kind == survey.Chance || q.Kind == survey.YesNo {
		return strconv.FormatFloat(x*100, 'g', 3, 64) + " %"
	}
	return strconv.FormatFloat(x, 'g', 6, 64)
}

// Value writes an observation's number.
func (p surveyPage) Value(o indicator.Observation) string {
	return strconv.FormatFloat(o.Value, 'g', 6, 64)
}

// IndicatorName is an indicator by its name in the reader's language.
func (v *View) IndicatorName(id string) string {
	if d, ok := indicator.Find(id); ok {
		return d.Name(v.Language())
	}
	return id
}

func (s *server) surveyPage(w http.ResponseWriter, r *http.Request, v *View) error {
	return s.showSurvey(w, r, v, nil)
}

func (s *server) showSurvey(w http.ResponseWriter, r *http.Request, v *View, wrong error) error {
	card, err := s.Surveys.Survey(r.Context(), v.Who, r.PathValue("code"))
	if err != nil {
		return fmt.Errorf("read a survey: %w", err)
	}
	p, status := surveyPage{SurveyCard: card}, http.StatusOK
	if wrong != nil {
		p.Problem, status = wrong.Error(), http.StatusUnprocessableEntity
		if errors.Is(wrong, fault.ErrConflict) {
			status = http.StatusConflict
		}
	}
	s.render(w, status, "survey", v.with("title.survey", p))
	return nil
}

// told ends a command on a survey: what is wrong is shown on its page.
func (s *server) told(w http.ResponseWriter, r *http.Request, v *View, err error, done string) error {
	switch {
	case err == nil:
		return seeOther(w, r, "/surveys/"+r.PathValue("code"), done)
	case errors.Is(err, fault.ErrInvalid), errors.Is(err, fault.ErrConflict):
		return s.showSurvey(w, r, v, err)
	}
	return fmt.Errorf("survey %.60q: %w", r.PathValue("code"), err)
}

func (s *server) openSurvey(w http.ResponseWriter, r *http.Request, v *View) error {
	_, err := s.Surveys.OpenSurvey(r.Context(), v.Who, r.PathValue("code"))
	return s.told(w, r, v, err, "survey_open")
}

func (s *server) endRound(w http.ResponseWriter, r *http.Request, v *View) error {
	_, err := s.Surveys.EndRound(r.Context(), v.Who, r.PathValue("code"), r.FormValue("all") != "")
	return s.told(w, r, v, err, "survey_end")
}

func (s *server) remindSurvey(w http.ResponseWriter, r *http.Request, v *View) error {
	_, err := s.Surveys.RemindSurvey(r.Context(), v.Who, r.PathValue("code"))
	return s.told(w, r, v, err, "survey_remind")
}

func (s *server) resolveSurvey(w http.ResponseWriter, r *http.Request, v *View) error {
	if err := may(v, desk.CanPortfolio); err != nil {
		return err
	}
	card, err := s.Surveys.Survey(r.Context(), v.Who, r.PathValue("code"))
	if err != nil {
		return fmt.Errorf("read a survey: %w", err)
	}
	q, _ := card.Survey.Find(r.FormValue("question"))
	x, ok := typed(q, r.FormValue("value"))
	if !ok {
		return s.showSurvey(w, r, v, fmt.Errorf("%.40q: %.40q: %w", q.Code, r.FormValue("value"), fault.ErrInvalid))
	}
	_, err = s.Surveys.ResolveSurvey(r.Context(), v.Who, r.PathValue("code"), survey.Outcome{Question: q.Code, Project: r.FormValue("project"), Value: x})
	return s.told(w, r, v, err, "survey")
}

func (s *server) dropSurvey(w http.ResponseWriter, r *http.Request, v *View) error {
	if err := s.Surveys.DropSurvey(r.Context(), v.Who, r.PathValue("code")); err != nil {
		return s.told(w, r, v, err, "")
	}
	return seeOther(w, r, "/surveys", "survey")
}

func (s *server) exportSurvey(w http.ResponseWriter, r *http.Request, v *View) error {
	raw, err := s.Surveys.ExportSurvey(r.Context(), v.Who, r.PathValue("code"))
	return sendTable(w, r.PathValue("code")+"-answers.csv", raw, err)
}

func (s *server) exportQuestions(w http.ResponseWriter, r *http.Request, v *View) error {
	raw, err := s.Surveys.ExportQuestions(r.Context(), v.Who, r.PathValue("code"))
	return sendTable(w, r.PathValue("code")+"-questions.csv", raw, err)
}

func sendTable(w http.ResponseWriter, name string, raw []byte, err error) error {
	if err != nil {
		return fmt.Errorf("export %.60q: %w", name, err)
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="`+path.Base(name)+`"`)
	w.Write(raw) //nolint:errcheck // the client has gone
	return nil
}

// importSurvey makes a draft of a questionnaire's file; its name becomes code and title.
func (s *server) importSurvey(w http.ResponseWriter, r *http.Request, v *View) error {
	if err := may(v, desk.CanPortfolio); err != nil {
		return err
	}
	raw, name, err := uploaded(r, v, survey.MaxFile)
	if err != nil {
		return err
	}
	questions, err := survey.ReadQuestions(raw)
	if err != nil {
		return s.showSurveys(w, r, v, err)
	}
	title := strings.TrimSuffix(path.Base(name), path.Ext(name))
	draft := survey.Survey{Code: codeOf(title), Title: title, Questions: questions, Remind: survey.UsualReminders()}
	if _, err := s.Surveys.PutSurvey(r.Context(), v.Who, desk.NewRisk, draft); err != nil {
		if errors.Is(err, fault.ErrInvalid) || errors.Is(err, fault.ErrConflict) {
			return s.showSurveys(w, r, v, err)
		}
		return fmt.Errorf("import a questionnaire: %w", err)
	}
	return seeOther(w, r, "/surveys/"+draft.Code+"/edit", "survey")
}

// codeOf makes a code of a name.
func codeOf(name string) string {
	code := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.', r == '-', r == '_':
			return r
		}
		return '-'
	}, strings.TrimSpace(name))
	code = strings.Trim(code, "-._")
	if code == "" {
		return "survey"
	}
	return code[:min(len(code), 40)]
}

// Hours writes the hours of the reminders.
func (p surveyPage) Hours() string {
	return strings.ReplaceAll(strings.Trim(fmt.Sprint(p.SurveyCard.Survey.Remind), "[]"), " ", ", ")
}
