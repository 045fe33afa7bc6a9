// Command chaos breaks the real program on this machine, fault by fault, as docs/faults.md
// lists them, and looks after each whether the promises held: nothing accepted is lost, no
// revision is without its journal entry and notifications, no red is late, nothing is sent
// twice beyond what was in flight, the journal is valid, silence is shown. A row that this
// machine cannot play is reported as not run with the ability that is missing, and never as
// passed. It listens on loopback addresses only, and touches no process but its own.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A row is one fault of the table, or a part of one.
type row struct {
	n    int
	part string // a, b, … where a row has several
	name string
	must string // what passes
	fast bool   // part of the tests
	play func(*lab) error
}

func (r row) id() string { return strconv.Itoa(r.n) + r.part }

// errNotRun says that an ability is missing.
var errNotRun = errors.New("not run")

// settings are what the caller chooses.
type settings struct {
	binary  string
	seed    uint64
	kills   int // of row 1, beyond its named steps
	whole   bool
	plant   string // a bug that the judge must find
	verbose bool
}

func main() {
	var s settings
	binary := flag.String("binary", "bin/watchfire", "the program")
	flag.Uint64Var(&s.seed, "seed", 1, "chance of the schedule")
	only := flag.String("rows", "", "rows by comma, whole (6) or in part (6a); all when empty")
	flag.IntVar(&s.kills, "kills", 3, "kills at any instant, in row 1")
	flag.BoolVar(&s.whole, "whole", false, "loads and counts of the full length: hours")
	flag.BoolVar(&s.verbose, "v", false, "tell what happens")
	flag.StringVar(&s.plant, "plant", "", "a bug that must be found: lying-disk (row 2), twice, deaf (row 1a)")
	list := flag.Bool("list", false, "list the rows and play none")
	flag.Parse()
	if *list {
		for _, r := range rows() {
			fmt.Printf("%4s  %-40s %s\n", r.id(), r.name, r.must)
		}
		return
	}
	path, err := filepath.Abs(*binary)
	if err == nil {
		_, err = os.Stat(path)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
		os.Exit(1)
	}
	s.binary = path
	wanted := func(r row) bool {
		list := strings.Split(*only, ",")
		return *only == "" || slices.Contains(list, strconv.Itoa(r.n)) || slices.Contains(list, r.id())
	}
	if run(os.Stdout, s, rows(), wanted).print(os.Stdout, s.seed) {
		os.Exit(1)
	}
}

// fewOthers is the share of the machine below which neighbours are not worth a word.
const fewOthers = 0.1

// report is what a run came to, by number of row.
type report struct {
	passed, notRun, failed map[int]bool
	sum                    tally
}

// run plays the wanted rows.
func run(out io.Writer, s settings, list []row, wanted func(row) bool) *report {
	r := &report{passed: map[int]bool{}, notRun: map[int]bool{}, failed: map[int]bool{}}
	for _, one := range list {
		if wanted(one) {
			fmt.Fprintf(out, "%4s  %-40s …\n", one.id(), one.name)
			r.play(out, s, one)
		}
	}
	for n := range r.failed { // a row of several parts passes when all of them do
		delete(r.passed, n)
		delete(r.notRun, n)
	}
	for n := range r.notRun {
		delete(r.passed, n)
	}
	return r
}

func (r *report) play(out io.Writer, s settings, one row) {
	l := &lab{settings: s, row: one.id(), began: time.Now(), from: takeMark(), chance: rand.New(rand.NewPCG(s.seed, uint64(one.n)))}
	err := one.play(l)
	took := time.Since(l.began).Seconds()
	verdict := "passed"
	switch {
	case errors.Is(err, errNotRun):
		verdict, r.notRun[one.n] = "not run", true
		l.note("%v", err)
	case err != nil:
		verdict, r.failed[one.n] = "FAILED", true
		l.note("%v", err)
		l.note("must: %s", one.must)
		l.note("%s", l.look())
	default:
		r.passed[one.n] = true
	}
	if l.neighbours > fewOthers {
		l.note("neighbours took %.0f %% of the processors, and bounds of time were longer in proportion", 100*l.neighbours)
	}
	l.close(verdict == "FAILED")
	r.sum.add(l.tally)
	fmt.Fprintf(out, "%4s  %-40s %-8s %5.1f s  %s\n", one.id(), one.name, verdict, took, strings.Join(l.seen, "; "))
}

// print writes the figures and tells whether a row failed.
func (r *report) print(out io.Writer, seed uint64) (failed bool) {
	fmt.Fprintf(out, "\nchaos, seed %d: %d rows passed, %d failed, %d not run\n", seed, len(r.passed), len(r.failed), len(r.notRun))
	fmt.Fprintf(out, "figure chaos.faults %d rows\nfigure chaos.not_run %d rows\nfigure chaos.lost %d inputs\nfigure chaos.red_late %d reds\nfigure chaos.duplicates_beyond %d messages\nfigure chaos.journal_bad %d journals\n",
		len(r.passed), len(r.notRun), r.sum.lost+r.sum.orphans+r.sum.open, r.sum.late, r.sum.twice, r.sum.journal)
	return len(r.failed) > 0
}
