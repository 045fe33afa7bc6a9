package app

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"watchfire.dev/internal/config"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/level"
)

// known is what stood on the list of open warnings a moment ago, beside the database: all that
// is left to show when that can no longer be read.
type known struct {
	At       time.Time      `json:"at"`
	Warnings []knownWarning `json:"warnings"`
}

type knownWarning struct {
	Project string      `json:"project"`
	Hazard  string      `json:"hazard"`
	Level   level.Level `json:"level"`
	Since   time.Time   `json:"since"`
}

func knownFile(cfg config.Config) string { return filepath.Join(cfg.Data, "known.json") }

// keepKnown writes down each minute what is open.
func (a *App) keepKnown(ctx context.Context) error {
	if a.db.Shared() {
		return nil
	}
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		if err := a.writeKnown(ctx); err != nil && ctx.Err() == nil {
			a.opts.Log.Error("write down what is open", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func (a *App) writeKnown(ctx context.Context) error {
	out := known{At: a.opts.Now()}
	orgs, err := a.db.Orgs(ctx)
	if err != nil {
		return err
	}
	for _, org := range orgs {
		rows, _, err := a.db.QueueRows(ctx, org, desk.Filter{Show: desk.Open, Page: desk.Page{Limit: 200}}, "")
		if err != nil {
			return fmt.Errorf("read the open warnings of %s: %w", org, err)
		}
		if len(rows) == 0 { // as where no portfolio has come yet
			continue
		}
		p, err := a.db.PortfolioAt(ctx, org, 0)
		if err != nil {
			return err
		}
		index := p.Index()
		for _, r := range rows {
			name := r.Head.Project
			if project, ok := index.Project(name); ok {
				name = project.Name
			}
			out.Warnings = append(out.Warnings, knownWarning{name, string(r.Head.Hazard), r.Head.Level, r.Head.At})
		}
	}
	raw, err := json.Marshal(out)
	if err != nil {
		return err
	}
	return writeDurably(knownFile(a.cfg), raw, 0o600)
}

func lastKnown(cfg config.Config) (k known, err error) {
	raw, err := os.ReadFile(knownFile(cfg))
	if err != nil {
		return k, err
	}
	return k, json.Unmarshal(raw, &k)
}
