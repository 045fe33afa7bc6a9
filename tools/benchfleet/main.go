// Command benchfleet measures how deciding scales: it starts a PostgreSQL of its own and one,
// two and four processes of the built program on it, puts the same signals into the order of
// inputs, and waits until every part of the projects has decided them. It prints lines
// `figure NAME VALUE UNIT`: decisions (revisions of warnings) a second, what each cost in
// processor time of all processes together, and how busy the machine was, with the database.
// Where the machine is busy the first cannot rise; the second then says what a process more costs.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"watchfire.dev/internal/app"
	"watchfire.dev/internal/config"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/geo"
	"watchfire.dev/internal/id"
	"watchfire.dev/internal/store"
	"watchfire.dev/internal/store/pgtest"
	"watchfire.dev/internal/watch"
)

type bench struct {
	binary             string
	projects, assets   int
	observations, each int
}

func main() {
	b := bench{}
	flag.StringVar(&b.binary, "binary", "bin/watchfire", "program to measure")
	flag.IntVar(&b.projects, "projects", 64, "projects")
	flag.IntVar(&b.assets, "assets", 1_000, "assets in the portfolio")
	flag.IntVar(&b.observations, "observations", 20, "records that enter")
	flag.IntVar(&b.each, "each", 10, "signals in each")
	flag.Parse()
	fmt.Printf("benchfleet: %d processors, %d assets in %d projects, %d signals\n", runtime.NumCPU(), b.assets, b.projects, b.observations*b.each)
	for _, n := range []int{1, 2, 4} {
		if err := b.run(n); err != nil {
			fmt.Fprintf(os.Stderr, "benchfleet: %d processes: %v\n", n, err)
			os.Exit(1)
		}
	}
}

func (b *bench) run(n int) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	bin, err := pgtest.Bin()
	if err != nil {
		return err
	}
	cluster, err := pgtest.Start(ctx, bin)
	if err != nil {
		return err
	}
	defer cluster.Stop()
	database, err := cluster.Create(ctx, "template0")
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "benchfleet-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // it is a temporary folder
	if err := b.install(dir, database); err != nil {
		return err
	}
	var procs []*exec.Cmd
	defer func() {
		for _, p := range procs {
			err = errors.Join(err, p.Process.Signal(syscall.SIGTERM), p.Wait())
		}
	}()
	for i := range n {
		file := filepath.Join(dir, fmt.Sprint(i, ".yaml"))
		if err := b.config(file, dir, database); err != nil {
			return err
		}
		p := exec.Command(b.binary, "serve", "--config", file) //nolint:gosec // the program to measure
		p.Stderr = os.Stderr
		if err := p.Start(); err != nil {
			return err
		}
		procs = append(procs, p)
	}
	return b.measure(ctx, database, procs)
}

func (b *bench) config(file, dir, database string) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	if err := l.Close(); err != nil {
		return err
	}
	return os.WriteFile(file, fmt.Appendf(nil, "listen: %s\nbase_url: http://127.0.0.1\ndatabase: %s\ndata: %s\nbuiltin_sources: false\n", l.Addr(), database, filepath.Join(dir, "data")), 0o600)
}

// install makes the organisation and its portfolio: sites over ten degrees.
func (b *bench) install(dir, database string) error {
	file, sheet := filepath.Join(dir, "first.yaml"), filepath.Join(dir, "portfolio.csv")
	if err := b.config(file, dir, database); err != nil {
		return err
	}
	var s strings.Builder
	s.WriteString("thing,project,code,name,country,zone,lat,lon,shifts,class,step,language,channels\n")
	chance := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // sites, no secrets
	for p := range b.projects {
		fmt.Fprintf(&s, "project,,p%d,Project %d,PK,UTC,,,,,,,\n", p, p)
	}
	for a := range b.assets {
		fmt.Fprintf(&s, "site,p%d,s%d,Site %d,PK,,%.3f,%.3f,all 30,masonry,,,\n", a%b.projects, a, a, 25+10*chance.Float64(), 62+10*chance.Float64())
	}
	if err := os.WriteFile(sheet, []byte(s.String()), 0o600); err != nil {
		return err
	}
	out, err := exec.Command(b.binary, "portfolio", "import", "--config", file, sheet).CombinedOutput() //nolint:gosec // the program to measure
	if err != nil {
		return fmt.Errorf("import: %w\n%s", err, out)
	}
	return nil
}

