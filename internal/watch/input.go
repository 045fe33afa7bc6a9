package watch

import (
	"context"
	"fmt"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/id"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/warning"
)

// An Observation is what one record held. Org limits it to one organisation; "" = public.
type Observation struct {
	Receipt     ReceiptDone
	Record      *Raw       // of bytes that are not on disk yet; nil = Receipt names one that is
	Delivered   *Delivered // kept with what follows; nil = nothing is to be answered again
	Org         string
	Signals     []event.Signal
	Quarantined []Quarantined
}

// NewsUnknown is what Observe returns where another process decides what is new, or nobody yet.
const NewsUnknown = -1

// Observe takes what one record held and returns how many of its signals were new when
// everything that follows from them is on disk. Signals that were taken before change nothing.
func (s *Service) Observe(ctx context.Context, o Observation) (int, error) {
	ids := make([]string, len(o.Signals))
	for i, sig := range o.Signals {
		ids[i] = sig.ID
	}
	if s.routed() {
		return NewsUnknown, s.routeObserve(ctx, o)
	}
	news := 0
	err := s.put(ctx, request{done: make(chan error, 1), beside: true, signals: ids, do: func(t *turn) error {
		known, err := t.knows(ids)
		if err != nil {
			return err
		}
		var fresh []event.Signal
		for _, sig := range o.Signals {
			if !known[sig.ID] {
				known[sig.ID] = true
				sig.Received = t.now // the order in which the watch took them is what a replay follows
				fresh = append(fresh, sig)
			}
		}
		news = len(fresh)
		o.Receipt.At = t.now
		t.batch.took(o)
		t.batch.Quarantined = append(t.batch.Quarantined, o.Quarantined...)
		if len(fresh) == 0 {
			return nil
		}
		t.batch.Signals = append(t.batch.Signals, fresh...)
		var orgs []string
		decided, groups := map[string][]Decision{}, map[string][]Group{}
		for _, org := range t.orgs() {
			if o.Org == "" || o.Org == org {
				core := t.desks[org].core
				orgs, decided[org] = append(orgs, org), core.Observe(t.now, fresh)
				groups[org] = core.lately
			}
		}
		t.observed(orgs, decided, groups)
		t.cfg.Failpoint("merged")
		return nil
	}})
	if err != nil { // it may be at work still
		return NewsUnknown, err
	}
	return news, nil
}

// ByHand applies a person's act to a warning and returns its new revision.
func (s *Service) ByHand(ctx context.Context, org, warningID string, act warning.Act, actor, reason string) (warning.Warning, error) {
	var out warning.Warning
	if s.routed() {
		_, err := s.askWarning(ctx, Input{Kind: inByHand, Org: org}, warningID, byHandIn{warningID, act, actor, reason}, &out)
		return out, err
	}
	err := s.submit(ctx, func(t *turn) error {
		d, err := t.desk(org)
		if err != nil {
			return err
		}
		decisions, err := d.core.ByHand(t.now, warningID, act, actor, reason)
		t.decided(org, decisions)
		if err != nil {
			return err
		}
		out = *decisions[len(decisions)-1].Warning
		t.batch.Acts = append(t.batch.Acts, Act{Org: org, At: t.now, What: string(act), Subject: warningID, Actor: actor, Reason: reason})
		t.judge(d, out)
		return nil
	})
	return out, err
}

// Silent tells every core that a source is silent since an instant, with its usual interval.
// Telling it again changes nothing.
func (s *Service) Silent(ctx context.Context, source string, since time.Time, every time.Duration) error {
	return s.silence(ctx, Act{What: "silent", Subject: source, Since: since.UTC().Truncate(time.Microsecond), Every: every})
}

// Seen tells every core that a source speaks again.
func (s *Service) Seen(ctx context.Context, source string) error {
	return s.silence(ctx, Act{What: "seen", Subject: source})
}

