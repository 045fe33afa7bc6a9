package delivery

import (
	"context"
	"fmt"
	"time"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/response"
)

// admit asks the gate what becomes of claimed notifications: sent, put off, or folded into
// one message; then it lets the lanes start.
func (d *Dispatcher) admit(ctx context.Context, list []Claimed) {
	units, off := d.gate.sort(ctx, d, list)
	var passed []unit
	d.mu.Lock()
	now := d.cfg.Now()
	for _, u := range units {
		if d.flying(u.list) || d.owing(u.list) {
			for _, c := range u.list {
				off = append(off, putOff(c, now, now.Add(landing), ""))
			}
			continue
		}
		l := d.lane(u.first().Channel)
		wait, why := l.delay(now, len(l.backlog))
		if wait <= patience {
			l.push(u)
			continue
		}
		for _, c := range u.list { // the provider takes no more for now
			off = append(off, unpaid(c, now, wait, why))
		}
	}
	for _, l := range d.ordered() {
		passed = d.ready(l, now, passed)
	}
	d.mu.Unlock()
	for _, o := range off {
		d.done <- o
	}
	for _, u := range passed {
		d.spawn(ctx, u)
	}
}

const (
	patience = 5 * time.Second  // a claimed notification waits that long for its provider's rate
	longest  = 10 * time.Minute // what was put off is looked at again by then
)

// putOff leaves a claimed notification unsent until later.
func putOff(c Claimed, now, until time.Time, why Hold) Outcome {
	o := outcomeOf(c, now)
	o.Ended, o.State, o.NextDue, o.Unsent, o.Held = now, response.Pending, until, true, why
	return o
}

// unpaid leaves unsent what its provider takes no more. A red is handed to whoever is next.
func unpaid(c Claimed, now time.Time, wait time.Duration, why Hold) Outcome {
	o := putOff(c, now, now.Add(min(wait, longest)), why)
	o.Struck = c.Level >= level.Red
	return o
}

// relieve gives back what waits in lanes that have stopped for longer than a claim may wait:
// others have spent the budget since it was claimed. It would stand as under way and be late.
func (d *Dispatcher) relieve() {
	var off []Outcome
	d.mu.Lock()
	now := d.cfg.Now()
	for _, l := range d.ordered() {
		if l.pause(now) <= patience {
			continue
		}
		wait, why := l.delay(now, 0)
		for _, u := range l.backlog {
			l.mine = max(0, l.mine-len(u.list))
			for _, c := range u.list {
				off = append(off, unpaid(c, now, wait, why))
			}
		}
		l.backlog = nil
	}
	d.mu.Unlock()
	for _, o := range off {
		d.done <- o
	}
}

func outcomeOf(c Claimed, began time.Time) Outcome {
	return Outcome{
		Notification: c.ID, Org: c.Org, Warning: c.Warning, Try: c.Tries, Queued: c.Queued, Began: began, Channel: c.Channel, Contact: c.Contact, Address: c.Address,
		Level: c.Level, Revision: c.Revision, Step: c.Step, lease: c.Until,
	}
}

// ready takes from a lane what may start now; the lock is held.
func (d *Dispatcher) ready(l *lane, now time.Time, out []unit) []unit {
	for {
		u, ok, wait := l.next(now)
		if !ok {
			if wait > 0 && !l.waking {
				l.waking = true
				d.later(l, wait)
			}
			return out
		}
		out = append(out, u)
	}
}

// later looks at a lane again after a while.
func (d *Dispatcher) later(l *lane, wait time.Duration) {
	d.after(wait, func() {
		d.mu.Lock()
		l.waking = false
		d.paced = append(d.paced, l)
		d.mu.Unlock()
		d.signal()
	})
}

// resume starts what waited for a provider's rate.
func (d *Dispatcher) resume(ctx context.Context) {
	d.mu.Lock()
	var passed []unit
	now := d.cfg.Now()
	for _, l := range d.paced {
		passed = d.ready(l, now, passed)
	}
	if len(d.paced) > 0 {
		d.sweep = d.sweep || d.hungry
		d.hungry = false
	}
	d.paced = nil
	d.mu.Unlock()
	for _, u := range passed {
		d.spawn(ctx, u)
	}
}

