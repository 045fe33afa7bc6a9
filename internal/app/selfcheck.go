package app

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"watchfire.dev/internal/config"
	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/heartbeat"
	"watchfire.dev/internal/metric"
	"watchfire.dev/internal/pulse"
	"watchfire.dev/internal/response"
)

// selfcheck gathers what pulse judges: it writes, asks the watch, and looks around every few
// seconds while the process serves. Pages, API, metrics, readiness and heartbeat all see
// what it saw last.
type selfcheck struct {
	app     *App
	metrics *metric.Set
	beat    *heartbeat.Beat
	process string
	reserve *reserve

	mu       sync.Mutex
	inside   pulse.Facts // what only this process knows
	last     pulse.Facts
	checks   []pulse.Check
	channels map[string]pulse.ChannelFact // what attempts said since they were last written down

	late   []pulse.ReportFact // of look alone: the calendar is not read every few seconds
	lateAt time.Time
}

func newSelfcheck(a *App) *selfcheck {
	s := &selfcheck{app: a, channels: map[string]pulse.ChannelFact{}, process: "serve", reserve: newReserve(a.cfg.Data)}
	s.metrics = metric.New(a.opts.Version, s.judged)
	return s
}

// checkEvery is how often the watch looks at itself; TRUST.md promise 8 gives it a minute.
const checkEvery = 5 * time.Second

// start brings the self-check up with what goes out from it.
func (s *selfcheck) start(ctx context.Context, g *errgroup.Group) error {
	s.mu.Lock()
	s.inside.Started, s.inside.Inside = s.app.opts.Now(), true
	s.mu.Unlock()
	if err := s.serveMetrics(ctx, g); err != nil {
		return err
	}
	if url := s.app.cfg.Health.Heartbeat.URL; url != "" {
		s.beat = heartbeat.New(heartbeat.Config{
			URL: url.Value, Client: s.app.client(), Every: s.app.cfg.Health.Heartbeat.Pace(), Now: s.app.opts.Now, Log: s.app.opts.Log, Fit: s.fit,
		})
	}
	s.look(ctx)
	g.Go(func() error { return s.app.alarms.run(ctx) })
	g.Go(func() error {
		tick := time.NewTicker(checkEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return nil
			case <-tick.C:
				s.look(ctx)
			}
		}
	})
	if s.beat != nil {
		g.Go(func() error { return s.beat.Run(ctx) })
	}
	if len(s.app.cfg.Health.Selftest.Addresses) > 0 {
		g.Go(func() error { return s.test(ctx) })
	}
	return nil
}

func (s *selfcheck) serveMetrics(ctx context.Context, g *errgroup.Group) error {
	address := s.app.cfg.Health.Metrics.Listen
	if address == "" {
		return nil
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("listen for metrics on %s: %w", address, err)
	}
	srv := &http.Server{Handler: s.metrics.Handler(), ReadHeaderTimeout: 5 * time.Second}
	g.Go(func() error {
		if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve metrics: %w", err)
		}
		return nil
	})
	g.Go(func() error { <-ctx.Done(); return srv.Close() })
	return nil
}

// look writes, asks the watch and keeps the judgement.
func (s *selfcheck) look(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 3*checkEvery)
	defer cancel()
	s.write(ctx)
	if err := s.app.watch.Alive(ctx); err == nil {
		s.set(func(f *pulse.Facts) { f.LastDecision = s.app.opts.Now() })
	}
	s.noteChannels(ctx)
	f, err := s.facts(ctx)
	if err != nil {
		if ctx.Err() == nil {
			s.app.opts.Log.Error("look at ourselves", "error", err)
		}
		s.set(func(in *pulse.Facts) {
			in.LastWriteFailed, in.WriteError = s.app.opts.Now(), "the database cannot be read"
		})
		s.mu.Lock()
		f = s.inside
		s.mu.Unlock()
		f.At = s.app.opts.Now()
	}
	if rows, err := s.app.desk.Sources(ctx, desk.Principal{Scopes: []desk.Scope{desk.CanRead}}); err == nil {
		f.Sources = desk.SourceFacts(rows)
	}
	f.Reports = s.lateReports(ctx)
	checks := pulse.Assess(f, pulse.DefaultLimits())
	s.mu.Lock()
	s.last, s.checks = f, checks
	s.mu.Unlock()
	s.app.alarms.look(checks, f.At)
}

