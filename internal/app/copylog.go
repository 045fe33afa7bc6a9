package app

import (
	"context"
	"errors"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"watchfire.dev/internal/backup/stream"
)

// copied is when the copy of the log was last complete, and what it held.
type copied struct {
	at      time.Time
	entries int64
}

// copyEvery is how often the copy is asked to be complete; it follows each second by itself.
const copyEvery = 5 * time.Second

// copyLog copies what is committed to the folder of the backups, a moment later.
func (a *App) copyLog(ctx context.Context, g *errgroup.Group) error {
	if !a.cfg.Backup.Log || a.cfg.Backup.To == "" || a.db.Shared() {
		return nil
	}
	if err := a.db.LeaveLog(ctx); err != nil {
		return err
	}
	s, err := stream.Open(ctx, filepath.Join(a.cfg.Data, fileName), a.cfg.Backup.To, a.opts.Log)
	if err != nil {
		return err
	}
	a.serving.copied.Store(&copied{at: a.opts.Now()})
	g.Go(func() error {
		tick := time.NewTicker(copyEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
				defer cancel()
				return s.Close(stop)
			case <-tick.C:
			}
			size, err := a.db.Size(ctx)
			now := a.opts.Now()
			if err = errors.Join(err, s.Copied(ctx)); err == nil {
				a.serving.copied.Store(&copied{now, size})
			} else if ctx.Err() == nil {
				a.opts.Log.Error("copy of the log", "error", err)
			}
		}
	})
	return nil
}
