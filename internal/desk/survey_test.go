package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/indicator"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/rota"
	"watchfire.dev/internal/survey"
)

// surveyShelf keeps surveys and notices in memory; what else a desk asks for is missing on
// purpose.
type surveyShelf struct {
	Store
	AssessStore
	rows    map[string]StoredSurvey
	sheets  []survey.Sheet
	numbers []indicator.Observation
	kinds   []journal.Kind
	sent    []Outgoing
	duty    response.Duty
	staff   []portfolio.Contact
	reads   map[string]int // how often the shelf was looked into, by what for
}

// looked counts a look into the shelf.
func (s *surveyShelf) looked(what string) {
	if s.reads == nil {
		s.reads = map[string]int{}
	}
	s.reads[what]++
}

func (s *surveyShelf) PortfolioAt(context.Context, string, int64) (portfolio.Portfolio, error) {
	s.looked("portfolio")
	mail := func(code string) portfolio.Contact {
		return portfolio.Contact{ID: "con_" + code, Code: code, Name: code, Project: "p", Channels: []portfolio.Address{{Channel: "email", Address: code + "@example.org"}, {Channel: "slack", Address: "#room"}}}
	}
	return portfolio.Portfolio{Projects: []portfolio.Project{{ID: "p", Code: "rail", Name: "Rail"}}, Contacts: []portfolio.Contact{mail("ann"), mail("ben"), mail("eva")}}, nil
}

func (s *surveyShelf) Duty(context.Context, string) (response.Duty, error) {
	s.looked("duty")
	return s.duty, nil
}

func (s *surveyShelf) Staff(context.Context, string) ([]portfolio.Contact, error) {
	return s.staff, nil
}

func (s *surveyShelf) ChoiceAt(context.Context, string, string, int) (response.Choice, error) {
	return response.Choice{}, nil
}

func (s *surveyShelf) SurveyRows(context.Context, string) ([]StoredSurvey, error) {
	s.looked("surveys")
	var out []StoredSurvey
	for _, r := range s.rows {
		out = append(out, r)
	}
	return out, nil
}

func (s *surveyShelf) SurveyByCode(_ context.Context, _, code string) (StoredSurvey, error) {
	r, ok := s.rows[code]
	if !ok {
		return r, fault.ErrNotFound
	}
	return r, nil
}

func (s *surveyShelf) PutSurvey(_ context.Context, _ string, r StoredSurvey, numbers []indicator.Observation, entries ...journal.Draft) error {
	if r.Version != s.rows[r.Survey.Code].Version+1 {
		return fault.ErrConflict
	}
	s.rows[r.Survey.Code], s.numbers = r, append(s.numbers, numbers...)
	for _, e := range entries {
		s.kinds = append(s.kinds, e.Kind)
	}
	return nil
}

func (s *surveyShelf) DropSurvey(_ context.Context, _, code string, _ int64, _ journal.Draft) error {
	delete(s.rows, code)
	return nil
}

func (s *surveyShelf) PutSheet(_ context.Context, _, _ string, x survey.Sheet, _ ...journal.Draft) error {
	s.sheets = append(s.sheets, x)
	return nil
}

func (s *surveyShelf) Sheets(context.Context, string, string) ([]survey.Sheet, error) {
	s.looked("sheets")
	return s.sheets, nil
}

func (s *surveyShelf) NoticeStates(context.Context, string, string) ([]NoticeState, error) {
	var out []NoticeState
	for _, o := range s.sent {
		out = append(out, NoticeState{o.Notice, "sent"})
	}
	return out, nil
}

func (s *surveyShelf) PutNotice(_ context.Context, o Outgoing, _ ...journal.Draft) (bool, error) {
	if slices.ContainsFunc(s.sent, func(x Outgoing) bool { return x.Notice.ID == o.Notice.ID }) {
		return false, nil
	}
	s.sent = append(s.sent, o)
	return true, nil
}

func (s *surveyShelf) Notice(context.Context, string, string) (delivery.Notice, error) {
	return delivery.Notice{}, nil
}

func (s *surveyShelf) Told(context.Context, string, string) (map[string]bool, error) {
	s.looked("told")
	out := map[string]bool{}
	for _, o := range s.sent {
		for _, t := range o.Tells {
			out[t] = true
		}
	}
	return out, nil
}

func (s *surveyShelf) Observations(context.Context, string, string, string, time.Time) ([]indicator.Observation, error) {
	return s.numbers, nil
}

