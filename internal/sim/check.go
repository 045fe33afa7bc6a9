package sim

import (
	"slices"
	"time"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/watch"
)

// The bounds of TRUST: red within a minute, timers at most 15 s late, another leads in 20 s.
const (
	redBound   = 60 * time.Second
	timerBound = 15 * time.Second
	leadBound  = 20 * time.Second
)

// checker watches the world from outside: it believes what providers and people saw, and
// what the store holds.
type checker struct {
	w        *world
	led      time.Duration // how long somebody decided who could
	reds     map[string]time.Duration
	redOrder []string
	timers   map[string]*timer
	// nextTimer is when the first of them is due, or was when it was looked at last.
	nextTimer time.Time
	calls     map[string]*call
	acked     map[string]int      // revision that somebody has
	holders   map[string][]string // contacts who have it
	said      map[string]bool
	replied   map[string]string
	reached   map[string][]string // contacts whom an alarm reached, by warning
	closed    map[string]bool     // warnings with an all-clear
	blames    map[string]bool
	bound     time.Duration // of timers
	red       time.Duration // of reds
	queued    []string      // every notification that was committed
}

// timer is an escalation that is due, in the world's time.
type timer struct {
	esc  response.EscalationState
	due  time.Time
	late time.Duration
}

// call is what is known of the messages of one notification.
type call struct {
	under     []sending // who sends it now
	taken     string    // remote id of the newest message that was taken
	certain   bool      // we have stored that it was taken
	failed    bool      // it failed later
	delivered bool
}

// sending is a call that has not come back to who makes it.
type sending struct {
	by    *node
	began time.Time
}

// overslept tells whether its sender stood still until the lease of the call was over, and has
// not noticed yet: whoever has the notification by then goes by the lease.
func (s sending) overslept(l level.Level, now time.Time) bool {
	lease := delivery.FirstClaim(s.began).Until(l)
	return s.by.paused.After(s.began) && !now.Before(lease)
}

func newChecker(w *world) *checker {
	return &checker{
		w: w, reds: map[string]time.Duration{}, timers: map[string]*timer{}, calls: map[string]*call{}, acked: map[string]int{}, holders: map[string][]string{}, said: map[string]bool{},
		replied: map[string]string{}, reached: map[string][]string{}, closed: map[string]bool{}, blames: map[string]bool{}, bound: timerBound, red: redBound,
	}
}

func (c *checker) call(id string) *call {
	if c.calls[id] == nil {
		c.calls[id] = &call{}
	}
	return c.calls[id]
}

// pass lets time pass: whoever waits gets later.
func (c *checker) pass(at time.Time) {
	d := at.Sub(c.w.now)
	if d <= 0 {
		return
	}
	open := !c.w.now.Before(c.w.store.refuses) && !c.w.now.Before(c.w.store.doubts)
	leads, could := false, false
	for _, n := range c.w.nodes {
		leads = leads || n.well() && n.leading
		could = could || open && n.well()
	}
	for _, n := range c.w.nodes {
		switch {
		case leads || !open || !n.well():
			n.headless = 0
		default:
			if n.headless += d; n.headless > leadBound {
				c.once("headless", "nobody has decided for %s though %s could", n.headless, n.name)
			}
		}
	}
	if !leads || !could {
		return
	}
	c.led += d
	c.late(at, d)
}

func (c *checker) once(key, format string, args ...any) {
	if !c.blames[key] {
		c.blames[key] = true
		c.w.fail(format, args...)
	}
}

func (c *checker) late(at time.Time, d time.Duration) {
	rest := c.redOrder[:0]
	for _, id := range c.redOrder {
		since, waits := c.reds[id]
		r := c.w.store.rows.byID[id]
		if !waits || r == nil || !r.open() {
			delete(c.reds, id)
			continue
		}
		rest = append(rest, id)
		if c.led-since > c.red {
			c.once("red "+id, "red %s to %s over %s was not tried for %s", id, r.Contact, r.Channel, c.led-since)
		}
	}
	c.redOrder = rest
	if !at.After(c.nextTimer) {
		return
	}
	c.nextTimer = at.Add(quiet)
	for id, t := range c.timers { // each is looked at by itself
		if c.w.store.escalations[id] != t.esc || !c.w.store.active(id) {
			delete(c.timers, id)
			continue
		}
		if at.After(t.due) {
			if t.late += min(d, at.Sub(t.due)); t.late > c.bound {
				c.once("timer "+id, "the escalation of %s is late by %s", id, t.late)
			}
		}
		if t.due.Before(c.nextTimer) {
			c.nextTimer = t.due
		}
	}
}

