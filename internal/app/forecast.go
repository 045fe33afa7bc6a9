package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"watchfire.dev/internal/config"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/forecast/ladder"
	"watchfire.dev/internal/id"
)

// onlyOrg stands in the configuration for the organisation of an installation that has one.
const onlyOrg = "only"

// checkForecasts refuses a model that there is not.
func checkForecasts(cfg config.Config) error {
	if cfg.Forecasts.Model == "" {
		return nil
	}
	if _, err := ladder.Find(cfg.Forecasts.Model); err != nil {
		return fmt.Errorf("configuration: forecasts.model: %v: %w", err, fault.ErrInvalid)
	}
	return nil
}

func (a *App) forecastConfig() desk.ForecastConfig {
	f := a.cfg.Forecasts
	return desk.ForecastConfig{
		Ahead: a.db, Rung: f.Model, Seed: f.Seed, Workers: max(1, runtime.GOMAXPROCS(0)/2),
		Abroad: func(ctx context.Context) (string, error) { return a.openOrg(ctx, f.Public) },
	}
}

// openOrg is the organisation that the configuration opens to everybody, "" = none.
func (a *App) openOrg(ctx context.Context, named string) (string, error) {
	if named == "" {
		return "", nil
	}
	orgs, err := a.db.Orgs(ctx)
	if err != nil {
		return "", err
	}
	for _, org := range orgs {
		if org == named || named == onlyOrg && len(orgs) == 1 {
			return org, nil
		}
	}
	return "", nil
}

// forecastsDue takes the panel that the configuration names, if it has changed, and keeps,
// resolves and notes what is due.
func (a *App) forecastsDue(ctx context.Context, org string) (time.Time, error) {
	who := calendarOf(org)
	taken := a.takePanel(ctx, who)
	next, err := a.desk.ForecastsDue(ctx, who)
	return next, errors.Join(taken, err)
}

// A panelLook is what the configured panel was when an organisation had looked at it.
type panelLook struct {
	size     int64
	modified time.Time
	at       time.Time
	refused  error // why it was not taken; nil = it was
}

// panelEvery is how often a file is read again that does not look changed.
const panelEvery = time.Hour

func (l panelLook) same(last panelLook) bool {
	return l.size == last.size && l.modified.Equal(last.modified) && l.at.Sub(last.at) < panelEvery
}

// takePanel reads the configured panel. One that is refused is refused again, and said so,
// until it changes; what was kept before stays.
func (a *App) takePanel(ctx context.Context, who desk.Principal) error {
	path := a.cfg.Forecasts.Panel
	if path == "" {
		return nil
	}
	file, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("configuration: forecasts.panel: %w: %w", fault.ErrUnavailable, err)
	}
	now := panelLook{size: file.Size(), modified: file.ModTime(), at: a.opts.Now()}
	if last, ok := a.panels.Load(who.Org); ok && now.same(last.(panelLook)) {
		return last.(panelLook).refused
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("configuration: forecasts.panel: %w: %w", fault.ErrUnavailable, err)
	}
	known, err := a.db.ForecastPanels(ctx, who.Org, 12)
	if err != nil {
		return err
	}
	sum := id.Hash(raw)
	for _, p := range known {
		if p.Hash == sum {
			a.panels.Store(who.Org, now)
			return nil
		}
	}
	out, err := a.desk.PutForecastPanel(ctx, who, filepath.Base(path), raw)
	if err != nil {
		err = fmt.Errorf("configuration: forecasts.panel: %w", err)
		if errors.Is(err, fault.ErrInvalid) { // read again, it would be refused again
			now.refused = err
			a.panels.Store(who.Org, now)
		}
		return err
	}
	a.panels.Store(who.Org, now)
	a.opts.Log.Info("panel taken", "org", who.Org, "file", path, "last", out.Panel.Last.String())
	return nil
}
