// Command benchmatch measures the matcher of internal/exposure/match against rivals, in one
// process and on the same data: a scan of packed unit vectors on all cores, an R-tree with
// exact filter and, where they are found, PostGIS over a local socket and a Tile38 server.
// Every answer of ours, of the scan and of the R-tree must be equal, or it fails; how far the
// servers' answers differ is printed. It prints one table, then lines `figure NAME VALUE
// UNIT`. It starts no server but a PostgreSQL cluster of its own, which it removes.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"
)

func main() {
	b := bench{}
	flag.IntVar(&b.runs, "runs", 5, "runs of which the median is taken")
	flag.DurationVar(&b.length, "length", 60*time.Millisecond, "how long one run of one contestant lasts at least")
	flag.BoolVar(&b.cpu, "cpu", false, "measure ours, the scan and the R-tree by processor time: for a machine that does other things as well")
	flag.IntVar(&b.most, "assets", 1_000_000, "largest number of assets")
	flag.IntVar(&b.least, "least", 10_000, "smallest number of assets")
	flag.StringVar(&b.only, "shapes", "", "only shapes whose name begins so")
	flag.BoolVar(&b.scanOnly, "worst", false, "only look for the number of assets and the shape where the scan comes nearest to ours")
	flag.StringVar(&b.postgres, "postgres", "auto", "folder with PostgreSQL's programs; auto = look for them; empty = leave PostGIS out")
	flag.StringVar(&b.tile38, "tile38", "", "host:port of a Tile38 server, whose keys bench10k, bench100k and bench1m are overwritten")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := b.run(ctx, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "benchmatch:", err)
		os.Exit(1)
	}
}

// bench is one measurement.
type bench struct {
	runs     int
	length   time.Duration
	most     int
	least    int
	only     string
	scanOnly bool
	cpu      bool
	postgres string
	tile38   string

	cells   []cell
	figures []string
	notes   []string
	pairs   int // compared with the scan and found equal
}

// A contestant answers queries over one data set.
type contestant interface {
	name() string
	// ask answers a query with the ids found, in any order.
	ask(ctx context.Context, q *query) ([]int32, error)
	// rate answers queries for a while and returns nanoseconds a query, all clients together.
	rate(ctx context.Context, b *bench, qs []query) (float64, error)
	exact() bool
}

// cell is one line of the table.
type cell struct {
	assets, shape, who string
	ns, hits           float64
	ratio              float64 // to ours
	differ             string
}

func (b *bench) run(ctx context.Context, out io.Writer) error {
	var pg *cluster
	if b.postgres != "" {
		var err error
		if pg, err = startCluster(ctx, b.postgres); err != nil {
			fmt.Fprintf(out, "PostGIS is left out: %v\n", err)
		} else {
			defer pg.stop()
		}
	}
	if b.scanOnly {
		if err := b.worst(ctx); err != nil {
			return err
		}
	}
	for _, n := range []int{10_000, 100_000, 1_000_000} {
		if b.scanOnly || n < b.least || n > b.most {
			continue
		}
		if err := b.size(ctx, out, pg, n); err != nil {
			return err
		}
	}
	b.table(out)
	for _, n := range b.notes {
		fmt.Fprintln(out, n)
	}
	fmt.Fprintf(out, "figure match.agree_pairs %d pairs\n", b.pairs)
	for _, f := range b.figures {
		fmt.Fprintln(out, f)
	}
	return nil
}

func (b *bench) figure(name string, value float64, unit string) {
	b.figures = append(b.figures, fmt.Sprintf("figure match.%s %.4g %s", name, value, unit))
}

