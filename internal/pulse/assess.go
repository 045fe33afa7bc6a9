package pulse

import (
	"strings"
	"time"
)

// Assess judges the facts, the worst first. What works is in the list too: a check that is
// missing could be read as one that passed.
func Assess(f Facts, l Limits) []Check {
	var out []Check
	out = append(out, f.inside(l)...)
	out = append(out, f.queue(l)...)
	out = append(out, f.channels(l)...)
	out = append(out, f.sources()...)
	out = append(out, f.reports())
	out = append(out, f.journal(l)...)
	out = append(out, f.machine(l)...)
	return Sorted(out)
}

// since is a check that is in a state since an instant, or fine when the instant is zero.
func since(name, subject string, state State, at time.Time) Check {
	if at.IsZero() {
		return Check{Name: name, Subject: subject, State: OK}
	}
	return Check{Name: name, Subject: subject, State: state, Since: at}
}

// late is a check that is fine until due plus a grace, and late after it.
func (f Facts) late(name, subject string, due time.Time, grace time.Duration, count int64) Check {
	c := Check{Name: name, Subject: subject, State: OK, Count: count}
	if by := f.At.Sub(due); !due.IsZero() && by > grace {
		c.State, c.By, c.Since = Late, by, due
	}
	return c
}

// inside judges what only the serving process knows of itself.
func (f Facts) inside(l Limits) []Check {
	if !f.Inside {
		return []Check{{Name: Database, State: Unknown}, {Name: Watch, State: Unknown}, {Name: Dispatcher, State: Unknown}, {Name: Watchdog, State: Unknown}}
	}
	db := Check{Name: Database, State: OK}
	if f.LastWriteFailed.After(f.LastWrite) {
		db = Check{Name: Database, State: Down, Since: f.LastWriteFailed, Detail: f.WriteError, Urgent: true}
	}
	return append([]Check{db}, Loops(f, l)...)
}

// Loops judges whether the serving process still decides, sends and watches over its reds. A
// loop that never turned counts from the start.
func Loops(f Facts, l Limits) []Check {
	var out []Check
	for _, loop := range []struct {
		name string
		at   time.Time
	}{{Watch, f.LastDecision}, {Dispatcher, f.LastSweep}, {Watchdog, f.LastWatchdog}} {
		from := loop.at
		if from.IsZero() {
			from = f.Started
		}
		c := f.late(loop.name, "", from, l.Sweep, 0)
		c.Urgent = c.State == Late
		out = append(out, c)
	}
	return out
}

// queue judges what should have left.
func (f Facts) queue(l Limits) []Check {
	red := f.late(Reds, "", f.Oldest[reds], l.Red, f.Queued[reds])
	red.Urgent = red.State == Late
	var others int64
	var oldest time.Time
	for i := range reds {
		others += f.Queued[i]
		if at := f.Oldest[i]; !at.IsZero() && (oldest.IsZero() || at.Before(oldest)) {
			oldest = at
		}
	}
	escalation := f.late(Escalations, "", f.OverdueFrom, l.Escalation, f.Overdue)
	escalation.Urgent = f.At.Sub(f.OverdueFrom) > 4*l.Escalation && escalation.State == Late
	out := []Check{red, f.late(Queue, "", oldest, l.Queue, others), escalation}
	muted := since(Muted, "", Mute, f.Mute.Since) // a person's decision: no reason to hold the heartbeat back
	muted.Count, muted.Detail = f.Mute.Held, f.Mute.Why
	out = append(out, muted)
	if f.Dead > 0 {
		out = append(out, Check{Name: Addresses, State: Mute, Count: f.Dead})
	}
	return out
}

// channels judges each channel by what it last took and what it last refused, and all of
// them together: when every channel that was ever used is down, somebody outside must notice
// (TRUST.md row 26). One that is set up and was never used is no proof that anybody can be told.
func (f Facts) channels(l Limits) []Check {
	out := make([]Check, 0, len(f.Channels)+1)
	down, used := 0, 0
	for _, c := range f.Channels {
		if !c.Proven.IsZero() || !c.Failed.IsZero() {
			used++
		}
		limit := l.Channel
		if c.Scheduled {
			limit = l.Selftest
		}
		got := Check{Name: Channel, Subject: c.Name, State: OK, Since: c.Proven}
		switch {
		case c.Failed.After(c.Proven):
			got.State, got.Since, got.Detail = Mute, c.Failed, c.Error
			down++
		case c.Proven.IsZero():
			got.State = Unknown
		case f.At.Sub(c.Proven) > limit:
			got.State, got.By = Unknown, f.At.Sub(c.Proven)
		}
		out = append(out, got)
	}
	all := Check{Name: Channels, State: OK, Count: int64(len(f.Channels))}
	switch {
	case len(f.Channels) == 0 && !f.Inside: // only the serving process knows what is set up
		all.State = Unknown
	case len(f.Channels) == 0:
		all.State, all.Urgent = Mute, true
		all.Since = f.Started
	case down > 0 && down == used:
		all.State, all.Urgent = Mute, true
		for _, c := range f.Channels {
			if c.Failed.After(all.Since) {
				all.Since = c.Failed
			}
		}
	}
	return append(out, all)
}

