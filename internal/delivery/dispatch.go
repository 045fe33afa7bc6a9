package delivery

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/response"
)

// Worder words a notification for its reader.
type Worder interface {
	Word(ctx context.Context, c Claimed, f Facts) (Message, error)
}

// Config is what a Dispatcher needs.
type Config struct {
	Store     Store
	Channels  []Channel
	Words     Worder
	Now       clock.Clock
	Workers   int               // attempts at the same time; 0 = 16
	Sweep     time.Duration     // how often overdue notifications are looked for; 0 = 2 s
	Lease     time.Duration     // how long an attempt may take before another may begin; 0 = 45 s
	Failpoint func(step string) // tests kill the process there
	Changed   func(org string)  // tells open pages; must not block
	Failed    func(o Outcome)   // a notification was given up; must not block
	// Observed hears of every attempt that ended and was stored; nil = nobody. It must not block.
	Observed func(c Claimed, o Outcome)
	Log      *slog.Logger
}

// A Dispatcher makes the attempts. The first attempt is handed over right after the commit
// by Dispatch; whatever is missed is found by the sweep, which is also what a restart and
// the retry jobs rely on: a notification is claimed by conditional update, so that it does
// not matter who finds it, or how many do.
type Dispatcher struct {
	cfg      Config
	channels map[string]Channel
	wake     chan []string
	swept    atomic.Int64 // when due ones were last looked for, Unix microseconds
}

// NewDispatcher returns a Dispatcher that is not yet running.
func NewDispatcher(cfg Config) *Dispatcher {
	cfg.Workers, cfg.Sweep, cfg.Lease = or(cfg.Workers, 16), or(cfg.Sweep, 2*time.Second), or(cfg.Lease, 45*time.Second)
	if cfg.Failpoint == nil {
		cfg.Failpoint = func(string) {}
	}
	if cfg.Failed == nil {
		cfg.Failed = func(Outcome) {}
	}
	d := &Dispatcher{cfg: cfg, channels: map[string]Channel{}, wake: make(chan []string, 256)}
	for _, c := range cfg.Channels {
		d.channels[c.Name()] = c
	}
	return d
}

func or[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

// Dispatch hands notifications over for their first attempt. It never blocks: what does not
// fit is found by the sweep.
func (d *Dispatcher) Dispatch(list []response.Notification) {
	ids := make([]string, len(list))
	for i, n := range list {
		ids[i] = n.ID
	}
	select {
	case d.wake <- ids:
	default:
	}
}

// Nudge makes the sweep look at once: a retry job has fallen due.
func (d *Dispatcher) Nudge() {
	select {
	case d.wake <- nil:
	default:
	}
}

// Swept is when due notifications were last looked for; zero = never.
func (d *Dispatcher) Swept() time.Time {
	if at := d.swept.Load(); at != 0 {
		return time.UnixMicro(at).UTC()
	}
	return time.Time{}
}

// Run makes attempts until ctx ends, then waits for those under way.
func (d *Dispatcher) Run(ctx context.Context) error {
	var running sync.WaitGroup
	defer running.Wait()
	slots := make(chan struct{}, d.cfg.Workers)
	busy := &inFlight{ids: map[string]struct{}{}}
	tick := time.NewTicker(d.cfg.Sweep)
	defer tick.Stop()
	for {
		var ids []string
		select {
		case <-ctx.Done():
			return nil
		case ids = <-d.wake:
		case <-tick.C:
		}
		if ids == nil {
			due, err := d.cfg.Store.Due(ctx, d.cfg.Now(), 4*d.cfg.Workers)
			if err != nil {
				d.cfg.Log.Error("look for due notifications", "error", err)
				continue
			}
			ids = due
			d.swept.Store(d.cfg.Now().UnixMicro())
		}
		for _, id := range ids {
			if !busy.add(id) {
				continue
			}
			select {
			case slots <- struct{}{}:
			case <-ctx.Done():
				return nil
			}
			running.Go(func() {
				defer func() { <-slots; busy.remove(id) }()
				d.attempt(context.WithoutCancel(ctx), id)
			})
		}
	}
}

// inFlight keeps one process from claiming a notification twice at the same time.
type inFlight struct {
	mu  sync.Mutex
	ids map[string]struct{}
}

func (f *inFlight) add(id string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, taken := f.ids[id]; taken {
		return false
	}
	f.ids[id] = struct{}{}
	return true
}

func (f *inFlight) remove(id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.ids, id)
}