// spawn sends a unit, and after it whatever waits in its lane.
func (d *Dispatcher) spawn(ctx context.Context, u unit) {
	d.start(func() {
		for ok := true; ok; u, ok = d.following(ctx, u) {
			d.attempt(context.WithoutCancel(ctx), u)
		}
	})
}

// following gives the slot of a unit that is done to the next one.
func (d *Dispatcher) following(ctx context.Context, done unit) (unit, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	l := d.lane(done.first().Channel)
	l.running--
	if d.hungry && len(l.backlog) <= 2*l.slots {
		d.sweep, d.hungry = true, false
		d.signal()
	}
	if ctx.Err() != nil {
		return unit{}, false
	}
	u, ok, wait := l.next(d.cfg.Now())
	if !ok && wait > 0 && !l.waking {
		l.waking = true
		d.later(l, wait)
	}
	return u, ok
}

// attempt sends one unit and passes on what came of it.
func (d *Dispatcher) attempt(ctx context.Context, u unit) {
	first, began := u.first(), d.cfg.Now()
	if !d.mine(first, began) { // it waited, or we stood still, for too long: somebody else may have it
		for _, c := range u.list {
			d.done <- putOff(c, began, began, "")
		}
		return
	}
	defer d.fly(u.list)()
	limit := min(AttemptTime(first.Level), first.Until.Sub(began))
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	ctx, end := d.cfg.Trace.Begin(ctx, "attempt", "channel", first.Channel, "level", first.Level.String(), "notification", first.ID)
	receipt, key, err := d.send(ctx, u)
	end(err)
	d.cfg.Failpoint("sent")
	ended := d.cfg.Now()
	for _, c := range u.list {
		o := outcomeOf(c, began)
		o.Ended, o.State, o.Remote, o.Detail = ended, receipt.State, receipt.Remote, receipt.Detail
		if len(u.list) > 1 {
			o.Carrier = key
		}
		if err != nil {
			o = judge(o, c, err)
		} else if len(u.list) > 1 {
			o.Detail = short(fmt.Sprintf("%d in one message; %s", len(u.list), receipt.Detail))
		}
		d.done <- o
	}
}

// send words and sends a unit; it returns the key of the message as well.
func (d *Dispatcher) send(ctx context.Context, u unit) (Receipt, string, error) {
	c := u.first()
	d.mu.Lock()
	l := d.lane(c.Channel)
	channel := l.channel
	d.mu.Unlock()
	if channel == nil {
		return Receipt{}, "", &Fault{Kind: Misset, Err: fmt.Errorf("channel %q is not set up: %w", c.Channel, fault.ErrNotFound)}
	}
	m, err := d.word(ctx, u)
	if err != nil {
		return Receipt{}, "", fmt.Errorf("word the notification: %w", err)
	}
	r, err := channel.Send(ctx, m)
	return r, m.Key, err
}

// word makes the message of a unit.
func (d *Dispatcher) word(ctx context.Context, u unit) (Message, error) {
	facts := u.facts
	if len(facts) != len(u.list) {
		facts = nil
		for _, c := range u.list {
			f, err := d.cfg.Store.Facts(ctx, c.Notification)
			if err != nil {
				return Message{}, fmt.Errorf("facts: %w", err)
			}
			facts = append(facts, f)
		}
	}
	var m Message
	var err error
	if words, ok := d.cfg.Words.(Digester); ok && len(u.list) > 1 {
		m, err = words.Digest(ctx, u.list, facts)
	} else {
		m, err = d.cfg.Words.Word(ctx, u.first(), facts[0])
	}
	m.Parent = u.first().Parent
	return m, err
}

// giveBack leaves what was claimed and not begun to whoever comes next.
func (d *Dispatcher) giveBack() {
	d.mu.Lock()
	var left []Claimed
	for _, l := range d.ordered() {
		for _, u := range l.backlog {
			left = append(left, u.list...)
		}
		l.backlog = nil
	}
	d.mu.Unlock()
	now := d.cfg.Now()
	for _, c := range left {
		d.done <- putOff(c, now, now, "")
	}
}
