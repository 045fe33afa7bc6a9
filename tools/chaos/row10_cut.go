package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// replicaCut: the network between one of three processes and the database loses every packet.
var replicaCut = row{n: 10, name: "replica cut off from the database", must: "it stops claiming and says that it is blind within 15 s; the others go on", play: playCutReplica}

func playCutReplica(l *lab) error {
	const before, after = 6, 18
	db, err := l.onPostgres(context.Background())
	if err != nil {
		return err
	}
	way, url, err := l.wayTo()
	if err != nil {
		return err
	}
	l.got = newReceiver()
	if err := l.install(l.portfolio(before+after), fmt.Sprintf("database: %q\n", url), ""); err != nil {
		return err
	}
	if err := l.open1(); err != nil {
		return err
	}
	if err := l.beside(2, db); err != nil {
		return err
	}
	all := l.desks()
	if err := <-l.pushing(0, before, 0, all...); err != nil {
		return err
	}
	if err := l.wait(before, 30*time.Second); err != nil {
		return err
	}
	way.held.Store(true)
	l.doubt++ // what it had in hand
	cut := takeMark()
	l.say("cut off")
	pushed := l.pushing(before, before+after, 0, all[1:]...)
	if err := l.within(15*time.Second, cut, text("the process that is cut off still says that it is ready"), func() bool { return l.status(all[0], "/readyz", 2*time.Second) != 200 }); err != nil {
		return err
	}
	l.note("not ready %.1f s after the cut", time.Since(cut.at).Seconds())
	if err := l.wait(before+after, 60*time.Second); err != nil {
		return err
	}
	if err := <-pushed; err != nil {
		return err
	}
	worst := l.worst(before, before+after, cut.at)
	l.note("the others had told everybody %.1f s after it", worst.Seconds())
	way.held.Store(false)
	l.say("the network is back")
	if l.late(worst, within20, cut) {
		return errors.New("too late")
	}
	<-time.After(5 * time.Second) // what it still wants to do shows as a duplicate
	l.desk, l.others = all[1], append(all[2:], all[0])
	if err := l.judge(); err != nil {
		return err
	}
	return l.decidedOnce()
}

// worst is how long after an instant the last of some projects was told.
func (l *lab) worst(from, to int, since time.Time) time.Duration {
	worst := time.Duration(0)
	for i := from; i < to; i++ {
		worst = max(worst, l.got.at(pathOf(i)).Sub(since))
	}
	return worst
}
