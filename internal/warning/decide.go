package warning

import (
	"slices"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure"
	"watchfire.dev/internal/id"
	"watchfire.dev/internal/level"
)

// Decide returns the next revision of a project's warning for one hazard family, and
// whether there is one. prev is the newest revision of the last warning of that family, or
// nil. The same prev and evidence give the same revision.
func Decide(prev *Warning, ev Evidence, pol Policy) (Warning, bool) {
	if prev == nil || !Active(*prev) {
		if hopeless(ev, pol) {
			return Warning{}, false
		}
		pic := look(ev, pol)
		if pic.cell < level.Yellow || !reopens(prev, ev, pic, pol) {
			return Warning{}, false
		}
		w := open(ev, pic, pol)
		if prev != nil {
			w.Aside = prev.Aside
		}
		return w, true
	}
	if len(ev.Threats) == 0 {
		if ev.Stale > 0 {
			return Warning{}, false // what is no longer fresh decides nothing: see Advance
		}
		return settle(*prev, ev, pol)
	}
	return update(*prev, ev, look(ev, pol), pol)
}

// reopens tells whether evidence makes a new warning after the last one was closed: an
// event that the last one did not know, or fresh evidence that a person or the source has
// not already judged. What a person closed is opened again by an event that would be warned
// of alone, or by a higher level.
func reopens(prev *Warning, ev Evidence, pic picture, pol Policy) bool {
	if prev == nil {
		return true
	}
	person := prev.Reason == PersonEnded || prev.Reason == PersonCancel
	for _, t := range ev.Threats {
		known := slices.ContainsFunc(prev.Events, func(r EventRef) bool { return r.ID == t.Event.ID })
		if !known && len(t.Rows) > 0 && (!person || Alone(t, ev.Now, pol) >= level.Yellow) {
			return true
		}
	}
	if !pic.fresh.After(prev.At) {
		return false
	}
	return !person || pic.cell > prev.Level
}

func open(ev Evidence, pic picture, pol Policy) Warning {
	w := Warning{
		Org: ev.Org, Project: ev.Project, Family: ev.Family, State: Issued, OpenedAt: ev.Now, LevelSince: ev.Now,
		Level: pic.cell, Reason: Opened,
	}
	w.Episode = ev.Threats[0].Event.ID + "@" + ev.Now.UTC().Format(time.RFC3339Nano)
	w.ID = id.At("wrn", ev.Now, w.Org, w.Project, string(w.Family), w.Episode)
	w = w.with(ev, pic, pol)
	if pic.red {
		w = w.propose(ev.Now, pol)
	}
	return w.tell()
}

// with copies the picture into a new revision. The time to live starts anew only when the
// evidence reaches the level that stands: a weaker event does not keep a red alive.
func (w Warning) with(ev Evidence, pic picture, pol Policy) Warning {
	w.Revision++
	w.At, w.Actor, w.Note, w.Notify, w.AllClear = ev.Now, "", "", false, false
	w.Cell, w.Floor, w.Matrix, w.Ceiling, w.Delta = pic.cell, pic.floor, pic.matrix, pic.ceiling, pic.delta
	w.Emergency, w.Observed, w.Blind = pic.emergency || w.Help, pic.observed, pic.blind
	w.Horizons, w.P = pic.p, pic.p[level.Medium]
	_, w.Horizon = pol.Matrix.OfHorizons(pic.p, pic.observed)
	if w.Horizon == level.Outlook {
		w.P = pic.p[level.Outlook]
	}
	w.Rows = make([]exposure.Exposure, len(pic.rows))
	for i := range pic.rows {
		w.Rows[i] = *pic.rows[i].Exposure
	}
	w.Rules, w.Route = pic.rules, pic.route
	w.ETA, w.Until, w.Fresh, w.TLP = pic.eta, pic.until, pic.fresh, pic.tlp
	w.live(ev, pic, pol)
	if len(pic.rows) > 0 {
		w.Hazard = pic.rows[0].Hazard
	}
	w.Method, w.Methods = pol.Version, pol.methods(w.Rows)
	w.Actions = pol.Playbook.weigh(w)
	w.refer(ev)
	return w
}

