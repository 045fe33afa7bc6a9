package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"watchfire.dev/internal/account"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/journal"
)

// PutSession opens a session.
func (db *DB) PutSession(ctx context.Context, s account.Session, entries ...journal.Draft) error {
	return db.written(ctx, entries, func(ctx context.Context, tx *Tx) error { return insertSession(ctx, tx, s) })
}

func insertSession(ctx context.Context, tx *Tx, s account.Session) error {
	_, err := tx.ExecContext(ctx, "INSERT INTO session (hash, account, created_at, seen_at, expires_at) VALUES (?,?,?,?,?)",
		s.Hash, s.Account, at(s.Created), at(s.Seen), at(s.Expires))
	return err
}

// SessionByHash returns a session with its account.
func (db *DB) SessionByHash(ctx context.Context, hash string) (account.Session, account.Account, error) {
	return presented(ctx, db, "session", hash, db.session)
}

// presented is what a caller shows to be let in, with the account that it speaks for: a row of a table
// that is found by its hash.
func presented[T any](ctx context.Context, db *DB, table, hash string, read func(context.Context, string) (T, account.Account, error)) (T, account.Account, error) {
	type both struct {
		what T
		by   account.Account
	}
	found, err := asked(db, question{table, "", hash}, []string{table, "account"}, func() (b both, err error) {
		b.what, b.by, err = read(ctx, hash)
		return b, err
	})
	return found.what, found.by, err
}

func (db *DB) session(ctx context.Context, hash string) (account.Session, account.Account, error) {
	s := account.Session{Hash: hash}
	var a account.Account
	var created, seen, expires string
	fields, done := accountFields(&a)
	err := db.read.QueryRowContext(ctx, "SELECT s.created_at, s.seen_at, s.expires_at, "+accountColumns+
		" FROM session s JOIN account a ON a.id = s.account WHERE s.hash = ?", hash).Scan(append([]any{&created, &seen, &expires}, fields...)...)
	done()
	s.Account, s.Created, s.Seen, s.Expires = a.ID, when(created), when(seen), when(expires)
	return s, a, one(err, "session")
}

// TouchSession notes the use of a session.
func (db *DB) TouchSession(ctx context.Context, hash string, seen time.Time) error {
	return db.written(ctx, nil, func(ctx context.Context, tx *Tx) error {
		_, err := tx.ExecContext(ctx, "UPDATE session SET seen_at = CASE WHEN seen_at > ?1 THEN seen_at ELSE ?1 END WHERE hash = ?2", at(seen), hash)
		return err
	})
}

// EndSession removes a session.
func (db *DB) EndSession(ctx context.Context, hash string, entries ...journal.Draft) error {
	return db.written(ctx, entries, func(ctx context.Context, tx *Tx) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM session WHERE hash = ?", hash)
		return err
	})
}

// DropSessions removes sessions and links that can no longer be used.
func (db *DB) DropSessions(ctx context.Context, now, seenBefore time.Time) error {
	return db.Do(ctx, func(ctx context.Context, tx *Tx) error {
		w := batchWriter{ctx: ctx, tx: tx}
		w.exec("DELETE FROM session WHERE expires_at <= ? OR seen_at <= ?", at(now), at(seenBefore))
		w.exec("DELETE FROM sign_in_link WHERE expires_at <= ?", at(now))
		w.exec("DELETE FROM answer_link WHERE expires_at <= ?", at(now.AddDate(0, 0, -30))) // until then people read "too old"
		return w.end()
	})
}

func insertLink(ctx context.Context, tx *Tx, l account.Link) error {
	w := batchWriter{ctx: ctx, tx: tx}
	w.exec("DELETE FROM sign_in_link WHERE account = ? AND used_at IS NULL", l.Account)
	w.exec("INSERT INTO sign_in_link (hash, account, set_password, expires_at) VALUES (?,?,?,?)", l.Hash, l.Account, l.SetPassword, at(l.Expires))
	return w.end()
}

// PutLink stores a one-time link; earlier ones of the account can no longer be used.
func (db *DB) PutLink(ctx context.Context, l account.Link, entries ...journal.Draft) error {
	return db.written(ctx, entries, func(ctx context.Context, tx *Tx) error { return insertLink(ctx, tx, l) })
}

