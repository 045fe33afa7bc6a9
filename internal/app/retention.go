package app

import (
	"context"
	"time"
)

// settled is how old a document is when it is packed tighter: by then nobody reads it daily.
const settled = 7 * 24 * time.Hour

// forget drops the details that are older than they are wanted, and packs old documents, a few
// at a time so that nothing waits for it.
func (a *App) forget(ctx context.Context, now time.Time) error {
	if keep := time.Duration(a.cfg.KeepDetails); keep > 0 {
		f, err := a.db.Forget(ctx, now.Add(-keep))
		if err != nil {
			return err
		}
		if f.Notifications+f.Exposures > 0 {
			a.opts.Log.Info("details are forgotten", "notifications", f.Notifications, "event_revisions", f.Exposures)
		}
	}
	var before, after int64
	for {
		c, err := a.db.Compact(ctx, now.Add(-settled), 50)
		if err != nil {
			return err
		}
		before, after = before+c.Before, after+c.After
		if c.Done {
			break
		}
	}
	if before > 0 {
		a.opts.Log.Info("old documents are packed tighter", "bytes_before", before, "bytes_after", after)
	}
	return nil
}
