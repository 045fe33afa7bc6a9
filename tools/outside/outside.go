// Package outside drives a running Watchfire from outside its process, for benchmarks: it
// writes configuration and portfolio, starts the built binary on an empty folder, signs in,
// pushes signals and notes when the webhook that each of them must cause comes in. It speaks
// to loopback addresses only and knows nothing of the program's inside. It measures and
// never judges: what a figure must be stands with the benchmark.
package outside

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
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
	"time"
)

// A Desk is one installation in a folder of its own.
type Desk struct {
	Binary string
	Extra  string // lines of configuration
	Dir    string
	Base   string // address of the pages
	Env    []string
	Client *http.Client
	Log    io.Writer // gets a copy of everything that the server prints; nil = nobody
	// Wrap is the command line before that of the server, which it must become (exec): limits,
	// namespaces.
	Wrap []string
	// Sources are the definitions of sources beside the configuration; "" = none.
	Sources string

	server *exec.Cmd
	ended  chan struct{} // closed when the server has ended
	out    *lines
}

// New makes an installation that is not yet running.
func New(binary string) (*Desk, error) {
	dir, err := os.MkdirTemp("", "watchfire-bench-")
	if err != nil {
		return nil, err
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	d := &Desk{
		Binary: binary, Dir: dir, Base: "http://" + l.Addr().String(),
		Client: &http.Client{Jar: jar, Timeout: 60 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 256}},
	}
	return d, l.Close()
}

// Close stops the server and removes the folder.
func (d *Desk) Close() error {
	d.Stop()
	return os.RemoveAll(d.Dir)
}

// File is a path in the folder.
func (d *Desk) File(name string) string { return filepath.Join(d.Dir, name) }

// Configure writes the configuration and the definitions of sources.
func (d *Desk) Configure() error {
	config := fmt.Sprintf("listen: %s\ndata: %s\nbuiltin_sources: false\nallow_networks: [127.0.0.1/32]\nlog_level: error\nwebhook: {secrets: ['env:BENCH_SECRET']}\n%s",
		strings.TrimPrefix(d.Base, "http://"), d.File("data"), d.Extra)
	if d.Sources != "" {
		config += "sources: " + d.File("sources.yaml") + "\n"
		if err := os.WriteFile(d.File("sources.yaml"), []byte(d.Sources), 0o600); err != nil {
			return err
		}
	}
	return os.WriteFile(d.File("config.yaml"), []byte(config), 0o600)
}

// Import writes the configuration and imports a portfolio.
func (d *Desk) Import(portfolio string) error {
	if err := d.Configure(); err != nil {
		return err
	}
	if err := os.WriteFile(d.File("portfolio.csv"), []byte(portfolio), 0o600); err != nil {
		return err
	}
	out, err := d.Command("portfolio", "import", "--config", d.File("config.yaml"), d.File("portfolio.csv")).CombinedOutput()
	if err != nil {
		return fmt.Errorf("import the portfolio: %w: %s", err, out[max(0, len(out)-500):])
	}
	return nil
}

// SignIn uses the link of the first start.
func (d *Desk) SignIn() error {
	link, form := "", regexp.MustCompile(`http://\S+/sign-in/\S+\n`)
	for deadline := time.Now().Add(10 * time.Second); link == ""; { // it answers before what it printed has come here
		if link = strings.TrimSpace(form.FindString(d.Printed())); link == "" && time.Now().After(deadline) {
			return fmt.Errorf("no sign-in link in:\n%s", d.out)
		}
		<-time.After(2 * time.Millisecond)
	}
	resp, err := d.Client.PostForm(link, url.Values{"password": {"a long bench password"}, "again": {"a long bench password"}})
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 400 {
		return fmt.Errorf("sign in: %s", resp.Status)
	}
	return nil
}

// ResidentMB is the peak resident memory of the server (VmHWM), in megabytes.
func (d *Desk) ResidentMB() (float64, error) { return ResidentMB(d.server.Process.Pid) }

