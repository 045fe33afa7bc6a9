package app

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"watchfire.dev/internal/account"
	"watchfire.dev/internal/api"
	"watchfire.dev/internal/config"
	"watchfire.dev/internal/delivery/webhook"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/feed/push"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/rule/rulefile"
)

// api makes the handler for programs.
func (a *App) api(accounts *account.Service) (http.Handler, error) {
	return api.New(api.Config{
		Reads: a.desk, Do: a.desk, Edits: a.desk, Auth: accounts, Own: accounts, Accounts: accounts, Tokens: accounts,
		Requests: a.db, Archive: a.db, Journal: bundles{a}, Alerts: alerts{a}, Partners: partners{a}, Live: a.hub, Previews: previews{a}, People: a.desk, OnCall: a.desk, Risks: a.desk, Assess: a.desk, Reports: a.desk, Ahead: a.desk, ReportForms: a, Health: a.desk, Release: a.desk, Channels: a.serving.hooks(), Method: a.method, Matrix: &a.policy.Matrix,
		RuleCheck: checkRule, RuleTest: rulefile.TestBytes, Schema: push.Schema(), Now: a.opts.Now, Version: a.opts.Version, BaseURL: a.cfg.BaseURL, Log: a.opts.Log,
		Ready: a.self.ready,
	}), nil
}

// bundles hands the journal out.
type bundles struct{ *App }

// Export implements api.Journal. The export is itself an entry of the journal.
func (b bundles) Export(ctx context.Context, who desk.Principal, w io.Writer) error {
	if !who.May(desk.CanAdmin) {
		return fmt.Errorf("export the journal: %w", fault.ErrForbidden)
	}
	if err := b.db.Journal(ctx, journal.Draft{At: b.opts.Now(), Org: who.Org, Kind: journal.Exported, Actor: who.Account, Subject: "journal"}); err != nil {
		return err
	}
	src, err := b.db.ReadJournal(ctx)
	if err != nil {
		return err
	}
	defer src.Close() //nolint:errcheck // reading only
	_, err = journal.Export(ctx, src, w, journal.ExportOptions{
		PublicKeys: []string{b.signer.PublicKey()}, Made: b.opts.Now(), Keep: journal.OnlyOrg(who.Org), Filter: "organisation " + who.Org,
	})
	return err
}

// Verify implements api.Journal: against our own checkpoints and today's key.
func (b bundles) Verify(ctx context.Context, who desk.Principal) (*journal.Report, error) {
	if !who.May(desk.CanAdmin) {
		return nil, fmt.Errorf("verify the journal: %w", fault.ErrForbidden)
	}
	src, err := b.db.ReadJournal(ctx)
	if err != nil {
		return nil, err
	}
	defer src.Close() //nolint:errcheck // reading only
	return journal.Verify(ctx, src, journal.VerifyOptions{PublicKeys: []string{b.signer.PublicKey()}})
}

// partners takes signed webhooks of the partners that the configuration names.
type partners struct{ *App }

// Hook implements api.Partners. A source without partners, a bad signature and an unknown
// source look alike from outside.
func (p partners) Hook(ctx context.Context, source string, h http.Header, body []byte) (desk.Pushed, error) {
	for _, in := range p.cfg.Inbound {
		if in.Source != source {
			continue
		}
		src, ok := p.sources.Source(source)
		if !ok || src.URL != "" {
			break
		}
		secrets, err := values(in.Secrets)
		if err != nil {
			return desk.Pushed{}, err
		}
		id, _, err := webhook.Verify(h, body, secrets, p.opts.Now())
		if err != nil {
			return desk.Pushed{}, fmt.Errorf("signature of the webhook: %w", fault.ErrUnauthorised)
		}
		org, err := p.orgNamed(ctx, in.Org)
		if err != nil {
			return desk.Pushed{}, err
		}
		who := desk.Principal{Account: "partner:" + source, Org: org, Name: src.Name, Scopes: []desk.Scope{desk.CanPush}}
		return p.desk.Push(ctx, who, source, body, source+":"+id)
	}
	return desk.Pushed{}, fmt.Errorf("signature of the webhook: %w", fault.ErrUnauthorised)
}

// orgNamed returns the organisation of that id, or the only one.
func (a *App) orgNamed(ctx context.Context, id string) (string, error) {
	orgs, err := a.db.Orgs(ctx)
	if err != nil {
		return "", err
	}
	for _, o := range orgs {
		if o == id || id == "" && len(orgs) == 1 {
			return o, nil
		}
	}
	return "", fmt.Errorf("organisation %q: %w", id, fault.ErrNotFound)
}

func values(secrets []config.Secret) ([]string, error) {
	out := make([]string, 0, len(secrets))
	for _, s := range secrets {
		v, err := s.Value()
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}
