package delivery

import (
	"cmp"
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/trace"
)

// Worder words a notification for its reader.
type Worder interface {
	Word(ctx context.Context, c Claimed, f Facts) (Message, error)
}

// Digester words several notifications to one recipient in one message. Its message has no
// answer link of its own.
type Digester interface {
	Digest(ctx context.Context, list []Claimed, facts []Facts) (Message, error)
}

// Config is what a Dispatcher needs. Store, Words, Now, Changed and Log are required.
type Config struct {
	Store     Store
	Storm     StormStore // nil = counts live in this process alone and nobody is flooded
	Channels  []Channel
	Words     Worder // with Digester it can word a digest
	Now       clock.Clock
	Limits    Limits
	Workers   int                              // attempts at the same time on one channel; 0 = 16
	Sweep     time.Duration                    // how often overdue notifications are looked for; 0 = 2 s
	Lease     time.Duration                    // how long an attempt may take before another may begin; 0 = 45 s
	Failpoint func(step string)                // tests kill the process there
	Changed   func(org string)                 // tells open pages; must not block
	Failed    func(o Outcome)                  // a notification was given up; must not block
	Unreached func(context.Context, Unreached) // asks whoever is next
	Observed  func(o Outcome)                  // an attempt ended and is stored; must not block
	Life      *Life                            // where several processes share the store; nil = nobody else is there
	Stepped   *Stepped                         // a simulation makes every move; nil = Run does
	Trace     trace.Tracer
	Log       *slog.Logger
}

// redLease is the lease of a red: as long as one attempt may take and a little more.
const (
	redLease   = 15 * time.Second
	usualLease = 45 * time.Second
)

const (
	claimBatch  = 128    // notifications that one transaction claims
	mostFresh   = 16_384 // ids that wait for their first attempt; more are found in the store
	finishBatch = 256    // outcomes that one transaction stores
	// linger is how long the first outcome waits for others: what a process that dies in that
	// time has sent is sent again with the same key.
	linger = 3 * time.Millisecond
)

// A Dispatcher makes the attempts. The first attempt is handed over right after the commit
// by Dispatch; whatever is missed is found by the sweep, which is also what a restart and
// the retry jobs rely on: a notification is claimed by conditional update, so that it does
// not matter who finds it, or how many do. One loop claims in batches, each channel sends
// within slots of its own, and one loop stores outcomes in batches.
type Dispatcher struct {
	cfg  Config
	wake chan struct{} // holds one: there is something to look for
	done chan Outcome  // what the attempts came to
	gate gate

	mu      sync.Mutex
	lanes   map[string]*lane
	claimed []Claimed // by the commit that decided them
	urgent  []string  // ids of reds
	fresh   []string
	sweep   bool // look into the store as well
	swept   time.Time
	hungry  bool      // look again when a lane has room
	paced   []*lane   // have waited for their rate
	counted time.Time // when what others have sent was counted last; of Run alone
	flights map[string]*flight
	running sync.WaitGroup

	debts     []Outcome          // could not be written
	unwritten map[attempted]bool // whose they are, and what of them is being written
	indebted  chan struct{}      // holds one: something is owed
	wrote     time.Time          // when outcomes were written last
}

