package sim

import (
	"time"

	"watchfire.dev/internal/response"
)

// faults draws what breaks and when.
func (w *world) faults() {
	r := dice(w.opt.Seed, "faults")
	for range r.IntN(9) {
		n := w.nodes[r.IntN(len(w.nodes))]
		at := between(r, time.Second, active-2*time.Minute)
		long := between(r, 2*time.Second, time.Minute)
		steps, point := 1+r.IntN(25), ""
		if oneIn(r, 2) { // at a named step
			steps, point = 1+r.IntN(3), pick(r, committed, committed, committed, "merged", "decided", "before-commit", "committed", "claimed", "sent", "receipt-stored")
		}
		switch kind := r.IntN(12); {
		case kind < 3:
			w.at(at, func() { n.do(func() { n.die("kill -9") }, nil) })
		case kind < 6:
			w.at(at, func() {
				w.trace("%s will be killed in %d steps %s", n.id, steps, point)
				n.steps, n.killAt = steps, point
			})
		case kind < 8:
			w.at(at, func() {
				if leader := w.serving(r); leader != nil && long > 20*time.Second {
					n = leader
				}
				w.trace("%s is paused for 30 s", n.id)
				n.pause(w.now.Add(30 * time.Second))
			})
		case kind < 9:
			w.at(at, func() {
				w.trace("%s is cut off from the store for %s", n.id, long)
				n.cut = w.now.Add(long)
			})
		case kind < 10:
			w.at(at, func() {
				w.trace("the store refuses writes for %s", long)
				w.store.refuses = w.now.Add(long)
			})
		case kind < 11:
			w.at(at, func() {
				w.trace("commits are answered with doubt for %s", long)
				w.store.doubts = w.now.Add(long)
			})
		default:
			by := pick(r, time.Hour, -time.Hour)
			w.jumps = true
			w.skew += time.Hour
			w.at(at, func() {
				w.trace("the clock of %s jumps by %s", n.id, by)
				n.offset += by
				w.jumped = true
			})
			if oneIn(r, 2) {
				w.at(at+between(r, time.Minute, 20*time.Minute), func() {
					w.trace("the clock of %s is set right", n.id)
					n.offset -= by
					w.jumped = true
				})
			}
		}
	}
}

// stalled draws a process that stands still in the middle of a step, for longer than its
// lease, and then goes on as if nothing had been: a machine that was suspended, a disk that
// hung. It has chance of its own, so that what else happens stays as it was.
func (w *world) stalled() {
	r := dice(w.opt.Seed, "stalls")
	if len(w.nodes) < 2 || !oneIn(r, 2) {
		return
	}
	for range 1 + r.IntN(3) {
		point := pick(r, "decided", "before-commit", "before-commit", "merged", "claimed", "sent")
		long := between(r, leaseLength, 5*leaseLength)
		w.at(between(r, time.Second, active-5*time.Minute), func() {
			if n := w.serving(r); n != nil {
				w.trace("%s will stand still for %s at %s", n.id, long, point)
				n.stallAt, n.stalls = point, long
			}
		})
	}
}

// halved draws processes that are killed between two portions of what one observation decided.
func (w *world) halved() {
	if w.portion < 0 {
		return
	}
	r := dice(w.opt.Seed, "halves")
	for range 1 + r.IntN(3) {
		w.at(between(r, time.Second, active-5*time.Minute), func() {
			if n := w.serving(r); n != nil && n.steps == 0 {
				w.trace("%s will be killed between two portions", n.id)
				n.steps, n.killAt = 1, "portion"
			}
		})
	}
}

// stall lets the rest of the world go on while the process stands in the middle of a step.
// Who stood already stands at least as long: its step goes on only when this one has.
func (n *node) stall() {
	w, until := n.w, n.w.now.Add(n.stalls)
	if until.After(epoch.Add(active - time.Minute)) {
		return
	}
	w.trace("%s stands still at %s", n.id, n.stallAt)
	n.stallAt = ""
	n.pause(until)
	for _, o := range w.standing {
		o.pause(n.paused)
	}
	w.standing = append(w.standing, n)
	for w.now.Before(n.paused) {
		until = n.paused
		w.run(until.Add(-time.Nanosecond), nil)
		if w.now.Before(until) {
			w.now = until
		}
		if len(w.result.Failures) >= mostFailures {
			break
		}
	}
	w.standing = w.standing[:len(w.standing)-1]
	w.trace("%s goes on", n.id)
}

// pause stops the process until an instant, or later when it is to stop for longer.
func (n *node) pause(until time.Time) {
	if until.After(n.paused) {
		n.paused = until
	}
	n.w.check.replaced()
}

// heal ends what is broken: what happens from here on must come to an end.
func (w *world) heal() {
	w.trace("quiet")
	for _, n := range w.nodes {
		n.steps, n.killAt, n.stallAt, n.paused, n.cut = 0, "", "", w.now, w.now
	}
	w.store.refuses, w.store.doubts = w.now, w.now
}

// still tells whether nothing is left to be done.
func (w *world) still() bool {
	if len(w.store.rows.open()) > 0 {
		return false
	}
	for _, e := range w.store.escalations {
		if (e.State == response.Running || e.State == response.Answered) && !e.Due.IsZero() && w.store.active(e.Warning) {
			return false
		}
	}
	return w.now.After(epoch.Add(active + horn + 15*time.Minute))
}