// write is a write like any other: when it fails, writes fail.
func (s *selfcheck) write(ctx context.Context) {
	began := s.app.opts.Now()
	err := s.app.db.Touch(ctx, s.process, s.app.opts.Now())
	now := s.app.opts.Now()
	if err != nil {
		if ctx.Err() == nil || errors.Is(ctx.Err(), context.DeadlineExceeded) {
			why := "a write was refused or took too long"
			if s.app.db.Frozen() != nil {
				why = "nothing is written: the database is damaged"
			}
			s.set(func(f *pulse.Facts) { f.LastWriteFailed, f.WriteError = now, why })
		}
		s.keepRoom(s.app.db.NoRoom(err))
		return
	}
	s.metrics.Write(now.Sub(began))
	s.set(func(f *pulse.Facts) { f.LastWrite = now })
	s.keepRoom(false)
}

// keepRoom keeps the reserve, or gives it back.
func (s *selfcheck) keepRoom(refused bool) {
	if s.app.db.Shared() {
		return
	}
	held, err := s.reserve.look(refused)
	if err != nil {
		s.app.opts.Log.Error("the reserve on the disk", "error", err)
	}
	s.set(func(f *pulse.Facts) {
		if f.Disk.Spent = f.Disk.Known && !held || refused; held {
			f.Disk.Known = true // from now on its absence means that it was given back
		}
	})
}

func (s *selfcheck) set(change func(*pulse.Facts)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.inside)
}

// facts joins what the database, the process and the machine know.
func (s *selfcheck) facts(ctx context.Context) (pulse.Facts, error) {
	if _, err := s.app.db.LoadMute(ctx); err != nil { // another process may have released us
		return pulse.Facts{}, err
	}
	f, err := s.app.db.Vitals(ctx, s.app.opts.Now())
	if err != nil {
		return f, err
	}
	in := s.own()
	f.Inside, f.Started = in.Inside, in.Started
	f.LastWrite, f.LastWriteFailed, f.WriteError, f.LastDecision = in.LastWrite, in.LastWriteFailed, in.WriteError, in.LastDecision
	f.LastSweep, f.LastWatchdog = in.LastSweep, in.LastWatchdog
	f.Channels = s.setUp(f.Channels)
	for _, w := range s.app.serving.witnesses() {
		f.Witnesses = append(f.Witnesses, pulse.WitnessFact{Name: w.Name, Size: w.Size, At: w.At, Error: w.Error})
	}
	f.Pages, f.Safe = in.Pages, in.Safe
	f.Disk, f.Backup = room(s.app.cfg.Data), backupFact(ctx, s.app.cfg, s.app.db)
	f.Disk.Spent = in.Disk.Spent
	f.Certificate = certificateEnd(s.app.cfg)
	if s.beat != nil {
		f.Beat = s.beat.State()
		f.ClockOff, f.ClockKnown = s.beat.Offset()
	}
	return f, nil
}

// own is what only this process knows of itself.
func (s *selfcheck) own() pulse.Facts {
	s.mu.Lock()
	f := s.inside
	s.mu.Unlock()
	f.At = s.app.opts.Now()
	if d := s.app.serving.dispatcher.Load(); d != nil {
		f.LastSweep = d.Swept()
	}
	if w := s.app.serving.watchdog.Load(); w != nil {
		f.LastWatchdog = w.Last()
	}
	if !s.app.does(config.Deliver) { // others look for what is due
		f.LastSweep, f.LastWatchdog = f.At, f.At
	}
	return f
}

// setUp keeps the channels that this configuration sets up, also those that nothing was sent
// over yet.
func (s *selfcheck) setUp(known []pulse.ChannelFact) []pulse.ChannelFact {
	channels := s.app.serving.channels.Load()
	if channels == nil {
		return known
	}
	out := make([]pulse.ChannelFact, 0, len(*channels))
	for _, ch := range *channels {
		c := pulse.ChannelFact{Name: ch.Name()}
		if i := slices.IndexFunc(known, func(k pulse.ChannelFact) bool { return k.Name == c.Name }); i >= 0 {
			c = known[i]
		}
		c.Scheduled = slices.ContainsFunc(s.addresses(), func(a address) bool { return a.channel == c.Name })
		out = append(out, c)
	}
	return out
}

