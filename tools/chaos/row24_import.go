package main

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"
)

// halfImport: an import of many rows is killed at half.
var halfImport = row{n: 24, name: "import killed at half", must: "nothing of it is visible, or all; reds on time", play: playImport}

func playImport(l *lab) error {
	rows, kills := 60_000, 4
	if l.whole {
		rows, kills = 1_000_000, 10
	}
	if err := l.setUp(2, ""); err != nil {
		return err
	}
	l.desk.Stop()
	var more strings.Builder
	more.WriteString(l.portfolio(2))
	for i := range rows {
		fmt.Fprintf(&more, "site,p1,big%d,Site %d,PK,,%.4f,%.4f,all 10,masonry,,,\n", i, i, 20+float64(i%1000)*0.001, 60+float64(i/1000)*0.01)
	}
	if err := os.WriteFile(l.desk.File("big.csv"), []byte(more.String()), 0o600); err != nil {
		return err
	}
	began := time.Now()
	cmd := l.desk.Command("portfolio", "import", "--config", l.desk.File("config.yaml"), l.desk.File("big.csv"))
	for k := range kills {
		if k > 0 {
			cmd = l.desk.Command(cmd.Args[1:]...)
		}
		if err := cmd.Start(); err != nil {
			return err
		}
		done := make(chan struct{})
		go func() { cmd.Wait(); close(done) }() //nolint:errcheck // it is killed
		select {
		case <-time.After(l.soon(50, 200+rows/40)):
			cmd.Process.Signal(syscall.SIGKILL) //nolint:errcheck // it may be done already
			<-done
		case <-done:
		}
		n, err := l.bigRows()
		if err != nil {
			return err
		}
		l.say("killed an import, %d rows are there", n)
		if n != 0 && n != rows {
			l.tally.lost++
			return fmt.Errorf("%d of %d rows are there", n, rows)
		}
		if n == rows {
			l.note("the import was done before kill %d", k+1)
			break
		}
	}
	l.note("%d rows, killed up to %d times in %.0f s", rows, kills, time.Since(began).Seconds())
	if err := l.start(); err != nil {
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

// bigRows is how many of the rows of the large import the portfolio has.
func (l *lab) bigRows() (int, error) {
	out, err := l.desk.Run("portfolio", "export", "--config", l.desk.File("config.yaml"))
	if err != nil {
		return 0, fmt.Errorf("export: %w: %s", err, out[:min(len(out), 300)])
	}
	return strings.Count(out, ",big"), nil
}
