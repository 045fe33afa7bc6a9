package sim

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"math/rand/v2"
	"slices"
	"time"

	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/warning"
	"watchfire.dev/internal/watch"
)

// The intervals of the program's loops.
const (
	leaseLength = 15 * time.Second
	leaseRenew  = 5 * time.Second
	leaseLook   = time.Second
	sweepEvery  = 2 * time.Second
	dogEvery    = 5 * time.Second
	lookEvery   = time.Second
	beatEvery   = 5 * time.Second
	deadAfter   = 20 * time.Second
)

// crash ends a process wherever it is.
type crash struct{ n *node }

// node is one process of the program and the machine under it.
type node struct {
	w      *world
	id     string
	chance *rand.Rand

	up      bool
	life    int    // which start this is
	name    string // of this life
	offset  time.Duration
	steady  *clock.Steady
	held    lease     // of another, as it was seen last
	since   time.Time // when that changed last
	paused  time.Time // until
	cut     time.Time // until
	leading bool
	lease   lease
	// headless is how long it could have decided and nobody did. Each has its own bound: whoever
	// comes up begins to wait for the dead one's lease, whoever waited before and died too.
	headless time.Duration
	steps    int    // until it is killed; 0 = it is not
	killAt   string // the only kind of step that counts; "" = all
	stallAt  string // the kind of step in the middle of which it stands still; "" = none
	stalls   time.Duration

	ctx        context.Context
	cancel     context.CancelFunc
	service    *watch.Service
	dispatcher *delivery.Dispatcher
	dog        *delivery.Watchdog
	alive      *delivery.Life
	inbox      *delivery.Inbox
	escalator  *watch.Escalator
	tasks      []*task
	current    *task
	flushing   bool
	turning    bool
}

// task is an attempt under way.
type task struct {
	next  func() (struct{}, bool)
	stop  func()
	yield func(struct{}) bool
	done  bool
}

// wall is the machine's clock, which may be wrong; clock is the program's over it.
func (n *node) wall() time.Time { return n.w.now.Add(n.offset) }

func (n *node) clock() time.Time { return n.steady.Now() }

// well tells whether it runs, unhindered, and can speak to the store.
func (n *node) well() bool { return n.up && !n.w.now.Before(n.paused) && !n.w.now.Before(n.cut) }

// do runs something in the process; lost is called when it dies of it.
func (n *node) do(what func(), lost func()) {
	if !n.up {
		if lost != nil {
			lost()
		}
		return
	}
	if n.w.now.Before(n.paused) {
		life := n.life
		n.w.at(n.paused.Sub(n.w.now)+between(n.chance, 0, time.Second), func() { // what wakes first is chance
			if n.life == life {
				n.do(what, lost)
			} else if lost != nil {
				lost()
			}
		})
		return
	}
	defer func() {
		if p := recover(); p != nil {
			if c, is := p.(crash); !is || c.n != n {
				panic(p)
			}
			n.die("killed")
			if lost != nil {
				lost()
			}
		}
	}()
	what()
	n.follow()
}

// follow plans the turns that what was done asks for.
func (n *node) follow() {
	if n.up && n.dispatcher != nil && n.dispatcher.Woken() && !n.turning {
		n.turning = true
		n.later(time.Millisecond, func() {
			n.turning = false
			n.dispatcher.Turn(n.ctx, false)
			n.flush()
		})
	}
}

// later plans something for this life of the process.
func (n *node) later(wait time.Duration, what func()) {
	life := n.life
	n.w.at(wait, func() {
		if n.life == life && n.up {
			n.do(what, nil)
		}
	})
}

// loop is something that a process repeats while it lives. It is made once: its turns are
// most of what a world does.
type loop struct {
	n    *node
	life int
	each time.Duration
	most time.Duration // at most, while the world is quiet
	what func()
	move func() // what the world calls
	turn func() // what the process does
}

// every repeats something for this life; seldom while the world is quiet and nothing is due.
func (n *node) every(d time.Duration, what func()) { n.repeat(d, quietMost, what) }

func (n *node) repeat(d, most time.Duration, what func()) {
	l := &loop{n: n, life: n.life, each: d, most: most, what: what}
	l.turn = func() {
		l.what()
		l.plan()
	}
	l.move = func() {
		if l.n.life == l.life && l.n.up {
			l.n.do(l.turn, nil)
		}
	}
	l.plan()
}

func (l *loop) plan() { l.n.w.at(l.pause(), l.move) }

// The quiet turns of a loop: nobody is late by more than the longest of them.
const (
	quietTurn = 20 * time.Second
	quietMost = 5 * time.Minute
)

// pause is how long a loop waits between two turns. Once the world is quiet it waits until
// something is due: a night in which nothing happens needs no thousand turns.
func (l *loop) pause() time.Duration {
	if !l.n.w.slow {
		return l.each
	}
	return min(l.most, max(l.each, quietTurn, l.n.w.store.nextDue().Sub(l.n.clock())))
}

