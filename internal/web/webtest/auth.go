package webtest

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/phrase"
	"watchfire.dev/internal/web"
)

// CookieName is the cookie whose value is the whole session: "role.language.theme.org".
const CookieName = "watchfire_test"

// Auth believes its cookie. It is for tests and screenshots only.
type Auth struct{}

// Cookie makes a session of a role, a language, a theme ("" = device) and an organisation.
func Cookie(role desk.Role, language, theme, org string) *http.Cookie {
	return &http.Cookie{Name: CookieName, Value: strings.Join([]string{string(role), language, theme, org}, "."), Path: "/"}
}

// Principal reads the cookie.
func (Auth) Principal(r *http.Request) (desk.Principal, error) {
	c, err := r.Cookie(CookieName)
	if err != nil {
		return desk.Principal{}, fault.ErrUnauthorised
	}
	part := strings.Split(c.Value, ".")
	if len(part) != 4 || desk.Role(part[0]).Scopes() == nil {
		return desk.Principal{}, fault.ErrUnauthorised
	}
	return desk.Principal{
		Account: "acc_" + part[0], Org: part[3], Name: "L. Okafor", Role: desk.Role(part[0]), Language: part[1],
		Zone: "Africa/Nairobi", Theme: part[2], Scopes: desk.Role(part[0]).Scopes(),
	}, nil
}

// SignIn knows one account.
func (Auth) SignIn(_ context.Context, email, password, _ string) (*http.Cookie, error) {
	switch {
	case email == "often@example.org":
		return nil, fmt.Errorf("too many tries: %w", fault.ErrUnavailable)
	case email != "duty@example.org" || password != "correct horse":
		return nil, fault.ErrUnauthorised
	}
	return Cookie(desk.DutyOfficer, "en", "", Org), nil
}

// Invite knows three links.
func (Auth) Invite(_ context.Context, token string) (web.Invite, error) {
	switch token {
	case "first":
		return web.Invite{Name: "Administrator", Email: "admin@example.org", SetPassword: true, Language: "en"}, nil
	case "link":
		return web.Invite{Name: "L. Okafor", Email: "duty@example.org", Language: "en"}, nil
	case "used":
		return web.Invite{}, fault.ErrGone
	default:
		return web.Invite{}, fault.ErrNotFound
	}
}

// Redeem answers a session.
func (Auth) Redeem(context.Context, string, string, string) (*http.Cookie, error) {
	return Cookie(desk.Administrator, "en", "", Org), nil
}

// SignOut answers a cookie that clears the session.
func (Auth) SignOut(context.Context, *http.Request) (*http.Cookie, error) {
	return &http.Cookie{Name: CookieName, Path: "/", MaxAge: -1}, nil
}

// SetPrefs forgets.
func (Auth) SetPrefs(context.Context, desk.Principal, web.Prefs) error { return nil }

// SetPassword knows the one password.
func (Auth) SetPassword(_ context.Context, _ desk.Principal, old, fresh string) error {
	switch {
	case old != "correct horse":
		return fault.ErrUnauthorised
	case fresh == "password":
		return fault.ErrInvalid
	}
	return nil
}

// Answers opens one-tap links: the token is "tap-" and the warning's id.
type Answers struct{ Desk *Desk }

// Open shows.
func (a Answers) Open(ctx context.Context, token string) (web.AnswerView, error) {
	if token == "old" {
		return web.AnswerView{}, fault.ErrGone
	}
	id, ok := strings.CutPrefix(token, "tap-")
	lang := "en"
	for _, l := range phrase.MessageLanguages() {
		if rest, so := strings.CutPrefix(id, l+"-"); so {
			id, lang = rest, l
		}
	}
	if !ok {
		return web.AnswerView{}, fault.ErrNotFound
	}
	who := desk.Principal{Org: Org}
	r, err := a.Desk.row(who, id)
	if err != nil {
		return web.AnswerView{}, err
	}
	v := web.AnswerView{
		Warning: r.Warning, Project: r.Project, Name: "Z. Baloch", Language: lang, Zone: r.Project.Zone,
		Next: "S. Raza", NextAt: Now.Add(3 * 60e9), Sources: r.Sources,
	}
	if r.Answer != nil {
		v.Others = []desk.Answer{*r.Answer}
	}
	return v, nil
}

// Answer records.
func (a Answers) Answer(ctx context.Context, token, kind, note string) error {
	if _, err := a.Open(ctx, token); err != nil {
		return err
	}
	a.Desk.mu.Lock()
	defer a.Desk.mu.Unlock()
	a.Desk.calls = append(a.Desk.calls, fmt.Sprintf("tap %s %s %q", token, kind, note))
	return nil
}
