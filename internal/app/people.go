package app

import (
	"context"
	"fmt"
	"sync"

	"watchfire.dev/internal/cap"
	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/capout"
	"watchfire.dev/internal/delivery/wording"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/id"
	"watchfire.dev/internal/journal/witness"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/rule"
	"watchfire.dev/internal/watch"
)

// probe sends a test message to a contact's address.
func (a *App) probe(ctx context.Context, org string, c portfolio.Contact, to portfolio.Address, key string) (string, error) {
	channels := a.serving.channels.Load()
	if channels == nil {
		return "", desk.ErrNotServing
	}
	for _, ch := range *channels {
		if ch.Name() != to.Channel {
			continue
		}
		tester, ok := ch.(delivery.Tester)
		if !ok {
			return "", fmt.Errorf("channel %s has no test: %w", to.Channel, desk.ErrNotServing)
		}
		r, err := tester.Test(ctx, wording.Test(a.book, org, c, to.Address, key, a.opts.Now()))
		return r.Detail, err
	}
	return "", &delivery.Fault{Kind: delivery.Misset, Err: fmt.Errorf("channel %s is not set up", to.Channel)}
}

// trial is the alert that tests a partner who is a contact.
func (a alerts) trial(m delivery.Message) ([]byte, error) {
	al, err := capout.TestAlert(capout.Config{Sender: a.cfg.CAP.Sender, Book: a.book}, m)
	if err != nil {
		return nil, err
	}
	return cap.Marshal(al)
}

// mailWitnesses are the mailboxes that get checkpoints, through the same server as all mail.
func (a *App) mailWitnesses() ([]witness.Publisher, error) {
	if len(a.cfg.Journal.WitnessEmails) == 0 {
		return nil, nil
	}
	ch, err := a.mail(nil)
	if err != nil {
		return nil, fmt.Errorf("witness: %w", err)
	}
	var out []witness.Publisher
	for _, to := range a.cfg.Journal.WitnessEmails {
		send := func(ctx context.Context, subject, body string) error {
			_, err := ch.Send(ctx, delivery.Message{
				Key: id.Derived("chk", to, body), Address: to, Subject: subject, Text: body, Language: "en", At: a.opts.Now(),
			})
			return err
		}
		out = append(out, witness.NewMail(send, to, a.cfg.Journal.MailEvery()))
	}
	return out, nil
}

// raters remembers the rules in force of each organisation, to ask them what went wrong.
type raters struct {
	mu    sync.Mutex
	byOrg map[string]faulty
}

// faulty is what a rater tells about itself.
type faulty interface{ Errors() []rule.Fault }

func newRaters() *raters { return &raters{byOrg: map[string]faulty{}} }

// set makes a rater, as watch.Config wants it.
func (r *raters) set(versions []watch.RuleVersion) (watch.Rater, error) {
	got, err := rule.Set(versions)
	if err != nil || len(versions) == 0 {
		return got, err
	}
	if f, ok := got.(faulty); ok {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.byOrg[versions[0].Org] = f
	}
	return got, nil
}

// faults lists the rules of an organisation that do not work.
func (r *raters) faults(org string) []desk.RuleFault {
	r.mu.Lock()
	f := r.byOrg[org]
	r.mu.Unlock()
	if f == nil {
		return nil
	}
	var out []desk.RuleFault
	for _, x := range f.Errors() {
		out = append(out, desk.RuleFault{Rule: x.Rule, Broken: x.Broken, Count: x.Count, Reason: x.Last})
	}
	return out
}