// told writes what was sent since the last call.
func (s *surveyShelf) told(from *int) string {
	var out []string
	for _, o := range s.sent[*from:] {
		out = append(out, fmt.Sprintf("%s %d %s", o.Notice.Kind, o.Notice.Round, strings.TrimPrefix(o.Notice.Contact, "con_")))
	}
	*from = len(s.sent)
	return strings.Join(out, ", ")
}

// TestSurveyByTheClock: opened, reminded who has not answered and nobody twice, closed at the
// deadline with its numbers, next round, over; and what may be changed meanwhile.
func TestSurveyByTheClock(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	now := time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)
	shelf := &surveyShelf{rows: map[string]StoredSurvey{}}
	shelf.duty.Choices = []response.Choice{{Contact: "con_eva", Quiet: []rota.Window{{From: "08:00", To: "12:00"}}, Zone: "UTC"}}
	d := New(Config{Store: shelf, SurveyConfig: SurveyConfig{Surveys: shelf, Notices: shelf}, Assess: shelf, Now: func() time.Time { return now }})
	ann := Principal{Org: "o", Account: "acc_1", Scopes: Analyst.Scopes()}
	s := survey.Survey{
		Code: "S1", Title: "Stock", Deadlines: []time.Time{now.Add(72 * time.Hour), now.Add(144 * time.Hour)}, Remind: []int{48, 12},
		Questions: []survey.Question{{Code: "stock", Text: "Days?", Kind: survey.Number, Unit: "days", High: 365, Indicator: "own.stock_days"}},
		Asked:     []survey.Respondent{{Who: "contact:ann", Project: "rail", Grade: "B"}, {Who: "contact:ben", Project: "rail"}, {Who: "contact:eva", Project: "rail", Grade: "C"}},
	}
	bad := s
	bad.Questions = []survey.Question{{Code: "stock", Text: "Days?", Kind: survey.Number, Unit: "weeks", High: 365, Indicator: "own.stock_days"}}
	bad.Asked = append(slices.Clone(s.Asked), survey.Respondent{Who: "contact:nobody", Project: "port"})
	if _, err := d.PutSurvey(ctx, ann, NewRisk, bad); err == nil || !strings.Contains(err.Error(), "weeks") || !strings.Contains(err.Error(), "nobody") || !strings.Contains(err.Error(), `no project "port"`) {
		t.Errorf("what is wrong: %v", err)
	}
	if _, err := d.PutSurvey(ctx, Principal{Org: "o", Scopes: Reader.Scopes()}, NewRisk, s); !errors.Is(err, fault.ErrForbidden) {
		t.Errorf("a reader wrote a survey: %v", err)
	}
	if _, err := d.PutSurvey(ctx, ann, NewRisk, s); err != nil {
		t.Fatal(err)
	}
	from := 0
	if err := d.SurveysDue(ctx, "o"); err != nil || shelf.told(&from) != "" {
		t.Errorf("a draft asks people: %v", err)
	}
	if _, err := d.OpenSurvey(ctx, ann, "S1"); err != nil {
		t.Fatal(err)
	}
	if got := shelf.told(&from); got != "survey_ask 1 ann, survey_ask 1 ben, survey_ask 1 eva" {
		t.Errorf("opened: %s", got)
	}
	if n := shelf.sent[2].Notifications; len(n) != 1 || n[0].Channel != "email" || !n[0].Due.Equal(now.Add(3*time.Hour)) || n[0].Held != response.HeldQuiet {
		t.Errorf("in quiet hours and never into a room: %+v", n)
	}
	due := func(at time.Time) string {
		t.Helper()
		now = at
		for range 2 { // everything happens once
			if err := d.SurveysDue(ctx, "o"); err != nil {
				t.Fatal(err)
			}
		}
		return shelf.told(&from)
	}
	begin := now
	send := func(who string, round int, v float64) {
		t.Helper()
		if err := d.PutSheet(ctx, "o", "S1", who, survey.Sheet{Round: round, Sent: true, Answers: []survey.Answer{{Question: "stock", Value: v, Reason: "counted"}}}); err != nil {
			t.Fatal(err)
		}
	}
	send("contact:ann", 1, 10)
	if err := d.PutSheet(ctx, "o", "S1", "contact:ben", survey.Sheet{Round: 1, Sent: true}); err == nil || !strings.Contains(err.Error(), "stock: is not answered") {
		t.Errorf("sent with a hole: %v", err)
	}
	if err := d.PutSheet(ctx, "o", "S1", "contact:ben", survey.Sheet{Round: 1, Answers: []survey.Answer{{Question: "stock", Value: 400}}}); !errors.Is(err, fault.ErrInvalid) {
		t.Errorf("impossible: %v", err)
	}
	if err := d.PutSheet(ctx, "o", "S1", "contact:zoe", survey.Sheet{Round: 1}); !errors.Is(err, fault.ErrGone) {
		t.Errorf("a stranger: %v", err)
	}
	if got := due(begin.Add(23 * time.Hour)); got != "" {
		t.Errorf("too early: %s", got)
	}
	if got := due(begin.Add(25 * time.Hour)); got != "survey_remind 1 ben, survey_remind 1 eva" {
		t.Errorf("48 hours before: %s", got)
	}
	send("contact:ben", 1, 30)
	if got := due(begin.Add(61 * time.Hour)); got != "survey_remind 1 eva" {
		t.Errorf("12 hours before: %s", got)
	}
	send("contact:eva", 1, 20)
	if n, err := d.RemindSurvey(ctx, ann, "S1"); err != nil || n != 0 {
		t.Errorf("nobody is left to remind: %d, %v", n, err)
	}
	changed := s
	changed.Title = "Other"
	if _, err := d.PutSurvey(ctx, ann, 0, changed); !errors.Is(err, fault.ErrInvalid) {
		t.Errorf("changed while people answer: %v", err)
	}
	if got := due(begin.Add(72 * time.Hour)); got != "survey_round 2 ann, survey_round 2 ben, survey_round 2 eva" {
		t.Errorf("the second round: %s", got)
	}
	if n := shelf.numbers; len(n) != 1 || n[0].Value != 20 || n[0].Grade != "C" || n[0].Place != "project:rail" || !n[0].KnownAt.Equal(now) || n[0].Source != "survey S1, round 1, 3 answers" {
		t.Errorf("numbers: %+v", n)
	}
	card, err := d.Sheet(ctx, "o", "S1", "contact:ann")
	if g, ok := card.Group("stock"); err != nil || !ok || g.Median != 20 || card.Round != 2 || len(card.Reasons["stock"]) != 1 || card.Mine.Answers[0].Value != 10 {
		t.Errorf("what the second round sees: %+v, %v", card, err)
	}
	if err := d.PutSheet(ctx, "o", "S1", "contact:ann", survey.Sheet{Round: 1, Sent: true}); !errors.Is(err, fault.ErrGone) {
		t.Errorf("answered a closed round: %v", err)
	}
	// The program stood still over the last deadline: the numbers are known when they are reckoned.
	send("contact:ann", 2, 18)
	if got := due(begin.Add(300 * time.Hour)); got != "" || shelf.rows["S1"].State != SurveyClosed {
		t.Errorf("over: %s, %s", got, shelf.rows["S1"].State)
	}
	if n := shelf.numbers; len(n) != 2 || n[1].Value != 18 || !n[1].KnownAt.Equal(now) {
		t.Errorf("numbers of the last round: %+v", n)
	}
	if _, err := d.ResolveSurvey(ctx, ann, "S1", survey.Outcome{Question: "stock", Project: "rail", Value: 18}); err != nil {
		t.Error(err)
	}
	view, err := d.Survey(ctx, ann, "S1")
	if err != nil || view.Respondents[0].Record.Resolved != 1 || len(view.Rounds) != 2 || len(view.Numbers) != 2 || view.Answered() != 1 {
		t.Errorf("%+v, %v", view, err)
	}
	raw, err := d.ExportSurvey(ctx, ann, "S1")
	if err != nil || strings.Contains(string(raw), "contact:") || !strings.Contains(string(raw), "group,1,stock,Days?,,C,20") {
		t.Errorf("%s %v", raw, err)
	}
	want := []journal.Kind{journal.SurveyChanged, journal.SurveyOpened, journal.SurveyClosed, journal.IndicatorsAdded, journal.SurveyClosed, journal.IndicatorsAdded, journal.SurveyResolved}
	if !slices.Equal(shelf.kinds, want) {
		t.Errorf("journal %v", shelf.kinds)
	}
}

