package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"watchfire.dev/internal/app"
	"watchfire.dev/internal/config"
	"watchfire.dev/internal/store"
	"watchfire.dev/internal/store/pgtest"
)

// TestMain lets the test binary stand in for the program: stories run the real thing in a
// process of its own.
func TestMain(m *testing.M) {
	testscript.Main(pgtest.Tests{M: m}, map[string]func(){"watchfire": func() {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}})
}

// TestScript runs the stories of testdata/script, one a subject.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "../../testdata/script", Setup: setup, RequireExplicitExec: true,
		Cmds: storyCommands(), Condition: condition,
	})
}

// TestNoStoryStopsEarly: "stop" is testscript's own word for "leave the rest out", and "kill"
// that for ending what it started itself, which a server is not.
func TestNoStoryStopsEarly(t *testing.T) {
	stories, err := filepath.Glob("../../testdata/script/*.txtar")
	if err != nil || len(stories) == 0 {
		t.Fatal(stories, err)
	}
	early := regexp.MustCompile(`(?m)^(\[.*\] )?(stop|kill)\b`)
	for _, name := range stories {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		story, _, _ := strings.Cut(string(raw), "\n-- ")
		if early.MatchString(story) {
			t.Errorf("%s leaves out what stands after its \"stop\", or \"kill\"s nothing: a server is ended by \"halt\" or \"crash\"", name)
		}
	}
}

// condition lets a story have lines of one engine alone ([postgres] or [!postgres]), or tell
// whether there is a PostgreSQL to start ([programs]); with WATCHFIRE_REQUIRE=1 there must be.
func condition(name string) (bool, error) {
	switch name {
	case "postgres":
		return os.Getenv("WATCHFIRE_TEST_ENGINE") == "postgres", nil
	case "programs":
		_, err := pgtest.Bin()
		if os.Getenv("WATCHFIRE_REQUIRE") == "1" {
			return err == nil, err
		}
		return err == nil, nil
	}
	return false, fmt.Errorf("unknown condition %q", name)
}

// newDatabase makes an empty database and leaves its address in a variable.
func newDatabase(ts *testscript.TestScript, neg bool, args []string) {
	c, err := pgtest.Sharing()
	ts.Check(err)
	address, err := c.Create(context.Background(), "template0")
	ts.Check(err)
	ts.Setenv(args[0], address)
}

// storyCommands are the words that stories use beside those of testscript.
func storyCommands() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){
		"serve": serve, "ready": ready, "crash": crash, "halt": halt, "signin": signin, "api": api, "eventually": eventually,
		"mail": mail, "mailatmost": mailAtMost, "answer": answer, "fill": fill, "subst": subst, "tamper": tamper, "died": died, "orphans": orphans, "worked": worked,
		"secure": secure, "oneclick": oneClick, "edit": edit, "refuse": refuse, "post": post, "newdatabase": newDatabase,
		"spoil": spoil, "appendcopy": appendCopy, "copied": copied, "spoilpage": spoilPage, "answers": answers, "addline": addLine, "slack": slack, "room": room, "press": press,
	}
}

// world is what one story lives in.
type world struct {
	base   string
	client *http.Client
	sink   *sink
	mu     sync.Mutex
	server *exec.Cmd
	out    *output
	chat   *chat // of the command slack
}

type worldKey struct{}

// stories counts the stories of this test process.
var stories atomic.Int32

