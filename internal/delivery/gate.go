package delivery

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"watchfire.dev/internal/level"
	"watchfire.dev/internal/response"
)

// StormStore keeps what storm control counts by, so that a restart forgives nobody and
// several processes count together.
type StormStore interface {
	// Recent tells what recipients got since an instant, at most a few hundred of each.
	Recent(ctx context.Context, list []Recipient, since time.Time) (map[Recipient]Recent, error)
	// Spent counts the attempts on a channel, or to one recipient, that began since an instant.
	Spent(ctx context.Context, r Recipient, since time.Time) (int, error)
	// Floods lists the recipients that are flooded now.
	Floods(ctx context.Context) ([]Flood, error)
	// BeginFlood and EndFlood note and journal that a flood begins or is over; MoveFlood when
	// its next digest is due. What is so already changes nothing.
	BeginFlood(ctx context.Context, f Flood) error
	EndFlood(ctx context.Context, r Recipient, at time.Time) error
	MoveFlood(ctx context.Context, f Flood) error
	// TakeFor claims what waits for a recipient below a level, whether it is due or not, but for
	// what the recipient's own choice put off.
	TakeFor(ctx context.Context, r Recipient, below level.Level, c Claim, limit int) ([]Claimed, error)
}

// A gate decides what becomes of a claimed notification before its channel is called: it
// sounds alone, goes with others into one message, or waits. Reds and EMERGENCIES pass
// whatever their recipient got before; what a machine reads is neither folded nor limited.
type gate struct {
	storm  StormStore
	limits Limits
	log    *slog.Logger

	mu      sync.Mutex
	buckets map[Recipient]*bucket
	floods  map[Recipient]Flood
}

// recipientsKept bounds the counts in memory; the store has them all.
const recipientsKept = 50_000

// sort splits a claimed batch into what is sent now, in units, and what is put off.
func (g *gate) sort(ctx context.Context, d *Dispatcher, list []Claimed) (units []unit, off []Outcome) {
	now := d.cfg.Now()
	var people []Claimed
	for _, c := range list {
		// A digest that its receiver has chosen is folded already and comes at its hour; letters and
		// notices are no alarms.
		if d.toPerson(c.Channel) && c.Level < level.Red && !c.Purpose.Alone() {
			people = append(people, c)
		} else {
			units = append(units, unit{list: []Claimed{c}})
		}
	}
	if len(people) == 0 {
		return units, nil
	}
	mine, recent := byRecipient(people), g.recent(ctx, people, now)
	for _, group := range mine {
		r := recipientOf(group[0])
		sounded := recent[r].Sounded - len(group) // without those of this batch
		for _, u := range d.byEvent(ctx, group) {
			if why, until := g.hold(ctx, r, sounded, now); why != "" && !d.emergency(ctx, u) {
				for _, c := range u.list {
					off = append(off, putOff(c, now, until, why))
				}
				continue
			}
			sounded++
			units = append(units, u)
		}
	}
	return units, off
}

func recipientOf(c Claimed) Recipient { return Recipient{c.Org, c.Contact, c.Channel} }

// byRecipient splits a list in a fixed order; the order within a recipient stays.
func byRecipient(list []Claimed) [][]Claimed {
	sorted := slices.Clone(list)
	slices.SortStableFunc(sorted, func(a, b Claimed) int { return recipientOf(a).Compare(recipientOf(b)) })
	var out [][]Claimed
	for i := 0; i < len(sorted); {
		j := i + 1
		for j < len(sorted) && recipientOf(sorted[j]) == recipientOf(sorted[i]) {
			j++
		}
		out = append(out, sorted[i:j:j])
		i = j
	}
	return out
}

// recent asks what the recipients of a list got lately; unknown is nothing: telling too
// many is better than none.
func (g *gate) recent(ctx context.Context, list []Claimed, now time.Time) map[Recipient]Recent {
	if g.storm == nil || g.limits.Flood.Enter <= 0 {
		return map[Recipient]Recent{}
	}
	var who []Recipient
	for _, c := range list {
		who = append(who, recipientOf(c))
	}
	slices.SortFunc(who, Recipient.Compare)
	got, err := g.storm.Recent(ctx, slices.Compact(who), now.Add(-g.limits.Flood.Window))
	if err != nil {
		g.log.Error("what recipients got lately is unknown and does not count", "error", err)
		return map[Recipient]Recent{}
	}
	return got
}

