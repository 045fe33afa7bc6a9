package web

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"watchfire.dev/internal/account"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
)

// Accounts is what an administrator does with the organisation's people and programs. Every
// method refuses everybody else with fault.ErrForbidden.
type Accounts interface {
	List(ctx context.Context, who desk.Principal) ([]account.Account, error)
	// Add makes an account and returns the one-time link that lets its person in.
	Add(ctx context.Context, who desk.Principal, email, name string, role desk.Role) (account.Account, string, error)
	Change(ctx context.Context, who desk.Principal, accountID string, c account.Change) (account.Account, error)
	// Reset returns a fresh one-time link.
	Reset(ctx context.Context, who desk.Principal, accountID string) (string, error)
	TokenList(ctx context.Context, who desk.Principal) ([]account.Token, error)
	// AddToken makes a token and returns its secret.
	AddToken(ctx context.Context, who desk.Principal, name string, scopes []desk.Scope, expires time.Time) (account.Token, string, error)
	RevokeToken(ctx context.Context, who desk.Principal, tokenID string) error
}

// An accountsPage lists people and programs. Secret is shown once, in the answer to the
// request that made it, and stands in no address.
type accountsPage struct {
	People  []account.Account
	Tokens  []account.Token
	Secret  string // a link or a token
	For     string // whose it is
	Token   bool   // Secret is a token
	Problem string
	Email   string // what was typed into the form and did not do
	Name    string
}

// Roles are the roles to choose from, the most powerful last.
func (accountsPage) Roles() []desk.Role {
	return []desk.Role{desk.Reader, desk.Manager, desk.Analyst, desk.DutyOfficer, desk.Administrator}
}

// Scopes are the rights to choose from.
func (accountsPage) Scopes() []desk.Scope { return desk.Administrator.Scopes() }

func (s *server) accounts(w http.ResponseWriter, r *http.Request, v *View) error {
	return s.accountsWith(w, r, v, http.StatusOK, accountsPage{})
}

func (s *server) accountsWith(w http.ResponseWriter, r *http.Request, v *View, status int, p accountsPage) error {
	var err error
	if p.People, err = s.Accounts.List(r.Context(), v.Who); err != nil {
		return fmt.Errorf("list accounts: %w", err)
	}
	if p.Tokens, err = s.Accounts.TokenList(r.Context(), v.Who); err != nil {
		return fmt.Errorf("list tokens: %w", err)
	}
	s.render(w, status, "accounts", v.with("title.accounts", p))
	return nil
}

// refused shows what was wrong with a form above the form; other errors get their page.
func (s *server) refused(w http.ResponseWriter, r *http.Request, v *View, err error, p accountsPage) error {
	m := meaningOf(err)
	if m.status != http.StatusUnprocessableEntity && m.status != http.StatusConflict {
		return err
	}
	p.Problem = err.Error()
	return s.accountsWith(w, r, v, m.status, p)
}

func (s *server) addAccount(w http.ResponseWriter, r *http.Request, v *View) error {
	p := accountsPage{Email: strings.TrimSpace(r.FormValue("email")), Name: strings.TrimSpace(r.FormValue("name"))}
	a, link, err := s.Accounts.Add(r.Context(), v.Who, p.Email, p.Name, desk.Role(r.FormValue("role")))
	if err != nil {
		return s.refused(w, r, v, fmt.Errorf("add account: %w", err), p)
	}
	return s.accountsWith(w, r, v, http.StatusOK, accountsPage{Secret: link, For: a.Name})
}

func (s *server) changeAccount(w http.ResponseWriter, r *http.Request, v *View) error {
	var c account.Change
	if role := desk.Role(r.FormValue("role")); role != "" {
		c.Role = &role
	}
	if text := r.FormValue("disabled"); text != "" {
		disabled, err := strconv.ParseBool(text)
		if err != nil {
			return fmt.Errorf("disabled %.10q: %w", text, fault.ErrInvalid)
		}
		c.Disabled = &disabled
	}
	if _, err := s.Accounts.Change(r.Context(), v.Who, r.PathValue("id"), c); err != nil {
		return s.refused(w, r, v, fmt.Errorf("change account: %w", err), accountsPage{})
	}
	return seeOther(w, r, "/accounts", "account")
}

func (s *server) resetAccount(w http.ResponseWriter, r *http.Request, v *View) error {
	link, err := s.Accounts.Reset(r.Context(), v.Who, r.PathValue("id"))
	if err != nil {
		return s.refused(w, r, v, fmt.Errorf("make a sign-in link: %w", err), accountsPage{})
	}
	return s.accountsWith(w, r, v, http.StatusOK, accountsPage{Secret: link})
}

func (s *server) addToken(w http.ResponseWriter, r *http.Request, v *View) error {
	days, err := strconv.Atoi(r.FormValue("days")) // reads the form
	var scopes []desk.Scope
	for _, scope := range r.Form["scope"] {
		scopes = append(scopes, desk.Scope(scope))
	}
	if err != nil || days < 1 {
		return s.refused(w, r, v, fmt.Errorf("days %.10q: a whole number from 1 on: %w", r.FormValue("days"), fault.ErrInvalid), accountsPage{})
	}
	t, secret, err := s.Accounts.AddToken(r.Context(), v.Who, strings.TrimSpace(r.FormValue("name")), scopes, v.Now.AddDate(0, 0, min(days, 10000)))
	if err != nil {
		return s.refused(w, r, v, fmt.Errorf("make a token: %w", err), accountsPage{})
	}
	return s.accountsWith(w, r, v, http.StatusOK, accountsPage{Secret: secret, For: t.Name, Token: true})
}

func (s *server) revokeToken(w http.ResponseWriter, r *http.Request, v *View) error {
	if err := s.Accounts.RevokeToken(r.Context(), v.Who, r.PathValue("id")); err != nil {
		return fmt.Errorf("revoke token: %w", err)
	}
	return seeOther(w, r, "/accounts", "token")
}

// TokenState is the state of a token, the end of a message key.
func (v *View) TokenState(t account.Token) string {
	switch {
	case !t.Revoked.IsZero():
		return "revoked"
	case !t.Expires.IsZero() && !v.Now.Before(t.Expires):
		return "over"
	default:
		return "good"
	}
}
