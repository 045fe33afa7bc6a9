package storetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"watchfire.dev/internal/account"
	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/indicator"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/survey"
)

// TestSurveys: versions follow one another, numbers come with the round that gave them or not
// at all, drafts are replaced and sent sheets kept, and another organisation sees nothing.
func TestSurveys(t *testing.T, empty Maker) {
	t.Parallel()
	b := night(t, empty(t))
	ctx, now := t.Context(), b.clock()
	s := desk.StoredSurvey{
		Version: 1, State: desk.SurveyDraft, At: now, By: "ann",
		Survey: survey.Survey{Code: "S_1", Title: "October", Asked: []survey.Respondent{{Who: "contact:one", Grade: "B"}}, Deadlines: []time.Time{now.Add(time.Hour), now.Add(2 * time.Hour)}, Questions: []survey.Question{{Code: "q1", Text: "何天?", Kind: survey.Number, High: 9}}},
	}
	note := func(kind journal.Kind) journal.Draft {
		return journal.Draft{At: now, Org: "o", Kind: kind, Actor: "ann", Subject: "S_1"}
	}
	if err := b.db.PutSurvey(ctx, "o", s, nil, note(journal.SurveyChanged)); err != nil {
		t.Fatal(err)
	}
	draft := survey.Sheet{Respondent: "contact:one", Round: 1, At: now, Answers: []survey.Answer{{Question: "q1", Round: 1, Value: 3, Respondent: "contact:one"}}}
	if err := b.db.PutSheet(ctx, "o", "S_1", draft); !errors.Is(err, fault.ErrGone) {
		t.Errorf("answered before it was opened: %v", err)
	}
	other := s
	other.Survey.Code = "S-2"
	if err := b.db.PutSurvey(ctx, "o", other, nil); err != nil {
		t.Fatal(err)
	}
	if err := b.db.DropSurvey(ctx, "o", "S-2", 2, note(journal.SurveyChanged)); !errors.Is(err, fault.ErrConflict) {
		t.Errorf("dropped what was seen otherwise: %v", err)
	}
	if err := b.db.DropSurvey(ctx, "o", "S-2", 1, note(journal.SurveyChanged)); err != nil {
		t.Error(err)
	}
	s.Version, s.State, s.Opened = 2, desk.SurveyOpen, now.Add(time.Minute)
	if err := b.db.PutSurvey(ctx, "o", s, nil, note(journal.SurveyOpened)); err != nil {
		t.Fatal(err)
	}
	number, err := indicator.Own(indicator.Observation{Indicator: "own.stock_days", Place: "project:p", Period: "2026-03", Value: 3, Source: "survey S_1, round 1, 1 answers"}, now)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.db.PutSurvey(ctx, "o", s, []indicator.Observation{number}, note(journal.SurveyClosed)); !errors.Is(err, fault.ErrConflict) {
		t.Errorf("the same version twice: %v", err)
	}
	if list, err := b.db.Observations(ctx, "o", "own.stock_days", "", now.Add(time.Hour)); err != nil || len(list) != 0 {
		t.Errorf("numbers of a refused version: %+v, %v", list, err)
	}
	if err := b.db.DropSurvey(ctx, "o", "S_1", 2, note(journal.SurveyChanged)); !errors.Is(err, fault.ErrConflict) {
		t.Errorf("dropped an open survey: %v", err)
	}

	sent := draft
	sent.Sent, sent.At = true, now.Add(2*time.Minute)
	again := sent
	again.At, again.Answers = now.Add(3*time.Minute), []survey.Answer{{Question: "q1", Round: 1, Value: 7, Respondent: "contact:one"}}
	if err := errors.Join(b.db.PutSheet(ctx, "o", "S_1", draft), b.db.PutSheet(ctx, "o", "S_1", draft), b.db.PutSheet(ctx, "o", "S_1", sent, note(journal.SurveyAnswered)), b.db.PutSheet(ctx, "o", "S_1", again), b.db.PutSheet(ctx, "o", "S_1", draft)); err != nil {
		t.Fatal(err)
	}
	sheets, err := b.db.Sheets(ctx, "o", "S_1")
	if got := fmt.Sprint(len(sheets), survey.Answers(sheets)[0].Value); err != nil || got != "2 7" || sheets[0].Sent {
		t.Errorf("%s %+v, %v: want the draft and the newest sheet", got, sheets, err)
	}
	if got, err := b.db.Sheets(ctx, "x", "S_1"); err != nil || len(got) != 0 {
		t.Errorf("another organisation sees %+v, %v", got, err)
	}
	s.Version, s.Closed = 3, 1
	if err := b.db.PutSurvey(ctx, "o", s, []indicator.Observation{number}, note(journal.SurveyClosed)); err != nil {
		t.Fatal(err)
	}
	if list, err := b.db.Observations(ctx, "o", "own.stock_days", "", now.Add(time.Hour)); err != nil || len(list) != 1 || list[0].Source != number.Source {
		t.Errorf("numbers of the round: %+v, %v", list, err)
	}
	if err := b.db.PutSheet(ctx, "o", "S_1", again); !errors.Is(err, fault.ErrGone) {
		t.Errorf("answered a closed round: %v", err)
	}
	got, err := b.db.SurveyByCode(ctx, "o", "S_1")
	if err != nil || got.Closed != 1 || got.Survey.Questions[0].Text != "何天?" || !got.Opened.Equal(s.Opened) || got.Survey.Asked[0].Grade != "B" {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := b.db.SurveyByCode(ctx, "x", "S_1"); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("another organisation: %v", err)
	}
	if rows, err := b.db.SurveyRows(ctx, "o"); err != nil || len(rows) != 1 {
		t.Errorf("%+v, %v", rows, err)
	}
	b.verifyJournal()
}