// NewDispatcher returns a Dispatcher that is not yet running.
func NewDispatcher(cfg Config) *Dispatcher {
	cfg.Workers, cfg.Sweep, cfg.Lease = or(cfg.Workers, 16), or(cfg.Sweep, 2*time.Second), or(cfg.Lease, usualLease)
	if cfg.Failpoint == nil {
		cfg.Failpoint = func(string) {}
	}
	if cfg.Failed == nil {
		cfg.Failed = func(Outcome) {}
	}
	if cfg.Observed == nil {
		cfg.Observed = func(Outcome) {}
	}
	if cfg.Unreached == nil {
		cfg.Unreached = func(context.Context, Unreached) {}
	}
	d := &Dispatcher{cfg: cfg, lanes: map[string]*lane{}, flights: map[string]*flight{}, unwritten: map[attempted]bool{}, indebted: make(chan struct{}, 1), wake: make(chan struct{}, 1), done: make(chan Outcome, 4*finishBatch)}
	d.gate = gate{storm: cfg.Storm, limits: cfg.Limits, buckets: map[Recipient]*bucket{}, floods: map[Recipient]Flood{}, log: cfg.Log}
	for _, c := range cfg.Channels {
		l := d.lane(c.Name())
		l.channel = c
		if a, ok := c.(Abled); ok {
			l.able = a.Able()
		}
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

// lane returns the lane of a channel; the lock is held, or nothing runs yet.
func (d *Dispatcher) lane(name string) *lane {
	l, ok := d.lanes[name]
	if !ok {
		l = &lane{name: name, slots: d.cfg.Workers, limits: d.cfg.Limits.Channels[name], able: Ability{Form: Full}}
		d.lanes[name] = l
	}
	return l
}

// ordered lists the lanes by name, so that one seed has one schedule; the lock is held, or
// nothing runs yet.
func (d *Dispatcher) ordered() []*lane {
	out := slices.Collect(maps.Values(d.lanes))
	slices.SortFunc(out, func(a, b *lane) int { return cmp.Compare(a.name, b.name) })
	return out
}

func (d *Dispatcher) claim() Claim {
	return Claim{Now: d.cfg.Now(), Lease: d.cfg.Lease, Red: min(redLease, d.cfg.Lease)}
}

// Dispatch hands notifications over for their first attempt. It never blocks and starts
// nothing of its own: what does not fit is found by the sweep.
func (d *Dispatcher) Dispatch(list []response.Notification) {
	d.mu.Lock()
	for _, n := range list {
		switch {
		case n.State == response.Sending: // the commit has claimed it for us
			d.claimed = append(d.claimed, Claimed{Notification: n, Queued: n.Due, Tries: 1, First: true, Until: FirstClaim(n.Due).Until(n.Level)})
		case n.State != response.Pending && n.State != "":
		case len(d.urgent)+len(d.fresh) >= mostFresh:
			d.sweep = true
		case n.Level >= level.Red:
			d.urgent = append(d.urgent, n.ID)
		default:
			d.fresh = append(d.fresh, n.ID)
		}
	}
	d.mu.Unlock()
	d.signal()
}

// Nudge makes the sweep look at once: a retry job has fallen due.
func (d *Dispatcher) Nudge() {
	d.mu.Lock()
	d.sweep = true
	d.mu.Unlock()
	d.signal()
}

func (d *Dispatcher) signal() {
	select {
	case d.wake <- struct{}{}:
	default: // it will look anyway
	}
}

// Swept is when due notifications were last looked for; zero = never.
func (d *Dispatcher) Swept() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.swept
}

// Run makes attempts until ctx ends, then waits for those under way.
func (d *Dispatcher) Run(ctx context.Context) error {
	d.restore(ctx)
	var finisher sync.WaitGroup
	finisher.Go(func() { d.finish(context.WithoutCancel(ctx)) })
	tick := time.NewTicker(d.cfg.Sweep)
	defer tick.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-d.wake:
		case <-tick.C:
			d.Nudge()
			d.digests(ctx)
		}
		d.work(ctx)
	}
	d.giveBack()
	d.running.Wait()
	close(d.done)
	finisher.Wait()
	return nil
}

// work starts what may start now and claims until nothing more is due.
func (d *Dispatcher) work(ctx context.Context) {
	d.resume(ctx)
	for ctx.Err() == nil && d.pick(ctx) {
	}
}

