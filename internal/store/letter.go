package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/response"
)

// PutLetters keeps letters with their files and queues their notifications, in one transaction
// with the entries of the journal. A letter that is there already is left as it is and queued
// no second time; where all are there, nothing is journalled either.
func (db *DB) PutLetters(ctx context.Context, org string, list []desk.StoredLetter, entries ...journal.Draft) error {
	enc, err := packer()
	if err != nil {
		return fmt.Errorf("compressor: %w", err)
	}
	return db.Do(ctx, func(ctx context.Context, tx *Tx) error {
		fresh := false
		for _, l := range list {
			body, err := json.Marshal(l.Letter)
			if err != nil {
				return err
			}
			n, err := touched(tx.ExecContext(ctx, `INSERT INTO letter (org, id, kind, about, edition, contact, made_at, link, link_until, body) VALUES (?,?,?,?,?,?,?,?,?,?)
				ON CONFLICT (org, id) DO NOTHING`, org, l.ID, strings.TrimSpace(l.Kind+" "+l.Round), l.About, l.Edition, l.Contact, at(l.At), l.LinkHash, at(l.LinkUntil), body))
			if err != nil {
				return fmt.Errorf("keep letter %s: %w", l.ID, err)
			}
			if n == 0 {
				continue
			}
			fresh = true
			if l.Hash != "" {
				if _, err := tx.ExecContext(ctx, "INSERT INTO letter_file (org, hash, body) VALUES (?,?,?) ON CONFLICT (org, hash) DO NOTHING", org, l.Hash, enc.EncodeAll(l.Bytes, nil)); err != nil {
					return fmt.Errorf("keep the file of letter %s: %w", l.ID, err)
				}
			}
			w := batchWriter{ctx: ctx, tx: tx}
			w.notifications(l.Notifications)
			if err := w.end(); err != nil {
				return fmt.Errorf("queue letter %s: %w", l.ID, err)
			}
		}
		if !fresh || len(entries) == 0 {
			return nil
		}
		return tx.Journal(entries...)
	})
}

// Lettered tells what letters were made of since an instant; those of a round of their own bear
// its name behind their kind, and are nobody's calendar.
func (db *DB) Lettered(ctx context.Context, org string, since time.Time) (map[desk.Lettered]bool, error) {
	rows, err := list(ctx, db.read, func(s scanner) (l desk.Lettered, err error) {
		return l, s.Scan(&l.About, &l.Kind)
	}, "SELECT DISTINCT about, kind FROM letter WHERE org = ? AND made_at >= ?", org, at(since))
	out := make(map[desk.Lettered]bool, len(rows))
	for _, l := range rows {
		out[l] = true
	}
	return out, err
}

// Letters lists the letters about something with what became of each, the oldest first.
func (db *DB) Letters(ctx context.Context, org, about string) ([]desk.LetterRow, error) {
	out, err := list(ctx, db.read, func(s scanner) (desk.LetterRow, error) {
		var r desk.LetterRow
		var made string
		var body []byte
		if err := s.Scan(&made, &r.Contact, &r.LinkHash, &body); err != nil {
			return r, err
		}
		r.At, r.Linked = when(made), r.LinkHash != ""
		return r, json.Unmarshal(body, &r.Letter)
	}, "SELECT made_at, contact, link, body FROM letter WHERE org = ? AND about = ? ORDER BY made_at, id", org, about)
	if err != nil {
		return nil, fmt.Errorf("letters about %s: %w", about, err)
	}
	for i := range out {
		if out[i].Ways, err = db.letterWays(ctx, org, out[i].ID); err != nil {
			return nil, fmt.Errorf("letter %s: %w", out[i].ID, err)
		}
	}
	return out, nil
}

// letterWays are the notifications of a letter, by channel.
func (db *DB) letterWays(ctx context.Context, org, letter string) ([]desk.LetterWay, error) {
	return list(ctx, db.read, func(s scanner) (desk.LetterWay, error) {
		var w desk.LetterWay
		var state, due string
		var done *string
		err := s.Scan(&w.Channel, &state, &w.Tries, &w.Detail, &due, &done)
		if w.State, w.At = response.State(state), when(due); done != nil {
			w.At = when(*done)
		}
		return w, err
	}, "SELECT channel, state, tries, detail, due_at, done_at FROM notification WHERE org = ? AND warning = ? ORDER BY channel, id", org, response.Letter.Mark(letter))
}

// LetterByLink returns the letter that a link opens, by the SHA-256 of its token;
// fault.ErrNotFound.
func (db *DB) LetterByLink(ctx context.Context, hash string) (desk.StoredLetter, error) {
	if hash == "" {
		return desk.StoredLetter{}, fmt.Errorf("letter: %w", fault.ErrNotFound)
	}
	return scanLetter(db.read.QueryRowContext(ctx, letterColumns+" WHERE link = ?", hash))
}

const letterColumns = "SELECT org, contact, made_at, link, link_until, body FROM letter"

func scanLetter(s scanner) (desk.StoredLetter, error) {
	var l desk.StoredLetter
	var made, until string
	var body []byte
	if err := s.Scan(&l.Org, &l.Contact, &made, &l.LinkHash, &until, &body); err != nil {
		return l, one(err, "letter")
	}
	l.At, l.LinkUntil = when(made), when(until)
	return l, json.Unmarshal(body, &l.Letter)
}

// letterFacts adds a letter to the facts of a notification, with its file where mail brings
// it. Who is no contact and no account has the name and language that the letter was written
// for.
func (db *DB) letterFacts(ctx context.Context, n response.Notification, letter string, f delivery.Facts) (delivery.Facts, error) {
	l, err := scanLetter(db.read.QueryRowContext(ctx, letterColumns+" WHERE org = ? AND id = ?", n.Org, letter))
	if err != nil {
		return f, fmt.Errorf("letter %s: %w", letter, err)
	}
	if f.Letter = &l.Letter; f.Contact.ID == "" {
		f.Contact.ID, f.Contact.Name = n.Contact, l.Name
	}
	if l.Lang != "" {
		f.Contact.Language = l.Lang
	}
	if l.Zone != "" {
		f.Contact.Zone = l.Zone
	}
	if l.Hash == "" || n.Channel != "email" {
		return f, nil
	}
	var packed []byte
	err = db.read.QueryRowContext(ctx, "SELECT body FROM letter_file WHERE org = ? AND hash = ?", n.Org, l.Hash).Scan(&packed)
	if err == nil {
		l.Letter.Bytes, err = unpack(packed, true)
	}
	if err != nil {
		return f, errors.Join(fmt.Errorf("file of letter %s", letter), err)
	}
	return f, nil
}
