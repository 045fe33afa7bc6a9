package delivery

import (
	"sync"
	"time"
)

// Life tells whether what this process claimed is still its own, where several processes
// share a database. One that says nothing for some time is taken for dead, and the others
// send what it had in hand. A process that only stood still (a suspended machine, a disk that
// hung) does not know that; so before an attempt it asks whether it was silent for so long
// since it claimed. It is safe for concurrent use; nil = nobody else is there, all is its own.
type Life struct {
	silent time.Duration

	mu   sync.Mutex
	seen time.Time // the newest sign of life that others can see
	void time.Time // what was claimed before is another's
}

// NewLife is the life of a process that is seen now and taken for dead after some silence.
func NewLife(now time.Time, silent time.Duration) *Life { return &Life{silent: silent, seen: now} }

// Beat is a sign of life that others can see, as of an instant.
func (l *Life) Beat(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.Sub(l.seen) >= l.silent {
		l.void = now
	}
	l.seen = now
}

// Holds tells whether what was claimed at an instant is still this process's.
func (l *Life) Holds(claimed, now time.Time) bool {
	if l == nil {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return claimed.After(l.void) && now.Sub(l.seen) < l.silent
}

// mine tells whether a claimed notification is still this process's.
func (d *Dispatcher) mine(c Claimed, now time.Time) bool {
	lease := Claim{Lease: d.cfg.Lease, Red: min(redLease, d.cfg.Lease)}.Until(c.Level).Sub(time.Time{})
	return now.Before(c.Until) && d.cfg.Life.Holds(c.Until.Add(-lease), now)
}

// flight is an attempt of this process that is under way.
type flight struct{ waited bool }

// fly notes that attempts are under way until the function that it returns is called.
func (d *Dispatcher) fly(list []Claimed) (landed func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f := &flight{}
	for _, c := range list {
		d.flights[c.ID] = f
	}
	return func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		for _, c := range list {
			if d.flights[c.ID] == f {
				delete(d.flights, c.ID)
			}
		}
	}
}

// landing is how long a notification is put off whose last attempt has outlived its lease.
const landing = time.Second

// flying tells whether an attempt of ours is still under way for a notification whose lease
// is over: we stood still, and the sweep woke before the attempt noticed that its time was up.
// It is waited for once and no longer, because a channel that hangs must not hold a red; the
// lock is held.
func (d *Dispatcher) flying(list []Claimed) bool {
	for _, c := range list {
		if f := d.flights[c.ID]; f != nil && !f.waited {
			f.waited = true
			return true
		}
	}
	return false
}
