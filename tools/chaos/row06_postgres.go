package main

import (
	"context"
	"fmt"
	"time"
)

// postgresRestart: the database server is killed and started again while signals come;
// postgresDrop: all connections are cut, again and again.
var (
	postgresRestart = row{n: 6, name: "PostgreSQL killed under load", must: "back within 10 s, 0 lost", play: playRestart}
	postgresDrop    = row{n: 6, name: "connections to PostgreSQL cut", must: "back within 10 s, 0 lost", play: playDrop}
)

const within10 = 10 * time.Second

func playRestart(l *lab) error {
	ctx := context.Background()
	if err := l.setUpOnPostgres(60, nil); err != nil {
		return err
	}
	pushed := l.pushing(0, 60, 20*time.Millisecond)
	var back mark
	for k := range 2 {
		<-time.After(l.soon(100, 400))
		l.doubt++              // the provider said yes, and the receipt found no database
		l.cluster.Halt(k == 0) // at once, then in order
		if err := l.cluster.Begin(ctx); err != nil {
			return fmt.Errorf("start the cluster again: %w", err)
		}
		back = takeMark()
		l.say("the cluster is back")
		if err := l.working(back); err != nil {
			return err
		}
	}
	return l.allTold(60, pushed, back)
}

func playDrop(l *lab) error {
	var way *proxy
	if err := l.setUpOnPostgres(60, func(p *proxy) error { way = p; return nil }); err != nil {
		return err
	}
	pushed := l.pushing(0, 60, 10*time.Millisecond)
	var back mark
	for range 5 {
		<-time.After(l.soon(20, 200))
		l.doubt++
		way.cut()
		l.say("cut")
		back = takeMark()
		if err := l.working(back); err != nil {
			return err
		}
	}
	return l.allTold(60, pushed, back)
}

// setUpOnPostgres makes an installation on a PostgreSQL of its own; behind a proxy when
// somebody wants to have it, who is called before the program starts.
func (l *lab) setUpOnPostgres(projects int, proxied func(*proxy) error) error {
	extra, err := l.onPostgres(context.Background())
	if err != nil {
		return err
	}
	if proxied != nil {
		way, url, err := l.wayTo()
		if err != nil {
			return err
		}
		if err := proxied(way); err != nil {
			return err
		}
		extra = fmt.Sprintf("database: %q\n", url)
	}
	return l.setUp(projects, extra)
}

// working waits until the program takes a signal again.
func (l *lab) working(since mark) error {
	for l.status(l.desk, "/readyz", time.Second) != 200 {
		if err := l.revive(); err != nil {
			return err
		}
		if took := time.Since(since.at); l.late(took, within10, since) {
			return fmt.Errorf("not ready %.1f s after the database was back", took.Seconds())
		}
		<-time.After(20 * time.Millisecond)
	}
	l.note("ready %.1f s after it was back", time.Since(since.at).Seconds())
	return nil
}

func (l *lab) allTold(n int, pushed <-chan error, back mark) error {
	if err := l.waitReviving(n, 90*time.Second); err != nil {
		return err
	}
	if err := <-pushed; err != nil {
		return err
	}
	l.note("all told %.1f s after the last fault, %d restarts of the program", time.Since(back.at).Seconds(), len(l.starts)-1)
	return l.judge()
}
