package app

import (
	"context"
	"fmt"
	"sync"
	"time"

	"watchfire.dev/internal/account"
	"watchfire.dev/internal/api"
	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/id"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/response"
)

// trialEvery is how often a contact may be sent a test.
const trialEvery = time.Minute

// trials sends test messages. It goes straight to the channels and leaves the outbox alone:
// a test must never stand in the way of a warning.
type trials struct {
	*App
	mu   sync.Mutex
	last map[string]time.Time // by contact; old ones are dropped at the next test
}

func newTrials(a *App) *trials { return &trials{App: a, last: map[string]time.Time{}} }

// TestContact implements api.Testing.
func (t *trials) TestContact(ctx context.Context, who desk.Principal, contact string) ([]api.Trial, error) {
	p, err := t.db.PortfolioAt(ctx, who.Org, 0)
	if err != nil {
		return nil, err
	}
	c, ok := p.Index().Contact(contact)
	if !ok {
		return nil, fmt.Errorf("contact %.40q: %w", contact, fault.ErrNotFound)
	}
	if !who.May(desk.CanPortfolio) {
		return nil, fmt.Errorf("test a contact: %w", fault.ErrForbidden)
	}
	channels := t.serving.channels.Load()
	if channels == nil {
		return nil, notServing("test a contact")
	}
	if err := t.take(c.ID); err != nil {
		return nil, err
	}
	out := make([]api.Trial, len(c.Channels))
	for i, a := range c.Channels {
		out[i] = t.one(ctx, who, c, a, *channels)
	}
	return out, t.note(ctx, who, c, out)
}

// take keeps tests of one contact apart.
func (t *trials) take(contact string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.opts.Now()
	for c, at := range t.last {
		if now.Sub(at) >= trialEvery {
			delete(t.last, c)
		}
	}
	if at, ok := t.last[contact]; ok {
		return &account.TooMany{Wait: trialEvery - now.Sub(at)}
	}
	t.last[contact] = now
	return nil
}

func (t *trials) one(ctx context.Context, who desk.Principal, c portfolio.Contact, a portfolio.Address, channels []delivery.Channel) api.Trial {
	out := api.Trial{Channel: a.Channel, State: "failed", Detail: "the channel is not set up"}
	if a.Channel == "cap" {
		out.State, out.Detail = "skipped", "an alert that goes on to others is never sent for a test"
		return out
	}
	words := t.book.For(c.Language)
	m := delivery.Message{
		Key: id.Random("tst"), Org: who.Org, Address: a.Address, Purpose: response.Test, Level: level.Green, Contact: c, Language: words.Language(),
		Subject: words.T("mail.test_subject"), Text: words.T("mail.test", "By", who.Name, "Name", c.Name), PageURL: t.cfg.BaseURL,
		Thread: "test " + c.ID, First: true, At: t.opts.Now(),
	}
	for _, ch := range channels {
		if ch.Name() != a.Channel {
			continue
		}
		receipt, err := ch.Send(ctx, m)
		if err != nil {
			out.Detail = err.Error()
			return out
		}
		out.State, out.Detail = string(receipt.State), receipt.Detail
	}
	return out
}

// note journals the test: data left the program.
func (t *trials) note(ctx context.Context, who desk.Principal, c portfolio.Contact, done []api.Trial) error {
	states := map[string]any{}
	for _, d := range done {
		states[d.Channel] = d.State
	}
	raw, err := journal.Body(map[string]any{"test": true, "channels": states})
	if err != nil {
		return err
	}
	return t.db.Journal(ctx, journal.Draft{At: t.opts.Now(), Org: who.Org, Kind: journal.Attempted, Actor: who.Account, Subject: c.ID, Body: raw})
}
