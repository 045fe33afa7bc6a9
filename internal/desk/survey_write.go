package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/id"
	"watchfire.dev/internal/indicator"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/rota"
	"watchfire.dev/internal/survey"
)

// checkSurvey holds a survey against the portfolio and the indicators.
func (d *Desk) checkSurvey(ctx context.Context, org string, s survey.Survey) error {
	var problems survey.Problems
	if err := s.Check(); err != nil {
		return err
	}
	duty, p, err := d.staffed(ctx, org)
	if err != nil {
		return err
	}
	names := namesOf(p)
	codes := []string{s.Project}
	for _, r := range s.Asked {
		codes = append(codes, r.Project)
	}
	slices.Sort(codes)
	for _, c := range slices.Compact(codes) {
		if _, ok := names[c]; c != "" && !ok {
			problems = append(problems, survey.Problem{Field: "project", What: fmt.Sprintf("the portfolio has no project %.64q", c)})
		}
	}
	for i, q := range s.Questions {
		def, ok := indicator.Find(q.Indicator)
		bad := func(format string, args ...any) {
			problems = append(problems, survey.Problem{Row: i + 1, Field: "indicator", What: fmt.Sprintf(format, args...)})
		}
		switch {
		case q.Indicator == "":
		case !ok:
			bad("%.60q is no indicator that we know", q.Indicator)
		case q.Unit != def.Unit:
			bad("%s counts in %s, not in %.40q", def.ID, def.Unit, q.Unit)
		case q.Low < def.Low || q.High > def.High:
			bad("%s can be %g to %g, the question allows %g to %g", def.ID, def.Low, def.High, q.Low, q.High)
		}
	}
	for _, r := range s.Asked {
		if _, ok := duty.Reach(p, rota.ParseMember(r.Who)); !ok {
			problems = append(problems, survey.Problem{Field: "asked", What: fmt.Sprintf("%.80q is no contact or account with an address", r.Who)})
		}
	}
	if len(problems) > 0 {
		return problems
	}
	return nil
}

// putSurvey stores the version after s.Version.
func (d *Desk) putSurvey(ctx context.Context, who Principal, s StoredSurvey, kind journal.Kind, body map[string]any, numbers []indicator.Observation, more ...journal.Draft) (StoredSurvey, error) {
	s.Version, s.At, s.By = s.Version+1, d.cfg.Now().UTC(), who.Account
	raw, err := json.Marshal(s.Survey)
	if err != nil {
		return s, err
	}
	body["version"], body["sha256"] = s.Version, id.Hash(raw)
	entry, err := d.assessEntry(who, kind, s.Survey.Code, body)
	if err != nil {
		return s, err
	}
	if err := d.cfg.Surveys.PutSurvey(ctx, who.Org, s, numbers, append([]journal.Draft{entry}, more...)...); err != nil {
		return s, err
	}
	d.changed(who.Org)
	return s, nil
}

// PutSurvey writes a survey.
func (d *Desk) PutSurvey(ctx context.Context, who Principal, base int64, s survey.Survey) (StoredSurvey, error) {
	if err := d.maySurvey(who, CanPortfolio); err != nil {
		return StoredSurvey{}, err
	}
	slices.Sort(s.Remind)
	if err := d.checkSurvey(ctx, who.Org, s); err != nil {
		return StoredSurvey{}, err
	}
	old, err := d.cfg.Surveys.SurveyByCode(ctx, who.Org, s.Code)
	there := err == nil
	switch {
	case err != nil && !errors.Is(err, fault.ErrNotFound):
		return old, err
	case there && base == NewRisk || there && base > 0 && base != old.Version:
		return old, &fault.Changed{What: "survey " + s.Code, Version: old.Version, By: old.By, At: old.At}
	case !there && base > 0:
		return old, err
	case there && old.State == SurveyClosed:
		return old, fmt.Errorf("survey %s is over: %w", s.Code, fault.ErrConflict)
	case there && old.State == SurveyOpen:
		if err := stillTheSame(old, s, d.cfg.Now()); err != nil {
			return old, err
		}
	}
	next := StoredSurvey{Survey: s, Version: old.Version, State: SurveyDraft, Opened: old.Opened, Closed: old.Closed}
	if there {
		next.State = old.State
	}
	next.Survey.Outcomes = old.Survey.Outcomes
	return d.putSurvey(ctx, who, next, journal.SurveyChanged, map[string]any{"questions": len(s.Questions), "asked": len(s.Asked), "rounds": len(s.Deadlines)}, nil)
}