// live renews the time to live when the evidence reaches the level that stands, or holds it
// by the margin.
func (w *Warning) live(ev Evidence, pic picture, pol Policy) {
	_, ends := byEnd(ev.Threats, pol)
	w.FreshUntil = ends[len(ends)-1]
	if max(pic.cell, pic.floor) < w.Level {
		return
	}
	expires := support(ev, w.reached(pic), pol)
	if expires.After(w.Expires) || pic.fresh.After(ev.Now.Add(-time.Microsecond)) {
		w.Reviewed = false
	}
	w.Expires = expires
}

// reached tells whether a picture carries the level that stands, margin included: when what
// reaches the cell has ended, the margin may still hold it.
func (w *Warning) reached(pic picture) func(picture) bool {
	l, signed := max(w.Level, pic.cell), w.Proposal == ProposalSigned
	return func(left picture) bool { return left.floor >= l || signed && left.red }
}

// mostEvents is how many events a warning names: those that go on, then the newest of the others.
const mostEvents = 40

// refer names the events and the evidence of the revision; events that the warning knew
// before stay named.
func (w *Warning) refer(ev Evidence) {
	refs := slices.Clone(w.Events)
	w.Evidence = nil
	for i := range ev.Threats {
		t := &ev.Threats[i]
		ref := EventRef{
			ID: t.Event.ID, Revision: t.Event.Revision, Title: t.Event.Title, Measures: t.Event.Measures, Trust: t.Trust,
			Ceiling: CeilingOf(t.Event.Reports), Until: t.Event.Expires,
		}
		if j := slices.IndexFunc(refs, func(r EventRef) bool { return r.ID == ref.ID }); j >= 0 {
			refs[j] = ref
		} else {
			refs = append(refs, ref)
		}
		for j := range t.Event.Reports {
			if r := &t.Event.Reports[j]; r.Stand == event.Live {
				w.Evidence = append(w.Evidence, r.Signal)
			}
		}
	}
	for i := 0; len(refs) > max(mostEvents, len(ev.Threats)) && i < len(refs); {
		if slices.ContainsFunc(ev.Threats, func(t Threat) bool { return t.Event.ID == refs[i].ID }) {
			i++
		} else {
			refs = slices.Delete(refs, i, i+1)
		}
	}
	w.Events = refs
}

// propose asks a person to sign a red. The orange below it does not wait: it goes out now.
func (w Warning) propose(now time.Time, pol Policy) Warning {
	if w.Proposal != "" {
		return w
	}
	w.Proposal, w.ConfirmBy = ProposalOpen, now.Add(pol.Confirm)
	if w.Reason == Renewed {
		w.Reason = Proposed
	}
	return w
}

// tell marks the revision as one that people must get.
func (w Warning) tell() Warning {
	w.Notify = true
	assets, persons := news(w.Rows)
	w.Told = Told{
		Level: w.Level, Revision: w.Revision, Emergency: w.Emergency, Persons: persons, Assets: assets, ETA: w.ETA, Until: w.Until,
	}
	w.Peak = max(w.Peak, w.Level)
	return w
}

// settle closes a warning none of whose events goes on: ended when one of them happened and
// passed, cancelled when all were withdrawn.
func settle(prev Warning, ev Evidence, pol Policy) (Warning, bool) {
	if len(ev.Settled) == 0 {
		return lowering(prev, ev, picture{fresh: prev.Fresh, tlp: prev.TLP}, pol)
	}
	for _, e := range ev.Settled {
		if e.State != event.Withdrawn {
			return prev.close(Ended, SourceEnded, ev.Now), true
		}
	}
	return prev.close(Cancelled, SourceCanceled, ev.Now), true
}

// close makes the last revision; whoever was alarmed gets the all-clear.
func (w Warning) close(s State, r Reason, now time.Time) Warning {
	w.Revision++
	w.At, w.State, w.Reason, w.Actor, w.Note = now, s, r, "", ""
	w.AllClear, w.Notify = true, true
	w.LowSince, w.ConfirmBy = time.Time{}, time.Time{}
	if w.Proposal == ProposalOpen {
		w.Proposal = ProposalLapsed
	}
	return w
}

