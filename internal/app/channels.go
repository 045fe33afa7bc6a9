package app

import (
	"context"
	"fmt"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/email"
	"watchfire.dev/internal/delivery/webhook"
)

// newDispatcher makes the channels that are set up and what brings notifications to them.
func (a *App) newDispatcher(ctx context.Context) (*delivery.Dispatcher, error) {
	links, err := a.answerLinks(ctx)
	if err != nil {
		return nil, err
	}
	channels := []delivery.Channel{
		webhook.New(a.client(), func(string, string) ([]string, error) { return a.webhookSecrets() }, a.opts.Now),
	}
	if m := a.cfg.Mail; m.Host != "" {
		ch, err := email.New(email.Config{
			Host: m.Host, Port: m.Port, TLS: email.TLS(m.TLS), User: m.User, Password: m.Password.Value, From: m.From, HELO: m.HELO,
		}, leaveLinks{a})
		if err != nil {
			return nil, fmt.Errorf("mail: %w", err)
		}
		channels = append(channels, ch)
	}
	return delivery.NewDispatcher(delivery.Config{
		Store: a.db, Channels: channels, Words: tempWords{a, links}, Now: a.opts.Now, Sweep: a.opts.Sweep,
		Failpoint: a.opts.Failpoint, Changed: func(org string) { a.hub.tell(org, "queue") }, Log: a.opts.Log,
	}), nil
}

func (a *App) webhookSecrets() ([]string, error) {
	var out []string
	for _, s := range a.cfg.Webhook.Secrets {
		v, err := s.Value()
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}
func (a *App) mailWitness(ctx context.Context, to, subject, text string) error { return nil }

type leaveLinks struct{ *App }

func (l leaveLinks) Leave(ctx context.Context, org, contact, address string) (string, error) {
	return l.cfg.BaseURL + "/leave/x", nil
}
