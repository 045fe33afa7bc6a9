package webtest

import (
	"context"
	"fmt"
	"time"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/web"
)

// Contact answers one contact: its first channel worked a day ago and then failed a test.
func (d *Desk) Contact(ctx context.Context, who desk.Principal, id string) (desk.ContactCard, error) {
	if ours(who) {
		for _, c := range d.Contacts {
			if c.ID != id {
				continue
			}
			card := desk.ContactCard{Contact: c, Projects: []portfolio.Project{d.Sites[0]}}
			for i, a := range c.Channels {
				x := desk.ChannelCard{Channel: a.Channel, Addresses: 1}
				if i == 0 {
					x.Worked = Now.Add(-26 * time.Hour)
					x.Test = &desk.Probe{Contact: id, Channel: a.Channel, At: Now.Add(-time.Hour), Detail: "refused: 550 no such user", Actor: "acc_1"}
				}
				card.Channels = append(card.Channels, x)
			}
			all, err := d.Mutes(ctx, who)
			for _, m := range all {
				if m.Contact == id {
					card.Mutes = append(card.Mutes, m)
				}
			}
			return card, err
		}
	}
	return desk.ContactCard{}, fmt.Errorf("contact %s: %w", id, fault.ErrNotFound)
}

// Mutes lists the one mute of the invented world: the first contact's mail.
func (d *Desk) Mutes(_ context.Context, who desk.Principal) ([]desk.MuteRow, error) {
	if !ours(who) || len(d.Contacts) == 0 {
		return nil, nil
	}
	c, p := d.Contacts[0], d.Sites[0]
	return []desk.MuteRow{{
		Mute: response.Mute{
			Org: Org, Contact: c.ID, Project: p.ID, Channel: "email", Since: Now.Add(-48 * time.Hour), Until: Now.Add(28 * 24 * time.Hour), Actor: c.ID,
		},
		ContactName: c.Name, ProjectName: p.Name, Alone: true,
	}}, nil
}

// Unmute records the command.
func (d *Desk) Unmute(ctx context.Context, who desk.Principal, contact, project, channel string) error {
	if _, err := d.Contact(ctx, who, contact); err != nil {
		return err
	}
	return d.did(who, desk.CanAnswer, "unmute %s %s %s", contact, project, channel)
}

// TestContact records the command; a webhook fails its test.
func (d *Desk) TestContact(ctx context.Context, who desk.Principal, contact, channel string) (desk.Probe, error) {
	if _, err := d.Contact(ctx, who, contact); err != nil {
		return desk.Probe{}, err
	}
	return desk.Probe{Contact: contact, Channel: channel, At: Now, OK: channel != "webhook"}, d.did(who, desk.CanAnswer, "test %s %s", contact, channel)
}

// Leave opens the links behind List-Unsubscribe: "leave" is not muted, "left" is.
type Leave struct{ Desk *Desk }

// Open shows.
func (l Leave) Open(_ context.Context, token string) (web.LeaveView, error) {
	p, c := l.Desk.Sites[0], l.Desk.Contacts[0]
	v := web.LeaveView{Project: p, Name: c.Name, Language: c.Language, Zone: c.Zone, Alone: true}
	switch token {
	case "leave":
	case "left":
		v.Muted = &response.Mute{Contact: c.ID, Project: p.ID, Channel: "email", Since: Now, Until: Now.Add(response.MuteLife)}
	case "gone":
		return v, fault.ErrGone
	default:
		return v, fault.ErrNotFound
	}
	return v, nil
}

// Mute records.
func (l Leave) Mute(ctx context.Context, token string) error { return l.record(ctx, "mute", token) }

// Unmute records.
func (l Leave) Unmute(ctx context.Context, token string) error { return l.record(ctx, "unmute", token) }

func (l Leave) record(ctx context.Context, what, token string) error {
	if _, err := l.Open(ctx, token); err != nil {
		return err
	}
	l.Desk.mu.Lock()
	defer l.Desk.mu.Unlock()
	l.Desk.calls = append(l.Desk.calls, what+" by link "+token)
	return nil
}

// Devices lists two names: a phone that has subscribed, and one that has not.
func (d *Desk) Devices(ctx context.Context, who desk.Principal, contact string) ([]desk.DeviceRow, error) {
	if _, err := d.Contact(ctx, who, contact); err != nil {
		return nil, err
	}
	return []desk.DeviceRow{{Name: "phone", Created: Now.Add(-72 * time.Hour), Worked: Now.Add(-time.Hour)}, {Name: "tablet"}}, nil
}

// SubscribeDevice records the wish.
func (d *Desk) SubscribeDevice(ctx context.Context, who desk.Principal, contact, name, subscription string) error {
	if _, err := d.Contact(ctx, who, contact); err != nil {
		return err
	}
	return d.did(who, desk.CanAnswer, "subscribe %s %s %d", contact, name, len(subscription))
}

// RemoveDevice records the wish.
func (d *Desk) RemoveDevice(ctx context.Context, who desk.Principal, contact, name string) error {
	if _, err := d.Contact(ctx, who, contact); err != nil {
		return err
	}
	return d.did(who, desk.CanAnswer, "unsubscribe %s %s", contact, name)
}
