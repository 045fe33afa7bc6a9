package desk

import (
	"cmp"
	"context"
	"slices"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/report"
	"watchfire.dev/internal/warning"
)

// recordSpan is how far back the record of warnings reaches from the end of the period: rates
// need ten cases (METHOD 4.1).
const recordSpan = 365 * 24 * time.Hour

// observedMeasure is what people who saw an impact say of it.
const observedMeasure = "observed_class"

// severeEnough is the class of an impact from which a warning must have been orange: that is
// the cell of the matrix for what was observed.
const severeEnough = 2

// A harm is one event that people saw do harm at assets of one project.
type harm struct {
	event, project string
	family         event.Hazard
	at             time.Time
}

// harmsOf are the impacts of a class or above in rows of events: one for each event and
// project. What was withdrawn did not happen.
func harmsOf(events []event.Event, rows []exposure.Exposure, mine func(project string) bool) []harm {
	at := map[string]event.Event{}
	for _, e := range events {
		if e.State == event.Ongoing || e.State == event.Over {
			at[e.ID] = e
		}
	}
	seen := map[[2]string]bool{}
	var out []harm
	for i := range rows {
		r := &rows[i]
		e, ok := at[r.Event]
		key := [2]string{r.Event, r.Project}
		if !ok || seen[key] || r.Observed < severeEnough || !mine(r.Project) {
			continue
		}
		seen[key] = true
		out = append(out, harm{event: e.ID, project: r.Project, family: e.Hazard.Family(), at: occurred(e)})
	}
	return out
}

// A scorecard reckons the record of warnings. Only what was told at orange or above counts.
type scorecard struct {
	from, to time.Time // of the record
	period   time.Time // the report's own period begins here and ends at to
	lives    []WarningLife
	harms    []harm
	onset    map[string]time.Time // when an event began, by id
}

// told is when people were first told of a warning at orange.
func told(l WarningLife) time.Time { return l.Told[level.Orange] }

// warned is the life that people had been told of before an impact; false = none.
func (t *scorecard) warned(x harm) (string, bool) {
	for _, l := range t.lives {
		w := l.Head
		if w.Project != x.project || w.Family != x.family || told(l).IsZero() || !told(l).Before(x.at) {
			continue
		}
		if warning.Active(w) || !w.At.Before(x.at) {
			return w.ID, true
		}
	}
	return "", false
}

// reckon counts by family: a warning that ended is a hit, one that was cancelled a false
// alarm, a harm of I2 or above before which nobody was told a miss. A warning that faded or
// ran out without an observed harm is undecided; one that was told after its harm is the miss
// that it was, and is counted once. See docs/method/record.md.
func (t *scorecard) reckon() ([]report.Score, report.Settled) {
	frame := report.Settled{From: t.from, To: t.to}
	out := map[event.Hazard]*report.Score{}
	leads := map[event.Hazard][]float64{}
	count := func(family event.Hazard, when time.Time, into func(*report.Score)) bool {
		if when.Before(t.from) || !when.Before(t.to) {
			return false
		}
		if out[family] == nil {
			out[family] = &report.Score{Family: string(family)}
		}
		into(out[family])
		if !when.Before(t.period) {
			into(&frame.Period)
		}
		return true
	}
	caught, late := t.judge(func(x harm) { count(x.family, x.at, func(s *report.Score) { s.Missed++ }) })
	for _, l := range t.lives {
		w := l.Head
		felt, hit := caught[w.ID]
		switch {
		case told(l).IsZero() || !hit && late[w.ID] || warning.Active(w):
			continue
		case !hit && w.State == warning.Cancelled:
			count(w.Family, w.At, func(s *report.Score) { s.False++ })
		case !hit && w.Reason != warning.PersonEnded && w.Reason != warning.SourceEnded:
			count(w.Family, w.At, func(s *report.Score) { s.Open++ })
		default:
			if !hit {
				felt = t.began(w)
			}
			if count(w.Family, w.At, func(s *report.Score) { s.Hit++ }) && !felt.IsZero() {
				leads[w.Family] = append(leads[w.Family], max(0, felt.Sub(told(l)).Hours()))
			}
		}
	}
	list := make([]report.Score, 0, len(out))
	for family, s := range out {
		s.Lead, s.Leads = medianOf(leads[family]), len(leads[family])
		list = append(list, *s)
	}
	slices.SortFunc(list, func(a, b report.Score) int { return cmp.Compare(a.Family, b.Family) })
	return list, frame
}