// TestSurveysReadOnce: however many messages the clock asks for, whom they reach is read once, and
// what was sent once for each survey; a draft of a sheet reads nobody's record.
func TestSurveysReadOnce(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	now := time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)
	shelf := &surveyShelf{rows: map[string]StoredSurvey{}}
	d := New(Config{Store: shelf, SurveyConfig: SurveyConfig{Surveys: shelf, Notices: shelf}, Assess: shelf, Now: func() time.Time { return now }})
	for _, code := range []string{"S1", "S2"} {
		shelf.rows[code] = StoredSurvey{State: SurveyOpen, Version: 1, Opened: now.Add(-80 * time.Hour), Survey: survey.Survey{
			Code: code, Title: "Stock", Deadlines: []time.Time{now.Add(-30 * time.Hour), now.Add(11 * time.Hour)}, Remind: []int{12},
			Questions: []survey.Question{{Code: "stock", Text: "Days?", Kind: survey.Number, High: 365}}, Asked: []survey.Respondent{{Who: "contact:ann"}, {Who: "contact:ben"}},
		}}
	}
	from := 0
	if err := d.SurveysDue(ctx, "o"); err != nil || strings.Count(shelf.told(&from), ",") != 7 { // two asked and reminded, in two surveys
		t.Fatalf("%+v, %v", shelf.sent, err)
	}
	if fmt.Sprint(shelf.reads) != "map[duty:1 portfolio:1 sheets:4 surveys:1 told:2]" {
		t.Errorf("the clock reads %v", shelf.reads)
	}
	shelf.reads = nil
	if err := d.PutSheet(ctx, "o", "S1", "contact:ann", survey.Sheet{Round: 2, Answers: []survey.Answer{{Question: "stock", Value: 3}}}); err != nil || len(shelf.sheets) != 1 {
		t.Fatal(err)
	}
	if shelf.reads["sheets"]+shelf.reads["surveys"] > 0 {
		t.Errorf("a draft reads %v", shelf.reads)
	}
}

