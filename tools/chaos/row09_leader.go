package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"

	"watchfire.dev/tools/outside"
)

// leaderDies and leaderPaused: one of two processes on one database decides, and is killed, or
// stopped for 30 s. The other takes over; nothing is decided twice.
var (
	leaderDies   = row{n: 9, name: "leader killed", must: "another decides within 20 s, 0 double decisions", play: func(l *lab) error { return playLeader(l, false) }}
	leaderPaused = row{n: 9, name: "leader stopped for 30 s", must: "another decides within 20 s, 0 double decisions", play: func(l *lab) error { return playLeader(l, true) }}
)

func playLeader(l *lab, pause bool) error {
	extra, err := l.onPostgres(context.Background())
	if err != nil {
		return err
	}
	if err := l.setUp(30, extra); err != nil {
		return err
	}
	if err := l.standBy(); err != nil {
		return err
	}
	for i := range 10 {
		if err := l.push(i); err != nil {
			return err
		}
	}
	how := syscall.SIGKILL
	if pause {
		how = syscall.SIGSTOP
	}
	first := l.desk
	if err := first.Signal(how); err != nil {
		return err
	}
	l.doubt += 10
	began := time.Now()
	for i := 10; i < 30; i++ {
		if err := l.push(i, l.second); err != nil {
			return fmt.Errorf("the other process: %w", err)
		}
		if i == 10 {
			l.note("the other decides after %.1f s", time.Since(began).Seconds())
			if time.Since(began) > 20*time.Second {
				err = fmt.Errorf("nobody decided for %s", time.Since(began))
			}
		}
	}
	if pause {
		<-time.After(max(0, 30*time.Second-time.Since(began)))
		if err := first.Signal(syscall.SIGCONT); err != nil {
			return err
		}
		first.Died() // it has lost its lease
	}
	if e := l.wait(30, 60*time.Second); e != nil {
		return e
	}
	if e := l.judge(); e != nil {
		return e
	}
	return err
}

// standBy starts a second process on the same database and folder.
func (l *lab) standBy() (err error) {
	if l.second, err = outside.New(l.binary); err != nil {
		return err
	}
	raw, err := os.ReadFile(l.desk.File("config.yaml"))
	if err != nil {
		return err
	}
	text := strings.ReplaceAll(string(raw), strings.TrimPrefix(l.desk.Base, "http://"), strings.TrimPrefix(l.second.Base, "http://"))
	if err := os.WriteFile(l.second.File("config.yaml"), []byte(text), 0o600); err != nil {
		return err
	}
	return l.second.Launch()
}
