package sim

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/warning"
	"watchfire.dev/internal/watch"
)

var (
	errFenced  = fmt.Errorf("another process has taken over: %w", fault.ErrConflict)
	errAnother = fmt.Errorf("the lease is another's: %w", fault.ErrConflict)
)

// lease is the right to decide.
type lease struct {
	owner string
	epoch int64
	until time.Time
}

// model is the store that all processes share, with the promises of the real one: what is
// written in one call is written whole or not at all, and stays.
type model struct {
	w       *world
	refuses time.Time // writes, until
	doubts  time.Time // commits happen and their answers get lost, until

	lease       lease
	seen        map[string]time.Time
	signals     map[string]kept[event.Signal]
	events      map[string]kept[event.Event]
	eventOrder  []string
	reckoned    map[string]time.Time
	warnings    map[string]kept[warning.Warning]
	warnOrder   []string
	memory      []byte
	halves      *watch.Left // of decisions that come in several commits
	rows        table
	escalations map[string]response.EscalationState
	nextTimer   time.Time // of all escalations; they are looked for each second
	answers     []watch.Answer
	remotes     map[string][]remote // one message may carry several notifications
	early       []early
	replies     map[string]bool
	floods      map[delivery.Recipient]delivery.Flood
}

type remote struct {
	id string
	n  int
}

func newModel(w *world) *model {
	return &model{
		w: w, seen: map[string]time.Time{}, signals: map[string]kept[event.Signal]{}, events: map[string]kept[event.Event]{}, reckoned: map[string]time.Time{},
		warnings: map[string]kept[warning.Warning]{}, rows: newTable(), escalations: map[string]response.EscalationState{},
		remotes: map[string][]remote{}, replies: map[string]bool{}, floods: map[delivery.Recipient]delivery.Flood{},
	}
}

func (s *model) takeLease(owner string, now time.Time) (lease, error) {
	if s.lease.owner != "" && s.lease.owner != owner && s.lease.until.After(now) {
		return lease{}, errAnother
	}
	s.lease = lease{owner, s.lease.epoch + 1, now.Add(leaseLength)}
	for _, n := range s.w.nodes {
		n.headless = 0
	}
	return s.lease, nil
}

func (s *model) renewLease(l lease, now time.Time) (lease, error) {
	if l.owner != s.lease.owner || l.epoch != s.lease.epoch {
		return l, errFenced
	}
	s.lease.until = now.Add(leaseLength)
	return s.lease, nil
}

func (s *model) active(id string) bool { return warning.Active(s.warnings[id].head) }

// view is the store as one process reaches it.
type view struct {
	*model
	n *node
}

// write does one transaction: it happens whole, or not at all, or nobody hears that it did.
func (v *view) write(do func() error) error { return v.writeAs("written", do) }

func (v *view) writeAs(step string, do func() error) error {
	if err := v.n.reach(); err != nil {
		return err
	}
	if err := do(); err != nil {
		return err
	}
	v.n.step(step)
	if v.w.now.Before(v.doubts) && oneIn(v.n.chance, 2) {
		return fmt.Errorf("the connection is lost: %w", fault.ErrUnavailable)
	}
	return nil
}

// Orgs implements watch.Store.
func (v *view) Orgs(context.Context) ([]string, error) { return []string{"o"}, v.n.reach() }

// kept is a noun on the disk: what is read of it is nobody else's.
type kept[T any] struct {
	head T // to look at its plain fields; what it points to may be another's
	raw  []byte
}

func keep[T any](x T) kept[T] {
	raw, err := json.Marshal(x)
	if err != nil {
		panic(err) // a bug: nouns are kept as JSON
	}
	return kept[T]{x, raw}
}

func (k kept[T]) read() T {
	var out T
	if err := json.Unmarshal(k.raw, &out); err != nil {
		panic(err) // a bug: we wrote it
	}
	return out
}

