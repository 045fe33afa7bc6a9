package main

import (
	"encoding/json"
	"errors"
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
