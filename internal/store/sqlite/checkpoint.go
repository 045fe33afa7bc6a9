package sqlite

import (
	"context"
	"database/sql"
	"encoding/binary"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// Pages in the log, of 4 kB each.
const (
	// ownCheckpoint is where the writer brings all that is left home and begins the log anew,
	// within a commit that waits for it.
	ownCheckpoint = 32_000
	// besideFrom is how many must wait before they are brought home beside the writer, and
	// lastFrom how many when the writer will soon come to it, so that it finds little.
	besideFrom, lastFrom, soon = 1_000, 100, ownCheckpoint - 2_000
	// A burst, so many within one look, is left alone until it is over or so much waits.
	burstFrom, burstMost = 2_000, 8_000
)

// look is how often the log is looked at, and closely how often when the writer will soon come to
// its own checkpoint.
const look, closely = 25 * time.Millisecond, 5 * time.Millisecond

// checkpoints brings pages from the log into the file beside the writer, which would otherwise
// do it within a commit and let everybody wait for it. It never waits for anybody. The log
// begins anew only after a checkpoint that nobody writes beside: the writer's own, which finds
// little left to do, because what was brought home is made durable here too (SQLite leaves that
// to the checkpoint that comes to the log's end). When this one cannot work at all, that does
// the whole work. Where somebody copies the log, store.DB.LeaveLog ends both.
func checkpoints(ctx context.Context, path string) {
	others := descriptors(path)
	db, err := sql.Open("sqlite", dsn(path, "FULL", readerCache))
	if err != nil {
		return
	}
	defer db.Close() //nolint:errcheck // nothing of it is needed any more
	db.SetMaxOpenConns(1)
	db.ExecContext(ctx, "PRAGMA wal_checkpoint(PASSIVE)") //nolint:errcheck // so that its files are open
	open, ok := own(path, others)
	tick := time.NewTimer(look)
	defer tick.Stop()
	var was uint32
	var blind int
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		tick.Reset(look)
		if !ok { // where the system does not list them
			if blind++; blind%int(time.Second/look) == 0 {
				db.ExecContext(ctx, "PRAGMA wal_checkpoint(PASSIVE)") //nolint:errcheck // the next one does what is left
			}
			continue
		}
		written, waiting := open.logged()
		if written >= soon {
			tick.Reset(closely)
		}
		grown := written - min(was, written)
		if was = written; !worth(written, waiting, grown) {
			continue
		}
		if _, err := db.ExecContext(ctx, "PRAGMA wal_checkpoint(PASSIVE)"); err == nil {
			syscall.Fdatasync(open.file) //nolint:errcheck // the writer's checkpoint is told of a failure by a descriptor of its own
		}
	}
}

// worth tells whether to bring pages home now: of the log's pages, written stand in it, waiting
// are not home yet, and grown came since the last look.
func worth(written, waiting, grown uint32) bool {
	switch {
	case grown >= burstFrom && waiting < burstMost:
		return false
	case written >= soon:
		return waiting >= lastFrom
	default:
		return waiting >= besideFrom
	}
}

// files are SQLite's own descriptors of a database and of the index of its log. They are neither
// opened here nor closed: closing any descriptor of a file ends all of the process's locks on it
// ("How To Corrupt An SQLite Database File", 2.2, at sqlite.org).
type files struct{ file, index int }

// own are the files of a connection that was opened when others were: not the writer's, who must
// hear itself of a page that could not be made durable, which the system tells each descriptor
// once.
func own(path string, others map[int]string) (files, bool) {
	f := files{-1, -1}
	for n, name := range descriptors(path) {
		switch {
		case name != path:
			f.index = n // SQLite has one for all its connections
		case others[n] == "":
			f.file = n
		}
	}
	return f, f.file >= 0 && f.index >= 0
}

// descriptors lists this process's descriptors of a database and of the index of its log, which
// is named path + "-shm"; none where the system does not list them.
func descriptors(path string) map[int]string {
	const list = "/proc/self/fd"
	whole, err := filepath.EvalSymlinks(path)
	if err == nil {
		whole, err = filepath.Abs(whole)
	}
	entries, err2 := os.ReadDir(list)
	if err != nil || err2 != nil {
		return nil
	}
	out := map[int]string{}
	for _, e := range entries {
		n, err := strconv.Atoi(e.Name())
		to, err2 := os.Readlink(filepath.Join(list, e.Name()))
		switch {
		case err != nil || err2 != nil:
		case to == whole:
			out[n] = path
		case to == whole+"-shm":
			out[n] = path + "-shm"
		}
	}
	return out
}

// logged reads from the index of the log (see "WAL-Index File Format" at sqlite.org) how many
// pages stand in the log and how many of them are not home yet. The numbers are those of a
// moment and may not belong together, which does no harm to what is done with them.
func (f files) logged() (written, waiting uint32) {
	var b [100]byte
	if n, err := syscall.Pread(f.index, b[:], 0); err != nil || n < len(b) {
		return 0, 0
	}
	written = binary.NativeEndian.Uint32(b[16:])
	return written, written - min(written, binary.NativeEndian.Uint32(b[96:]))
}
