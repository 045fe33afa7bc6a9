package desk

import (
	"context"
	"fmt"
	"time"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/response"
)

// An Outgoing is a notice on its way.
type Outgoing struct {
	Notice        delivery.Notice
	Notifications []response.Notification
	Tells         []string // the things that it tells: each is told once
	// Link is the SHA-256 of the token by which its respondent answers, kept with it, so that
	// sending writes nothing; "" = it has none.
	Link string
}

// NoticeStore keeps messages that belong to no warning.
type NoticeStore interface {
	// PutNotice stores a notice with its notifications in one transaction. One that is there,
	// or that tells what was told, changes nothing and is not fresh.
	PutNotice(ctx context.Context, o Outgoing, entries ...journal.Draft) (fresh bool, err error)
	Notice(ctx context.Context, org, id string) (delivery.Notice, error)
	// Told lists what was told, of those things whose names begin with a prefix.
	Told(ctx context.Context, org, prefix string) (map[string]bool, error)
}

// carries tells whether a notice can go over a channel: to one person, in writing, with a
// link. A room and a program get none, since the link is its reader's alone; a voice cannot
// read a link out.
func (d *Desk) carries(channel string) bool {
	if d.cfg.Carries != nil {
		return d.cfg.Carries(channel)
	}
	return channel == "email" || channel == "sms"
}

// send queues a notice to a contact, not before an instant. It tells whether it is fresh;
// where nobody can be reached it is kept all the same, so that the page says so.
func (d *Desk) send(ctx context.Context, duty response.Duty, o Outgoing, c portfolio.Contact, at time.Time) (bool, error) {
	o.Notice.Contact = c.ID
	n := o.Notice
	o.Notifications = duty.Notices(n.Org, n.ID, c, d.carries, at)
	channels := make([]string, len(o.Notifications))
	for i, x := range o.Notifications {
		channels[i] = x.Channel
	}
	body, err := journal.Body(map[string]any{"kind": string(n.Kind), "contact": n.Contact, "channels": channels, "survey": n.Survey, "round": n.Round, "items": len(n.Items)})
	if err != nil {
		return false, err
	}
	fresh, err := d.cfg.Notices.PutNotice(ctx, o, journal.Draft{At: n.At, Org: n.Org, Kind: journal.Noticed, Actor: "system", Subject: n.ID, Body: body})
	if err != nil {
		return false, fmt.Errorf("queue a notice to contact %s: %w", c.ID, err)
	}
	return fresh, nil
}

// SurveyConfig is what a Desk needs for surveys and other messages that belong to no warning.
type SurveyConfig struct {
	Surveys SurveyStore // nil = there are no surveys
	Notices NoticeStore // nil = nobody is told what is due in the register
	// Carries tells which channels can take such a message; nil = e-mail and SMS.
	Carries func(channel string) bool
	// SheetLink gives the hash that is kept of the link by which a respondent answers a survey;
	// nil = there are no links.
	SheetLink func(ctx context.Context, org, survey, respondent string) (hash string, err error)
}
