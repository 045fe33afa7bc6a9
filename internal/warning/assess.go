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
	Delta int      // levels to raise (>0) or lower (<0)
	Route []string // contact codes
	Rules []string // ids of the rules that acted
}

// A Threat is one event as a project sees it: its rows, its standing reports and what the
// users' rules make of each row (nil, or one effect a row).
type Threat struct {
	Event   event.Event
	Rows    []exposure.Exposure
	Effects []Effect
}

// Evidence is all that is known about one project and hazard family at an instant.
type Evidence struct {
	Now     time.Time
	Org     string
	Project string
	Family  event.Hazard
	Threats []Threat // ongoing events with rows, sorted by event id
	// Settled are the warning's events that go on no longer.
	Settled []event.Event
}

// picture is what the matrix and the promotion rule make of the evidence.
type picture struct {
	cell      level.Level // what may be sent now
	red       bool        // the matrix says red but a signature is needed
	floor     level.Level // where the level may fall to, margin included
	p         level.P
	emergency bool
	rows      []exposure.Exposure
	rules     []string
	route     []string
	eta       time.Time
	until     time.Time
	fresh     time.Time
	expires   time.Time
	tlp       string
}

// look computes the picture. The chance at one asset joins its events as independent; an
// event whose evidence may not reach a level does not help to reach it.
func look(ev Evidence, pol Policy) picture {
	var pic picture
	pic.rows, pic.rules, pic.route = strongest(ev.Threats), nil, nil
	ceilings := make(map[string]Ceiling, len(ev.Threats))
	effects := map[string]Effect{} // by asset
	for _, t := range ev.Threats {
		ceilings[t.Event.ID] = CeilingOf(t.Event.Reports)
		pic.join(t, ev, pol)
		for i, e := range t.Effects {
			effects[t.Rows[i].Asset] = mergeEffects(effects[t.Rows[i].Asset], e)
			pic.rules, pic.route = union(pic.rules, e.Rules), union(pic.route, e.Route)
		}
	}
	for _, group := range byAsset(pic.rows) {
		pic.addAsset(group, ceilings, effects[group[0].Asset].Delta, ev.Now, pol)
	}
	return pic
}

func (pic *picture) join(t Threat, ev Evidence, pol Policy) {
	pic.tlp = event.Strictest(pic.tlp, t.Event.TLP)
	for _, r := range t.Event.LiveReports() {
		until := r.Expires
		if until.IsZero() {
			until = r.Received.Add(pol.TTL(ev.Family))
		}
		if until.After(pic.expires) {
			pic.expires = until
		}
		if r.Received.After(pic.fresh) {
			pic.fresh = r.Received
		}
	}
	for _, row := range t.Rows {
		if row.Level >= level.Yellow && !row.ETA.IsZero() && (pic.eta.IsZero() || row.ETA.Before(pic.eta)) {
			pic.eta = row.ETA
		}
		if row.Until.After(pic.until) {
			pic.until = row.Until
		}
	}
}

// addAsset raises the picture by what one asset's rows together say.
func (pic *picture) addAsset(rows []exposure.Exposure, ceilings map[string]Ceiling, delta int, now time.Time, pol Policy) {
	all := combine(rows, func(exposure.Exposure) bool { return true })
	observed := 0
	for _, r := range rows {
		observed = max(observed, r.Observed)
	}
	pic.p = level.Max(pic.p, all)
	pic.emergency = pic.emergency || level.Emergency(observed, 0)
	sent, floor := level.Green, level.Green
	for l := level.Yellow; l <= level.Red; l++ {
		p := combine(rows, func(r exposure.Exposure) bool { return ceilings[r.Event].Level >= l })
		if p == (level.P{}) {
			continue
		}
		shift, demanded := capped(rows, now), demands(rows, ceilings, l)
		sent = max(sent, min(l, shift, raise(max(cellOf(pol, p, observed), demanded), delta)))
		floor = max(floor, min(l, shift, raise(max(cellOf(pol, inflate(p, 1/pol.Margin), observed), demanded), delta)))
	}
	if sent == level.Red && observed < 3 && !atOnce(rows, ceilings, pol) {
		pic.red, sent = true, level.Orange
	}
	if raise(cellOf(pol, all, observed), delta) == level.Red && sent == level.Orange && capped(rows, now) == level.Red {
		pic.red = true // the matrix says red, the evidence alone does not carry it: a person may sign
	}
	pic.cell, pic.floor = max(pic.cell, sent), max(pic.floor, floor)
}

// demands is the highest level that a rule of the method demands in rows whose evidence may
// reach l.
func demands(rows []exposure.Exposure, ceilings map[string]Ceiling, l level.Level) level.Level {
	d := level.Green
	for _, r := range rows {
		if ceilings[r.Event].Level >= l {
			d = max(d, r.Floor)
		}
	}
	return d
}

func cellOf(pol Policy, p level.P, observed int) level.Level {
	l, _ := pol.Matrix.LevelOf(p, observed)
	return l
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

// capped is the highest level that the nearest impact's horizon allows.
func capped(rows []exposure.Exposure, now time.Time) level.Level {
	c := level.Green
	for _, r := range rows {
		lead := time.Duration(0)
		if r.ETA.After(now) {
			lead = r.ETA.Sub(now)
		}
		c = max(c, level.HorizonOf(lead).Cap())
	}
	return c
}

// atOnce tells whether an instrument or official source carries the red by itself, on more
// than 80 %.
func atOnce(rows []exposure.Exposure, ceilings map[string]Ceiling, pol Policy) bool {
	p := combine(rows, func(r exposure.Exposure) bool { return ceilings[r.Event].AtOnce })
	for k := level.Classes; k >= 1; k-- {
		if pol.Matrix.Bin(p[k]) == level.Observed && pol.Matrix.Cell(k, p[k], false) == level.Red {
			return true
		}
	}
	return false
}

func combine(rows []exposure.Exposure, use func(exposure.Exposure) bool) level.P {
	var parts []level.Part
	for _, r := range rows {
		if use(r) {
			parts = append(parts, level.Part{Event: 1, Given: r.P})
		}
	}
	if len(parts) == 0 {
		return level.P{}
	}
	return level.Combine(parts...)
}

// strongest returns all rows: by level, then by probability of I2, then distance, asset and
// event, so that equal evidence gives equal bytes.
func strongest(threats []Threat) []exposure.Exposure {
	var rows []exposure.Exposure
	for _, t := range threats {
		rows = append(rows, t.Rows...)
	}
	slices.SortFunc(rows, func(a, b exposure.Exposure) int {
		return cmp.Or(
			cmp.Compare(b.Level, a.Level), cmp.Compare(b.P[2], a.P[2]), cmp.Compare(b.P[1], a.P[1]),
			cmp.Compare(a.DistanceKM, b.DistanceKM), strings.Compare(a.Asset, b.Asset), strings.Compare(a.Event, b.Event))
	})
	return rows
}

// byAsset groups rows by asset, in the order of each asset's first row.
func byAsset(rows []exposure.Exposure) [][]exposure.Exposure {
	at := make(map[string]int, len(rows))
	var out [][]exposure.Exposure
	for _, r := range rows {
		i, ok := at[r.Asset]
		if !ok {
			i = len(out)
			at[r.Asset], out = i, append(out, nil)
		}
		out[i] = append(out[i], r)
	}
	return out
}

func mergeEffects(a, b Effect) Effect {
	if b.Delta > 0 && b.Delta > a.Delta || b.Delta < 0 && a.Delta <= 0 && b.Delta < a.Delta {
		a.Delta = b.Delta
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
