package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/pulse"
)

// muteSetting is the setting of an installation that was restored and that nobody has
// released yet (TRUST.md promise 10).
const muteSetting = "mute"

// A Mute holds back what was decided before an installation was restored.
type Mute struct {
	Since time.Time `json:"since"`
	// Before is the instant before which a decision is an old one. Zero = all of them are: the
	// first start has not finished yet what the backup held half done.
	Before time.Time `json:"before,omitzero"`
	Why    string    `json:"why"` // a technical reason, such as the backup's name
}

// heldBack is the condition for what a mute holds: what was queued, or whose warning revision
// was decided, before an instant. An escalation of an old warning is old as well.
const heldBack = `(queued_at < ? OR EXISTS (SELECT 1 FROM warning_revision x
	WHERE x.warning = notification.warning AND x.revision = notification.revision AND x.at < ?))`

// all is later than every instant that is stored.
const all = "9"

func (m *Mute) bound() string {
	if m.Before.IsZero() {
		return all
	}
	return at(m.Before)
}

// loud is the condition for what may go out now, with its arguments; "" = all of it may.
func (db *DB) loud() (string, []any) {
	m := db.mute.Load()
	if m == nil {
		return "", nil
	}
	return " AND NOT " + heldBack, []any{m.bound(), m.bound()}
}

// LoadMute reads whether the installation is muted. Until it was called nothing is held back:
// call it before anything is sent, and from time to time where another process may release.
func (db *DB) LoadMute(ctx context.Context) (*Mute, error) {
	raw, err := db.Setting(ctx, muteSetting)
	if err != nil {
		return nil, fmt.Errorf("read whether we are muted: %w", err)
	}
	var m *Mute
	if raw != "" {
		m = &Mute{}
		if err := json.Unmarshal([]byte(raw), m); err != nil {
			return nil, fmt.Errorf("read the setting %s: %w", muteSetting, err)
		}
	}
	db.mute.Store(m)
	return m, nil
}

// BeginMute mutes the installation and says so in the journal. A mute that is there already
// stays as it is, with its reason.
func (db *DB) BeginMute(ctx context.Context, m Mute) error {
	body, err := journal.Body(map[string]any{"why": m.Why})
	if err != nil {
		return err
	}
	raw, err := json.Marshal(m)
	if err != nil {
		return err
	}
	err = db.Do(ctx, func(ctx context.Context, tx *Tx) error {
		r, err := tx.ExecContext(ctx, "INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING", muteSetting, string(raw))
		if err != nil {
			return err
		}
		if n, err := r.RowsAffected(); err != nil || n == 0 {
			return err
		}
		return tx.Journal(journal.Draft{At: m.Since, Kind: journal.Restored, Actor: "system", Body: body})
	})
	if err != nil {
		return fmt.Errorf("mute the installation: %w", err)
	}
	_, err = db.LoadMute(ctx)
	return err
}

// MuteBefore says that from an instant on decisions are fresh ones: what was half done when
// the backup was taken is finished.
func (db *DB) MuteBefore(ctx context.Context, now time.Time) error {
	m := db.mute.Load()
	if m == nil || !m.Before.IsZero() {
		return nil
	}
	next := *m
	next.Before = now
	raw, err := json.Marshal(next)
	if err != nil {
		return err
	}
	err = db.Do(ctx, func(ctx context.Context, tx *Tx) error { // a release in between is not undone
		_, err := tx.ExecContext(ctx, "UPDATE setting SET value = ? WHERE name = ?", string(raw), muteSetting)
		return err
	})
	if err != nil {
		return fmt.Errorf("note what is older than the mute: %w", err)
	}
	_, err = db.LoadMute(ctx)
	return err
}

// Muting says since when the installation is muted and what is held back.
func (db *DB) Muting(ctx context.Context) (desk.Muting, error) {
	m := db.mute.Load()
	if m == nil {
		return desk.Muting{}, nil
	}
	out := desk.Muting{Since: m.Since, Why: m.Why}
	err := db.read.QueryRowContext(ctx, "SELECT count(*) FROM notification WHERE "+open+" AND "+heldBack, m.bound(), m.bound()).Scan(&out.Held)
	return out, err
}

