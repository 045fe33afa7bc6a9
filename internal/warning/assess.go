package warning

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure"
	"watchfire.dev/internal/level"
)

// An Effect is what the users' rules do to one exposure. Rules that suppress have already
// removed the row.
type Effect struct {
	Delta    int      // levels to raise (>0) or lower (<0)
	Route    []string // contact codes
	Rules    []string // ids of the rules that acted
	Suppress []string // of these, the ids of those that suppress
}

// Alone is the level that one event's rows would have on their own evidence at an instant.
func Alone(t Threat, now time.Time, pol Policy) level.Level {
	return look(Evidence{Now: now, Threats: []Threat{t}}, pol).cell
}

// A Threat is one event as a project sees it: its rows, its standing reports, how its
// reports were weighed and what the users' rules make of each row (nil, or one effect a row).
type Threat struct {
	Event   event.Event
	Rows    []exposure.Exposure
	Effects []Effect
	Trust   exposure.Trust
	// Blind are the sources that carry it when all of them are silent; Widen is then the share
	// of its chances that silence leaves (METHOD.md 1.8), 0 = all.
	Blind []string
	Widen float64
}

// Until is when the threat's evidence is no longer fresh: the latest validity of a standing
// report, or its arrival and the family's time to live where it states none.
func (t *Threat) Until(pol Policy) time.Time {
	var out time.Time
	for i := range t.Event.Reports {
		r := &t.Event.Reports[i]
		if r.Stand != event.Live {
			continue
		}
		until := r.Expires
		if until.IsZero() {
			until = r.Received.Add(pol.TTL(t.Event.Hazard.Family()))
		}
		if until.After(out) {
			out = until
		}
	}
	return out
}

// Evidence is all that is known about one project and hazard family at an instant.
type Evidence struct {
	Now     time.Time
	Org     string
	Project string
	Family  event.Hazard
	Threats []Threat // ongoing events with rows and fresh evidence, sorted by event id
	// Stale counts ongoing events whose evidence has outlived its time: they can neither open
	// nor raise a warning, and what they once said is taken back by time to live alone.
	Stale int
	// Settled are the warning's events that go on no longer.
	Settled []event.Event
}

// one is a row with what decides how much it counts.
type one struct {
	*exposure.Exposure
	ceiling Ceiling
	delta   int
	blind   bool          // carried by silent sources alone, and above green before they fell silent
	near    level.Horizon // shortest horizon that reaches its impact
}

// widened is a row whose sources are silent: its chances move towards the base rate.
func widened(r *exposure.Exposure, share float64, pol Policy) *exposure.Exposure {
	w := *r
	for k := 1; k < len(w.P); k++ {
		w.P[k] = min(1, w.P[k]*share)
	}
	w.PEvent = min(1, w.PEvent*share)
	w.Level, _ = pol.Matrix.LevelOf(w.P, w.Observed)
	w.Level = max(w.Level, w.Floor)
	return &w
}

// picture is what the matrix and the promotion rule make of the evidence.
type picture struct {
	cell      level.Level // what may be sent now
	red       bool        // the matrix says red but a signature is needed
	floor     level.Level // where the level may fall to, margin included
	matrix    level.Level // what the matrix says of all rows, whoever says so
	ceiling   level.Level // the highest level that any evidence may reach
	atOnce    bool
	delta     int
	p         [level.Horizons]level.P
	observed  int
	emergency bool
	blind     []string
	rows      []one // strongest first
	rules     []string
	route     []string
	eta       time.Time
	until     time.Time
	fresh     time.Time
	tlp       string
}

// look computes the picture. The chance at one asset joins its events as independent; an
// event whose evidence may not reach a level does not help to reach it.
func look(ev Evidence, pol Policy) picture {
	pic := picture{}
	n := 0
	for i := range ev.Threats {
		n += len(ev.Threats[i].Rows)
	}
	pic.rows = make([]one, 0, n)
	ruled := false
	for i := range ev.Threats {
		t := &ev.Threats[i]
		ceiling := CeilingOf(t.Event.Reports)
		pic.ceiling, pic.atOnce = max(pic.ceiling, ceiling.Level), pic.atOnce || ceiling.AtOnce
		pic.join(t, ev.Now)
		for j := range t.Rows {
			o := one{Exposure: &t.Rows[j], ceiling: ceiling}
			if t.Widen > 0 {
				o.blind = o.Level > level.Green
				o.Exposure = widened(o.Exposure, t.Widen, pol)
			}
			if o.ETA.After(ev.Now) {
				o.near = level.HorizonOf(o.ETA.Sub(ev.Now))
			}
			if j < len(t.Effects) && len(t.Effects[j].Rules) > 0 {
				e := &t.Effects[j]
				o.delta, ruled = e.Delta, ruled || e.Delta != 0
				pic.rules, pic.route = union(pic.rules, e.Rules), union(pic.route, e.Route)
			}
			pic.rows = append(pic.rows, o)
		}
	}
	slices.SortFunc(pic.rows, strongest)
	if len(ev.Threats) == 1 { // an event has one row an asset
		for i := range pic.rows {
			pic.addAsset(pic.rows[i:i+1], pol)
		}
	} else {
		byAsset(pic.rows, func(rows []one) { pic.addAsset(rows, pol) })
	}
	return pic
}

