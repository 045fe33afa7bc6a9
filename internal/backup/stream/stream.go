// Package stream copies what a SQLite database commits into a folder while it is written, a
// moment later, and makes a database of such a copy again. It stands on Litestream as a
// library: that reads the write-ahead log beside the program, and takes over its checkpoints.
// What was committed and not copied yet when the machine dies is lost: at most a few seconds
// (TRUST.md promise 10). The copy proves nothing by itself; app checks what comes out of it.
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

	"watchfire.dev/internal/fault"
)

// Folder is the folder of the copy below that of the backups.
const Folder = "log"

// A Stream copies one database.
type Stream struct {
	db    *litestream.DB
	store *litestream.Store
	path  string
}

// kept is for how long a restore to a point in time is possible.
const kept = 7 * 24 * time.Hour

// Open begins to copy the database at path into a folder.
func Open(ctx context.Context, path, folder string, log *slog.Logger) (*Stream, error) {
	to := filepath.Join(folder, Folder)
	if err := os.MkdirAll(to, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of the copy: %w", err)
	}
	db := litestream.NewDB(path)
	db.SetLogger(log)
	client := file.NewReplicaClient(to)
	client.Replica = litestream.NewReplicaWithClient(db, client)
	db.Replica = client.Replica
	s := &Stream{db: db, path: path, store: litestream.NewStore([]*litestream.DB{db}, litestream.DefaultCompactionLevels)}
	s.store.SnapshotRetention = kept
	if err := s.store.Open(ctx); err != nil {
		return nil, fmt.Errorf("copy %s to %s: %w: %w", path, to, fault.ErrUnavailable, err)
	}
	return s, nil
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

// Restore makes a database of the copy in a folder, as it was at an instant; zero = the end.
func Restore(ctx context.Context, folder, to string, at time.Time) error {
	from := filepath.Join(folder, Folder)
	if _, err := os.Stat(from); err != nil {
		return fmt.Errorf("no copy of the log in %s: %w", folder, errors.Join(fault.ErrNotFound, err))
	}
	o := litestream.NewRestoreOptions()
	o.OutputPath, o.Timestamp = to, at
	r := litestream.NewReplicaWithClient(nil, file.NewReplicaClient(from))
	if err := r.Restore(ctx, o); err != nil {
		return fmt.Errorf("restore from the copy of the log in %s: %w: %w", from, fault.ErrUnavailable, err)
	}
	return nil
}