// commit looks at what one transaction makes durable, before its rows are there.
func (c *checker) commit(n *node, b *watch.Batch) {
	entries := map[string]bool{}
	var at time.Time
	for _, j := range b.Journal {
		if j.Kind != journal.Queued {
			entries[j.Subject] = true
		}
		if j.At.After(at) {
			at = j.At
		}
	}
	again := map[string]bool{}
	for _, a := range b.Answers {
		switch has := c.holders[a.Warning]; {
		case a.Kind == watch.NeedHelp:
			again[a.Warning] = true
		case a.Kind == watch.Cannot: // takes back what its own author said and nobody else's
			has = slices.DeleteFunc(has, func(x string) bool { return x == a.Contact })
			c.holders[a.Warning] = has
			again[a.Warning] = again[a.Warning] || len(has) == 0
		case a.Kind == watch.HaveIt && c.w.store.active(a.Warning):
			c.acked[a.Warning] = a.Revision
			c.holders[a.Warning] = append(has, a.Contact)
		}
	}
	for _, id := range b.Woken {
		delete(c.acked, id)
		delete(c.holders, id)
	}
	told := map[string]bool{}
	for _, x := range b.Notifications {
		told[x.Warning] = true
		c.queued = append(c.queued, x.ID)
		if rev, is := c.acked[x.Warning]; is && x.Purpose == response.Escalation && x.Revision == rev && !again[x.Warning] {
			c.once("acked "+x.Warning, "%s asks %s about %s, which somebody has", n.id, x.Contact, x.Warning)
		}
		if x.Level >= level.Red && x.State != response.Muted && x.Purpose != response.AllClear {
			if c.w.store.rows.byID[x.ID] == nil {
				c.reds[x.ID] = c.led
				c.redOrder = append(c.redOrder, x.ID)
				c.w.result.Reds++
			}
		}
	}
	for id := range again {
		if again[id] {
			delete(c.acked, id)
			delete(c.holders, id)
		}
	}
	exhausted := map[string]bool{}
	for _, e := range b.Escalations {
		exhausted[e.Warning] = e.State == response.Exhausted
		if (e.State == response.Running || e.State == response.Answered) && !e.Due.IsZero() {
			t := &timer{esc: e, due: c.w.now.Add(e.Due.Sub(at))}
			c.timers[e.Warning] = t
			if t.due.Before(c.nextTimer) {
				c.nextTimer = t.due
			}
		}
	}
	for _, d := range b.Decisions {
		w := d.Warning
		if w == nil {
			continue
		}
		if !entries[w.ID] {
			c.w.fail("warning %s revision %d has no journal entry", w.ID, w.Revision)
		}
		if w.AllClear {
			c.closed[w.ID] = true
		}
		if w.Notify && !w.AllClear && !told[w.ID] && !exhausted[w.ID] {
			c.w.fail("warning %s revision %d is to be told and nobody is", w.ID, w.Revision)
		}
	}
}

// putOff looks at what waits unsent.
func (c *checker) putOff(o delivery.Outcome) {
	if o.Level >= level.Red && (o.Held == delivery.HeldFlood || o.Held == delivery.HeldRecipient) {
		c.w.fail("red %s is held back: %s", o.Notification, o.Held)
	}
	if o.Struck { // its provider takes no more: whoever is next is asked instead (decision 22)
		delete(c.reds, o.Notification)
	}
}

// begin and ended frame a call of a channel.
func (c *checker) begin(n *node, m delivery.Message) {
	for _, id := range m.Lines {
		x := c.call(id)
		delete(c.reds, id)
		for _, s := range x.under {
			o, r := s.by, c.w.store.rows.byID[id]
			// Doubt: he was taken for dead, or his lease ran out, and he only stood still.
			silent := r != nil && (r.freed == o.owner() || s.overslept(r.Level, c.w.now))
			if o != n && o.well() && n.well() && !c.w.jumps && !silent {
				c.once("twice "+id, "%s and %s send %s at the same time", o.id, n.id, id)
			} else if o == n && !c.w.jumped {
				c.once("twice "+id, "%s sends %s twice at the same time", n.id, id)
			}
		}
		x.under = append(x.under, sending{n, c.w.now})
		if x.certain && !x.failed {
			c.once("again "+id, "%s sends %s again, though we know that it was taken", n.id, id)
		}
	}
}