func (s *Service) silence(ctx context.Context, a Act) error {
	if s.routed() {
		_, err := s.ask(ctx, Input{Kind: inSilence, Part: s.home(""), Key: ""}, a, nil)
		return err
	}
	return s.submit(ctx, func(t *turn) error {
		for _, org := range t.orgs() {
			core := t.desks[org].core
			if !core.news(a) {
				continue
			}
			a.Org, a.At = org, t.now
			t.batch.Acts = append(t.batch.Acts, a)
			t.decided(org, core.Silence(t.now, a))
		}
		return nil
	})
}

// Detach takes reports out of an event by hand.
func (s *Service) Detach(ctx context.Context, org, eventID string, signals []string, actor string) error {
	if s.routed() {
		_, err := s.ask(ctx, Input{Kind: inDetach, Org: org, Part: s.home(org)}, detachIn{eventID, signals, actor}, nil)
		return err
	}
	return s.submit(ctx, func(t *turn) error {
		d, err := t.desk(org)
		if err != nil {
			return err
		}
		decisions, err := d.core.Detach(t.now, eventID, signals)
		t.decided(org, decisions)
		if err != nil {
			return err
		}
		t.batch.Acts = append(t.batch.Acts, Act{Org: org, At: t.now, What: "detach", Subject: eventID, Signals: signals, Actor: actor})
		t.batch.Journal = append(t.batch.Journal, journal.Draft{
			At: t.now, Org: org, Kind: journal.EventSplit, Actor: actor, Subject: eventID, Body: body(map[string]any{"signals": signals}),
		})
		return nil
	})
}

// SetPortfolio stores a new version and matches anew what it touches. Version must follow the
// current one (fault.ErrConflict otherwise: somebody else changed it meanwhile).
func (s *Service) SetPortfolio(ctx context.Context, v PortfolioVersion) (PortfolioVersion, error) {
	if s.routed() {
		return s.routePortfolio(ctx, v)
	}
	matcher := s.cfg.Matcher(v.Portfolio)
	err := s.submit(ctx, func(t *turn) error {
		org := v.Portfolio.Org
		d, err := t.desk(org)
		if err != nil {
			return err
		}
		if v.Portfolio.Version != d.portfolio.Version+1 {
			return fmt.Errorf("portfolio version %d after %d: %w", v.Portfolio.Version, d.portfolio.Version, fault.ErrConflict)
		}
		v.At = t.now
		d.portfolio = v.Portfolio
		decisions := d.core.SetPortfolio(t.now, matcher)
		v.Whole = d.core.Matched().Equal(t.now)
		t.batch.Portfolios = append(t.batch.Portfolios, v)
		t.batch.Acts = append(t.batch.Acts, Act{Org: org, At: t.now, What: "portfolio", Subject: fmt.Sprint(v.Portfolio.Version), Actor: v.Actor})
		t.batch.Journal = append(t.batch.Journal, journal.Draft{
			At: t.now, Org: org, Kind: journal.PortfolioChanged, Actor: v.Actor, Subject: fmt.Sprint(v.Portfolio.Version),
			Body: body(map[string]any{"changes": v.Changes, "undoes": v.Undoes, "sha256": hashOf(v.Portfolio)}),
		})
		t.decided(org, decisions)
		t.dirty[org] = true
		return nil
	})
	return v, err
}