func setup(e *testscript.Env) error {
	// Each story has a loopback address of its own: nobody else takes the port meanwhile.
	l, err := net.Listen("tcp", fmt.Sprintf("127.0.77.%d:0", stories.Add(1)))
	if err != nil {
		return err
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		return err
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		return err
	}
	s, err := newSink()
	if err != nil {
		return err
	}
	files := http.FileServer(http.Dir(filepath.Join(e.WorkDir, "feeds")))
	feeds := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Del("If-Modified-Since") // whole seconds: a story is quicker than that
		files.ServeHTTP(w, r)
	}))
	w := &world{base: "http://" + address, client: &http.Client{Jar: jar, Timeout: 20 * time.Second}, sink: s}
	e.Values[worldKey{}] = w
	e.Defer(func() {
		w.end(syscall.SIGKILL)
		feeds.Close()
		s.close()
	})
	host, port, err := net.SplitHostPort(s.address)
	if err != nil {
		return err
	}
	e.Setenv("BASE", w.base)
	e.Setenv("FEEDS", feeds.URL)
	database, err := databaseOf()
	if err != nil {
		return err
	}
	text := fmt.Sprintf(`listen: %s
database: %s
data: %s
name: Story
email: admin@example.org
builtin_sources: false
sources: %s
allow_networks: [127.0.0.1/32]
mail: {host: %s, port: %s, tls: none, from: "Watchfire <watch@example.org>"}
escalate_after: {orange: 2s, red: 2s}
journal: {every: 1s, witness_folders: [%s]}
`, address, database, filepath.Join(e.WorkDir, "data"), filepath.Join(e.WorkDir, "sources.yaml"), host, port, filepath.Join(e.WorkDir, "witness"))
	return os.WriteFile(filepath.Join(e.WorkDir, "watchfire.yaml"), []byte(text), 0o600)
}

// databaseOf is the database of a story: a file in its data folder, or with
// WATCHFIRE_TEST_ENGINE=postgres a PostgreSQL of its own. The stories are the same.
func databaseOf() (string, error) {
	if os.Getenv("WATCHFIRE_TEST_ENGINE") != "postgres" {
		return `""`, nil
	}
	c, err := pgtest.Sharing()
	if err != nil {
		return "", err
	}
	return c.Create(context.Background(), "template0")
}

// installed opens the database of a story.
func installed(ts *testscript.TestScript) *store.DB {
	cfg, err := config.Load(ts.MkAbs("watchfire.yaml"), func(string) string { return "" })
	ts.Check(err)
	db, err := app.OpenExisting(context.Background(), cfg)
	ts.Check(err)
	return db
}

func of(ts *testscript.TestScript) *world { return ts.Value(worldKey{}).(*world) }

// output keeps what the server prints.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// serve starts the server and waits until it answers: serve [NAME=VALUE]…
func serve(ts *testscript.TestScript, neg bool, args []string) {
	w := of(ts)
	bin, err := exec.LookPath("watchfire")
	ts.Check(err)
	cmd := exec.Command(bin, "serve", "--config", ts.MkAbs("watchfire.yaml"))
	cmd.Env = append(os.Environ(), args...)
	w.out = &output{}
	cmd.Stdout, cmd.Stderr = w.out, w.out
	ts.Check(cmd.Start())
	w.mu.Lock()
	w.server = cmd
	w.mu.Unlock()
	if len(args) > 0 {
		return // it is going to die: see died
	}
	ready(ts, false, nil)
}

// end ends the server's process, by id, and waits for it.
func (w *world) end(sig syscall.Signal) {
	w.mu.Lock()
	cmd := w.server
	w.server = nil
	w.mu.Unlock()
	if cmd == nil {
		return
	}
	if err := cmd.Process.Signal(sig); err == nil || errors.Is(err, os.ErrProcessDone) {
		cmd.Wait() //nolint:errcheck // killed processes have errors
	}
}

// died waits until the fail point has killed the server.
func died(ts *testscript.TestScript, neg bool, args []string) {
	w := of(ts)
	w.mu.Lock()
	cmd := w.server
	w.server = nil
	w.mu.Unlock()
	done := make(chan struct{})
	go func() {
		defer close(done)
		cmd.Wait() //nolint:errcheck // it was killed
	}()
	select {
	case <-done:
	case <-time.After(30 * time.Second):
		cmd.Process.Kill() //nolint:errcheck // the story fails anyway
		<-done
		ts.Fatalf("the fail point was not reached:\n%s", w.out)
	}
	if !strings.Contains(w.out.String(), "failpoint:") {
		ts.Fatalf("the server died of something else:\n%s", w.out)
	}
}

// mailAtMost waits for a message and checks that no more than so many came: mailatmost TO
// REGEXP NUMBER.
func mailAtMost(ts *testscript.TestScript, neg bool, args []string) {
	mail(ts, neg, args[:2])
	most, err := strconv.Atoi(args[2])
	ts.Check(err)
	if got := len(of(ts).sink.matching(args[0], regexp.MustCompile("(?s)"+args[1]))); got > most {
		ts.Fatalf("%d messages to %s, at most %d:\n%s", got, args[0], most, of(ts).sink)
	}
}