func (c *checker) ended(n *node, m delivery.Message) {
	for _, id := range m.Lines {
		x := c.call(id)
		if i := slices.IndexFunc(x.under, func(s sending) bool { return s.by == n }); i >= 0 {
			x.under = slices.Delete(x.under, i, i+1)
		}
	}
}

// replaced is said when somebody else may go on with what a process wrote. Where its clock was
// wrong, that and the wrong clock are two faults, and the promises speak of one.
func (c *checker) replaced() {
	if c.w.jumped {
		c.bound, c.red = c.skew(), c.skew()
	}
}

// skew is for what somebody left whose clock was wrong, and who then died or stood still: the
// next one knows his time by what he wrote last.
func (c *checker) skew() time.Duration { return c.w.skew + 2*quietMost }

// died ends the calls of a process.
func (c *checker) died(n *node) {
	c.replaced()
	for _, x := range c.calls {
		x.under = slices.DeleteFunc(x.under, func(s sending) bool { return s.by == n })
	}
}

// took is a message at its provider.
func (c *checker) took(_ *provider, m delivery.Message, remote string) {
	for _, id := range m.Lines {
		x := c.call(id)
		x.taken, x.failed, x.certain = remote, false, false
		if r := c.w.store.rows.byID[id]; r != nil && m.Purpose != response.AllClear && !slices.Contains(c.reached[r.Warning], r.Contact) {
			c.reached[r.Warning] = append(c.reached[r.Warning], r.Contact)
		}
	}
}

// stored is an outcome on disk.
func (c *checker) stored(o delivery.Outcome) {
	x := c.call(o.Notification)
	if o.Remote != "" && o.Remote == x.taken && o.State != response.Pending && o.State != response.Failed {
		x.certain = true
	}
}

// kept is a receipt on disk, whether its sender got to know that or not.
func (c *checker) kept(id string, l delivery.Late) {
	if l.State == response.Failed {
		c.call(id).failed = true
	}
}

// heard is a receipt that was taken with yes.
func (c *checker) heard(l delivery.Late, m delivery.Message) {
	for _, id := range m.Lines {
		x := c.call(id)
		if l.State == response.Delivered && x.taken == l.Remote {
			x.delivered = x.delivered || x.certain
		}
	}
}

// answered is a reply that was taken with yes.
func (c *checker) answered(channel string, r delivery.Reply) {
	c.replied[channel+" "+r.ID] = r.Notification
}

// end looks at what became of everything.
func (c *checker) end() {
	s := c.w.store
	for _, id := range c.w.feed.accepted {
		if _, ok := s.signals[id]; !ok {
			c.w.fail("signal %s was accepted and is lost", id)
		}
	}
	if s.halves != nil {
		c.w.fail("what was decided at %s was cut off after %d of %d groups and never completed", s.halves.At, s.halves.Done, len(s.halves.Groups))
	}
	told := map[string]bool{}
	for _, r := range s.rows.all {
		told[r.Warning+string(r.Purpose)+r.Contact] = true
		switch r.State {
		case response.Queued, response.Sent, response.Delivered, response.Failed, response.Superseded, response.Muted, response.Held:
		default:
			c.w.fail("%s to %s over %s ends as %s after %d tries, due %s", r.ID, r.Contact, r.Channel, r.State, r.tries, r.Due.Sub(epoch))
		}
		if x := c.calls[r.ID]; x != nil && x.delivered && r.State != response.Delivered && r.State != response.Superseded {
			c.w.fail("%s was delivered, and we say %s", r.ID, r.State)
		}
	}
	for _, id := range s.warnOrder {
		if c.closed[id] {
			for _, contact := range c.reached[id] {
				if !told[id+string(response.AllClear)+contact] {
					c.w.fail("%s got an alarm of %s and no all-clear", contact, id)
				}
			}
		}
	}
	var keys []string
	for k := range c.replied {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		r := s.rows.byID[c.replied[k]]
		if r != nil && !slices.ContainsFunc(s.answers, func(a watch.Answer) bool { return a.Warning == r.Warning && a.Contact == r.Contact }) {
			c.w.fail("the answer of %s to %s was accepted and is lost", r.Contact, r.Warning)
		}
	}
	for _, id := range c.queued {
		if s.rows.byID[id] == nil {
			c.w.fail("notification %s was committed and is lost", id)
		}
	}
}
