package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"watchfire.dev/internal/account"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
)

// Accounts keeps the people of an organisation. Each call needs the right admin and is
// journalled; an account of another organisation is fault.ErrNotFound.
type Accounts interface {
	List(ctx context.Context, who desk.Principal) ([]account.Account, error)
	Add(ctx context.Context, who desk.Principal, email, name string, role desk.Role) (account.Account, string, error)
	Change(ctx context.Context, who desk.Principal, accountID string, c account.Change) (account.Account, error)
	Reset(ctx context.Context, who desk.Principal, accountID string) (string, error)
	EndSessions(ctx context.Context, who desk.Principal, accountID string) error
}

// Own changes the caller's own account.
type Own interface {
	SetPrefs(ctx context.Context, who desk.Principal, p account.Prefs) error
	SetPassword(ctx context.Context, who desk.Principal, old, fresh string) error
}

// accountRow is a person who may sign in.
type accountRow struct {
	ID       string    `json:"id"`
	Email    string    `json:"email"`
	Name     string    `json:"name"`
	Role     desk.Role `json:"role" enum:"administrator,duty_officer,analyst,manager,reader"`
	Language string    `json:"language,omitempty"`
	Zone     string    `json:"zone,omitempty"`
	Created  time.Time `json:"created,omitzero"`
	Disabled time.Time `json:"disabled,omitzero" doc:"Since when the person may not sign in; missing = may."`
	Waiting  bool      `json:"waiting,omitempty" doc:"The invitation was not used yet."`
}

func accountOf(a account.Account) accountRow {
	return accountRow{
		ID: a.ID, Email: a.Email, Name: a.Name, Role: a.Role, Language: a.Language, Zone: a.Zone, Created: a.Created, Disabled: a.Disabled,
		Waiting: a.Waiting,
	}
}

type newAccount struct {
	Body struct {
		Email string    `json:"email" minLength:"3" maxLength:"254"`
		Name  string    `json:"name" minLength:"1" maxLength:"200"`
		Role  desk.Role `json:"role" enum:"administrator,duty_officer,analyst,manager,reader"`
	}
}

// invited is a new account with its link.
type invited struct {
	Account accountRow `json:"account"`
	Link    string     `json:"link" doc:"Sets the password, once, within 24 hours. It is shown this once: hand it to the person yourself."`
}

type linked struct {
	Link string `json:"link" doc:"Sets a new password, once, within 24 hours. Earlier links of the account end."`
}

type accountChange struct {
	ByID
	Body struct {
		Name     *string    `json:"name,omitempty" minLength:"1" maxLength:"200"`
		Role     *desk.Role `json:"role,omitempty" enum:"administrator,duty_officer,analyst,manager,reader"`
		Disabled *bool      `json:"disabled,omitempty"`
	}
}

func (s *server) accounts() {
	if s.Accounts == nil {
		return
	}
	add(s, operation{
		verb: http.MethodGet, path: "/accounts", id: "list-accounts", tag: "accounts", scope: desk.CanAdmin, summary: "People who may sign in, by id",
	}, func(ctx context.Context, who desk.Principal, in *Paging) (List[accountRow], error) {
		rows, err := s.Accounts.List(ctx, who)
		slices.SortFunc(rows, func(a, b account.Account) int { return strings.Compare(a.ID, b.ID) })
		return cut(*in, mapped(rows, accountOf), func(a accountRow) string { return a.ID }), err
	})
	add(s, operation{
		verb: http.MethodPost, path: "/accounts", id: "add-account", tag: "accounts", scope: desk.CanAdmin, status: http.StatusCreated,
		summary: "Make an account and get its invitation", about: "409 when the address is taken.",
		example: map[string]any{"email": "ann@example.org", "name": "Ann Baloch", "role": "duty_officer"},
	}, func(ctx context.Context, who desk.Principal, in *newAccount) (invited, error) {
		a, link, err := s.Accounts.Add(ctx, who, in.Body.Email, in.Body.Name, in.Body.Role)
		return invited{accountOf(a), link}, err
	})
	add(s, operation{
		verb: http.MethodPatch, path: "/accounts/{id}", id: "change-account", tag: "accounts", scope: desk.CanAdmin,
		summary: "Change name or role, disable or enable", errors: []int{http.StatusConflict},
		about:   "Another role and disabling end the person's sessions at once. The last administrator can be neither demoted nor disabled: 409.",
		example: map[string]any{"role": "analyst"},
	}, func(ctx context.Context, who desk.Principal, in *accountChange) (accountRow, error) {
		a, err := s.Accounts.Change(ctx, who, in.ID, account.Change{Name: in.Body.Name, Role: in.Body.Role, Disabled: in.Body.Disabled})
		return accountOf(a), err
	})
	add(s, operation{
		verb: http.MethodPost, path: "/accounts/{id}/link", id: "link-account", tag: "accounts", scope: desk.CanAdmin, status: http.StatusCreated,
		summary: "Get a one-time link for who has forgotten the password",
	}, func(ctx context.Context, who desk.Principal, in *ByID) (linked, error) {
		link, err := s.Accounts.Reset(ctx, who, in.ID)
		return linked{link}, err
	})
	add(s, operation{
		verb: http.MethodPost, path: "/accounts/{id}/end-sessions", id: "end-sessions", tag: "accounts", scope: desk.CanAdmin,
		summary: "End every session of an account at once",
	}, func(ctx context.Context, who desk.Principal, in *ByID) (done, error) {
		return done{true}, s.Accounts.EndSessions(ctx, who, in.ID)
	})
}