// TestAccountsAreAsked: whoever is offered as a respondent can be asked, also an account that no
// rota names; the link by which they answer is kept with the message.
func TestAccountsAreAsked(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	now := time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)
	shelf := &surveyShelf{rows: map[string]StoredSurvey{}, staff: []portfolio.Contact{{ID: "acc_9", Name: "Zoe", Channels: []portfolio.Address{{Channel: "email", Address: "zoe@example.org"}}}}}
	d := New(Config{Store: shelf, Assess: shelf, Now: func() time.Time { return now }, SurveyConfig: SurveyConfig{
		Surveys: shelf, Notices: shelf, SheetLink: func(_ context.Context, org, code, respondent string) (string, error) { return org + " " + code + " " + respondent, nil },
	}})
	ann := Principal{Org: "o", Account: "acc_1", Scopes: Analyst.Scopes()}
	people, err := d.Invitees(ctx, ann)
	if err != nil || len(people) != 4 || people[3].Who != "account:acc_9" {
		t.Fatalf("%+v, %v", people, err)
	}
	s := survey.Survey{
		Code: "S1", Title: "Stock", Deadlines: []time.Time{now.Add(72 * time.Hour)}, Asked: []survey.Respondent{{Who: people[3].Who}},
		Questions: []survey.Question{{Code: "stock", Text: "Days?", Kind: survey.Number, High: 365}},
	}
	if _, err := d.PutSurvey(ctx, ann, NewRisk, s); err != nil {
		t.Fatal(err)
	}
	if _, err := d.OpenSurvey(ctx, ann, "S1"); err != nil {
		t.Fatal(err)
	}
	if len(shelf.sent) != 1 || shelf.sent[0].Notice.Contact != "acc_9" || shelf.sent[0].Link != "o S1 account:acc_9" {
		t.Errorf("sent %+v", shelf.sent)
	}
	if card, err := d.Sheet(ctx, "o", "S1", "account:acc_9"); err != nil || card.Name != "Zoe" {
		t.Errorf("%+v, %v", card, err)
	}
	if view, err := d.Survey(ctx, ann, "S1"); err != nil || view.Respondents[0].Gone || view.Respondents[0].Name != "Zoe" || view.Projects["rail"] != "Rail" {
		t.Errorf("%+v, %v", view, err)
	}
}

// twoShelves answers risks from one shelf and people from the other.
type twoShelves struct {
	*riskShelf
	people *surveyShelf
}

func (s twoShelves) PortfolioAt(ctx context.Context, org string, v int64) (portfolio.Portfolio, error) {
	return s.people.PortfolioAt(ctx, org, v)
}

func (s twoShelves) Duty(ctx context.Context, org string) (response.Duty, error) {
	return s.people.Duty(ctx, org)
}

func (s twoShelves) Staff(context.Context, string) ([]portfolio.Contact, error) { return nil, nil }
