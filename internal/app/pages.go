package app

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"path"

	"watchfire.dev/internal/account"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/web"
)

// accounts makes the service that signs people and programs in.
func (a *App) accounts() (*account.Service, error) {
	return account.New(account.Config{
		Store: a.db, Now: a.opts.Now, Random: rand.Reader, BaseURL: a.cfg.BaseURL, Secure: a.cfg.Secure(), Log: a.opts.Log,
	})
}

// EnsureFirst makes the first organisation and its administrator where there is none, and
// returns the one-time link with which the administrator signs in; "" when nothing is new.
func (a *App) EnsureFirst(ctx context.Context) (link string, err error) {
	service, err := a.accounts()
	if err != nil {
		return "", err
	}
	link, created, err := service.EnsureFirst(ctx, a.cfg.Name, a.cfg.Email)
	if err != nil {
		return "", fmt.Errorf("make the first organisation: %w", err)
	}
	if link != "" {
		a.link = link
	}
	if created {
		orgs, err := a.db.Orgs(ctx)
		if err != nil {
			return "", err
		}
		for _, org := range orgs {
			if err := a.watch.AddOrg(ctx, org); err != nil {
				return "", err
			}
		}
	}
	return link, nil
}

// SignInLink returns a fresh one-time link for the account of an address; setPassword makes
// the link ask for a new password. For the command line: whoever may read the data folder may
// come in.
func (a *App) SignInLink(ctx context.Context, email string, setPassword bool) (string, error) {
	service, err := a.accounts()
	if err != nil {
		return "", err
	}
	return service.LinkFor(ctx, email, setPassword)
}

// AddOrganisation makes a further organisation, which shares nothing with the others but the
// sources, and returns the one-time link of its administrator.
func (a *App) AddOrganisation(ctx context.Context, name, email string) (string, error) {
	service, err := a.accounts()
	if err != nil {
		return "", err
	}
	return service.AddOrganisation(ctx, name, email)
}

// ClaimFirst takes the first administrator's account with a password that nobody knows, so
// that the demonstration can hand out links that sign in with one press. It does nothing
// where the account was claimed before.
func (a *App) ClaimFirst(ctx context.Context) error {
	link, err := a.EnsureFirst(ctx)
	if err != nil || link == "" {
		return err
	}
	service, err := a.accounts()
	if err != nil {
		return err
	}
	if _, err := service.Redeem(ctx, path.Base(link), rand.Text(), ""); err != nil {
		return fmt.Errorf("claim the first account: %w", err)
	}
	a.link = ""
	return nil
}

func (a *App) answerLinks(ctx context.Context) (*account.AnswerLinks, error) {
	return account.NewAnswerLinks(ctx, account.AnswerConfig{
		Store: a.db, Watch: a.watch, Now: a.opts.Now, Random: rand.Reader, BaseURL: a.cfg.BaseURL,
		SourceName: func(id string) string {
			if s, ok := a.sources.Source(id); ok {
				return s.Name
			}
			return id
		},
	})
}

func (a *App) leaveLinks(ctx context.Context) (*account.LeaveLinks, error) {
	return account.NewLeaveLinks(ctx, account.LeaveConfig{
		Store: a.db, Now: a.opts.Now, Random: rand.Reader, BaseURL: a.cfg.BaseURL,
		Changed: func(org string) { a.hub.tell(org, "portfolio") },
	})
}

// handler joins pages, API and what is open to all.
func (a *App) handler(ctx context.Context) (http.Handler, error) {
	accounts, err := a.accounts()
	if err != nil {
		return nil, err
	}
	links, err := a.answerLinks(ctx)
	if err != nil {
		return nil, err
	}
	leave, err := a.leaveLinks(ctx)
	if err != nil {
		return nil, err
	}
	calendars, err := account.NewCalendars(ctx, account.CalendarConfig{Store: a.db, Now: a.opts.Now, Random: rand.Reader, BaseURL: a.cfg.BaseURL})
	if err != nil {
		return nil, err
	}
	push, err := a.pushKey(ctx)
	if err != nil {
		return nil, err
	}
	pages, err := web.New(web.Config{
		Reads: a.desk, Do: a.desk, People: a.desk, Health: a.desk, Release: a.desk, OnCall: a.desk, Risks: a.desk, Assess: a.desk, Reports: a.desk, Ahead: a.desk, ReportFiles: a, Letters: a, Calendars: calendars, Own: pageOwn{account.OwnLinks{Leave: leave, Choose: a.desk}}, Leave: pageLeave{leave}, Auth: pageAuth{accounts}, Answers: pageAnswers{links},
		Devices: a.desk, PushKey: push.Public,
		Accounts: accounts, Live: a.hub, Book: a.book, Previews: previews{a},
		Now: a.opts.Now, Log: a.opts.Log, Version: a.opts.Version, Secure: a.cfg.Secure(), Method: a.method, Matrix: &a.policy.Matrix,
	})
	if err != nil {
		return nil, fmt.Errorf("pages: %w", err)
	}
	programs, err := a.api(accounts)
	if err != nil {
		return nil, fmt.Errorf("API: %w", err)
	}
	mux := http.NewServeMux()
	for _, prefix := range []string{"/api/", "/hooks/", "/cap/", "/healthz", "/readyz"} {
		mux.Handle(prefix, a.self.metrics.Watch("api", programs))
	}
	mux.Handle("/", a.self.metrics.Watch("page", pages))
	return accounts.Carry(mux), nil
}

// pageAuth lets pages use the accounts: the same shapes under the pages' own names.
type pageAuth struct{ *account.Service }

// Invite implements web.Auth.
func (p pageAuth) Invite(ctx context.Context, token string) (web.Invite, error) {
	i, err := p.Service.Invite(ctx, token)
	return web.Invite(i), err
}

// SetPrefs implements web.Auth.
func (p pageAuth) SetPrefs(ctx context.Context, who desk.Principal, prefs web.Prefs) error {
	return p.Service.SetPrefs(ctx, who, account.Prefs(prefs))
}

// pageLeave lets the page behind List-Unsubscribe use the leave links.
type pageLeave struct{ *account.LeaveLinks }

// Open implements web.Leave.
func (p pageLeave) Open(ctx context.Context, token string) (web.LeaveView, error) {
	v, err := p.LeaveLinks.Open(ctx, token)
	return web.LeaveView(v), err
}

// pageOwn lets the contact's own page use the links of the mails.
type pageOwn struct{ account.OwnLinks }

// Choose implements web.Own.
func (p pageOwn) Choose(ctx context.Context, token string, c response.Choice) error {
	return p.Set(ctx, token, c)
}

// pageAnswers lets the one-tap page use the answer links.
type pageAnswers struct{ links *account.AnswerLinks }

// Open implements web.Answers.
func (p pageAnswers) Open(ctx context.Context, token string) (web.AnswerView, error) {
	v, err := p.links.Open(ctx, token)
	return web.AnswerView(v), err
}

// Answer implements web.Answers.
func (p pageAnswers) Answer(ctx context.Context, token, kind, note string) error {
	return p.links.Respond(ctx, token, kind, note)
}