func update(prev Warning, ev Evidence, pic picture, pol Policy) (Warning, bool) {
	if prev.Proposal == ProposalSigned && pic.red {
		pic.cell, pic.floor = level.Red, level.Red // a person has signed it: as long as the matrix says red
	}
	if pic.cell < prev.Level {
		return lowering(prev, ev, pic, pol)
	}
	w := prev.with(ev, pic, pol)
	w.LowSince, w.Reason = time.Time{}, Renewed
	if !pic.red && w.Proposal != ProposalSigned {
		w.Proposal, w.ConfirmBy = "", time.Time{}
	}
	material := false
	switch {
	case pic.cell > prev.Level:
		w.Level, w.LevelSince, w.Reason, material = pic.cell, ev.Now, Raised, true
		w.Expires, w.Reviewed = support(ev, prev.reached(pic), pol), false
	case w.changed(pol):
		w.Reason, material = Changed, true
	}
	if pic.red && w.Proposal == "" {
		w = w.propose(ev.Now, pol)
	}
	if material {
		w = w.tell()
	}
	return w, material || w.Reason == Proposed || w.differs(prev)
}

// differs tells whether a revision is worth keeping: its evidence, events, time to live or
// hysteresis moved. A second look at the same evidence makes no revision.
func (w Warning) differs(prev Warning) bool {
	return !slices.Equal(w.Evidence, prev.Evidence) || !w.Expires.Equal(prev.Expires) || !w.Fresh.Equal(prev.Fresh) ||
		w.Cell != prev.Cell || w.Floor != prev.Floor || !w.LowSince.Equal(prev.LowSince) || w.P != prev.P ||
		w.Horizons != prev.Horizons || w.Matrix != prev.Matrix || !slices.Equal(w.Blind, prev.Blind) || w.Proposal != prev.Proposal ||
		len(w.Rows) != len(prev.Rows) || w.Emergency != prev.Emergency || !slices.Equal(w.Rules, prev.Rules) ||
		!slices.EqualFunc(w.Events, prev.Events, func(a, b EventRef) bool { return a.ID == b.ID && a.Revision == b.Revision })
}

// lowering holds the level while the lower cell has not held with margin for the dwell.
func lowering(prev Warning, ev Evidence, pic picture, pol Policy) (Warning, bool) {
	w := prev
	if len(ev.Threats) > 0 {
		w = prev.with(ev, pic, pol)
	} else {
		w.Revision++
		w.At, w.Actor, w.Note, w.Notify, w.AllClear = ev.Now, "", "", false, false
		w.Cell, w.Floor, w.Matrix, w.P, w.Horizons = level.Green, level.Green, level.Green, level.P{}, [level.Horizons]level.P{}
		w.Emergency, w.Observed, w.Blind = w.Help, 0, nil
		w.Actions = pol.Playbook.weigh(w)
	}
	w.Reason = Renewed
	if !pic.red && w.Proposal != ProposalSigned {
		w.Proposal, w.ConfirmBy = "", time.Time{} // what the matrix no longer says is not to be signed
	}
	switch {
	case pic.floor >= prev.Level:
		w.LowSince = time.Time{} // below the cell, but not by the margin
	case prev.LowSince.IsZero():
		w.LowSince = ev.Now
	}
	if len(ev.Threats) > 0 && w.changed(pol) && w.Emergency && !prev.Told.Emergency {
		w.Reason = Changed
		return w.tell(), true
	}
	return w, w.differs(prev)
}

// changed tells whether the revision differs so much from what people were told that they
// must be told again at the same level (METHOD.md 1.8).
func (w Warning) changed(pol Policy) bool {
	t := w.Told
	if w.Emergency && !t.Emergency {
		return true
	}
	assets, persons := news(w.Rows)
	if shifted(float64(t.Assets), float64(assets), pol.MaterialShare) || shifted(float64(t.Persons), float64(persons), pol.MaterialShare) {
		return true
	}
	return etaMoved(t.ETA, w.ETA, w.At, pol)
}

func shifted(was, is, share float64) bool {
	return is > was*(1+share) || is < was*(1-share)
}

// etaMoved tells whether the earliest impact moved by more than the policy's share of the
// lead time or its fixed span. Passing from future to now is expected and not told.
func etaMoved(was, is, now time.Time, pol Policy) bool {
	if is.IsZero() || was.IsZero() || !is.After(now) {
		return false
	}
	move := is.Sub(was).Abs()
	lead := was.Sub(now)
	return move > pol.MaterialETA || lead > 0 && float64(move) > pol.MaterialShare*float64(lead) && move > 10*time.Minute
}