// hold tells whether one more message to a recipient must wait, why and until when.
func (g *gate) hold(ctx context.Context, r Recipient, sounded int, now time.Time) (Hold, time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	f, flooded := g.floods[r]
	if !flooded && g.storm != nil && g.limits.Flood.Begins(Recent{Sounded: sounded}) {
		f = g.limits.Flood.Begin(r, now)
		if err := g.storm.BeginFlood(ctx, f); err != nil {
			g.log.Error("note a flood", "contact", r.Contact, "channel", r.Channel, "error", err)
			return "", time.Time{} // not noted: nobody would write the digest
		}
		g.floods[r], flooded = f, true
	}
	if flooded { // a minute behind the digest, which takes it before
		until := f.Next
		if until.Before(now) {
			until = now
		}
		return HeldFlood, until.Add(time.Minute)
	}
	limit := g.limits.Channels[r.Channel].Recipient
	if limit.None() {
		return "", time.Time{}
	}
	b := g.bucket(ctx, r, limit, now)
	if wait := b.wait(now); wait > 0 {
		return HeldRecipient, now.Add(min(max(wait, time.Second), time.Hour))
	}
	b.take()
	return "", time.Time{}
}

// bucket is what a recipient's limit has left, counted from the store the first time.
func (g *gate) bucket(ctx context.Context, r Recipient, limit Limit, now time.Time) *bucket {
	if b, ok := g.buckets[r]; ok {
		return b
	}
	if len(g.buckets) >= recipientsKept {
		clear(g.buckets)
	}
	spent := 0
	if g.storm != nil {
		n, err := g.storm.Spent(ctx, r, now.Add(-limit.Per))
		if err != nil {
			g.log.Error("what a recipient got is unknown and does not count", "contact", r.Contact, "channel", r.Channel, "error", err)
		}
		spent = max(0, n-1) // the one that asks has begun already
	}
	b := newBucket(limit, spent, now)
	g.buckets[r] = b
	return b
}

// toPerson tells whether people read a channel: what a machine reads needs no mercy, and what
// keeps the state of each warning would keep a wrong one behind a digest.
func (d *Dispatcher) toPerson(channel string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	able := d.lane(channel).able
	return able.Form != Data && !able.Single
}

// emergency tells whether any warning of a unit cries for help.
func (d *Dispatcher) emergency(ctx context.Context, u unit) bool {
	for i, c := range u.list {
		f, err := Facts{}, error(nil)
		if len(u.facts) == len(u.list) {
			f = u.facts[i]
		} else if f, err = d.cfg.Store.Facts(ctx, c.Notification); err != nil {
			return true // unknown: it is better heard
		}
		if f.Warning.Emergency {
			return true
		}
	}
	return false
}

// byEvent joins what one event means for several projects of the same recipient: a flood that
// touches forty sites is one message. What comes alone stays alone.
func (d *Dispatcher) byEvent(ctx context.Context, group []Claimed) []unit {
	single := func() []unit {
		out := make([]unit, 0, len(group))
		for _, c := range group {
			out = append(out, unit{list: []Claimed{c}})
		}
		return out
	}
	if _, can := d.cfg.Words.(Digester); !can || len(group) < 2 {
		return single()
	}
	type key struct {
		event string
		why   response.Purpose
	}
	at := map[key]int{}
	var out []unit
	for _, c := range group {
		f, err := d.cfg.Store.Facts(ctx, c.Notification)
		if err != nil { // said again when it is sent
			out = append(out, unit{list: []Claimed{c}})
			continue
		}
		k := key{why: c.Purpose}
		if len(f.Warning.Events) > 0 {
			k.event = f.Warning.Events[0].ID
		}
		i, known := at[k]
		if !known || k.event == "" || f.Warning.Emergency {
			at[k] = len(out)
			out = append(out, unit{list: []Claimed{c}, facts: []Facts{f}})
			continue
		}
		out[i].list, out[i].facts = append(out[i].list, c), append(out[i].facts, f)
	}
	for _, u := range out {
		sortUnit(u)
	}
	return out
}

// sortUnit puts the highest level first: it gives the message its place.
func sortUnit(u unit) {
	type pair struct {
		c Claimed
		f Facts
	}
	pairs := make([]pair, len(u.list))
	for i := range u.list {
		pairs[i].c = u.list[i]
		if len(u.facts) == len(u.list) {
			pairs[i].f = u.facts[i]
		}
	}
	slices.SortStableFunc(pairs, func(a, b pair) int {
		return cmp.Or(cmp.Compare(b.c.Level, a.c.Level), a.c.Queued.Compare(b.c.Queued))
	})
	for i, p := range pairs {
		u.list[i] = p.c
		if len(u.facts) == len(u.list) {
			u.facts[i] = p.f
		}
	}
}

