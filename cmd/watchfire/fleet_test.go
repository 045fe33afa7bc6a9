package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"watchfire.dev/internal/app"
	"watchfire.dev/internal/config"
	"watchfire.dev/internal/store/pgtest"
)

// crew are real processes on one PostgreSQL, with a feed and a mail server of the test's own.
type crew struct {
	*testing.T
	dir   string
	sink  *sink
	mu    sync.Mutex
	feed  []map[string]any
	procs map[string]*exec.Cmd // by name
	out   *output
}

// program is this test's binary under the program's name: see TestMain.
func program(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Args = append([]string{"watchfire"}, args...)
	return cmd
}

func (c *crew) config(name string) string { return filepath.Join(c.dir, name+".yaml") }

func (c *crew) prepare(names ...string) {
	c.Helper()
	database := pgtest.Empty(c.T)
	feeds := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		c.mu.Lock()
		defer c.mu.Unlock()
		list := append([]map[string]any{}, c.feed...)
		json.NewEncoder(w).Encode(map[string]any{ //nolint:errcheck // a poll that ended
			"type": "FeatureCollection", "features": list,
			"metadata": map[string]any{"generated": time.Now().UnixMilli(), "url": "x", "title": "t", "status": 200, "api": "1.10.3", "count": len(list)},
		})
	}))
	c.Cleanup(feeds.Close)
	sources := fmt.Sprintf(`sources:
  - {id: quakes, name: Test seismic network, kind: usgs, url: %s, licence: test, attribution: test, every: 1s, at_least: 1s, age_limit: 8760h,
     reliability: A, credibility: 2, instrument: true, owner: usgs, hazards: [earthquake]}
`, feeds.URL)
	c.write("sources.yaml", sources)
	host, port, err := net.SplitHostPort(c.sink.address)
	if err != nil {
		c.Fatal(err)
	}
	for i, name := range names {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.78.%d:0", i+1))
		if err != nil {
			c.Fatal(err)
		}
		if err := l.Close(); err != nil {
			c.Fatal(err)
		}
		c.write(name+".yaml", fmt.Sprintf(`listen: %s
base_url: http://127.0.78.1
database: %s
data: %s
name: Story
email: admin@example.org
builtin_sources: false
sources: %s
allow_networks: [127.0.0.1/32]
mail: {host: %s, port: %s, tls: none, from: "Watchfire <watch@example.org>"}
journal: {every: 1s}
`, l.Addr(), database, filepath.Join(c.dir, "data"), filepath.Join(c.dir, "sources.yaml"), host, port))
	}
}

func (c *crew) write(name, text string) {
	c.Helper()
	if err := os.WriteFile(filepath.Join(c.dir, name), []byte(text), 0o600); err != nil {
		c.Fatal(err)
	}
}

func (c *crew) run(args ...string) string {
	c.Helper()
	out, err := program(c.T, args...).CombinedOutput()
	if err != nil {
		c.Fatalf("%v: %v\n%s", args, err, out)
	}
	return string(out)
}

func (c *crew) start(name string, flags ...string) {
	c.Helper()
	cmd := program(c.T, append([]string{"serve", "--config", c.config(name)}, flags...)...)
	cmd.Stdout, cmd.Stderr = c.out, c.out
	if err := cmd.Start(); err != nil {
		c.Fatal(err)
	}
	c.procs[name] = cmd
	cfg, err := config.Load(c.config(name), func(string) string { return "" })
	if err != nil {
		c.Fatal(err)
	}
	if err := within(60*time.Second, func() error { return app.Ask(c.Context(), cfg, "/readyz") }); err != nil {
		c.Fatalf("%s does not answer: %v\n%s", name, err, c.out)
	}
}

// end ends a process, by its id.
func (c *crew) end(name string, sig syscall.Signal) {
	c.Helper()
	cmd := c.procs[name]
	if cmd == nil {
		return
	}
	delete(c.procs, name)
	if err := cmd.Process.Signal(sig); err != nil {
		c.Error(err)
	}
	err := cmd.Wait()
	var killed *exec.ExitError
	if err != nil && (sig != syscall.SIGKILL || !errors.As(err, &killed)) {
		c.Errorf("%s ended: %v\n%s", name, err, c.out)
	}
}

// quake strikes a project.
func (c *crew) quake(n int) {
	now := time.Now().UnixMilli()
	code := fmt.Sprintf("7%06d", n)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.feed = append(c.feed, map[string]any{
		"type": "Feature", "id": "us" + code, "geometry": map[string]any{"type": "Point", "coordinates": []float64{float64(10 * n), 20.02, 12}},
		"properties": map[string]any{
			"mag": 7.1, "place": fmt.Sprint("near project ", n), "time": now, "updated": now, "url": "https://example.org/us" + code, "status": "reviewed", "tsunami": 0,
			"sig": 700, "net": "us", "code": code, "ids": ",us" + code + ",", "sources": ",us,", "types": ",origin,", "type": "earthquake", "magType": "mww", "title": "M 7.1",
		},
	})
}

