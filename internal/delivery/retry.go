package delivery

import (
	"errors"
	"time"

	"watchfire.dev/internal/level"
	"watchfire.dev/internal/response"
)

// retries is when a level is tried again, counted from the end of the attempt before; after
// the last one the notification is given up.
func retries(l level.Level) []time.Duration {
	if l == level.Red {
		return []time.Duration{2 * time.Second, 8 * time.Second, 20 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute}
	}
	return []time.Duration{5 * time.Second, 30 * time.Second, 2 * time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 4 * time.Hour}
}

// handOn is how long a red is tried on a channel before whoever is next is told as well
// (TRUST.md, promise 6). The channel is tried further: better twice than not at all.
const handOn = 30 * time.Second

// AttemptTime is how long one attempt may take.
func AttemptTime(l level.Level) time.Duration {
	if l >= level.Red {
		return 10 * time.Second
	}
	return 30 * time.Second
}

// judge says what a failed attempt means.
func judge(o Outcome, c Claimed, err error) Outcome {
	o.Kind, o.Detail, o.Remote = KindOf(err), short(err.Error()), ""
	wait, more := Again(c.Level, c.Tries)
	if o.Kind == Dead || o.Kind == Refused || o.Kind == Misset || !more {
		o.State = response.Failed
		return o
	}
	var f *Fault
	if errors.As(err, &f) && f.After > wait {
		wait = f.After
		if c.Level >= level.Red {
			wait = min(wait, time.Minute)
		}
	}
	o.State, o.NextDue = response.Pending, o.Ended.Add(wait)
	o.Struck = c.Level >= level.Red && o.NextDue.Sub(c.Queued) >= handOn
	return o
}

// Again is how long to wait after an attempt of that number; more is false when it was the
// last one.
func Again(l level.Level, tries int) (wait time.Duration, more bool) {
	plan := retries(min(l, level.Red))
	if tries < 1 || tries > len(plan) {
		return 0, false
	}
	return plan[tries-1], true
}

func short(s string) string {
	const most = 500
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}