// restore reads what a restart must not forget: floods, and what the providers' limits and
// budgets have left.
func (d *Dispatcher) restore(ctx context.Context) {
	now := d.cfg.Now()
	d.counted = now
	for _, l := range d.ordered() {
		spent := func(limit Limit) *bucket {
			if limit.None() {
				return nil
			}
			n := 0
			if d.cfg.Storm != nil {
				var err error
				if n, err = d.cfg.Storm.Spent(ctx, Recipient{Channel: l.name}, now.Add(-limit.Per)); err != nil {
					d.cfg.Log.Error("what a channel has sent is unknown and does not count", "channel", l.name, "error", err)
				}
			}
			return newBucket(limit, n, now)
		}
		rate, budget := spent(l.limits.Rate), spent(l.limits.Budget)
		d.mu.Lock()
		l.rate, l.budget, l.counted, l.mine = rate, budget, now, 0
		d.mu.Unlock()
	}
	d.knowFloods(ctx)
}

// recountEvery is how often budgets, and what recipients got, are counted anew where other
// processes send too.
const recountEvery = time.Minute

// recount takes what other processes have sent meanwhile out of the budgets, and counts anew
// what recipients got. Rates stay this process's own. A budget goes on filling: one that was
// counted anew over its whole span would stand still for that span once it is spent.
func (d *Dispatcher) recount(ctx context.Context) {
	now := d.cfg.Now()
	if d.cfg.Life == nil || d.cfg.Storm == nil || now.Sub(d.counted) < recountEvery {
		return
	}
	d.counted = now
	d.mu.Lock()
	lanes := d.ordered()
	d.mu.Unlock()
	for _, l := range lanes {
		if l.limits.Budget.None() {
			continue
		}
		n, err := d.cfg.Storm.Spent(ctx, Recipient{Channel: l.name}, l.counted)
		if err != nil {
			d.cfg.Log.Error("what all processes have sent is unknown; this one's count goes on", "channel", l.name, "error", err)
			continue
		}
		d.mu.Lock()
		l.budget.spend(n-l.mine, now)
		l.counted, l.mine = now, 0
		d.mu.Unlock()
	}
	d.gate.mu.Lock()
	defer d.gate.mu.Unlock()
	clear(d.gate.buckets)
}

// knowFloods reads the floods: another process may have begun or ended some.
func (d *Dispatcher) knowFloods(ctx context.Context) []Flood {
	if d.cfg.Storm == nil {
		return nil
	}
	list, err := d.cfg.Storm.Floods(ctx)
	if err != nil {
		d.cfg.Log.Error("read floods", "error", err)
		return nil
	}
	d.gate.mu.Lock()
	defer d.gate.mu.Unlock()
	clear(d.gate.floods)
	for _, f := range list {
		d.gate.floods[f.Recipient] = f
	}
	return list
}

// mostDigest bounds one digest; the next one has the rest.
const mostDigest = 500

// digests writes what flooded recipients are due, and ends floods that are over with one
// last digest.
func (d *Dispatcher) digests(ctx context.Context) {
	now := d.cfg.Now()
	d.recount(ctx)
	d.relieve()
	for _, f := range d.knowFloods(ctx) {
		recent, err := d.cfg.Storm.Recent(ctx, []Recipient{f.Recipient}, now.Add(-d.cfg.Limits.Flood.Window))
		if err != nil {
			d.cfg.Log.Error("what a flooded recipient got is unknown", "contact", f.Contact, "error", err)
			continue
		}
		over := d.cfg.Limits.Flood.Ends(recent[f.Recipient])
		if !over && f.Next.After(now) {
			continue
		}
		if err := d.digest(ctx, f.Recipient); err != nil {
			d.cfg.Log.Error("write a digest", "contact", f.Contact, "channel", f.Channel, "error", err)
			continue
		}
		if over {
			err = d.cfg.Storm.EndFlood(ctx, f.Recipient, now)
			d.gate.forget(f.Recipient)
		} else {
			f.Next = now.Add(d.cfg.Limits.Flood.Every)
			err = d.cfg.Storm.MoveFlood(ctx, f)
			d.gate.put(f)
		}
		if err != nil {
			d.cfg.Log.Error("note a flood", "contact", f.Contact, "channel", f.Channel, "error", err)
		}
	}
}

func (g *gate) forget(r Recipient) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.floods, r)
}

func (g *gate) put(f Flood) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.floods[f.Recipient] = f
}

// digest sends what waits for a recipient in one message.
func (d *Dispatcher) digest(ctx context.Context, r Recipient) error {
	list, err := d.cfg.Storm.TakeFor(ctx, r, level.Red, d.claim(), mostDigest)
	if err != nil || len(list) == 0 {
		return err
	}
	d.mu.Lock()
	l := d.lane(r.Channel)
	_, words := d.cfg.Words.(Digester)
	if words {
		u := unit{list: list}
		sortUnit(u)
		l.push(u)
	} else {
		for _, c := range list {
			l.push(unit{list: []Claimed{c}})
		}
	}
	passed := d.ready(l, d.cfg.Now(), nil)
	d.mu.Unlock()
	for _, u := range passed {
		d.spawn(ctx, u)
	}
	return nil
}
