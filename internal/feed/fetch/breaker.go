package fetch

import "time"

// A Breaker says when a failing source is left alone. It is a pure rule over Health and
// holds nothing itself; the zero value works.
type Breaker struct {
	Threshold   int           // failures in a row that open it; default 5
	CoolDown    time.Duration // first pause, doubled with each failed probe; default 1 min
	MaxCoolDown time.Duration // default 1 h
}

// A State is what a Breaker says of a source at a moment.
type State string

// The states.
const (
	Closed   State = "closed"    // poll as usual
	Open     State = "open"      // do not poll before Health.OpenUntil
	HalfOpen State = "half-open" // one probe: its outcome closes or opens again
)

// State returns the state of a source with health h. OpenUntil further away than any pause
// can be means that the clock was set back: then a probe is due, not years of silence.
func (b Breaker) State(h Health, now time.Time) State {
	switch {
	case h.Failures < b.threshold():
		return Closed
	case now.Before(h.OpenUntil) && h.OpenUntil.Sub(now) <= b.most():
		return Open
	default:
		return HalfOpen
	}
}

// Allow tells whether a poll may start now. In half-open it allows each asker: that only one
// poll of a source runs at a time is the runner's promise.
func (b Breaker) Allow(h Health, now time.Time) bool { return b.State(h, now) != Open }

func (b Breaker) threshold() int          { return positive(b.Threshold, 5) }
func (b Breaker) coolDown() time.Duration { return positive(b.CoolDown, time.Minute) }
func (b Breaker) most() time.Duration     { return positive(b.MaxCoolDown, time.Hour) }
