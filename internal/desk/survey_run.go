package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/id"
	"watchfire.dev/internal/indicator"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/rota"
	"watchfire.dev/internal/survey"
)

// OpenSurvey asks everybody for the first round.
func (d *Desk) OpenSurvey(ctx context.Context, who Principal, code string) (StoredSurvey, error) {
	s, err := d.surveyFor(ctx, who, CanPortfolio, code)
	if err != nil {
		return s, err
	}
	if s.State != SurveyDraft {
		return s, fmt.Errorf("survey %s is %s: %w", code, s.State, fault.ErrConflict)
	}
	now := d.cfg.Now().UTC()
	if err := s.Survey.Ready(now); err != nil {
		return s, err
	}
	if err := d.checkSurvey(ctx, who.Org, s.Survey); err != nil {
		return s, err
	}
	s.State, s.Opened = SurveyOpen, now
	if s, err = d.putSurvey(ctx, who, s, journal.SurveyOpened, map[string]any{"asked": len(s.Survey.Asked), "deadlines": s.Survey.Deadlines}, nil); err != nil {
		return s, err
	}
	p, err := d.poster(ctx, who.Org)
	if err != nil {
		return s, err
	}
	return s, p.ask(ctx, s, 1)
}

// noticeID is the same for the same message, so that it goes out once whoever sends it.
func noticeID(org string, s StoredSurvey, kind delivery.NoticeKind, round int, respondent, when string) string {
	return id.Derived("ntc", org, s.Survey.Code, s.Opened.UTC().Format(time.RFC3339Nano), string(kind), strconv.Itoa(round), respondent, when)
}

// A poster sends the messages of an organisation's surveys. Whom they reach is read once for all
// of them, and once for each survey what was sent of it.
type poster struct {
	*Desk
	org   string
	duty  response.Duty
	folio portfolio.Portfolio
	told  map[string]map[string]bool // by what begins their names
}

func (d *Desk) poster(ctx context.Context, org string) (*poster, error) {
	p := &poster{Desk: d, org: org, told: map[string]map[string]bool{}}
	var err error
	p.duty, p.folio, err = d.staffed(ctx, org)
	return p, err
}

// ask sends the questionnaire of a round to everybody who has not got it.
func (p *poster) ask(ctx context.Context, s StoredSurvey, round int) error {
	kind := delivery.SurveyAsk
	if round > 1 {
		kind = delivery.SurveyRound
	}
	who := make([]string, len(s.Survey.Asked))
	for i, r := range s.Survey.Asked {
		who[i] = r.Who
	}
	_, err := p.write(ctx, s, kind, round, who, "")
	return err
}

// write sends one kind of message to respondents; when tells one reminder from another.
func (p *poster) write(ctx context.Context, s StoredSurvey, kind delivery.NoticeKind, round int, respondents []string, when string) (int, error) {
	// The clock comes by every half minute: what was sent is only read.
	about := "survey " + s.Survey.Code + " "
	if p.told[about] == nil {
		var err error
		if p.told[about], err = p.cfg.Notices.Told(ctx, p.org, about); err != nil {
			return 0, err
		}
	}
	now, fresh := p.cfg.Now().UTC(), 0
	var failed error
	for _, r := range respondents {
		key := noticeID(p.org, s, kind, round, r, when)
		if p.told[about][about+key] {
			continue
		}
		c, ok := p.duty.Reach(p.folio, rota.ParseMember(r))
		if !ok { // has left, which the page says
			continue
		}
		link := ""
		if p.cfg.SheetLink != nil {
			var err error
			if link, err = p.cfg.SheetLink(ctx, p.org, s.Survey.Code, r); err != nil {
				return fresh, errors.Join(failed, err)
			}
		}
		is, err := p.send(ctx, p.duty, Outgoing{Link: link, Tells: []string{about + key}, Notice: delivery.Notice{
			ID: key, Org: p.org, Kind: kind, At: now, Survey: s.Survey.Code, Title: s.Survey.Title, Intro: s.Survey.Intro,
			Respondent: r, Round: round, Rounds: len(s.Survey.Deadlines), Deadline: s.Survey.Deadlines[round-1],
		}}, c, now)
		if is {
			fresh++
		}
		failed = errors.Join(failed, err)
	}
	return fresh, failed
}

