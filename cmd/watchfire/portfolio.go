package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"watchfire.dev/internal/app"
	"watchfire.dev/internal/config"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/portfolio/sheet"
	"watchfire.dev/internal/store"
)

type portfolioCmd struct {
	Import portfolioImport `cmd:"" help:"Import a CSV, XLSX or GeoJSON file: a preview, then all of it or nothing."`
	Export portfolioExport `cmd:"" help:"Write the portfolio to a file."`
	Check  portfolioCheck  `cmd:"" help:"Check a file on its own, without an installation."`
}

// where says which installation a command works on.
type where struct {
	Config string `help:"Configuration file." type:"existingfile"`
	Org    string `help:"Organisation; default the first."`
	URL    string `help:"Address of a running Watchfire; without it the data folder is used, and no server may be running on it."`
	Token  string `help:"API token, with --url." env:"WATCHFIRE_TOKEN"`
}

type portfolioImport struct {
	where
	File   string `arg:"" help:"File to import."`
	DryRun bool   `help:"Show what would change and what is wrong; change nothing."`
}

// Run previews and, unless it is a dry run, commits. Exit 2 when the file has problems.
func (c *portfolioImport) Run(e *env) error {
	body, err := readFile(e, c.File)
	if err != nil {
		return err
	}
	if c.URL != "" {
		return c.remote(e, body)
	}
	return c.local(e.ctx, func(ctx context.Context, a *app.App, who desk.Principal) error {
		preview, err := a.Desk().Preview(ctx, who, filepath.Base(c.File), bytes.NewReader(body))
		if err != nil {
			return err
		}
		if err := printPreview(e, preview); err != nil || c.DryRun || preview.Token == "" {
			return err
		}
		v, err := a.Desk().Commit(ctx, who, preview.Token)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(e.stdout, "portfolio version %d: %d changes\n", v.Version, v.Changes)
		return err
	})
}

// local runs do on the data folder as an administrator.
func (w *where) local(ctx context.Context, do func(context.Context, *app.App, desk.Principal) error) error {
	cfg, err := config.Load(w.Config, os.Getenv)
	if err != nil {
		return err
	}
	a, err := app.Open(ctx, cfg, app.Options{Version: version})
	if err != nil {
		return err
	}
	runErr := a.With(ctx, func(ctx context.Context) error {
		if _, err := a.EnsureFirst(ctx); err != nil {
			return err
		}
		org, err := orgOf(ctx, a.DB(), w.Org)
		if err != nil {
			return err
		}
		return do(ctx, a, desk.Principal{
			Account: "command-line", Org: org, Name: "command line", Role: desk.Administrator, Scopes: desk.Administrator.Scopes(),
		})
	})
	if err := a.Close(); err != nil && runErr == nil {
		return err
	}
	return runErr
}

// orgOf returns the wanted organisation, or the first.
func orgOf(ctx context.Context, db *store.DB, want string) (string, error) {
	orgs, err := db.Orgs(ctx)
	if err != nil {
		return "", err
	}
	for _, o := range orgs {
		if want == "" || o == want {
			return o, nil
		}
	}
	return "", fmt.Errorf("organisation %q: %w", want, fault.ErrNotFound)
}

// printPreview lists changes and problems; problems make it an error.
func printPreview(e *env, p desk.ImportPreview) error {
	for _, x := range p.Problems {
		fmt.Fprintln(e.stderr, x)
	}
	if n := len(p.Problems); n > 0 {
		return fmt.Errorf("%d problems, nothing was changed: %w", n, fault.ErrInvalid)
	}
	counts := map[portfolio.ChangeKind]int{}
	for _, x := range p.Changes {
		counts[x.Kind]++
		fields := make([]string, len(x.Fields))
		for i, f := range x.Fields {
			if fields[i] = f.Field; f.Note != "" {
				fields[i] += "=" + f.New + " (" + f.Note + ")"
			}
		}
		fmt.Fprintf(e.stdout, "%-8s %-12s %s %s\n", x.Kind, x.Thing, x.Code, strings.Join(fields, ","))
	}
	_, err := fmt.Fprintf(e.stdout, "%d created, %d changed, %d removed against version %d\n",
		counts[portfolio.Created], counts[portfolio.Changed], counts[portfolio.Removed], p.Base)
	return err
}

// remote imports through the API of a running server.
func (c *portfolioImport) remote(e *env, body []byte) error {
	var preview desk.ImportPreview
	q := "?name=" + url.QueryEscape(filepath.Base(c.File))
	if err := c.call(e.ctx, http.MethodPost, "/api/v1/portfolio/imports"+q, "application/octet-stream", body, &preview); err != nil {
		return err
	}
	if err := printPreview(e, preview); err != nil || c.DryRun || preview.Token == "" {
		return err
	}
	var v desk.VersionRow
	if err := c.call(e.ctx, http.MethodPost, "/api/v1/portfolio/imports/"+url.PathEscape(preview.Token)+"/commit", "application/json", []byte("{}"), &v); err != nil {
		return err
	}
	_, err := fmt.Fprintf(e.stdout, "portfolio version %d: %d changes\n", v.Version, v.Changes)
	return err
}

func (w *where) call(ctx context.Context, method, path, kind string, body []byte, into any) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(w.URL, "/")+path, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("%s: %w: %w", w.URL, fault.ErrInvalid, err)
	}
	req.Header.Set("Authorization", "Bearer "+w.Token)
	req.Header.Set("Content-Type", kind)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 64<<20))
	if err != nil {
		return err
	}
	if resp.StatusCode >= 300 {
		return fmt.Errorf("%s %s: %s: %s", method, path, resp.Status, strings.TrimSpace(string(answer)))
	}
	if raw, ok := into.(*[]byte); ok {
		*raw = answer
		return nil
	}
	return json.Unmarshal(answer, into)
}

type portfolioExport struct {
	where
	Format string `help:"csv, xlsx or geojson." enum:"csv,xlsx,geojson" default:"csv"`
	Out    string `short:"o" help:"File to write; - is standard output." default:"-"`
}

// Run writes the newest version.
func (c *portfolioExport) Run(e *env) error {
	var file bytes.Buffer
	if c.URL != "" {
		var raw []byte
		if err := c.call(e.ctx, http.MethodGet, "/api/v1/portfolio/export?format="+c.Format, "", nil, &raw); err != nil {
			return err
		}
		file.Write(raw)
	} else {
		err := c.local(e.ctx, func(ctx context.Context, a *app.App, who desk.Principal) error {
			p, err := a.Desk().Portfolio(ctx, who)
			if err != nil {
				return err
			}
			return sheet.Write(&file, p, sheet.Format(c.Format))
		})
		if err != nil {
			return err
		}
	}
	return writeFile(e, c.Out, file.Bytes())
}

type portfolioCheck struct {
	File string `arg:"" help:"File to check."`
}

// Run checks a file as the first import of an empty organisation.
func (c *portfolioCheck) Run(e *env) error {
	body, err := readFile(e, c.File)
	if err != nil {
		return err
	}
	_, changes, problems := sheet.Read(bytes.NewReader(body), filepath.Base(c.File), portfolio.Portfolio{Org: "check"})
	return printPreview(e, desk.ImportPreview{Changes: changes, Problems: problems})
}
