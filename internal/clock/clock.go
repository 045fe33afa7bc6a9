// Package clock is the only place of Watchfire that reads the machine's time.
// Everything else takes a Clock or a time as argument, so that a decision depends on
// its inputs alone and a test or a replay can play any hour of any day.
// It keeps no timers: whoever waits uses a context and the standard timer.
package clock

import "time"

// A Clock tells the present moment in UTC.
type Clock func() time.Time

// System is the machine's clock, in UTC, to the microsecond: what every store can keep
// without loss, so that a time read back compares equal to the time written.
func System() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// Fixed returns a Clock that always tells t. For tests and replays.
func Fixed(t time.Time) Clock { return func() time.Time { return t } }
