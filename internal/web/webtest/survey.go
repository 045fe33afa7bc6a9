package webtest

import (
	"context"
	"fmt"
	"strings"
	"time"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/indicator"
	"watchfire.dev/internal/survey"
)

// survey0 is the survey of the invented world: the second of two rounds is open.
func survey0() survey.Survey {
	sample, _ := survey.FindSample("site-security")
	return survey.Survey{
		Code: "site-security-2026-10", Title: sample.Title("en"), Intro: sample.Intro("en"), Questions: sample.Questions,
		Deadlines: []time.Time{Now.Add(-24 * time.Hour), Now.Add(70 * time.Hour)}, Remind: survey.UsualReminders(),
		Asked: []survey.Respondent{
			{Who: "contact:tesfaye", Unit: "Security", Project: "moyale", Grade: "B"},
			{Who: "contact:liu", Unit: "Site management", Project: "quetta-rail-3", Grade: "C"},
			{Who: "contact:banda", Unit: "Logistics", Project: "nacala-port"},
			{Who: "contact:gone", Project: "moyale", Grade: "F"},
		},
		Outcomes: []survey.Outcome{{Question: "stock", Project: "moyale", Value: 12}},
	}
}

func sheet0(who string, round int, values ...float64) survey.Sheet {
	s := survey0()
	out := survey.Sheet{Respondent: who, Round: round, Sent: true, At: Now.Add(-30 * time.Hour)}
	for i, v := range values {
		out.Answers = append(out.Answers, survey.Answer{Respondent: who, Round: round, Grade: "B", Question: s.Questions[i].Code, Value: v, At: out.At})
	}
	return out
}

func sheets0() []survey.Sheet {
	one, two, three := sheet0("contact:tesfaye", 1, 4, 1.5, 14, 6, 1, 3, .2), sheet0("contact:liu", 1, 1, .2, 30, 2.5, 1, 4, .05), sheet0("contact:banda", 1, 9, 3, 9, 11, 0, 1, .4)
	one.Answers[2].Reason, three.Answers[6].Reason = "Two trucks came on Tuesday; the third is held at the border.", "Last year it was closed for nine days in this month."
	return []survey.Sheet{one, two, three}
}

// Surveys answers the surveys of the invented world.
type Surveys struct{ *Desk }

func (s Surveys) stored(code string) desk.StoredSurvey {
	x := survey0()
	switch code {
	case "draft":
		x.Code, x.Title, x.Deadlines, x.Asked, x.Outcomes = "draft", "Duties of departments", nil, nil, nil
		return desk.StoredSurvey{Survey: x, Version: 1, State: desk.SurveyDraft, At: Now}
	case "closed":
		x.Code, x.Title, x.Deadlines = "closed", "Security of the site, September", []time.Time{Now.Add(-700 * time.Hour)}
		return desk.StoredSurvey{Survey: x, Version: 7, State: desk.SurveyClosed, Closed: 1, Opened: Now.Add(-900 * time.Hour), At: Now}
	}
	return desk.StoredSurvey{Survey: x, Version: 4, State: desk.SurveyOpen, Closed: 1, Opened: Now.Add(-200 * time.Hour), At: Now}
}

// Surveys lists them.
func (s Surveys) Surveys(_ context.Context, who desk.Principal) ([]desk.SurveyRow, error) {
	if !ours(who) {
		return nil, nil
	}
	open := s.stored("site-security-2026-10")
	return []desk.SurveyRow{{StoredSurvey: open, Open: 2, Answered: 1, Deadline: open.Survey.Deadlines[1]}, {StoredSurvey: s.stored("draft")}, {StoredSurvey: s.stored("closed"), Answered: 3}}, nil
}

// Survey answers one.
func (s Surveys) Survey(_ context.Context, who desk.Principal, code string) (desk.SurveyCard, error) {
	if !ours(who) || code != "draft" && code != "closed" && code != survey0().Code {
		return desk.SurveyCard{}, fmt.Errorf("survey %s: %w", code, fault.ErrNotFound)
	}
	x := s.stored(code)
	card := desk.SurveyCard{StoredSurvey: x, Open: x.Round(Now), Projects: map[string]string{}}
	for _, p := range s.Sites {
		card.Projects[p.Code] = p.Name
	}
	if x.State == desk.SurveyDraft {
		card.Problem = x.Survey.Ready(Now).Error()
		return card, nil
	}
	if card.Open > 0 {
		card.Deadline = x.Survey.Deadlines[card.Open-1]
	}
	answers := survey.Answers(sheets0())
	var groups []survey.Group
	reasons := map[string][]string{}
	for _, q := range x.Survey.Questions {
		groups = append(groups, x.Survey.Of(answers, q.Code, 1))
		reasons[q.Code] = x.Survey.Reasons(answers, q.Code, 1)
	}
	card.Rounds, card.Reasons = [][]survey.Group{groups}, []map[string][]string{reasons}
	names := []string{"S. Tesfaye", "Liu Yan", "Cho Banda", "gone"}
	for i, r := range x.Survey.Asked {
		row := desk.RespondentRow{Respondent: r, Name: names[i], Reach: []string{"sent", "sent", "failed", ""}[i], Gone: i == 3}
		row.Record.Resolved = []int{7, 0, 0, 0}[i]
		row.Effective, row.Learned = survey.Grade(r.Grade, row.Record)
		switch i {
		case 0:
			row.Answered = Now.Add(-2 * time.Hour)
		case 1:
			row.Draft, row.Reminded = true, 1
		}
		card.Respondents = append(card.Respondents, row)
	}
	list, _ := x.Survey.Observations(answers, 1)
	for _, o := range list {
		card.Numbers = append(card.Numbers, indicator.Observation{Indicator: o.Indicator, Unit: o.Unit, Place: "project:" + o.Project, Value: o.Value, Grade: o.Grade, Source: o.Source, KnownAt: Now.Add(-24 * time.Hour)})
	}
	return card, nil
}

