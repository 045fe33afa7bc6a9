package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"watchfire.dev/internal/store/pgtest"
	"watchfire.dev/tools/outside"
)

// lab is one installation under attack, with its receiver and what was accepted.
type lab struct {
	settings
	row        string
	chance     *rand.Rand
	desk       *outside.Desk
	others     []*outside.Desk // more processes on the same database
	cluster    *pgtest.Cluster
	url        string // of the PostgreSQL database; "" = SQLite
	got        *receiver
	yes        map[string]string // keys that were answered with yes, with who must hear
	mu         sync.Mutex        // over yes
	doubt      int
	starts     []time.Time
	redBound   time.Duration
	loops      bool    // starts count
	from       mark    // when the row began
	neighbours float64 // the largest share of the machine that neighbours took where a bound was judged
	seen       []string
	tally      tally
	undo       []func() // what closes the row, the last first
	log        *os.File
	began      time.Time
}

// note adds to what the row says at its end; say tells at once how it goes.
func (l *lab) note(format string, args ...any) { l.seen = append(l.seen, fmt.Sprintf(format, args...)) }

func (l *lab) say(format string, args ...any) {
	if l.verbose {
		fmt.Fprintf(os.Stderr, "     %5.1f s  %s\n", time.Since(l.began).Seconds(), fmt.Sprintf(format, args...))
	}
}

// setUp makes an installation with projects that each have one contact, and starts it.
func (l *lab) setUp(projects int, extra string) error {
	l.got = newReceiver()
	l.got.plant = l.plant
	if err := l.install(l.portfolio(projects), extra, ""); err != nil {
		return err
	}
	return l.open1()
}

// open1 starts the first process and signs in.
func (l *lab) open1() error {
	if err := l.start(); err != nil {
		return err
	}
	return l.desk.SignIn()
}

// install makes an installation that does not run yet. sources are definitions beside the
// lab's own instrument.
func (l *lab) install(portfolio, extra, sources string) (err error) {
	if l.desk, err = l.newDesk(); err != nil {
		return err
	}
	l.desk.Extra, l.desk.Sources = extra, netSource+sources
	return l.desk.Import(portfolio)
}

func (l *lab) newDesk() (*outside.Desk, error) {
	d, err := outside.New(l.binary)
	if err != nil {
		return nil, err
	}
	if l.log == nil {
		if l.log, err = os.Create(filepath.Join(d.Dir, "server.log")); err != nil {
			return nil, err
		}
	}
	d.Log = l.log
	return d, nil
}

func (l *lab) desks() []*outside.Desk {
	if l.desk == nil {
		return nil
	}
	return append([]*outside.Desk{l.desk}, l.others...)
}

// start starts the first process. The program counts starts that did not last, to find a crash
// loop; those of the laboratory are none, but where the row is about that.
func (l *lab) start() error {
	if !l.loops {
		if err := os.Remove(l.desk.File("data/starts.json")); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	if err := l.desk.Start(); err != nil {
		return err
	}
	l.starts = append(l.starts, time.Now())
	return nil
}

// onPostgres makes a cluster with one database for the installation.
func (l *lab) onPostgres(ctx context.Context, settings ...string) (extra string, err error) {
	l.cluster, err = pgtest.Start(ctx, "", append([]string{"fsync=on"}, settings...)...)
	if errors.Is(err, pgtest.ErrNone) {
		return "", fmt.Errorf("PostgreSQL is not installed: %w", errNotRun)
	}
	if err != nil {
		return "", err
	}
	if l.url, err = l.cluster.Create(ctx, "template0"); err != nil {
		return "", err
	}
	return fmt.Sprintf("database: %q\n", l.url), nil
}

// replica makes another process on the same database, with a configuration of its own.
func (l *lab) replica(extra string) (*outside.Desk, error) {
	d, err := l.newDesk()
	if err != nil {
		return nil, err
	}
	// Processes that share a database sign with one key.
	d.Sources, d.Extra = l.desk.Sources, extra+fmt.Sprintf("journal: {key: %q}\n", "file:"+l.desk.File("data/journal.key"))
	d.Client = l.desk.Client
	l.others = append(l.others, d)
	return d, d.Configure()
}

// close ends everything; the folders stay when the row failed.
func (l *lab) close(keep bool) {
	for i := len(l.undo) - 1; i >= 0; i-- {
		l.undo[i]()
	}
	for _, d := range l.desks() {
		if keep {
			d.Signal(syscall.SIGCONT) //nolint:errcheck // it may not be stopped at all
			d.Stop()
			continue
		}
		d.Close() //nolint:errcheck // a temporary folder
	}
	if l.got != nil {
		l.got.CloseClientConnections()
		l.got.Close()
	}
	if l.cluster != nil {
		if keep {
			l.cluster.Halt(true)
		} else {
			l.cluster.Stop()
		}
	}
	if l.log != nil {
		l.log.Close() //nolint:errcheck // only for people
	}
}

// look says where the pieces of a row that failed are.
func (l *lab) look() string {
	if l.desk == nil {
		return ""
	}
	out := fmt.Sprintf("kept: %s (server.log, config.yaml, data/); watchfire journal verify --config %s", l.desk.Dir, l.desk.File("config.yaml"))
	if l.cluster != nil {
		out += "; the cluster is in " + l.cluster.Dir
	}
	return out + fmt.Sprintf(`; again: make chaos CHAOS="-rows %s -seed %d -v"`, l.row, l.seed)
}

// wait waits until as many paths were told.
func (l *lab) wait(n int, limit time.Duration) error {
	err := l.within(limit, takeMark(), func() string { return fmt.Sprintf("%d of %d projects were told", l.got.count(), n) }, func() bool { return l.got.count() >= n })
	if err != nil {
		l.tally.lost += max(0, n-l.got.count())
	}
	return err
}

func until(limit time.Duration, what func() string, is func() bool) error {
	for deadline := time.Now().Add(limit); !is(); {
		if time.Now().After(deadline) {
			return fmt.Errorf("after %s: %s", limit, what())
		}
		<-time.After(20 * time.Millisecond)
	}
	return nil
}

func text(s string) func() string { return func() string { return s } }

// kill ends the process at once and starts it again.
func (l *lab) kill() error {
	l.doubt++
	if err := l.desk.Signal(syscall.SIGKILL); err != nil {
		return err
	}
	return l.start()
}

// soon is a time span by chance.
func (l *lab) soon(least, most int) time.Duration {
	return time.Duration(least+l.chance.IntN(most-least)) * time.Millisecond
}