// LinkByHash returns a one-time link with its account.
func (db *DB) LinkByHash(ctx context.Context, hash string) (account.Link, account.Account, error) {
	l := account.Link{Hash: hash}
	var a account.Account
	var expires, used sql.NullString
	fields, done := accountFields(&a)
	err := db.read.QueryRowContext(ctx, "SELECT l.set_password, l.expires_at, l.used_at, "+accountColumns+
		" FROM sign_in_link l JOIN account a ON a.id = l.account WHERE l.hash = ?", hash).Scan(append([]any{&l.SetPassword, &expires, &used}, fields...)...)
	done()
	l.Account, l.Expires, l.Used = a.ID, got(expires), got(used)
	return l, a, one(err, "sign-in link")
}

// UseLink marks a link as used, sets the password if there is one, and opens a session.
func (db *DB) UseLink(ctx context.Context, hash string, now time.Time, password string, s account.Session, entries ...journal.Draft) error {
	return db.written(ctx, entries, func(ctx context.Context, tx *Tx) error {
		res, err := tx.ExecContext(ctx, `UPDATE sign_in_link SET used_at = ? WHERE hash = ? AND used_at IS NULL AND expires_at > ?
			AND EXISTS (SELECT 1 FROM account a WHERE a.id = sign_in_link.account AND a.disabled_at IS NULL)`, at(now), hash, at(now))
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return fmt.Errorf("the link was used or is too old: %w", fault.ErrGone)
		}
		if password != "" {
			w := batchWriter{ctx: ctx, tx: tx}
			w.exec("UPDATE account SET password = ? WHERE id = ?", password, s.Account)
			w.exec("DELETE FROM session WHERE account = ?", s.Account)
			if err := w.end(); err != nil {
				return err
			}
		}
		return insertSession(ctx, tx, s)
	})
}

var _ account.AnswerStore = (*DB)(nil)

// PutAnswerLink implements account.AnswerStore.
func (db *DB) PutAnswerLink(ctx context.Context, l account.AnswerLink) error {
	if db.links.lives(l.Hash, l.Expires) {
		return nil
	}
	known, err := db.AnswerLinkByHash(ctx, l.Hash)
	if err != nil && !errors.Is(err, fault.ErrNotFound) {
		return fmt.Errorf("look answer link up: %w", err)
	}
	if err == nil && !known.Expires.Before(l.Expires) {
		db.links.put(l.Hash, known.Expires)
		return nil
	}
	return db.written(ctx, nil, func(ctx context.Context, tx *Tx) error {
		_, err := tx.ExecContext(ctx, keepLink.one(), l.Hash, l.Org, l.Warning, l.Contact, at(l.Expires))
		return err
	})
}

var keepLink = inserting("answer_link (hash, org, warning, contact, expires_at)", 1, `ON CONFLICT (hash) DO UPDATE SET expires_at = CASE
	WHEN answer_link.expires_at > excluded.expires_at THEN answer_link.expires_at ELSE excluded.expires_at END`)

// AnswerLinkByHash returns a one-tap link.
func (db *DB) AnswerLinkByHash(ctx context.Context, hash string) (account.AnswerLink, error) {
	l := account.AnswerLink{Hash: hash}
	var expires string
	err := db.read.QueryRowContext(ctx, "SELECT org, warning, contact, expires_at FROM answer_link WHERE hash = ?", hash).
		Scan(&l.Org, &l.Warning, &l.Contact, &expires)
	l.Expires = when(expires)
	return l, one(err, "answer link")
}

// AnswersTo returns the answers to a warning, newest first.
func (db *DB) AnswersTo(ctx context.Context, org, warningID string) ([]desk.Answer, error) {
	return list(ctx, db.read, func(s scanner) (desk.Answer, error) {
		var a desk.Answer
		var stamped string
		var until sql.NullString
		err := s.Scan(&stamped, &a.Kind, &a.By, &a.Contact, &a.Account, &a.Via, &a.Note, &a.Revised, &until)
		a.At, a.Until = when(stamped), got(until)
		return a, err
	}, "SELECT at, kind, by_name, contact, account, via, note, revision, until_at FROM answer WHERE org = ? AND warning = ? ORDER BY at DESC, id LIMIT 200", org, warningID)
}

// SourcesOf returns the ids of the sources of signals that the organisation may see.
func (db *DB) SourcesOf(ctx context.Context, org string, signals []string) ([]string, error) {
	wanted, err := array(signals)
	if err != nil {
		return nil, err
	}
	return list(ctx, db.read, text, `SELECT DISTINCT source FROM signal WHERE org IN ('', ?)
		AND id IN (SELECT value FROM json_each(?)) ORDER BY source`, org, wanted)
}
