package warning

import (
	"fmt"
	"strings"
	"time"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/level"
)

// An Act is what a person does to a warning. Ending and cancelling are different words
// everywhere: one says that it happened, the other that it was wrong.
type Act string

// The acts of people.
const (
	DoEnd    Act = "end"
	DoCancel Act = "cancel"
	DoSign   Act = "sign"
	DoHelp   Act = "help" // people at the site need help: EMERGENCY
)

// ByHand applies a person's act at an instant. Ending and cancelling need a reason
// (fault.ErrInvalid); a red is cancelled by two different people: the first asks, the
// second acts; signing needs an open proposal (fault.ErrConflict). A warning that is no
// longer active cannot be changed (fault.ErrConflict).
func ByHand(w Warning, act Act, actor, reason string, now time.Time) (Warning, error) {
	if !Active(w) {
		return Warning{}, fmt.Errorf("%s warning %s, which is %s since %s: %w", act, w.ID, w.State, w.At.Format(time.RFC3339), fault.ErrConflict)
	}
	reason = strings.TrimSpace(reason)
	if (act == DoEnd || act == DoCancel) && reason == "" {
		return Warning{}, fmt.Errorf("%s warning %s: a reason is needed: %w", act, w.ID, fault.ErrInvalid)
	}
	switch act {
	case DoEnd:
		next := w.close(Ended, PersonEnded, now)
		next.Actor, next.Note = actor, reason
		next.putAside(now)
		return next, nil
	case DoCancel:
		return w.cancel(actor, reason, now)
	case DoSign:
		return w.sign(actor, now)
	case DoHelp:
		return w.help(actor, reason, now), nil
	default:
		return Warning{}, fmt.Errorf("act %q on a warning: %w", act, fault.ErrInvalid)
	}
}

func (w Warning) cancel(actor, reason string, now time.Time) (Warning, error) {
	if w.Level == level.Red && w.CancelBy == "" {
		next := w
		next.Revision++
		next.At, next.Reason, next.CancelBy, next.Actor, next.Note = now, CancelAsked, actor, actor, reason
		next.Notify, next.AllClear = false, false
		return next, nil
	}
	if w.Level == level.Red && w.CancelBy == actor {
		return Warning{}, fmt.Errorf("cancel red warning %s: a second person must confirm: %w", w.ID, fault.ErrConflict)
	}
	next := w.close(Cancelled, PersonCancel, now)
	next.Actor, next.Note = actor, reason
	next.putAside(now)
	return next, nil
}

func (w Warning) sign(actor string, now time.Time) (Warning, error) {
	if w.Proposal != ProposalOpen && w.Proposal != ProposalLapsed {
		return Warning{}, fmt.Errorf("sign warning %s: no red is proposed: %w", w.ID, fault.ErrConflict)
	}
	next := w
	next.Revision++
	next.At, next.Reason, next.Actor, next.Note = now, Confirmed, actor, ""
	next.Proposal, next.ConfirmBy, next.AllClear = ProposalSigned, time.Time{}, false
	next.Level, next.LevelSince, next.Cell, next.Floor = level.Red, now, level.Red, level.Red
	next.LowSince = time.Time{}
	return next.tell(), nil
}

// help marks that people need help: an EMERGENCY that stays until the warning is closed.
func (w Warning) help(actor, note string, now time.Time) Warning {
	w.Revision++
	w.At, w.Reason, w.Actor, w.Note, w.AllClear = now, HelpAsked, actor, note, false
	w.Help, w.Emergency = true, true
	return w.tell()
}
