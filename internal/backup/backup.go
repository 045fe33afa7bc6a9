// Package backup knows what a backup is: a snapshot of the database, and beside it a manifest
// that says what is in it, so that a restore can be held against it. It puts both into a
// place, finds them again, and says which may go when there are enough. A snapshot without
// its manifest is not finished and is never restored. The package opens no database: it
// moves bytes, and app proves them.
package backup

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"watchfire.dev/internal/fault"
)

// A Manifest says what a backup holds.
type Manifest struct {
	Version      int       `json:"version"` // of this form: 1
	TakenAt      time.Time `json:"taken_at"`
	TookMS       int64     `json:"took_ms"` // snapshot, proof and all
	Program      string    `json:"program"`
	Engine       string    `json:"engine"` // that it was taken from
	Schema       int64     `json:"schema"` // number of the newest migration
	Installation string    `json:"installation"`
	File         string    `json:"file"`
	Bytes        int64     `json:"bytes"`
	SHA256       string    `json:"sha256"`
	Tables       []Table   `json:"tables"`
	Journal      Journal   `json:"journal"`
	// Key tells whether the journal's key lies beside it.
	Key bool `json:"key"`
	// ProvenAt is when the copy was read back from where it lies and was right.
	ProvenAt time.Time `json:"proven_at,omitzero"`
}

// A Table is one table with its number of rows.
type Table struct {
	Name string `json:"name"`
	Rows int64  `json:"rows"`
}

// Journal is how far the journal of a backup goes.
type Journal struct {
	Size       int64     `json:"size"`
	Root       string    `json:"root"` // base64 root of the tree over all entries
	Newest     time.Time `json:"newest,omitzero"`
	PublicKey  string    `json:"public_key"`
	Checkpoint int64     `json:"checkpoint"` // entries under the newest signed checkpoint
}

// Names. A backup sorts by its time.
const (
	prefix   = "watchfire-"
	suffix   = ".json"
	snapshot = ".db"
	keyFile  = ".journal.key"
	// Stamp is the form of the time in a name, UTC.
	Stamp = "20060102T150405.000Z"
)

// Name is the name of the backup of an instant, without an ending.
func Name(at time.Time) string { return prefix + at.UTC().Format(Stamp) }

// A Place keeps files. Folder and Bucket are places.
type Place interface {
	// Put stores a file as a whole: it is there and on disk, or it is not.
	Put(ctx context.Context, name string, r io.Reader, size int64) error
	// Get is fault.ErrNotFound for what is not there.
	Get(ctx context.Context, name string) (io.ReadCloser, error)
	// List gives the names that begin with a prefix, sorted.
	List(ctx context.Context, prefix string) ([]string, error)
	Remove(ctx context.Context, name string) error
	String() string
}

// PutKey stores the journal's key beside a backup; none is nothing to store.
func PutKey(ctx context.Context, p Place, m Manifest, key []byte) error {
	if key == nil {
		return nil
	}
	return p.Put(ctx, strings.TrimSuffix(m.File, snapshot)+keyFile, bytes.NewReader(key), int64(len(key)))
}

// Finish stores the manifest: from now on the backup counts.
func Finish(ctx context.Context, p Place, m Manifest) error {
	raw, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	return p.Put(ctx, strings.TrimSuffix(m.File, snapshot)+suffix, bytes.NewReader(raw), int64(len(raw)))
}

// Key reads the journal's key that lies beside a backup.
func Key(ctx context.Context, p Place, m Manifest) ([]byte, error) {
	r, err := p.Get(ctx, strings.TrimSuffix(m.File, snapshot)+keyFile)
	if err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(io.LimitReader(r, 64<<10))
	return raw, errors.Join(err, r.Close())
}

// File is the name of the snapshot of an instant.
func File(at time.Time) string { return Name(at) + snapshot }

// maxManifest bounds a manifest that is read.
const maxManifest = 1 << 20