func (b *bench) measure(ctx context.Context, database string, procs []*exec.Cmd) error {
	db, err := app.OpenStore(ctx, config.Config{Database: config.Secret(database)})
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // reading only from here
	writing, stop := context.WithCancel(ctx)
	defer stop()
	go db.Run(writing) //nolint:errcheck // what is not written shows
	if err := shared(ctx, db, len(procs)); err != nil {
		return err
	}
	before, err := spent(procs)
	if err != nil {
		return err
	}
	busy, all, err := machine()
	if err != nil {
		return err
	}
	began := time.Now()
	last, err := b.push(ctx, db)
	if err != nil {
		return err
	}
	accepted := time.Since(began)
	if err := until(ctx, func() (bool, error) {
		base, _, err := db.Behind(ctx)
		return base.Seq >= last, err
	}); err != nil {
		return err
	}
	took := time.Since(began)
	after, err := spent(procs)
	if err != nil {
		return err
	}
	busyNow, allNow, err := machine()
	if err != nil {
		return err
	}
	var decisions int
	if err := db.Reader().QueryRowContext(ctx, "SELECT count(*) FROM warning_revision").Scan(&decisions); err != nil {
		return err
	}
	n, each := len(procs), float64(decisions)
	if decisions == 0 {
		return errors.New("nothing was decided")
	}
	fmt.Printf("%d processes: %d signals accepted in %s, decided in %s\n", n, b.observations*b.each, accepted.Round(time.Millisecond), took.Round(time.Millisecond))
	fmt.Printf("figure fleet.replicas_%d.decisions %d decisions\n", n, decisions)
	fmt.Printf("figure fleet.replicas_%d.decisions_per_s %.0f decisions/s\n", n, each/took.Seconds())
	fmt.Printf("figure fleet.replicas_%d.cpu_ms_per_decision %.2f ms\n", n, 1000*(after-before)/each)
	fmt.Printf("figure fleet.replicas_%d.machine_busy_pct %.0f %%\n", n, 100*(busyNow-busy)/(allNow-all))
	return nil
}

// machine is the time that all processors have worked, and all their time (proc(5): stat).
func machine() (busy, all float64, err error) {
	raw, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, 0, err
	}
	line, _, _ := strings.Cut(string(raw), "\n")
	for i, f := range strings.Fields(line)[1:] {
		v, err := strconv.ParseFloat(f, 64)
		if err != nil {
			return 0, 0, err
		}
		if i >= 8 { // a guest's time is in the others already
			break
		}
		if all += v; i != 3 && i != 4 { // idle, and waiting for the disk
			busy += v
		}
	}
	return busy, all, nil
}

// push puts the signals into the order, always in the same, and returns the newest number.
func (b *bench) push(ctx context.Context, db *store.DB) (last int64, err error) {
	chance := rand.New(rand.NewPCG(3, 4)) //nolint:gosec // quakes, no secrets
	for i := range b.observations {
		o := &watch.Observation{}
		for k := range b.each {
			o.Signals = append(o.Signals, quake(fmt.Sprint(i, "-", k), 25+10*chance.Float64(), 62+10*chance.Float64()))
		}
		in, err := db.Accept(ctx, watch.Input{Point: watch.Point{At: time.Now()}, Kind: "observe", Observed: o})
		if err != nil {
			return 0, err
		}
		last = in.Seq
	}
	return last, nil
}

func quake(key string, lat, lon float64) event.Signal {
	s := event.Signal{
		Source: "bench", Key: key, Version: "1", Order: 1, Act: event.Report, Status: event.Actual, Hazard: event.Earthquake, Occurred: time.Now().UTC().Truncate(time.Second),
		Texts: []event.Text{{Language: "en", Headline: "quake"}}, Instrument: true, Grade: event.Grade{Reliability: "A", Credibility: 1}, Owner: "bench",
		Measures: event.Measures{{Name: "magnitude", Value: 5.6}, {Name: "depth", Value: 10}}, Record: id.Hash([]byte(key)),
		Footprints: []event.Footprint{{Shape: geo.At(lat, lon, 5), Role: event.Centre}},
	}
	s.ID = event.SignalID(s)
	return s
}

// shared waits until the processes have divided the projects.
func shared(ctx context.Context, db *store.DB, n int) error {
	return until(ctx, func() (bool, error) {
		parts, err := db.Parts(ctx)
		if err != nil {
			return false, err
		}
		held := map[string]int{}
		for _, p := range parts {
			if p.Until.After(time.Now()) {
				held[p.Owner]++
			}
		}
		for _, k := range held {
			if k != len(parts)/n {
				return false, nil
			}
		}
		return len(held) == n, nil
	})
}

func until(ctx context.Context, done func() (bool, error)) error {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		if ok, err := done(); ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
}

// spent is the processor time of the processes together, in seconds (proc(5): utime and
// stime, in hundredths).
func spent(procs []*exec.Cmd) (float64, error) {
	var ticks float64
	for _, p := range procs {
		raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.Process.Pid))
		if err != nil {
			return 0, err
		}
		f := strings.Fields(string(raw[strings.LastIndexByte(string(raw), ')')+1:]))
		for _, i := range []int{11, 12} {
			v, err := strconv.ParseFloat(f[i], 64)
			if err != nil {
				return 0, err
			}
			ticks += v
		}
	}
	return ticks / 100, nil
}
