package main

import (
	"database/sql"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"watchfire.dev/internal/backup/buckettest"
	"watchfire.dev/internal/clock"
)

// spoil changes one byte in the middle of the newest snapshot of a folder: spoil FOLDER.
func spoil(ts *testscript.TestScript, neg bool, args []string) {
	names, err := filepath.Glob(filepath.Join(ts.MkAbs(args[0]), "*.db"))
	ts.Check(err)
	if len(names) == 0 {
		ts.Fatalf("no snapshot in %s", args[0])
	}
	name := names[len(names)-1]
	raw, err := os.ReadFile(name)
	ts.Check(err)
	raw[len(raw)/2] ^= 1
	ts.Check(os.WriteFile(name, raw, 0o600))
}

// ready waits until the server answers.
func ready(ts *testscript.TestScript, neg bool, args []string) {
	w := of(ts)
	if err := within(30*time.Second, func() error {
		resp, err := w.client.Get(w.base + "/readyz")
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			return errors.New(resp.Status)
		}
		return nil
	}); err != nil {
		ts.Fatalf("the server does not answer: %v\n%s", err, w.out)
	}
}

// crash ends the server without mercy. "kill" is testscript's own word, for other things.
func crash(ts *testscript.TestScript, neg bool, args []string) { of(ts).end(syscall.SIGKILL) }

// appendCopy sets backups and the copy of the log up: appendcopy CONFIG for a folder, appendcopy
// CONFIG bucket for a store that checks every signature.
func appendCopy(ts *testscript.TestScript, neg bool, args []string) {
	text := ts.ReadFile(args[0]) + "\nbackup:\n  to: " + ts.MkAbs("copies") + "\n  log: true\n"
	if len(args) > 1 {
		b := &buckettest.Server{Bucket: "copies", Region: "us-east-1", ID: "story", Secret: "story/secret", Now: clock.System}
		srv := httptest.NewServer(b)
		ts.Defer(srv.Close)
		key, secret := ts.MkAbs("store.key"), ts.MkAbs("store.secret")
		ts.Check(errors.Join(os.WriteFile(key, []byte(b.ID), 0o600), os.WriteFile(secret, []byte(b.Secret), 0o600)))
		text = ts.ReadFile(args[0]) + "\nbackup:\n  to: s3://copies/quetta\n  log: true\n  s3: {endpoint: \"" + srv.URL + "\", key: \"file:" + key + "\", secret: \"file:" + secret + "\"}\n"
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o600))
}

// copied waits until the copy of the log has all that is committed now: copied [FOLDER].
func copied(ts *testscript.TestScript, neg bool, args []string) {
	folder := "data"
	if len(args) > 0 {
		folder = args[0]
	}
	from := clock.System()
	err := within(40*time.Second, func() error {
		var s struct{ Whole time.Time }
		raw, err := os.ReadFile(filepath.Join(ts.MkAbs(folder), "copy.json"))
		if err != nil {
			return err
		}
		if err := json.Unmarshal(raw, &s); err != nil {
			return err
		}
		if !s.Whole.After(from) {
			return errors.New("the copy is behind: " + string(raw))
		}
		return nil
	})
	if err != nil {
		ts.Fatalf("%v\nserver:\n%s", err, of(ts).out)
	}
	ts.Logf("the copy is whole after %s", clock.System().Sub(from).Round(time.Millisecond))
}

// spoilPage writes over the page of an empty table of a database that may be served: spoilpage
// FOLDER. What else is in the file can still be read.
func spoilPage(ts *testscript.TestScript, neg bool, args []string) {
	path := filepath.Join(ts.MkAbs(args[0]), "watchfire.db")
	db, err := sql.Open("sqlite", "file:"+path)
	ts.Check(err)
	var page, size int64
	ts.Check(db.QueryRow("SELECT rootpage, page_size FROM sqlite_master, pragma_page_size WHERE name = 'late_receipt' AND type = 'table'").Scan(&page, &size))
	_, err = db.Exec("PRAGMA wal_checkpoint(FULL)")
	ts.Check(errors.Join(err, db.Close()))
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	ts.Check(err)
	junk := make([]byte, size)
	for i := range junk {
		junk[i] = 0xa5
	}
	_, err = f.WriteAt(junk, (page-1)*size)
	ts.Check(errors.Join(err, f.Close()))
}

// answers waits until the server answers at all, ready or not.
func answers(ts *testscript.TestScript, neg bool, args []string) {
	w := of(ts)
	err := within(30*time.Second, func() error {
		res, err := w.client.Get(w.base + "/healthz")
		if err != nil {
			return err
		}
		return res.Body.Close()
	})
	if err != nil {
		ts.Fatalf("%v\nserver:\n%s", err, w.out)
	}
}

// addLine puts a line behind a file: addline FILE LINE.
func addLine(ts *testscript.TestScript, neg bool, args []string) {
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(ts.ReadFile(args[0])+"\n"+args[1]+"\n"), 0o600))
}