// me is who asks.
type me struct {
	Account  string       `json:"account"`
	Name     string       `json:"name"`
	Org      string       `json:"org"`
	Role     desk.Role    `json:"role"`
	Scopes   []desk.Scope `json:"scopes"`
	Token    string       `json:"token,omitempty" doc:"Id of the token, when a program asks."`
	Language string       `json:"language,omitempty"`
	Zone     string       `json:"zone,omitempty"`
	Theme    string       `json:"theme,omitempty"`
}

type prefsInput struct {
	Body struct {
		Language string `json:"language" minLength:"2" maxLength:"35" doc:"BCP 47."`
		Zone     string `json:"zone" minLength:"1" maxLength:"64" doc:"IANA."`
		Theme    string `json:"theme,omitempty" enum:"light,dark" doc:"Missing = as the device says."`
	}
}

type passwordInput struct {
	Body struct {
		Old   string `json:"old" maxLength:"1000" format:"password"`
		Fresh string `json:"password" maxLength:"1000" format:"password"`
	}
}

func (s *server) account() {
	add(s, operation{
		verb: http.MethodGet, path: "/account", id: "get-own-account", tag: "accounts", own: true, summary: "Who asks, and what that one may do",
	}, func(_ context.Context, who desk.Principal, _ *none) (me, error) {
		return me{who.Account, who.Name, who.Org, who.Role, full(who.Scopes), who.Token, who.Language, who.Zone, who.Theme}, nil
	})
	if s.Own == nil {
		return
	}
	// A token acts for its account but is not the person: what is the person's own stays so.
	add(s, operation{
		verb: http.MethodPut, path: "/account/preferences", id: "set-preferences", tag: "accounts", own: true,
		summary: "Set the own language, zone and theme", about: "Refused to tokens.", errors: []int{http.StatusForbidden},
		example: map[string]any{"language": "en", "zone": "Africa/Lusaka"},
	}, func(ctx context.Context, who desk.Principal, in *prefsInput) (done, error) {
		if who.Token != "" {
			return done{}, fmt.Errorf("a token sets no preferences: %w", missing(desk.CanAdmin))
		}
		return done{true}, s.Own.SetPrefs(ctx, who, account.Prefs{Language: in.Body.Language, Zone: in.Body.Zone, Theme: in.Body.Theme})
	})
	add(s, operation{
		verb: http.MethodPost, path: "/account/password", id: "set-password", tag: "accounts", own: true,
		summary: "Change the own password", about: "The other sessions of the account end. Refused to tokens.",
		errors: []int{http.StatusForbidden, http.StatusTooManyRequests},
	}, func(ctx context.Context, who desk.Principal, in *passwordInput) (done, error) {
		err := s.Own.SetPassword(ctx, who, in.Body.Old, in.Body.Fresh)
		if errors.Is(err, fault.ErrUnauthorised) { // the session is good: it is the field that is wrong
			err = fmt.Errorf("old: not the password: %w", fault.ErrInvalid)
		}
		return done{true}, err
	})
}
