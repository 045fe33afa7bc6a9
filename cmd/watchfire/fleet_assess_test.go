package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"watchfire.dev/internal/config"
)

// reader is somebody with a browser at one server of a crew.
type reader struct {
	*crew
	base   string
	client *http.Client
}

// signedIn opens the first-start link at a server, which has printed it.
func (c *crew) signedIn(name string) *reader {
	c.Helper()
	var path string
	if err := within(20*time.Second, func() error { // what it prints comes through a pipe
		if path = regexp.MustCompile(`/sign-in/\S+`).FindString(c.out.String()); path == "" {
			return errors.New("no sign-in link")
		}
		return nil
	}); err != nil {
		c.Fatalf("%v\n%s", err, c.out)
	}
	cfg, err := config.Load(c.config(name), func(string) string { return "" })
	if err != nil {
		c.Fatal(err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		c.Fatal(err)
	}
	r := &reader{crew: c, base: "http://" + cfg.Listen, client: &http.Client{Jar: jar, Timeout: 20 * time.Second}}
	resp, err := r.client.PostForm(r.base+path, url.Values{"password": {"a long story password"}, "again": {"a long story password"}})
	if err != nil {
		c.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 400 {
		c.Fatalf("sign in at %s: %s\n%s", r.base+path, resp.Status, c.out)
	}
	return r
}

// ask calls the API or a page; what is sent is JSON.
func (r *reader) ask(method, path, body string) string {
	r.Helper()
	req, err := http.NewRequestWithContext(r.Context(), method, r.base+path, strings.NewReader(body))
	if err != nil {
		r.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := r.client.Do(req)
	if err != nil {
		r.Fatalf("%v\n%s", err, r.out)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode >= 400 {
		r.Fatalf("%s %s: %s, %v\n%s\n%s", method, path, resp.Status, err, raw, r.out)
	}
	return string(raw)
}

// sees holds the API's word on a task and the page of assessments against expressions.
func (r *reader) sees(task, api, page string) {
	r.Helper()
	if got := r.ask(http.MethodGet, "/api/v1/assessment-tasks/"+task, ""); !regexp.MustCompile(api).MatchString(got) {
		r.Errorf("the API says %s, want %s", got, api)
	}
	if got := r.ask(http.MethodGet, "/assessments", ""); !regexp.MustCompile(page).MatchString(got) {
		r.Errorf("the page has no %s:\n%s", page, got)
	}
}

// TestAnAssessmentOfAKilledProcess: one server shows the pages, another one works what is asked
// for and is killed in the middle of it. The pages and the API tell all along where it stands, the
// next server goes on with it, it ends once and is published once.
func TestAnAssessmentOfAKilledProcess(t *testing.T) {
	if testing.Short() {
		t.Skip("it waits until a dead process counts as dead")
	}
	s, err := newSink()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close)
	c := &crew{T: t, dir: t.TempDir(), sink: s, procs: map[string]*exec.Cmd{}, out: &output{}}
	c.prepare("one", "two")
	t.Cleanup(func() {
		c.end("one", syscall.SIGKILL)
		c.end("two", syscall.SIGKILL)
	})
	c.write("portfolio.csv", "thing,project,code,name,country,zone,lat,lon,shifts,class,step,language,channels\nproject,,rail,Rail,ML,UTC,,,,,,,\nsite,rail,camp,Camp,ML,,12.6,-8.0,all 300,masonry,,,\n")
	c.run("portfolio", "import", "--config", c.config("one"), filepath.Join(c.dir, "portfolio.csv"))
	c.start("one", "--roles", "decide,deliver,web")
	r := c.signedIn("one")

	asked := r.ask(http.MethodPost, "/api/v1/assessments", `{"years": 1, "draws": 3}`)
	m := regexp.MustCompile(`"id":"(ast_[a-z0-9]+)"`).FindStringSubmatch(asked)
	if m == nil {
		t.Fatalf("no task in %s", asked)
	}
	r.sees(m[1], `"state":"waiting".*"attempt":0`, `id="task".*An assessment is waiting`)

	two := program(t, "serve", "--config", c.config("two"), "--roles", "poll")
	two.Env = append(os.Environ(), "WATCHFIRE_FAILPOINT=assessed")
	two.Stdout, two.Stderr = c.out, c.out
	if err := two.Start(); err != nil {
		t.Fatal(err)
	}
	c.procs["two"] = two
	two.Wait() //nolint:errcheck // it is killed after the first year
	delete(c.procs, "two")
	if !strings.Contains(c.out.String(), "failpoint: assessed") {
		t.Fatalf("two died of something else\n%s", c.out)
	}
	last := time.Now().UTC().Year() - 1
	r.sees(m[1], fmt.Sprintf(`"state":"running".*"attempt":1,"step":"%d"`, last), fmt.Sprintf("id=\"task\".*An assessment is under way.*Reckoning the end of %d again", last))
	if got := r.ask(http.MethodGet, "/api/v1/assessments", ""); strings.Contains(got, "country:ML") {
		t.Errorf("half of it was published: %.200s", got)
	}

	c.start("two", "--roles", "poll")
	if err := within(3*time.Minute, func() error {
		if got := r.ask(http.MethodGet, "/api/v1/assessment-tasks/"+m[1], ""); !strings.Contains(got, `"state":"done"`) {
			return fmt.Errorf("it says %s", got)
		}
		return nil
	}); err != nil {
		t.Fatalf("%v\n%s", err, c.out)
	}
	r.sees(m[1], `"state":"done".*"attempt":2,"step":"publish"`, `Rail`)
	runs := r.ask(http.MethodGet, "/api/v1/assessment-runs", "")
	if p, q := strings.Count(runs, `"purpose":"published"`), strings.Count(runs, `"purpose":"recomputed"`); p != 1 || q != 1 {
		t.Errorf("%d published and %d years, want one each: %s", p, q, runs)
	}
	c.jobsEnded("assess_task", 1)
	c.end("two", syscall.SIGTERM)
	c.end("one", syscall.SIGTERM)
	if out := c.run("journal", "verify", "--config", c.config("one")); !strings.Contains(out, "good") {
		t.Errorf("journal: %s", out)
	}
}

// jobsEnded waits until so many jobs of a kind have ended well, and there is no other of it.
func (c *crew) jobsEnded(kind string, want int) {
	c.Helper()
	db := c.open()
	defer db.Close()
	if err := within(60*time.Second, func() error {
		var ended, all int
		err := db.Reader().QueryRowContext(c.Context(), "SELECT count(*) FROM river_job WHERE kind = ?", kind).Scan(&all)
		if err == nil {
			err = db.Reader().QueryRowContext(c.Context(), "SELECT count(*) FROM river_job WHERE kind = ? AND state = 'completed'", kind).Scan(&ended)
		}
		if err == nil && (ended != want || all != want) {
			err = fmt.Errorf("%d of %d jobs of kind %s have ended, want %d", ended, all, kind, want)
		}
		return err
	}); err != nil {
		c.Errorf("%v\n%s", err, c.out)
	}
}