// orphans asks the database for what promise 3 forbids.
func orphans(ts *testscript.TestScript, neg bool, args []string) {
	db := installed(ts)
	defer db.Close()
	for name, q := range map[string]string{
		"revision without journal":  `SELECT count(*) FROM warning_revision r WHERE NOT EXISTS (SELECT 1 FROM journal j WHERE j.subject = r.warning AND CAST(json_extract(j.body, '$.revision') AS INTEGER) = r.revision AND j.kind LIKE 'warning.%')`,
		"revision without notice":   `SELECT count(*) FROM warning_revision r WHERE r.notify = 1 AND NOT EXISTS (SELECT 1 FROM notification n WHERE n.warning = r.warning AND n.revision = r.revision)`,
		"notice without revision":   `SELECT count(*) FROM notification n WHERE n.purpose <> 'digest' AND NOT EXISTS (SELECT 1 FROM warning_revision r WHERE n.warning = r.warning AND n.revision = r.revision)`,
		"record not worked through": `SELECT count(*) FROM receipt WHERE state = 'stored'`,
		"more than one warning":     `SELECT count(*) - count(DISTINCT project || ' ' || family) FROM warning`,
	} {
		var n int
		ts.Check(db.Reader().QueryRowContext(context.Background(), q).Scan(&n))
		if n != 0 {
			ts.Fatalf("%s: %d", name, n)
		}
	}
}

func halt(ts *testscript.TestScript, neg bool, args []string) {
	w := of(ts)
	w.end(syscall.SIGTERM)
	if strings.Contains(w.out.String(), "panic") {
		ts.Fatalf("the server panicked:\n%s", w.out)
	}
}

// signin opens the first-start link, sets a password and so keeps a session.
func signin(ts *testscript.TestScript, neg bool, args []string) {
	w := of(ts)
	var link string
	if err := within(5*time.Second, func() error { // what it prints comes through a pipe
		if link = regexp.MustCompile(`https?://\S+/sign-in/\S+`).FindString(w.out.String()); link == "" {
			return errors.New("no sign-in link")
		}
		return nil
	}); err != nil {
		ts.Fatalf("%v:\n%s", err, w.out)
	}
	resp, err := w.client.PostForm(link, url.Values{"password": {"a long story password"}, "again": {"a long story password"}})
	ts.Check(err)
	defer resp.Body.Close()
	if resp.StatusCode >= 400 {
		body, _ := io.ReadAll(resp.Body)
		ts.Fatalf("sign in: %s\n%s", resp.Status, body)
	}
}

// api calls the API and leaves the answer in stdout: api METHOD PATH [FILE] [Header=Value]…
func api(ts *testscript.TestScript, neg bool, args []string) {
	status, body := call(ts, args)
	ts.Check(os.WriteFile(ts.MkAbs("answer"), body, 0o600))
	if (status >= 400) != neg {
		ts.Fatalf("%s: %d\n%s", strings.Join(args, " "), status, body)
	}
}

