package app

import (
	"context"
	"fmt"

	"watchfire.dev/internal/account"
	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/capout"
	"watchfire.dev/internal/delivery/email"
	"watchfire.dev/internal/delivery/webhook"
	"watchfire.dev/internal/delivery/wording"
	"watchfire.dev/internal/id"
	"watchfire.dev/internal/response"
)

// newDispatcher makes the channels that are set up and what brings notifications to them.
func (a *App) newDispatcher(ctx context.Context) (*delivery.Dispatcher, error) {
	links, err := a.answerLinks(ctx)
	if err != nil {
		return nil, err
	}
	a.serving.links.Store(links)
	channels := []delivery.Channel{
		webhook.New(a.client(), func(string, string) ([]string, error) { return values(a.cfg.Webhook.Secrets) }, a.opts.Now),
	}
	channels = append(channels, capout.New(a.client(), alerts{a}.push, a.opts.Now).WithTrial(alerts{a}.trial))
	if a.cfg.Mail.Host != "" {
		leave, err := a.leaveLinks(ctx)
		if err != nil {
			return nil, err
		}
		mail, err := a.mail(leave)
		if err != nil {
			return nil, err
		}
		channels = append(channels, mail)
	}
	more, err := a.moreChannels(ctx)
	if err != nil {
		return nil, err
	}
	channels = append(channels, more...)
	a.serving.channels.Store(&channels)
	options := []wording.Option{wording.Waits(WaitsOf(a.cfg)), wording.Following(following{a}), wording.Able(abilities(channels))}
	leave, err := a.leaveLinks(ctx)
	if err != nil {
		return nil, err
	}
	options = append(options, wording.OwnPage(account.OwnLinks{Leave: leave}.Link))
	if a.cfg.Simulated {
		options = append(options, wording.Simulated())
	}
	d := delivery.NewDispatcher(delivery.Config{
		Store: a.db, Storm: a.db, Channels: channels, Words: digests{worded{wording.New(a.book, links, a.cfg.BaseURL, options...)}, a}, Now: a.opts.Now, Sweep: a.opts.Sweep,
		Limits: limitsOf(a.cfg.Limits), Failpoint: a.opts.Failpoint, Changed: func(org string) { a.hub.tell(org, "queue") },
		Unreached: a.unreached, Observed: a.self.attempted, Life: a.life, Trace: a.trace, Log: a.opts.Log,
	})
	a.serving.inbox.Store(delivery.NewInbox(delivery.InboxConfig{
		Store: a.db, Watch: said{a}, Channels: channels, Now: a.opts.Now, Changed: func(org string) { a.hub.tell(org, "queue") },
		Unreached: a.unreached, Again: d.Nudge, Log: a.opts.Log,
	}))
	a.serving.watchdog.Store(&delivery.Watchdog{Dispatcher: d, Late: a.redLate})
	return d, nil
}

// worded lets the dispatcher join notifications into one message.
type worded struct{ *wording.Wording }

// Digest implements delivery.Digester.
func (w worded) Digest(ctx context.Context, list []delivery.Claimed, facts []delivery.Facts) (delivery.Message, error) {
	first := list[0]
	b := wording.Batch{
		Org: first.Org, Channel: first.Channel, Address: first.Address, Purpose: first.Purpose, Contact: facts[0].Contact, Flood: true, Event: true, At: first.Queued,
	}
	keys := []string{}
	event := ""
	for i, f := range facts {
		keys = append(keys, list[i].ID)
		b.Items = append(b.Items, wording.Item{Warning: f.Warning, Project: f.Project})
		if len(f.Warning.Events) == 0 || i > 0 && f.Warning.Events[0].ID != event {
			b.Event = false
			continue
		}
		event = f.Warning.Events[0].ID
	}
	b.Key = id.Derived("dig", keys...)
	return w.Wording.Digest(ctx, b)
}

// abilities tells what channels can do.
func abilities(channels []delivery.Channel) func(string) (delivery.Ability, bool) {
	known := map[string]delivery.Ability{}
	for _, c := range channels {
		if a, ok := c.(delivery.Abled); ok {
			known[c.Name()] = a.Able()
		}
	}
	return func(channel string) (delivery.Ability, bool) {
		a, ok := known[channel]
		return a, ok
	}
}

// mail makes the e-mail channel; leave may be nil. Its dialer is guarded and reaches the
// configured server alone.
func (a *App) mail(leave email.Leave) (*email.Channel, error) {
	m := a.cfg.Mail
	ch, err := email.New(email.Config{
		Host: m.Host, Port: m.Port, TLS: email.TLS(m.TLS), User: m.User, Password: m.Password.Value, From: m.From, HELO: m.HELO,
		ReplyTo: m.ReplyTo, DKIM: dkimOf(m.DKIM), Inbox: a.inboxOf(m.Replies), Secret: given(m.Hook),
	}, leave)
	if err != nil {
		return nil, fmt.Errorf("mail: %w", err)
	}
	return ch, nil
}

// following tells who is asked when nobody of a step answers.
type following struct{ *App }

// Next implements wording.Next.
func (f following) Next(ctx context.Context, org, warningID string, step int) (string, error) {
	_, w, err := f.db.WarningRow(ctx, org, warningID)
	if err != nil {
		return "", err
	}
	p, err := f.db.PortfolioAt(ctx, org, 0)
	if err != nil {
		return "", err
	}
	duty, err := f.db.Duty(ctx, org)
	if err != nil {
		return "", err
	}
	now := f.opts.Now()
	if c, ok := duty.PeopleFor(p, w, now).After(w, response.EscalationState{Step: step}, now); ok {
		return c.Name, nil
	}
	return "", nil
}