// SetRule stores a new version of one rule and rates everything anew. A Version that is not
// 0 is the one that the caller saw: another one by now is a *fault.Changed.
func (s *Service) SetRule(ctx context.Context, v RuleVersion) (RuleVersion, error) {
	if s.routed() {
		_, err := s.ask(ctx, Input{Kind: inRule, Org: v.Org, Part: s.home(v.Org)}, v, &v)
		return v, err
	}
	err := s.submit(ctx, func(t *turn) error {
		d, err := t.desk(v.Org)
		if err != nil {
			return err
		}
		rules := make([]RuleVersion, 0, len(d.rules)+1)
		seen := v.Version
		v.Version, v.At = 1, t.now
		for _, r := range d.rules {
			if r.ID == v.ID {
				if seen != 0 && seen != r.Version {
					return &fault.Changed{What: "rule " + v.ID, Version: int64(r.Version), By: r.Actor, At: r.At}
				}
				v.Version = r.Version + 1
			} else {
				rules = append(rules, r)
			}
		}
		rules = append(rules, v)
		rater, err := t.cfg.Rater(rules)
		if err != nil {
			return err
		}
		d.rules = rules
		t.batch.Rules = append(t.batch.Rules, v)
		t.batch.Acts = append(t.batch.Acts, Act{Org: v.Org, At: t.now, What: "rules", Subject: v.ID, Actor: v.Actor})
		t.batch.Journal = append(t.batch.Journal, journal.Draft{
			At: t.now, Org: v.Org, Kind: journal.RuleChanged, Actor: v.Actor, Subject: v.ID,
			Body: body(map[string]any{"version": v.Version, "sha256": id.Hash(v.Body)}),
		})
		t.decided(v.Org, d.core.SetRules(t.now, rater))
		return nil
	})
	return v, err
}

// Answer stores an answer. "Have it" stops the escalation until its due time; "done" stops it
// until there is news; "cannot" asks the next step at once, unless somebody else has it: it takes
// back what its own author acknowledged and nobody else's; "need help" asks the next step and
// makes the warning an EMERGENCY. "Safe", a note and what a machine sent by itself are stored and change
// nothing else. Answering a warning that is closed is harmless and stored.
func (s *Service) Answer(ctx context.Context, a Answer) (Answer, error) {
	if s.routed() {
		_, err := s.askWarning(ctx, Input{Kind: inAnswer, Org: a.Org}, a.Warning, a, &a)
		return a, err
	}
	err := s.submit(ctx, func(t *turn) error {
		d, err := t.desk(a.Org)
		if err != nil {
			return err
		}
		w, active := d.core.Warning(a.Warning)
		esc, err := t.escalation(a.Warning)
		if err = quiet(err); err != nil {
			return err
		}
		a.At = t.now
		if active {
			a.Revision = w.Revision
		}
		if active && a.Kind == HaveIt {
			a.Until = t.now.Add(t.arranged(a.Org).Book.Bounds.AckFor(w.Level, a.For))
		}
		a.ID = id.Derived("ans", a.Warning, fmt.Sprint(a.Revision), a.Contact, a.Account, string(a.Kind), a.At.Format(time.RFC3339Nano))
		t.batch.Answers = append(t.batch.Answers, a)
		t.batch.Journal = append(t.batch.Journal, answered(a))
		t.dirty[a.Org] = true
		if !active || remark(a.Kind) {
			return nil
		}
		return t.answered(d, a, w, esc)
	})
	return a, err
}

// remark tells whether what was sent back is no acknowledgement.
func remark(k AnswerKind) bool { return k == Safe || k == Note || k == Automatic }

// answered is the journal entry of an answer.
func answered(a Answer) journal.Draft {
	b := map[string]any{"answer": a.Kind, "revision": a.Revision, "via": a.Via, "note_sha256": noteHash(a.Note)}
	if !a.Until.IsZero() {
		b["until"] = a.Until
	}
	kind := journal.WarningAcked
	if remark(a.Kind) {
		kind = journal.WarningNoted
	}
	return journal.Draft{At: a.At, Org: a.Org, Kind: kind, Actor: firstOf(a.Account, a.Contact), Subject: a.Warning, Body: body(b)}
}

