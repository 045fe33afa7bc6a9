package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/webhook"
	"watchfire.dev/internal/delivery/wording"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure"
	"watchfire.dev/internal/exposure/impact"
	"watchfire.dev/internal/geo"
	"watchfire.dev/internal/id"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/phrase"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/store"
	"watchfire.dev/internal/store/engine"
	"watchfire.dev/internal/store/postgres"
	"watchfire.dev/internal/store/sqlite"
	"watchfire.dev/internal/warning"
	"watchfire.dev/internal/watch"
	"watchfire.dev/tools/outside"
)

const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// office is a store, a watch and a dispatcher in this process.
type office struct {
	dir      string
	db       *store.DB
	watch    *watch.Service
	send     *delivery.Dispatcher
	receiver *httptest.Server
	got      atomic.Int64
	onGot    atomic.Pointer[func(path string, at time.Time)]
	onStep   atomic.Pointer[func(step string)]
	stop     func() error
}

// links makes no links: the receiver is a machine.
type links struct{}

// Answer implements wording.Links.
func (links) Answer(context.Context, string, string, string, time.Time) (string, error) {
	return "http://127.0.0.1/a/bench", nil
}

// open makes an office with a portfolio; deliver starts its dispatcher.
func open(p portfolio.Portfolio, org, address string) (*office, error) {
	dir, err := os.MkdirTemp("", "watchfire-bench-")
	if err != nil {
		return nil, err
	}
	o := &office{dir: dir}
	var d engine.Database
	if address != "" {
		d, err = postgres.Open(context.Background(), address)
	} else {
		d, err = sqlite.Open(context.Background(), filepath.Join(dir, "watchfire.db"))
	}
	if err != nil {
		return nil, err
	}
	o.db = store.New(d)
	o.receiver = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		o.got.Add(1)
		if f := o.onGot.Load(); f != nil {
			(*f)(strings.TrimPrefix(r.URL.Path, "/"), time.Now())
		}
	}))
	book, err := phrase.New()
	if err != nil {
		return nil, err
	}
	client := &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	channel := webhook.New(client, func(string, string) ([]string, error) { return []string{secret}, nil }, time.Now)
	o.send = delivery.NewDispatcher(delivery.Config{
		Store: o.db, Storm: o.db, Channels: []delivery.Channel{channel}, Words: wording.New(book, links{}, "http://127.0.0.1"), Now: time.Now,
		Limits: delivery.DefaultLimits(), Changed: func(string) {}, Log: slog.New(slog.NewTextHandler(os.Stderr, nil)),
	})
	method := impact.Default()
	policy := warning.DefaultPolicy()
	o.watch = watch.NewService(watch.Config{
		Store: o.db, Now: time.Now, Policy: policy, Workers: runtime.GOMAXPROCS(0),
		Matcher:  func(p portfolio.Portfolio) watch.Matcher { return exposure.NewIndexWith(p, method, policy.Matrix) },
		Rater:    func([]watch.RuleVersion) (watch.Rater, error) { return nil, nil },
		Dispatch: o.send.Dispatch,
		Changed:  func(string) {},
		Failpoint: func(step string) {
			if f := o.onStep.Load(); f != nil {
				(*f)(step)
			}
		},
	})
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	var diskErr, watchErr error
	disk, stopDisk := context.WithCancel(context.Background())
	var writer sync.WaitGroup
	writer.Go(func() { diskErr = o.db.Run(disk) })
	err = o.db.Do(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO organisation (id, name, language, zone, created_at) VALUES (?, 'O', 'en', 'UTC', '') ON CONFLICT DO NOTHING", org)
		return err
	})
	o.stop = func() error {
		cancel()
		running.Wait()
		stopDisk()
		writer.Wait()
		o.receiver.Close()
		return errors.Join(diskErr, watchErr, o.db.Close(), os.RemoveAll(dir))
	}
	if err == nil {
		err = o.watch.Load(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, o.stop())
	}
	running.Go(func() { watchErr = o.watch.Run(ctx) })
	if _, err := o.watch.SetPortfolio(ctx, watch.PortfolioVersion{Actor: "bench", Portfolio: p}); err != nil {
		return nil, errors.Join(err, o.stop())
	}
	return o, nil
}

// deliver runs the dispatcher until the returned function is called.
func (o *office) deliver() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { o.send.Run(ctx) }) //nolint:errcheck // it returns none
	return func() { cancel(); running.Wait() }
}

