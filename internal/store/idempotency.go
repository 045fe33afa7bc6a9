package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"watchfire.dev/internal/fault"
)

// keepAnswers is how long the answer to a request with a key is kept.
const keepAnswers = 24 * time.Hour

// BeginRequest claims a key for a request, named by its hash. Status 0 means: go ahead, then
// call FinishRequest. Another status comes with the stored body of the first answer. It is
// fault.ErrConflict when the key was used for another request, or when the first one is
// still under way or was cut off, so that nobody knows what became of it.
func (db *DB) BeginRequest(ctx context.Context, org, key, request string, now time.Time) (status int, body []byte, err error) {
	err = db.Do(ctx, func(ctx context.Context, tx *Tx) error {
		status, body = 0, nil
		if _, err := tx.ExecContext(ctx, "DELETE FROM idempotency WHERE org = ? AND key = ? AND at < ?", org, key, at(now.Add(-keepAnswers))); err != nil {
			return err
		}
		var first string
		err := tx.QueryRowContext(ctx, "SELECT request, status, body FROM idempotency WHERE org = ? AND key = ?", org, key).Scan(&first, &status, &body)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			_, err = tx.ExecContext(ctx, "INSERT INTO idempotency (org, key, request, status, body, at) VALUES (?,?,?,0,?,?)", org, key, request, []byte{}, at(now))
			return err
		case err != nil:
			return err
		case first != request:
			return fmt.Errorf("the Idempotency-Key was used for another request: %w", fault.ErrConflict)
		case status == 0:
			return fmt.Errorf("the first request with this Idempotency-Key is under way or was cut off: look before you repeat it with a new key: %w", fault.ErrConflict)
		}
		return nil
	})
	if err != nil {
		return 0, nil, err
	}
	return status, body, nil
}

// FinishRequest stores the answer; status 0 gives the key free again, because nothing was done.
func (db *DB) FinishRequest(ctx context.Context, org, key string, status int, body []byte) error {
	return db.Do(ctx, func(ctx context.Context, tx *Tx) error {
		if status == 0 {
			_, err := tx.ExecContext(ctx, "DELETE FROM idempotency WHERE org = ? AND key = ? AND status = 0", org, key)
			return err
		}
		if body == nil {
			body = []byte{}
		}
		_, err := tx.ExecContext(ctx, "UPDATE idempotency SET status = ?, body = ? WHERE org = ? AND key = ? AND status = 0", status, body, org, key)
		return err
	})
}

// DropRequests removes stored answers that are older than a day.
func (db *DB) DropRequests(ctx context.Context, now time.Time) error {
	return db.Do(ctx, func(ctx context.Context, tx *Tx) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM idempotency WHERE at < ?", at(now.Add(-keepAnswers)))
		return err
	})
}
