package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/rota"
	"watchfire.dev/internal/warning"
)

// A ChoiceCard is what a contact has chosen, within what bounds.
type ChoiceCard struct {
	Contact  portfolio.Contact `json:"contact"`
	Choice   response.Choice   `json:"choice"`
	Floor    level.Level       `json:"floor"` // from here on nothing is held back
	Snoozes  []response.Snooze `json:"snoozes"`
	Held     []HeldRow         `json:"held"`
	Channels []string          `json:"channels"`
	Shifts   []ShiftRow        `json:"shifts"` // own ones of the next two weeks
	Swaps    []rota.Swap       `json:"swaps"`  // that wait for the contact's answer
}

// self is the contact that stands for a principal: with the account's mail address.
func (d *Desk) self(ctx context.Context, who Principal) (portfolio.Contact, error) {
	duty, p, err := d.staffed(ctx, who.Org)
	if err != nil {
		return portfolio.Contact{}, err
	}
	for _, m := range selfOf(duty, p, who) {
		if c, ok := duty.Reach(p, m); ok {
			return c, nil
		}
	}
	return portfolio.Contact{}, fmt.Errorf("account %s is no contact: %w", who.Account, fault.ErrNotFound)
}

// receiver finds a contact, or the account that a rota may name; "" = the principal's own.
func (d *Desk) receiver(ctx context.Context, who Principal, contact string) (portfolio.Contact, bool, error) {
	own, err := d.self(ctx, who)
	if err != nil && !errors.Is(err, fault.ErrNotFound) {
		return own, false, err
	}
	if contact == "" || err == nil && own.ID == contact {
		return own, true, err
	}
	_, c, err := d.contact(ctx, who, contact)
	return c, false, err
}

// mayChoose asks for the right to set what somebody else gets: the own is everybody's.
func mayChoose(who Principal, own bool) error {
	if own {
		return need(who, CanRead)
	}
	return need(who, CanAnswer)
}

// Choice returns what a contact has chosen; "" = the principal's own contact.
func (d *Desk) Choice(ctx context.Context, who Principal, contact string) (ChoiceCard, error) {
	if err := need(who, CanRead); err != nil {
		return ChoiceCard{}, err
	}
	c, _, err := d.receiver(ctx, who, contact)
	if err != nil {
		return ChoiceCard{}, err
	}
	return d.ChoiceOf(ctx, who.Org, c)
}

// ChoiceOf is what a contact has chosen, for whoever has shown that they may see it: a
// principal, or the holder of the contact's signed link.
func (d *Desk) ChoiceOf(ctx context.Context, org string, c portfolio.Contact) (ChoiceCard, error) {
	duty, p, err := d.staffed(ctx, org)
	if err != nil {
		return ChoiceCard{}, err
	}
	card := ChoiceCard{Contact: c, Choice: duty.Choice(c.ID), Floor: duty.Book.Bounds.NoChoice(), Snoozes: []response.Snooze{}, Held: []HeldRow{}, Shifts: []ShiftRow{}, Swaps: []rota.Swap{}}
	now := d.cfg.Now()
	for _, a := range c.Channels {
		if !slices.Contains(card.Channels, a.Channel) {
			card.Channels = append(card.Channels, a.Channel)
		}
	}
	for _, s := range duty.Snoozes {
		if s.Contact == c.ID && now.Before(s.Until) {
			card.Snoozes = append(card.Snoozes, s)
		}
	}
	held, err := d.cfg.Store.HeldBack(ctx, org, now)
	if err != nil {
		return card, err
	}
	for _, h := range held {
		if h.Contact == c.ID {
			if pr, ok := d.index(p).Project(h.Project); ok {
				h.ProjectName = pr.Name
			}
			card.Held = append(card.Held, h)
		}
	}
	me := rota.Member{Contact: c.Code}
	if c.Code == "" {
		me = rota.Member{Account: c.ID}
	}
	card.Shifts = ownShifts(duty, p, me, now, now.AddDate(0, 0, 14))
	for _, s := range duty.Book.Swaps {
		if s.State == rota.Asked && s.Other == me && now.Before(s.To) {
			card.Swaps = append(card.Swaps, s)
		}
	}
	return card, nil
}

// ownShifts lists the shifts of one member on all rotas in a span, in order.
func ownShifts(duty response.Duty, p portfolio.Portfolio, m rota.Member, from, to time.Time) []ShiftRow {
	out := []ShiftRow{}
	for _, r := range duty.Book.Rotas {
		plan, err := duty.Book.Ready(r.Code)
		if err != nil {
			continue
		}
		for _, s := range plan.Shifts(from, to) {
			if s.Member == m {
				out = append(out, named(duty, p, s))
			}
		}
	}
	slices.SortStableFunc(out, func(a, b ShiftRow) int { return a.From.Compare(b.From) })
	return out
}

// SetChoice stores what a contact wants.
func (d *Desk) SetChoice(ctx context.Context, who Principal, c response.Choice) (response.Choice, error) {
	to, own, err := d.receiver(ctx, who, c.Contact)
	if err != nil {
		return c, err
	}
	if err := mayChoose(who, own); err != nil {
		return c, err
	}
	c.Contact = to.ID
	return d.PutChoice(ctx, who.Org, who.Account, c, 0)
}

// AnyVersion as the version of a choice changes whatever stands.
const AnyVersion = -1

