package watch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/trace"
	"watchfire.dev/internal/warning"
)

// Config is what a Service needs. Every field but Waits, Workers, Duty, Link, Failpoint and Log is required.
type Config struct {
	Store Store
	Now   clock.Clock
	// Reached is told the newest instant on disk when the cores are loaded, so that a clock
	// that is behind it catches up; nil = nobody asks.
	Reached func(time.Time)
	Policy  warning.Policy
	Matcher func(portfolio.Portfolio) Matcher
	Rater   func([]RuleVersion) (Rater, error)
	Waits   response.Waits
	// Order is where inputs go first, where several processes share the database; nil = this
	// is the only one, and they are decided at once. Then Run has nothing to do: a Decider
	// decides, in this process or another.
	Order Order
	Parts int    // into which projects are divided; with Order
	Nudge func() // says that there is a new input; with Order, may be nil
	// Own is Matcher for the part of a portfolio that a decider matches; nil = Matcher.
	Own     func(portfolio.Portfolio) Matcher
	Workers int // goroutines that match the events of one batch; 0 = one. It changes no decision
	// Duty is what the people of an organisation have arranged and chosen: rotas, policies,
	// mutes; nil = nothing. It is asked once for all that one commit decides.
	Duty func(ctx context.Context, org string) (response.Duty, error)
	// Portion is how much an observation must decide to be committed in portions; 0 =
	// DefaultPortion, below 0 = all is committed at once.
	Portion int
	// Open is how many events each core keeps open, the others packed; 0 = DefaultOpen, below 0 =
	// all. It changes no decision.
	Open int
	// Claim is how many first attempts a commit may claim for this process while it queues
	// them: Dispatch gets them in state Sending. It saves a transaction on the way of the
	// first message. nil = none, as in a process that sends nothing.
	Claim func() int
	// Link is the one-tap link that a message of a warning will have, so that it is stored with
	// what is decided and the message does not wait for it; nil, or not ok = it has none yet.
	Link     func(w warning.Warning, n response.Notification) (l Link, ok bool)
	Dispatch func([]response.Notification) // hands the first attempt over, right after the commit; must not block
	Changed  func(org string)              // tells open pages; must not block
	// Failpoint is called at each named step; tests kill the process there.
	Failpoint func(step string)
	// Stepped makes each call its own pass on the caller's goroutine, for a simulation: Run
	// must not run, and calls must not overlap.
	Stepped bool
	Trace   trace.Tracer
	Log     *slog.Logger
}

// A Service feeds the cores of all organisations, one request after the other, and commits
// what they decide. Requests that arrive while a commit is under way go into the next one
// together (group commit). It is safe for concurrent use; Run must be running.
type Service struct {
	cfg     Config
	inbox   chan request
	desks   map[string]*desk // by organisation; owned by Run
	last    time.Time        // of the newest request: no two have the same instant
	waiting waiting
	rest    []request // of the pass before, which ended early

	resumeIn time.Duration // how soon what was left undecided is taken up
	failed   error         // of a pass, until the cores are built again
	flying   *flight       // the pass whose commit is under way; owned by Run
	inline   *turn         // of a decider: what is asked is done at once, within this turn
	share    *share        // of a decider
}

// desk is one organisation's core with what is needed to tell people.
type desk struct {
	core      *Core
	portfolio portfolio.Portfolio
	rules     []RuleVersion
	left      *Left // what was decided before and is not stored

	contacts   map[string][]portfolio.Contact // by project, "" = of all, of the version contactsAt
	contactsAt int64
}

// request is one piece of work inside the loop; done gets the outcome after the commit.
type request struct {
	do      func(*turn) error
	done    chan error
	beside  bool     // it may be decided while an earlier pass is committed: it reads nothing of that from the store
	signals []string // ids that it asks the store about
}

// turn is one pass of the loop: the batch being filled.
type turn struct {
	*Service
	ctx   context.Context
	batch *Batch
	all   []*Batch // with those that follow it, where an observation is committed in portions
	now   time.Time
	dirty map[string]bool // organisations whose pages change
	duty  map[string]response.Duty

	known   map[string]bool // signals; nil = nobody has looked
	unknown error           // why that cannot be told
}

const (
	// resumeAfter is how soon what was left undecided is taken up where nothing else comes in, and
	// resumeAgain after a store has refused it.
	resumeAfter = 10 * time.Millisecond
	resumeAgain = time.Second

	inboxSize  = 4096 // a full inbox makes callers wait: visible as latency, never as loss
	batchLimit = 512
)