// aWarning is a live yellow that names one site.
func aWarning(org, project string, now time.Time) warning.Warning {
	p := level.P{1, .9, .4, .1, .01}
	return warning.Warning{
		ID: "wrn_bench", Org: org, Project: project, Family: event.Conflict, Hazard: event.Conflict, Episode: "evt_1", Revision: 1, State: warning.Issued,
		Level: level.Yellow, Peak: level.Yellow, Cell: level.Yellow, P: p, Reason: warning.Opened, Notify: true, TLP: "GREEN", Method: "bench",
		Evidence: []string{"sig_1"}, OpenedAt: now, At: now, LevelSince: now, Fresh: now, Expires: now.Add(24 * time.Hour),
		Events: []warning.EventRef{{ID: "evt_1", Revision: 1, Title: "Clash near a site"}},
		Rows: []exposure.Exposure{{
			Event: "evt_1", Revision: 1, Hazard: event.Conflict, Project: project, Asset: "ast_1", Kind: portfolio.Site, Name: "Site", How: exposure.Distance,
			DistanceKM: 3, Persons: 10, P: p, Level: level.Yellow, Source: "bench", Method: "bench",
		}},
	}
}

func (o *office) note(i int, l level.Level, w warning.Warning, now time.Time) response.Notification {
	return response.Notification{
		ID: fmt.Sprintf("ntf_%s%07d", l, i), Org: w.Org, Warning: w.ID, Revision: 1, Level: l, Contact: "c0", Step: 1, Channel: "webhook",
		Address: o.receiver.URL + "/" + l.String(), Purpose: response.Alarm, Due: now, State: response.Pending,
	}
}

// queue commits n yellows of one warning.
func (o *office) queue(w warning.Warning, n int, now time.Time) error {
	err := o.db.Commit(context.Background(), &watch.Batch{Decisions: []watch.OrgDecision{{Org: w.Org, Decision: watch.Decision{At: now, Warning: &w}}}})
	for i := 0; i < n && err == nil; i += 10_000 {
		var b watch.Batch
		for j := i; j < min(n, i+10_000); j++ {
			b.Notifications = append(b.Notifications, o.note(j, level.Yellow, w, now))
		}
		err = o.db.Commit(context.Background(), &b)
	}
	return err
}

func small() portfolio.Portfolio {
	return portfolio.Portfolio{
		Org: "o", Version: 1, Projects: []portfolio.Project{{ID: "p0", Code: "p0", Name: "P", Zone: "UTC", Country: "PK"}},
		Contacts: []portfolio.Contact{{ID: "c0", Project: "p0", Code: "c0", Name: "C", Step: 1, Language: "en", Zone: "UTC"}},
	}
}

// red measures how long a red takes that comes while 100,000 yellows leave, and how many
// leave in a second through a local webhook.
func (b bench) red() error {
	if err := b.redOn("sqlite", ""); err != nil || b.cluster == nil {
		return err
	}
	address, err := b.address()
	if err != nil {
		return err
	}
	return b.redOn("postgres", address)
}

func (b bench) redOn(name, address string) (err error) {
	o, err := open(small(), "o", address)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.stop()) }()
	now := time.Now().Truncate(time.Microsecond)
	w := aWarning("o", "p0", now)
	if err := o.queue(w, b.queued, now); err != nil {
		return err
	}
	came := make(chan time.Time, 1)
	hear := func(path string, at time.Time) {
		if path == "red" {
			select {
			case came <- at:
			default:
			}
		}
	}
	o.onGot.Store(&hear)
	stop := o.deliver()
	defer stop()
	began := time.Now()
	for o.got.Load() < int64(b.queued/50) {
		<-time.After(time.Millisecond)
	}
	asked := time.Now()
	red := o.note(1, level.Red, w, asked.Truncate(time.Microsecond))
	if err := o.db.Commit(context.Background(), &watch.Batch{Notifications: []response.Notification{red}}); err != nil {
		return err
	}
	o.send.Dispatch([]response.Notification{red})
	var took time.Duration
	select {
	case at := <-came:
		took = at.Sub(asked)
	case <-time.After(time.Minute):
		var state, detail string
		err := o.db.Reader().QueryRowContext(context.Background(), "SELECT state, detail FROM notification WHERE id = ?", red.ID).Scan(&state, &detail)
		return errors.Join(fmt.Errorf("the red did not come: %s %s", state, detail), err)
	}
	if left := int64(b.queued) - o.got.Load(); left < int64(b.queued)/2 {
		return fmt.Errorf("only %d yellows were left when the red came: nothing was overtaken", left)
	}
	for o.got.Load() < int64(b.queued)+1 && time.Since(began) < 5*time.Minute {
		<-time.After(5 * time.Millisecond)
	}
	if o.got.Load() < int64(b.queued)+1 {
		return fmt.Errorf("%d of %d never came", int64(b.queued)+1-o.got.Load(), b.queued+1)
	}
	overtakes := "deliver.red_overtakes_s"
	if name != "sqlite" {
		overtakes = "deliver." + name + ".red_overtakes_s"
	}
	outside.Figure(overtakes, took.Seconds(), "s")
	outside.Figure("deliver."+name+".rate_per_s", float64(b.queued)/time.Since(began).Seconds(), "1/s")
	return nil
}

