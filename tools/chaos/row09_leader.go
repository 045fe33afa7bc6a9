package main

import (
	"context"
	"fmt"
	"syscall"
	"time"
)

// leaderDies and leaderPaused: of three processes on one database the one that decides is
// killed, or stopped for 30 s. Another takes over; nothing is decided twice, no timer is late.
var (
	leaderDies   = row{n: 9, name: "leader of 3 killed", must: "another decides within 20 s, 0 double decisions, timers late by 15 s at most", play: func(l *lab) error { return playLeader(l, syscall.SIGKILL) }}
	leaderPaused = row{n: 9, name: "leader of 3 stopped for 30 s", must: "another decides within 20 s, 0 double decisions, timers late by 15 s at most", play: func(l *lab) error { return playLeader(l, freeze) }}
)

const (
	within20   = 20 * time.Second
	asked      = 8 * time.Second // until the next contact is asked
	timersLate = 15 * time.Second
)

func playLeader(l *lab, how syscall.Signal) error {
	const before, after = 12, 24
	if err := l.fleet(before+after, fmt.Sprintf("escalate_after: {red: %s, orange: %s}\n", asked, asked)); err != nil {
		return err
	}
	first, all := l.desk, l.desks()
	for i := range before {
		if err := l.push(i, all...); err != nil {
			return err
		}
	}
	if err := l.wait(before, 30*time.Second); err != nil {
		return err
	}
	if err := first.Signal(how); err != nil {
		return err
	}
	l.doubt++
	began := takeMark()
	l.say("the leader is gone")
	for i := before; i < before+after; i++ {
		if err := l.push(i, all[1:]...); err != nil {
			return fmt.Errorf("the other processes: %w", err)
		}
	}
	if err := l.waitPaths(before+after, "p", 60*time.Second); err != nil {
		return err
	}
	worst := time.Duration(0)
	for i := before; i < before+after; i++ {
		worst = max(worst, l.got.at(pathOf(i)).Sub(began.at))
	}
	l.note("the last project was told %.1f s after the leader was gone", worst.Seconds())
	if how == freeze {
		<-time.After(max(0, 30*time.Second-time.Since(began.at)))
		if err := first.Signal(thaw); err != nil {
			return err
		}
		l.say("it goes on")
	}
	if l.late(worst, within20, began) {
		return fmt.Errorf("nobody decided for %s", worst)
	}
	if err := l.timers(before+after, began); err != nil {
		return err
	}
	// The first is judged by its database alone.
	l.desk, l.others = all[1], append(all[2:], first)
	if err := l.judge(); err != nil {
		return err
	}
	return l.decidedOnce()
}

// fleet sets up three processes on one PostgreSQL; each project has two contacts, the second
// is asked when the first does not answer.
func (l *lab) fleet(projects int, extra string) error {
	db, err := l.onPostgres(context.Background())
	if err != nil {
		return err
	}
	l.got = newReceiver()
	if err := l.install(l.portfolio(projects, firstContact, secondContact), db+extra, ""); err != nil {
		return err
	}
	if err := l.open1(); err != nil {
		return err
	}
	return l.beside(2, db+extra)
}

// beside starts more processes on the same database.
func (l *lab) beside(n int, extra string) error {
	for range n {
		d, err := l.replica(extra)
		if err != nil {
			return err
		}
		if err := d.Launch(); err != nil {
			return err
		}
	}
	return l.answering(30 * time.Second)
}

// answering waits until every process answers, even if only that it stands by.
func (l *lab) answering(limit time.Duration) error {
	for _, d := range l.desks() {
		if err := l.within(limit, takeMark(), text("a process does not answer"), func() bool { return l.status(d, "/healthz", time.Second) == 200 }); err != nil {
			return fmt.Errorf("%w:\n%s", err, d.Printed())
		}
	}
	return nil
}

func (l *lab) waitPaths(n int, prefix string, limit time.Duration) error {
	missing := ""
	return l.within(limit, takeMark(), func() string { return missing + " was never told" }, func() bool {
		for i := range n {
			if missing = fmt.Sprintf("%s%d", prefix, i); l.got.at(missing).IsZero() {
				return false
			}
		}
		return true
	})
}

// timers waits for every second contact and looks how late each was asked.
func (l *lab) timers(n int, since mark) error {
	if err := l.within(90*time.Second, takeMark(), text("not every second contact was asked"), func() bool {
		for i := range n {
			if i%3 != 2 && l.got.at(fmt.Sprintf("e%d", i)).IsZero() {
				return false
			}
		}
		return true
	}); err != nil {
		return err
	}
	worst := time.Duration(0)
	for i := range n {
		if i%3 == 2 { // below orange nobody else is asked
			continue
		}
		worst = max(worst, l.got.at(fmt.Sprintf("e%d", i)).Sub(l.got.at(pathOf(i)))-asked)
	}
	l.note("escalations late by %.1f s at most", worst.Seconds())
	if l.late(worst, timersLate, since) {
		l.tally.late++
		return fmt.Errorf("an escalation was late by %s", worst)
	}
	return nil
}

// decidedOnce: no project has two open warnings of one family, and no event two.
func (l *lab) decidedOnce() error {
	ctx := context.Background()
	db, err := l.open(ctx)
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // it was only read
	twice := 0
	err = each(ctx, db, "SELECT count(*) FROM (SELECT project, family FROM warning GROUP BY project, family HAVING count(*) > 1) AS double",
		func(scan func(...any) error) error { return scan(&twice) })
	if err == nil && twice > 0 {
		l.tally.twice += twice
		err = fmt.Errorf("%d projects have two warnings: decided twice", twice)
	}
	return err
}
