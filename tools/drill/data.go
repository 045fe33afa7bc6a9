package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"watchfire.dev/internal/feed"
	"watchfire.dev/internal/feed/intake"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/store"
	"watchfire.dev/internal/store/sqlite"
)

// What a megabyte of an installation is made of here: documents that do not pack further, and
// entries of the journal.
const (
	documentBytes = 128 << 10
	entriesPerMB  = 100
)

// fill brings the database to its size before it is served.
func (d *drill) fill() (err error) {
	ctx := context.Background()
	opened, err := sqlite.Open(ctx, d.desk.File("data/watchfire.db"))
	if err != nil {
		return err
	}
	db := store.New(opened)
	writing, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- db.Run(writing) }()
	defer func() {
		stop()
		err = errors.Join(err, <-done, db.Close())
	}()
	at := time.Now().Add(-24 * time.Hour)
	body := make([]byte, documentBytes)
	for mb := range d.megabytes {
		for range (1 << 20) / documentBytes {
			for i := range body {
				body[i] = byte(d.chance.Uint32())
			}
			sum := sha256.Sum256(body)
			r := intake.Record{Source: feed.Source{ID: "drill"}, Hash: hex.EncodeToString(sum[:]), Body: body, Kind: "drill", At: at}
			receipt, err := db.Store(ctx, r)
			if err != nil {
				return err
			}
			if err := db.Do(ctx, func(ctx context.Context, tx *store.Tx) error { // worked through: nothing is left half done
				_, err := tx.ExecContext(ctx, "UPDATE receipt SET state = 'parsed' WHERE id = ?", receipt)
				return err
			}); err != nil {
				return err
			}
		}
		drafts := make([]journal.Draft, entriesPerMB)
		for i := range drafts {
			raw, err := journal.Body(map[string]any{"drill": strconv.Itoa(mb*entriesPerMB + i), "text": strings.Repeat("x", 200)})
			if err != nil {
				return err
			}
			drafts[i] = journal.Draft{At: at, Kind: journal.Started, Actor: "drill", Body: raw}
		}
		if err := db.Journal(ctx, drafts...); err != nil {
			return err
		}
	}
	return nil
}

// lost counts what was answered before the crash and is not in what was restored, and says how
// long before the crash the oldest of it was answered.
func (d *drill) lost(crashed time.Time) (n int, oldest time.Duration, err error) {
	ctx := context.Background()
	opened, err := sqlite.OpenCopy(ctx, d.desk.File("restored/watchfire.db"))
	if err != nil {
		return 0, 0, err
	}
	db := store.New(opened)
	defer func() { err = errors.Join(err, db.Close()) }()
	rows, err := db.Reader().QueryContext(ctx, "SELECT key FROM signal")
	if err != nil {
		return 0, 0, err
	}
	defer rows.Close()
	there := map[string]bool{}
	for rows.Next() {
		var key string
		if err := rows.Scan(&key); err != nil {
			return 0, 0, err
		}
		if i := strings.LastIndex(key, "bench-"); i >= 0 {
			there[key[i:]] = true
		}
	}
	if len(there) == 0 && len(d.answered) > 0 {
		return 0, 0, fmt.Errorf("none of %d signals is there: %w", len(d.answered), rows.Err())
	}
	for key, at := range d.answered {
		if !there[key] && at.Before(crashed) {
			n++
			oldest = max(oldest, crashed.Sub(at))
		}
	}
	return n, oldest, rows.Err()
}