// ReadManifest reads one manifest. The error wraps fault.ErrInvalid when it is none of ours.
func ReadManifest(r io.Reader) (Manifest, error) {
	var m Manifest
	raw, err := io.ReadAll(io.LimitReader(r, maxManifest+1))
	if err != nil {
		return m, err
	}
	if len(raw) > maxManifest {
		return m, fmt.Errorf("manifest: %w", fault.ErrTooLarge)
	}
	if err := json.Unmarshal(raw, &m); err != nil {
		return m, fmt.Errorf("manifest: %w: %w", fault.ErrInvalid, err)
	}
	if m.Version != 1 || !strings.HasPrefix(m.File, prefix) || !strings.HasSuffix(m.File, snapshot) || strings.ContainsAny(m.File, `/\`) {
		return m, fmt.Errorf("manifest of version %d for file %.80q: %w", m.Version, m.File, fault.ErrInvalid)
	}
	return m, nil
}

// Newest is the newest finished backup that was taken at or before an instant; a zero instant
// means the newest of all. The error is fault.ErrNotFound when there is none.
func Newest(ctx context.Context, p Place, at time.Time) (Manifest, error) {
	names, err := p.List(ctx, prefix)
	if err != nil {
		return Manifest{}, fmt.Errorf("list the backups in %s: %w", p, err)
	}
	for _, name := range slices.Backward(names) {
		taken, ok := taken(name)
		if !ok || !at.IsZero() && taken.After(at) {
			continue
		}
		r, err := p.Get(ctx, name)
		if err != nil {
			return Manifest{}, fmt.Errorf("read %s in %s: %w", name, p, err)
		}
		m, err := ReadManifest(r)
		if err := errors.Join(err, r.Close()); err != nil {
			return Manifest{}, fmt.Errorf("read %s in %s: %w", name, p, err)
		}
		return m, nil
	}
	return Manifest{}, fmt.Errorf("no finished backup in %s: %w", p, fault.ErrNotFound)
}

// taken is the time in the name of a manifest.
func taken(name string) (time.Time, bool) {
	rest, ok := strings.CutSuffix(name, suffix)
	if !ok {
		return time.Time{}, false
	}
	t, err := time.Parse(prefix+Stamp, rest)
	return t, err == nil
}

// Keep is how many backups stay: the newest of each of the last hours, days and weeks (UTC).
// The newest of all stays whatever the numbers are.
type Keep struct{ Hours, Days, Weeks int }

// Tidy removes the finished backups that Keep does not want, and what was begun more than a
// day before now and never finished. It returns what is gone.
func Tidy(ctx context.Context, p Place, k Keep, now time.Time) ([]string, error) {
	names, err := p.List(ctx, prefix)
	if err != nil {
		return nil, fmt.Errorf("list the backups in %s: %w", p, err)
	}
	finished := map[string]bool{}
	var times []time.Time
	for _, name := range names {
		if t, ok := taken(name); ok {
			finished[Name(t)], times = true, append(times, t)
		}
	}
	stays := map[string]bool{}
	for _, t := range k.kept(times) {
		stays[Name(t)] = true
	}
	var gone []string
	for _, name := range slices.Backward(names) { // the manifest of a backup sorts behind its snapshot and goes first
		whose := stem(name)
		t, err := time.Parse(prefix+Stamp, whose)
		if err != nil || stays[whose] || !finished[whose] && now.Sub(t) < 24*time.Hour {
			continue
		}
		if err := p.Remove(ctx, name); err != nil {
			return gone, fmt.Errorf("remove the old backup %s from %s: %w", name, p, err)
		}
		gone = append(gone, name)
	}
	return gone, nil
}

// stem is a file's name without its ending.
func stem(name string) string {
	for _, end := range []string{suffix, snapshot, keyFile} {
		if s, ok := strings.CutSuffix(name, end); ok {
			return s
		}
	}
	return name
}

// kept picks out of a list of times those that stay.
func (k Keep) kept(times []time.Time) []time.Time {
	slices.SortFunc(times, func(a, b time.Time) int { return b.Compare(a) })
	week := func(t time.Time) string { y, w := t.ISOWeek(); return fmt.Sprint(y, "-", w) }
	stays := map[time.Time]bool{}
	for _, by := range []struct {
		n   int
		one func(time.Time) string
	}{
		{k.Hours, func(t time.Time) string { return t.UTC().Format("2006-01-02T15") }},
		{k.Days, func(t time.Time) string { return t.UTC().Format(time.DateOnly) }},
		{k.Weeks, func(t time.Time) string { return week(t.UTC()) }},
	} {
		seen := map[string]bool{}
		for _, t := range times {
			if key := by.one(t); !seen[key] && len(seen) < by.n {
				seen[key], stays[t] = true, true
			}
		}
	}
	var out []time.Time
	for i, t := range times {
		if i == 0 || stays[t] {
			out = append(out, t)
		}
	}
	return out
}