// ResidentMB is the peak resident memory of a process (VmHWM), in megabytes.
func ResidentMB(pid int) (float64, error) {
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

// Place spreads projects over the inhabited latitudes, 111 km apart at least, so that a
// conflict's signal, which reaches 50 km, concerns one project only. There is room for 34,000;
// later ones are put beside the first.
func Place(i int) (lat, lon float64) {
	const step, south, north, width = 1, -58, 70, 336
	for at := i; ; {
		for lat = south; lat <= north; lat += step {
			columns := int(width / step * math.Cos(lat*math.Pi/180))
			if at < columns {
				return lat, -168 + float64(at)*width/float64(columns)
			}
			at -= columns
		}
	}
}

// Portfolio is a file of projects with as many sites each, and one contact each whose webhook
// is the receiver's address and the project's code.
func Portfolio(projects, each int, receiver string) string {
	var csv strings.Builder
	csv.WriteString("thing,project,code,name,country,zone,lat,lon,shifts,class,step,language,channels\n")
	for i := range projects {
		lat, lon := Place(i)
		fmt.Fprintf(&csv, "project,,p%d,Project %d,PK,UTC,,,,,,,\n", i, i)
		for j := range each {
			fmt.Fprintf(&csv, "site,p%d,s%d,Site %d,PK,,%.4f,%.4f,all %d,masonry,,,\n", i, j, j, lat+float64(j)*0.01, lon, 10+j)
		}
		fmt.Fprintf(&csv, "contact,p%d,c%d,Contact %d,,UTC,,,,,1,en,webhook:%s/p%d\n", i, i, i, receiver, i)
	}
	return csv.String()
}

// A Clock notes when something was sent and when it first came back, by name.
type Clock struct {
	mu        sync.Mutex
	sent, got map[string]time.Time
}

// NewClock returns an empty Clock.
func NewClock() *Clock { return &Clock{sent: map[string]time.Time{}, got: map[string]time.Time{}} }

// Sent notes that a name leaves now.
func (c *Clock) Sent(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sent[name] = time.Now()
}

// Got notes that a name came back; only the first time counts.
func (c *Clock) Got(name string, at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.got[name].IsZero() {
		c.got[name] = at
	}
}

// Count is how many came back.
func (c *Clock) Count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.got)
}

// Wait waits until everything that was sent came back; missing is how many never did.
func (c *Clock) Wait(limit time.Duration) (missing int) {
	for deadline := time.Now().Add(limit); ; {
		c.mu.Lock()
		missing = 0
		for name := range c.sent {
			if c.got[name].IsZero() {
				missing++
			}
		}
		c.mu.Unlock()
		if missing == 0 || time.Now().After(deadline) {
			return missing
		}
		<-time.After(20 * time.Millisecond)
	}
}

// Took are the times of names; those that never came back are left out.
func (c *Clock) Took(names []string) []time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []time.Duration
	for _, n := range names {
		if got := c.got[n]; !got.IsZero() {
			out = append(out, got.Sub(c.sent[n]))
		}
	}
	return out
}

// Receiver takes webhooks; the path names what came back.
func (c *Clock) Receiver() *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		now := time.Now()
		io.Copy(io.Discard, r.Body) //nolint:errcheck // the sender's business
		c.Got(strings.TrimPrefix(r.URL.Path, "/"), now)
	}))
}

// Signal is a clash at the place of project i.
func Signal(key string, i int) ([]byte, error) {
	lat, lon := Place(i)
	return json.Marshal(map[string]any{
		"key": key, "hazard": "conflict", "type": "armed clash", "severity": "Severe", "certainty": "Observed",
		"texts":      []map[string]string{{"language": "en", "headline": fmt.Sprintf("Clash %d near a site", i)}},
		"occurred":   time.Now().UTC(),
		"footprints": []map[string]any{{"role": "centre", "shape": map[string]any{"type": "Point", "coordinates": []float64{lon, lat}, "radius_km": 0.5}}},
	})
}

// Post sends a body and wants it to be taken.
func Post(ctx context.Context, client *http.Client, address string, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 300 {
		answer, err := io.ReadAll(resp.Body)
		return errors.Join(fmt.Errorf("post to %s: %s: %s", address, resp.Status, answer), err)
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}

// Push sends the signal of project i and notes when.
func (d *Desk) Push(ctx context.Context, c *Clock, i int) error {
	body, err := Signal(fmt.Sprintf("bench-%d", i), i)
	if err != nil {
		return err
	}
	c.Sent("p" + strconv.Itoa(i))
	return Post(ctx, d.Client, d.Base+"/api/v1/signals", body)
}

// Pace calls do for from..to at a steady rate, each on its own, and waits for all. It counts
// time and not ticks: a tick that comes late brings all that are due.
func Pace(from, to, rate int, do func(ctx context.Context, i int) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	var wg sync.WaitGroup
	errs := make(chan error, to-from)
	began := time.Now()
	for i := from; i < to; i++ {
		due := began.Add(time.Duration(i-from) * time.Second / time.Duration(rate))
		if wait := time.Until(due); wait > 0 {
			<-time.After(wait)
		}
		wg.Go(func() {
			if err := do(ctx, i); err != nil {
				errs <- err
			}
		})
	}
	wg.Wait()
	close(errs)
	return <-errs
}

// Figure prints a line that the table of figures reads.
func Figure(name string, value float64, unit string) {
	fmt.Printf("figure %s %s %s\n", name, strconv.FormatFloat(value, 'f', digits(value), 64), unit)
}

func digits(v float64) int {
	switch {
	case v >= 10:
		return 1
	case v >= 1:
		return 2
	default:
		return 3
	}
}

// MS is a span in milliseconds.
func MS(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// Quantile sorts the list and returns one of its quantiles; 0 of an empty one.
func Quantile(list []time.Duration, q float64) time.Duration {
	if len(list) == 0 {
		return 0
	}
	slices.Sort(list)
	return list[min(len(list)-1, int(q*float64(len(list))))]
}
