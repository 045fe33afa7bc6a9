package web

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/phrase"
)

// signInForm is the sign-in page: what was typed, and why it did not do.
type signInForm struct {
	Email, Next string
	Problem     string // message key
}

func (s *server) signInPage(w http.ResponseWriter, r *http.Request) error {
	return s.ok(w, "sign-in", "title.sign_in", s.plainView(r), signInForm{Next: localPath(r.URL.Query().Get("next"))})
}

func (s *server) signIn(w http.ResponseWriter, r *http.Request) error {
	form := signInForm{Email: r.FormValue("email"), Next: localPath(r.FormValue("next"))}
	cookie, err := s.Auth.SignIn(r.Context(), form.Email, r.FormValue("password"), remote(r))
	switch {
	case err == nil:
		http.SetCookie(w, cookie)
		return seeOther(w, r, form.Next, "")
	case errors.Is(err, fault.ErrUnavailable):
		form.Problem = "sign_in.too_many"
		s.render(w, http.StatusTooManyRequests, "sign-in", s.plainView(r).with("title.sign_in", form))
	case errors.Is(err, fault.ErrUnauthorised), errors.Is(err, fault.ErrInvalid), errors.Is(err, fault.ErrNotFound):
		form.Problem = "sign_in.wrong"
		s.render(w, http.StatusUnauthorized, "sign-in", s.plainView(r).with("title.sign_in", form))
	default:
		return fmt.Errorf("sign in: %w", err)
	}
	return nil
}

// remote is the address of the peer. Forwarded headers are not believed here: the program's
// edge puts the right address into RemoteAddr when a proxy is named (TRUST.md S26).
func remote(r *http.Request) string {
	if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		return host
	}
	return r.RemoteAddr
}

// inviteForm is the landing of a one-time link.
type inviteForm struct {
	Invite
	Token   string
	Problem string
}

// minPassword and maxPassword bound a password in bytes; long ones cost no memory worth
// speaking of, so that phrases are welcome.
const (
	minPassword = 8
	maxPassword = 256
)

// invitePage shows and does nothing: mail scanners and link previews open links too.
func (s *server) invitePage(w http.ResponseWriter, r *http.Request) error {
	in, err := s.Auth.Invite(r.Context(), r.PathValue("token"))
	if err != nil {
		return fmt.Errorf("open sign-in link: %w", err)
	}
	return s.ok(w, "invite", "title.invite", s.inviteView(r, in), inviteForm{Invite: in, Token: r.PathValue("token")})
}

func (s *server) inviteView(r *http.Request, in Invite) *View {
	v := s.plainView(r)
	if in.Language != "" && r.URL.Query().Get("lang") == "" {
		v.Speaker = s.Book.ForPage(in.Language)
	}
	return v
}

func (s *server) redeem(w http.ResponseWriter, r *http.Request) error {
	token := r.PathValue("token")
	in, err := s.Auth.Invite(r.Context(), token)
	if err != nil {
		return fmt.Errorf("open sign-in link: %w", err)
	}
	password := r.FormValue("password")
	if in.SetPassword {
		if problem := passwordProblem(password, r.FormValue("again")); problem != "" {
			s.render(w, http.StatusUnprocessableEntity, "invite", s.inviteView(r, in).with("title.invite", inviteForm{in, token, problem}))
			return nil
		}
	}
	cookie, err := s.Auth.Redeem(r.Context(), token, password, remote(r))
	if err != nil {
		return fmt.Errorf("use sign-in link: %w", err)
	}
	http.SetCookie(w, cookie)
	return seeOther(w, r, "/", "")
}

func passwordProblem(password, again string) string {
	switch {
	case len(password) < minPassword || len(password) > maxPassword:
		return "password.length"
	case password != again:
		return "password.differ"
	default:
		return ""
	}
}

func (s *server) signOut(w http.ResponseWriter, r *http.Request) error {
	cookie, err := s.Auth.SignOut(r.Context(), r)
	if err != nil && !errors.Is(err, fault.ErrUnauthorised) {
		return fmt.Errorf("sign out: %w", err)
	}
	if cookie != nil {
		http.SetCookie(w, cookie)
	}
	return seeOther(w, r, "/sign-in", "")
}

// accountPage offers what can be set.
type accountPage struct {
	Prefs
	Languages []string
	Problem   string
}

func (s *server) account(w http.ResponseWriter, r *http.Request, v *View) error {
	return s.ok(w, "account", "title.account", v, s.accountOf(v, ""))
}

func (s *server) accountOf(v *View, problem string) accountPage {
	return accountPage{Prefs{v.Language(), v.Zone, v.Theme}, phrase.Languages(), problem}
}

func (s *server) setPrefs(w http.ResponseWriter, r *http.Request, v *View) error {
	p := Prefs{Language: r.FormValue("language"), Zone: strings.TrimSpace(r.FormValue("zone")), Theme: r.FormValue("theme")}
	if p.Theme != "" && p.Theme != "light" && p.Theme != "dark" {
		return fmt.Errorf("theme %.20q: %w", p.Theme, fault.ErrInvalid)
	}
	if s.Book.ForPage(p.Language).Language() != p.Language {
		return fmt.Errorf("language %.20q: %w", p.Language, fault.ErrInvalid)
	}
	if _, err := time.LoadLocation(p.Zone); err != nil || p.Zone == "" || p.Zone == "Local" || len(p.Zone) > 64 {
		s.render(w, http.StatusUnprocessableEntity, "account", v.with("title.account", s.accountOf(v, "account.zone_unknown")))
		return nil
	}
	if err := s.Auth.SetPrefs(r.Context(), v.Who, p); err != nil {
		return fmt.Errorf("set preferences: %w", err)
	}
	return seeOther(w, r, "/account", "prefs")
}

func (s *server) setPassword(w http.ResponseWriter, r *http.Request, v *View) error {
	problem := passwordProblem(r.FormValue("password"), r.FormValue("again"))
	if problem == "" {
		err := s.Auth.SetPassword(r.Context(), v.Who, r.FormValue("old"), r.FormValue("password"))
		switch {
		case err == nil:
			return seeOther(w, r, "/account", "password")
		case errors.Is(err, fault.ErrUnauthorised):
			problem = "password.old_wrong"
		case errors.Is(err, fault.ErrInvalid):
			problem = "password.weak"
		default:
			return fmt.Errorf("set password: %w", err)
		}
	}
	s.render(w, http.StatusUnprocessableEntity, "account", v.with("title.account", s.accountOf(v, problem)))
	return nil
}

func (s *server) help(w http.ResponseWriter, r *http.Request, v *View) error {
	return s.ok(w, "help", "title.help", v, nil)
}
