package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/id"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/response"
)

// People is what can be seen and done about contacts. Every method answers for the
// principal's organisation; a contact of another one is fault.ErrNotFound.
type People interface {
	Contact(ctx context.Context, who Principal, contactID string) (ContactCard, error)
	// Mutes lists the mutes that hold now, the one that ends first at the top.
	Mutes(ctx context.Context, who Principal) ([]MuteRow, error)
	// Unmute lifts a mute before its end; fault.ErrNotFound when there is none.
	Unmute(ctx context.Context, who Principal, contactID, projectID, channel string) error
	// TestContact sends a test message over a contact's channel. What the channel refused is
	// no error: the Probe says so. fault.ErrConflict when the last test is younger than a minute.
	TestContact(ctx context.Context, who Principal, contactID, channel string) (Probe, error)
}

var _ People = (*Desk)(nil)

// ContactStore is what the desk keeps about contacts beside the portfolio.
type ContactStore interface {
	Mutes(ctx context.Context, org string) (response.Mutes, error)
	EndMute(ctx context.Context, m response.Mute, entries ...journal.Draft) error
	PutProbe(ctx context.Context, org string, p Probe, entries ...journal.Draft) error
	LastProbes(ctx context.Context, org, contact string) ([]Probe, error)
	Worked(ctx context.Context, org, contact string) (Worked, error)
}

// A Probe is one test message to a contact and what became of it.
type Probe struct {
	Contact string    `json:"contact"` // id
	Channel string    `json:"channel"`
	At      time.Time `json:"at"`
	OK      bool      `json:"ok"`     // the channel took it
	Detail  string    `json:"detail"` // what the channel said, without the address
	Actor   string    `json:"actor"`
}

// Worked tells by channel when a contact was last reached, by a test or a notification.
type Worked map[string]time.Time

// A MuteRow is a mute with the names to show.
type MuteRow struct {
	response.Mute
	ContactName string `json:"contact_name"`
	ProjectName string `json:"project_name"`
	Alone       bool   `json:"alone"` // nobody else hears of the project's warnings below red
}

// A ContactCard is one contact with how each channel is doing.
type ContactCard struct {
	Contact  portfolio.Contact   `json:"contact"`
	Projects []portfolio.Project `json:"projects"` // whose warnings it gets by its step
	Channels []ChannelCard       `json:"channels"`
	Mutes    []MuteRow           `json:"mutes"` // that hold now
}

// A ChannelCard is one channel of a contact.
type ChannelCard struct {
	Channel   string    `json:"channel"`
	Addresses int       `json:"addresses"`         // how many; the addresses themselves are not shown
	Worked    time.Time `json:"worked,omitzero"`   // when it last took a message
	Test      *Probe    `json:"test,omitempty"`    // the newest test, nil = never tested
	Failing   bool      `json:"failing,omitempty"` // the newest test failed
}

// Contact returns one contact.
func (d *Desk) Contact(ctx context.Context, who Principal, contactID string) (ContactCard, error) {
	if err := need(who, CanRead); err != nil {
		return ContactCard{}, err
	}
	p, c, err := d.contact(ctx, who, contactID)
	if err != nil {
		return ContactCard{}, err
	}
	card := ContactCard{Contact: c}
	for _, pr := range p.Projects {
		if c.Project == pr.ID || c.Project == "" {
			card.Projects = append(card.Projects, pr)
		}
	}
	probes, err := d.cfg.Store.LastProbes(ctx, who.Org, c.ID)
	if err != nil {
		return card, err
	}
	worked, err := d.cfg.Store.Worked(ctx, who.Org, c.ID)
	if err != nil {
		return card, err
	}
	for _, a := range c.Channels {
		if i := slices.IndexFunc(card.Channels, func(x ChannelCard) bool { return x.Channel == a.Channel }); i >= 0 {
			card.Channels[i].Addresses++
			continue
		}
		x := ChannelCard{Channel: a.Channel, Addresses: 1, Worked: worked[a.Channel]}
		if i := slices.IndexFunc(probes, func(p Probe) bool { return p.Channel == a.Channel }); i >= 0 {
			x.Test, x.Failing = &probes[i], !probes[i].OK
		}
		card.Channels = append(card.Channels, x)
	}
	all, err := d.mutes(ctx, who.Org, p)
	for _, m := range all {
		if m.Contact == c.ID {
			card.Mutes = append(card.Mutes, m)
		}
	}
	return card, err
}

// contact finds a contact of the principal's organisation. It asks for no right: what is
// another's does not exist, whatever somebody may.
func (d *Desk) contact(ctx context.Context, who Principal, contactID string) (portfolio.Portfolio, portfolio.Contact, error) {
	p, err := d.portfolio(ctx, who.Org)
	if err != nil {
		return p, portfolio.Contact{}, err
	}
	c, ok := d.index(p).Contact(contactID)
	if !ok {
		return p, c, fmt.Errorf("contact %.64q: %w", contactID, fault.ErrNotFound)
	}
	return p, c, nil
}

