package account

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/id"
	"watchfire.dev/internal/journal"
)

// List returns the accounts of the principal's organisation, without passwords.
func (s *Service) List(ctx context.Context, who desk.Principal) ([]Account, error) {
	if err := need(who, desk.CanAdmin); err != nil {
		return nil, err
	}
	list, err := s.cfg.Store.AccountList(ctx, who.Org)
	for i := range list {
		list[i].Waiting, list[i].Password = list[i].Password == "", ""
	}
	return list, err
}

// NameOf returns the name of an account of the organisation, for who is shown what somebody
// did.
func (s *Service) NameOf(ctx context.Context, org, accountID string) (string, error) {
	a, err := s.cfg.Store.AccountByID(ctx, org, accountID)
	return a.Name, err
}

// Add makes an account and returns the one-time link that lets its person set a password.
// fault.ErrConflict when the address is taken.
func (s *Service) Add(ctx context.Context, who desk.Principal, email, name string, role desk.Role) (Account, string, error) {
	if err := need(who, desk.CanAdmin); err != nil {
		return Account{}, "", err
	}
	email, err := cleanEmail(email)
	if err != nil {
		return Account{}, "", err
	}
	if err := checkName(name); err != nil {
		return Account{}, "", err
	}
	if err := checkRole(role); err != nil {
		return Account{}, "", err
	}
	o, err := s.cfg.Store.Organisation(ctx, who.Org)
	if err != nil {
		return Account{}, "", fmt.Errorf("look organisation up: %w", err)
	}
	a := Account{
		ID: id.Random("acc"), Org: who.Org, Email: email, Name: name, Role: role,
		Language: o.Language, Zone: o.Zone, Created: s.cfg.Now(), Waiting: true,
	}
	url, l, err := s.newLink(a.ID, true)
	if err != nil {
		return Account{}, "", err
	}
	err = s.cfg.Store.CreateAccount(ctx, a, l,
		s.entry(journal.AccountChanged, who.Org, actorOf(who), a.ID, map[string]any{"what": "made", "role": string(role)}))
	if err != nil {
		return Account{}, "", err
	}
	return a, url, nil
}

// A Change of an account; nil leaves a field as it is.
type Change struct {
	Name     *string
	Role     *desk.Role
	Disabled *bool
}

// Change changes an account of the principal's organisation. Another role and disabling end
// its sessions at once. The last administrator can be neither disabled nor demoted
// (fault.ErrConflict).
func (s *Service) Change(ctx context.Context, who desk.Principal, accountID string, c Change) (Account, error) {
	var out Account
	if err := need(who, desk.CanAdmin); err != nil {
		return out, err
	}
	if c.Name != nil {
		if err := checkName(*c.Name); err != nil {
			return out, err
		}
	}
	if c.Role != nil {
		if err := checkRole(*c.Role); err != nil {
			return out, err
		}
	}
	err := s.cfg.Store.ChangeAccount(ctx, who.Org, accountID, func(a *Account) (Effect, error) {
		effect := Effect{}
		note := func(what map[string]any) {
			effect.Journal = append(effect.Journal, s.entry(journal.AccountChanged, who.Org, actorOf(who), accountID, what))
		}
		if c.Name != nil && *c.Name != a.Name {
			a.Name = *c.Name
			note(map[string]any{"what": "name"})
		}
		if c.Role != nil && *c.Role != a.Role {
			note(map[string]any{"what": "role", "from": string(a.Role), "to": string(*c.Role)})
			a.Role = *c.Role
			effect.EndSessions, effect.NeedsAdministrator = true, true
		}
		if c.Disabled != nil && *c.Disabled == a.Disabled.IsZero() {
			a.Disabled = time.Time{}
			if *c.Disabled {
				a.Disabled = s.cfg.Now()
			}
			note(map[string]any{"what": "disabled", "to": *c.Disabled})
			effect.EndSessions, effect.NeedsAdministrator = true, true
		}
		out = *a
		return effect, nil
	})
	out.Waiting, out.Password = out.Password == "", ""
	return out, err
}

// EndSessions ends every session of an account of the organisation, at once. Its tokens and
// its password stay: it is for a device that was lost, or a browser left open.
func (s *Service) EndSessions(ctx context.Context, who desk.Principal, accountID string) error {
	if err := need(who, desk.CanAdmin); err != nil {
		return err
	}
	return s.cfg.Store.ChangeAccount(ctx, who.Org, accountID, func(*Account) (Effect, error) {
		return Effect{EndSessions: true, Journal: []journal.Draft{
			s.entry(journal.AccountChanged, who.Org, actorOf(who), accountID, map[string]any{"what": "sessions"}),
		}}, nil
	})
}

// Reset returns a one-time link for an account of the organisation whose person has
// forgotten the password.
func (s *Service) Reset(ctx context.Context, who desk.Principal, accountID string) (string, error) {
	if err := need(who, desk.CanAdmin); err != nil {
		return "", err
	}
	a, err := s.cfg.Store.AccountByID(ctx, who.Org, accountID)
	if err != nil {
		return "", err
	}
	if !a.Disabled.IsZero() {
		return "", fmt.Errorf("account %s is disabled: %w", accountID, fault.ErrConflict)
	}
	return s.issue(ctx, a, true, actorOf(who))
}

func checkName(name string) error {
	if n := utf8.RuneCountInString(name); strings.TrimSpace(name) != name || n < 1 || n > 200 || !utf8.ValidString(name) ||
		strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return fmt.Errorf("name: want 1 to 200 characters on one line: %w", fault.ErrInvalid)
	}
	return nil
}

func checkRole(r desk.Role) error {
	if !slices.Contains(roles(), r) {
		return fmt.Errorf("role: %.40q is none of %v: %w", r, roles(), fault.ErrInvalid)
	}
	return nil
}
