package desk

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/indicator"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/rota"
	"watchfire.dev/internal/survey"
)

// Surveys is what can be seen and done about questionnaires. Every method answers for the
// principal's organisation; a survey of another one is fault.ErrNotFound. Who said what is
// shown to nobody.
type Surveys interface {
	Surveys(ctx context.Context, who Principal) ([]SurveyRow, error)
	Survey(ctx context.Context, who Principal, code string) (SurveyCard, error)
	// Invitees lists who can be asked: contacts with an address, and accounts that are none.
	Invitees(ctx context.Context, who Principal) ([]Invitee, error)
	// PutSurvey writes a survey: anything of a draft; of one that is open only whom it asks,
	// the deadlines still to come, reminders and quorum. base is as in PutRisk.
	PutSurvey(ctx context.Context, who Principal, base int64, s survey.Survey) (StoredSurvey, error)
	DropSurvey(ctx context.Context, who Principal, code string) error // a draft only
	OpenSurvey(ctx context.Context, who Principal, code string) (StoredSurvey, error)
	// EndRound ends the round that is open now; all = the survey with it.
	EndRound(ctx context.Context, who Principal, code string, all bool) (StoredSurvey, error)
	// RemindSurvey reminds whoever has not answered the open round, and tells how many.
	RemindSurvey(ctx context.Context, who Principal, code string) (int, error)
	// ResolveSurvey notes what a question came to: by it grades are learned.
	ResolveSurvey(ctx context.Context, who Principal, code string, o survey.Outcome) (StoredSurvey, error)
	ExportSurvey(ctx context.Context, who Principal, code string) ([]byte, error)
	ExportQuestions(ctx context.Context, who Principal, code string) ([]byte, error)
}

var _ Surveys = (*Desk)(nil)

// States of a survey.
const (
	SurveyDraft  = "draft"
	SurveyOpen   = "open"
	SurveyClosed = "closed"
)

// A StoredSurvey is a survey as it is kept.
type StoredSurvey struct {
	Survey  survey.Survey `json:"survey"`
	Version int64         `json:"version"`
	State   string        `json:"state"`
	Opened  time.Time     `json:"opened,omitzero"`
	Closed  int           `json:"closed"` // the last round that was closed
	At      time.Time     `json:"at"`     // of the newest change
	By      string        `json:"by"`
}

// Round is the round that can be answered at an instant; 0 = none.
func (s StoredSurvey) Round(now time.Time) int {
	if r := s.Survey.Round(now); s.State == SurveyOpen && r > s.Closed {
		return r
	}
	return 0
}

// A NoticeState is a notice with where it stands: waiting, sent, failed.
type NoticeState struct {
	Notice delivery.Notice
	State  string
}

// SurveyStore is what the desk keeps of surveys.
type SurveyStore interface {
	SurveyRows(ctx context.Context, org string) ([]StoredSurvey, error)
	SurveyByCode(ctx context.Context, org, code string) (StoredSurvey, error)
	// PutSurvey stores the version that follows the stored one, with the numbers that a round
	// gave, in one transaction.
	PutSurvey(ctx context.Context, org string, s StoredSurvey, numbers []indicator.Observation, entries ...journal.Draft) error
	DropSurvey(ctx context.Context, org, code string, version int64, entry journal.Draft) error
	PutSheet(ctx context.Context, org, code string, sheet survey.Sheet, entries ...journal.Draft) error
	Sheets(ctx context.Context, org, code string) ([]survey.Sheet, error)
	NoticeStates(ctx context.Context, org, survey string) ([]NoticeState, error)
}

// A SurveyRow is one survey in the list.
type SurveyRow struct {
	StoredSurvey
	Open     int       `json:"open"`     // round that is open, 0 = none
	Answered int       `json:"answered"` // of the newest round
	Deadline time.Time `json:"deadline,omitzero"`
}