// NewService returns a Service that is not yet running.
func NewService(cfg Config) *Service {
	if cfg.Failpoint == nil {
		cfg.Failpoint = func(string) {}
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Waits == (response.Waits{}) {
		cfg.Waits = response.DefaultWaits()
	}
	if cfg.Open == 0 {
		cfg.Open = DefaultOpen
	}
	if cfg.Portion == 0 {
		cfg.Portion = DefaultPortion
	}
	if cfg.Nudge == nil {
		cfg.Nudge = func() {}
	}
	if cfg.Own == nil {
		cfg.Own = cfg.Matcher
	}
	return &Service{cfg: cfg, inbox: make(chan request, inboxSize), resumeIn: resumeAfter}
}

// Load builds the cores from the store. Call it before Run, or let Run do it.
func (s *Service) Load(ctx context.Context) error {
	orgs, err := s.cfg.Store.Orgs(ctx)
	if err != nil {
		return fmt.Errorf("list organisations: %w", err)
	}
	desks := map[string]*desk{}
	for _, org := range orgs {
		d, err := s.loadDesk(ctx, org)
		if err != nil {
			return err
		}
		desks[org] = d
		if now := d.core.Now(); now.After(s.last) {
			s.last = now
		}
	}
	s.desks = desks
	if s.cfg.Reached != nil {
		s.cfg.Reached(s.last)
	}
	return nil
}

func (s *Service) loadDesk(ctx context.Context, org string) (*desk, error) {
	since := s.cfg.Now().Add(-keepEvents)
	st, err := s.load(ctx, org, since)
	if err != nil {
		return nil, fmt.Errorf("load organisation %s: %w", org, err)
	}
	rater, err := s.cfg.Rater(st.Rules)
	if err != nil {
		return nil, fmt.Errorf("rules of organisation %s: %w", org, err)
	}
	st.Portfolio.Org = org
	d := &desk{core: NewCore(org, s.cfg.Policy, s.cfg.Matcher(st.Portfolio), rater), portfolio: st.Portfolio, rules: st.Rules}
	if s.share == nil {
		d.left = st.Left
	}
	d.core.Parallel(s.cfg.Workers)
	d.core.Keep(s.cfg.Open)
	s.share.limit(d.core, &st)
	d.core.Restore(st)
	return d, nil
}

// load reads what a core is built from: for a decider, as it stood where it begins.
func (s *Service) load(ctx context.Context, org string, since time.Time) (State, error) {
	if s.share == nil {
		return s.cfg.Store.Load(ctx, org, since)
	}
	return s.share.order.LoadAt(ctx, org, since, s.share.base.At)
}

// Run works until ctx ends. It returns an error only when the store cannot be trusted any
// more: the process should stop and start again from what is on disk.
func (s *Service) Run(ctx context.Context) error {
	if s.routed() {
		<-ctx.Done()
		return nil
	}
	if s.desks == nil {
		if err := s.Load(ctx); err != nil {
			return err
		}
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		timer.Reset(s.untilDue())
		var first request
		select {
		case <-ctx.Done():
			return s.again(ctx, s.land())
		case <-s.landing():
			if err := s.again(ctx, s.land()); err != nil {
				return err
			}
			s.tidy()
			continue
		case first = <-s.inbox:
		case <-timer.C:
		}
		if err := s.pass(ctx, s.gather(first)); err != nil {
			return err
		}
	}
}

// Step lets time pass, as Run does when a timer of a core is due, and returns how long the next
// one may be waited for. Its error is Run's.
func (s *Service) Step(ctx context.Context) (time.Duration, error) {
	if err := s.pass(ctx, nil); err != nil {
		return 0, err
	}
	return s.untilDue(), nil
}

// gather takes what waits in the inbox, up to the limit of a batch.
func (s *Service) gather(first request) []request {
	list := s.rest
	s.rest = nil
	if first.do != nil {
		list = append(list, first)
	}
	for len(list) < batchLimit {
		select {
		case r := <-s.inbox:
			list = append(list, r)
		default:
			return list
		}
	}
	return list
}

// untilDue is how long to wait for the next timer of any core, at most a minute: a clock
// that jumps is noticed.
func (s *Service) untilDue() time.Duration {
	if len(s.rest) > 0 {
		return 0
	}
	wait := time.Minute
	now := s.cfg.Now()
	for _, d := range s.desks {
		if d.left != nil {
			wait = min(wait, s.resumeIn)
		}
		if at := d.core.NextDue(); !at.IsZero() {
			wait = min(wait, max(0, at.Sub(now)))
		}
	}
	return wait
}

// pass works through one set of requests and begins to commit the outcome. What the pass
// before it decided may still be on its way to the disk: passes are committed in their order.
func (s *Service) pass(ctx context.Context, list []request) error {
	ctx, end := s.cfg.Trace.Begin(ctx, "decide")
	t := &turn{Service: s, ctx: ctx, batch: &Batch{}, now: s.instant(), dirty: map[string]bool{}, duty: map[string]response.Duty{}}
	f := &flight{turn: t, list: list, outcomes: make([]error, len(list)), landed: make(chan struct{})}
	if s.flying != nil {
		s.tidy()
	}
	t.look(list)
	t.resume()
	t.tick()
	for i, r := range list {
		if !r.beside {
			t.settle()
		}
		t.now = s.instant()
		f.outcomes[i] = r.do(t)
		if t.divided() { // what comes behind must not be on disk before all of it is
			s.rest = list[i+1:]
			f.list, f.outcomes = list[:i+1], f.outcomes[:i+1]
			break
		}
	}
	err := t.remember()
	if err == nil {
		s.cfg.Failpoint("decided")
	}
	end(err)
	if err != nil {
		return err
	}
	t.ready(t.batches()[0], s.cfg.Workers) // while the pass before is written
	if failed := s.land(); failed != nil { // what was decided on top of it is void
		f.done(failed)
		return s.again(ctx, failed)
	}
	s.flying = f
	if s.cfg.Stepped {
		f.fly()
		s.tidy()
		return s.again(ctx, s.land())
	}
	go f.fly()
	return nil
}

// tidy packs what the cores need not have open: when the pass has landed, or before the next
// one that does not wait for that, so that it takes no processor from the first messages.
func (s *Service) tidy() {
	for _, d := range s.desks {
		d.core.Rest()
	}
}

// instant is the clock's time, moved on where needed so that every request has an instant of
// its own: the instants alone put all inputs in the order in which they were taken, which is
// what a replay follows.
func (s *Service) instant() time.Time {
	now := s.cfg.Now().UTC().Truncate(time.Microsecond)
	if !now.After(s.last) {
		now = s.last.Add(time.Microsecond)
	}
	s.last = now
	return now
}

// tick lets time pass in every core.
func (t *turn) tick() {
	for _, org := range t.orgs() {
		t.decided(org, t.desks[org].core.Advance(t.now))
	}
}

func (t *turn) orgs() []string {
	list := make([]string, 0, len(t.desks))
	for org := range t.desks {
		list = append(list, org)
	}
	slices.Sort(list)
	return list
}

// remember puts what the cores have learned into the batch.
func (t *turn) remember() error {
	for _, org := range t.orgs() {
		m, changed := t.desks[org].core.Memory()
		if !changed || !t.keeps(org) {
			continue
		}
		raw, err := json.Marshal(m)
		if err != nil {
			return fmt.Errorf("memory of organisation %s: %w", org, err)
		}
		t.batch.Memories = append(t.batch.Memories, OrgMemory{Org: org, At: t.now, Body: raw})
	}
	return nil
}

// submit runs do inside the loop and returns when its effects are on disk.
func (s *Service) submit(ctx context.Context, do func(*turn) error) error {
	return s.put(ctx, request{do: do, done: make(chan error, 1)})
}

func (s *Service) put(ctx context.Context, r request) error {
	if s.inline != nil {
		return r.do(s.inline)
	}
	if s.cfg.Stepped {
		if err := s.pass(ctx, []request{r}); err != nil {
			return err
		}
		return <-r.done
	}
	select {
	case s.inbox <- r:
	case <-ctx.Done():
		return fmt.Errorf("wait for the watch: %w: %w", fault.ErrUnavailable, context.Cause(ctx))
	}
	select {
	case err := <-r.done:
		return err
	case <-ctx.Done():
		// The work may still be done: the caller must not take this for a refusal.
		return fmt.Errorf("wait for the commit: %w: %w", fault.ErrUnavailable, context.Cause(ctx))
	}
}

func (t *turn) desk(org string) (*desk, error) {
	d, ok := t.desks[org]
	if !ok {
		return nil, fmt.Errorf("organisation %s: %w", org, fault.ErrNotFound)
	}
	return d, nil
}

// quiet turns "not found" into nil: work that came too late has nothing to do.
func quiet(err error) error {
	if errors.Is(err, fault.ErrNotFound) {
		return nil
	}
	return err
}

// Alive returns once the loop has gone round: for the self-check.
func (s *Service) Alive(ctx context.Context) error {
	if s.routed() {
		return s.routeAlive(ctx)
	}
	return s.submit(ctx, func(*turn) error { return nil })
}