// hopeless tells quickly that nothing can come of the evidence: no row is above green (and a
// users' rule makes no warning of nothing), and even the sum of all events' chances, which no
// combination of them exceeds, stays green.
func hopeless(ev Evidence, pol Policy) bool {
	var sum level.P
	for i := range ev.Threats {
		rows := ev.Threats[i].Rows
		var most level.P
		for j := range rows {
			if rows[j].Level > level.Green {
				return false
			}
			for k := 1; k < len(most); k++ {
				most[k] = max(most[k], rows[j].P[k])
			}
		}
		for k := 1; k < len(sum); k++ {
			sum[k] += most[k]
		}
	}
	l, _ := pol.Matrix.LevelOf(sum, 0)
	return l == level.Green
}

func (pic *picture) join(t *Threat, now time.Time) {
	pic.tlp = event.Strictest(pic.tlp, t.Event.TLP)
	pic.blind = union(pic.blind, t.Blind)
	for i := range t.Event.Reports {
		if r := &t.Event.Reports[i]; r.Stand == event.Live && r.Received.After(pic.fresh) {
			pic.fresh = r.Received
		}
	}
	for i := range t.Rows {
		row := &t.Rows[i]
		if row.Level >= level.Yellow && row.ETA.After(now) && (pic.eta.IsZero() || row.ETA.Before(pic.eta)) {
			pic.eta = row.ETA
		}
		if row.Until.After(pic.until) {
			pic.until = row.Until
		}
	}
}

// addAsset raises the picture by what one asset's rows together say.
func (pic *picture) addAsset(rows []one, pol Policy) {
	observed, delta, blind := 0, 0, false
	for i := range rows {
		r := &rows[i]
		observed = max(observed, r.Observed)
		delta = mergeDelta(delta, r.delta)
		blind = blind || r.blind
		// Own people named or attacked, said by somebody whom the promotion rule believes: the
		// method's own demand for red is that case (METHOD.md 1.7).
		pic.emergency = pic.emergency || r.Floor == level.Red && r.ceiling.Level >= level.Orange
	}
	pic.observed = max(pic.observed, observed)
	pic.emergency = pic.emergency || level.Emergency(observed, 0)
	var ps [level.Horizons]level.P
	for h := level.Immediate; h <= level.Outlook; h++ {
		if h > level.Immediate && !some(rows, func(r *one) bool { return r.near == h }) {
			ps[h] = ps[h-1]
		} else {
			ps[h] = combine(rows, level.Green, h)
		}
		pic.p[h] = level.Max(pic.p[h], ps[h])
	}
	all := raise(max(pol.byHorizon(ps[level.Medium], ps[level.Outlook], observed), demanded(rows, level.Green)), delta)
	pic.matrix = max(pic.matrix, all)
	sent, floor := pic.carried(rows, observed, delta, pol)
	if blind {
		floor = max(floor, level.Yellow) // silence is no safety: widening alone ends nothing
	}
	if sent == level.Red && observed < 3 && !atOnce(rows, pol) {
		pic.red, sent = true, level.Orange
	}
	if all == level.Red && sent == level.Orange {
		pic.red = true // the matrix says red, the evidence alone does not carry it: a person may sign
	}
	if sent > pic.cell || sent == pic.cell && pic.delta == 0 {
		pic.delta = delta
	}
	pic.cell, pic.floor = max(pic.cell, sent), max(pic.floor, floor)
}

// carried is the level that the evidence carries by the promotion rule, and the level to
// which it could fall, margin included.
func (pic *picture) carried(rows []one, observed, delta int, pol Policy) (sent, floor level.Level) {
	var week, month level.P
	for l := level.Yellow; l <= level.Red; l++ {
		if l == level.Yellow || some(rows, func(r *one) bool { return r.ceiling.Level == l-1 }) {
			week, month = combine(rows, l, level.Medium), combine(rows, l, level.Outlook)
		}
		if !some(rows, func(r *one) bool { return r.ceiling.Level >= l }) {
			break
		}
		d := demanded(rows, l)
		sent = max(sent, min(l, raise(max(pol.byHorizon(week, month, observed), d), delta)))
		floor = max(floor, min(l, raise(max(pol.byHorizon(inflate(week, 1/pol.Margin), inflate(month, 1/pol.Margin), observed), d), delta)))
	}
	return sent, floor
}

