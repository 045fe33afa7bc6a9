package witness

import (
	"context"
	"sync"
	"time"

	"watchfire.dev/internal/journal"
)

// Back-off of a witness that does not answer: doubled from first to longest.
const (
	firstWait   = time.Second
	longestWait = time.Minute
)

// A courier delivers to one witness. It holds at most the newest checkpoint: one that is newer
// vouches for all entries of the older, so a witness that was away misses nothing but times.
type courier struct {
	to   Publisher
	opts Options
	kick chan struct{}

	mu      sync.Mutex // guards what follows
	pending *journal.Checkpoint
	state   WitnessState
}

func newCourier(to Publisher, opts Options) *courier {
	return &courier{to: to, opts: opts, kick: make(chan struct{}, 1), state: WitnessState{Name: to.Name()}}
}

func (p *courier) offer(c journal.Checkpoint) {
	p.mu.Lock()
	p.pending = &c
	p.mu.Unlock()
	select {
	case p.kick <- struct{}{}:
	default:
	}
}

func (p *courier) take() *journal.Checkpoint {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := p.pending
	p.pending = nil
	return c
}

// run delivers until ctx ends.
func (p *courier) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.kick:
		}
		for c := p.take(); c != nil; c = p.take() {
			if !p.deliver(ctx, c) || !p.rest(ctx) {
				return
			}
		}
	}
}

// rest waits for the pace of a witness that has one. It reports false when ctx ended.
func (p *courier) rest(ctx context.Context) bool {
	paced, ok := p.to.(Paced)
	if !ok || paced.Pace() <= 0 {
		return true
	}
	timer := time.NewTimer(paced.Pace())
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// deliver tries until the witness took c or a newer checkpoint. It reports false when ctx
// ended.
func (p *courier) deliver(ctx context.Context, c *journal.Checkpoint) bool {
	for wait := firstWait; ; wait = min(2*wait, longestWait) {
		err := p.try(ctx, c)
		if ctx.Err() != nil && err != nil {
			return false
		}
		p.note(c, err)
		if err == nil {
			return true
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return false
		case <-timer.C:
		}
		if newer := p.take(); newer != nil {
			c = newer
		}
	}
}

func (p *courier) try(ctx context.Context, c *journal.Checkpoint) error {
	ctx, cancel := context.WithTimeout(ctx, p.opts.Timeout)
	defer cancel()
	return p.to.Publish(ctx, c.Signed)
}

func (p *courier) note(c *journal.Checkpoint, err error) {
	now := p.opts.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil {
		p.state.Failures++
		p.state.LastError, p.state.LastErrorAt = err.Error(), now
		return
	}
	p.state.Failures = 0
	p.state.Size, p.state.At, p.state.Made = c.Size, now, c.At
}

// A WitnessState tells how one witness stands. A zero time means never, since the start of
// the process.
type WitnessState struct {
	Name        string
	Size        int64     // entries that the last checkpoint it took vouches for
	Made        time.Time // when that checkpoint was signed
	At          time.Time // when it took it
	Failures    int       // attempts in a row that did not succeed; 0 is well
	LastError   string    // the last error, also when it is well again
	LastErrorAt time.Time
}

// A State tells how the Keeper stands.
type State struct {
	Size      int64     // entries of the last checkpoint
	Made      time.Time // when it was signed; zero if never
	LastError string    // why there is no newer one; empty if the last turn went well
	Witnesses []WitnessState
}

// State returns a snapshot for the status page.
func (k *Keeper) State() State {
	k.mu.Lock()
	s := State{Size: k.last.Size, Made: k.last.At}
	if k.lastErr != nil {
		s.LastError = k.lastErr.Error()
	}
	k.mu.Unlock()
	for _, p := range k.couriers {
		p.mu.Lock()
		s.Witnesses = append(s.Witnesses, p.state)
		p.mu.Unlock()
	}
	return s
}