func call(ts *testscript.TestScript, args []string) (int, []byte) {
	w := of(ts)
	var in io.Reader
	headers := http.Header{}
	for _, a := range args[2:] {
		if name, value, ok := strings.Cut(a, "="); ok {
			headers.Set(name, value)
		} else {
			in = strings.NewReader(ts.ReadFile(a))
			headers.Set("Content-Type", "application/json")
		}
	}
	req, err := http.NewRequest(args[0], w.base+args[1], in)
	ts.Check(err)
	for name := range headers {
		req.Header.Set(name, headers.Get(name))
	}
	resp, err := w.client.Do(req)
	ts.Check(err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	ts.Check(err)
	return resp.StatusCode, body
}

// eventually repeats a GET until the answer matches: eventually PATH REGEXP [SECONDS]. The
// answer is left in the file answer; the first group of the expression in $1.
func eventually(ts *testscript.TestScript, neg bool, args []string) {
	re, err := regexp.Compile(args[1])
	ts.Check(err)
	wait := 20 * time.Second
	if len(args) > 2 {
		n, err := strconv.Atoi(args[2])
		ts.Check(err)
		wait = time.Duration(n) * time.Second
	}
	var last []byte
	err = within(wait, func() error {
		_, last = call(ts, []string{http.MethodGet, args[0]})
		m := re.FindSubmatch(last)
		if (m == nil) != neg {
			return fmt.Errorf("no %s", args[1])
		}
		if len(m) > 1 {
			ts.Setenv("1", string(m[1]))
		}
		return nil
	})
	ts.Check(os.WriteFile(ts.MkAbs("answer"), last, 0o600))
	if err != nil {
		ts.Fatalf("%s: %v in\n%s\nserver:\n%s", args[0], err, last, of(ts).out)
	}
}

// within tries until it works or the time is over; it waits shortly between tries.
func within(d time.Duration, try func() error) error {
	deadline := time.Now().Add(d)
	for {
		err := try()
		if err == nil || time.Now().After(deadline) {
			return err
		}
		<-time.After(50 * time.Millisecond)
	}
}

// mail waits for a message: mail TO REGEXP. It is left in the file mail, its one-tap link
// in $LINK. With a number at the end it also checks how many messages TO has got that match.
func mail(ts *testscript.TestScript, neg bool, args []string) {
	re, err := regexp.Compile("(?s)" + args[1])
	ts.Check(err)
	var got []string
	err = within(20*time.Second, func() error {
		got = of(ts).sink.matching(args[0], re)
		if (len(got) == 0) != neg {
			return fmt.Errorf("%d messages to %s match %s", len(got), args[0], args[1])
		}
		return nil
	})
	if err != nil {
		ts.Fatalf("%v; all:\n%s\nserver:\n%s", err, of(ts).sink, of(ts).out)
	}
	if len(args) > 2 && strconv.Itoa(len(got)) != args[2] {
		ts.Fatalf("%d messages to %s match %s, want %s:\n%s", len(got), args[0], args[1], args[2], of(ts).sink)
	}
	if len(got) > 0 {
		last := got[len(got)-1]
		ts.Check(os.WriteFile(ts.MkAbs("mail"), []byte(last), 0o600))
		ts.Check(os.WriteFile(ts.MkAbs("mail.eml"), of(ts).sink.lastRaw(args[0]), 0o600))
		ts.Setenv("LINK", regexp.MustCompile(`https?://[^\s"<>]+/[asr]/[A-Za-z0-9_-]+`).FindString(last))
	}
}

// answer opens the one-tap link, which must change nothing, and posts an answer.
func answer(ts *testscript.TestScript, neg bool, args []string) {
	link := ts.Getenv("LINK")
	plain := &http.Client{Timeout: 20 * time.Second} // a phone without our cookies
	resp, err := plain.Get(link)
	ts.Check(err)
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		ts.Fatalf("GET %s: %s", link, resp.Status)
	}
	resp, err = plain.PostForm(link, url.Values{"kind": {args[0]}})
	ts.Check(err)
	defer resp.Body.Close()
	if (resp.StatusCode >= 400) != neg {
		body, _ := io.ReadAll(resp.Body)
		ts.Fatalf("POST %s: %s\n%s", link, resp.Status, body)
	}
}

// subst replaces $NAME in a file by the environment: subst FILE.
func subst(ts *testscript.TestScript, neg bool, args []string) {
	for _, name := range args {
		text := os.Expand(ts.ReadFile(name), ts.Getenv)
		ts.Check(os.WriteFile(ts.MkAbs(name), []byte(text), 0o600))
	}
}

// tamper changes one byte in the body of the journal's third entry, as somebody with a
// database browser would: tamper FILE.
func tamper(ts *testscript.TestScript, neg bool, args []string) {
	db := installed(ts)
	defer db.Close()
	ctx, stop := context.WithCancel(context.Background())
	var writer sync.WaitGroup
	writer.Go(func() { ts.Check(db.Run(ctx)) })
	ts.Check(db.Do(ctx, func(ctx context.Context, tx *store.Tx) error {
		r, err := tx.ExecContext(ctx, "UPDATE journal SET actor = 'Somebody' WHERE seq = 2")
		if err != nil {
			return err
		}
		if n, err := r.RowsAffected(); err != nil || n != 1 {
			return fmt.Errorf("%d entries were changed, %v", n, err)
		}
		return nil
	}))
	stop()
	writer.Wait()
}
