package app

import (
	"context"
	"errors"
	"path/filepath"
	"time"

	"watchfire.dev/internal/pulse"
	"watchfire.dev/internal/store/sqlite"
)

// Damaged tells whether an error means that the database itself is damaged.
func Damaged(err error) bool { return errors.Is(err, sqlite.ErrDamaged) }

// checkPages goes through all pages of the database every hour, beside everything else and on
// a connection of its own that only reads. What is damaged is written no more: reading goes
// on, the heartbeat stops, and somebody is told how to restore (TRUST.md row 5).
func (a *App) checkPages(ctx context.Context) error {
	if a.db.Shared() {
		return nil // the server has checksums of its own
	}
	path := filepath.Join(a.cfg.Data, fileName)
	a.self.set(func(f *pulse.Facts) { f.Pages.Checked = a.opts.Now() }) // at the start
	tick := time.NewTicker(a.cfg.Health.PagePace())
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		err := sqlite.Check(ctx, path)
		now := a.opts.Now()
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, sqlite.ErrDamaged):
			a.opts.Log.Error("the database is damaged: nothing is written any more; restore it (watchfire restore)", "error", err)
			a.db.Freeze("the database is damaged")
			a.self.set(func(f *pulse.Facts) {
				f.Pages.Damaged, f.Pages.Detail = now, "watchfire restore --from BACKUPS --to NEWFOLDER"
			})
			return nil
		case err != nil:
			a.opts.Log.Error("check the pages of the database", "error", err)
		default:
			a.self.set(func(f *pulse.Facts) { f.Pages.Checked = now })
		}
	}
}
