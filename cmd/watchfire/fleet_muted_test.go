package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"
	"time"
)

// TestRestoredPostgresStartsMuted: a server is killed while an escalation waits, and what was
// its PostgreSQL is served again as a restored one. What was old stays unsaid, what comes fresh
// is told and escalates, and after the release the old is told too.
func TestRestoredPostgresStartsMuted(t *testing.T) {
	s, err := newSink()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close)
	c := &crew{T: t, dir: t.TempDir(), sink: s, procs: map[string]*exec.Cmd{}, out: &output{}}
	c.prepare("one")
	t.Cleanup(func() { c.end("one", syscall.SIGKILL) })
	sheet := "thing,project,code,name,country,zone,lat,lon,shifts,class,step,language,channels\n"
	for i := 1; i <= 4; i++ {
		sheet += fmt.Sprintf("project,,p%d,Project %d,PK,UTC,,,,,,,\nsite,p%d,s%d,Camp %d,PK,,20,%d,all 300,masonry,,,\n", i, i, i, i, i, 10*i)
		sheet += fmt.Sprintf("contact,p%d,c%d,Ann,,UTC,,,,,1,en,email:c%d@example.org\ncontact,p%d,b%d,Ben,,UTC,,,,,2,en,email:b%d@example.org\n", i, i, i, i, i, i)
	}
	c.write("portfolio.csv", sheet)
	raw, err := os.ReadFile(c.config("one"))
	if err != nil {
		t.Fatal(err)
	}
	c.write("one.yaml", string(raw)+"escalate_after: {orange: 3s, red: 3s}\n")
	c.run("portfolio", "import", "--config", c.config("one"), filepath.Join(c.dir, "portfolio.csv"))
	told := regexp.MustCompile(`Project \d`)
	tells := func(who string) {
		t.Helper()
		if err := within(60*time.Second, func() error {
			if len(s.matching(who+"@example.org", told)) == 0 {
				return fmt.Errorf("%s was not told", who)
			}
			return nil
		}); err != nil {
			t.Fatalf("%v\n%s", err, c.out)
		}
	}
	heard := func(who string, n int) int { return len(s.matching(fmt.Sprintf("%s%d@example.org", who, n), told)) }
	old := 0
	for waits := false; !waits; waits = heard("b", old) == 0 { // else the escalation was quicker than the kill
		if old++; old == 4 {
			t.Fatalf("three escalations were quicker than the kill\n%s", c.out)
		}
		c.start("one")
		c.quake(old)
		tells(fmt.Sprint("c", old))
		c.end("one", syscall.SIGKILL)
	}
	if err := os.WriteFile(filepath.Join(c.dir, "data", "restored"), nil, 0o600); err != nil { // as restoring by other means says
		t.Fatal(err)
	}
	c.start("one")
	c.quake(old + 1)
	tells(fmt.Sprint("c", old+1))
	tells(fmt.Sprint("b", old+1)) // its escalation is younger than the one that waits
	if n := heard("b", old); n != 0 {
		t.Errorf("what was old when it was restored was told %d times before anybody released it", n)
	}
	c.end("one", syscall.SIGTERM)
	c.run("release", "--by", "ann", "--config", c.config("one"))
	c.start("one")
	tells(fmt.Sprint("b", old))
	c.end("one", syscall.SIGTERM)
}
