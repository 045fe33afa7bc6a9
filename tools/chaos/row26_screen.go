package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"
)

// allDown: no channel takes anything; the screen says so and the outgoing heartbeat stops.
// cutOff: the browser of a duty officer loses its server.
var (
	allDown = row{n: 26, name: "all channels down", must: "the screen says so, the heartbeat stops within 60 s", play: playAllDown}
	cutOff  = row{n: 27, name: "browser cut off", must: `"not live since" within 10 s`, play: playCutOff}
)

func playAllDown(l *lab) error {
	var beats, last atomic.Int64
	switchboard := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body) //nolint:errcheck // only that it came counts
		beats.Add(1)
		last.Store(time.Now().UnixNano())
	}))
	l.undo = append(l.undo, switchboard.Close)
	l.got = newReceiver()
	if err := l.install(l.portfolio(3), "heartbeat: {url: env:CHAOS_BEAT, every: 5s}\n", ""); err != nil {
		return err
	}
	l.desk.Env = []string{"CHAOS_BEAT=" + switchboard.URL}
	if err := l.open1(); err != nil {
		return err
	}
	if err := l.red(0); err != nil {
		return err
	}
	if err := until(30*time.Second, text("no heartbeat came"), func() bool { return beats.Load() > 1 && l.got.count() == 1 }); err != nil {
		return err
	}
	l.got.answering(refusing(http.StatusServiceUnavailable, func(string) bool { return true }))
	// The channels that are set up and were never used cannot be known to be down.
	from := takeMark()
	if err := l.red(1); err != nil {
		return err
	}
	if err := l.within(time.Minute, from, text("nobody says that the channel is down"), func() bool { return l.shows(l.desk, "channel", "webhook", "mute", "down") }); err != nil {
		return err
	}
	l.note("the channel is called mute after %.1f s", time.Since(from.at).Seconds())
	if err := until(time.Minute, text("the heartbeat goes on while nobody can be told"), func() bool {
		return time.Since(time.Unix(0, last.Load())) > 11*time.Second && l.shows(l.desk, "channels", "", "mute", "down")
	}); err != nil {
		return err
	}
	l.note("the last heartbeat came %.1f s after the fault", time.Unix(0, last.Load()).Sub(from.at).Seconds())
	if l.late(time.Unix(0, last.Load()).Sub(from.at), time.Minute, from) {
		return errors.New("the heartbeat went on for more than a minute")
	}
	page, err := l.page("/")
	if err != nil {
		return err
	}
	if !strings.Contains(page, "webhook") && !strings.Contains(page, "channel") {
		return errors.New("the first page says nothing of the channels")
	}
	l.got.answering(nil)
	if err := l.wait(2, 90*time.Second); err != nil {
		return err
	}
	if err := until(90*time.Second, text("the heartbeat does not come back"), func() bool { return time.Since(time.Unix(0, last.Load())) < 6*time.Second }); err != nil {
		return err
	}
	return l.judge()
}

// page is a page as the signed-in administrator sees it.
func (l *lab) page(path string) (string, error) {
	resp, err := l.desk.Client.Get(l.desk.Base + path)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	return string(raw), err
}

func playCutOff(l *lab) error {
	script, err := filepath.Abs("browser/cutoff.mjs")
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(script), "node_modules", "playwright-core")); err != nil {
		return fmt.Errorf("playwright-core is not in browser/node_modules (make assets): %w", errNotRun)
	}
	if _, err := exec.LookPath("node"); err != nil {
		return fmt.Errorf("no node: %w", errNotRun)
	}
	if err := l.setUp(1, ""); err != nil {
		return err
	}
	base, err := url.Parse(l.desk.Base)
	if err != nil {
		return err
	}
	way, err := newProxy(base.Host)
	if err != nil {
		return err
	}
	l.undo = append(l.undo, way.close)
	cookies := ""
	for _, c := range l.desk.Client.Jar.Cookies(base) {
		cookies += c.Name + "=" + c.Value + "\n"
	}
	cmd := exec.Command("node", script, "http://"+way.address())
	cmd.Dir, cmd.Stdin, cmd.Stderr = filepath.Dir(script), strings.NewReader(cookies), l.log
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	defer cmd.Wait() //nolint:errcheck // it says on its output what it saw
	lines := bufio.NewScanner(out)
	hear := func(word string) (time.Time, error) {
		if !lines.Scan() || !strings.HasPrefix(lines.Text(), word) {
			return time.Time{}, fmt.Errorf("the browser said %q, not %q", lines.Text(), word)
		}
		return time.Now(), nil
	}
	if _, err := hear("no browser"); err == nil {
		return fmt.Errorf("no Chromium: %w", errNotRun)
	} else if !strings.HasPrefix(lines.Text(), "live") {
		return err
	}
	way.held.Store(true)
	cut := takeMark()
	lost, err := hear("lost")
	if err != nil {
		return err
	}
	said := lines.Text()
	way.held.Store(false)
	back, err := hear("live")
	if err != nil {
		return err
	}
	l.note("%q after %.1f s; live again %.1f s after the network", said, lost.Sub(cut.at).Seconds(), back.Sub(lost).Seconds())
	if l.late(lost.Sub(cut.at), within10, cut) {
		return errors.New("too late")
	}
	if err := l.push(0); err != nil {
		return err
	}
	if err := l.wait(1, 30*time.Second); err != nil {
		return err
	}
	return l.judge()
}
