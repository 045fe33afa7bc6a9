package account

import (
	"context"
	"fmt"
	"time"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/journal"
)

// Prefs is what a person sets for the own screen.
type Prefs struct {
	Language string // BCP 47
	Zone     string // IANA
	Theme    string // "light", "dark", "" = as the device says
}

// SetPrefs stores the own preferences. They are no right, so no session ends.
func (s *Service) SetPrefs(ctx context.Context, who desk.Principal, p Prefs) error {
	if _, err := time.LoadLocation(p.Zone); err != nil || p.Zone == "" || p.Zone == "Local" {
		return fmt.Errorf("zone: not an IANA time zone: %w", fault.ErrInvalid)
	}
	if p.Theme != "" && p.Theme != "light" && p.Theme != "dark" {
		return fmt.Errorf("theme: want light, dark or nothing: %w", fault.ErrInvalid)
	}
	if p.Language == "" || len(p.Language) > 35 {
		return fmt.Errorf("language: want a BCP 47 tag: %w", fault.ErrInvalid)
	}
	return s.cfg.Store.ChangeAccount(ctx, who.Org, who.Account, func(a *Account) (Effect, error) {
		a.Language, a.Zone, a.Theme = p.Language, p.Zone, p.Theme
		return Effect{}, nil
	})
}

// SetPassword changes the own password: fault.ErrUnauthorised when old is wrong,
// fault.ErrInvalid when fresh will not do. The account's other sessions end.
func (s *Service) SetPassword(ctx context.Context, who desk.Principal, old, fresh string) error {
	if who.Token != "" {
		return fmt.Errorf("a token sets no password: %w", fault.ErrForbidden)
	}
	now := s.cfg.Now()
	place := "own password of " + who.Account // nobody's wrong tries hold up somebody else
	if wait, _ := s.limits.take(who.Account, place, now); wait > 0 {
		return &TooMany{wait}
	}
	a, err := s.cfg.Store.AccountByID(ctx, who.Org, who.Account)
	if err != nil {
		return fmt.Errorf("look account up: %w", err)
	}
	ok, err := s.passwords.Verify(ctx, a.Password, old)
	if err != nil {
		return err
	}
	if !ok {
		return fmt.Errorf("old password: %w", fault.ErrUnauthorised)
	}
	s.limits.succeed(who.Account, place, now)
	hash, err := s.freshHash(ctx, a, fresh)
	if err != nil {
		return err
	}
	keep, _ := ctx.Value(sessionKey{}).(string)
	return s.cfg.Store.ChangeAccount(ctx, who.Org, who.Account, func(now *Account) (Effect, error) {
		if now.Password != a.Password {
			return Effect{}, fmt.Errorf("the password was changed meanwhile: %w", fault.ErrConflict)
		}
		now.Password = hash
		return Effect{EndSessions: true, Keep: keep, Journal: []journal.Draft{
			s.entry(journal.AccountChanged, a.Org, a.ID, a.ID, map[string]any{"what": "password"}),
		}}, nil
	})
}

// freshHash checks a new password and hashes it.
func (s *Service) freshHash(ctx context.Context, a Account, password string) (string, error) {
	if err := checkPassword(password, a.Email, a.Name); err != nil {
		return "", err
	}
	return s.passwords.Hash(ctx, password)
}
