package main

import (
	"os"
	"path/filepath"
	"syscall"

	"github.com/rogpeppe/go-internal/testscript"
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
