package watch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/response"
)

// A Decider follows the order of the inputs and decides the parts that it holds. What it
// decides is written with how far it has come, in one transaction that is refused when a part
// is another's by now: so nothing is decided twice and nothing is left out, whoever dies when.
type Decider struct {
	service *Service // of the same process: its callers wait for outcomes
	cfg     Config
	wake    chan struct{}
	change  chan change

	holds   []Hold
	inner   *Service // the cores; nil = to be built
	reached Point
	written int64     // how far the database knows us to be
	wrote   time.Time // when it heard so last
	stuck   int64     // the input that could not be decided
	tries   int
}

type change struct {
	holds []Hold
	done  chan struct{}
}

const (
	// decideBatch and decideAtMost bound what one commit waits for: inputs, and decisions of all
	// but the last of them. Callers and leases of this process wait behind it.
	decideBatch  = 64
	decideAtMost = 128
	// lookEvery is how often a decider looks for inputs that nobody told it of.
	lookEvery = 250 * time.Millisecond
	// lazily is how long a decider may keep to itself that it has come further, when it had
	// nothing to write.
	lazily = 500 * time.Millisecond
	// triesOfInput is how often an input is tried that cannot be decided for a reason that is
	// none of its meanings.
	triesOfInput = 3
)

// NewDecider returns a Decider beside a Service, which must have an Order. It holds nothing.
func NewDecider(s *Service) *Decider {
	return &Decider{service: s, cfg: s.cfg, wake: make(chan struct{}, 1), change: make(chan change)}
}

