package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"watchfire.dev/internal/store"
)

// commitLost: the database commits and its answer is lost; answerLost: ours to the caller is.
var (
	commitLost = row{n: 8, name: "answer of a commit lost", must: "repeating has one effect", play: playCommitLost}
	answerLost = row{n: 8, name: "answer to the caller lost, 1,000 times", must: "repeating has one effect, 1,000 runs", play: playAnswerLost}
)

// wayTo is a proxy before the database, and the address of the database through it.
func (l *lab) wayTo() (*proxy, string, error) {
	u, err := url.Parse(l.url)
	if err != nil {
		return nil, "", err
	}
	p, err := newProxy(u.Host)
	if err != nil {
		return nil, "", err
	}
	l.undo = append(l.undo, p.close)
	u.Host = p.address()
	return p, u.String(), nil
}

func playCommitLost(l *lab) error {
	runs := 30
	if l.whole {
		runs = 1000
	}
	var way *proxy
	var armed atomic.Bool
	if err := l.setUpOnPostgres(runs, func(p *proxy) error {
		way = p
		way.swallow = func(piece []byte) bool { return commits(piece) && armed.CompareAndSwap(true, false) }
		return nil
	}); err != nil {
		return err
	}
	for i := range runs {
		if err := until(60*time.Second, text("the program is not ready"), func() bool {
			return l.revive() == nil && l.status(l.desk, "/readyz", time.Second) == 200
		}); err != nil {
			return err
		}
		armed.Store(true)
		pushed := make(chan error, 1)
		go func() { pushed <- l.repeat(i) }()
		for waiting := true; waiting; {
			select {
			case err := <-pushed:
				if err != nil {
					return err
				}
				waiting = false
			case <-time.After(10 * time.Millisecond):
				if err := l.revive(); err != nil {
					return err
				}
			}
		}
	}
	armed.Store(false)
	if err := l.waitReviving(runs, 60*time.Second); err != nil {
		return err
	}
	l.note("%d answers of commits lost in %d runs, %d restarts", way.lost.Load(), runs, len(l.starts)-1)
	if way.lost.Load() == 0 {
		return fmt.Errorf("no answer was lost: the fault was not played")
	}
	if err := l.judge(); err != nil {
		return err
	}
	return l.oneEffect(runs)
}

func playAnswerLost(l *lab) error {
	const runs = 1000
	if err := l.setUp(runs, ""); err != nil {
		return err
	}
	u, err := url.Parse(l.desk.Base)
	if err != nil {
		return err
	}
	way, err := newProxy(u.Host)
	if err != nil {
		return err
	}
	defer way.close()
	var armed atomic.Bool
	way.swallow = func(piece []byte) bool {
		return bytes.HasPrefix(piece, []byte("POST ")) && armed.CompareAndSwap(true, false)
	}
	for i := range runs {
		source, body, err := signal(keyOf(i), i)
		if err != nil {
			return err
		}
		armed.Store(true)
		if l.chance.IntN(2) == 0 { // or the caller hears nothing, and then a cut
			way.delay.Store(int64(l.soon(0, 3)))
		} else {
			way.delay.Store(0)
		}
		for try := 0; ; try++ {
			if try > 20 {
				return fmt.Errorf("run %d was never answered", i)
			}
			if l.keyed("http://"+way.address()+"/api/v1/signals?source="+source, keyOf(i), body) == nil {
				l.accept(i)
				break
			}
		}
	}
	l.note("%d answers lost in %d runs", way.lost.Load(), runs)
	if way.lost.Load() < runs*9/10 {
		return fmt.Errorf("only %d answers were lost: the fault was not played", way.lost.Load())
	}
	if err := l.wait(runs, 60*time.Second); err != nil {
		return err
	}
	if err := l.judge(); err != nil {
		return err
	}
	return l.oneEffect(runs)
}

// repeat sends the signal of a project as it is, under one key, until somebody says yes.
func (l *lab) repeat(i int) error {
	source, body, err := signal(keyOf(i), i)
	if err != nil {
		return err
	}
	return l.within(90*time.Second, takeMark(), func() string { return fmt.Sprintf("signal %d was never taken", i) }, func() bool {
		if l.keyed(l.desk.Base+"/api/v1/signals?source="+source, keyOf(i), body) != nil {
			return false
		}
		l.accept(i)
		return true
	})
}

// keyed posts with an idempotency key on a connection of its own.
func (l *lab) keyed(address, key string, body []byte) error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", key)
	base, err := url.Parse(l.desk.Base)
	if err != nil {
		return err
	}
	for _, c := range l.desk.Client.Jar.Cookies(base) {
		req.AddCookie(c)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 300 {
		return fmt.Errorf("%s", resp.Status)
	}
	return nil
}

// oneEffect: as many signals and warnings as there were runs, and no project has two.
func (l *lab) oneEffect(runs int) error {
	ctx := context.Background()
	db, err := l.open(ctx)
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // it was only read
	return effects(ctx, db, runs, l)
}

func effects(ctx context.Context, db *store.DB, runs int, l *lab) error {
	var signals, warnings, revisions int
	err := each(ctx, db, "SELECT (SELECT count(*) FROM signal), (SELECT count(*) FROM warning), (SELECT count(*) FROM warning_revision WHERE notify = 1)",
		func(scan func(...any) error) error { return scan(&signals, &warnings, &revisions) })
	if err != nil {
		return err
	}
	l.note("%d signals, %d warnings, %d told revisions", signals, warnings, revisions)
	if signals != runs || warnings != runs || revisions != runs {
		l.tally.twice++
		return fmt.Errorf("%d runs made %d signals, %d warnings and %d told revisions", runs, signals, warnings, revisions)
	}
	return nil
}
