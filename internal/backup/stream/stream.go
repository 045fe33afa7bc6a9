// Package stream copies what a SQLite database commits into a folder or a bucket while it is
// written, a moment later, and makes a database of such a copy again. It stands on Litestream
// as a library: that reads the write-ahead log beside the program, and takes over its
// checkpoints. What was committed and not copied yet when the machine dies is lost: at most a
// few seconds (TRUST.md promise 10). The copy proves nothing by itself; app checks what comes
// out of it.
package stream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/benbjohnson/litestream"
	"github.com/benbjohnson/litestream/file"

	"watchfire.dev/internal/backup"
	"watchfire.dev/internal/fault"
)

// Folder is the folder of the copy below that of the backups.
const Folder = "log"

// A Target is where the copy lies: one of the two is set.
type Target struct {
	Folder string
	Bucket *backup.Bucket
}

// String names it.
func (t Target) String() string {
	if t.Bucket != nil {
		return t.Bucket.String() + Folder
	}
	return filepath.Join(t.Folder, Folder)
}

// A Stream copies one database.
type Stream struct {
	db    *litestream.DB
	store *litestream.Store
	path  string
}

// kept is for how long a restore to a point in time is possible.
const kept = 7 * 24 * time.Hour

// closing is how long Close tries to copy what is left.
const closing = 4 * time.Second

// Open begins to copy the database at path. Its error wraps fault.ErrUnavailable.
func Open(ctx context.Context, path string, to Target, log *slog.Logger) (*Stream, error) {
	db := litestream.NewDB(path)
	client, err := to.client(db)
	if err != nil {
		return nil, err
	}
	db.Replica = litestream.NewReplicaWithClient(db, client)
	if f, ok := client.(*file.ReplicaClient); ok {
		f.Replica = db.Replica
	}
	s := &Stream{db: db, path: path, store: litestream.NewStore([]*litestream.DB{db}, litestream.DefaultCompactionLevels)}
	log = slog.New(calm{log.Handler()})
	s.store.Logger, s.store.SnapshotRetention = log, kept
	s.store.SetShutdownSyncTimeout(closing)
	db.SetLogger(log)
	client.SetLogger(log)
	if err := s.store.Open(ctx); err != nil {
		return nil, fmt.Errorf("copy %s to %s: %w: %w", path, to, fault.ErrUnavailable, err)
	}
	return s, nil
}

func (t Target) client(db *litestream.DB) (litestream.ReplicaClient, error) {
	if t.Bucket != nil {
		return &bucket{b: t.Bucket}, nil
	}
	to := filepath.Join(t.Folder, Folder)
	if err := os.MkdirAll(to, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of the copy: %w: %w", fault.ErrUnavailable, err)
	}
	return file.NewReplicaClient(to), nil
}

// Copied waits until all that is committed now is in the copy. Its error wraps
// fault.ErrUnavailable when that does not work.
func (s *Stream) Copied(ctx context.Context) error {
	if err := s.db.SyncAndWait(ctx); err != nil {
		return fmt.Errorf("copy %s: %w: %w", s.path, fault.ErrUnavailable, err)
	}
	return nil
}

// Close copies what is left, and gives checkpoints back.
func (s *Stream) Close(ctx context.Context) error { return s.store.Close(ctx) }

// Restore makes a database of a copy, as it was at an instant; zero = the end. It is
// fault.ErrNotFound where there is no copy.
func Restore(ctx context.Context, from Target, to string, at time.Time) error {
	var client litestream.ReplicaClient = &bucket{b: from.Bucket}
	if from.Bucket == nil {
		if _, err := os.Stat(from.String()); err != nil {
			return fmt.Errorf("no copy of the log in %s: %w", from.Folder, errors.Join(fault.ErrNotFound, err))
		}
		client = file.NewReplicaClient(from.String())
	}
	client.SetLogger(slog.New(slog.DiscardHandler))
	o := litestream.NewRestoreOptions()
	o.OutputPath, o.Timestamp = to, at
	err := litestream.NewReplicaWithClient(nil, client).Restore(ctx, o)
	if errors.Is(err, litestream.ErrTxNotAvailable) || errors.Is(err, litestream.ErrNoSnapshots) {
		return fmt.Errorf("no copy of the log in %s: %w: %w", from, fault.ErrNotFound, err)
	}
	if err != nil {
		return fmt.Errorf("restore from the copy of the log in %s: %w: %w", from, fault.ErrUnavailable, err)
	}
	return nil
}

// calm leaves out of a log what Litestream tells of its daily work.
type calm struct{ slog.Handler }

// Enabled implements slog.Handler.
func (c calm) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelWarn && c.Handler.Enabled(ctx, l)
}

// WithAttrs implements slog.Handler.
func (c calm) WithAttrs(a []slog.Attr) slog.Handler { return calm{c.Handler.WithAttrs(a)} }

// WithGroup implements slog.Handler.
func (c calm) WithGroup(name string) slog.Handler { return calm{c.Handler.WithGroup(name)} }