// Unmute releases the installation: what is older than an instant is withheld for good, and
// visibly so; what is younger goes out. It is fault.ErrConflict where nothing is muted.
func (db *DB) Unmute(ctx context.Context, actor string, olderThan, now time.Time) (desk.Unmuted, error) {
	var out desk.Unmuted
	err := db.Do(ctx, func(ctx context.Context, tx *Tx) error {
		out = desk.Unmuted{At: now}
		var raw string
		if err := tx.QueryRowContext(ctx, "SELECT coalesce(max(value), '') FROM setting WHERE name = ?", muteSetting).Scan(&raw); err != nil {
			return err
		}
		if raw == "" {
			return fmt.Errorf("nothing is muted: %w", fault.ErrConflict)
		}
		var m Mute
		if err := json.Unmarshal([]byte(raw), &m); err != nil {
			return err
		}
		if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM notification WHERE "+open+" AND "+heldBack, m.bound(), m.bound()).Scan(&out.Sent); err != nil {
			return err
		}
		bound := min(m.bound(), at(olderThan))
		r, err := tx.ExecContext(ctx, "UPDATE notification SET state = 'withheld', done_at = ?, held = '', detail = 'not sent: restored' WHERE "+open+" AND "+heldBack,
			at(now), bound, bound)
		if err != nil {
			return err
		}
		if out.Withheld, err = r.RowsAffected(); err != nil {
			return err
		}
		out.Sent -= out.Withheld
		// What was to be told by digests that went out while we were muted, without what is old.
		if _, err := tx.ExecContext(ctx, `UPDATE notification SET state = 'withheld', done_at = ?, detail = 'not sent: restored'
			WHERE state = 'held' AND chosen = 'digest' AND due_at >= ? AND due_at <= ? AND `+heldBack, at(now), at(m.Since), at(now), m.bound(), m.bound()); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM setting WHERE name = ?", muteSetting); err != nil {
			return err
		}
		body, err := journal.Body(map[string]any{"since": at(m.Since), "why": m.Why, "sent": out.Sent, "withheld": out.Withheld})
		if err != nil {
			return err
		}
		return tx.Journal(journal.Draft{At: now, Kind: journal.Released, Actor: actor, Body: body})
	})
	if err != nil {
		return desk.Unmuted{}, fmt.Errorf("release what is muted: %w", err)
	}
	_, err = db.LoadMute(ctx)
	return out, err
}

// muteFact tells the self-check whether we are muted.
func (db *DB) muteFact(ctx context.Context) (pulse.MuteFact, error) {
	m, err := db.Muting(ctx)
	return pulse.MuteFact{Since: m.Since, Held: m.Held, Why: m.Why}, err
}

// Installation is what tells one installation, and one state of it, from another.
type Installation struct {
	ID string `json:"id"`
	// Generation counts the starts. A database that is behind the data folder it stands in was
	// put there from a copy.
	Generation int64 `json:"generation"`
	// Place is the cluster that the database stood in, "" for a file.
	Place string `json:"place,omitempty"`
}

const installation = "installation"

// Installation returns what the database says; zero where it has never been served.
func (db *DB) Installation(ctx context.Context) (Installation, error) {
	var in Installation
	raw, err := db.Setting(ctx, installation)
	if err != nil || raw == "" {
		return in, err
	}
	return in, json.Unmarshal([]byte(raw), &in)
}

// PutInstallation stores it.
func (db *DB) PutInstallation(ctx context.Context, in Installation) error {
	raw, err := json.Marshal(in)
	if err != nil {
		return err
	}
	return db.PutSetting(ctx, installation, string(raw))
}

// LeaveLog leaves the checkpoints of the write-ahead log to whoever copies it.
func (db *DB) LeaveLog(ctx context.Context) error {
	db.leave()
	_, err := db.write.ExecContext(ctx, "PRAGMA wal_autocheckpoint(0)")
	return err
}

// Clock is the time of the machine that the database runs on; known is false for a file.
func (db *DB) Clock(ctx context.Context) (now time.Time, known bool, err error) {
	if db.engine.Clock == "" {
		return now, false, nil
	}
	if err := db.read.QueryRowContext(ctx, db.engine.Clock).Scan(&now); err != nil {
		return now, false, fmt.Errorf("ask %s for its time: %w: %w", db.name, fault.ErrUnavailable, err)
	}
	return now.UTC(), true, nil
}

// Where names the cluster that the database stands in and its line of time, which a restore
// to a point in time changes and a promoted standby as well; "" for a file.
func (db *DB) Where(ctx context.Context) (string, error) {
	if db.engine.Where == "" {
		return "", nil
	}
	var place string
	if err := db.read.QueryRowContext(ctx, db.engine.Where).Scan(&place); err != nil {
		return "", errors.Join(fmt.Errorf("ask %s where it stands: %w", db.name, fault.ErrUnavailable), err)
	}
	return place, nil
}
