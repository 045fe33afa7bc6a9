package main

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"watchfire.dev/tools/outside"
)

// provider: the webhook of the first contact answers 503, so that whoever is next is told;
// then it is well again.
var provider = row{n: 18, name: "provider answers 503", must: "everybody is told once it is well", fast: true, play: playProvider}

func playProvider(l *lab) error {
	l.got, l.yes = newReceiver(), map[string]bool{}
	sick := time.Now().Add(3 * time.Second)
	l.got.status = func(path string) int {
		if strings.HasPrefix(path, "p0") && time.Now().Before(sick) {
			return http.StatusServiceUnavailable
		}
		return http.StatusOK
	}
	if err := l.install(outside.Portfolio(5, 1, l.got.URL), ""); err != nil {
		return err
	}
	if err := l.desk.Start(); err != nil {
		return err
	}
	if err := l.desk.SignIn(); err != nil {
		return err
	}
	sick = time.Now().Add(3 * time.Second)
	for i := range 5 {
		if err := l.push(i); err != nil {
			return err
		}
	}
	if err := l.wait(5, 60*time.Second); err != nil {
		return err
	}
	if l.got.at("p0").Before(sick) {
		return fmt.Errorf("the sick provider took a message: the fault was not played")
	}
	l.note("told %.1f s after the provider was well", l.got.at("p0").Sub(sick).Seconds())
	return l.judge()
}
