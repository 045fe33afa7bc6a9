package webtest

import (
	"context"
	"fmt"
	"strings"
	"time"

	"watchfire.dev/internal/account"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
)

// Accounts is the invented organisation's list; what is done to it is noted like the desk's
// calls.
type Accounts struct{ *Desk }

func admin(who desk.Principal) error {
	if !who.May(desk.CanAdmin) {
		return fault.ErrForbidden
	}
	return nil
}

// List returns three people, one of them disabled.
func (Accounts) List(_ context.Context, who desk.Principal) ([]account.Account, error) {
	return []account.Account{
		{ID: "acc_administrator", Email: "admin@example.org", Name: "L. Okafor", Role: desk.Administrator, Created: Now.AddDate(-1, 0, 0)},
		{ID: "acc_2", Email: "night@example.org", Name: "Z. Baloch", Role: desk.DutyOfficer, Created: Now.AddDate(0, -3, 0)},
		{ID: "acc_3", Email: "left@example.org", Name: "A. Njoya", Role: desk.Analyst, Created: Now.AddDate(0, -9, 0), Disabled: Now.AddDate(0, 0, -4)},
	}, admin(who)
}

// Add refuses an address that is taken.
func (a Accounts) Add(_ context.Context, who desk.Principal, email, name string, role desk.Role) (account.Account, string, error) {
	if email == "night@example.org" {
		return account.Account{}, "", fmt.Errorf("this e-mail address has an account already: %w", fault.ErrConflict)
	}
	return account.Account{ID: "acc_4", Email: email, Name: name, Role: role}, "https://watch.example.org/sign-in/once", a.did(who, desk.CanAdmin, "account %s %s %s", email, name, role)
}

// Change notes what is changed.
func (a Accounts) Change(_ context.Context, who desk.Principal, id string, c account.Change) (account.Account, error) {
	var what []string
	if c.Role != nil {
		what = append(what, string(*c.Role))
	}
	if c.Disabled != nil {
		what = append(what, fmt.Sprint(*c.Disabled))
	}
	return account.Account{ID: id}, a.did(who, desk.CanAdmin, "change %s %s", id, strings.Join(what, " "))
}

// Reset answers a link.
func (a Accounts) Reset(_ context.Context, who desk.Principal, id string) (string, error) {
	return "https://watch.example.org/sign-in/again", a.did(who, desk.CanAdmin, "link %s", id)
}

// TokenList returns one token of each state.
func (Accounts) TokenList(_ context.Context, who desk.Principal) ([]account.Token, error) {
	return []account.Token{
		{ID: "tok_1", Name: "dispatch", Scopes: []desk.Scope{desk.CanRead, desk.CanPush}, Created: Now.AddDate(0, -1, 0), Expires: Now.AddDate(0, 2, 0), Used: Now.Add(-time.Minute)},
		{ID: "tok_2", Name: "old export", Scopes: []desk.Scope{desk.CanRead}, Expires: Now.AddDate(0, 0, -1)},
		{ID: "tok_3", Name: "lost", Scopes: []desk.Scope{desk.CanRead}, Revoked: Now.AddDate(0, 0, -2)},
	}, admin(who)
}

// AddToken wants a scope.
func (a Accounts) AddToken(_ context.Context, who desk.Principal, name string, scopes []desk.Scope, expires time.Time) (account.Token, string, error) {
	if len(scopes) == 0 {
		return account.Token{}, "", fmt.Errorf("scopes: at least one is needed: %w", fault.ErrInvalid)
	}
	return account.Token{ID: "tok_4", Name: name, Scopes: scopes, Expires: expires}, "wf_secret", a.did(who, desk.CanAdmin, "token %s %v %s", name, scopes, expires.Sub(Now))
}

// RevokeToken notes it.
func (a Accounts) RevokeToken(_ context.Context, who desk.Principal, id string) error {
	return a.did(who, desk.CanAdmin, "revoke %s", id)
}