// Nudge says that there may be a new input. It never blocks.
func (d *Decider) Nudge() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// Hold says which parts are held from now on. When it returns nothing is decided any more
// for what is held no longer.
func (d *Decider) Hold(ctx context.Context, holds []Hold) error {
	c := change{holds: holds, done: make(chan struct{})}
	select {
	case d.change <- c:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	select {
	case <-c.done:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Run decides until ctx ends.
func (d *Decider) Run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for ctx.Err() == nil {
		more, err := d.step(ctx)
		wait := d.until()
		switch {
		case err != nil && ctx.Err() == nil:
			d.cfg.Log.Error("decide; the cores are built again from the store", "error", err)
			d.inner, wait = nil, lookEvery
		case more:
			wait = 0
		}
		if wait == 0 {
			select {
			case c := <-d.change:
				d.take(c)
			default:
			}
			continue
		}
		timer.Reset(wait)
		select {
		case <-ctx.Done():
		case c := <-d.change:
			d.take(c)
		case <-d.wake:
		case <-timer.C:
		}
	}
	return nil
}

func (d *Decider) take(c change) {
	d.holds, d.inner = c.holds, nil
	close(c.done)
}

// until is how long to wait for what nobody tells of.
func (d *Decider) until() time.Duration {
	if d.inner == nil {
		if len(d.holds) == 0 {
			return time.Minute
		}
		return lookEvery
	}
	return min(lookEvery, d.inner.untilDue())
}

// step does the next piece of work; more tells that there may be another at once.
func (d *Decider) step(ctx context.Context) (more bool, err error) {
	if len(d.holds) == 0 {
		return false, nil
	}
	if d.inner == nil {
		if err := d.load(ctx); err != nil {
			return false, err
		}
	}
	inputs, err := d.cfg.Order.After(ctx, d.reached.Seq, decideBatch)
	if err != nil {
		return false, fmt.Errorf("read the inputs behind %d: %w", d.reached.Seq, err)
	}
	if len(inputs) > 0 {
		return true, d.pass(ctx, inputs)
	}
	if d.reached.Seq > d.written && d.cfg.Now().Sub(d.wrote) >= lazily {
		return false, d.commit(ctx, d.inner, &Batch{})
	}
	return d.tick(ctx)
}

// tick lets time pass for everybody when something is due here.
func (d *Decider) tick(ctx context.Context) (more bool, err error) {
	now := d.cfg.Now()
	for _, org := range d.inner.desks {
		if !org.core.dueBefore(now) {
			continue
		}
		in, err := d.cfg.Order.Accept(ctx, Input{Point: Point{At: now}, Kind: inTick, Due: org.core.NextDue(), Part: PartOf("", "", d.cfg.Parts)})
		return in.Seq != 0, err
	}
	return false, nil
}

// load builds the cores where the slowest part is, so that all that is held can be followed
// from where it was left.
func (d *Decider) load(ctx context.Context) error {
	base, all, err := d.cfg.Order.Behind(ctx)
	if err != nil {
		return fmt.Errorf("where the parts are: %w", err)
	}
	sh := &share{order: d.cfg.Order, parts: d.cfg.Parts, holds: d.holds, from: map[int]int64{}, base: base, seq: base.Seq}
	d.written = 0
	for i, h := range d.holds {
		sh.from[h.Part] = all[h.Part]
		if i == 0 || all[h.Part] < d.written {
			d.written = all[h.Part]
		}
	}
	cfg := d.cfg
	cfg.Order, cfg.Matcher = nil, sh.matcher(d.cfg)
	inner := NewService(cfg)
	inner.share = sh
	if err := inner.Load(ctx); err != nil {
		return err
	}
	d.inner, d.reached, d.wrote = inner, base, d.cfg.Now()
	return nil
}

// pass decides inputs and writes what follows.
func (d *Decider) pass(ctx context.Context, inputs []Input) error {
	t := &turn{Service: d.inner, ctx: ctx, batch: &Batch{}, dirty: map[string]bool{}, duty: map[string]response.Duty{}}
	d.inner.inline = t
	for _, in := range inputs {
		if ctx.Err() != nil { // what is not written will be decided by another
			return context.Cause(ctx)
		}
		t.now, t.share.seq = in.At, in.Seq
		t.tick()
		result, err := d.apply(t, in)
		o, sure := verdictOf(in.Seq, result, err)
		if !sure && !d.givenUp(in.Seq) {
			return fmt.Errorf("input %d (%s): %w", in.Seq, in.Kind, err)
		}
		if err := t.remember(); err != nil {
			return err
		}
		if t.share.decides(in.Part) {
			t.batch.Done = append(t.batch.Done, o)
		}
		if d.reached = in.Point; len(t.batch.Decisions) >= decideAtMost {
			break
		}
	}
	for _, desk := range d.inner.desks {
		desk.core.Rest()
	}
	d.cfg.Failpoint("decided")
	t.claim(t.batch)
	t.ready(t.batch, d.cfg.Workers)
	if t.batch.Empty() && d.cfg.Now().Sub(d.wrote) < lazily {
		return nil
	}
	if err := d.commit(ctx, d.inner, t.batch); err != nil {
		return err
	}
	d.cfg.Failpoint("committed")
	d.service.waiting.resolve(t.batch.Done)
	if len(t.batch.Notifications) > 0 {
		d.cfg.Dispatch(t.batch.Notifications)
	}
	for org := range t.dirty {
		d.cfg.Changed(org)
	}
	return nil
}

// givenUp tells whether an input that cannot be decided was tried often enough: its outcome
// is then the error, and those behind it are decided.
func (d *Decider) givenUp(seq int64) bool {
	if d.stuck != seq {
		d.stuck, d.tries = seq, 0
	}
	d.tries++
	return d.tries > triesOfInput
}

func (d *Decider) commit(ctx context.Context, s *Service, b *Batch) error {
	b.Under, b.Reached = s.share.holds, d.reached
	d.cfg.Failpoint("before-commit")
	if err := d.cfg.Store.Commit(ctx, b); err != nil {
		return err
	}
	d.written, d.wrote = d.reached.Seq, d.cfg.Now()
	return nil
}

// apply decides one input.
func (d *Decider) apply(t *turn, in Input) (any, error) {
	if t.share.decides(in.Part) || !aboutWarning(in.Kind) {
		before := t.batch.marked()
		result, err := d.ask(t, in)
		if !aboutWarning(in.Kind) {
			t.batch.keepFrom(before, t.keeps)
		}
		return result, err
	}
	return nil, nil
}

func aboutWarning(kind string) bool {
	return kind == inByHand || kind == inAnswer || kind == inEscalate || kind == inUnreached
}

// ask calls what the input's sender called, within the turn.
func (d *Decider) ask(t *turn, in Input) (any, error) {
	s, ctx := t.Service, t.ctx
	read := func(v any) error { return json.Unmarshal(in.Body, v) }
	switch in.Kind {
	case inTick, inPing:
		return nil, nil
	case inObserve:
		return nil, d.observe(t, in)
	case inByHand:
		var b byHandIn
		if err := read(&b); err != nil {
			return nil, err
		}
		return result(s.ByHand(ctx, in.Org, b.Warning, b.Act, b.Actor, b.Reason))
	case inSilence:
		var a Act
		return nil, errors.Join(read(&a), s.silence(ctx, a))
	case inDetach:
		var b detachIn
		if err := read(&b); err != nil {
			return nil, err
		}
		return nil, s.Detach(ctx, in.Org, b.Event, b.Signals, b.Actor)
	case inPortfolio:
		var v PortfolioVersion
		if err := read(&v); err != nil {
			return nil, err
		}
		v, err := s.SetPortfolio(ctx, v)
		return PortfolioVersion{At: v.At, Whole: v.Whole}, err
	case inRule:
		var v RuleVersion
		if err := read(&v); err != nil {
			return nil, err
		}
		return result(s.SetRule(ctx, v))
	case inAnswer:
		var a Answer
		if err := read(&a); err != nil {
			return nil, err
		}
		return result(s.Answer(ctx, a))
	case inEscalate, inUnreached:
		var b escalateIn
		if err := read(&b); err != nil {
			return nil, err
		}
		if in.Kind == inUnreached {
			return nil, s.Unreached(ctx, in.Org, b.Warning, b.Revision, b.Step)
		}
		return nil, s.Escalate(ctx, in.Org, b.Warning, b.Revision, b.Actor, b.Force)
	case inOrg:
		return nil, s.AddOrg(ctx, in.Org)
	case inJudged:
		return nil, d.judged(t, in)
	}
	return nil, fmt.Errorf("input of kind %q is unknown: a newer process put it there", in.Kind)
}

func result[T any](v T, err error) (any, error) { return v, err }

func (d *Decider) observe(t *turn, in Input) error {
	var signals []event.Signal
	if err := json.Unmarshal(in.Body, &signals); err != nil {
		return err
	}
	for i := range signals {
		signals[i].Received = in.At
	}
	for _, org := range t.orgs() {
		if in.Org == "" || in.Org == org {
			t.decided(org, t.desks[org].core.Observe(t.now, signals))
		}
	}
	d.cfg.Failpoint("merged")
	return nil
}

func (d *Decider) judged(t *turn, in Input) error {
	var a Act
	if err := json.Unmarshal(in.Body, &a); err != nil {
		return err
	}
	desk, err := t.desk(in.Org)
	if err != nil {
		return err
	}
	t.judged(desk, a)
	return nil
}

// mark is how long the lists of a batch were.
type mark struct{ acts, portfolios, rules, journal int }

func (b *Batch) marked() mark {
	return mark{len(b.Acts), len(b.Portfolios), len(b.Rules), len(b.Journal)}
}

// keepFrom takes out what came since a mark and belongs to organisations that others keep.
func (b *Batch) keepFrom(m mark, keeps func(org string) bool) {
	b.Acts = kept(b.Acts, m.acts, func(a Act) bool { return keeps(a.Org) })
	b.Portfolios = kept(b.Portfolios, m.portfolios, func(v PortfolioVersion) bool { return keeps(v.Portfolio.Org) })
	b.Rules = kept(b.Rules, m.rules, func(v RuleVersion) bool { return keeps(v.Org) })
	var gone []int // where entries stood that go, from 1
	at := m.journal
	b.Journal = kept(b.Journal, m.journal, func(d journal.Draft) bool {
		at++
		whole := d.Kind == journal.EventSplit || d.Kind == journal.PortfolioChanged || d.Kind == journal.RuleChanged
		if !whole || keeps(d.Org) {
			return true
		}
		gone = append(gone, at)
		return false
	})
	for i := range b.Decisions {
		before, _ := slices.BinarySearch(gone, b.Decisions[i].entry)
		b.Decisions[i].entry -= before
	}
}

func kept[T any](list []T, from int, keep func(T) bool) []T {
	out := list[:from]
	for _, v := range list[from:] {
		if keep(v) {
			out = append(out, v)
		}
	}
	return out
}