// judge finds by warning the first harm that it was told before, and the warnings that came
// after one; missed gets the harms before which nobody was told.
func (t *scorecard) judge(missed func(harm)) (caught map[string]time.Time, late map[string]bool) {
	caught, late = map[string]time.Time{}, map[string]bool{}
	for _, x := range t.harms {
		if id, ok := t.warned(x); ok {
			if was, again := caught[id]; !again || x.at.Before(was) {
				caught[id] = x.at
			}
			continue
		}
		missed(x)
		for _, l := range t.lives {
			if l.Head.Project == x.project && slices.ContainsFunc(l.Head.Events, func(r warning.EventRef) bool { return r.ID == x.event }) {
				late[l.Head.ID] = true
			}
		}
	}
	return caught, late
}

// began is when a warning's impact was to be felt: the arrival that was told last, else the
// onset of its first event; zero = nobody said.
func (t *scorecard) began(w warning.Warning) time.Time {
	if !w.Told.ETA.IsZero() {
		return w.Told.ETA
	}
	var first time.Time
	for _, r := range w.Events {
		if at := t.onset[r.ID]; !at.IsZero() && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	return first
}

// livesSince are the warnings of the unit that changed since an instant and opened before the
// end of the period, or more of them: what was read for one section serves the next.
func (g *gathering) livesSince(ctx context.Context, from time.Time) ([]WarningLife, error) {
	if !g.livesFrom.IsZero() && !from.Before(g.livesFrom) {
		return g.lives, nil
	}
	all, err := g.d.cfg.Reports.WarningLives(ctx, g.who.Org, from, g.s.To)
	if err != nil {
		return nil, err
	}
	g.lives, g.livesFrom = slices.DeleteFunc(all, func(l WarningLife) bool { return !g.mine(l.Head.Project) }), from
	return g.lives, nil
}

// record reckons how good the warnings of the unit were.
func (g *gathering) record(ctx context.Context, _ ReportWish) error {
	if !g.has("record") {
		return nil
	}
	t := scorecard{from: g.s.To.Add(-recordSpan), to: g.s.To, period: g.s.From, onset: map[string]time.Time{}}
	if g.s.From.Before(t.from) {
		t.from = g.s.From
	}
	var err error
	if t.lives, err = g.livesSince(ctx, t.from); err != nil {
		return err
	}
	var ids []string
	for _, l := range t.lives {
		for _, r := range l.Head.Events {
			if !told(l).IsZero() {
				ids = append(ids, r.ID)
			}
		}
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	events, err := g.d.cfg.Reports.EventsByID(ctx, g.who.Org, ids)
	if err != nil {
		return err
	}
	for _, e := range events {
		for _, at := range []time.Time{e.Onset, e.Occurred} {
			if t.onset[e.ID].IsZero() {
				t.onset[e.ID] = at
			}
		}
	}
	seen, err := g.d.cfg.Reports.EventsChanged(ctx, g.who.Org, t.from, g.s.AsOf, observedMeasure)
	if err != nil {
		return err
	}
	rows, err := g.rowsOf(ctx, seen)
	if err != nil {
		return err
	}
	t.harms = harmsOf(seen, rows, g.mine)
	list, frame := t.reckon()
	for _, w := range g.s.Warnings {
		if w.Level >= int(level.Orange) {
			frame.Active++
		}
	}
	g.s.Record, g.s.Settled = list, &frame
	return nil
}

// rowsOf are the rows of events at the unit's projects.
func (g *gathering) rowsOf(ctx context.Context, events []event.Event) ([]exposure.Exposure, error) {
	ids := make([]string, len(events))
	for i, e := range events {
		ids[i] = e.ID
	}
	rows, err := g.d.cfg.Reports.RowsOf(ctx, g.who.Org, ids)
	return slices.DeleteFunc(rows, func(r exposure.Exposure) bool { return !g.mine(r.Project) }), err
}