// room is what is left on the disk of a folder.
func room(folder string) pulse.DiskFact {
	var st syscall.Statfs_t
	if err := syscall.Statfs(folder, &st); err != nil {
		return pulse.DiskFact{}
	}
	size := uint64(st.Bsize) //nolint:gosec // a block's size is positive
	return pulse.DiskFact{Known: true, Free: st.Bavail * size, Total: st.Blocks * size}
}

// certificateEnd is when our own certificate ends; zero = there is none that can be read.
func certificateEnd(cfg config.Config) time.Time {
	t := cfg.TLS
	if t.Certificate == "" {
		return time.Time{}
	}
	pair, err := tls.LoadX509KeyPair(t.Certificate, t.Key)
	if err != nil {
		return time.Time{}
	}
	leaf, err := x509.ParseCertificate(pair.Certificate[0])
	if err != nil {
		return time.Time{}
	}
	return leaf.NotAfter
}

// attempted hears of every attempt.
func (s *selfcheck) attempted(o delivery.Outcome) {
	outcome := string(o.State)
	if o.Kind != "" {
		outcome = string(o.Kind)
	}
	s.metrics.Attempt(o.Channel, outcome, o.Level, o.Try, o.Queued, o.Began, o.Ended)
	s.heard(o.Channel, o.Kind, o.State != response.Failed && o.Kind == "", o.Detail, o.Ended)
}

// heard keeps how a channel does. An address that is wrong, or a message that is refused, is
// no fault of the channel.
func (s *selfcheck) heard(channel string, kind delivery.FaultKind, ok bool, detail string, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.channels[channel]
	c.Name = channel
	switch {
	case ok:
		c.Proven = at
	case kind == delivery.Retry || kind == delivery.Misset || kind == delivery.Overload:
		c.Failed, c.Error = at, detail
	default:
		return
	}
	s.channels[channel] = c
}

func (s *selfcheck) noteChannels(ctx context.Context) {
	s.mu.Lock()
	list := s.channels
	s.channels = map[string]pulse.ChannelFact{}
	s.mu.Unlock()
	for _, c := range list {
		if err := s.app.db.NoteChannel(ctx, c); err != nil && ctx.Err() == nil {
			s.app.opts.Log.Error("note how a channel does", "channel", c.Name, "error", err)
		}
	}
}

// judged is what was seen last.
func (s *selfcheck) judged() (pulse.Facts, []pulse.Check) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last, s.checks
}

// fit tells whether the heartbeat may go out.
func (s *selfcheck) fit(context.Context) (fit bool, why string) {
	f, checks := s.judged()
	if s.app.opts.Now().Sub(f.At) > 4*checkEvery {
		return false, "the self-check stands still"
	}
	for _, c := range checks {
		if c.Urgent {
			return false, c.Name + " " + string(c.State)
		}
	}
	return true, ""
}

// ready tells a load balancer whether this process can serve: the database answers and takes
// writes, and whoever decides, sends and watches over the reds goes round. What else is wrong
// is no reason to take the pages away from a duty officer.
func (s *selfcheck) ready(ctx context.Context) error {
	if _, err := s.app.db.Size(ctx); err != nil {
		return err
	}
	return fitToServe(s.own())
}

func fitToServe(f pulse.Facts) error {
	if f.LastWriteFailed.After(f.LastWrite) {
		return fmt.Errorf("%s: %w", f.WriteError, fault.ErrUnavailable)
	}
	if !f.Inside { // nothing goes round here yet
		return nil
	}
	for _, c := range pulse.Loops(f, pulse.DefaultLimits()) {
		if c.State != pulse.OK {
			return fmt.Errorf("the %s has stood still for %s: %w", c.Name, c.By.Round(time.Second), fault.ErrUnavailable)
		}
	}
	return nil
}