// answered does what a person's answer to an active warning asks for.
func (t *turn) answered(d *desk, a Answer, w warning.Warning, esc response.EscalationState) error {
	actor := firstOf(a.Account, a.Contact)
	switch a.Kind {
	case HaveIt, Done:
		if esc.State != response.Answered {
			esc.By = "" // an earlier round's
		}
		esc = esc.Taken(actor)
		esc.Warning, esc.Org, esc.Revision, esc.State, esc.Due = a.Warning, a.Org, w.Revision, response.Answered, a.Until
		if a.Kind == Done {
			esc.State = response.Finished
		}
		t.batch.Escalations = append(t.batch.Escalations, esc)
		t.later(esc)
		return nil
	case NeedHelp:
		decisions, err := d.core.ByHand(t.now, a.Warning, warning.DoHelp, actor, a.Note)
		t.decided(a.Org, decisions)
		if err != nil {
			return err
		}
		t.batch.Acts = append(t.batch.Acts, Act{Org: a.Org, At: t.now, What: string(warning.DoHelp), Subject: a.Warning, Actor: actor, Reason: a.Note})
		w, _ = d.core.Warning(a.Warning)
	case Cannot:
		if esc.State == response.Answered || esc.State == response.Finished {
			t.cannot(d, a, w, esc)
			return nil
		}
	}
	t.next(d, w, esc)
	return nil
}

