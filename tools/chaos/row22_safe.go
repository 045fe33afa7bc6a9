package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"watchfire.dev/tools/outside"
)

// badConfig: the configuration is broken while the program stops; crashLoop: every start dies
// of what the first source says.
var (
	badConfig = row{n: 22, name: "bad configuration", must: "page, API and reds are up with the last good configuration, and it is said", play: playBadConfig}
	crashLoop = row{n: 22, name: "crash loop", must: "page, API and acknowledgements are up, and it is said", play: playCrashLoop}
)

func playBadConfig(l *lab) error {
	if err := l.setUp(4, ""); err != nil {
		return err
	}
	if err := l.push(0); err != nil {
		return err
	}
	if err := until(time.Minute, text("no start lasted"), func() bool { _, err := os.Stat(l.desk.File("data/config.last-good")); return err == nil }); err != nil {
		return err
	}
	for i, bad := range []string{"no_such_key: 1\n", "zone: Nowhere/Atlantis\n", "listen: [broken\n"} {
		l.desk.Stop()
		raw, err := os.ReadFile(l.desk.File("config.yaml"))
		if err != nil {
			return err
		}
		if err := os.WriteFile(l.desk.File("config.yaml"), append([]byte(bad), raw...), 0o600); err != nil {
			return err
		}
		err = l.start()
		if e := os.WriteFile(l.desk.File("config.yaml"), raw, 0o600); e != nil {
			return e
		}
		if err != nil {
			return fmt.Errorf("with %q: %w", bad, err)
		}
		if err := l.red(i + 1); err != nil {
			return err
		}
		if err := l.waitOne(i+1, 30*time.Second); err != nil {
			return err
		}
		if s := l.status(l.desk, "/", 5*time.Second); s != http.StatusOK {
			return fmt.Errorf("the first page gives %d", s)
		}
		if err := until(30*time.Second, text("nobody says that another configuration is in use"), func() bool { return l.saysSafe() }); err != nil {
			return err
		}
	}
	l.note("3 configurations that cannot be used: reds told, said on the status page")
	return l.judge()
}

// saysSafe tells whether a check of the watch on itself speaks of the safe mode.
func (l *lab) saysSafe() bool {
	list, err := l.vitals(l.desk)
	if err != nil {
		return false
	}
	for _, c := range list {
		if c.Name == "safe" && c.State != "ok" && c.State != "unknown" {
			return true
		}
	}
	return false
}

func playCrashLoop(l *lab) error {
	f := l.newFeeds()
	l.got = newReceiver()
	if err := l.install(l.portfolio(2), "", definition("deadly", "usgs", f.URL+"/deadly", time.Hour)); err != nil {
		return err
	}
	if err := l.open1(); err != nil {
		return err
	}
	if err := l.red(0); err != nil {
		return err
	}
	if err := l.wait(1, 30*time.Second); err != nil {
		return err
	}
	f.set("/deadly", fresh(1))
	l.loops = true
	l.desk.Env = []string{"WATCHFIRE_FAILPOINT=record-stored"}
	l.desk.Signal(9) //nolint:errcheck // it may have died of the source
	deaths := 0
	for alive := false; !alive; {
		if deaths > 12 {
			return errors.New("it dies for ever")
		}
		l.doubt++
		if err := l.start(); err != nil && !errors.Is(err, outside.ErrEnded) {
			return err
		}
		select {
		case <-l.desk.Ended():
			l.desk.Died()
			deaths++
			l.say("death %d", deaths)
		case <-time.After(15 * time.Second):
			alive = true
		}
	}
	open, err := l.openWarnings()
	if err != nil {
		return err
	}
	page := l.status(l.desk, "/", 5*time.Second)
	var list struct {
		Items []struct{ ID string }
	}
	if err := l.get(l.desk, "/api/v1/warnings", &list); err != nil || len(list.Items) == 0 {
		return fmt.Errorf("no warnings are shown: %w", err)
	}
	answered := l.together(1, l.desk.Base+"/api/v1/warnings/"+list.Items[0].ID+"/answer", `{"answer":"have_it"}`)
	l.note("up after %d deaths: page %d, %d warnings, answers %v", deaths, page, open, answered)
	if page != http.StatusOK || open == 0 || answered[http.StatusOK] != 1 {
		return errors.New("not everything is up")
	}
	if !l.saysSafe() {
		return errors.New("nobody says that it runs with less")
	}
	// Somebody mends the cause; it is started in order and sees again.
	l.desk.Stop()
	l.desk.Env = nil
	if err := l.start(); err != nil {
		return err
	}
	if err := until(30*time.Second, text("the source is not asked any more"), func() bool { s, err := l.sources(); return err == nil && s["deadly"].Seeing }); err != nil {
		return err
	}
	return l.judge()
}