// step is a place at which the process may die.
func (n *node) step(name string) {
	if n.doomed(name) {
		n.steps, n.killAt = 0, ""
		panic(crash{n})
	}
	if n.steps > 0 && (n.killAt == "" || n.killAt == name) {
		n.steps--
	}
	if n.stallAt == name {
		n.stall()
	}
}

// doomed tells whether the process dies at its next step of that name.
func (n *node) doomed(name string) bool {
	return n.steps == 1 && (n.killAt == "" || n.killAt == name)
}

// boot starts the process.
func (n *node) boot() {
	n.life++
	n.up, n.leading, n.flushing, n.turning, n.steps, n.killAt, n.stallAt = true, false, false, false, 0, "", ""
	n.name = fmt.Sprint(n.id, "-", n.life)
	n.steady = clock.NewSteady(n.wall, func() time.Duration { return n.w.now.Sub(epoch) })
	n.held = lease{}
	n.ctx, n.cancel = context.WithCancel(context.Background())
	n.tasks, n.current = nil, nil
	n.w.trace("%s starts (life %d)", n.id, n.life)
	n.w.check.replaced() // its clock may have been turned while it was dead
	if len(n.w.nodes) <= 1 {
		n.later(0, n.lead)
		return
	}
	n.await()
}

// await looks for the lease each second; not while the world is quiet and another leads, who
// then renews it seldom.
func (n *node) await() {
	life := n.life
	var move func()
	turn := func() {
		wait := n.patience()
		if wait == leaseLook {
			l, err := n.take()
			if err == nil {
				n.lease = l
				n.lead()
				return
			}
		}
		n.w.at(wait, move)
	}
	move = func() {
		if n.life == life && n.up {
			n.do(turn, nil)
		}
	}
	n.w.at(n.patience(), move)
}

func (n *node) patience() time.Duration {
	if n.w.slow && slices.ContainsFunc(n.w.nodes, func(o *node) bool { return o.leading && o.well() }) {
		return quietMost
	}
	return leaseLook
}

// owner names this life of the process.
func (n *node) owner() string { return n.name }

func (n *node) take() (lease, error) {
	if err := n.reach(); err != nil {
		return lease{}, err
	}
	held, now := n.w.store.lease, n.clock()
	if held != n.held {
		n.held, n.since = held, now
	}
	if held.until.After(now) && now.Sub(n.since) >= leaseLength {
		now = held.until
	}
	l, err := n.w.store.takeLease(n.owner(), now)
	if err == nil { // where the clock of who had it stood when it renewed, and what has passed since: its timers are by that
		n.steady.Reach(held.until.Add(n.clock().Sub(n.since) - leaseLength))
	}
	return l, err
}

// lead starts what decides and delivers.
func (n *node) lead() {
	w := n.w
	log := slog.New(slog.DiscardHandler)
	v := &view{model: w.store, n: n}
	n.service = watch.NewService(watch.Config{
		Store: v, Now: n.clock, Reached: n.steady.Reach, Policy: warning.DefaultPolicy(), Stepped: true, Log: log, Failpoint: n.step, Portion: w.portion,
		Matcher:  func(portfolio.Portfolio) watch.Matcher { return sites{} },
		Rater:    func([]watch.RuleVersion) (watch.Rater, error) { return nil, nil },
		Duty:     func(context.Context, string) (response.Duty, error) { return response.Duty{Mutes: w.mutes}, nil },
		Claim:    func() int { return 16 },
		Dispatch: func(list []response.Notification) { n.dispatcher.Dispatch(list) },
		Changed:  func(string) {},
	})
	n.alive = nil
	if len(w.nodes) > 1 {
		n.alive = delivery.NewLife(n.clock(), deadAfter)
	}
	var channels []delivery.Channel
	for _, p := range w.providers {
		channels = append(channels, &line{p, n})
	}
	n.dispatcher = delivery.NewDispatcher(delivery.Config{
		Store: v, Storm: v, Channels: channels, Words: words{}, Now: n.clock, Limits: w.limits, Failpoint: n.step, Log: log, Changed: func(string) {},
		Unreached: func(ctx context.Context, u delivery.Unreached) {
			if n.leading {
				n.service.Unreached(ctx, u.Org, u.Warning, u.Revision, u.Step) //nolint:errcheck // the escalation's own time comes
			}
		},
		Life: n.alive, Stepped: &delivery.Stepped{Go: n.start, After: n.later},
	})
	n.dog = &delivery.Watchdog{Dispatcher: n.dispatcher}
	n.inbox = delivery.NewInbox(delivery.InboxConfig{
		Store: v, Watch: answers{n}, Channels: channels, Now: n.clock, Changed: func(string) {}, Log: log, Again: n.dispatcher.Nudge,
		Unreached: func(ctx context.Context, u delivery.Unreached) {
			n.service.Unreached(ctx, u.Org, u.Warning, u.Revision, u.Step) //nolint:errcheck // the escalation's own time comes
		},
	})
	n.escalator = &watch.Escalator{Store: v, Service: n.service, Now: n.clock, Log: log}
	if err := errors.Join(n.reach(), n.service.Load(n.ctx)); err != nil {
		n.die("cannot load: " + err.Error())
		return
	}
	seen := n.clock()
	if len(w.nodes) > 1 {
		v.beat(seen)
		seen = seen.Add(-deadAfter)
	}
	if err := v.releaseClaims(n.clock(), seen); err != nil {
		n.die("cannot free claims: " + err.Error())
		return
	}
	n.leading = true
	w.trace("%s decides", n.id)
	n.dispatcher.Restore(n.ctx)
	n.loops(v)
}