// TestNoticesOnDisk: a notice goes out once however often it is asked for; what one of them
// told, another does not tell; it is claimed like any notification and needs no warning.
func TestNoticesOnDisk(t *testing.T, empty Maker) {
	t.Parallel()
	b := night(t, empty(t))
	ctx, now := t.Context(), b.clock()
	book, err := b.db.PortfolioAt(ctx, "o", 0)
	if err != nil {
		t.Fatal(err)
	}
	contact := book.Contacts[0]
	out := func(name string, tells ...string) desk.Outgoing {
		n := delivery.Notice{ID: name, Org: "o", Contact: contact.ID, Kind: delivery.SurveyAsk, At: now, Survey: "S_1", Respondent: "contact:one", Round: 1}
		return desk.Outgoing{Notice: n, Tells: tells, Link: "link of " + name, Notifications: response.Duty{}.Notices("o", name, contact, func(string) bool { return true }, now)}
	}
	entry := journal.Draft{At: now, Org: "o", Kind: journal.Noticed, Actor: "system", Subject: "n1"}
	for i, c := range []struct {
		o    desk.Outgoing
		want bool
	}{{out("n1", "a"), true}, {out("n1", "b"), false}, {out("n2", "c", "a"), false}, {out("n3", "c"), true}} {
		if fresh, err := b.db.PutNotice(ctx, c.o, entry); err != nil || fresh != c.want {
			t.Errorf("%d: fresh %t, %v; want %t", i, fresh, err, c.want)
		}
	}
	for name, there := range map[string]bool{"n1": true, "n2": false} { // with the notice, or not at all
		l, err := b.db.SurveyLinkByHash(ctx, "link of "+name)
		if want := (account.SurveyLink{Hash: "link of n1", Org: "o", Survey: "S_1", Respondent: "contact:one"}); there && l != want || errors.Is(err, fault.ErrNotFound) == there {
			t.Errorf("link of %s: %+v, %v", name, l, err)
		}
	}
	if b.kinds(journal.Noticed) != 2 {
		t.Errorf("%d notices in the journal", b.kinds(journal.Noticed))
	}
	if told, err := b.db.Told(ctx, "o", ""); err != nil || len(told) != 2 || !told["a"] || !told["c"] {
		t.Errorf("told %v, %v", told, err)
	}
	if _, err := b.db.Notice(ctx, "o", "n2"); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("a notice that was refused: %v", err)
	}
	ids := []string{}
	for _, n := range out("n1").Notifications {
		ids = append(ids, n.ID)
	}
	got := b.takeAt(now, ids...)
	if len(got) != len(ids) || len(got) == 0 || got[0].Purpose != response.Notice {
		t.Fatalf("claimed %+v of %v", got, ids)
	}
	facts, err := b.db.Facts(ctx, got[0].Notification)
	if err != nil || facts.Contact.ID != contact.ID {
		t.Errorf("%+v, %v", facts, err)
	}
	_, name, is := response.Brought(got[0].Warning)
	if n, err := b.db.Notice(ctx, "o", name); !is || err != nil || n.Respondent != "contact:one" {
		t.Errorf("%+v, %v", n, err)
	}
	var outcomes []delivery.Outcome
	for _, c := range got {
		outcomes = append(outcomes, delivery.Outcome{Notification: c.ID, Org: "o", Warning: c.Warning, Try: c.Tries, Began: now, Ended: now, State: response.Failed, Kind: delivery.Dead, Channel: c.Channel, Contact: c.Contact, Address: c.Address})
	}
	if lost, err := b.db.Finish(ctx, outcomes); err != nil || len(lost) != 0 {
		t.Errorf("somebody is next for a questionnaire: %+v, %v", lost, err)
	}
	states, err := b.db.NoticeStates(ctx, "o", "S_1")
	if err != nil || len(states) != 2 || states[0].State != "failed" || states[1].State != "waiting" {
		t.Errorf("%+v, %v", states, err)
	}
	if states, err := b.db.NoticeStates(ctx, "x", "S_1"); err != nil || len(states) != 0 {
		t.Errorf("another organisation sees %+v, %v", states, err)
	}
	b.verifyJournal()
}