// pick claims one batch and hands it to the lanes. It returns whether there may be more to
// claim now: reds always come before anything else.
func (d *Dispatcher) pick(ctx context.Context) bool {
	d.mu.Lock()
	owned := d.claimed
	d.claimed = nil
	d.mu.Unlock()
	if len(owned) > 0 {
		d.cfg.Failpoint("claimed")
		d.admit(ctx, owned)
	}
	for _, take := range []func(context.Context) ([]Claimed, bool, error){d.takeUrgent, d.takeFresh, d.takeDue} {
		list, more, err := take(ctx)
		if err != nil {
			if ctx.Err() == nil {
				d.cfg.Log.Error("claim notifications", "error", err)
			}
			return false // the next tick tries again
		}
		if len(list) > 0 {
			d.cfg.Failpoint("claimed")
			d.admit(ctx, list)
		}
		if len(list) > 0 || more {
			return true
		}
	}
	return len(owned) > 0
}

func cut(list *[]string) []string {
	n := min(len(*list), claimBatch)
	ids := slices.Clone((*list)[:n])
	*list = slices.Delete(*list, 0, n)
	if len(*list) == 0 {
		*list = nil
	}
	return ids
}

func (d *Dispatcher) takeUrgent(ctx context.Context) ([]Claimed, bool, error) {
	d.mu.Lock()
	ids := cut(&d.urgent)
	d.mu.Unlock()
	if len(ids) == 0 {
		return nil, false, nil
	}
	list, err := d.cfg.Store.Take(ctx, ids, d.claim())
	return list, true, err
}

// takeFresh claims first attempts as long as there is room for them; what waits longer is
// left to the sweep, which knows the order of all.
func (d *Dispatcher) takeFresh(ctx context.Context) ([]Claimed, bool, error) {
	d.mu.Lock()
	var ids []string
	if d.waiting() < claimBatch {
		ids = cut(&d.fresh)
	} else if len(d.fresh) > 0 {
		d.fresh, d.sweep = nil, true
	}
	d.mu.Unlock()
	if len(ids) == 0 {
		return nil, false, nil
	}
	list, err := d.cfg.Store.Take(ctx, ids, d.claim())
	return list, true, err
}

// waiting is how many units wait in all lanes; the lock is held.
func (d *Dispatcher) waiting() int {
	n := 0
	for _, l := range d.lanes {
		n += len(l.backlog)
	}
	return n
}

// takeDue looks into the store: for reds whatever waits already, for others as long as
// their lanes have room.
func (d *Dispatcher) takeDue(ctx context.Context) ([]Claimed, bool, error) {
	d.mu.Lock()
	if !d.sweep {
		d.mu.Unlock()
		return nil, false, nil
	}
	d.sweep = false
	now := d.cfg.Now()
	var without []string
	room := 0
	for name, l := range d.lanes {
		if l.full() || l.pause(now) > 0 {
			without = append(without, name)
		} else {
			room += ahead*l.slots + l.slots - len(l.backlog)
		}
	}
	d.mu.Unlock()
	slices.Sort(without)
	list, err := d.cfg.Store.TakeDue(ctx, Pick{Least: level.Red, Before: now, Limit: claimBatch}, d.claim())
	if err != nil {
		return nil, false, err
	}
	more := len(list) == claimBatch
	if limit := min(claimBatch, room); limit > 0 {
		others, err := d.cfg.Store.TakeDue(ctx, Pick{Least: level.Green, Before: now, Without: without, Limit: limit}, d.claim())
		if err != nil {
			return list, false, err
		}
		more = more || len(others) == limit
		list = append(list, others...)
	}
	d.mu.Lock()
	d.swept = now
	d.sweep = d.sweep || more               // there may be more now
	d.hungry = d.hungry || len(without) > 0 // there may be more for lanes that are full now
	// A lane that was full may have run dry while we looked, and then nobody is left to say so.
	dry := slices.ContainsFunc(without, func(name string) bool {
		l := d.lanes[name]
		return len(l.backlog) <= 2*l.slots && l.pause(now) == 0
	})
	if dry {
		d.sweep, d.hungry = true, false
	}
	d.mu.Unlock()
	return list, dry, nil
}
