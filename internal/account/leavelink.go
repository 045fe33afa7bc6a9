package account

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/warning"
)

// LeaveStore is what the links behind List-Unsubscribe need of a database.
type LeaveStore interface {
	Settings
	PortfolioAt(ctx context.Context, org string, version int64) (portfolio.Portfolio, error)
	// Duty returns what the people of an organisation have arranged and chosen.
	Duty(ctx context.Context, org string) (response.Duty, error)
	PutMute(ctx context.Context, m response.Mute, entries ...journal.Draft) error
	// EndMute fails with fault.ErrNotFound when there is none.
	EndMute(ctx context.Context, m response.Mute, entries ...journal.Draft) error
}

// LeaveConfig is what LeaveLinks needs.
type LeaveConfig struct {
	Store   LeaveStore
	Now     clock.Clock
	Random  io.Reader
	BaseURL string           // as in Config
	Changed func(org string) // tells open pages; nil = nobody; must not block
}

// LeaveLinks makes and opens the links behind List-Unsubscribe (RFC 8058). A token names one
// contact and one project and is signed for this purpose alone: it opens no answer link and
// no session. It does not end: mail is kept for years, and what it does is mild, visible and
// undone by one click. What leaving means stands in docs/decisions/0014-a-mute-is-not-an-exit.md.
type LeaveLinks struct {
	cfg LeaveConfig
	key []byte
}

// leaveChannel is the channel whose messages carry the link.
const leaveChannel = "email"

// NewLeaveLinks reads the signing key, or makes it at the first start.
func NewLeaveLinks(ctx context.Context, c LeaveConfig) (*LeaveLinks, error) {
	key, err := signingKey(ctx, c.Store, "leave_link_key", c.Random)
	if err != nil {
		return nil, fmt.Errorf("leave links: %w", err)
	}
	if c.Changed == nil {
		c.Changed = func(string) {}
	}
	c.BaseURL = strings.TrimRight(c.BaseURL, "/")
	return &LeaveLinks{c, key}, nil
}

// Leave returns the link for a contact and a project.
func (l *LeaveLinks) Leave(_ context.Context, org, contact, project string) (string, error) {
	for _, part := range []string{org, contact, project} {
		if part == "" || strings.Contains(part, "\x00") {
			return "", fmt.Errorf("leave link without organisation, contact or project: %w", fault.ErrInvalid)
		}
	}
	return l.cfg.BaseURL + "/leave/" + l.token(org, contact, project), nil
}

func (l *LeaveLinks) token(org, contact, project string) string {
	payload := []byte(org + "\x00" + contact + "\x00" + project)
	return base64.RawURLEncoding.EncodeToString(append(l.seal(payload), payload...))
}

// sealSize is the length of the signature before the payload: 128 bits.
const sealSize = 16

func (l *LeaveLinks) seal(payload []byte) []byte {
	mac := hmac.New(sha256.New, l.key)
	fmt.Fprintf(mac, "watchfire leave link v1\x00%s", payload)
	return mac.Sum(nil)[:sealSize]
}

// A LeaveView is what the person with the link sees.
type LeaveView struct {
	Project  portfolio.Project
	Name     string // of the contact
	Language string
	Zone     string
	Muted    *response.Mute // nil = not muted
	Alone    bool           // while it is muted, or once it is, nobody else hears of warnings below red
}

// opened is what a token stands for.
type opened struct {
	org     string
	folio   portfolio.Portfolio
	contact portfolio.Contact
	project portfolio.Project
	duty    response.Duty
}

// open reads a token. One that nobody signed is fault.ErrNotFound; one whose contact or
// project has left the portfolio is fault.ErrGone.
func (l *LeaveLinks) open(ctx context.Context, token string) (opened, error) {
	var o opened
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) <= sealSize || len(raw) > 1024 || !hmac.Equal(raw[:sealSize], l.seal(raw[sealSize:])) {
		return o, fmt.Errorf("leave link: %w", fault.ErrNotFound)
	}
	parts := strings.Split(string(raw[sealSize:]), "\x00")
	if len(parts) != 3 {
		return o, fmt.Errorf("leave link: %w", fault.ErrNotFound)
	}
	o.org = parts[0]
	if o.folio, err = l.cfg.Store.PortfolioAt(ctx, o.org, 0); err != nil {
		return o, fmt.Errorf("portfolio of a leave link: %w", err)
	}
	index := o.folio.Index()
	var known, there bool
	o.contact, known = index.Contact(parts[1])
	o.project, there = index.Project(parts[2])
	if !known || !there {
		return o, fmt.Errorf("this contact or project is no longer in the portfolio: %w", fault.ErrGone)
	}
	if o.duty, err = l.cfg.Store.Duty(ctx, o.org); err != nil {
		return o, fmt.Errorf("choices of a leave link: %w", err)
	}
	return o, nil
}

// Open shows what the link is about and has no effect.
func (l *LeaveLinks) Open(ctx context.Context, token string) (LeaveView, error) {
	o, err := l.open(ctx, token)
	if err != nil {
		return LeaveView{}, err
	}
	now := l.cfg.Now()
	v := LeaveView{Project: o.project, Name: o.contact.Name, Language: o.contact.Language, Zone: o.contact.Zone}
	with := o.duty
	if m, muted := o.duty.Mutes.At(o.contact.ID, o.project.ID, leaveChannel, now); muted {
		v.Muted = &m
	} else {
		with.Mutes = append(slices.Clip(with.Mutes), l.mute(o))
	}
	w := warning.Warning{Project: o.project.ID}
	v.Alone = !with.PeopleFor(o.folio, w, now).Reaches(w, now)
	return v, nil
}

func (l *LeaveLinks) mute(o opened) response.Mute {
	now := l.cfg.Now()
	return response.Mute{
		Org: o.org, Contact: o.contact.ID, Project: o.project.ID, Channel: leaveChannel, Since: now, Until: now.Add(response.MuteLife), Actor: o.contact.ID,
	}
}

// Mute mutes the mails of the link's project for its contact. Doing it again changes nothing:
// the end stays where it is, so that a robot that repeats itself lengthens no silence.
func (l *LeaveLinks) Mute(ctx context.Context, token string) error {
	o, err := l.open(ctx, token)
	if err != nil {
		return err
	}
	m := l.mute(o)
	if _, muted := o.duty.Mutes.At(m.Contact, m.Project, m.Channel, m.Since); muted {
		return nil
	}
	entry, err := desk.MuteEntry(journal.ContactMuted, m, m.Since, o.contact.ID)
	if err != nil {
		return err
	}
	if err := l.cfg.Store.PutMute(ctx, m, entry); err != nil {
		return fmt.Errorf("mute contact %s: %w", m.Contact, err)
	}
	l.cfg.Changed(o.org)
	return nil
}

// Unmute lifts the mute of the link. Without one it does nothing.
func (l *LeaveLinks) Unmute(ctx context.Context, token string) error {
	o, err := l.open(ctx, token)
	if err != nil {
		return err
	}
	m, muted := o.duty.Mutes.At(o.contact.ID, o.project.ID, leaveChannel, l.cfg.Now())
	if !muted {
		return nil
	}
	entry, err := desk.MuteEntry(journal.ContactUnmuted, m, l.cfg.Now(), o.contact.ID)
	if err != nil {
		return err
	}
	if err := l.cfg.Store.EndMute(ctx, m, entry); err != nil && !errors.Is(err, fault.ErrNotFound) {
		return fmt.Errorf("unmute contact %s: %w", m.Contact, err)
	}
	l.cfg.Changed(o.org)
	return nil
}
