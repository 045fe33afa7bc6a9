package account

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/journal"
)

// touchEvery is how often a use of a session or token is written down.
const touchEvery = time.Minute

// A TooMany error says that there were too many tries; it is fault.ErrUnavailable.
type TooMany struct{ Wait time.Duration }

// Error implements error.
func (e *TooMany) Error() string {
	return "too many tries, the next in " + strconv.Itoa(int(e.Wait/time.Second)+1) + " s"
}

// Unwrap gives the meaning.
func (e *TooMany) Unwrap() error { return fault.ErrUnavailable }

// SignIn checks address and password and returns the cookie of a new session. The error is
// fault.ErrUnauthorised whatever was wrong, after the same work; *TooMany when the limit of
// tries from remote or for the account is reached.
func (s *Service) SignIn(ctx context.Context, email, password, remote string) (*http.Cookie, error) {
	now := s.cfg.Now()
	key := strings.ToLower(strings.TrimSpace(email))
	if wait, first := s.limits.take(hashOf(key), remote, now); wait > 0 {
		if first {
			s.refused(ctx, Account{}, "too_many")
		}
		return nil, &TooMany{wait}
	}
	a, err := s.cfg.Store.AccountByEmail(ctx, key)
	if err != nil && !errors.Is(err, fault.ErrNotFound) {
		return nil, fmt.Errorf("look account up: %w", err)
	}
	stored := a.Password
	if !a.Disabled.IsZero() {
		stored = "" // still the same work: nobody learns that the account exists
	}
	ok, err := s.passwords.Verify(ctx, stored, password)
	if err != nil {
		return nil, err
	}
	if !ok {
		s.refused(ctx, a, "password")
		return nil, fmt.Errorf("sign in: %w", fault.ErrUnauthorised)
	}
	plain, sess, err := s.newSession(a.ID)
	if err != nil {
		return nil, err
	}
	if err := s.cfg.Store.PutSession(ctx, sess, s.entry(journal.Login, a.Org, a.ID, a.ID, map[string]any{"by": "password"})); err != nil {
		return nil, fmt.Errorf("open session: %w", err)
	}
	s.limits.succeed(hashOf(key), remote, now)
	return s.cookie(plain, sess.Expires), nil
}

// refused journals a sign-in that failed. A journal that cannot be written is no reason to
// say more to whoever guesses.
func (s *Service) refused(ctx context.Context, a Account, why string) {
	actor := a.ID
	if actor == "" {
		actor = "nobody"
	}
	if err := s.cfg.Store.Journal(ctx, s.entry(journal.LoginRefused, a.Org, actor, a.ID, map[string]any{"reason": why})); err != nil {
		s.cfg.Log.ErrorContext(ctx, "journal a refused sign-in", "error", err)
	}
}

func (s *Service) newSession(account string) (plain string, sess Session, err error) {
	plain, hash, err := s.secret()
	now := s.cfg.Now()
	return plain, Session{Hash: hash, Account: account, Created: now, Seen: now, Expires: now.Add(SessionMax)}, err
}

// CookieName is the name of the session cookie.
func (s *Service) CookieName() string {
	if s.cfg.Secure {
		return "__Host-watchfire"
	}
	return "watchfire"
}

// cookie carries a session. SameSite is Lax, not Strict: a link in a mail must open signed
// in. Every effect is a POST and guarded against other sites.
func (s *Service) cookie(plain string, expires time.Time) *http.Cookie {
	return &http.Cookie{
		Name: s.CookieName(), Value: plain, Path: "/", Expires: expires, MaxAge: int(expires.Sub(s.cfg.Now()) / time.Second),
		Secure: s.cfg.Secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
}

// Principal is who a request comes from: the token of its Authorization header, else the
// session of its cookie; fault.ErrUnauthorised when neither is good. A bad token is never
// helped by a good cookie.
func (s *Service) Principal(r *http.Request) (desk.Principal, error) {
	if r.Header.Get("Authorization") != "" {
		return s.tokenPrincipal(r.Context(), r.Header.Get("Authorization"))
	}
	c, err := r.Cookie(s.CookieName())
	if err != nil || c.Value == "" {
		return desk.Principal{}, fmt.Errorf("no session: %w", fault.ErrUnauthorised)
	}
	return s.sessionPrincipal(r.Context(), hashOf(c.Value))
}

func (s *Service) sessionPrincipal(ctx context.Context, hash string) (desk.Principal, error) {
	sess, a, err := s.cfg.Store.SessionByHash(ctx, hash)
	if errors.Is(err, fault.ErrNotFound) {
		return desk.Principal{}, fmt.Errorf("session has ended: %w", fault.ErrUnauthorised)
	}
	if err != nil {
		return desk.Principal{}, fmt.Errorf("look session up: %w", err)
	}
	now := s.cfg.Now()
	if !a.Disabled.IsZero() || !now.Before(sess.Expires) || now.Sub(sess.Seen) >= SessionIdle {
		return desk.Principal{}, fmt.Errorf("session has ended: %w", fault.ErrUnauthorised)
	}
	if now.Sub(sess.Seen) >= touchEvery {
		if err := s.cfg.Store.TouchSession(ctx, hash, now); err != nil {
			s.cfg.Log.WarnContext(ctx, "note the use of a session", "error", err)
		}
	}
	return principal(a), nil
}

func principal(a Account) desk.Principal {
	return desk.Principal{
		Account: a.ID, Org: a.Org, Name: a.Name, Role: a.Role, Language: a.Language, Zone: a.Zone, Theme: a.Theme, Scopes: a.Role.Scopes(),
	}
}

// SignOut ends the session of the request and returns the cookie that clears it.
func (s *Service) SignOut(ctx context.Context, r *http.Request) (*http.Cookie, error) {
	clear := s.cookie("", s.cfg.Now())
	clear.MaxAge = -1
	c, err := r.Cookie(s.CookieName())
	if err != nil {
		return clear, nil
	}
	_, a, err := s.cfg.Store.SessionByHash(ctx, hashOf(c.Value))
	if errors.Is(err, fault.ErrNotFound) {
		return clear, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look session up: %w", err)
	}
	if err := s.cfg.Store.EndSession(ctx, hashOf(c.Value), s.entry(journal.Logout, a.Org, a.ID, a.ID, nil)); err != nil {
		return nil, fmt.Errorf("end session: %w", err)
	}
	return clear, nil
}

// Tidy removes sessions and links that can no longer be used.
func (s *Service) Tidy(ctx context.Context) error {
	now := s.cfg.Now()
	return s.cfg.Store.DropSessions(ctx, now, now.Add(-SessionIdle))
}

// sessionKey carries the hash of the request's session in its context.
type sessionKey struct{}

// Carry lets SetPassword know the session it is called from, so that this one goes on when
// the others end. Without it all sessions end.
func (s *Service) Carry(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c, err := r.Cookie(s.CookieName()); err == nil {
			r = r.WithContext(context.WithValue(r.Context(), sessionKey{}, hashOf(c.Value)))
		}
		next.ServeHTTP(w, r)
	})
}
