// Command benchdeliver measures how fast and how steadily notifications leave. From outside
// it starts the built binary, pushes signals at fixed rates and flat out, and times each from
// the moment before its bytes are sent to the moment its webhook comes in, everything between
// on disk, also with three processes on one PostgreSQL (at 100/s and flat out: it keeps up with no 1,000/s); in alternating rounds it does the same to
// the least that has a signal on disk before it tells of it (floor), and with -alertmanager to a
// running Alertmanager. From inside, on a database of its own, it times
// a red behind 100,000 queued yellows, the drain through a local webhook, one event over 10,000
// sites, the memory of the real program with a million queued, and the memory of one live
// warning. It prints lines `figure NAME VALUE UNIT`, fails when a notification is missing, and
// speaks to loopback only.
//
// The Alertmanager needs this configuration, with -receiver's address (default shown):
//
//	route: {receiver: bench, group_by: ['...'], group_wait: 0s, group_interval: 1s, repeat_interval: 1h}
//	receivers: [{name: bench, webhook_configs: [{url: 'http://127.0.0.1:9099/', send_resolved: false}]}]
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime/pprof"
	"strconv"
	"strings"
	"time"

	"watchfire.dev/internal/store/pgtest"
)

func main() {
	b := bench{rates: []int{100, 1000}}
	flag.StringVar(&b.binary, "binary", "bin/watchfire", "program to measure")
	flag.DurationVar(&b.length, "for", 5*time.Second, "how long signals are pushed in one round")
	flag.IntVar(&b.rounds, "rounds", 3, "rounds at each rate")
	flag.IntVar(&b.flat, "flat", 3000, "signals pushed flat out")
	flag.IntVar(&b.queued, "queued", 100_000, "yellows that wait when the red comes")
	flag.IntVar(&b.million, "million", 1_000_000, "notifications queued for the memory of the program")
	flag.IntVar(&b.warnings, "warnings", 20_000, "live warnings for the memory of one")
	flag.StringVar(&b.alertmanager, "alertmanager", "", "address of an Alertmanager to alternate with, 127.0.0.1:9093")
	flag.StringVar(&b.receiver, "receiver", "127.0.0.1:9099", "where that Alertmanager sends its webhooks")
	postgres := flag.Bool("postgres", true, "measure on PostgreSQL as well, in a cluster of its own, where its programs are found")
	flag.StringVar(&b.extra, "config", "", "lines of configuration for the program, as 'metrics: {listen: 127.0.0.1:9797}' for its profiles")
	flag.Func("rates", "steady rates by comma, signals a second; default 100,1000", b.setRates)
	flag.StringVar(&b.profile, "heap", "", "file for the heap profile of the live warnings")
	only := flag.String("only", "", "parts, by comma: outside, fleet, red, sites, memory, warning; default all")
	cpu := flag.String("cpuprofile", "", "file for a profile of what runs in this process")
	flag.Parse()
	if *cpu != "" {
		f, err := os.Create(*cpu)
		if err == nil {
			err = pprof.StartCPUProfile(f)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "benchdeliver:", err)
			os.Exit(1)
		}
		defer f.Close() //nolint:errcheck // a profile
		defer pprof.StopCPUProfile()
	}
	if *postgres {
		c, err := pgtest.Start(context.Background(), "", "fsync=on")
		switch {
		case errors.Is(err, pgtest.ErrNone):
			fmt.Println("no PostgreSQL programs are installed: its figures are left out")
		case err != nil:
			fmt.Fprintln(os.Stderr, "benchdeliver: start PostgreSQL:", err)
			os.Exit(1)
		default:
			b.cluster = c
		}
	}
	err := b.run(*only)
	if b.cluster != nil {
		b.cluster.Stop()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "benchdeliver:", err)
		os.Exit(1)
	}
}

// bench is one measurement.
type bench struct {
	binary, alertmanager, receiver, profile string
	extra                                   string
	rates                                   []int // steady, signals a second
	length                                  time.Duration
	rounds, flat, queued, million, warnings int
	cluster                                 *pgtest.Cluster // nil = no PostgreSQL
}

func (b *bench) setRates(list string) error {
	b.rates = nil
	for part := range strings.SplitSeq(list, ",") {
		rate, err := strconv.Atoi(part)
		if err != nil || rate <= 0 {
			return fmt.Errorf("rate %q is no number above 0", part)
		}
		b.rates = append(b.rates, rate)
	}
	return nil
}

func (b bench) run(only string) error {
	var errs []error
	for _, part := range []struct {
		name string
		run  func() error
	}{{"warning", b.warning}, {"sites", b.sites}, {"red", b.red}, {"memory", b.memory}, {"outside", b.outside}, {"fleet", b.fleet}} {
		if only != "" && !strings.Contains(","+only+",", ","+part.name+",") {
			continue
		}
		if err := part.run(); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", part.name, err))
		}
	}
	return errors.Join(errs...)
}

// address is that of an empty PostgreSQL database.
func (b bench) address() (string, error) { return b.cluster.Create(context.Background(), "template0") }
