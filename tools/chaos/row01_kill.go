package main

import (
	"fmt"
	"strings"
	"time"
)

// killed: kill -9 at every named step, and three times in a row at any instant.
var killed = row{n: 1, name: "kill -9 at any step", must: "0 lost, 0 orphans, red within 60 s", fast: true, play: playKilled}

// steps are the fail points on the way of a signal; cmd/watchfire has a test that no name of
// the sources is without a story.
var steps = []string{"record-stored", "parsed", "merged", "decided", "before-commit", "committed", "claimed", "sent", "receipt-stored"}

func playKilled(l *lab) error {
	if err := l.setUp(len(steps)+30, ""); err != nil {
		return err
	}
	for i, step := range steps {
		l.desk.Stop()
		l.desk.Env = []string{"WATCHFIRE_FAILPOINT=" + step}
		if err := l.desk.Start(); err != nil {
			return fmt.Errorf("start with fail point %s: %w", step, err)
		}
		taken := make(chan error, 1)
		go func() { taken <- l.push(i) }()
		l.desk.Died()
		l.doubt++
		l.desk.Env = nil
		if err := l.desk.Start(); err != nil {
			return err
		}
		if err := <-taken; err != nil {
			return fmt.Errorf("at %s: %w", step, err)
		}
	}
	l.note("killed at %s", strings.Join(steps, ", "))
	pushed := make(chan error, 1)
	go func() {
		var err error
		for i := len(steps); i < len(steps)+30 && err == nil; i++ {
			err = l.push(i)
		}
		pushed <- err
	}()
	for range 3 {
		<-time.After(time.Duration(50+l.chance.IntN(300)) * time.Millisecond)
		if err := l.kill(); err != nil {
			return err
		}
	}
	if err := <-pushed; err != nil {
		return err
	}
	if err := l.wait(len(steps)+30, 60*time.Second); err != nil {
		return err
	}
	return l.judge()
}
