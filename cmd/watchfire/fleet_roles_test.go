package main

import (
	"context"
	"fmt"
	"net/http"
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
	"watchfire.dev/internal/store"
)

// timerBound is how late a timer may be when whoever was to look after it was killed.
const timerBound = 15 * time.Second

// TestTheFirstDies: of two and three servers with roles of their own the first, which does
// everything, is killed without mercy while alarms are on their way and escalations run. No
// notification is lost, none is doubled that was not in flight and none twice, no escalation is
// later than fifteen seconds, and the others serve their pages all the time.
func TestTheFirstDies(t *testing.T) {
	if testing.Short() {
		t.Skip("it waits for leases to end")
	}
	for _, roles := range [][]string{
		{"poll,decide,deliver,web", "poll,decide,deliver,web"},
		{"poll,decide,deliver,web", "poll,decide,web", "decide,deliver,web"},
	} {
		t.Run(fmt.Sprint(len(roles)), func(t *testing.T) { firstDies(t, roles) })
	}
}

func firstDies(t *testing.T, roles []string) {
	s, err := newSink()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close)
	c := &crew{T: t, dir: t.TempDir(), sink: s, procs: map[string]*exec.Cmd{}, out: &output{}}
	names := []string{"one", "two", "three"}[:len(roles)]
	c.prepare(names...)
	t.Cleanup(func() {
		for _, n := range names {
			c.end(n, syscall.SIGKILL)
		}
	})
	const projects = 6
	var sheet strings.Builder
	sheet.WriteString("thing,project,code,name,country,zone,lat,lon,shifts,class,step,language,channels\n")
	for i := 1; i <= projects; i++ {
		fmt.Fprintf(&sheet, "project,,p%d,Project %d,PK,UTC,,,,,,,\nsite,p%d,s%d,Camp %d,PK,,20,%d,all 300,masonry,,,\n", i, i, i, i, i, 10*i)
		fmt.Fprintf(&sheet, "contact,p%d,c%d,Ann,,UTC,,,,,1,en,email:c%d@example.org\ncontact,p%d,b%d,Ben,,UTC,,,,,2,en,email:b%d@example.org\n", i, i, i, i, i, i)
	}
	c.write("portfolio.csv", sheet.String())
	for _, n := range names {
		raw, err := os.ReadFile(c.config(n))
		if err != nil {
			t.Fatal(err)
		}
		c.write(n+".yaml", string(raw)+"escalate_after: {orange: 2s, red: 2s}\n")
	}
	c.run("portfolio", "import", "--config", c.config("one"), filepath.Join(c.dir, "portfolio.csv"))
	for i, n := range names {
		c.start(n, "--roles", roles[i])
	}
	stop := c.readers(names[1:])
	for n := 1; n <= projects; n++ {
		c.quake(n)
	}
	told := regexp.MustCompile(`Project \d`)
	reached := func(who string, want int) func() error {
		return func() error {
			got := 0
			for n := 1; n <= projects; n++ {
				if len(s.matching(fmt.Sprintf("%s%d@example.org", who, n), told)) > 0 {
					got++
				}
			}
			if got < want {
				return fmt.Errorf("%d of the contacts %s were told, want %d", got, who, want)
			}
			return nil
		}
	}
	if err := within(60*time.Second, reached("c", 1)); err != nil {
		t.Fatalf("%v\n%s", err, c.out)
	}
	c.end("one", syscall.SIGKILL)
	flying := c.flying()
	for _, who := range []string{"c", "b"} {
		if err := within(60*time.Second, reached(who, projects)); err != nil {
			t.Errorf("%v\n%s", err, c.out)
		}
	}
	c.quiet()
	if pages := stop(); pages == 0 {
		t.Error("no page was read")
	}
	for _, n := range names[1:] {
		c.end(n, syscall.SIGTERM)
	}
	doubled := 0
	for n := 1; n <= projects; n++ {
		for _, who := range []string{"c", "b"} {
			more := max(0, len(s.matching(fmt.Sprintf("%s%d@example.org", who, n), told))-1)
			if more > 1 {
				t.Errorf("%s%d was told %d times", who, n, more+1)
			}
			doubled += more
		}
	}
	if doubled > flying {
		t.Errorf("%d messages were doubled, %d were in flight\n%s", doubled, flying, c.out)
	}
	c.alike(projects)
	c.inTime(projects)
	if out := c.run("journal", "verify", "--config", c.config("one")); !strings.Contains(out, "good") {
		t.Errorf("journal: %s", out)
	}
}