// byHorizon is the colour of a chance within seven days and one within thirty: the latter
// gives yellow at most (METHOD.md 1.4).
func (p Policy) byHorizon(week, month level.P, observed int) level.Level {
	l, _ := p.Matrix.LevelOf(week, observed)
	if month == week {
		return l
	}
	out, _ := p.Matrix.LevelOf(month, 0)
	return max(l, min(out, level.Outlook.Cap()))
}

// byEnd returns the threats sorted by the end of their evidence, and those ends.
func byEnd(threats []Threat, pol Policy) ([]Threat, []time.Time) {
	sorted := slices.Clone(threats)
	slices.SortStableFunc(sorted, func(a, b Threat) int { return a.Until(pol).Compare(b.Until(pol)) })
	ends := make([]time.Time, len(sorted))
	for i := range sorted {
		ends[i] = sorted[i].Until(pol)
	}
	return sorted, ends
}

// support is when the evidence for a level ends: events drop out one after the other, and the
// one after whose end the others no longer reach it decides. The fewer events, the lower the
// picture, so the search may halve.
func support(ev Evidence, reach func(picture) bool, pol Policy) time.Time {
	sorted, ends := byEnd(ev.Threats, pol)
	lo, hi := 0, len(sorted) // without the first lo it is reached, without the first hi not
	for hi-lo > 1 {
		mid := (lo + hi) / 2
		left := ev
		left.Threats = sorted[mid:]
		if reach(look(left, pol)) {
			lo = mid
		} else {
			hi = mid
		}
	}
	return ends[hi-1]
}

// demanded is the highest level that a rule of the method demands in rows whose evidence may
// reach l, within the horizon's limit.
func demanded(rows []one, l level.Level) level.Level {
	d := level.Green
	for i := range rows {
		if r := &rows[i]; r.ceiling.Level >= l {
			d = max(d, min(r.Floor, r.near.Cap()))
		}
	}
	return d
}

// inflate multiplies the chances by f > 1: a level may fall to a cell only when the chance
// is below the margin's share of the cell's upper edge.
func inflate(p level.P, f float64) level.P {
	for k := 1; k < len(p); k++ {
		p[k] = min(1, p[k]*f)
	}
	return p
}

func raise(l level.Level, delta int) level.Level {
	if l == level.Green && delta > 0 {
		return l // a rule may sharpen what the evidence says, never make a warning of nothing
	}
	return level.Level(min(int(level.Red), max(int(level.Green), int(l)+delta)))
}

// atOnce tells whether an instrument or official source carries the red by itself, on more
// than 80 %.
func atOnce(rows []one, pol Policy) bool {
	var parts []level.Part
	for i := range rows {
		if rows[i].ceiling.AtOnce && rows[i].near <= level.Medium {
			parts = append(parts, level.Part{Event: 1, Given: rows[i].P})
		}
	}
	p := level.Combine(parts...)
	for k := level.Classes; k >= 1; k-- {
		if pol.Matrix.Bin(p[k]) == level.Observed && pol.Matrix.Cell(k, p[k], false) == level.Red {
			return true
		}
	}
	return false
}

// combine joins the rows whose evidence may reach l and whose impact lies within h.
func combine(rows []one, l level.Level, h level.Horizon) level.P {
	var parts [4]level.Part
	use := parts[:0]
	for i := range rows {
		if r := &rows[i]; r.ceiling.Level >= l && r.near <= h {
			use = append(use, level.Part{Event: 1, Given: r.P})
		}
	}
	switch len(use) {
	case 0:
		return level.P{}
	case 1:
		return use[0].Given.Monotone()
	}
	return level.Combine(use...)
}

func some(rows []one, f func(*one) bool) bool {
	for i := range rows {
		if f(&rows[i]) {
			return true
		}
	}
	return false
}

// strongest orders rows by level, then by probability of I2, then distance, asset and event,
// so that equal evidence gives equal bytes.
func strongest(a, b one) int {
	return cmp.Or(
		cmp.Compare(b.Level, a.Level), cmp.Compare(b.P[2], a.P[2]), cmp.Compare(b.P[1], a.P[1]),
		cmp.Compare(a.DistanceKM, b.DistanceKM), strings.Compare(a.Asset, b.Asset), strings.Compare(a.Event, b.Event))
}

// byAsset calls f with the rows of each asset, by asset, strongest first.
func byAsset(rows []one, f func([]one)) {
	sorted := slices.Clone(rows)
	slices.SortStableFunc(sorted, func(a, b one) int { return strings.Compare(a.Asset, b.Asset) })
	for i := 0; i < len(sorted); {
		j := i + 1
		for j < len(sorted) && sorted[j].Asset == sorted[i].Asset {
			j++
		}
		f(sorted[i:j])
		i = j
	}
}

func mergeDelta(a, b int) int {
	if b > 0 && b > a || b < 0 && a <= 0 && b < a {
		return b
	}
	return a
}

func union(list, more []string) []string {
	for _, s := range more {
		if i, ok := slices.BinarySearch(list, s); !ok {
			list = slices.Insert(list, i, s)
		}
	}
	return list
}
