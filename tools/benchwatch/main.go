// Command benchwatch measures a running Watchfire from outside the process: it starts the
// built binary on an empty folder with a large portfolio, pushes signals at a fixed rate and
// waits for the webhook that each of them must cause. A latency runs from the moment before
// the request is sent to the moment the receiver has the notification; everything in
// between is durable (synchronous=FULL). It prints lines `figure NAME VALUE UNIT` and fails
// when a notification is missing. It sends to loopback addresses only.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
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

	dir, base string
	client    *http.Client
	server    *exec.Cmd
	out       *lines

	mu   sync.Mutex
	got  map[string]time.Time // project code → when its first notification came
	sent map[string]time.Time
}

// projectCount is how many signals will be pushed: each has a project of its own, so that
// each must be told.
func (b *bench) projectCount() int { return b.warm + int(b.length.Seconds())*b.rate }

func (b *bench) run() (err error) {
	if b.dir, err = os.MkdirTemp("", "watchfire-bench-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(b.dir)) }()
	jar, err := cookiejar.New(nil)
	if err != nil {
		return err
	}
	b.client = &http.Client{Jar: jar, Timeout: 60 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	b.got, b.sent = map[string]time.Time{}, map[string]time.Time{}
	receiver := httptest.NewServer(http.HandlerFunc(b.receive))
	defer receiver.Close()
	if err := b.prepare(receiver.URL); err != nil {
		return err
	}
	started := time.Now()
	if err := b.start(); err != nil {
		return err
	}
	defer b.stop()
	first := time.Since(started)
	if err := b.signIn(); err != nil {
		return err
	}
	if err := b.push(0, b.warm); err != nil {
		return err
	}
	if err := b.push(b.warm, b.projectCount()); err != nil {
		return err
	}
	latencies, err := b.collect()
	if err != nil {
		return err
	}
	pages, err := b.pages(60)
	if err != nil {
		return err
	}
	rss, err := residentMB(b.server.Process.Pid)
	if err != nil {
		return err
	}
	b.stop()
	again := time.Now()
	if err := b.start(); err != nil {
		return err
	}
	restart := time.Since(again)
	info, err := os.Stat(b.binary)
	if err != nil {
		return err
	}
	fmt.Printf("%d assets in %d projects, %d signals at %d/s, each with one webhook\n", b.assets, b.projectCount(), len(latencies), b.rate)
	fmt.Printf("start on the imported portfolio %.0f ms, with %d open warnings %.0f ms\n", ms(first), b.projectCount(), ms(restart))
	figure("watch.latency_p50_ms", ms(quantile(latencies, .5)), "ms")
	figure("watch.latency_p99_ms", ms(quantile(latencies, .99)), "ms")
	figure("watch.rss_mb", rss, "MB")
	figure("watch.queue_page_p95_ms", ms(quantile(pages, .95)), "ms")
	figure("watch.start_ms", ms(first), "ms")
	figure("watch.binary_mb", float64(info.Size())/1e6, "MB")
	return nil
}

func figure(name string, value float64, unit string) {
	fmt.Printf("figure %s %.1f %s\n", name, value, unit)
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func quantile(list []time.Duration, q float64) time.Duration {
	slices.Sort(list)
	return list[min(len(list)-1, int(q*float64(len(list))))]
}

// place spreads projects over the inhabited latitudes, about 0.6° apart, so that a signal
// reaches one project only.
func place(i int) (lat, lon float64) {
	const columns = 560
	return -50 + float64(i/columns)*0.9, -168 + float64(i%columns)*0.6
}

// prepare writes configuration and portfolio and imports them.
func (b *bench) prepare(receiver string) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		return err
	}
	b.base = "http://" + address
	config := fmt.Sprintf("listen: %s\ndata: %s\nbuiltin_sources: false\nallow_networks: [127.0.0.1/32]\nlog_level: error\nwebhook: {secrets: ['env:BENCH_SECRET']}\n",
		address, filepath.Join(b.dir, "data"))
	if err := os.WriteFile(b.file("config.yaml"), []byte(config), 0o600); err != nil {
		return err
	}
	var csv strings.Builder
	csv.WriteString("thing,project,code,name,country,zone,lat,lon,shifts,class,step,language,channels\n")
	each := max(1, b.assets/b.projectCount())
	for i := range b.projectCount() {
		lat, lon := place(i)
		fmt.Fprintf(&csv, "project,,p%d,Project %d,PK,UTC,,,,,,,\n", i, i)
		for j := range each {
			fmt.Fprintf(&csv, "site,p%d,s%d,Site %d,PK,,%.4f,%.4f,all %d,masonry,,,\n", i, j, j, lat+float64(j)*0.01, lon, 10+j)
		}
		fmt.Fprintf(&csv, "contact,p%d,c%d,Contact %d,,UTC,,,,,1,en,webhook:%s/p%d\n", i, i, i, receiver, i)
	}
	if err := os.WriteFile(b.file("portfolio.csv"), []byte(csv.String()), 0o600); err != nil {
		return err
	}
	out, err := b.command("portfolio", "import", "--config", b.file("config.yaml"), b.file("portfolio.csv")).CombinedOutput()
	if err != nil {
		return fmt.Errorf("import the portfolio: %w: %s", err, out[max(0, len(out)-500):])
	}
	return nil
}

func (b *bench) file(name string) string { return filepath.Join(b.dir, name) }

func (b *bench) command(args ...string) *exec.Cmd {
	cmd := exec.Command(b.binary, args...)
	cmd.Env = append(os.Environ(), "BENCH_SECRET=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	return cmd
}

// lines keeps what the server prints.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write implements io.Writer.
func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

// String is what was printed so far.
func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// start runs the server and returns when it says that it is ready.
func (b *bench) start() error {
	b.out = &lines{}
	b.server = b.command("serve", "--config", b.file("config.yaml"))
	b.server.Stdout, b.server.Stderr = b.out, b.out
	if err := b.server.Start(); err != nil {
		return err
	}
	deadline := time.Now().Add(60 * time.Second)
	for time.Now().Before(deadline) {
		resp, err := b.client.Get(b.base + "/readyz")
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return nil
			}
		}
		<-time.After(2 * time.Millisecond)
	}
	return fmt.Errorf("the server does not answer:\n%s", b.out)
}

