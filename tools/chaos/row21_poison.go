package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"watchfire.dev/tools/outside"
)

// poison: a record that kills whoever parses it, three times; and bodies that are made to
// hurt a parser. Others must not feel it.
var poison = row{n: 21, name: "poison message", must: "quarantine after 3, others late by less than 1 s", play: playPoison}

func playPoison(l *lab) error {
	if err := l.setUp(8, ""); err != nil {
		return err
	}
	for k := range 3 { // the first kill is that of the push, the others are those of the restarts
		l.desk.Stop()
		l.desk.Env = []string{"WATCHFIRE_FAILPOINT=parsed"}
		err := l.start()
		if err != nil && !errors.Is(err, outside.ErrEnded) {
			return err
		}
		if k == 0 {
			if err := l.poisoned(); err != nil {
				return err
			}
		}
		select {
		case <-l.desk.Ended():
		case <-time.After(30 * time.Second):
			return errors.New("the record did not kill its parser")
		}
		l.desk.Died()
		l.doubt++
	}
	l.desk.Env = nil
	began := time.Now()
	if err := l.start(); err != nil {
		return err
	}
	l.note("up %.1f s after the third death", time.Since(began).Seconds())
	seen, err := l.sources()
	if err != nil {
		return err
	}
	if seen["net"].Quarantined == 0 {
		return errors.New("the record that killed its parser is not in quarantine")
	}
	deep := strings.Repeat(`{"a":`, 100_000) + "1" + strings.Repeat("}", 100_000)
	wide := `{"signals":[` + strings.Repeat(`{"key":"x"},`, 200_000) + `{}]}`
	bad := []string{deep, wide, "[" + strings.Repeat("[", 1<<20), `{"key":"` + strings.Repeat("\\u0000", 1<<20) + `"}`, string(bytes.Repeat([]byte{0xff}, 8<<20))}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for _, b := range bad {
			l.keyed(l.desk.Base+"/api/v1/signals", "poison", []byte(b)) //nolint:errcheck // refused, and how does not matter
		}
	}()
	worst, n, from := time.Duration(0), 0, takeMark()
	for i, busy := 1, true; busy || i < 4; i++ {
		if i < 8 {
			at := time.Now()
			if err := l.red(i); err != nil {
				return err
			}
			if err := l.waitOne(i, 20*time.Second); err != nil {
				return err
			}
			worst, n = max(worst, l.got.at(pathOf(i)).Sub(at)), n+1
		}
		select {
		case <-done:
			busy = false
		case <-time.After(20 * time.Millisecond):
		}
	}
	l.note("%d reds beside %d hostile bodies, the slowest told after %.2f s", n, len(bad), worst.Seconds())
	if l.late(worst, time.Second, from) {
		return fmt.Errorf("a red was late by %s", worst)
	}
	return l.judge()
}

// poisoned sends a record that is so large that it is kept before it is read: a small one that
// kills its parser is its sender's to repeat, and nothing of it stays.
func (l *lab) poisoned() error {
	source, body, err := redAt(keyOf(0), 0)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if outside.Post(ctx, l.desk.Client, l.desk.Base+"/api/v1/signals?source="+source, append(body, bytes.Repeat([]byte(" "), 128<<10)...)) == nil {
		return errors.New("the record that kills its parser was taken")
	}
	return nil
}

// waitOne waits until one project was told.
func (l *lab) waitOne(i int, limit time.Duration) error {
	return l.within(limit, takeMark(), func() string { return pathOf(i) + " was never told" }, func() bool { return !l.got.at(pathOf(i)).IsZero() })
}
