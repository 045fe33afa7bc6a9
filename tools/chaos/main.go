// Command chaos breaks the real program on this machine, fault by fault, as TRUST.md section
// 2 lists them, and looks after each whether the promises held: nothing accepted is lost, no
// revision is without its journal entry and notifications, no red is late, nothing is sent
// twice beyond what was in flight, the journal is valid. A row that this machine cannot play,
// or whose feature is missing, is reported as not run with the reason, and never as passed.
package main

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A row is one fault of the table.
type row struct {
	n     int
	name  string
	must  string // what passes
	fast  bool   // part of the tests
	play  func(*lab) error
	lacks string // why it is not run
}

// errNotRun says that an ability is missing.
var errNotRun = errors.New("not run")

func rows() []row {
	out := []row{killed, clocks, flooded, orders, provider, later, memoryCap, halfImport, operators, postgresRestart, leaderDies, leaderPaused}
	for n, why := range missing {
		out = append(out, row{n: n, name: why[0], lacks: why[1]})
	}
	slices.SortStableFunc(out, func(a, b row) int { return a.n - b.n })
	return out
}

// missing are the rows that nobody plays yet.
var missing = map[int][2]string{
	2:  {"power cut", "no recorder of writes and syncs: a kill keeps the page cache"},
	3:  {"disk full, read-only", "not written: needs a file system of its own, which needs mount"},
	4:  {"fsync takes 20 ms", "not written: strace is here, load 5.1 is not"},
	5:  {"corrupt page", "the self-check has no page check in this version"},
	7:  {"failover", "fencing of an old database server is not part of this version"},
	8:  {"answer of a commit lost", "not written: needs a proxy before the database; the simulation plays it"},
	10: {"replica cut off", "not written: needs a proxy before the database"},
	12: {"DNS fails", "not written: needs a name server of its own"},
	13: {"200 but stale, empty, HTML, cut", "not written here; internal/app has it in process"},
	14: {"gzip of 1 GB in 1 MB", "not written here; internal/feed/fetch has it in process"},
	15: {"slow-loris, redirect loop", "not written here; internal/feed/fetch has it in process"},
	20: {"SMTP 451", "not written here; internal/delivery/email has it in process"},
	21: {"poison message", "not written here; internal/feed/intake has it in process"},
	22: {"crash loop, bad configuration", "safe mode is not part of this version"},
	26: {"all channels down", "not written: needs a browser and a dead-man's switch"},
	27: {"browser cut off", "not written: needs a browser"},
}

// tally is what one row came to.
type tally struct {
	lost, orphans, late, twice, journal int
}

func main() {
	binary := flag.String("binary", "bin/watchfire", "the program")
	seed := flag.Uint64("seed", 1, "chance of the schedule")
	only := flag.String("rows", "", "numbers of rows, by comma; all when empty")
	flag.Parse()
	path, err := filepath.Abs(*binary)
	if err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
		os.Exit(1)
	}
	if !run(os.Stdout, path, *seed, func(r row) bool { return *only == "" || slices.Contains(strings.Split(*only, ","), strconv.Itoa(r.n)) }) {
		os.Exit(1)
	}
}

// run plays the wanted rows and tells whether none failed.
func run(out *os.File, binary string, seed uint64, wanted func(row) bool) bool {
	var lines []string
	var sum tally
	passed, notRun, failed := map[int]bool{}, map[int]bool{}, map[int]bool{}
	for _, r := range rows() {
		if !wanted(r) {
			continue
		}
		began := time.Now()
		l := &lab{binary: binary, chance: rand.New(rand.NewPCG(seed, uint64(r.n)))}
		err := error(nil)
		if r.lacks != "" {
			err = fmt.Errorf("%s: %w", r.lacks, errNotRun)
		} else {
			err = r.play(l)
			l.close()
		}
		sum.add(l.tally)
		verdict := "passed"
		switch {
		case errors.Is(err, errNotRun):
			verdict, notRun[r.n] = "not run", true
			l.note("%v", err)
		case err != nil:
			verdict, failed[r.n] = "FAILED", true
			l.note("%v", err)
		default:
			passed[r.n] = true
		}
		line := fmt.Sprintf("%3d  %-34s %-8s %5.1f s  %s", r.n, r.name, verdict, time.Since(began).Seconds(), strings.Join(l.seen, "; "))
		fmt.Fprintln(out, line)
		lines = append(lines, line)
	}
	for n := range failed { // a row of several parts passes when all of them do
		delete(passed, n)
	}
	for n := range passed {
		delete(notRun, n)
	}
	fmt.Fprintf(out, "\nchaos, seed %d: %d rows passed, %d failed, %d not run\n", seed, len(passed), len(failed), len(notRun))
	fmt.Fprintf(out, "figure chaos.faults %d rows\nfigure chaos.not_run %d rows\nfigure chaos.lost %d inputs\nfigure chaos.red_late %d reds\nfigure chaos.duplicates_beyond %d messages\nfigure chaos.journal_bad %d journals\n",
		len(passed), len(notRun), sum.lost+sum.orphans, sum.late, sum.twice, sum.journal)
	return len(failed) == 0
}

func (t *tally) add(o tally) {
	t.lost, t.orphans, t.late, t.twice, t.journal = t.lost+o.lost, t.orphans+o.orphans, t.late+o.late, t.twice+o.twice, t.journal+o.journal
}