func (b *bench) stop() {
	if b.server == nil {
		return
	}
	if err := b.server.Process.Signal(syscall.SIGTERM); err == nil {
		b.server.Wait() //nolint:errcheck // it was told to stop
	}
	b.server = nil
}

func (b *bench) signIn() error {
	link := regexp.MustCompile(`http://\S+/sign-in/\S+`).FindString(b.out.String())
	if link == "" {
		return fmt.Errorf("no sign-in link in:\n%s", b.out)
	}
	resp, err := b.client.PostForm(link, url.Values{"password": {"a long bench password"}, "again": {"a long bench password"}})
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 400 {
		return fmt.Errorf("sign in: %s", resp.Status)
	}
	return nil
}

// receive takes webhooks; the path names the project.
func (b *bench) receive(w http.ResponseWriter, r *http.Request) {
	now := time.Now()
	io.Copy(io.Discard, r.Body) //nolint:errcheck // the sender's business
	b.mu.Lock()
	defer b.mu.Unlock()
	if code := strings.TrimPrefix(r.URL.Path, "/"); b.got[code].IsZero() {
		b.got[code] = now
	}
}

// push sends the signals of projects from..to at the set rate, each in its own request.
func (b *bench) push(from, to int) error {
	tick := time.NewTicker(time.Second / time.Duration(b.rate))
	defer tick.Stop()
	var wg sync.WaitGroup
	errs := make(chan error, to-from)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	for i := from; i < to; i++ {
		<-tick.C
		wg.Go(func() {
			if err := b.one(ctx, i); err != nil {
				errs <- err
			}
		})
	}
	wg.Wait()
	close(errs)
	return <-errs
}

func (b *bench) one(ctx context.Context, i int) error {
	lat, lon := place(i)
	body, err := json.Marshal(map[string]any{
		"key": fmt.Sprintf("bench-%d", i), "hazard": "conflict", "type": "armed clash", "severity": "Severe", "certainty": "Observed",
		"texts":      []map[string]string{{"language": "en", "headline": fmt.Sprintf("Clash %d near a site", i)}},
		"occurred":   time.Now().UTC(),
		"footprints": []map[string]any{{"role": "centre", "shape": map[string]any{"type": "Point", "coordinates": []float64{lon, lat}, "radius_km": 0.5}}},
	})
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, b.base+"/api/v1/signals", bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	b.mu.Lock()
	b.sent["p"+strconv.Itoa(i)] = time.Now()
	b.mu.Unlock()
	resp, err := b.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 300 {
		answer, err := io.ReadAll(resp.Body)
		return errors.Join(fmt.Errorf("push %d: %s: %s", i, resp.Status, answer), err)
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}

// collect waits for the last notifications and returns the latencies of those measured.
func (b *bench) collect() ([]time.Duration, error) {
	deadline := time.Now().Add(30 * time.Second)
	for {
		b.mu.Lock()
		missing := len(b.sent) - len(b.got)
		b.mu.Unlock()
		if missing <= 0 {
			break
		}
		if time.Now().After(deadline) {
			return nil, fmt.Errorf("%d of %d notifications never came\n%s", missing, len(b.sent), b.out)
		}
		<-time.After(50 * time.Millisecond)
	}
	var out []time.Duration
	for i := b.warm; i < b.projectCount(); i++ {
		code := "p" + strconv.Itoa(i)
		out = append(out, b.got[code].Sub(b.sent[code]))
	}
	return out, nil
}

// pages reads the watch queue n times.
func (b *bench) pages(n int) ([]time.Duration, error) {
	var out []time.Duration
	for range n {
		began := time.Now()
		resp, err := b.client.Get(b.base + "/")
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

// residentMB is the peak resident memory of a process (VmHWM), in megabytes.
func residentMB(pid int) (float64, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	m := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(raw)
	if m == nil {
		return 0, errors.New("no VmHWM in the process's status")
	}
	kb, err := strconv.ParseFloat(string(m[1]), 64)
	return kb / 1000, err
}
