package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"watchfire.dev/tools/outside"
)

// corrupt: bytes of one page of the database are overwritten.
var corrupt = row{n: 5, name: "corrupt page", must: "found at start or within an hour, then read-only and an alarm", play: playCorrupt}

func playCorrupt(l *lab) error {
	const n, tries = 20, 8
	if err := l.setUp(n, ""); err != nil {
		return err
	}
	for i := range n {
		if err := l.push(i); err != nil {
			return err
		}
	}
	if err := l.wait(n, 60*time.Second); err != nil {
		return err
	}
	l.settle()
	l.desk.Stop()
	path := l.desk.File("data/watchfire.db")
	whole, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	const page = 4096
	ended, reading := 0, 0
	for range tries {
		at := (1 + l.chance.IntN(len(whole)/page-1)) * page
		if err := spoil(path, int64(at), l.chance.IntN(256)); err != nil {
			return err
		}
		err := l.desk.Launch()
		if err == nil {
			err = l.desk.Ready(20 * time.Second)
		}
		switch {
		case err == nil:
			l.note("page %d of %d: it serves as if nothing were", at/page, len(whole)/page)
			l.tally.lost++
			return errors.New("a damaged page was not found at the start")
		case errors.Is(err, outside.ErrEnded):
			ended++
		case l.status(l.desk, "/healthz", time.Second) == 200:
			reading++
			l.say("page %d: it says that it is not ready and answers", at/page)
		default:
			return err
		}
		l.desk.Stop()
		for _, rest := range []string{"-wal", "-shm"} { // of the damaged one
			os.Remove(path + rest) //nolint:errcheck // it may not be there
		}
		if err := os.WriteFile(path, whole, 0o600); err != nil {
			return err
		}
	}
	l.note("%d damaged pages, all found at the start: %d refused to start, %d served read-only with an alarm", tries, ended, reading)
	if err := l.start(); err != nil {
		return err
	}
	if err := l.judge(); err != nil {
		return err
	}
	if ended > 0 {
		return fmt.Errorf("found, but nothing is readable: %s", lastLine(l.desk.Printed()))
	}
	return nil
}

// spoil overwrites the head and the middle of a page.
func spoil(path string, at int64, with int) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	junk := make([]byte, 64)
	for i := range junk {
		junk[i] = byte(with + i*37)
	}
	_, one := f.WriteAt(junk, at)
	_, two := f.WriteAt(junk, at+2048)
	return errors.Join(one, two, f.Sync(), f.Close())
}