// A RespondentRow is one respondent with how far they are.
type RespondentRow struct {
	survey.Respondent
	Name      string        `json:"name"`
	Gone      bool          `json:"gone,omitempty"`    // no longer in the portfolio, or without an address
	Reach     string        `json:"reach"`             // newest message: "", waiting, sent, failed
	Reminded  int           `json:"reminded"`          // how often in this round
	Answered  time.Time     `json:"answered,omitzero"` // when the sheet of the newest round was sent
	Draft     bool          `json:"draft,omitempty"`   // begun and not sent
	Effective string        `json:"grade_now"`         // grade that counts
	Learned   bool          `json:"learned,omitempty"` // it was learned from outcomes
	Record    survey.Record `json:"record"`            // what it was learned from
}

// A SurveyCard is one survey with its progress and what the group said in the rounds that are
// over.
type SurveyCard struct {
	StoredSurvey
	Open        int                     `json:"open"`
	Deadline    time.Time               `json:"deadline,omitzero"` // of the open round
	Respondents []RespondentRow         `json:"respondents"`
	Rounds      [][]survey.Group        `json:"rounds"`            // by round, then question; of closed rounds only
	Reasons     []map[string][]string   `json:"reasons"`           // by round: question → reasons
	Numbers     []indicator.Observation `json:"numbers,omitempty"` // what became indicators
	Projects    map[string]string       `json:"projects"`          // names by code
	Problem     string                  `json:"problem,omitempty"` // what a draft lacks
}

// Answered counts who has answered the newest round.
func (c SurveyCard) Answered() int {
	n := 0
	for _, r := range c.Respondents {
		if !r.Answered.IsZero() {
			n++
		}
	}
	return n
}

func (d *Desk) maySurvey(who Principal, s Scope) error {
	if err := need(who, s); err != nil {
		return err
	}
	if d.cfg.Surveys == nil {
		return fmt.Errorf("surveys: %w", fault.ErrUnavailable)
	}
	return nil
}

// surveyFor returns a survey to whoever has a right.
func (d *Desk) surveyFor(ctx context.Context, who Principal, right Scope, code string) (StoredSurvey, error) {
	if err := d.maySurvey(who, right); err != nil {
		return StoredSurvey{}, err
	}
	return d.cfg.Surveys.SurveyByCode(ctx, who.Org, code)
}

// Surveys lists surveys: open ones first, then drafts, then those that are over.
func (d *Desk) Surveys(ctx context.Context, who Principal) ([]SurveyRow, error) {
	if err := d.maySurvey(who, CanRead); err != nil {
		return nil, err
	}
	stored, err := d.cfg.Surveys.SurveyRows(ctx, who.Org)
	if err != nil {
		return nil, err
	}
	now := d.cfg.Now()
	out := []SurveyRow{}
	for _, s := range stored {
		row := SurveyRow{StoredSurvey: s, Open: s.Round(now)}
		if row.Open > 0 {
			row.Deadline = s.Survey.Deadlines[row.Open-1]
		}
		if s.State != SurveyDraft {
			sheets, err := d.cfg.Surveys.Sheets(ctx, who.Org, s.Survey.Code)
			if err != nil {
				return nil, err
			}
			row.Answered = len(s.Survey.Asked) - len(s.Survey.Missing(survey.Answers(sheets), newestRound(s, now)))
		}
		out = append(out, row)
	}
	rank := map[string]int{SurveyOpen: 0, SurveyDraft: 1, SurveyClosed: 2}
	slices.SortStableFunc(out, func(a, b SurveyRow) int {
		if a.State != b.State {
			return rank[a.State] - rank[b.State]
		}
		return b.At.Compare(a.At)
	})
	return out, nil
}

// newestRound is the round that is open, else the last one.
func newestRound(s StoredSurvey, now time.Time) int {
	if r := s.Round(now); r > 0 {
		return r
	}
	return max(min(s.Closed, len(s.Survey.Deadlines)), 1)
}

