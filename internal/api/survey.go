package api

import (
	"context"
	"net/http"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/survey"
)

type surveyInput struct {
	ByID
	OnlyIf
	Body survey.Survey
}

type questionsInput struct {
	ByID
	Title   string `query:"title" maxLength:"200" doc:"Of the draft; missing = its code."`
	RawBody []byte `contentType:"text/csv"`
}

type endInput struct {
	ByID
	Body struct {
		All bool `json:"all,omitempty" doc:"End the survey with the round."`
	}
}

type outcomeInput struct {
	ByID
	Body struct {
		Question string  `json:"question" maxLength:"40" doc:"Code of the question."`
		Project  string  `json:"project,omitempty" maxLength:"100" doc:"Code of the project, where the survey asks each for their own."`
		Value    float64 `json:"value" doc:"What it came to, in the question's unit; a chance as 0 or 1."`
	}
}

type reminded struct {
	Reminded int `json:"reminded" doc:"How many were written to."`
}

func surveyExample() map[string]any {
	return map[string]any{
		"code": "site-security-2026-11", "title": "Security of the site", "deadlines": []any{"2026-11-20T15:00:00Z", "2026-11-27T15:00:00Z"}, "remind": []any{48, 12},
		"questions": []any{map[string]any{"code": "stock", "text": "For how many days does your stock last?", "kind": "number", "unit": "days", "low": 0, "high": 365, "indicator": "own.stock_days"}},
		"asked":     []any{map[string]any{"who": "contact:ann", "unit": "Site management", "project": "moyale", "grade": "B"}},
	}
}

func (s *server) surveys() {
	if s.Surveys == nil {
		return
	}
	add(s, operation{
		verb: http.MethodGet, path: "/surveys", id: "list-surveys", tag: "surveys", scope: desk.CanRead, summary: "Questionnaires: open ones first, then drafts, then those that are over",
	}, func(ctx context.Context, who desk.Principal, _ *none) (List[desk.SurveyRow], error) {
		list, err := s.Surveys.Surveys(ctx, who)
		return listOf(list, ""), err
	})
	addVersioned(s, operation{
		verb: http.MethodGet, path: "/surveys/{id}", id: "get-survey", tag: "surveys", scope: desk.CanRead, summary: "One survey: who has answered, and what the group said in the rounds that are over",
		about: "Nobody is told who said what. A group of fewer than three is not shown with quartiles or reasons.",
	}, func(ctx context.Context, who desk.Principal, in *ByID) (desk.SurveyCard, int64, error) {
		card, err := s.Surveys.Survey(ctx, who, in.ID)
		return card, card.Version, err
	})
	addVersioned(s, operation{
		verb: http.MethodPut, path: "/surveys/{id}", id: "set-survey", tag: "surveys", scope: desk.CanPortfolio, summary: "Write a survey",
		about:  "A draft may be changed in everything; of a survey that is open only people may be added and deadlines still to come moved.",
		errors: []int{http.StatusPreconditionFailed, http.StatusConflict}, example: surveyExample(),
	}, func(ctx context.Context, who desk.Principal, in *surveyInput) (desk.StoredSurvey, int64, error) {
		version, err := in.version()
		if err != nil {
			return desk.StoredSurvey{}, 0, err
		}
		in.Body.Code = in.ID
		out, err := s.Surveys.PutSurvey(ctx, who, version, in.Body)
		return out, out.Version, in.hold(err)
	})
	add(s, operation{
		verb: http.MethodPost, path: "/surveys/{id}/questions", id: "import-questions", tag: "surveys", scope: desk.CanPortfolio, takes: "text/csv", max: survey.MaxFile, status: http.StatusCreated,
		summary: "Make a draft of a questionnaire's file", errors: []int{http.StatusConflict},
	}, func(ctx context.Context, who desk.Principal, in *questionsInput) (desk.StoredSurvey, error) {
		list, err := survey.ReadQuestions(in.RawBody)
		if err != nil {
			return desk.StoredSurvey{}, err
		}
		x := survey.Survey{Code: in.ID, Title: in.Title, Questions: list, Remind: survey.UsualReminders()}
		if x.Title == "" {
			x.Title = x.Code
		}
		return s.Surveys.PutSurvey(ctx, who, desk.NewRisk, x)
	})
	addFile(s, operation{
		verb: http.MethodGet, path: "/surveys/{id}/questions", id: "export-questions", tag: "surveys", scope: desk.CanRead, file: "text/csv", summary: "The questionnaire in the file format that an import takes",
	}, func(ctx context.Context, who desk.Principal, in *ByID) (file, error) {
		raw, err := s.Surveys.ExportQuestions(ctx, who, in.ID)
		return file{ContentType: "text/csv; charset=utf-8", Disposition: attachment("questions.csv"), Body: raw}, err
	})
	addFile(s, operation{
		verb: http.MethodGet, path: "/surveys/{id}/answers", id: "export-answers", tag: "surveys", scope: desk.CanPortfolio, file: "text/csv", summary: "What was answered in the rounds that are over, without names",
	}, func(ctx context.Context, who desk.Principal, in *ByID) (file, error) {
		raw, err := s.Surveys.ExportSurvey(ctx, who, in.ID)
		return file{ContentType: "text/csv; charset=utf-8", Disposition: attachment("answers.csv"), Body: raw}, err
	})
	s.surveyActs()
}