// RemindSurvey reminds whoever has not answered the open round; at most once an hour.
func (d *Desk) RemindSurvey(ctx context.Context, who Principal, code string) (int, error) {
	s, err := d.surveyFor(ctx, who, CanPortfolio, code)
	if err != nil {
		return 0, err
	}
	now := d.cfg.Now().UTC()
	round := s.Round(now)
	if round == 0 {
		return 0, fmt.Errorf("survey %s: no round is open: %w", code, fault.ErrConflict)
	}
	missing, err := d.missing(ctx, who.Org, s, round)
	if err != nil {
		return 0, err
	}
	p, err := d.poster(ctx, who.Org)
	if err != nil {
		return 0, err
	}
	return p.write(ctx, s, delivery.SurveyRemind, round, missing, now.Format("2006-01-02 15"))
}

func (d *Desk) missing(ctx context.Context, org string, s StoredSurvey, round int) ([]string, error) {
	sheets, err := d.cfg.Surveys.Sheets(ctx, org, s.Survey.Code)
	return s.Survey.Missing(survey.Answers(sheets), round), err
}

// EndRound ends the open round now, or the whole survey.
func (d *Desk) EndRound(ctx context.Context, who Principal, code string, all bool) (StoredSurvey, error) {
	s, err := d.surveyFor(ctx, who, CanPortfolio, code)
	if err != nil {
		return s, err
	}
	now := d.cfg.Now().UTC()
	round := s.Round(now)
	if round == 0 {
		return s, fmt.Errorf("survey %s: no round is open: %w", code, fault.ErrConflict)
	}
	s.Survey.Deadlines = slices.Clone(s.Survey.Deadlines)
	s.Survey.Deadlines[round-1] = now
	if all {
		s.Survey.Deadlines = s.Survey.Deadlines[:round]
	}
	p, err := d.poster(ctx, who.Org)
	if err != nil {
		return s, err
	}
	return p.close(ctx, who, s, round)
}

// close writes what a round gave and opens the next one.
func (p *poster) close(ctx context.Context, who Principal, s StoredSurvey, round int) (StoredSurvey, error) {
	sheets, err := p.cfg.Surveys.Sheets(ctx, who.Org, s.Survey.Code)
	if err != nil {
		return s, err
	}
	answers := survey.Answers(sheets)
	numbers, thin, err := p.numbers(s.Survey, answers, round)
	if err != nil {
		return s, err
	}
	var more []journal.Draft
	if len(numbers) > 0 {
		entry, err := p.assessEntry(who, journal.IndicatorsAdded, "survey "+s.Survey.Code, map[string]any{"rows": len(numbers), "round": round})
		if err != nil {
			return s, err
		}
		more = append(more, entry)
	}
	s.Closed = round
	if round == len(s.Survey.Deadlines) {
		s.State = SurveyClosed
	}
	missing := s.Survey.Missing(answers, round)
	s, err = p.putSurvey(ctx, who, s, journal.SurveyClosed, map[string]any{
		"round": round, "answered": len(s.Survey.Asked) - len(missing), "asked": len(s.Survey.Asked), "numbers": len(numbers), "thin": thin, "over": s.State == SurveyClosed,
	}, numbers, more...)
	if err != nil || s.State == SurveyClosed {
		return s, err
	}
	return s, p.ask(ctx, s, round+1)
}

// numbers are the observations of a round, known from now on: the instant at which the group
// was reckoned, never the deadline that lies before it.
func (d *Desk) numbers(s survey.Survey, answers []survey.Answer, round int) ([]indicator.Observation, []string, error) {
	if d.cfg.Assess == nil {
		return nil, nil, nil
	}
	now := d.cfg.Now().UTC().Truncate(time.Microsecond)
	list, thin := s.Observations(answers, round)
	var out []indicator.Observation
	for _, o := range list {
		place := portfolioUnit
		if o.Project != "" {
			place = "project:" + o.Project
		}
		x, err := indicator.Own(indicator.Observation{
			Indicator: o.Indicator, Unit: o.Unit, Place: place, Period: now.Format("2006-01"), Value: o.Value, KnownAt: now, Source: o.Source, Grade: o.Grade,
		}, now)
		if err != nil {
			return nil, nil, fmt.Errorf("survey %s, round %d: %w", s.Code, round, err)
		}
		out = append(out, x)
	}
	return out, thin, nil
}

