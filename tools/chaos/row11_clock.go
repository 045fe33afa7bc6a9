package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// clockTurned: the clock of the running program is set an hour ahead and back again, on both
// sides of the right time, while escalations are due.
var clockTurned = row{n: 11, name: "clock set an hour off and back", must: "0 escalations missed or doubled, none late by more than 15 s, journal in order", play: playClock}

func playClock(l *lab) error {
	turns := []int64{3600, 0, -3600, 0, 7200, -7200, 0}
	n := 3 * len(turns)
	l.got = newReceiver()
	if err := l.install(l.portfolio(n, firstContact, secondContact), fmt.Sprintf("escalate_after: {red: %s, orange: %s}\n", asked, asked), ""); err != nil {
		return err
	}
	if err := l.open1(); err != nil {
		return err
	}
	clock, err := turnable(l.desk.PID())
	if err != nil {
		return err
	}
	began := takeMark()
	for k, seconds := range turns {
		for i := 3 * k; i < 3*k+2; i++ {
			if err := l.red(i); err != nil {
				return err
			}
			if err := l.waitOne(i, 20*time.Second); err != nil {
				return err
			}
		}
		<-time.After(l.soon(500, 3000))
		if err := clock.turn(seconds); err != nil {
			return err
		}
		l.say("the clock is %+d s off", seconds)
		<-time.After(l.soon(500, 3000))
		if err := l.red(3*k + 2); err != nil {
			return err
		}
		if err := l.waitOne(3*k+2, 20*time.Second); err != nil {
			return fmt.Errorf("with a clock %+d s off: %w", seconds, err)
		}
	}
	if err := l.waitPaths(n, "e", 60*time.Second); err != nil {
		return err
	}
	early, late := time.Duration(0), time.Duration(0)
	for i := range n {
		took := l.got.at(fmt.Sprintf("e%d", i)).Sub(l.got.at(pathOf(i)))
		early, late = max(early, asked-took), max(late, took-asked)
	}
	l.note("%d escalations over %d turns of the clock: early by %.1f s at most, late by %.1f s", n, len(turns), early.Seconds(), late.Seconds())
	if l.late(late, timersLate, began) || early > timersLate {
		l.tally.late++
		return errors.New("an escalation kept the wrong time")
	}
	// One more start, with the right clock: what the wrong one wrote must not hold anything up.
	l.desk.Stop()
	if err := l.start(); err != nil {
		return err
	}
	l.redBound = 2*time.Hour + time.Minute // the times in the database are those of the turned clock
	if err := l.judge(); err != nil {
		return err
	}
	return l.clockWent()
}

// clockWent looks for the wrong hour in what was written: without it nothing was played.
func (l *lab) clockWent() error {
	db, err := l.open(context.Background())
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // it was only read
	var newest string
	if err := each(context.Background(), db, "SELECT max(at) FROM journal", func(scan func(...any) error) error { return scan(&newest) }); err != nil {
		return err
	}
	at, err := time.Parse(time.RFC3339Nano, newest)
	if err != nil {
		return err
	}
	l.note("the newest entry of the journal is %.1f h ahead", time.Until(at).Hours())
	if time.Until(at) < time.Hour {
		return errors.New("the clock was not turned: the fault was not played")
	}
	return nil
}
