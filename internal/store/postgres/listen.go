package postgres

import (
	"context"
	"fmt"
)

// listen hears what other processes say, on a connection of its own.
func listen(ctx context.Context, jobs any, heard func(what string)) error {
	j, ok := jobs.(*Jobs)
	if !ok {
		return fmt.Errorf("cannot listen on a %T", jobs)
	}
	conn, err := j.Acquire(ctx)
	if err != nil {
		return err
	}
	own := conn.Hijack()                        // what it listens to must not go back to the pool
	defer own.Close(context.WithoutCancel(ctx)) //nolint:errcheck // nothing is under way on it
	if _, err := own.Exec(ctx, "LISTEN watchfire"); err != nil {
		return err
	}
	for {
		n, err := own.WaitForNotification(ctx)
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		heard(n.Payload)
	}
}
