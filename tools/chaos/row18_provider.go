package main

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// provider: one provider says 429 and wants five minutes, one says 503, one says nothing.
// Whoever is next is told by another.
var provider = row{n: 18, name: "provider 429, 5xx, silence", must: "next channel within 30 s; Retry-After at most 60 s for red", play: playProvider}

// oneAfterTheOther are two contacts: one with a webhook on the path p<project>, and one who is
// next, on w<project>. All channels of one contact are used at once.
const oneAfterTheOther = firstContact + "contact,p%[1]d,d%[1]d,Deputy %[1]d,,UTC,,,,,2,en,webhook:%[2]s/w%[1]d\n"

const handOver = 30 * time.Second

func playProvider(l *lab) error {
	l.got = newReceiver()
	hang := make(chan struct{})
	l.undo = append(l.undo, func() { close(hang) })
	if err := l.install(l.portfolio(3, oneAfterTheOther), "", ""); err != nil {
		return err
	}
	if err := l.open1(); err != nil {
		return err
	}
	sick := time.Now().Add(40 * time.Second)
	l.got.answering(func(path string, w http.ResponseWriter) bool {
		if !strings.HasPrefix(path, "p") || time.Now().After(sick) {
			return true
		}
		switch path {
		case "p0":
			w.Header().Set("Retry-After", "300")
			w.WriteHeader(http.StatusTooManyRequests)
		case "p1":
			w.WriteHeader(http.StatusServiceUnavailable)
		default:
			select {
			case <-hang:
			case <-time.After(20 * time.Second):
			}
		}
		return false
	})
	from := takeMark()
	for i := range 3 {
		if err := l.red(i); err != nil {
			return err
		}
	}
	began := time.Now()
	if err := l.waitPaths(3, "w", 45*time.Second); err != nil {
		return err
	}
	worst := time.Duration(0)
	for i := range 3 {
		worst = max(worst, l.got.at(fmt.Sprintf("w%d", i)).Sub(began))
	}
	if err := l.waitPaths(3, "p", 120*time.Second); err != nil {
		return err
	}
	again := l.got.at("p0").Sub(began)
	l.note("next channel after %.1f s at most; the one that wanted 300 s was asked again after %.1f s", worst.Seconds(), again.Seconds())
	if l.late(worst, handOver, from) {
		return fmt.Errorf("the next channel was used after %s", worst)
	}
	l.doubt += 3 // what hung may have come: it is sent again by right
	return l.judge()
}
