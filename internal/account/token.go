package account

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/id"
	"watchfire.dev/internal/journal"
)

// prefix marks a token, so that scanners for leaked secrets can find it.
const prefix = "wf_"

// TokenList returns the tokens of the organisation; none can be used from what it returns.
func (s *Service) TokenList(ctx context.Context, who desk.Principal) ([]Token, error) {
	if err := need(who, desk.CanAdmin); err != nil {
		return nil, err
	}
	list, err := s.cfg.Store.TokenList(ctx, who.Org)
	for i := range list {
		list[i].Hash = ""
	}
	return list, err
}

// AddToken makes a token and returns its secret, which is shown this once. Scopes must be
// among the principal's own; expires may be zero, and lies at most TokenMax ahead otherwise.
func (s *Service) AddToken(ctx context.Context, who desk.Principal, name string, scopes []desk.Scope, expires time.Time) (Token, string, error) {
	if err := need(who, desk.CanAdmin); err != nil {
		return Token{}, "", err
	}
	if err := checkName(name); err != nil {
		return Token{}, "", err
	}
	if len(scopes) == 0 {
		return Token{}, "", fmt.Errorf("scopes: at least one is needed: %w", fault.ErrInvalid)
	}
	for _, sc := range scopes {
		if !who.May(sc) {
			return Token{}, "", fmt.Errorf("scopes: %.40q is not among your own: %w", sc, fault.ErrInvalid)
		}
	}
	now := s.cfg.Now()
	if !expires.IsZero() && (!expires.After(now) || expires.After(now.Add(TokenMax))) {
		return Token{}, "", fmt.Errorf("expires: want a time within the next %d days: %w", TokenMax/(24*time.Hour), fault.ErrInvalid)
	}
	plain, _, err := s.secret()
	if err != nil {
		return Token{}, "", err
	}
	plain = prefix + plain
	scopes = slices.Compact(slices.Sorted(slices.Values(scopes)))
	t := Token{
		ID: id.Random("tok"), Org: who.Org, Account: who.Account, Name: name, Hash: hashOf(plain), Scopes: scopes, Created: now, Expires: expires.UTC(),
	}
	if expires.IsZero() {
		t.Expires = time.Time{}
	}
	if err := s.cfg.Store.PutToken(ctx, t, s.entry(journal.TokenChanged, who.Org, actorOf(who), t.ID, map[string]any{"what": "made", "scopes": scopes})); err != nil {
		return Token{}, "", fmt.Errorf("store token: %w", err)
	}
	t.Hash = ""
	return t, plain, nil
}

// RevokeToken makes a token of the organisation useless at once.
func (s *Service) RevokeToken(ctx context.Context, who desk.Principal, tokenID string) error {
	if err := need(who, desk.CanAdmin); err != nil {
		return err
	}
	return s.cfg.Store.RevokeToken(ctx, who.Org, tokenID, s.cfg.Now(),
		s.entry(journal.TokenChanged, who.Org, actorOf(who), tokenID, map[string]any{"what": "revoked"}))
}

// tokenPrincipal reads "Bearer wf_…". What the token may do is what it was made for and what
// its account may still do.
func (s *Service) tokenPrincipal(ctx context.Context, header string) (desk.Principal, error) {
	scheme, plain, _ := strings.Cut(header, " ")
	plain = strings.TrimSpace(plain)
	if !strings.EqualFold(scheme, "Bearer") || !strings.HasPrefix(plain, prefix) || len(plain) > 100 {
		return desk.Principal{}, fmt.Errorf("want Authorization: Bearer wf_…: %w", fault.ErrUnauthorised)
	}
	t, a, err := s.cfg.Store.TokenByHash(ctx, hashOf(plain))
	if errors.Is(err, fault.ErrNotFound) {
		return desk.Principal{}, fmt.Errorf("token is not known: %w", fault.ErrUnauthorised)
	}
	if err != nil {
		return desk.Principal{}, fmt.Errorf("look token up: %w", err)
	}
	now := s.cfg.Now()
	if !t.Revoked.IsZero() || !a.Disabled.IsZero() || !t.Expires.IsZero() && !now.Before(t.Expires) {
		return desk.Principal{}, fmt.Errorf("token %s has ended: %w", t.ID, fault.ErrUnauthorised)
	}
	if now.Sub(t.Used) >= touchEvery {
		if err := s.cfg.Store.TouchToken(ctx, t.ID, now); err != nil {
			s.cfg.Log.WarnContext(ctx, "note the use of a token", "token", t.ID, "error", err)
		}
	}
	who := principal(a)
	who.Token, who.Name = t.ID, t.Name
	who.Scopes = slices.DeleteFunc(slices.Clone(t.Scopes), func(sc desk.Scope) bool { return !slices.Contains(a.Role.Scopes(), sc) })
	return who, nil
}
