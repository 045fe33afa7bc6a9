package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/watch"
)

var _ watch.Order = (*DB)(nil)

// What the processes of an installation tell one another through the database, where it can
// carry that. Whoever misses it looks by itself soon.
const (
	SaidInput   = "input"   // there is a new input
	SaidDone    = "done"    // inputs were decided
	SaidDeliver = "deliver" // there is something to be sent
	SaidChanged = "changed" // followed by a space and an organisation whose pages changed
)

// say tells the other processes something once the transaction is on disk.
func (db *DB) say(ctx context.Context, tx *Tx, what string) error {
	if db.engine.Notify == "" {
		return nil
	}
	if _, err := tx.tx.ExecContext(ctx, db.engine.Notify, what); err != nil {
		return fmt.Errorf("tell the other processes: %w", err)
	}
	return nil
}

// Listen hears what other processes say until ctx ends or the connection is lost. Where the
// database carries nothing it hears nothing.
func (db *DB) Listen(ctx context.Context, heard func(what string)) error {
	if db.engine.Listen == nil {
		<-ctx.Done()
		return nil
	}
	return db.engine.Listen(ctx, db.native, heard)
}

// Accept implements watch.Order. in.At is the clock's time; the instant that the input gets
// is later than that of every input before.
func (db *DB) Accept(ctx context.Context, in watch.Input) (watch.Input, error) {
	out := in
	err := db.Do(ctx, func(ctx context.Context, tx *Tx) error {
		out = in
		return db.accept(ctx, tx, &out)
	})
	if err != nil {
		return in, fmt.Errorf("accept an input of kind %s: %w", in.Kind, err)
	}
	return out, nil
}

func (db *DB) accept(ctx context.Context, tx *Tx, in *watch.Input) error {
	var newest string
	if err := tx.QueryRowContext(ctx, "UPDATE input_head SET seq = seq + 1 WHERE id = 1 RETURNING seq, at").Scan(&in.Seq, &newest); err != nil {
		return fmt.Errorf("number it: %w", err)
	}
	if in.Key != "" {
		var open int64
		err := tx.QueryRowContext(ctx, "SELECT seq FROM input WHERE key = ? AND done_at IS NULL AND key <> '' ORDER BY seq LIMIT 1", in.Key).Scan(&open)
		if !errors.Is(err, sql.ErrNoRows) {
			in.Seq = open
			return err
		}
	}
	before := when(newest)
	if !in.Due.IsZero() && !before.Before(in.Due) { // time has passed already
		in.Seq = 0
		return nil
	}
	if in.At = in.At.UTC().Truncate(time.Microsecond); !in.At.After(before) {
		in.At = before.Add(time.Microsecond)
	}
	if in.Observed != nil {
		fresh, err := db.observed(ctx, tx, in)
		if err != nil {
			return err
		}
		if len(fresh) == 0 {
			in.Seq = 0
			return nil
		}
		if in.Body, err = watch.Fresh(fresh); err != nil {
			return err
		}
	}
	w := batchWriter{ctx: ctx, tx: tx}
	if in.Body == nil {
		in.Body = []byte("{}")
	}
	w.exec("INSERT INTO input (seq, at, kind, org, part, key, body) VALUES (?,?,?,?,?,?,?)", in.Seq, at(in.At), in.Kind, in.Org, in.Part, in.Key, in.Body)
	w.exec("UPDATE input_head SET at = ? WHERE id = 1", at(in.At))
	if err := w.end(); err != nil {
		return err
	}
	return db.say(ctx, tx, SaidInput)
}