// Load implements watch.Store.
func (v *view) Load(_ context.Context, org string, since time.Time) (watch.State, error) {
	st := watch.State{Portfolio: v.w.who, Signals: map[string]event.Signal{}, Assessed: map[string]time.Time{}}
	if err := v.n.reach(); err != nil {
		return st, err
	}
	for _, id := range v.eventOrder {
		if k := v.events[id]; !k.head.Updated.Before(since) {
			e := k.read()
			st.Events = append(st.Events, e)
			st.Assessed[id] = v.reckoned[id]
			for _, t := range []time.Time{e.Updated, v.reckoned[id]} {
				if t.After(st.Now) {
					st.Now = t
				}
			}
			for _, r := range e.Reports {
				if s, ok := v.signals[r.Signal]; ok && e.State == event.Ongoing {
					st.Signals[r.Signal] = s.read()
				}
			}
		}
	}
	slices.SortFunc(st.Events, func(a, b event.Event) int {
		if c := a.Updated.Compare(b.Updated); c != 0 {
			return c
		}
		return compare(a.ID, b.ID)
	})
	for _, id := range v.warnOrder {
		w := v.warnings[id].read()
		st.Warnings = append(st.Warnings, w)
		if w.At.After(st.Now) {
			st.Now = w.At
		}
	}
	if v.halves != nil && v.w.opt.Plant != LeftForgotten {
		l := *v.halves
		st.Left = &l
	}
	if v.memory != nil {
		return st, json.Unmarshal(v.memory, &st.Memory)
	}
	return st, nil
}

