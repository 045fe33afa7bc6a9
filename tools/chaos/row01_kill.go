package main

import (
	"context"
	"errors"
	"strings"
	"syscall"
	"time"

	"watchfire.dev/tools/outside"
)

// killed: kill -9 at every named step, three times in a row, and at any instant.
var (
	killed         = row{n: 1, name: "kill -9 at any step, SQLite", must: "0 lost, 0 orphans, red within 60 s", fast: true, play: func(l *lab) error { return playKilled(l, false) }}
	killedPostgres = row{n: 1, name: "kill -9 at any step, PostgreSQL", must: "0 lost, 0 orphans, red within 60 s", play: func(l *lab) error { return playKilled(l, true) }}
)

// steps are the fail points on the way of a signal; cmd/watchfire has a test that no name of
// the sources is without a story.
var steps = []string{"record-stored", "parsed", "merged", "decided", "before-commit", "committed", "claimed", "sent", "receipt-stored"}

// burst is how many signals come around each kill.
const burst = 4

func playKilled(l *lab, postgres bool) error {
	extra, err := "", error(nil)
	if postgres {
		if extra, err = l.onPostgres(context.Background()); err != nil {
			return err
		}
	}
	steps := steps
	if postgres && !l.whole { // each restart waits for the lease of the dead: 15 s
		steps = []string{"record-stored", "before-commit", "committed", "sent"}
	}
	n := len(steps) + 1 + l.kills*burst
	if err := l.setUp(n, extra); err != nil {
		return err
	}
	for i, step := range steps {
		if err := l.killAt(step, i, 1); err != nil {
			return err
		}
	}
	// The same record three times in a row is given up as poison: that is row 21. Here the
	// message is the same.
	if err := l.killAt("claimed", len(steps), 3); err != nil {
		return err
	}
	l.note("killed at %s, at claimed 3 times in a row", strings.Join(steps, ", "))
	for k := range l.kills {
		pushed := l.pushing(len(steps)+1+k*burst, len(steps)+1+(k+1)*burst, 0)
		<-time.After(l.soon(0, 60))
		if err := l.kill(); err != nil {
			return err
		}
		if err := <-pushed; err != nil {
			return err
		}
		if k%50 == 49 {
			l.say("%d of %d kills, %d projects told", k+1, l.kills, l.got.count())
		}
	}
	l.note("killed %d times at any instant", l.kills)
	if err := l.wait(n, 120*time.Second); err != nil {
		return err
	}
	return l.judge()
}

// killAt starts the program with a fail point, lets a signal reach it, and starts again; times
// in a row.
func (l *lab) killAt(step string, i, times int) error {
	taken := make(chan error, 1)
	for k := range times {
		l.desk.Stop()
		l.desk.Env = []string{"WATCHFIRE_FAILPOINT=" + step}
		err := l.start()
		if err != nil && !errors.Is(err, outside.ErrEnded) { // it may reach the step while it starts
			return err
		}
		if k == 0 {
			go func() { taken <- l.push(i) }()
		}
		select {
		case <-l.desk.Ended():
		case <-time.After(60 * time.Second):
			return errors.New(step + " was never reached")
		}
		l.desk.Died()
		l.doubt++
		l.say("killed at %s", step)
	}
	l.desk.Env = nil
	if err := l.start(); err != nil {
		return err
	}
	return <-taken
}

// revive starts again what ended by itself, as a supervisor would, and counts it.
func (l *lab) revive() error {
	for _, d := range l.desks() {
		if d.PID() == 0 {
			continue
		}
		select {
		case <-d.Ended():
			d.Died()
			l.doubt++
			l.say("a process ended by itself: %s", lastLine(d.Printed()))
			if err := d.Launch(); err != nil {
				return err
			}
			l.starts = append(l.starts, time.Now())
		default:
		}
	}
	return nil
}

// waitReviving is wait with a supervisor.
func (l *lab) waitReviving(n int, limit time.Duration) error {
	for deadline := time.Now().Add(limit); l.got.count() < n; {
		if time.Now().After(deadline) {
			return l.wait(n, 0)
		}
		if err := l.revive(); err != nil {
			return err
		}
		<-time.After(20 * time.Millisecond)
	}
	return nil
}

func lastLine(s string) string {
	s = strings.TrimSpace(s)
	return s[strings.LastIndexByte(s, '\n')+1:]
}

// stop and resume a process as a whole.
const (
	freeze = syscall.SIGSTOP
	thaw   = syscall.SIGCONT
)
