package account

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/id"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/portfolio"
)

// An Invite is what a one-time sign-in link opens.
type Invite struct {
	Name, Email string
	SetPassword bool // first start, or a forgotten password: the link asks for a new one
	Language    string
}

// newLink makes a link of an account and its address.
func (s *Service) newLink(account string, setPassword bool) (string, Link, error) {
	plain, hash, err := s.secret()
	if err != nil {
		return "", Link{}, err
	}
	return s.cfg.BaseURL + "/sign-in/" + plain,
		Link{Hash: hash, Account: account, SetPassword: setPassword, Expires: s.cfg.Now().Add(LinkLife)}, nil
}

// EnsureFirst makes, in an installation without organisations, the first one with an
// administrator who has no password, and returns the one-time link that sets it: there is
// no default account (TRUST.md S24). While nobody has used it, each call returns a fresh
// link and created is false; afterwards link is empty.
func (s *Service) EnsureFirst(ctx context.Context, orgName, email string) (link string, created bool, err error) {
	link, err = s.addOrganisation(ctx, orgName, email, true)
	if err == nil {
		return link, true, nil
	}
	if !errors.Is(err, fault.ErrConflict) {
		return "", false, err
	}
	a, err := s.cfg.Store.Unclaimed(ctx)
	if errors.Is(err, fault.ErrNotFound) {
		return "", false, nil
	}
	if err != nil {
		return "", false, fmt.Errorf("look for an administrator: %w", err)
	}
	link, err = s.issue(ctx, a, true, "system")
	return link, false, err
}

// AddOrganisation makes a further organisation with its administrator and returns the
// one-time link for them. It is for the command line: no account of an organisation may.
func (s *Service) AddOrganisation(ctx context.Context, name, email string) (link string, err error) {
	return s.addOrganisation(ctx, name, email, false)
}

func (s *Service) addOrganisation(ctx context.Context, name, email string, first bool) (string, error) {
	email, err := cleanEmail(email)
	if err != nil {
		return "", err
	}
	if err := checkName(name); err != nil {
		return "", err
	}
	o := portfolio.Organisation{ID: id.Random("org"), Name: name, Language: "en", Zone: "UTC"}
	a := Account{
		ID: id.Random("acc"), Org: o.ID, Email: email, Name: "Administrator", Role: desk.Administrator,
		Language: o.Language, Zone: o.Zone, Created: s.cfg.Now(),
	}
	url, l, err := s.newLink(a.ID, true)
	if err != nil {
		return "", err
	}
	return url, s.cfg.Store.CreateOrganisation(ctx, o, first, a, l,
		s.entry(journal.AccountChanged, o.ID, "system", a.ID, map[string]any{"what": "made", "role": string(a.Role)}))
}

// LinkFor returns a fresh one-time link for the account of an address: a way in for who has
// forgotten the password, by whoever may use the command line.
func (s *Service) LinkFor(ctx context.Context, email string, setPassword bool) (string, error) {
	email, err := cleanEmail(email)
	if err != nil {
		return "", err
	}
	a, err := s.cfg.Store.AccountByEmail(ctx, email)
	if err != nil {
		return "", fmt.Errorf("look account up: %w", err)
	}
	return s.issue(ctx, a, setPassword, "system")
}

func (s *Service) issue(ctx context.Context, a Account, setPassword bool, actor string) (string, error) {
	url, l, err := s.newLink(a.ID, setPassword)
	if err != nil {
		return "", err
	}
	err = s.cfg.Store.PutLink(ctx, l, s.entry(journal.AccountChanged, a.Org, actor, a.ID, map[string]any{"what": "link"}))
	return url, err
}

// Invite looks at a one-time link and has no effect: mail scanners open links too.
// fault.ErrGone when it was used or is too old.
func (s *Service) Invite(ctx context.Context, token string) (Invite, error) {
	l, a, err := s.link(ctx, token)
	if err != nil {
		return Invite{}, err
	}
	return Invite{Name: a.Name, Email: a.Email, SetPassword: l.SetPassword || a.Password == "", Language: a.Language}, nil
}

func (s *Service) link(ctx context.Context, token string) (Link, Account, error) {
	l, a, err := s.cfg.Store.LinkByHash(ctx, hashOf(token))
	if errors.Is(err, fault.ErrNotFound) {
		return l, a, fmt.Errorf("sign-in link is not known: %w", fault.ErrGone) // old ones are removed
	}
	if err != nil {
		return l, a, fmt.Errorf("look sign-in link up: %w", err)
	}
	if !l.Used.IsZero() || !s.cfg.Now().Before(l.Expires) || !a.Disabled.IsZero() {
		return l, a, fmt.Errorf("sign-in link was used or is too old: %w", fault.ErrGone)
	}
	return l, a, nil
}

// Redeem uses a one-time link up, sets the password when the link asks for one, and returns
// the cookie of a new session. A password that will not do (fault.ErrInvalid) leaves the
// link as it was. The link is 256 random bits, so remote is not limited.
func (s *Service) Redeem(ctx context.Context, token, password, remote string) (*http.Cookie, error) {
	l, a, err := s.link(ctx, token)
	if err != nil {
		return nil, err
	}
	hash := ""
	if l.SetPassword || a.Password == "" {
		if hash, err = s.freshHash(ctx, a, password); err != nil {
			return nil, err
		}
	}
	plain, sess, err := s.newSession(a.ID)
	if err != nil {
		return nil, err
	}
	entries := []journal.Draft{s.entry(journal.Login, a.Org, a.ID, a.ID, map[string]any{"by": "link"})}
	if hash != "" {
		entries = append(entries, s.entry(journal.AccountChanged, a.Org, a.ID, a.ID, map[string]any{"what": "password"}))
	}
	if err := s.cfg.Store.UseLink(ctx, l.Hash, s.cfg.Now(), hash, sess, entries...); err != nil {
		return nil, fmt.Errorf("use sign-in link: %w", err)
	}
	s.limits.succeed(hashOf(a.Email), remote, s.cfg.Now())
	return s.cookie(plain, sess.Expires), nil
}
