package app

import (
	"context"
	"fmt"
	"time"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/watch"
)

// said takes what people sent back over a channel into the watch.
type said struct{ *App }

// Answered implements delivery.Answerer.
func (s said) Answered(ctx context.Context, m delivery.Meant, channel string, what delivery.Said, text string) error {
	a := watch.Answer{Org: m.Org, Warning: m.Warning, Contact: m.Contact, Via: channel, Note: text}
	switch what {
	case delivery.SaidHaveIt:
		a.Kind = watch.HaveIt
	case delivery.SaidHelp:
		a.Kind = watch.NeedHelp
	case delivery.SaidCannot:
		a.Kind = watch.Cannot
	case delivery.SaidSafe:
		a.Kind = watch.Safe
	default:
		a.Kind = watch.Note
	}
	p, err := s.db.PortfolioAt(ctx, m.Org, 0)
	if err != nil {
		return fmt.Errorf("portfolio of %s: %w", m.Org, err)
	}
	if c, ok := p.Index().Contact(m.Contact); ok {
		a.By = c.Name
	}
	_, err = s.watch.Answer(ctx, a)
	return err
}

// Left implements delivery.Answerer: the same mute as behind a mail's unsubscribe link, on
// the channel that was used.
func (s said) Left(ctx context.Context, m delivery.Meant, channel string) error {
	now := s.opts.Now()
	mutes, err := s.db.Mutes(ctx, m.Org)
	if err != nil {
		return err
	}
	if _, muted := mutes.At(m.Contact, m.Project, channel, now); muted { // its end stays where it is
		return nil
	}
	mute := response.Mute{Org: m.Org, Contact: m.Contact, Project: m.Project, Channel: channel, Since: now, Until: now.Add(response.MuteLife), Actor: m.Contact}
	entry, err := desk.MuteEntry(journal.ContactMuted, mute, now, m.Contact)
	if err != nil {
		return err
	}
	if err := s.db.PutMute(ctx, mute, entry); err != nil {
		return fmt.Errorf("mute contact %s: %w", m.Contact, err)
	}
	s.hub.tell(m.Org, "portfolio")
	return nil
}

// unreached asks whoever is next, because waiting for an answer would be in vain.
func (a *App) unreached(ctx context.Context, u delivery.Unreached) {
	if err := a.watch.Unreached(ctx, u.Org, u.Warning, u.Revision, u.Step); err != nil && ctx.Err() == nil {
		a.opts.Log.Error("ask whoever is next", "warning", u.Warning, "error", err)
	}
}

// redLate journals that a red was late and shows it on every page.
func (a *App) redLate(c delivery.Claimed, by time.Duration) {
	a.opts.Log.Error("a red was late", "warning", c.Warning, "notification", c.ID, "seconds", int(by.Seconds()))
	raw, err := journal.Body(map[string]any{"warning": c.Warning, "channel": c.Channel, "seconds": int(by.Seconds())})
	if err == nil {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		err = a.db.Journal(ctx, journal.Draft{At: a.opts.Now(), Org: c.Org, Kind: journal.RedLate, Actor: "system", Subject: c.ID, Body: raw})
	}
	if err != nil {
		a.opts.Log.Error("journal a late red", "notification", c.ID, "error", err)
	}
	a.hub.tell(c.Org, "queue")
}
