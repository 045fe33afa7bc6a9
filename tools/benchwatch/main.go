// Command benchwatch measures a running Watchfire from outside the process: it starts the
// built binary on an empty folder with a large portfolio, pushes signals at a fixed rate and
// waits for the webhook that each of them must cause. A latency runs from the moment before
// the request is sent to the moment the receiver has the notification; everything in
// between is durable (synchronous=FULL). It prints lines `figure NAME VALUE UNIT` and fails
// when a notification is missing. It sends to loopback addresses only.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"time"

	"watchfire.dev/tools/outside"
)

func main() {
	b := bench{}
	flag.StringVar(&b.binary, "binary", "bin/watchfire", "program to measure")
	flag.IntVar(&b.assets, "assets", 10_000, "assets in the portfolio")
	flag.IntVar(&b.rate, "rate", 100, "signals a second")
	flag.DurationVar(&b.length, "for", 20*time.Second, "how long signals are pushed")
	flag.IntVar(&b.warm, "warm", 100, "signals before the measurement")
	flag.Parse()
	if err := b.run(); err != nil {
		fmt.Fprintln(os.Stderr, "benchwatch:", err)
		os.Exit(1)
	}
}

// bench is one measurement.
type bench struct {
	binary       string
	assets, rate int
	length       time.Duration
	warm         int
	desk         *outside.Desk
}

// projectCount is how many signals will be pushed: each has a project of its own, so that
// each must be told.
func (b *bench) projectCount() int { return b.warm + int(b.length.Seconds())*b.rate }

func (b *bench) run() (err error) {
	if b.desk, err = outside.New(b.binary); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.desk.Close()) }()
	clock := outside.NewClock()
	receiver := clock.Receiver()
	defer receiver.Close()
	if err := b.desk.Import(outside.Portfolio(b.projectCount(), max(1, b.assets/b.projectCount()), receiver.URL)); err != nil {
		return err
	}
	started := time.Now()
	if err := b.desk.Start(); err != nil {
		return err
	}
	first := time.Since(started)
	if err := b.desk.SignIn(); err != nil {
		return err
	}
	push := func(ctx context.Context, i int) error { return b.desk.Push(ctx, clock, i) }
	if err := errors.Join(outside.Pace(0, b.warm, b.rate, push), outside.Pace(b.warm, b.projectCount(), b.rate, push)); err != nil {
		return err
	}
	if missing := clock.Wait(30 * time.Second); missing > 0 {
		return fmt.Errorf("%d of %d notifications never came\n%s", missing, b.projectCount(), b.desk.Printed())
	}
	var measured []string
	for i := b.warm; i < b.projectCount(); i++ {
		measured = append(measured, "p"+strconv.Itoa(i))
	}
	latencies := clock.Took(measured)
	pages, err := b.pages(60)
	if err != nil {
		return err
	}
	rss, err := b.desk.ResidentMB()
	if err != nil {
		return err
	}
	b.desk.Stop()
	again := time.Now()
	if err := b.desk.Start(); err != nil {
		return err
	}
	restart := time.Since(again)
	info, err := os.Stat(b.binary)
	if err != nil {
		return err
	}
	fmt.Printf("%d assets in %d projects, %d signals at %d/s, each with one webhook\n", b.assets, b.projectCount(), len(latencies), b.rate)
	fmt.Printf("start on the imported portfolio %.0f ms, with %d open warnings %.0f ms\n", outside.MS(first), b.projectCount(), outside.MS(restart))
	outside.Figure("watch.latency_p50_ms", outside.MS(outside.Quantile(latencies, .5)), "ms")
	outside.Figure("watch.latency_p99_ms", outside.MS(outside.Quantile(latencies, .99)), "ms")
	outside.Figure("watch.rss_mb", rss, "MB")
	outside.Figure("watch.queue_page_p95_ms", outside.MS(outside.Quantile(pages, .95)), "ms")
	outside.Figure("watch.start_ms", outside.MS(first), "ms")
	outside.Figure("watch.binary_mb", float64(info.Size())/1e6, "MB")
	return nil
}

// pages reads the watch queue n times.
func (b *bench) pages(n int) ([]time.Duration, error) {
	var out []time.Duration
	for range n {
		began := time.Now()
		resp, err := b.desk.Client.Get(b.desk.Base + "/")
		if err != nil {
			return nil, err
		}
		size, err := io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK || size < 10_000 {
			return nil, fmt.Errorf("queue page: %s, %d bytes, %w", resp.Status, size, err)
		}
		out = append(out, time.Since(began))
	}
	return out, nil
}