// surveyActs are the commands on one survey.
func (s *server) surveyActs() {
	add(s, operation{
		verb: http.MethodPost, path: "/surveys/{id}/open", id: "open-survey", tag: "surveys", scope: desk.CanPortfolio, summary: "Ask everybody", errors: []int{http.StatusConflict},
	}, func(ctx context.Context, who desk.Principal, in *ByID) (desk.StoredSurvey, error) {
		return s.Surveys.OpenSurvey(ctx, who, in.ID)
	})
	add(s, operation{
		verb: http.MethodPost, path: "/surveys/{id}/end", id: "end-round", tag: "surveys", scope: desk.CanPortfolio, summary: "End the open round now", errors: []int{http.StatusConflict},
		about: "What the round gave becomes indicators, and the next round begins. Without it a round ends at its deadline.", example: map[string]any{"all": true},
	}, func(ctx context.Context, who desk.Principal, in *endInput) (desk.StoredSurvey, error) {
		return s.Surveys.EndRound(ctx, who, in.ID, in.Body.All)
	})
	add(s, operation{
		verb: http.MethodPost, path: "/surveys/{id}/remind", id: "remind-survey", tag: "surveys", scope: desk.CanPortfolio, summary: "Remind whoever has not answered", errors: []int{http.StatusConflict},
		about: "Nobody gets more than one such reminder an hour.",
	}, func(ctx context.Context, who desk.Principal, in *ByID) (reminded, error) {
		n, err := s.Surveys.RemindSurvey(ctx, who, in.ID)
		return reminded{n}, err
	})
	add(s, operation{
		verb: http.MethodPost, path: "/surveys/{id}/outcomes", id: "resolve-survey", tag: "surveys", scope: desk.CanPortfolio, summary: "Note what a question came to", errors: []int{http.StatusConflict},
		about: "Five resolved answers give a respondent a learned grade in place of the assigned one.", example: map[string]any{"question": "stock", "project": "moyale", "value": 12},
	}, func(ctx context.Context, who desk.Principal, in *outcomeInput) (desk.StoredSurvey, error) {
		return s.Surveys.ResolveSurvey(ctx, who, in.ID, survey.Outcome{Question: in.Body.Question, Project: in.Body.Project, Value: in.Body.Value})
	})
	add(s, operation{
		verb: http.MethodDelete, path: "/surveys/{id}", id: "drop-survey", tag: "surveys", scope: desk.CanPortfolio, summary: "Remove a draft", errors: []int{http.StatusConflict},
	}, func(ctx context.Context, who desk.Principal, in *ByID) (desk.SurveyRow, error) {
		return desk.SurveyRow{}, s.Surveys.DropSurvey(ctx, who, in.ID)
	})
}