// TestKillTheDecider: three processes serve one PostgreSQL and divide the projects. One after
// the other is killed without mercy or ended in order while warnings come in: each project is
// told, in time and once (but for what was in doubt when one was killed); nothing is left undecided; and one process that replays the inputs
// decides the same.
func TestKillTheDecider(t *testing.T) {
	if testing.Short() {
		t.Skip("it waits for leases to end")
	}
	s, err := newSink()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close)
	c := &crew{T: t, dir: t.TempDir(), sink: s, procs: map[string]*exec.Cmd{}, out: &output{}}
	names := []string{"one", "two", "three"}
	c.prepare(names...)
	t.Cleanup(func() {
		for _, n := range names {
			c.end(n, syscall.SIGKILL)
		}
	})
	const projects, kills = 8, 3
	var sheet strings.Builder
	sheet.WriteString("thing,project,code,name,country,zone,lat,lon,shifts,class,step,language,channels\n")
	for i := 1; i <= projects; i++ {
		fmt.Fprintf(&sheet, "project,,p%d,Project %d,PK,UTC,,,,,,,\nsite,p%d,s%d,Camp %d,PK,,20,%d,all 300,masonry,,,\ncontact,p%d,c%d,Ann,,UTC,,,,,1,en,email:c%d@example.org\n", i, i, i, i, i, 10*i, i, i, i)
	}
	c.write("portfolio.csv", sheet.String())
	c.run("portfolio", "import", "--config", c.config("one"), filepath.Join(c.dir, "portfolio.csv"))
	for _, n := range names {
		c.start(n)
	}
	told := regexp.MustCompile(`Project \d`)
	await := func(n int) {
		t.Helper()
		to := fmt.Sprintf("c%d@example.org", n)
		began := time.Now()
		if err := within(60*time.Second, func() error {
			if len(s.matching(to, told)) == 0 {
				return fmt.Errorf("%s was not told", to)
			}
			return nil
		}); err != nil {
			t.Fatalf("%v\n%s", err, c.out)
		}
		t.Logf("project %d was told after %s", n, time.Since(began).Round(10*time.Millisecond))
	}
	for n := 1; n <= projects; n++ {
		c.quake(n)
		switch n {
		case 3, 5, 7: // whoever it is: all decide
			c.end(names[n%3], syscall.SIGKILL)
			await(n)
			c.start(names[n%3])
		case 6:
			c.end("one", syscall.SIGTERM)
			await(n)
			c.start("one")
		default:
			await(n)
		}
	}
	for _, n := range names {
		c.end(n, syscall.SIGTERM)
	}
	again := 0
	for n := 1; n <= projects; n++ {
		got := s.matching(fmt.Sprintf("c%d@example.org", n), told)
		if len(got) == 0 || len(keysOf(got)) != 1 {
			t.Errorf("project %d was told %d times:\n%v\n%s", n, len(got), got, c.out)
		}
		again += len(got) - 1
	}
	c.inDoubt(again, kills)
	c.alike(projects)
	if out := c.run("journal", "verify", "--config", c.config("one")); !strings.Contains(out, "good") {
		t.Errorf("journal: %s", out)
	}
}

// keysOf are the different ids under which mails came: what comes twice under one id is one
// message to whoever honours it.
func keysOf(mails []string) map[string]bool {
	out := map[string]bool{}
	for _, m := range mails {
		out[regexp.MustCompile(`(?m)^Message-ID: .*`).FindString(m)] = true
	}
	return out
}

// inDoubt holds mails that came again against TRUST.md, promise 5: one for each kill at most,
// and only where the process died between the mail server's yes and its own receipt, so that
// the attempt never ended on disk. A kill that follows a mail at once is such a case.
func (c *crew) inDoubt(again, kills int) {
	c.Helper()
	db := c.open()
	defer db.Close()
	var unended int
	if err := db.Reader().QueryRowContext(c.Context(), "SELECT count(*) FROM attempt WHERE outcome = 'began'").Scan(&unended); err != nil {
		c.Fatal(err)
	}
	if again > min(kills, unended) {
		c.Errorf("%d mails came again; %d kills, %d attempts without an end\n%s", again, kills, unended, c.out)
	}
	c.Logf("%d mails came again, %d attempts without an end", again, unended)
}

// alike compares what is stored with a replay.
func (c *crew) alike(warnings int) {
	c.Helper()
	db := c.open()
	defer db.Close()
	var open int
	err := db.Reader().QueryRowContext(c.Context(), "SELECT count(*) FROM input WHERE done_at IS NULL AND kind NOT IN ('ping', 'tick')").Scan(&open)
	if err != nil || open != 0 { // one who was told to stop may have asked whether somebody decides
		c.Errorf("%d inputs are undecided, %v", open, err)
	}
	var org string
	if err := db.Reader().QueryRowContext(c.Context(), "SELECT id FROM organisation").Scan(&org); err != nil {
		c.Fatal(err)
	}
	_, stored, err := db.Decisions(c.Context(), org)
	if err != nil || len(stored) < warnings {
		c.Fatalf("%d revisions of warnings are stored, %v; want %d at least", len(stored), err, warnings)
	}
	var log, said bytes.Buffer
	cmd := program(c.T, "replay", "--installed", "--whole", "--config", c.config("one"))
	cmd.Stdout, cmd.Stderr = &log, &said
	if err := cmd.Run(); err != nil {
		c.Fatalf("replay: %v\n%s", err, &said)
	}
	replayed := map[string]bool{}
	for d := json.NewDecoder(&log); d.More(); {
		var line struct{ Warning json.RawMessage }
		if err := d.Decode(&line); err != nil {
			c.Fatal(err)
		}
		if line.Warning != nil {
			replayed[string(line.Warning)] = true
		}
	}
	same := 0
	for _, w := range stored {
		if replayed[string(w)] {
			same++
		}
	}
	if same != len(replayed) || same != len(stored) {
		c.Errorf("%d revisions were decided, %d are replayed, %d are the same", len(stored), len(replayed), same)
	}
	var unsent int
	if err := db.Reader().QueryRowContext(c.Context(), "SELECT count(*) FROM notification WHERE state NOT IN ('sent', 'delivered', 'superseded')").Scan(&unsent); err != nil || unsent != 0 {
		c.Errorf("%d notifications were not sent, %v", unsent, err)
	}
}