func (n *node) loops(v *view) {
	n.tick()
	n.every(sweepEvery, func() { n.dispatcher.Turn(n.ctx, true); n.flush() })
	n.every(dogEvery, func() { n.dog.Look(n.ctx) })
	n.every(lookEvery, func() { n.escalator.Look(n.ctx) })
	if len(n.w.nodes) > 1 {
		n.every(leaseRenew, n.renew)
		n.repeat(beatEvery, deadAfter-beatEvery, func() { // however quiet it is, others must not take it for dead
			v.beat(n.clock())
			v.releaseClaims(n.clock(), n.clock().Add(-deadAfter)) //nolint:errcheck // the next beat tries again
		})
	}
}

// tick lets time pass in the cores.
func (n *node) tick() {
	wait, err := n.service.Step(n.ctx)
	if err != nil {
		n.die("the watch stopped: " + err.Error())
		return
	}
	n.later(max(wait, time.Millisecond), n.tick)
}

func (n *node) renew() {
	err := n.reach()
	if err == nil {
		n.lease, err = n.w.store.renewLease(n.lease, n.clock())
	}
	if err != nil && (errors.Is(err, errFenced) || !n.clock().Before(n.lease.until)) {
		n.die("the lease is lost")
	}
}

// flush stores outcomes a little later, as the finishing loop does.
func (n *node) flush() {
	if n.flushing {
		return
	}
	n.flushing = true
	n.later(3*time.Millisecond, func() {
		n.flushing = false
		if n.dispatcher.Flush(n.ctx) > 0 {
			n.flush()
		}
	})
}

// start runs an attempt as a task that the world resumes.
func (n *node) start(attempt func()) {
	t := &task{}
	t.next, t.stop = iter.Pull(func(yield func(struct{}) bool) {
		t.yield = yield
		defer func() {
			if p := recover(); p != nil && p != errStopped {
				panic(p)
			}
		}()
		attempt()
	})
	n.tasks = append(n.tasks, t)
	n.later(0, func() { n.resume(t) })
}

var errStopped = fmt.Errorf("the process is dead")

func (n *node) resume(t *task) {
	if t.done {
		return
	}
	before := n.current
	n.current = t
	defer func() { n.current = before }()
	if _, more := t.next(); !more {
		t.done = true
		n.tasks = slices.DeleteFunc(n.tasks, func(x *task) bool { return x == t })
		n.flush()
	}
}

// park gives the turn back until the task is resumed.
func (n *node) park(t *task) {
	if !t.yield(struct{}{}) {
		panic(errStopped)
	}
}

// die ends the process; it starts again after a while.
func (n *node) die(why string) {
	if !n.up {
		return
	}
	n.w.trace("%s dies: %s", n.id, why)
	n.w.result.Crashes++
	n.stop()
	n.w.at(between(n.chance, time.Second, 20*time.Second), n.boot)
}

func (n *node) stop() {
	if !n.up {
		return
	}
	n.up, n.leading = false, false
	n.life++
	n.cancel()
	for _, t := range n.tasks {
		t.done = true
		if t != n.current {
			t.stop()
		}
	}
	n.tasks, n.current = nil, nil
	n.w.check.died(n)
}

// reach tells whether the store can be reached, and is a step.
func (n *node) reach() error {
	n.step("store")
	if n.w.now.Before(n.cut) || n.w.now.Before(n.w.store.refuses) {
		return errUnreachable
	}
	return nil
}

var errUnreachable = fmt.Errorf("the store cannot be reached: %w", fault.ErrUnavailable)

// serving is a process that takes requests; nil = none can now.
func (w *world) serving(r *rand.Rand) *node {
	var can []*node
	for _, n := range w.nodes {
		if n.up && n.leading && !w.now.Before(n.paused) {
			can = append(can, n)
		}
	}
	if len(can) == 0 {
		return nil
	}
	return can[r.IntN(len(can))]
}

// words words messages: the text carries what they are made of.
type words struct{}

// Word implements delivery.Worder.
func (words) Word(_ context.Context, c delivery.Claimed, _ delivery.Facts) (delivery.Message, error) {
	return delivery.Message{Key: c.ID, Address: c.Address, Level: c.Level, Purpose: c.Purpose, Lines: []string{c.ID}}, nil
}

// Digest implements delivery.Digester.
func (words) Digest(_ context.Context, list []delivery.Claimed, _ []delivery.Facts) (delivery.Message, error) {
	m := delivery.Message{Key: "digest " + list[0].ID, Address: list[0].Address, Level: list[0].Level, Purpose: list[0].Purpose}
	for _, c := range list {
		m.Lines = append(m.Lines, c.ID)
	}
	return m, nil
}
