package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"

	"watchfire.dev/internal/app"
	"watchfire.dev/internal/config"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/phrase"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/warning"
)

type explainCmd struct {
	Warning  string `arg:"" help:"Id of the warning, as its page and its mails name it."`
	Data     string `help:"Data folder; default that of the configuration. A server may be running on it." type:"existingdir"`
	Config   string `help:"Configuration file." type:"existingfile"`
	Server   string `help:"Address of a running server to ask instead."`
	Token    string `help:"Access token for --server." env:"WATCHFIRE_TOKEN"`
	JSON     bool   `help:"Print one JSON object: numbers and words."`
	Language string `help:"Of the words: en or zh." default:"en"`
}

// explained is what the command prints as JSON.
type explained struct {
	Explanation warning.Explanation `json:"explanation"`
	Words       []phrase.Link       `json:"words"`
}

// Run prints the chain from signals to level.
func (c *explainCmd) Run(e *env) error {
	x, project, err := c.find(e)
	if err != nil {
		return err
	}
	book, err := phrase.New()
	if err != nil {
		return err
	}
	words := book.ForPage(c.Language).Explain(x, project, "")
	if c.JSON {
		enc := json.NewEncoder(e.stdout)
		enc.SetEscapeHTML(false)
		return enc.Encode(explained{x, words})
	}
	for _, link := range words {
		fmt.Fprintln(e.stdout, link.Title)
		for _, line := range link.Lines {
			if _, err := fmt.Fprintln(e.stdout, "  "+line); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *explainCmd) find(e *env) (warning.Explanation, portfolio.Project, error) {
	if c.Server != "" {
		var story struct {
			Project     portfolio.Project
			Explanation warning.Explanation
		}
		at := where{URL: c.Server, Token: c.Token}
		if err := at.call(e.ctx, http.MethodGet, "/api/v1/warnings/"+url.PathEscape(c.Warning), "", nil, &story); err != nil {
			return warning.Explanation{}, portfolio.Project{}, err
		}
		if story.Explanation.Warning == "" {
			return story.Explanation, story.Project, fmt.Errorf("%s gives no explanation: another version? %w", c.Server, fault.ErrUnavailable)
		}
		return story.Explanation, story.Project, nil
	}
	cfg, err := config.Load(c.Config, os.Getenv)
	if err != nil {
		return warning.Explanation{}, portfolio.Project{}, err
	}
	if c.Data != "" {
		cfg.Data = c.Data
	}
	return stored(e.ctx, cfg, c.Warning)
}

// stored reads the explanation from a data folder, whichever organisation the warning is of.
func stored(ctx context.Context, cfg config.Config, id string) (x warning.Explanation, project portfolio.Project, err error) {
	policy, err := app.PolicyOf(cfg)
	if err != nil {
		return x, project, err
	}
	method, err := app.MethodOf(cfg)
	if err != nil {
		return x, project, err
	}
	db, err := app.OpenExisting(ctx, cfg)
	if err != nil {
		return x, project, err
	}
	defer db.Close()
	d := desk.New(desk.Config{
		Store: db, Policy: policy,
		Index: func(p portfolio.Portfolio) desk.Assessor { return app.IndexOf(p, method, policy) },
	})
	orgs, err := db.Orgs(ctx)
	if err != nil {
		return x, project, err
	}
	for _, org := range orgs {
		who := desk.Principal{Org: org, Scopes: []desk.Scope{desk.CanRead}}
		if x, err = d.Explain(ctx, who, id); errors.Is(err, fault.ErrNotFound) {
			continue
		}
		if err != nil {
			return x, project, err
		}
		p, err := d.Portfolio(ctx, who)
		if x.Asset != nil {
			project, _ = p.Index().Project(x.Asset.Project)
		}
		return x, project, err
	}
	return x, project, fmt.Errorf("warning %s: %w", id, fault.ErrNotFound)
}
