package store

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"time"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/pulse"
)

// Vitals returns what the database knows of how alive the watch is: what waits, what is
// overdue, how the channels do, how far the journal is. The caller adds what it knows itself.
func (db *DB) Vitals(ctx context.Context, now time.Time) (pulse.Facts, error) {
	f := pulse.Facts{At: now}
	if err := db.waiting(ctx, &f); err != nil {
		return f, fmt.Errorf("what waits: %w: %w", fault.ErrUnavailable, err)
	}
	var due sql.NullString
	if err := db.read.QueryRowContext(ctx, "SELECT count(*), min(due_at) FROM escalation WHERE state = 'running' AND due_at <= ?", at(now)).Scan(&f.Overdue, &due); err != nil {
		return f, fmt.Errorf("overdue escalations: %w: %w", fault.ErrUnavailable, err)
	}
	f.OverdueFrom = got(due)
	var checkpoint sql.NullString
	if err := db.read.QueryRowContext(ctx, "SELECT max(at) FROM checkpoint").Scan(&checkpoint); err != nil {
		return f, fmt.Errorf("newest checkpoint: %w: %w", fault.ErrUnavailable, err)
	}
	f.Checkpoint = got(checkpoint)
	if err := db.read.QueryRowContext(ctx, "SELECT count(*) FROM dead_address").Scan(&f.Dead); err != nil {
		return f, fmt.Errorf("dead addresses: %w: %w", fault.ErrUnavailable, err)
	}
	var err error
	if f.Mute, err = db.muteFact(ctx); err != nil {
		return f, fmt.Errorf("what is held back: %w: %w", fault.ErrUnavailable, err)
	}
	if f.Journal, err = db.JournalSize(ctx); err != nil {
		return f, fmt.Errorf("size of the journal: %w: %w", fault.ErrUnavailable, err)
	}
	if f.Channels, err = db.channelFacts(ctx); err != nil {
		return f, err
	}
	return f, db.processes(ctx, &f)
}

// processes lists who serves, what each does, and the parts that nobody decides.
func (db *DB) processes(ctx context.Context, f *pulse.Facts) error {
	if !db.Shared() {
		return nil
	}
	parts, err := db.Parts(ctx)
	if err != nil {
		return fmt.Errorf("parts: %w: %w", fault.ErrUnavailable, err)
	}
	held := map[string][]string{}
	f.Parts = len(parts)
	for _, p := range parts {
		if p.Until.After(f.At) {
			held[p.Owner] = append(held[p.Owner], strconv.Itoa(p.N))
			continue
		}
		f.Orphans++
		from := p.Until
		if from.IsZero() { // nobody ever had it
			from = p.At
		}
		if f.OrphansFrom.IsZero() || from.Before(f.OrphansFrom) {
			f.OrphansFrom = from
		}
	}
	replicas, err := db.Replicas(ctx)
	if err != nil {
		return fmt.Errorf("processes: %w: %w", fault.ErrUnavailable, err)
	}
	for _, r := range replicas {
		one := pulse.ReplicaFact{ID: r.ID, Roles: strings.Join(r.Roles, " "), Seen: r.Seen}
		if list := held[r.ID]; len(list) > 0 {
			one.Roles += " (" + strings.Join(list, " ") + ")"
		}
		f.Replicas = append(f.Replicas, one)
	}
	return nil
}

// waiting counts what has not left, by level. A retry that is due later is no delay.
func (db *DB) waiting(ctx context.Context, f *pulse.Facts) error {
	allowed, bounds := db.loud()
	rows, err := db.read.QueryContext(ctx, "SELECT level, count(*), min(due_at) FROM notification WHERE state IN ('pending', 'sending')"+allowed+" GROUP BY level", bounds...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var l int
		var n int64
		var due string
		if err := rows.Scan(&l, &n, &due); err != nil {
			return err
		}
		if l < 0 || l >= len(f.Queued) {
			continue
		}
		f.Queued[l] = n
		if t := when(due); !t.After(f.At) {
			f.Oldest[l] = t
		}
	}
	return rows.Err()
}

func (db *DB) channelFacts(ctx context.Context) ([]pulse.ChannelFact, error) {
	return list(ctx, db.read, func(s scanner) (pulse.ChannelFact, error) {
		var c pulse.ChannelFact
		var proven, failed sql.NullString
		err := s.Scan(&c.Name, &proven, &failed, &c.Error)
		c.Proven, c.Failed = got(proven), got(failed)
		return c, err
	}, "SELECT channel, proven_at, failed_at, error FROM channel_proof ORDER BY channel")
}

// NoteChannel keeps how a channel does: its newest success or failure. An older one than is
// known changes nothing.
func (db *DB) NoteChannel(ctx context.Context, c pulse.ChannelFact) error {
	return db.Do(ctx, func(ctx context.Context, tx *Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO channel_proof (channel, proven_at, failed_at, error) VALUES (?,?,?,?)
			ON CONFLICT (channel) DO UPDATE SET
			error = CASE WHEN coalesce(excluded.failed_at, '') > coalesce(channel_proof.failed_at, '') THEN excluded.error ELSE channel_proof.error END,
			proven_at = CASE WHEN coalesce(excluded.proven_at, '') > coalesce(channel_proof.proven_at, '') THEN excluded.proven_at ELSE channel_proof.proven_at END,
			failed_at = CASE WHEN coalesce(excluded.failed_at, '') > coalesce(channel_proof.failed_at, '') THEN excluded.failed_at ELSE channel_proof.failed_at END`,
			c.Name, put(c.Proven), put(c.Failed), c.Error)
		return err
	})
}

// Touch writes the instant at which a process was last seen to write: a write like any other,
// so that its failure is the failure of writes.
func (db *DB) Touch(ctx context.Context, process string, now time.Time) error {
	return db.PutSetting(ctx, "written:"+process, at(now))
}

// LastTouch is when any process was last seen to write; zero = never.
func (db *DB) LastTouch(ctx context.Context) (time.Time, error) {
	var last sql.NullString
	err := db.read.QueryRowContext(ctx, "SELECT max(value) FROM setting WHERE name LIKE 'written:%'").Scan(&last)
	return got(last), err
}