// SurveysDue does what the clock asks of an organisation's surveys: it sends what was not
// sent, reminds, closes rounds whose deadline has passed and opens the next ones. It may be
// called by several processes and as often as one likes: everything happens once. One survey
// that fails does not keep the others.
func (d *Desk) SurveysDue(ctx context.Context, org string) error {
	if d.cfg.Surveys == nil {
		return nil
	}
	all, err := d.cfg.Surveys.SurveyRows(ctx, org)
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(s StoredSurvey) bool { return s.State != SurveyOpen })
	if len(all) == 0 {
		return nil
	}
	p, err := d.poster(ctx, org)
	if err != nil {
		return err
	}
	who := Principal{Account: BySchedule, Org: org, Name: BySchedule}
	var failed error
	for _, s := range all {
		if err := p.due(ctx, who, s); err != nil && !errors.Is(err, fault.ErrConflict) { // somebody was quicker
			failed = errors.Join(failed, fmt.Errorf("survey %s: %w", s.Survey.Code, err))
		}
	}
	return failed
}

// due does what the clock asks of one survey.
func (p *poster) due(ctx context.Context, who Principal, s StoredSurvey) error {
	now := p.cfg.Now()
	var err error
	for over := s.Survey.Over(now); s.Closed < over; {
		if s, err = p.close(ctx, who, s, s.Closed+1); err != nil {
			return err
		}
	}
	round := s.Round(now)
	if round == 0 {
		return nil
	}
	if err := p.ask(ctx, s, round); err != nil { // a crash may have cut it short, and somebody may be new
		return err
	}
	due := s.Survey.Reminders(round, s.Opened)
	due = slices.DeleteFunc(due, func(t time.Time) bool { return t.After(now) })
	if len(due) == 0 {
		return nil
	}
	missing, err := p.missing(ctx, p.org, s, round)
	if err != nil {
		return err
	}
	_, err = p.write(ctx, s, delivery.SurveyRemind, round, missing, due[len(due)-1].UTC().Format(time.RFC3339))
	return err
}

// A SheetCard is what a respondent with the link sees.
type SheetCard struct {
	Survey   survey.Survey
	Name     string // of the respondent
	Language string
	Zone     string
	Round    int       // that is open; 0 = none
	Deadline time.Time // of it
	Over     bool      // nothing more is asked
	Sheet    survey.Sheet
	Sent     time.Time // when this round's sheet was sent last, zero = not yet
	Before   []survey.Group
	Reasons  map[string][]string
	Mine     survey.Sheet // what the respondent said in the round before
}

// Group is what the group said to a question in the round before; ok is false where it is
// too small to be shown.
func (c SheetCard) Group(question string) (survey.Group, bool) {
	i := slices.IndexFunc(c.Before, func(g survey.Group) bool { return g.Question == question })
	if i < 0 || !c.Before[i].Shown() {
		return survey.Group{}, false
	}
	return c.Before[i], true
}

// Sheet opens a respondent's sheet. It has no effect. fault.ErrGone when the survey or the
// respondent is no more.
func (d *Desk) Sheet(ctx context.Context, org, code, respondent string) (SheetCard, error) {
	var card SheetCard
	s, c, err := d.asked(ctx, org, code, respondent)
	if err != nil {
		return card, err
	}
	choice, err := d.cfg.Store.ChoiceAt(ctx, org, c.ID, 0)
	if err != nil {
		return card, err
	}
	c = choice.Apply(c)
	card = SheetCard{Survey: s.Survey, Name: c.Name, Language: c.Language, Zone: c.Zone, Round: s.Round(d.cfg.Now()), Over: s.State == SurveyClosed}
	sheets, err := d.cfg.Surveys.Sheets(ctx, org, code)
	if err != nil {
		return card, err
	}
	for _, x := range sheets {
		switch {
		case x.Respondent != respondent:
		case x.Round == card.Round && card.Round > 0:
			if x.Sent {
				card.Sent = x.At
			}
			if card.Sheet.Round == 0 || x.At.After(card.Sheet.At) {
				card.Sheet = x
			}
		case x.Sent && x.Round == s.Closed:
			card.Mine = x
		}
	}
	if card.Round > 0 {
		card.Deadline = s.Survey.Deadlines[card.Round-1]
	}
	if s.Closed > 0 {
		card.Before, card.Reasons = saidIn(s.Survey, survey.Answers(sheets), s.Closed)
	}
	return card, nil
}