func (f Facts) sources() []Check {
	out := make([]Check, 0, len(f.Sources))
	for _, s := range f.Sources {
		c := since(Source, s.ID, Blind, s.BlindSince)
		if !s.Heard && c.State == OK {
			c.State = Unknown
		}
		c.Detail = s.Name
		out = append(out, c)
	}
	return out
}

func (f Facts) journal(l Limits) []Check {
	out := []Check{f.late(Checkpoint, "", f.Checkpoint, l.Checkpoint, f.Journal)}
	if f.Checkpoint.IsZero() {
		out[0].State = Unknown
	}
	if len(f.Witnesses) == 0 {
		out = append(out, Check{Name: Witness, State: Unknown})
	}
	for _, w := range f.Witnesses {
		c := Check{Name: Witness, Subject: w.Name, State: OK, Count: f.Journal - w.Size, Detail: w.Error}
		switch {
		case w.At.IsZero():
			c.State = Unknown
		case f.At.Sub(w.At) > l.Witness:
			c.State, c.By, c.Since = Late, f.At.Sub(w.At), w.At
		}
		out = append(out, c)
	}
	return out
}

// machine judges what is around us: room, clock, other replicas, backup, certificate, and
// whether somebody hears our heartbeat.
func (f Facts) machine(l Limits) []Check {
	var out []Check
	if f.Disk.Known {
		c := Check{Name: Disk, State: OK, Count: int64(min(f.Disk.Free, 1<<62))} //nolint:gosec // bounded in the line itself
		switch {
		case f.Disk.Free < l.DiskBytes || f.Disk.Spent:
			c.State, c.Urgent = Down, true
		case float64(f.Disk.Free) < l.DiskFree*float64(f.Disk.Total):
			c.State = Late
		}
		out = append(out, c)
	}
	if !f.Pages.Checked.IsZero() || !f.Pages.Damaged.IsZero() {
		c := f.late(Pages, "", f.Pages.Checked, l.Pages, 0)
		if c.State == OK {
			c.Since = f.Pages.Checked
		}
		if !f.Pages.Damaged.IsZero() {
			c = Check{Name: Pages, State: Down, Since: f.Pages.Damaged, Detail: f.Pages.Detail, Urgent: true}
		}
		out = append(out, c)
	}
	if f.Inside {
		c := since(Safe, "", Late, f.Safe.Since)
		if f.Safe.Blind {
			c.State, c.Urgent = Down, true
		}
		c.Detail = f.Safe.Why
		out = append(out, c)
	}
	if f.ClockKnown {
		c := Check{Name: Clock, State: OK, By: f.ClockOff}
		if f.ClockOff.Abs() > l.Clock {
			c.State = Late
		}
		out = append(out, c)
	}
	for _, r := range f.Replicas {
		if r.Gone {
			continue
		}
		c := f.late(Replica, r.ID, r.Seen, l.Replica, 0)
		if c.State == Late {
			c.State = Down
		}
		c.Detail = r.Roles
		out = append(out, c)
	}
	if f.Parts > 0 {
		c := f.late(Parts, "", f.OrphansFrom, l.Parts, f.Orphans)
		if c.State == Late {
			c.State, c.Urgent = Down, true
		}
		out = append(out, c)
	}
	backup := Check{Name: Backup, State: Unknown, Detail: f.Backup.Error}
	if f.Backup.Wanted {
		switch age := f.At.Sub(f.Backup.Proven); {
		case f.Backup.Proven.IsZero() && f.Backup.Failed.IsZero():
		case f.Backup.Proven.IsZero():
			backup.State, backup.Since = Down, f.Backup.Failed
		case age > l.Backup:
			backup.State, backup.Since, backup.By = Late, f.Backup.Proven, age
		default:
			backup.State, backup.Since = OK, f.Backup.Proven
		}
	}
	out = append(out, backup)
	if f.Backup.Log {
		c := f.late(Copy, "", f.Backup.Copied, l.Copy, f.Backup.Entries)
		c.Detail = f.Backup.CopyError
		if f.Backup.Copied.IsZero() {
			c.State = Unknown
		}
		out = append(out, c)
	}
	if !f.Certificate.IsZero() {
		c := Check{Name: Certificate, State: OK, Since: f.Certificate}
		switch left := f.Certificate.Sub(f.At); {
		case left <= 0:
			c.State = Down
		case left < l.Certificate:
			c.State = Late
		}
		out = append(out, c)
	}
	beat := Check{Name: Heartbeat, State: Unknown, Detail: f.Beat.Error}
	if f.Beat.Wanted {
		beat.State, beat.Since = OK, f.Beat.Sent
		if f.Beat.Error != "" || f.At.Sub(f.Beat.Sent) > 3*f.Beat.Every {
			beat.State = Mute
		}
	}
	return append(out, beat)
}

// mostNamed is how many late reports the check names; the rest are counted.
const mostNamed = 5

// reports judges the calendar of reports: one that is late is one too many.
func (f Facts) reports() Check {
	c := Check{Name: Reports, State: OK, Count: int64(len(f.Reports))}
	var names []string
	for i, r := range f.Reports {
		if by := f.At.Sub(r.Since); c.State == OK || by > c.By {
			c.State, c.Since, c.By = Late, r.Since, by
		}
		if i < mostNamed {
			names = append(names, r.ID)
		}
	}
	c.Detail = strings.Join(names, ", ")
	return c
}