// Invitees lists three people.
func (s Surveys) Invitees(_ context.Context, who desk.Principal) ([]desk.Invitee, error) {
	if !ours(who) {
		return nil, nil
	}
	return []desk.Invitee{{Who: "contact:tesfaye", Name: "S. Tesfaye", Role: "site manager", Project: "moyale"}, {Who: "contact:liu", Name: "Liu Yan", Role: "site manager", Project: "quetta-rail-3"}, {Who: "account:acc_2", Name: "A. Mensah", Role: "manager"}}, nil
}

// PutSurvey records what was written, when it is sound.
func (s Surveys) PutSurvey(_ context.Context, who desk.Principal, base int64, x survey.Survey) (desk.StoredSurvey, error) {
	if err := x.Check(); err != nil {
		return desk.StoredSurvey{}, err
	}
	return desk.StoredSurvey{Survey: x}, s.did(who, desk.CanPortfolio, "survey %d %+v", base, x)
}

// DropSurvey records the command.
func (s Surveys) DropSurvey(_ context.Context, who desk.Principal, code string) error {
	return s.did(who, desk.CanPortfolio, "drop survey %s", code)
}

// OpenSurvey records the command.
func (s Surveys) OpenSurvey(_ context.Context, who desk.Principal, code string) (desk.StoredSurvey, error) {
	return desk.StoredSurvey{}, s.did(who, desk.CanPortfolio, "open survey %s", code)
}

// EndRound records the command.
func (s Surveys) EndRound(_ context.Context, who desk.Principal, code string, all bool) (desk.StoredSurvey, error) {
	return desk.StoredSurvey{}, s.did(who, desk.CanPortfolio, "end survey %s %t", code, all)
}

// RemindSurvey records the command.
func (s Surveys) RemindSurvey(_ context.Context, who desk.Principal, code string) (int, error) {
	return 1, s.did(who, desk.CanPortfolio, "remind survey %s", code)
}

// ResolveSurvey records the command.
func (s Surveys) ResolveSurvey(_ context.Context, who desk.Principal, code string, o survey.Outcome) (desk.StoredSurvey, error) {
	return desk.StoredSurvey{}, s.did(who, desk.CanPortfolio, "resolve survey %s %s %g", code, o.Question, o.Value)
}

// ExportSurvey writes the invented answers.
func (s Surveys) ExportSurvey(_ context.Context, who desk.Principal, code string) ([]byte, error) {
	if !ours(who) {
		return nil, fmt.Errorf("survey %s: %w", code, fault.ErrNotFound)
	}
	return survey0().WriteAnswers(survey.Answers(sheets0()))
}

// ExportQuestions writes the invented questionnaire.
func (s Surveys) ExportQuestions(_ context.Context, who desk.Principal, code string) ([]byte, error) {
	if !ours(who) {
		return nil, fmt.Errorf("survey %s: %w", code, fault.ErrNotFound)
	}
	return survey.WriteQuestions(survey0().Questions)
}

// Sheets opens the links of the invented survey: "first" is empty, "second" knows the round
// before and has a draft, "ar" is read in Arabic, "over" is over.
type Sheets struct{ *Desk }

// Open implements web.Sheets.
func (s Sheets) Open(_ context.Context, token string) (desk.SheetCard, error) {
	x := survey0()
	card := desk.SheetCard{Survey: x, Name: "S. Tesfaye", Language: "en", Zone: "Africa/Nairobi", Round: 1, Deadline: Now.Add(70 * time.Hour)}
	kind, lang, _ := strings.Cut(token, "-")
	if lang != "" {
		card.Language = lang
	}
	before := func() {
		answers := survey.Answers(sheets0())
		card.Reasons, card.Mine = map[string][]string{}, sheets0()[0]
		for _, q := range x.Questions {
			card.Before, card.Reasons[q.Code] = append(card.Before, x.Of(answers, q.Code, 1)), x.Reasons(answers, q.Code, 1)
		}
	}
	switch kind {
	case "first":
	case "second":
		before()
		card.Round, card.Sheet = 2, survey.Sheet{Round: 2, At: Now.Add(-time.Hour), Answers: sheet0("contact:tesfaye", 2, 4, 1.5).Answers}
	case "over":
		before()
		card.Round, card.Over = 0, true
	default:
		return card, fmt.Errorf("survey link: %w", fault.ErrNotFound)
	}
	return card, nil
}

// Save records what was filled in.
func (s Sheets) Save(_ context.Context, token string, sheet survey.Sheet) error {
	return s.did(desk.Principal{Org: "org_1", Scopes: desk.Administrator.Scopes()}, desk.CanRead, "sheet %s %d %t %+v", token, sheet.Round, sheet.Sent, sheet.Answers)
}