// flying counts the attempts that were begun and whose outcome nobody knows: those that were in
// flight when their process was killed, as long as nobody has taken them over.
func (c *crew) flying() (n int) {
	c.Helper()
	db := c.open()
	defer db.Close()
	if err := db.Reader().QueryRowContext(c.Context(), "SELECT count(*) FROM attempt WHERE outcome = 'began'").Scan(&n); err != nil {
		c.Fatal(err)
	}
	return n
}

// quiet waits until no escalation runs any more: whoever was to be asked was.
func (c *crew) quiet() {
	c.Helper()
	db := c.open()
	defer db.Close()
	if err := within(60*time.Second, func() error {
		var n int
		err := db.Reader().QueryRowContext(c.Context(), "SELECT count(*) FROM escalation WHERE state = 'running'").Scan(&n)
		if err == nil && n > 0 {
			err = fmt.Errorf("%d escalations run", n)
		}
		return err
	}); err != nil {
		c.Errorf("%v\n%s", err, c.out)
	}
}

// open opens the database of the crew.
func (c *crew) open() *store.DB {
	c.Helper()
	cfg, err := config.Load(c.config("one"), func(string) string { return "" })
	if err != nil {
		c.Fatal(err)
	}
	db, err := app.OpenExisting(context.Background(), cfg)
	if err != nil {
		c.Fatal(err)
	}
	return db
}

// readers read pages of servers until the function that they return is called, which says how
// many they read. A page that is not served is an error of the test.
func (c *crew) readers(names []string) (stop func() int) {
	c.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	var mu sync.Mutex
	pages := 0
	for _, n := range names {
		cfg, err := config.Load(c.config(n), func(string) string { return "" })
		if err != nil {
			c.Fatal(err)
		}
		wg.Go(func() {
			tick := time.NewTicker(100 * time.Millisecond)
			defer tick.Stop()
			for {
				r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+cfg.Listen+"/sign-in", nil)
				if err != nil {
					c.Error(err)
					return
				}
				resp, err := http.DefaultClient.Do(r)
				if ctx.Err() != nil {
					return
				}
				if err != nil {
					c.Errorf("%s serves no page: %v", n, err)
					return
				}
				resp.Body.Close()
				mu.Lock()
				pages++
				mu.Unlock()
				if resp.StatusCode != http.StatusOK {
					c.Errorf("%s: %s", n, resp.Status)
					return
				}
				select {
				case <-ctx.Done():
					return
				case <-tick.C:
				}
			}
		})
	}
	return func() int {
		cancel()
		wg.Wait()
		return pages
	}
}

// inTime looks when the second contact of each warning was asked, by what is stored.
func (c *crew) inTime(warnings int) {
	c.Helper()
	db := c.open()
	defer db.Close()
	rows, err := db.Reader().QueryContext(c.Context(), `SELECT min(queued_at) FILTER (WHERE step = 1), min(queued_at) FILTER (WHERE step = 2) FROM notification GROUP BY warning`)
	if err != nil {
		c.Fatal(err)
	}
	defer rows.Close()
	n := 0
	for rows.Next() {
		var first, second string
		if err := rows.Scan(&first, &second); err != nil {
			c.Fatal(err)
		}
		asked, err := time.Parse(time.RFC3339, first)
		if err != nil {
			c.Fatal(err)
		}
		next, err := time.Parse(time.RFC3339, second)
		if err != nil {
			c.Fatal(err)
		}
		if late := next.Sub(asked.Add(2 * time.Second)); late > timerBound {
			c.Errorf("an escalation was late by %s", late)
		} else {
			c.Logf("an escalation was late by %s", late)
		}
		n++
	}
	if err := rows.Err(); err != nil || n != warnings {
		c.Errorf("%d warnings, want %d, %v", n, warnings, err)
	}
}