// stillTheSame refuses what would change under people who are answering.
func stillTheSame(old StoredSurvey, s survey.Survey, now time.Time) error {
	refuse := func(what string) error {
		return survey.Problems{{Field: what, What: "people are answering: it can no longer be changed"}}
	}
	if !alike(old.Survey.Questions, s.Questions) || old.Survey.Title != s.Title || old.Survey.Project != s.Project {
		return refuse("questions")
	}
	for i := range old.Closed {
		if i >= len(s.Deadlines) || !s.Deadlines[i].Equal(old.Survey.Deadlines[i]) {
			return refuse("deadlines")
		}
	}
	if len(s.Deadlines) == old.Closed || !s.Deadlines[old.Closed].After(now) {
		return survey.Problems{{Field: "deadlines", What: "the open round needs a deadline that is still to come; end it with its own command"}}
	}
	for _, r := range old.Survey.Asked {
		if _, ok := s.Respondent(r.Who); !ok {
			return refuse("asked")
		}
	}
	return nil
}

// DropSurvey removes a draft.
func (d *Desk) DropSurvey(ctx context.Context, who Principal, code string) error {
	s, err := d.surveyFor(ctx, who, CanPortfolio, code)
	if err != nil {
		return err
	}
	entry, err := d.assessEntry(who, journal.SurveyChanged, code, map[string]any{"dropped": s.Version})
	if err != nil {
		return err
	}
	return d.cfg.Surveys.DropSurvey(ctx, who.Org, code, s.Version, entry)
}

// ExportSurvey writes what was answered, without names.
func (d *Desk) ExportSurvey(ctx context.Context, who Principal, code string) ([]byte, error) {
	s, err := d.surveyFor(ctx, who, CanPortfolio, code)
	if err != nil {
		return nil, err
	}
	sheets, err := d.cfg.Surveys.Sheets(ctx, who.Org, code)
	if err != nil {
		return nil, err
	}
	// Rounds that are open are left out: an answer that can be seen binds.
	answers := slices.DeleteFunc(survey.Answers(sheets), func(a survey.Answer) bool { return a.Round > s.Closed })
	return s.Survey.WriteAnswers(answers)
}

// ExportQuestions writes the questionnaire in the form that an import takes.
func (d *Desk) ExportQuestions(ctx context.Context, who Principal, code string) ([]byte, error) {
	s, err := d.surveyFor(ctx, who, CanRead, code)
	if err != nil {
		return nil, err
	}
	return survey.WriteQuestions(s.Survey.Questions)
}

// ResolveSurvey notes what a question came to.
func (d *Desk) ResolveSurvey(ctx context.Context, who Principal, code string, o survey.Outcome) (StoredSurvey, error) {
	s, err := d.surveyFor(ctx, who, CanPortfolio, code)
	if err != nil {
		return s, err
	}
	q, ok := s.Survey.Find(o.Question)
	switch {
	case s.Closed == 0:
		return s, fmt.Errorf("survey %s: no round is over: %w", code, fault.ErrConflict)
	case !ok || q.Kind == survey.Text:
		return s, fmt.Errorf("question %.40q: %w", o.Question, fault.ErrNotFound)
	case !(o.Value >= q.Low && o.Value <= q.High):
		return s, fmt.Errorf("outcome %g of %s: want %g to %g: %w", o.Value, q.Code, q.Low, q.High, fault.ErrInvalid)
	}
	if s.Survey.Project != "" {
		o.Project = s.Survey.Project
	}
	o.At, o.By = d.cfg.Now().UTC(), who.Account
	s.Survey.Outcomes = slices.DeleteFunc(slices.Clone(s.Survey.Outcomes), func(x survey.Outcome) bool { return x.Question == o.Question && x.Project == o.Project })
	s.Survey.Outcomes = append(s.Survey.Outcomes, o)
	return d.putSurvey(ctx, who, s, journal.SurveyResolved, map[string]any{"question": o.Question, "project": o.Project, "value": o.Value}, nil)
}

// An Invitee is somebody who can be asked by a survey.
type Invitee struct {
	Who     string `json:"who"` // as in survey.Respondent
	Name    string `json:"name"`
	Role    string `json:"role,omitempty"`
	Project string `json:"project,omitempty"` // code of the contact's project
}

// Invitees lists who can be asked. An account whose mail address is a contact's is that
// contact.
func (d *Desk) Invitees(ctx context.Context, who Principal) ([]Invitee, error) {
	if err := d.maySurvey(who, CanRead); err != nil {
		return nil, err
	}
	duty, p, err := d.staffed(ctx, who.Org)
	if err != nil {
		return nil, err
	}
	codes := map[string]string{}
	for _, pr := range p.Projects {
		codes[pr.ID] = pr.Code
	}
	out := []Invitee{}
	for _, c := range p.Contacts {
		if len(c.Channels) > 0 {
			out = append(out, Invitee{Who: "contact:" + c.Code, Name: c.Name, Role: c.Role, Project: codes[c.Project]})
		}
	}
	for _, a := range duty.Accounts {
		if c, ok := duty.Reach(p, rota.Member{Account: a.ID}); ok && c.ID == a.ID {
			out = append(out, Invitee{Who: "account:" + a.ID, Name: a.Name, Role: a.Role})
		}
	}
	return out, nil
}