func compare(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// Known implements watch.Store.
func (v *view) Known(_ context.Context, ids []string) (map[string]bool, error) {
	out := map[string]bool{}
	for _, id := range ids {
		if _, ok := v.signals[id]; ok {
			out[id] = true
		}
	}
	return out, v.n.reach()
}

// Asked implements watch.Store.
func (v *view) Asked(_ context.Context, id string) ([]response.Asked, error) {
	list := slices.Clone(v.rows.byWarning[id])
	slices.SortStableFunc(list, func(a, b *row) int {
		if c := a.queued.Compare(b.queued); c != 0 {
			return c
		}
		return compare(a.ID, b.ID)
	})
	var out []response.Asked
	for _, r := range list {
		out = append(out, response.Asked{Contact: r.Contact, Step: r.Step, Channel: r.Channel, Address: r.Address, State: r.State, Held: r.Held, Tries: r.tries, Due: r.Due})
	}
	return out, v.n.reach()
}

// Escalation implements watch.Store.
func (v *view) Escalation(_ context.Context, id string) (response.EscalationState, error) {
	if err := v.n.reach(); err != nil {
		return response.EscalationState{}, err
	}
	e, ok := v.escalations[id]
	if !ok {
		return e, fmt.Errorf("escalation of %s: %w", id, fault.ErrNotFound)
	}
	return e, nil
}

// DueEscalations implements watch.DueStore.
func (v *view) DueEscalations(_ context.Context, now time.Time, limit int) ([]response.EscalationState, error) {
	if err := v.n.reach(); err != nil {
		return nil, err
	}
	if v.nextTimer.IsZero() || now.Before(v.nextTimer) {
		return nil, nil
	}
	var out []response.EscalationState
	for _, e := range v.escalations {
		if (e.State == response.Running || e.State == response.Answered) && !e.Due.IsZero() && !e.Due.After(now) {
			out = append(out, e)
		}
	}
	slices.SortFunc(out, func(a, b response.EscalationState) int {
		if c := a.Due.Compare(b.Due); c != 0 {
			return c
		}
		return compare(a.Warning, b.Warning)
	})
	return out[:min(len(out), limit)], nil
}

// committed is the step at which a commit is on disk and nobody knows.
const committed = "on disk"

// Commit implements watch.Store.
func (v *view) Commit(_ context.Context, b *watch.Batch) error {
	return v.writeAs(committed, func() error {
		if len(v.w.nodes) > 1 && (v.n.lease.epoch != v.lease.epoch) && v.w.opt.Plant != Unfenced {
			return errFenced
		}
		for _, s := range b.Signals {
			v.signals[s.ID] = keep(s)
		}
		for _, d := range b.Decisions {
			v.decision(d)
		}
		v.w.check.commit(v.n, b)
		if v.w.opt.Plant != TornCommit || !v.n.doomed(committed) {
			v.queue(b.Notifications)
		}
		for _, e := range b.Escalations {
			if old := v.escalations[e.Warning]; v.w.opt.Plant == AnswerIgnored && e.State == response.Answered {
				e.State, e.Due = old.State, old.Due
			}
			v.escalations[e.Warning] = e
		}
		for _, l := range b.Left {
			v.halves = &l
			if l.Over() {
				v.halves = nil
			}
		}
		v.timed()
		v.answers = append(v.answers, b.Answers...)
		for _, m := range b.Memories {
			v.memory = slices.Clone(m.Body)
		}
		return nil
	})
}

// timed finds the next escalation that will be due.
func (s *model) timed() {
	s.nextTimer = time.Time{}
	for _, e := range s.escalations { // the earliest, whatever the order
		if (e.State == response.Running || e.State == response.Answered) && !e.Due.IsZero() && (s.nextTimer.IsZero() || e.Due.Before(s.nextTimer)) {
			s.nextTimer = e.Due
		}
	}
}

// nextDue is when something that is stored falls due; far off when there is nothing.
func (s *model) nextDue() time.Time {
	out := s.w.now.Add(quiet)
	for _, r := range s.rows.open() {
		if r.Due.Before(out) {
			out = r.Due
		}
	}
	if !s.nextTimer.IsZero() && s.nextTimer.Before(out) {
		out = s.nextTimer
	}
	return out
}

func (v *view) decision(d watch.OrgDecision) {
	if e := d.Event; e != nil && d.Rows == nil {
		if old, ok := v.events[e.ID]; ok && e.Revision < old.head.Revision {
			v.w.fail("event %s goes from revision %d back to %d", e.ID, old.head.Revision, e.Revision)
		} else if !ok {
			v.eventOrder = append(v.eventOrder, e.ID)
		}
		v.events[e.ID], v.reckoned[e.ID] = keep(*e), d.At
	}
	if w := d.Warning; w != nil {
		old, ok := v.warnings[w.ID]
		if w.Revision != old.head.Revision+1 {
			v.w.fail("warning %s: revision %d was decided after %d", w.ID, w.Revision, old.head.Revision)
		}
		if !ok {
			v.warnOrder = append(v.warnOrder, w.ID)
			v.w.result.Warnings++
		}
		v.warnings[w.ID] = keep(*w)
		v.w.trace("%s decides %s revision %d: %s %s, %s", v.n.id, w.ID, w.Revision, w.State, w.Level, w.Reason)
	}
}

func (v *view) queue(list []response.Notification) {
	for _, n := range list {
		if n.Revision > 1 && n.Purpose != response.Escalation && n.State != response.Muted {
			for _, r := range v.rows.byWarning[n.Warning] {
				if r.Contact == n.Contact && r.Channel == n.Channel && r.Address == n.Address && (r.State == response.Pending || r.State == response.Held) && r.Revision < n.Revision {
					r.State = response.Superseded
				}
			}
		}
		if v.rows.byID[n.ID] != nil {
			continue
		}
		r := &row{Notification: n, queued: n.QueuedAt()}
		if n.State == response.Sending { // claimed by its commit
			r.tries, r.claimed, r.owner, r.Due = 1, n.Due, v.n.owner(), delivery.FirstClaim(n.Due).Until(n.Level)
			r.attempts = []attempt{{outcome: "began"}}
		}
		v.rows.add(r)
	}
}

func (v *view) beat(now time.Time) {
	if v.n.reach() == nil {
		v.seen[v.n.owner()] = now
		v.n.alive.Beat(now)
	}
}

func (v *view) releaseClaims(now, since time.Time) error {
	return v.write(func() error {
		for _, r := range v.rows.open() {
			if seen, ok := v.seen[r.owner]; r.State == response.Sending && r.Due.After(now) && r.owner != v.n.owner() && !(ok && seen.After(since)) {
				r.Due, r.freed = now, r.owner
			}
		}
		return nil
	})
}