// observed stores what a record held and returns the signals that are new.
func (db *DB) observed(ctx context.Context, tx *Tx, in *watch.Input) ([]event.Signal, error) {
	o := in.Observed
	ids := make([]string, len(o.Signals))
	for i, s := range o.Signals {
		ids[i] = s.ID
	}
	wanted, err := array(ids)
	if err != nil {
		return nil, err
	}
	rows, err := tx.QueryContext(ctx, "SELECT id FROM signal WHERE id IN (SELECT value FROM json_each(?))", wanted)
	if err != nil {
		return nil, fmt.Errorf("look signals up: %w", err)
	}
	defer rows.Close()
	known := map[string]bool{}
	for rows.Next() {
		var one string
		if err := rows.Scan(&one); err != nil {
			return nil, err
		}
		known[one] = true
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	var fresh []event.Signal
	for _, s := range o.Signals {
		if !known[s.ID] {
			known[s.ID] = true
			s.Received = in.At // what a replay follows
			fresh = append(fresh, s)
		}
	}
	receipt := o.Receipt
	receipt.At = in.At
	w := batchWriter{ctx: ctx, tx: tx}
	if o.Record != nil {
		record := *o.Record
		record.Done = receipt
		w.receipts(w.records([]watch.Raw{record}))
	} else {
		w.receipts([]watch.ReceiptDone{receipt})
	}
	if o.Delivered != nil {
		w.delivered([]watch.Delivered{*o.Delivered})
	}
	w.signals(fresh)
	w.quarantined(o.Quarantined)
	return fresh, w.end()
}

// After implements watch.Order.
func (db *DB) After(ctx context.Context, seq int64, limit int) ([]watch.Input, error) {
	return list(ctx, db.read, func(s scanner) (watch.Input, error) {
		var in watch.Input
		var stamped string
		err := s.Scan(&in.Seq, &stamped, &in.Kind, &in.Org, &in.Part, &in.Body)
		in.At = when(stamped)
		return in, err
	}, "SELECT seq, at, kind, org, part, body FROM input WHERE seq > ? ORDER BY seq LIMIT ?", seq, limit)
}

// Verdicts implements watch.Order.
func (db *DB) Verdicts(ctx context.Context, seqs []int64) ([]watch.Verdict, error) {
	names := make([]string, len(seqs))
	for i, seq := range seqs {
		names[i] = strconv.FormatInt(seq, 10)
	}
	wanted, err := array(names)
	if err != nil {
		return nil, err
	}
	return list(ctx, db.read, func(s scanner) (watch.Verdict, error) {
		var v watch.Verdict
		return v, s.Scan(&v.Seq, &v.Body)
	}, "SELECT seq, verdict FROM input WHERE CAST(seq AS TEXT) IN (SELECT value FROM json_each(?)) AND done_at IS NOT NULL", wanted)
}

// PortfolioNow implements watch.Order.
func (db *DB) PortfolioNow(ctx context.Context, org string) (portfolio.Portfolio, error) {
	return db.portfolio(ctx, org, 0)
}

// ProjectOf implements watch.Order.
func (db *DB) ProjectOf(ctx context.Context, org, warningID string) (string, error) {
	var project string
	err := db.read.QueryRowContext(ctx, "SELECT project FROM warning WHERE org = ? AND id = ?", org, warningID).Scan(&project)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return project, err
}

// decided writes what a decider's batch says beside its decisions: how far it is, which is
// refused when a part that it holds is another's by now, and what became of inputs.
func (db *DB) decided(ctx context.Context, tx *Tx, b *watch.Batch) error {
	if len(b.Under) == 0 {
		return nil
	}
	if err := advance(ctx, tx, db.Owner, b.Under, b.Reached); err != nil {
		return err
	}
	w := batchWriter{ctx: ctx, tx: tx}
	for _, v := range b.Done {
		w.exec("UPDATE input SET done_at = ?, verdict = ? WHERE seq = ?", at(b.Reached.At), v.Body, v.Seq)
	}
	if err := w.end(); err != nil {
		return err
	}
	for _, in := range b.Then {
		in.At = b.Reached.At
		if err := db.accept(ctx, tx, &in); err != nil {
			return err
		}
	}
	if len(b.Done) > 0 {
		if err := db.say(ctx, tx, SaidDone); err != nil {
			return err
		}
	}
	if len(b.Notifications) > 0 {
		if err := db.say(ctx, tx, SaidDeliver); err != nil {
			return err
		}
	}
	orgs := map[string]bool{}
	for _, d := range b.Decisions {
		if !orgs[d.Org] {
			orgs[d.Org] = true
			if err := db.say(ctx, tx, SaidChanged+" "+d.Org); err != nil {
				return err
			}
		}
	}
	return nil
}

// DropInputs removes inputs that every part has passed, and what is kept for those who are
// behind them, when they are older than an instant.
func (db *DB) DropInputs(ctx context.Context, before time.Time) error {
	return db.Do(ctx, func(ctx context.Context, tx *Tx) error {
		var behind sql.NullInt64
		var reached sql.NullString
		if err := tx.QueryRowContext(ctx, "SELECT min(seq), min(at) FROM part").Scan(&behind, &reached); err != nil || !behind.Valid {
			return err
		}
		limit := got(reached)
		if before.Before(limit) {
			limit = before
		}
		w := batchWriter{ctx: ctx, tx: tx}
		w.exec("DELETE FROM input WHERE seq <= ? AND at < ?", behind.Int64, at(limit))
		w.exec(`DELETE FROM memory_past WHERE at < (SELECT max(x.at) FROM memory_past x WHERE x.org = memory_past.org AND x.at < ?)`, at(limit))
		w.exec("DELETE FROM event_matched WHERE at < (SELECT max(x.at) FROM event_matched x WHERE x.org = event_matched.org AND x.event = event_matched.event AND x.at < ?)", at(limit))
		return w.end()
	})
}