// asked finds a survey and the respondent whom it asks.
func (d *Desk) asked(ctx context.Context, org, code, respondent string) (StoredSurvey, portfolio.Contact, error) {
	var none portfolio.Contact
	if d.cfg.Surveys == nil {
		return StoredSurvey{}, none, fmt.Errorf("surveys: %w", fault.ErrUnavailable)
	}
	s, err := d.cfg.Surveys.SurveyByCode(ctx, org, code)
	if errors.Is(err, fault.ErrNotFound) {
		return s, none, fmt.Errorf("survey %.60q is no more: %w", code, fault.ErrGone)
	}
	if err != nil {
		return s, none, err
	}
	duty, p, err := d.staffed(ctx, org)
	if err != nil {
		return s, none, err
	}
	_, is := s.Survey.Respondent(respondent)
	c, reached := duty.Reach(p, rota.ParseMember(respondent))
	if !is || !reached || s.State == SurveyDraft {
		return s, none, fmt.Errorf("%.80q is not asked by survey %s: %w", respondent, code, fault.ErrGone)
	}
	return s, c, nil
}

// PutSheet keeps what a respondent filled in: a draft may lack answers, a sheet that is sent
// may not. What is wrong with answers is a survey.Problems with the question's code as field.
func (d *Desk) PutSheet(ctx context.Context, org, code, respondent string, sheet survey.Sheet) error {
	s, _, err := d.asked(ctx, org, code, respondent)
	if err != nil {
		return err
	}
	now := d.cfg.Now().UTC()
	if round := s.Round(now); round == 0 || sheet.Round != round {
		return fmt.Errorf("round %d of survey %s is closed: %w", sheet.Round, code, fault.ErrGone)
	}
	var record survey.Record
	if sheet.Sent { // what came of earlier answers weighs what counts; a draft does not
		records, err := d.records(ctx, org)
		if err != nil {
			return err
		}
		record = records[respondent]
	}
	r, _ := s.Survey.Respondent(respondent)
	sheet.Respondent, sheet.At = respondent, now
	grade, _ := survey.Grade(r.Grade, record)
	var problems survey.Problems
	for i := range sheet.Answers {
		a := &sheet.Answers[i]
		a.Respondent, a.Round, a.Grade, a.At = respondent, sheet.Round, grade, now
		if record.Chances > 0 {
			a.Brier, a.Resolved = record.Brier, record.Chances
		}
		if err := s.Survey.Take(*a); err != nil {
			problems = append(problems, survey.Problem{Field: a.Question, What: err.Error()})
		}
	}
	if len(problems) > 0 {
		return problems
	}
	if !sheet.Sent {
		return d.cfg.Surveys.PutSheet(ctx, org, code, sheet)
	}
	if open := s.Survey.Whole(sheet); len(open) > 0 {
		for _, q := range open {
			problems = append(problems, survey.Problem{Field: q, What: "is not answered"})
		}
		return problems
	}
	raw, err := json.Marshal(sheet.Answers)
	if err != nil {
		return err
	}
	body, err := journal.Body(map[string]any{"round": sheet.Round, "respondent": respondent, "grade": grade, "sha256": id.Hash(raw)})
	if err != nil {
		return err
	}
	err = d.cfg.Surveys.PutSheet(ctx, org, code, sheet, journal.Draft{At: now, Org: org, Kind: journal.SurveyAnswered, Actor: respondent, Subject: code, Body: body})
	d.changed(org)
	return err
}
