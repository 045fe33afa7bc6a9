// Command benchreplay replays thirty years of an invented world: earthquakes along the real
// plate boundaries and cyclones in the real basins, against ten thousand sites.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/pprof"
	"time"

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
	flag.Float64Var(&n.years, "years", 30, "span of the catalogue")
	prof := flag.String("cpuprofile", "", "")
	flag.Parse()
	w := newWorld(n)
	cfg := replay.Config{
		Org: "world", Policy: warning.DefaultPolicy(), Rater: rule.Set, Portfolio: w.portfolio, Until: w.until, Workers: runtime.GOMAXPROCS(0),
		Matcher: func(p portfolio.Portfolio) watch.Matcher { return exposure.NewIndex(p) },
	}
	if *prof != "" {
		f, _ := os.Create(*prof)
		pprof.StartCPUProfile(f)
		defer pprof.StopCPUProfile()
	}
	var c counter
	start := time.Now()
	sum, err := replay.Stream(cfg, w.steps(), &c)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(time.Since(start), c.n, c.rows, fmt.Sprintf("%+v", sum))
}

type counter struct {
	n    int64
	rows int
}

func (c *counter) Write(b []byte) (int, error) {
	c.n += int64(len(b))
	return len(b), nil
}

var _ io.Writer = &counter{}
