package store

import (
	"context"
	"slices"
	"time"

	"watchfire.dev/internal/feed"
	"watchfire.dev/internal/feed/poll"
)

// lostShown is how long a document that was given up is shown; after that it is forgotten,
// and an index that still names it has it tried anew.
const lostShown = 30 * 24 * time.Hour

// fewDead is how many dead links an index may have before they count against its source.
const fewDead = 5

// backlog tells how many documents are still to be fetched and how many cannot be had.
// Those that failed three times are still tried, but a few dead links must not make their
// whole source look half blind for days. Many are another thing: their server is down.
func backlog(waiting, failing, lost int) (left, gone int) {
	if failing > fewDead {
		return waiting + failing, lost
	}
	return waiting, lost + failing
}

// linkKey is what makes a linked document one: its address, and the revision of it that the
// index speaks of, where it speaks of one (travel advice keeps its address when it changes).
func linkKey(l feed.Link) string {
	if l.Key == "" {
		return l.URL
	}
	return l.URL + " " + l.Key
}

// Link remembers documents that an index names. Another revision of a document that waits
// takes its place in the row.
func (db *DB) Link(ctx context.Context, source string, links []feed.Link, t time.Time) error {
	return db.Do(ctx, func(ctx context.Context, tx *Tx) error {
		w := batchWriter{ctx: ctx, tx: tx}
		w.exec("DELETE FROM linked WHERE source = ? AND lost = 1 AND found_at < ?", source, at(t.Add(-lostShown)))
		for i, l := range links {
			key := linkKey(l)
			w.exec(`INSERT INTO linked (source, key, url, kind, link_key, found_at, place, tries, due_at, lost, reason)
				SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, ?6, 0, '' WHERE NOT EXISTS (SELECT 1 FROM followed f WHERE f.source = ?1 AND f.url = ?2)
				ON CONFLICT (source, key) DO NOTHING`, source, key, l.URL, l.Kind, l.Key, at(t), i)
			if l.Key != "" {
				w.exec("DELETE FROM linked WHERE source = ? AND url = ? AND key <> ?", source, l.URL, key)
			}
		}
		return w.end()
	})
}

const linkedColumns = "SELECT url, kind, link_key, found_at, tries FROM linked WHERE source = ? AND lost = 0 AND due_at <= ? ORDER BY "

// Linked returns documents that are due: four in five those named last, in the order of the
// index, the rest those that have waited longest.
func (db *DB) Linked(ctx context.Context, source string, t time.Time, limit int) ([]poll.Linked, error) {
	read := func(order string) ([]poll.Linked, error) {
		return list(ctx, db.read, func(s scanner) (poll.Linked, error) {
			var l poll.Linked
			var found string
			err := s.Scan(&l.URL, &l.Kind, &l.Key, &found, &l.Tries)
			l.Found = when(found)
			return l, err
		}, linkedColumns+order+" LIMIT ?", source, at(t), limit)
	}
	newest, err := read("found_at DESC, place, key")
	if err != nil || len(newest) < limit {
		return newest, err
	}
	oldest, err := read("found_at, place, key")
	out := newest[:limit-limit/5]
	for _, l := range oldest {
		if len(out) < limit && !slices.Contains(out, l) {
			out = append(out, l)
		}
	}
	return out, err
}

// Followed notes that a document was fetched; it waits no longer.
func (db *DB) Followed(ctx context.Context, source string, l poll.Linked, t time.Time) error {
	return db.Do(ctx, func(ctx context.Context, tx *Tx) error {
		w := batchWriter{ctx: ctx, tx: tx}
		w.exec("INSERT INTO followed (source, url, at) VALUES (?,?,?) ON CONFLICT DO NOTHING", source, linkKey(l.Link), at(t))
		w.exec("DELETE FROM linked WHERE source = ? AND key = ?", source, linkKey(l.Link))
		return w.end()
	})
}

// Unfollowed notes a failed try; without a next one the document is given up.
func (db *DB) Unfollowed(ctx context.Context, source string, l poll.Linked, due time.Time, reason string) error {
	return db.Do(ctx, func(ctx context.Context, tx *Tx) error {
		_, err := tx.ExecContext(ctx, "UPDATE linked SET tries = tries + 1, due_at = ?, lost = ?, reason = ? WHERE source = ? AND key = ?",
			at(due), due.IsZero(), reason, source, linkKey(l.Link))
		return err
	})
}