// cannot is said about a warning that somebody has or is done with. What another acknowledged
// stands; whoever takes back his own word leaves it to the others who have it, for no longer
// than an acknowledgement binds from now on, and when there are none the next are asked.
func (t *turn) cannot(d *desk, a Answer, w warning.Warning, esc response.EscalationState) {
	actor := firstOf(a.Account, a.Contact)
	if !esc.Holds(actor) {
		return
	}
	left := esc.Dropped(actor)
	if left.By != "" && esc.State == response.Answered {
		if until := t.now.Add(t.arranged(a.Org).Book.Bounds.AckFor(w.Level, 0)); until.Before(left.Due) {
			left.Due = until
		}
		t.batch.Escalations = append(t.batch.Escalations, left)
		t.later(left)
		return
	}
	t.batch.Woken = append(t.batch.Woken, w.ID)
	t.batch.Journal = append(t.batch.Journal, journal.Draft{
		At: t.now, Org: a.Org, Kind: journal.EscalationDue, Actor: actor, Subject: w.ID,
		Body: body(map[string]any{"revision": w.Revision, "step": esc.Step, "reason": "acknowledgement_withdrawn", "answered_by": esc.By}),
	})
	t.next(d, w, left)
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// Escalate asks the next step of a warning when its time has come and nobody has answered,
// or the first again when an answer has run out and the work is not reported done. Anything
// that happened meanwhile makes it do nothing; force is a person's wish.
func (s *Service) Escalate(ctx context.Context, org, warningID string, revision int, actor string, force bool) error {
	if s.routed() {
		return s.routeEscalate(ctx, inEscalate, org, escalateIn{Warning: warningID, Revision: revision, Actor: actor, Force: force})
	}
	return s.submit(ctx, func(t *turn) error {
		d, err := t.desk(org)
		if err != nil {
			return quiet(err)
		}
		w, active := d.core.Warning(warningID)
		esc, err := t.escalation(warningID)
		if err = quiet(err); err != nil {
			return err
		}
		open := esc.State == response.Running || esc.State == response.Answered
		late := open && !esc.Due.IsZero() && !esc.Due.After(t.now) && esc.Revision == revision
		if !active {
			if late { // it ended without being told: nothing is left to wait for
				esc.State, esc.Due = response.Closed, time.Time{}
				t.batch.Escalations = append(t.batch.Escalations, esc)
			}
			return nil
		}
		if !late && !force {
			return nil
		}
		entry := map[string]any{"revision": w.Revision, "step": esc.Step}
		if v := t.arranged(org).Book.Version; v > 0 {
			entry["duty"] = v
		}
		if late && esc.State == response.Answered {
			entry["reason"], entry["answered_by"] = "acknowledgement_over", esc.By
			t.batch.Journal = append(t.batch.Journal, journal.Draft{At: t.now, Org: org, Kind: journal.EscalationDue, Actor: actor, Subject: warningID, Body: body(entry)})
			t.wake(d, w, esc)
			return nil
		}
		t.batch.Journal = append(t.batch.Journal, journal.Draft{At: t.now, Org: org, Kind: journal.EscalationDue, Actor: actor, Subject: warningID, Body: body(entry)})
		t.next(d, w, esc)
		return nil
	})
}

// Unreached asks the next step at once because a warning reaches nobody, or a red not the
// contact, of the step that was asked last: the wait for an answer would be in vain.
func (s *Service) Unreached(ctx context.Context, org, warningID string, revision, step int) error {
	if s.routed() {
		return s.routeEscalate(ctx, inUnreached, org, escalateIn{Warning: warningID, Revision: revision, Step: step})
	}
	return s.submit(ctx, func(t *turn) error {
		d, err := t.desk(org)
		if err != nil {
			return quiet(err)
		}
		w, active := d.core.Warning(warningID)
		esc, err := t.escalation(warningID)
		if err = quiet(err); err != nil || !active {
			return err
		}
		if esc.State != response.Running || esc.Revision != revision || esc.Step != step {
			return nil
		}
		t.batch.Journal = append(t.batch.Journal, journal.Draft{
			At: t.now, Org: org, Kind: journal.EscalationDue, Actor: "system", Subject: warningID,
			Body: body(map[string]any{"revision": w.Revision, "step": esc.Step, "why": "unreached"}),
		})
		t.next(d, w, esc)
		return nil
	})
}

// escalation is the newest state of a warning's escalation: what an earlier request of the
// same batch made of it counts before what is stored.
func (t *turn) escalation(warningID string) (response.EscalationState, error) {
	for i := len(t.batch.Escalations) - 1; i >= 0; i-- {
		if e := t.batch.Escalations[i]; e.Warning == warningID {
			return e, nil
		}
	}
	t.settle()
	return t.cfg.Store.Escalation(t.ctx, warningID)
}

func (t *turn) next(d *desk, w warning.Warning, esc response.EscalationState) {
	esc.Warning, esc.Org, esc.Revision = w.ID, w.Org, w.Revision
	notes, after := response.Next(w, t.people(d, w, t.now), esc, t.now, t.cfg.Waits)
	t.asks(w, notes, after, esc.Step)
}

// wake asks again because an acknowledgement has run out.
func (t *turn) wake(d *desk, w warning.Warning, esc response.EscalationState) {
	esc.Warning, esc.Org = w.ID, w.Org
	notes, after := response.Wake(w, t.people(d, w, t.now), esc, t.now, t.cfg.Waits)
	t.batch.Woken = append(t.batch.Woken, w.ID)
	t.asks(w, notes, after, after.Step)
}

func (t *turn) asks(w warning.Warning, notes []response.Notification, after response.EscalationState, step int) {
	t.queue(w, notes, after)
	t.dirty[w.Org] = true
	if after.State == response.Exhausted {
		t.exhausted(w, step)
	}
}

// Portfolio returns the current version of an organisation's portfolio.
func (s *Service) Portfolio(ctx context.Context, org string) (portfolio.Portfolio, error) {
	if s.routed() {
		return s.cfg.Order.PortfolioNow(ctx, org)
	}
	var out portfolio.Portfolio
	err := s.submit(ctx, func(t *turn) error {
		d, err := t.desk(org)
		if err != nil {
			return err
		}
		out = d.portfolio
		return nil
	})
	return out, err
}

// AddOrg makes the watch decide for a new organisation.
func (s *Service) AddOrg(ctx context.Context, org string) error {
	if s.routed() {
		_, err := s.ask(ctx, Input{Kind: inOrg, Org: org, Part: s.home(org)}, nil, nil)
		return err
	}
	return s.submit(ctx, func(t *turn) error {
		if _, ok := t.desks[org]; ok {
			return nil
		}
		d, err := s.loadDesk(ctx, org)
		if err != nil {
			return err
		}
		t.desks[org] = d
		return nil
	})
}