// Mutes lists the mutes that hold now.
func (d *Desk) Mutes(ctx context.Context, who Principal) ([]MuteRow, error) {
	if err := need(who, CanRead); err != nil {
		return nil, err
	}
	p, err := d.portfolio(ctx, who.Org)
	if err != nil {
		return nil, err
	}
	return d.mutes(ctx, who.Org, p)
}

func (d *Desk) mutes(ctx context.Context, org string, p portfolio.Portfolio) ([]MuteRow, error) {
	stored, err := d.cfg.Store.Mutes(ctx, org)
	if err != nil {
		return nil, err
	}
	now, index := d.cfg.Now(), d.index(p)
	deserted := map[string]bool{}
	for _, b := range unreached(p, stored, now) {
		deserted[b.Project.ID] = true
	}
	var out []MuteRow
	for _, m := range stored {
		c, known := index.Contact(m.Contact)
		pr, there := index.Project(m.Project)
		if now.Before(m.Until) && known && there { // others concern nobody any more
			out = append(out, MuteRow{Mute: m, ContactName: c.Name, ProjectName: pr.Name, Alone: deserted[m.Project]})
		}
	}
	slices.SortStableFunc(out, func(a, b MuteRow) int { return a.Until.Compare(b.Until) })
	return out, nil
}

// MuteEntry is the journal entry of a mute that begins or is lifted.
func MuteEntry(kind journal.Kind, m response.Mute, at time.Time, actor string) (journal.Draft, error) {
	raw, err := journal.Body(map[string]any{"project": m.Project, "channel": m.Channel, "until": m.Until})
	if err != nil {
		return journal.Draft{}, fmt.Errorf("journal the mute of contact %s: %w", m.Contact, err)
	}
	return journal.Draft{At: at, Org: m.Org, Kind: kind, Actor: actor, Subject: m.Contact, Body: raw}, nil
}

// Unmute lifts a mute before its end.
func (d *Desk) Unmute(ctx context.Context, who Principal, contactID, projectID, channel string) error {
	if _, _, err := d.contact(ctx, who, contactID); err != nil {
		return err
	}
	if err := need(who, CanAnswer); err != nil {
		return err
	}
	stored, err := d.cfg.Store.Mutes(ctx, who.Org)
	if err != nil {
		return err
	}
	m, ok := stored.At(contactID, projectID, channel, d.cfg.Now())
	if !ok {
		return fmt.Errorf("mute of contact %s: %w", contactID, fault.ErrNotFound)
	}
	entry, err := MuteEntry(journal.ContactUnmuted, m, d.cfg.Now(), who.Account)
	if err != nil {
		return err
	}
	return d.cfg.Store.EndMute(ctx, m, entry)
}

// ErrNotServing says that this process has no channels: a command on the data folder.
var ErrNotServing = fmt.Errorf("this process has no channels: %w", fault.ErrUnavailable)

// probeRest is how long a contact is spared after a test.
const probeRest = time.Minute

// TestContact sends a test message to every address that the contact has on a channel.
func (d *Desk) TestContact(ctx context.Context, who Principal, contactID, channel string) (Probe, error) {
	_, c, err := d.contact(ctx, who, contactID)
	if err != nil {
		return Probe{}, err
	}
	if err := need(who, CanAnswer); err != nil {
		return Probe{}, err
	}
	if !slices.ContainsFunc(c.Channels, func(a portfolio.Address) bool { return a.Channel == channel }) {
		return Probe{}, fmt.Errorf("channel %.32q of contact %s: %w", channel, contactID, fault.ErrNotFound)
	}
	last, err := d.cfg.Store.LastProbes(ctx, who.Org, contactID)
	if err != nil {
		return Probe{}, err
	}
	now := d.cfg.Now()
	for _, p := range last {
		if p.Channel == channel && now.Sub(p.At) < probeRest {
			return Probe{}, fmt.Errorf("contact %s was tested at %s; once a minute is enough: %w", contactID, p.At.UTC().Format(time.RFC3339), fault.ErrConflict)
		}
	}
	return d.probe(ctx, who, c, channel, now)
}

func (d *Desk) probe(ctx context.Context, who Principal, c portfolio.Contact, channel string, now time.Time) (Probe, error) {
	p := Probe{Contact: c.ID, Channel: channel, At: now, OK: true, Actor: who.Account}
	for _, a := range c.Channels {
		if a.Channel != channel {
			continue
		}
		said, err := d.cfg.Probe(ctx, who.Org, c, a, id.Random("tst"))
		if errors.Is(err, ErrNotServing) {
			return p, fmt.Errorf("test contact %s: %w", c.ID, err)
		}
		if err != nil {
			p.OK, said = false, err.Error()
		}
		p.Detail = said
		if !p.OK {
			break // the first address that fails is what somebody must look at
		}
	}
	raw, err := journal.Body(map[string]any{"channel": channel, "ok": p.OK})
	if err != nil {
		return p, err
	}
	err = d.cfg.Store.PutProbe(ctx, who.Org, p, journal.Draft{At: now, Org: who.Org, Kind: journal.ContactTested, Actor: who.Account, Subject: c.ID, Body: raw})
	return p, err
}