// PutChoice stores a choice for whoever has shown that they may make it. c.Version is the
// version that was seen: another one by now is a *fault.Changed.
func (d *Desk) PutChoice(ctx context.Context, org, actor string, c response.Choice, undoes int) (response.Choice, error) {
	if err := c.Check(); err != nil {
		return c, fmt.Errorf("choice of contact %s: %w", c.Contact, err)
	}
	old, err := d.cfg.Store.ChoiceAt(ctx, org, c.Contact, 0)
	if err != nil {
		return c, err
	}
	if c.Version != old.Version && c.Version != AnyVersion {
		return old, &fault.Changed{What: "choice of contact " + c.Contact, Version: int64(old.Version), By: old.Actor, At: old.At}
	}
	c.Org, c.Version, c.At, c.Actor = org, old.Version+1, d.cfg.Now(), actor
	raw, err := journal.Body(map[string]any{
		"version": c.Version, "undoes": undoes, "quiet": len(c.Quiet), "digest": c.Digest, "least": c.Least, "language": c.Language, "zone": c.Zone,
	})
	if err != nil {
		return c, err
	}
	err = d.cfg.Store.PutChoice(ctx, c, journal.Draft{At: c.At, Org: org, Kind: journal.ChoiceMade, Actor: actor, Subject: c.Contact, Body: raw})
	if err == nil {
		d.changed(org)
	}
	return c, err
}

// UndoChoice restores what a contact had chosen before.
func (d *Desk) UndoChoice(ctx context.Context, who Principal, contact string) (response.Choice, error) {
	to, own, err := d.receiver(ctx, who, contact)
	if err != nil {
		return response.Choice{}, err
	}
	if err := mayChoose(who, own); err != nil {
		return response.Choice{}, err
	}
	return d.TakeBackChoice(ctx, who.Org, who.Account, to.ID)
}

// TakeBackChoice restores what a contact had chosen before, as a new version.
func (d *Desk) TakeBackChoice(ctx context.Context, org, actor, contact string) (response.Choice, error) {
	now, err := d.cfg.Store.ChoiceAt(ctx, org, contact, 0)
	if err != nil {
		return now, err
	}
	if now.Version == 0 {
		return now, fmt.Errorf("contact %s has chosen nothing: %w", contact, fault.ErrNotFound)
	}
	earlier := response.Choice{Contact: contact}
	if now.Version > 1 {
		if earlier, err = d.cfg.Store.ChoiceAt(ctx, org, contact, now.Version-1); err != nil {
			return now, err
		}
	}
	earlier.Version = now.Version
	return d.PutChoice(ctx, org, actor, earlier, now.Version)
}

// Snooze keeps a warning from a contact for a while.
func (d *Desk) Snooze(ctx context.Context, who Principal, warningID, contact string, length time.Duration) (response.Snooze, error) {
	_, w, err := d.cfg.Store.WarningRow(ctx, who.Org, warningID)
	if err != nil {
		return response.Snooze{}, err
	}
	to, own, err := d.receiver(ctx, who, contact)
	if err != nil {
		return response.Snooze{}, err
	}
	if err := mayChoose(who, own); err != nil {
		return response.Snooze{}, err
	}
	if !warning.Active(w) {
		return response.Snooze{}, fmt.Errorf("warning %s is over: %w", warningID, fault.ErrGone)
	}
	now := d.cfg.Now()
	s := response.Snooze{Org: who.Org, Contact: to.ID, Warning: warningID, Level: w.Level, Since: now, Until: now.Add(length), Actor: who.Account}
	if w.Emergency {
		return s, fmt.Errorf("an EMERGENCY cannot be snoozed: %w", fault.ErrInvalid)
	}
	if err := s.Check(); err != nil {
		return s, err
	}
	raw, err := journal.Body(map[string]any{"contact": to.ID, "until": s.Until, "level": s.Level.String()})
	if err != nil {
		return s, err
	}
	err = d.cfg.Store.PutSnooze(ctx, s, journal.Draft{At: now, Org: who.Org, Kind: journal.WarningSilenced, Actor: who.Account, Subject: warningID, Body: raw})
	if err == nil {
		d.changed(who.Org)
	}
	return s, err
}

// Unsnooze lifts a snooze; what waits for its end goes out now.
func (d *Desk) Unsnooze(ctx context.Context, who Principal, warningID, contact string) error {
	to, own, err := d.receiver(ctx, who, contact)
	if err != nil {
		return err
	}
	if err := mayChoose(who, own); err != nil {
		return err
	}
	now := d.cfg.Now()
	raw, err := journal.Body(map[string]any{"contact": to.ID, "until": now, "lifted": true})
	if err != nil {
		return err
	}
	err = d.cfg.Store.EndSnooze(ctx, response.Snooze{Org: who.Org, Contact: to.ID, Warning: warningID}, now,
		journal.Draft{At: now, Org: who.Org, Kind: journal.WarningSilenced, Actor: who.Account, Subject: warningID, Body: raw})
	if err == nil {
		d.changed(who.Org)
	}
	return err
}

// SwapByLink answers a swap as a contact whose signed link was shown.
func (d *Desk) SwapByLink(ctx context.Context, org string, c portfolio.Contact, swapID string, state rota.SwapState) error {
	duty, _, err := d.staffed(ctx, org)
	if err != nil {
		return err
	}
	after, err := duty.Book.AnswerSwap(swapID, rota.Member{Contact: c.Code}, state, d.cfg.Now(), c.ID)
	if err != nil {
		return err
	}
	_, err = d.putBook(ctx, Principal{Org: org, Account: c.ID, Name: c.Name}, duty.Book.Version, after, "swap "+string(state)+" "+swapID, 0)
	return err
}
