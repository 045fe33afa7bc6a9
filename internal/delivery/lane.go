package delivery

import (
	"cmp"
	"slices"
	"time"

	"watchfire.dev/internal/level"
)

// A unit is what one call of a channel sends: a notification, or several in one digest.
type unit struct {
	list  []Claimed
	facts []Facts // of a digest; a single one is looked up when it is sent
}

// first is the notification that gives the unit its place in the order.
func (u unit) first() Claimed { return u.list[0] }

// before orders units: the higher level first, then the older.
func (u unit) before(o unit) int {
	return cmp.Or(cmp.Compare(o.first().Level, u.first().Level), u.first().Queued.Compare(o.first().Queued))
}

// A lane is one channel with what waits for it in this process. Slots of its own keep a
// channel that hangs from holding up the others, and a few more than the usual ones are
// kept for reds, so that no red waits behind what it may overtake. The dispatcher's lock
// guards it.
type lane struct {
	name    string
	channel Channel // nil = not set up
	able    Ability
	limits  ChannelLimits
	slots   int
	running int
	backlog []unit
	rate    *bucket // nil = no limit
	budget  *bucket
	sent    int // since the start
	waking  bool
	mine    int       // claimed by this process since
	counted time.Time // when what all have sent was counted
}

// spare is how many slots of a lane are kept for reds.
const spare = 4

// full tells whether nothing more should be claimed for the lane now.
func (l *lane) full() bool { return len(l.backlog) >= ahead*l.slots }

// ahead is how many times its slots a lane may hold in waiting: enough that its slots never
// wait for a claim, few enough that the leases hold.
const ahead = 4

// push puts a unit in its place.
func (l *lane) push(u unit) {
	l.mine += len(u.list)
	i, _ := slices.BinarySearchFunc(l.backlog, u, func(a, b unit) int {
		if c := a.before(b); c != 0 {
			return c
		}
		return -1 // behind its equals
	})
	l.backlog = slices.Insert(l.backlog, i, u)
}

// next takes the unit to be sent now. wait is how long the provider's rate makes it wait.
func (l *lane) next(now time.Time) (u unit, ok bool, wait time.Duration) {
	if len(l.backlog) == 0 {
		return unit{}, false, 0
	}
	slots := l.slots
	if l.backlog[0].first().Level >= level.Red {
		slots += spare
	}
	if l.running >= slots {
		return unit{}, false, 0
	}
	if wait = l.pause(now); wait > 0 {
		return unit{}, false, wait
	}
	u = l.backlog[0]
	l.backlog = slices.Delete(l.backlog, 0, 1)
	l.rate.take()
	l.budget.take()
	l.running++
	l.sent++
	return u, true, 0
}

// pause is how long the lane must wait before its next message.
func (l *lane) pause(now time.Time) time.Duration { return max(l.rate.wait(now), l.budget.wait(now)) }

// delay is when the lane could send one more message behind what waits already, and why not
// before.
func (l *lane) delay(now time.Time, place int) (time.Duration, Hold) {
	wait, why := l.rate.wait(now), HeldProvider
	if l.rate != nil && l.rate.limit.N > 0 {
		if behind := place - int(l.rate.holds); behind > 0 {
			wait += time.Duration(behind) * l.rate.limit.Per / time.Duration(l.rate.limit.N)
		}
	}
	if b := l.budget.wait(now); b > wait {
		wait, why = b, HeldBudget
	} else if l.budget != nil && b == 0 && place >= int(l.budget.holds) && l.budget.limit.N > 0 {
		wait, why = max(wait, time.Duration(place+1-int(l.budget.holds))*l.budget.limit.Per/time.Duration(l.budget.limit.N)), HeldBudget
	}
	return wait, why
}

// A Meter is what one channel sends in this process now.
type Meter struct {
	Channel                string
	Sent, Running, Waiting int
	Rate, Budget           Limit
	Left                   int           // of the budget
	Pause                  time.Duration // until its provider takes the next one
}

// Meters reads the meters of all channels, by name.
func (d *Dispatcher) Meters() []Meter {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.cfg.Now()
	var out []Meter
	for _, l := range d.lanes {
		m := Meter{Channel: l.name, Sent: l.sent, Running: l.running, Waiting: len(l.backlog), Rate: l.limits.Rate, Budget: l.limits.Budget, Pause: l.pause(now)}
		if l.budget != nil {
			m.Left = int(l.budget.holds)
		}
		out = append(out, m)
	}
	slices.SortFunc(out, func(a, b Meter) int { return cmp.Compare(a.Channel, b.Channel) })
	return out
}
