// Command benchreplay replays an invented world of thirty years: 400,000 earthquakes of
// M 4.5 and more along the real plate boundaries and 5,000 cyclone advisories in the real
// basins, against 10,000 sites of 400 projects at places where people work; one seed, so one
// world. It runs the very code that decides live: merge, match, impact, level, life cycle and
// the decision log, which goes to a file. Each run is a process of its own; it prints lines
// `figure NAME VALUE UNIT` and fails when two runs, or runs on one and on two processors,
// differ in a byte of the log.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"slices"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/replay"
	"watchfire.dev/internal/rule"
	"watchfire.dev/internal/warning"
	"watchfire.dev/internal/watch"
)

func main() {
	n := size{}
	flag.IntVar(&n.quakes, "quakes", 400_000, "earthquakes")
	flag.IntVar(&n.advisories, "advisories", 5_000, "cyclone advisories")
	flag.IntVar(&n.sites, "sites", 10_000, "sites")
	flag.Float64Var(&n.years, "years", 30, "years over which they are spread")
	runs := flag.Int("runs", 3, "runs on two processors; the median counts")
	once := flag.Bool("once", false, "one run in this process, with GOMAXPROCS as it is; prints JSON")
	log := flag.String("log", "", "file for the decision log; default a temporary one")
	profile := flag.String("cpuprofile", "", "with -once: write a profile")
	flag.Parse()
	var err error
	if *once {
		err = runOnce(n, *log, *profile)
	} else {
		err = compare(*runs, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "benchreplay:", err)
		os.Exit(1)
	}
}

// An outcome is what one run found.
type outcome struct {
	replay.Summary
	Seconds float64
	Rows    int64
	Bytes   int64
	// Matching is the time of the run's own searches alone, on one processor, after the run.
	Matching float64
	Found    int64
	rssMB    float64
}

// runOnce replays the world once and prints the outcome.
func runOnce(n size, name, profile string) (err error) {
	file, err := logFile(name)
	if err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, file.Close())
		if name == "" {
			err = errors.Join(err, os.Remove(file.Name()))
		}
	}()
	// A run makes rows at a rate that no desk ever sees: collecting less often pays.
	// The heap stays below half of the gigabyte that a run may take.
	debug.SetGCPercent(500)
	w := newWorld(n)
	if profile != "" {
		f, err := os.Create(profile)
		if err != nil {
			return err
		}
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
	}
	var out outcome
	out.Summary, out.Rows, out.Seconds, err = w.replay(file, runtime.GOMAXPROCS(0))
	pprof.StopCPUProfile()
	if err != nil {
		return err
	}
	if out.Bytes, err = file.Seek(0, 1); err != nil {
		return err
	}
	out.Matching, out.Found = w.matching()
	return json.NewEncoder(os.Stdout).Encode(out)
}

func logFile(name string) (*os.File, error) {
	if name == "" {
		return os.CreateTemp("", "watchfire-replay-*.jsonl")
	}
	return os.Create(name)
}

// counting is the real matcher, counting the rows that it gives.
type counting struct {
	*exposure.Index
	rows *atomic.Int64
}

func (c counting) Assess(e event.Event, now time.Time) []exposure.Exposure {
	rows := c.Index.Assess(e, now)
	c.rows.Add(int64(len(rows)))
	return rows
}

// replay runs the world; building the index is part of the time.
func (w *world) replay(log *os.File, workers int) (replay.Summary, int64, float64, error) {
	var rows atomic.Int64
	cfg := replay.Config{
		Org: w.portfolio.Org, Policy: warning.DefaultPolicy(), Rater: rule.Set, Portfolio: w.portfolio, Until: w.until, Workers: workers,
		Matcher: func(p portfolio.Portfolio) watch.Matcher { return counting{exposure.NewIndex(p), &rows} },
	}
	start := time.Now()
	sum, err := replay.Stream(cfg, w.steps(), log)
	return sum, rows.Load(), time.Since(start).Seconds(), err
}

// compare runs the world in processes of their own and prints the figures.
func compare(runs int, out *os.File) error {
	var all []outcome
	for i := range runs + 1 {
		processors := 2
		if i == runs {
			processors = 1
		}
		o, err := child(processors)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%d processors: %.2f s, %.0f MB, log %s of %d MB\n", processors, o.Seconds, o.rssMB, o.SHA256[:16], o.Bytes>>20)
		all = append(all, o)
	}
	identical := 1
	rss := 0.0
	for _, o := range all {
		if o.SHA256 != all[0].SHA256 || o.Bytes != all[0].Bytes {
			identical = 0
		}
		rss = max(rss, o.rssMB)
	}
	two := slices.Clone(all[:runs])
	slices.SortFunc(two, func(a, b outcome) int {
		if a.Seconds < b.Seconds {
			return -1
		}
		return 1
	})
	o := two[len(two)/2]
	figure := func(name string, value float64, unit string) {
		fmt.Fprintf(out, "figure replay.%s %s %s\n", name, strconv.FormatFloat(value, 'f', -1, 64), unit)
	}
	figure("world_s", round(o.Seconds, 1000), "s")
	fmt.Fprintln(out, "matching_s: the searches of the run, each with its own reach, again on one processor")
	figure("matching_s", round(o.Matching, 1000), "s")
	figure("one_processor_s", round(all[runs].Seconds, 1000), "s")
	figure("rss_mb", round(rss, 10), "MB")
	figure("identical", float64(identical), "bool")
	figure("events", float64(o.Events), "revisions")
	figure("decisions", float64(o.Decisions), "decisions")
	figure("warnings", float64(o.Warnings), "revisions")
	figure("rows", float64(o.Rows), "exposures")
	figure("log_mb", round(float64(o.Bytes)/1e6, 10), "MB")
	if identical == 0 {
		return errors.New("two runs of one world gave different logs")
	}
	return nil
}

// child runs the world in a process with a number of processors.
func child(processors int) (outcome, error) {
	var o outcome
	self, err := os.Executable()
	if err != nil {
		return o, err
	}
	cmd := exec.Command(self, append([]string{"-once"}, os.Args[1:]...)...)
	cmd.Env = append(os.Environ(), "GOMAXPROCS="+strconv.Itoa(processors))
	cmd.Stderr = os.Stderr
	text, err := cmd.Output()
	if err != nil {
		return o, fmt.Errorf("run on %d processors: %w", processors, err)
	}
	if err := json.Unmarshal(text, &o); err != nil {
		return o, fmt.Errorf("read the outcome: %w", err)
	}
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		o.rssMB = float64(usage.Maxrss) / 1024 * 1.048576
	}
	return o, nil
}