// size measures all shapes on one number of assets.
func (b *bench) size(ctx context.Context, out io.Writer, pg *cluster, n int) error {
	label := map[int]string{10_000: "10k", 100_000: "100k", 1_000_000: "1m"}[n]
	places := assets(n)
	own, err := b.build(places, label)
	if err != nil {
		return err
	}
	who := []contestant{own, newScan(places), newTree(places)}
	if pg != nil {
		p, err := pg.load(ctx, places, label)
		if err != nil {
			return fmt.Errorf("load PostGIS: %w", err)
		}
		defer p.close(ctx)
		who = append(who, p)
	}
	if b.tile38 != "" {
		t, err := loadTile38(ctx, b.tile38, "bench"+label, places)
		if err != nil {
			return fmt.Errorf("load Tile38: %w", err)
		}
		defer t.close()
		who = append(who, t)
	}
	for _, shape := range shapes() {
		if !strings.HasPrefix(shape, b.only) {
			continue
		}
		fmt.Fprintf(out, "%s assets, %s\n", label, shape)
		qs, err := queries(shape, places)
		if err != nil {
			return err
		}
		if err := b.shape(ctx, who, qs, label, shape, n); err != nil {
			return fmt.Errorf("%s assets, %s: %w", label, shape, err)
		}
	}
	if n == 1_000_000 {
		return b.extra(ctx, own, places)
	}
	return nil
}

// shape compares the answers, then measures all contestants in turn, run by run.
func (b *bench) shape(ctx context.Context, who []contestant, qs []query, label, shape string, n int) error {
	differ := make([]string, len(who))
	checked := qs[:min(len(qs), 12)]
	for i, c := range who[1:] {
		var want, wrong int
		for j := range checked {
			own, err := who[0].ask(ctx, &checked[j])
			if err != nil {
				return err
			}
			theirs, err := c.ask(ctx, &checked[j])
			if err != nil {
				return fmt.Errorf("%s: %w", c.name(), err)
			}
			slices.Sort(own)
			theirs = slices.Clone(theirs)
			slices.Sort(theirs)
			d := difference(own, theirs)
			if d > 0 && c.exact() {
				return fmt.Errorf("query %d: ours finds %d, %s %d, %d differ", j, len(own), c.name(), len(theirs), d)
			}
			want, wrong = want+len(own), wrong+d
			if i == 0 {
				b.pairs += n
			}
		}
		differ[i+1] = fmt.Sprintf("%d of %d", wrong, want)
	}
	hits := 0
	for j := range qs {
		ids, err := who[0].ask(ctx, &qs[j])
		if err != nil {
			return err
		}
		hits += len(ids)
	}
	times := make([][]float64, len(who))
	for range b.runs {
		for i, c := range who {
			ns, err := c.rate(ctx, b, qs)
			if err != nil {
				return fmt.Errorf("%s: %w", c.name(), err)
			}
			times[i] = append(times[i], ns)
		}
	}
	for i, c := range who {
		line := cell{assets: label, shape: shape, who: c.name(), ns: median(times[i]), hits: float64(hits) / float64(len(qs)), differ: differ[i]}
		ratios := make([]float64, b.runs)
		for r := range ratios {
			ratios[r] = times[i][r] / times[0][r]
		}
		line.ratio = median(ratios)
		b.cells = append(b.cells, line)
		if i == 0 {
			b.figure(label+"."+shape+".ns_per_query", line.ns, "ns")
		} else {
			b.figure(label+"."+shape+".ratio_"+c.name(), line.ratio, "x")
		}
	}
	return nil
}

// difference counts the ids that only one of two sorted lists has.
func difference(a, b []int32) int {
	i, j, n := 0, 0, 0
	for i < len(a) && j < len(b) {
		switch {
		case a[i] == b[j]:
			i, j = i+1, j+1
		case a[i] < b[j]:
			i, n = i+1, n+1
		default:
			j, n = j+1, n+1
		}
	}
	return n + len(a) - i + len(b) - j
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	if len(v) == 0 {
		return math.NaN()
	}
	return v[len(v)/2]
}

func (b *bench) table(out io.Writer) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "assets\tshape\twho\tqueries/s\tmatches/s\tns/query\tns/match\tmatches\tratio\tdiffer\t")
	for _, c := range b.cells {
		fmt.Fprintf(w, "%s\t%s\t%s\t%.0f\t%.3g\t%.0f\t%.3g\t%.0f\t%.1f\t%s\t\n",
			c.assets, c.shape, c.who, 1e9/c.ns, c.hits*1e9/c.ns, c.ns, c.ns/math.Max(c.hits, 1e-9), c.hits, c.ratio, c.differ)
	}
	w.Flush()
}

var errNoPrograms = errors.New("its programs are not on this machine")