// attempt claims, sends and stores one attempt.
func (d *Dispatcher) attempt(ctx context.Context, id string) {
	ctx, cancel := context.WithTimeout(ctx, d.cfg.Lease-time.Second)
	defer cancel()
	began := d.cfg.Now()
	c, err := d.cfg.Store.Claim(ctx, id, began, d.cfg.Lease)
	if errors.Is(err, fault.ErrConflict) {
		return
	}
	if err != nil {
		d.cfg.Log.Error("claim a notification", "notification", id, "error", err)
		return
	}
	d.cfg.Failpoint("claimed")
	receipt, err := d.send(ctx, c)
	d.cfg.Failpoint("sent")
	o := Outcome{
		Notification: c.ID, Org: c.Org, Warning: c.Warning, Try: c.Tries, Began: began, Ended: d.cfg.Now(),
		State: receipt.State, Remote: receipt.Remote, Detail: receipt.Detail,
	}
	if err != nil {
		o = judge(o, c, err)
	}
	if err := d.cfg.Store.Finish(ctx, o); err != nil { // the lease runs out and the attempt is repeated with the same key
		d.cfg.Log.Error("store an attempt", "notification", id, "error", err)
		return
	}
	d.cfg.Failpoint("receipt-stored")
	d.cfg.Changed(c.Org)
	if d.cfg.Observed != nil {
		d.cfg.Observed(c, o)
	}
	if o.State == response.Failed {
		d.cfg.Failed(o)
	}
}

func (d *Dispatcher) send(ctx context.Context, c Claimed) (Receipt, error) {
	ch, ok := d.channels[c.Channel]
	if !ok {
		return Receipt{}, &Fault{Kind: Misset, Err: fmt.Errorf("channel %q is not set up: %w", c.Channel, fault.ErrNotFound)}
	}
	facts, err := d.cfg.Store.Facts(ctx, c.Notification)
	if err != nil {
		return Receipt{}, fmt.Errorf("facts of the notification: %w", err)
	}
	m, err := d.cfg.Words.Word(ctx, c, facts)
	if err != nil {
		return Receipt{}, fmt.Errorf("word the notification: %w", err)
	}
	return ch.Send(ctx, m)
}

// tries is how often a level is tried before its notification is given up; retries is when.
// A red is given up on a channel within half a minute, so that the next one has it.
func retries(l level.Level) []time.Duration {
	if l == level.Red {
		return []time.Duration{2 * time.Second, 8 * time.Second, 20 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute}
	}
	return []time.Duration{5 * time.Second, 30 * time.Second, 2 * time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 4 * time.Hour}
}

// judge says what a failed attempt means.
func judge(o Outcome, c Claimed, err error) Outcome {
	o.Kind, o.Detail, o.Remote = KindOf(err), short(err.Error()), ""
	plan := retries(c.Level)
	if o.Kind == Dead || o.Kind == Refused || o.Kind == Misset || c.Tries > len(plan) {
		o.State = response.Failed
		return o
	}
	wait := plan[c.Tries-1]
	var f *Fault
	if errors.As(err, &f) && f.After > wait {
		wait = f.After
		if c.Level == level.Red {
			wait = min(wait, time.Minute)
		}
	}
	o.State, o.NextDue = response.Pending, o.Ended.Add(wait)
	return o
}

func short(s string) string {
	const most = 500
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}
