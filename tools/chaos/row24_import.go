package main

import (
	"fmt"
	"strings"
	"syscall"
	"time"

	"os"

	"watchfire.dev/tools/outside"
)

// halfImport: an import of many rows is killed at half.
var halfImport = row{n: 24, name: "import killed at half", must: "nothing of it is visible, or all", fast: true, play: playImport}

func playImport(l *lab) error {
	if err := l.setUp(2, ""); err != nil {
		return err
	}
	l.desk.Stop()
	var more strings.Builder
	more.WriteString(outside.Portfolio(2, 1, l.got.URL))
	for i := range 30_000 {
		fmt.Fprintf(&more, "site,p1,big%d,Site %d,PK,,%.4f,%.4f,all 10,masonry,,,\n", i, i, 20+float64(i%1000)*0.001, 60+float64(i/1000)*0.01)
	}
	if err := os.WriteFile(l.desk.File("big.csv"), []byte(more.String()), 0o600); err != nil {
		return err
	}
	whole := 0
	for range 4 {
		cmd := l.desk.Command("portfolio", "import", "--config", l.desk.File("config.yaml"), l.desk.File("big.csv"))
		if err := cmd.Start(); err != nil {
			return err
		}
		<-time.After(time.Duration(20+l.chance.IntN(900)) * time.Millisecond)
		cmd.Process.Signal(syscall.SIGKILL) //nolint:errcheck // it may be done already
		cmd.Wait()                          //nolint:errcheck // it was killed
		out, err := l.desk.Run("portfolio", "export", "--config", l.desk.File("config.yaml"))
		if err != nil {
			return fmt.Errorf("export: %w: %s", err, out)
		}
		switch n := strings.Count(string(out), ",big"); n {
		case 0:
		case 30_000:
			whole++
		default:
			l.tally.lost++
			return fmt.Errorf("%d of 30,000 rows are there", n)
		}
	}
	l.note("killed 4 times, %d of them after it was done", whole)
	if err := l.desk.Start(); err != nil {
		return err
	}
	if err := l.push(0); err != nil {
		return err
	}
	if err := l.wait(1, 60*time.Second); err != nil {
		return err
	}
	return l.judge()
}