// sites measures one event over 10,000 sites of 100 projects: from the beginning of the first
// commit to the first webhook, and to the end of the last commit. A small event elsewhere
// comes first, as to a process that has run for a while: its statements are prepared and its
// connections open.
func (b bench) sites() (err error) {
	const projects, each = 100, 100
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(200) // about what the program sets with so much alive
	}
	p := portfolio.Portfolio{Org: "o", Version: 1}
	var mu sync.Mutex
	var began, durable, first time.Time
	o, err := open(portfolio.Portfolio{Org: "o", Version: 1}, "o", "")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.stop()) }()
	p.Version = 2
	for i := range projects {
		code := fmt.Sprintf("p%d", i)
		p.Projects = append(p.Projects, portfolio.Project{ID: code, Code: code, Name: "Project " + code, Zone: "UTC", Country: "PK"})
		for j := range each {
			p.Assets = append(p.Assets, portfolio.Asset{
				ID: fmt.Sprintf("a%d-%d", i, j), Project: code, Kind: portfolio.Site, Code: fmt.Sprintf("s%d", j), Name: fmt.Sprintf("Site %d", j), Country: "PK",
				Shape: geo.At(30+float64(i%10)*0.02+float64(j%10)*0.001, 67+float64(i/10)*0.02+float64(j/10)*0.001, 0), Class: "masonry",
			})
		}
		p.Contacts = append(p.Contacts, portfolio.Contact{
			ID: "c" + code, Project: code, Code: "c" + code, Name: "C", Step: 1, Language: "en", Zone: "UTC",
			Channels: []portfolio.Address{{Channel: "webhook", Address: o.receiver.URL + "/" + code}},
		})
	}
	far := geo.At(-30, -67, 0)
	p.Projects = append(p.Projects, portfolio.Project{ID: "far", Code: "far", Name: "Far", Zone: "UTC", Country: "AR"})
	p.Assets = append(p.Assets, portfolio.Asset{ID: "far", Project: "far", Kind: portfolio.Site, Code: "far", Name: "Far", Country: "AR", Shape: far, Class: "masonry"})
	p.Contacts = append(p.Contacts, portfolio.Contact{
		ID: "cfar", Project: "far", Code: "cfar", Name: "C", Step: 1, Language: "en", Zone: "UTC", Channels: []portfolio.Address{{Channel: "webhook", Address: o.receiver.URL + "/far"}},
	})
	if _, err := o.watch.SetPortfolio(context.Background(), watch.PortfolioVersion{Actor: "bench", Portfolio: p}); err != nil {
		return err
	}
	stop := o.deliver()
	defer stop()
	quake := func(key string, at geo.Shape) event.Signal {
		at.RadiusKM = 5
		s := event.Signal{
			Source: "bench", Owner: "bench", Key: key, Version: "1", Order: 1, Act: event.Report, Status: event.Actual, Hazard: event.Earthquake, Instrument: true,
			Texts: []event.Text{{Language: "en", Headline: "quake"}}, Grade: event.Grade{Reliability: "A", Credibility: 1}, Occurred: time.Now().UTC(),
			Measures: event.Measures{{Name: "magnitude", Value: 7.4}, {Name: "depth_km", Value: 10}}, Record: id.Hash([]byte(key)),
			Footprints: []event.Footprint{{Shape: at, Role: event.Centre}},
		}
		s.ID = event.SignalID(s)
		return s
	}
	told := func(n int64) error {
		for deadline := time.Now().Add(30 * time.Second); o.got.Load() < n; <-time.After(time.Millisecond) {
			if time.Now().After(deadline) {
				return fmt.Errorf("%d of %d projects were told", o.got.Load(), n)
			}
		}
		return nil
	}
	if _, err := o.watch.Observe(context.Background(), watch.Observation{Signals: []event.Signal{quake("far", far)}}); err != nil {
		return err
	}
	if err := told(1); err != nil {
		return err
	}
	step := func(name string) {
		mu.Lock()
		defer mu.Unlock()
		switch {
		case name == "before-commit" && began.IsZero():
			began = time.Now()
		case name == "committed":
			durable = time.Now()
		}
	}
	hear := func(_ string, at time.Time) {
		mu.Lock()
		defer mu.Unlock()
		if first.IsZero() {
			first = at
		}
	}
	o.onStep.Store(&step)
	o.onGot.Store(&hear)
	asked := time.Now()
	if _, err := o.watch.Observe(context.Background(), watch.Observation{Signals: []event.Signal{quake("quake", geo.At(30.1, 67.1, 5))}}); err != nil {
		return err
	}
	if err := told(projects + 1); err != nil {
		return err
	}
	mu.Lock()
	defer mu.Unlock()
	fmt.Printf("one event, %d sites of %d projects: decided in %.1f ms\n", projects*each, projects, outside.MS(began.Sub(asked)))
	outside.Figure("deliver.first_10k_sites_ms", outside.MS(first.Sub(began)), "ms")
	outside.Figure("deliver.last_row_10k_sites_ms", outside.MS(durable.Sub(began)), "ms")
	return nil
}

