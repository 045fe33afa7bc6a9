package main

import (
	"context"
	"fmt"
	"time"
)

// postgresRestart: the database server is killed and started again while signals come.
var postgresRestart = row{n: 6, name: "PostgreSQL restart under load", must: "back within 10 s, 0 lost", play: playRestart}

func playRestart(l *lab) error {
	ctx := context.Background()
	extra, err := l.onPostgres(ctx)
	if err != nil {
		return err
	}
	if err := l.setUp(40, extra); err != nil {
		return err
	}
	pushed := make(chan error, 1)
	go func() {
		var err error
		for i := 0; i < 40 && err == nil; i++ {
			err = l.push(i)
			<-time.After(20 * time.Millisecond)
		}
		pushed <- err
	}()
	<-time.After(time.Duration(100+l.chance.IntN(300)) * time.Millisecond)
	l.cluster.Halt(true)
	if err := l.cluster.Begin(ctx); err != nil {
		return fmt.Errorf("start the cluster again: %w", err)
	}
	began := time.Now()
	l.doubt += 40 // commits and receipts of that instant are in doubt
	if err := <-pushed; err != nil {
		return err
	}
	if err := l.wait(40, 60*time.Second); err != nil {
		return err
	}
	l.note("all told %.1f s after the server was back", time.Since(began).Seconds())
	return l.judge()
}
