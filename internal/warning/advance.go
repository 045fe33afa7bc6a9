package warning

import (
	"time"

	"watchfire.dev/internal/level"
)

// Due is the instant at which time alone will change the warning; zero = never.
func Due(w Warning, pol Policy) time.Time {
	if !Active(w) {
		return time.Time{}
	}
	due := w.Expires
	earlier := func(t time.Time) {
		if !t.IsZero() && (due.IsZero() || t.Before(due)) {
			due = t
		}
	}
	if w.Proposal == ProposalOpen {
		earlier(w.ConfirmBy)
	}
	if !w.LowSince.IsZero() {
		earlier(w.LowSince.Add(pol.Dwell(w.Family)))
	}
	if !w.Reviewed && w.Level == level.Red {
		earlier(reviewAt(w, pol))
	}
	if due.Before(w.At) {
		due = w.At // nothing happens before the revision that it follows
	}
	return due
}

// reviewAt is when a person is asked whether it is still so.
func reviewAt(w Warning, pol Policy) time.Time {
	start := w.Fresh
	if start.IsZero() || !start.Before(w.Expires) {
		return time.Time{}
	}
	at := start.Add(time.Duration(pol.ReviewShare * float64(w.Expires.Sub(start))))
	if !at.After(w.At) {
		at = w.At.Add(time.Minute) // its share is over already: asked once people have seen this
	}
	return at
}

// Advance returns the revision that time alone makes at its due instant, and whether there
// is one at now. The revision carries the due instant, not the moment at which somebody
// looked: a late clock decides the same.
func Advance(w Warning, now time.Time, pol Policy) (Warning, bool) {
	due := Due(w, pol)
	if due.IsZero() || due.After(now) {
		return Warning{}, false
	}
	next := w
	next.Revision++
	next.At, next.Actor, next.Note, next.Notify, next.AllClear = due, "", "", false, false
	switch {
	case w.Proposal == ProposalOpen && !w.ConfirmBy.After(due):
		next.Proposal, next.ConfirmBy, next.Reason = ProposalLapsed, time.Time{}, NotConfirmed
	case !w.LowSince.IsZero() && !w.LowSince.Add(pol.Dwell(w.Family)).After(due):
		return next.lower(due), true
	case !w.Expires.After(due) && w.FreshUntil.After(due):
		return next.weakened(due), true
	case !w.Expires.After(due):
		return next.stale(due, pol), true
	default:
		next.Reviewed, next.Reason = true, ReviewDue
	}
	return next, true
}

// weakened is the end of what carried the level while other evidence is fresh and says less:
// the dwell begins, as with any weaker evidence.
func (w Warning) weakened(due time.Time) Warning {
	w.Reason, w.Expires = Weakened, w.FreshUntil
	if w.LowSince.IsZero() {
		w.LowSince = due
	}
	if w.Level > level.Green && w.Floor >= w.Level {
		w.Floor = w.Level - 1
	}
	return w
}

// stale is the end of the time to live: one level down with the note that there is no
// fresh evidence; a yellow expires. It never falls to silence without saying so.
func (w Warning) stale(due time.Time, pol Policy) Warning {
	if w.Level <= level.Yellow {
		w.State, w.Reason, w.AllClear, w.Notify = Expired, RanOut, true, true
		return w
	}
	w.Level--
	w.LevelSince, w.Reason, w.Reviewed = due, Stale, false
	w.Expires = due.Add(pol.TTL(w.Family))
	w.LowSince = time.Time{}
	return w.signatureGone()
}

// lower is the end of the dwell: one level down, and on towards the floor.
func (w Warning) lower(due time.Time) Warning {
	w.Level--
	w.LevelSince, w.Reason, w.LowSince = due, Lowered, time.Time{}
	if w.FreshUntil.After(due) {
		w.Expires = w.FreshUntil // what is fresh carries the level that is left; see Core.Advance
	}
	if w.Level == level.Green {
		w.State, w.AllClear, w.Notify = Ended, true, true
		w.Level = level.Yellow // what it was when it ended
		return w
	}
	if w.Floor < w.Level {
		w.LowSince = due
	}
	return w.signatureGone()
}

// signatureGone drops a signature or a proposal when the level falls: another red needs
// another one.
func (w Warning) signatureGone() Warning {
	w.Proposal, w.ConfirmBy = "", time.Time{}
	return w
}
