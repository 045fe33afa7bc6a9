package sqlite

import (
	"context"
	"database/sql"
	"os"
	"time"
)

const (
	// checkpointEvery is how often the log is looked at, and checkpointFrom how much of it must
	// be new before its pages are brought home.
	checkpointEvery = 100 * time.Millisecond
	checkpointFrom  = 4 << 20
	// A burst is left alone until it is over, or until so much of it stands in the log.
	burstFrom, burstMost = 2 << 20, 32 << 20
)

// checkpoints brings pages from the log into the file beside the writer, which would otherwise
// do it within a commit and let everybody wait for it. It never waits for anybody. When it is
// behind, the writer's own checkpoint, far later, finds little left to do; and when it cannot
// work at all, that one does the whole work. Where somebody copies the log, store.DB.LeaveLog
// ends both.
func checkpoints(ctx context.Context, path string) {
	db, err := sql.Open("sqlite", dsn(path, "FULL", readerCache))
	if err != nil {
		return
	}
	defer db.Close() //nolint:errcheck // nothing of it is needed any more
	db.SetMaxOpenConns(1)
	tick := time.NewTicker(checkpointEvery)
	defer tick.Stop()
	var done time.Time
	var size, grown int64
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		info, err := os.Stat(path + "-wal")
		if err != nil || info.ModTime().Equal(done) {
			continue
		}
		// A log that has begun anew keeps its length: what is new of it then cannot be seen, and
		// it is checkpointed once a second.
		grown += checkpointFrom / 10
		more := max(0, info.Size()-size)
		grown, size = grown+more, info.Size()
		if grown < checkpointFrom || more >= burstFrom && grown < burstMost {
			continue
		}
		done, grown = info.ModTime(), 0
		db.ExecContext(ctx, "PRAGMA wal_checkpoint(PASSIVE)") //nolint:errcheck // the next one does what is left
	}
}
