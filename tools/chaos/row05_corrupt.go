package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
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
		if err := l.desk.Launch(); err != nil {
			return err
		}
		switch how := l.howItServes(); {
		case l.desk.PID() != 0 && strings.Contains(how, "readyz 200"):
			l.tally.lost++
			return fmt.Errorf("page %d of %d is damaged and was not found at the start", at/page, len(whole)/page)
		case strings.HasPrefix(how, "it answers"):
			reading++
			l.say("page %d: %s", at/page, how)
		default:
			ended++
			l.say("page %d: %s", at/page, how)
		}
		l.desk.Stop()
		for _, rest := range []string{"-wal", "-shm"} { // of the damaged one
			os.Remove(path + rest) //nolint:errcheck // it may not be there
		}
		if err := os.WriteFile(path, whole, 0o600); err != nil {
			return err
		}
	}
	l.note("%d damaged pages, all found at the start: %d ended, %d answer, not ready", tries, ended, reading)
	if err := l.start(); err != nil {
		return err
	}
	if err := l.judge(); err != nil {
		return err
	}
	if ended > 0 {
		return errors.New("found, but nothing answers and nobody is told")
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