// memory measures the real program with a million notifications queued, while it sends.
func (b bench) memory() (err error) {
	desk, err := outside.New(b.binary)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, desk.Close()) }()
	var got atomic.Int64
	receiver := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { got.Add(1) }))
	defer receiver.Close()
	if err := desk.Import(outside.Portfolio(1, 10, receiver.URL)); err != nil {
		return err
	}
	if err := fill(desk.File("data"), receiver, b.million); err != nil {
		return err
	}
	if err := desk.Start(); err != nil {
		return err
	}
	for deadline := time.Now().Add(2 * time.Minute); got.Load() < 5000; <-time.After(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			return fmt.Errorf("only %d were sent", got.Load())
		}
	}
	rss, err := desk.ResidentMB()
	if err != nil {
		return err
	}
	outside.Figure("deliver.rss_mb", rss, "MB")
	return nil
}

// fill queues notifications in the database of an installation that is not running.
func fill(folder string, receiver *httptest.Server, n int) error {
	ctx, cancel := context.WithCancel(context.Background())
	d, err := sqlite.Open(ctx, filepath.Join(folder, "watchfire.db"))
	if err != nil {
		cancel()
		return err
	}
	o := &office{db: store.New(d), receiver: receiver}
	var running sync.WaitGroup
	var runErr error
	running.Go(func() { runErr = o.db.Run(ctx) })
	orgs, err := o.db.Orgs(ctx)
	var p portfolio.Portfolio
	if err == nil {
		p, err = o.db.PortfolioAt(ctx, orgs[0], 0)
	}
	if err == nil {
		now := time.Now().Truncate(time.Microsecond)
		err = o.queue(aWarning(orgs[0], p.Projects[0].ID, now), n, now)
	}
	cancel()
	running.Wait()
	return errors.Join(err, runErr, o.db.Close())
}

// warning measures what one live warning costs in memory: the core with its event, its
// report, its row and its timer.
func (b bench) warning() error {
	p := portfolio.Portfolio{Org: "o", Version: 1}
	for i := range b.warnings {
		lat, lon := outside.Place(i)
		code := fmt.Sprintf("p%d", i)
		p.Projects = append(p.Projects, portfolio.Project{ID: code, Code: code, Name: "Project " + code, Zone: "UTC", Country: "PK"})
		p.Assets = append(p.Assets, portfolio.Asset{ID: "a" + code, Project: code, Kind: portfolio.Site, Code: "s", Name: "Site", Country: "PK", Shape: geo.At(lat, lon, 0), Class: "masonry"})
	}
	policy := warning.DefaultPolicy()
	core := watch.NewCore("o", policy, exposure.NewIndexWith(p, impact.Default(), policy.Matrix), nil)
	now := time.Now().UTC().Truncate(time.Microsecond)
	signals := func(i int) event.Signal {
		lat, lon := outside.Place(i)
		s := event.Signal{
			Source: "push", Org: "o", Owner: "push", Key: fmt.Sprint("bench-", i), Version: "1", Order: 1, Act: event.Report, Status: event.Actual, Hazard: event.Conflict,
			Type: "armed clash", Severity: "Severe", Certainty: "Observed", Texts: []event.Text{{Language: "en", Headline: fmt.Sprintf("Clash %d near a site", i)}},
			Grade: event.Grade{Reliability: "B", Credibility: 2}, Occurred: now, Received: now, Record: id.Hash([]byte(fmt.Sprint(i))),
			Footprints: []event.Footprint{{Shape: geo.At(lat, lon, .5), Role: event.Centre}},
		}
		s.ID = event.SignalID(s)
		return s
	}
	core.Keep(watch.DefaultOpen) // as the service does
	before := heap()
	for i := range b.warnings {
		now = now.Add(time.Millisecond)
		core.Observe(now, []event.Signal{signals(i)})
		core.Rest()
	}
	after := heap()
	if open := core.Open(); open != b.warnings {
		return fmt.Errorf("%d warnings are live, want %d", open, b.warnings)
	}
	if b.profile != "" {
		f, err := os.Create(b.profile)
		if err != nil {
			return err
		}
		if err := errors.Join(pprof.Lookup("heap").WriteTo(f, 0), f.Close()); err != nil {
			return err
		}
	}
	outside.Figure("deliver.bytes_per_warning", float64(after-before)/float64(b.warnings), "B")
	runtime.KeepAlive(core)
	return nil
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
