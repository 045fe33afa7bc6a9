package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"watchfire.dev/internal/app"
	"watchfire.dev/internal/config"
	"watchfire.dev/internal/store"
	"watchfire.dev/tools/outside"
)

// judge stops the installation, asks its database, its journal and the receiver what became
// of everything, and adds it to the tally of the row.
func (l *lab) judge() error {
	h := history{
		accepted: l.yes, stored: map[string]bool{}, doubt: l.doubt, starts: l.starts, redBound: l.redBound, unseen: l.silent(),
	}
	if h.redBound == 0 {
		h.redBound = l.allow(time.Minute, l.from)
	}
	l.settle()
	for _, d := range l.desks() {
		d.Stop()
	}
	if l.got != nil {
		h.calls, h.versions, h.told = l.got.heard()
	}
	if err := l.read(&h); err != nil {
		return err
	}
	t := h.judge()
	l.tally.add(t)
	l.note("%d accepted, %d told, %d twice (%d in doubt)", len(h.accepted), len(h.told), h.twice(), h.doubt)
	return t.err()
}

// settle waits until nothing waits to be sent, for a while.
func (l *lab) settle() {
	waiting := func() bool {
		var v struct {
			Queued int `json:"queued"`
		}
		return l.get(l.desk, "/api/v1/status", &v) == nil && v.Queued > 0
	}
	for deadline := time.Now().Add(20 * time.Second); waiting() && time.Now().Before(deadline); {
		<-time.After(100 * time.Millisecond)
	}
	// What a process took and could not work through is another's after a minute.
	for deadline := time.Now().Add(100 * time.Second); l.leftOver() > 0 && time.Now().Before(deadline); {
		<-time.After(time.Second)
	}
}

// leftOver counts the records that were stored and not worked through.
func (l *lab) leftOver() int {
	db, err := l.open(context.Background())
	if err != nil {
		return 0
	}
	defer db.Close() //nolint:errcheck // it was only read
	h := history{stored: map[string]bool{}}
	if err := readInputs(context.Background(), db, &h); err != nil {
		return 0
	}
	return h.unread
}

// silent names the sources whose content is older than their limit for longer than promise 8
// allows, and that nobody calls blind.
func (l *lab) silent() []string {
	var list struct {
		Items []struct {
			ID          string    `json:"id"`
			On          bool      `json:"on"`
			AgeLimitS   int64     `json:"age_limit_s"`
			LastContent time.Time `json:"last_content"`
			BlindSince  time.Time `json:"blind_since"`
		} `json:"items"`
	}
	if l.desk == nil || l.desk.PID() == 0 || l.get(l.desk, "/api/v1/sources", &list) != nil {
		return nil
	}
	var out []string
	for _, s := range list.Items {
		over := time.Since(s.LastContent) - time.Duration(s.AgeLimitS)*time.Second
		if s.On && !s.LastContent.IsZero() && over > time.Minute && s.BlindSince.IsZero() {
			out = append(out, s.ID)
		}
	}
	return out
}

// get reads a page of the API of one process.
func (l *lab) get(d *outside.Desk, path string, into any) error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.Base+path, nil)
	if err != nil {
		return err
	}
	resp, err := d.Client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", path, resp.Status)
	}
	return json.NewDecoder(resp.Body).Decode(into)
}

// read fills a history from the database and the journal.
func (l *lab) read(h *history) error {
	if out, err := l.desk.Run("journal", "verify", "--config", l.desk.File("config.yaml")); err != nil {
		h.badJournal = fmt.Sprintf("%v: %s", err, out)
	}
	ctx := context.Background()
	db, err := l.open(ctx)
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // it was only read
	return errors.Join(readInputs(ctx, db, h), readRevisions(ctx, db, h), readNotices(ctx, db, h))
}

func (l *lab) open(ctx context.Context) (*store.DB, error) {
	cfg, err := config.Load(l.desk.File("config.yaml"), os.Getenv)
	if err != nil {
		return nil, err
	}
	return app.OpenExisting(ctx, cfg)
}

// each runs a query and calls row for each of its rows.
func each(ctx context.Context, db *store.DB, query string, row func(scan func(...any) error) error) error {
	rows, err := db.Reader().QueryContext(ctx, query)
	if err != nil {
		return fmt.Errorf("%s: %w", query, err)
	}
	defer rows.Close() //nolint:errcheck // it was only read
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return fmt.Errorf("%s: %w", query, err)
		}
	}
	return rows.Err()
}

func readInputs(ctx context.Context, db *store.DB, h *history) error {
	err := each(ctx, db, "SELECT key FROM signal", func(scan func(...any) error) error {
		var key string
		err := scan(&key)
		h.stored[key[strings.LastIndexByte(key, ':')+1:]] = true
		return err
	})
	return errors.Join(err, each(ctx, db, "SELECT count(*) FROM receipt WHERE state = 'stored'", func(scan func(...any) error) error { return scan(&h.unread) }))
}

func readRevisions(ctx context.Context, db *store.DB, h *history) error {
	return each(ctx, db, `SELECT r.warning, r.revision, r.notify, EXISTS (SELECT 1 FROM journal j WHERE j.subject = r.warning AND j.kind LIKE 'warning.%') FROM warning_revision r`,
		func(scan func(...any) error) error {
			var r revision
			err := scan(&r.warning, &r.n, &r.notify, &r.journaled)
			h.revisions = append(h.revisions, r)
			return err
		})
}

func readNotices(ctx context.Context, db *store.DB, h *history) error {
	return each(ctx, db, `SELECT n.id, n.warning, n.revision, n.level, n.state, n.purpose, n.queued_at, coalesce((SELECT min(a.at) FROM attempt a WHERE a.notification = n.id), '') FROM notification n`,
		func(scan func(...any) error) error {
			var n notice
			var purpose, queued, sent string
			if err := scan(&n.id, &n.warning, &n.revision, &n.level, &n.state, &purpose, &queued, &sent); err != nil {
				return err
			}
			n.digest = purpose == "digest"
			var err error
			if n.queued, err = time.Parse(time.RFC3339Nano, queued); err == nil && sent != "" {
				n.sent, err = time.Parse(time.RFC3339Nano, sent)
			}
			h.notices = append(h.notices, n)
			return err
		})
}