// Survey returns one survey.
func (d *Desk) Survey(ctx context.Context, who Principal, code string) (SurveyCard, error) {
	s, err := d.surveyFor(ctx, who, CanRead, code)
	if err != nil {
		return SurveyCard{}, err
	}
	now := d.cfg.Now()
	card := SurveyCard{StoredSurvey: s, Open: s.Round(now), Respondents: []RespondentRow{}, Rounds: [][]survey.Group{}}
	if card.Open > 0 {
		card.Deadline = s.Survey.Deadlines[card.Open-1]
	}
	if s.State == SurveyDraft {
		if err := s.Survey.Ready(now); err != nil {
			card.Problem = err.Error()
		}
	}
	sheets, err := d.cfg.Surveys.Sheets(ctx, who.Org, code)
	if err != nil {
		return card, err
	}
	answers := survey.Answers(sheets)
	for r := 1; r <= s.Closed; r++ {
		groups, reasons := saidIn(s.Survey, answers, r)
		card.Rounds, card.Reasons = append(card.Rounds, groups), append(card.Reasons, reasons)
	}
	if card.Numbers, err = d.surveyNumbers(ctx, who.Org, code); err != nil {
		return card, err
	}
	return card, d.respondents(ctx, who.Org, &card, sheets)
}

// saidIn is what the group said to each question in a round, and why.
func saidIn(s survey.Survey, answers []survey.Answer, round int) (groups []survey.Group, reasons map[string][]string) {
	reasons = map[string][]string{}
	for _, q := range s.Questions {
		groups = append(groups, s.Of(answers, q.Code, round))
		if list := s.Reasons(answers, q.Code, round); len(list) > 0 {
			reasons[q.Code] = list
		}
	}
	return groups, reasons
}

// respondents fills in who was asked and how far each one is.
func (d *Desk) respondents(ctx context.Context, org string, card *SurveyCard, sheets []survey.Sheet) error {
	duty, p, err := d.staffed(ctx, org)
	if err != nil {
		return err
	}
	card.Projects = namesOf(p)
	records, err := d.records(ctx, org)
	if err != nil {
		return err
	}
	notices, err := d.cfg.Surveys.NoticeStates(ctx, org, card.Survey.Code)
	if err != nil {
		return err
	}
	round := newestRound(card.StoredSurvey, d.cfg.Now())
	for _, r := range card.Survey.Asked {
		row := RespondentRow{Respondent: r, Name: NameOfMember(duty, p, rota.ParseMember(r.Who)), Record: records[r.Who]}
		_, reached := duty.Reach(p, rota.ParseMember(r.Who))
		row.Gone = !reached
		row.Effective, row.Learned = survey.Grade(r.Grade, row.Record)
		for _, s := range sheets {
			if s.Respondent == r.Who && s.Round == round {
				if s.Sent {
					row.Answered = s.At
				} else {
					row.Draft = true
				}
			}
		}
		for _, n := range notices {
			if n.Notice.Respondent != r.Who || n.Notice.Round != round {
				continue
			}
			if row.Reach == "" {
				row.Reach = n.State
			}
			if n.Notice.Kind == delivery.SurveyRemind {
				row.Reminded++
			}
		}
		card.Respondents = append(card.Respondents, row)
	}
	return nil
}

// records sums up what came out of earlier answers, by respondent.
func (d *Desk) records(ctx context.Context, org string) (map[string]survey.Record, error) {
	all, err := d.cfg.Surveys.SurveyRows(ctx, org)
	if err != nil {
		return nil, err
	}
	out := map[string]survey.Record{}
	for _, s := range all {
		if len(s.Survey.Outcomes) == 0 {
			continue
		}
		sheets, err := d.cfg.Surveys.Sheets(ctx, org, s.Survey.Code)
		if err != nil {
			return nil, err
		}
		s.Survey.Records(survey.Answers(sheets), out)
	}
	return out, nil
}

// surveySource is how a survey is named as the source of a number.
func surveySource(code string) string { return "survey " + code + "," }

func (d *Desk) surveyNumbers(ctx context.Context, org, code string) ([]indicator.Observation, error) {
	if d.cfg.Assess == nil {
		return nil, nil
	}
	all, err := d.cfg.Assess.Observations(ctx, org, "", "", d.cfg.Now())
	return slices.DeleteFunc(all, func(o indicator.Observation) bool { return !strings.HasPrefix(o.Source, surveySource(code)) }), err
}
