package warning

import (
	"errors"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/geo"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/portfolio"
)

func TestHorizonsOfAWarning(t *testing.T) {
	t.Parallel()
	ahead := func(d time.Duration) Threat {
		th := threat("e", event.Cyclone, p(.99, .95, .9, .3), t0, usgs)
		th.Rows[0].ETA = t0.Add(d)
		return th
	}
	for lead, want := range map[time.Duration]struct {
		level level.Level
		at    level.Horizon
	}{
		30 * time.Minute:    {level.Red, level.Immediate},
		20 * time.Hour:      {level.Red, level.Short},
		6 * 24 * time.Hour:  {level.Red, level.Medium},
		20 * 24 * time.Hour: {level.Yellow, level.Outlook},
	} {
		w := must(t, nil, evidence(t0, ahead(lead)))
		if w.Level != want.level || w.Horizon != want.at {
			t.Errorf("impact in %s: %s at %s, want %s at %s", lead, w.Level, w.Horizon, want.level, want.at)
		}
		for h := level.Immediate; h <= level.Outlook; h++ {
			if has := w.Horizons[h][2] > 0; has != (lead <= h.Span()) {
				t.Errorf("impact in %s: P within %s is %v", lead, h, w.Horizons[h][2])
			}
		}
	}
	if _, ok := Decide(nil, evidence(t0, ahead(60*24*time.Hour)), DefaultPolicy()); ok {
		t.Error("an impact in 60 days made a warning")
	}
	// A likely impact in a month does not lift what happens this week.
	week, month := threat("a", event.Cyclone, p(.3, .1, .06, .01), t0, usgs), ahead(20*24*time.Hour)
	if w := must(t, nil, evidence(t0, week, month)); w.Level != level.Yellow {
		t.Errorf("week and month together give %s, want yellow", w.Level)
	}
}

func TestStaleEvidenceNeitherRaisesNorHolds(t *testing.T) {
	t.Parallel()
	pol := DefaultPolicy()
	w := must(t, nil, evidence(t0, threat("big", event.Earthquake, p(.99, .95, .9, .3), t0, usgs)))
	// A small one, half a day later: it does not keep the red of the big one alive.
	later := t0.Add(12 * time.Hour)
	both := evidence(later, threat("big", event.Earthquake, p(.99, .95, .9, .3), t0, usgs), threat("small", event.Earthquake, p(.7, .1, .01, 0), later, usgs))
	w = must(t, &w, both)
	if want := t0.Add(pol.TTL(event.Earthquake)); !w.Expires.Equal(want) {
		t.Fatalf("red lives until %s, want %s", w.Expires, want)
	}
	var story []Reason
	for w.Level == level.Red {
		next, ok := Advance(w, Due(w, pol), pol)
		if !ok || len(story) > 9 {
			t.Fatalf("stuck after %v", story)
		}
		story, w = append(story, next.Reason), next
	}
	if want := []Reason{ReviewDue, Weakened, Lowered}; !slices.Equal(story, want) || !w.At.Equal(t0.Add(pol.TTL(event.Earthquake)+pol.Dwell(event.Earthquake))) {
		t.Fatalf("%v at %s, want %v a dwell after the end of what carried it", story, w.At, want)
	}
	// With everything stale, a second look changes nothing.
	ev := evidence(later.Add(100 * time.Hour))
	ev.Family, ev.Stale = event.Earthquake, 1
	if got, ok := Decide(&w, ev, pol); ok {
		t.Errorf("stale evidence made revision %s", got.Reason)
	}
}

func TestNationalRowSpeaksForItsSites(t *testing.T) {
	t.Parallel()
	th := threat("e", event.Conflict, p(.9, .6, .01, 0), t0, usgs)
	th.Rows[0].Kind, th.Rows[0].Asset, th.Rows[0].Persons = exposure.ProjectKind, "p", 300
	w := must(t, nil, evidence(t0, th))
	at := t0.Add(time.Minute)
	site := threat("f", event.Conflict, p(.8, .1, .01, 0), at, usgs)
	got := must(t, &w, evidence(at, th, site))
	if got.Notify || !Covered(got, site.Rows[0]) || got.Persons() != 300 {
		t.Errorf("a site at %s below a national %s was told again (%v), covered %v, %d persons", site.Rows[0].Level, w.Level, got.Notify, Covered(got, site.Rows[0]), got.Persons())
	}
	higher := threat("g", event.Conflict, p(.95, .9, .1, 0), at, usgs)
	if got := must(t, &w, evidence(at, th, higher)); !got.Notify || got.Level <= w.Level || Covered(got, higher.Rows[0]) {
		t.Errorf("a site above the national level: %s, told %v", got.Level, got.Notify)
	}
}

func TestOwnPeopleAttackedIsAnEmergency(t *testing.T) {
	t.Parallel()
	th := threat("e", event.Conflict, p(.99, .95, .9, .9), t0, partner)
	th.Rows[0].Floor, th.Rows[0].FloorReason = level.Red, "own people named"
	if w := must(t, nil, evidence(t0, th)); !w.Emergency || w.Proposal != ProposalOpen {
		t.Errorf("emergency %v, proposal %q", w.Emergency, w.Proposal)
	}
	rumour := threat("e", event.Conflict, p(.99, .95, .9, .9), t0, press)
	rumour.Rows[0].Floor = level.Red
	if w := must(t, nil, evidence(t0, rumour)); w.Emergency {
		t.Error("news alone made an EMERGENCY")
	}
}

func TestActionsCrossTheirThreshold(t *testing.T) {
	t.Parallel()
	w := must(t, nil, evidence(t0, threat("e", event.Earthquake, p(.7, .04, .001, 0), t0, usgs)))
	crossed := Crossed(w)
	if len(w.Actions) != 3 || len(crossed) != 2 {
		t.Fatalf("%d of %d actions pay at p = 0.04: %+v", len(crossed), len(w.Actions), w.Actions)
	}
	if a := crossed[0]; a.Action != "stand_down_lifting" || a.Trigger != 0.01 || a.P != 0.04 {
		t.Errorf("first: %+v; a stand-down of 500 USD against 50,000 pays above 1 %%", a)
	}
	book, err := ParsePlaybook([]byte(`{"version": "own-1", "actions": [
		{"action": "stand_down_lifting", "project": "p", "family": "earthquake", "class": 2, "horizon": "immediate", "cost_usd": 5000, "avoided_usd": 50000}]}`))
	if err != nil {
		t.Fatal(err)
	}
	pol := DefaultPolicy()
	pol.Playbook = book
	w, _ = Decide(nil, evidence(t0, threat("e", event.Earthquake, p(.7, .04, .001, 0), t0, usgs)), pol)
	if len(w.Actions) != 3 || len(Crossed(w)) != 1 || w.Methods.Playbook != "own-1" {
		t.Errorf("the project's own cost does not replace the general one: %+v", w.Actions)
	}
}

func TestFilesOfOnesOwn(t *testing.T) {
	t.Parallel()
	pol, err := ParsePolicy([]byte(`{"version": "own-1", "margin": 0.5, "families": {"flood": {"dwell": "48h", "ttl": "72h"}}}`))
	if err != nil || pol.Margin != 0.5 || pol.Dwell(event.Flood) != 48*time.Hour || pol.TTL(event.Earthquake) != 24*time.Hour {
		t.Errorf("%v %+v", err, pol)
	}
	for name, text := range map[string]string{
		"no version":       `{"margin": 0.5}`,
		"built-in version": `{"version": "2026.1"}`,
		"unknown field":    `{"version": "x", "marge": 1}`,
		"bad duration":     `{"version": "x", "confirm": "soon"}`,
		"margin above 1":   `{"version": "x", "margin": 1.5}`,
		"no family":        `{"version": "x", "families": {"terrorism": {"dwell": "1h", "ttl": "1h"}}}`,
		"no JSON":          `{`,
	} {
		if _, err := ParsePolicy([]byte(text)); !errors.Is(err, fault.ErrInvalid) {
			t.Errorf("policy, %s: %v", name, err)
		}
	}
	for name, text := range map[string]string{
		"no version":      `{"actions": []}`,
		"cost above loss": `{"version": "x", "actions": [{"action": "a", "family": "flood", "class": 1, "horizon": "short", "cost_usd": 9, "avoided_usd": 8}]}`,
		"class 5":         `{"version": "x", "actions": [{"action": "a", "family": "flood", "class": 5, "horizon": "short", "cost_usd": 1, "avoided_usd": 8}]}`,
		"bad horizon":     `{"version": "x", "actions": [{"action": "a", "family": "flood", "class": 1, "horizon": "soon", "cost_usd": 1, "avoided_usd": 8}]}`,
		"no family":       `{"version": "x", "actions": [{"action": "a", "family": "cold", "class": 1, "horizon": "short", "cost_usd": 1, "avoided_usd": 8}]}`,
	} {
		if _, err := ParsePlaybook([]byte(text)); !errors.Is(err, fault.ErrInvalid) {
			t.Errorf("playbook, %s: %v", name, err)
		}
	}
}

// TestHigherChancesNeverGiveALowerLevel: from the same warning, with the same sources.
func TestHigherChancesNeverGiveALowerLevel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		pol := DefaultPolicy()
		draw := func(name string) level.P {
			q := rapid.SliceOfN(rapid.Float64Range(0, 1), 4, 4).Draw(t, name)
			return p(q[0], q[0]*q[1], q[0]*q[1]*q[2], q[0]*q[1]*q[2]*q[3]).Monotone()
		}
		var from []source
		for range rapid.IntRange(1, 3).Draw(t, "n") {
			from = append(from, rapid.SampledFrom([]source{usgs, partner, second, blogC, press}).Draw(t, "source"))
		}
		var prev *Warning
		if w, ok := Decide(nil, evidence(t0, threat("e", event.Flood, draw("before"), t0, from...)), pol); ok {
			prev = &w
		}
		low := draw("low")
		high := level.Max(low, draw("more"))
		at := t0.Add(time.Hour)
		after := func(q level.P) (level.Level, bool) {
			w, ok := Decide(prev, evidence(at, threat("e", event.Flood, q, at, from...)), pol)
			if !ok && prev != nil {
				w = *prev
			}
			return w.Level, w.Proposal == ProposalOpen || w.Level == level.Red
		}
		a, redA := after(low)
		b, redB := after(high)
		if b < a || redA && !redB {
			t.Fatalf("%v gives %s (red %v), %v gives %s (red %v)", low, a, redA, high, b, redB)
		}
	})
}

// TestWhatWouldChangeIsWhereTheRealFunctionChanges puts each answer back into the function
// that decides.
func TestWhatWouldChangeIsWhereTheRealFunctionChanges(t *testing.T) {
	t.Parallel()
	camp := portfolio.Asset{
		ID: "camp", Project: "p", Kind: portfolio.Site, Name: "Camp 2", Country: "PK", Class: "masonry", Shape: geo.At(30.2, 67, 0),
		Shifts: []portfolio.Shift{{Name: "all", From: 0, To: 1440, Count: 300}},
	}
	x := exposure.NewIndex(portfolio.Portfolio{Org: "o", Projects: []portfolio.Project{{ID: "p", Code: "p", Name: "P", Country: "PK", Zone: "UTC"}}, Assets: []portfolio.Asset{camp}})
	e := event.Event{
		ID: "e", Hazard: event.Earthquake, State: event.Ongoing, Revision: 1, Occurred: t0, Fresh: t0,
		Measures: event.Measures{{Name: "magnitude", Value: 6.4}, {Name: "depth", Value: 12, Unit: "km"}},
		Shapes:   []event.Footprint{{Role: event.Centre, Shape: geo.At(30.4, 67.2, 3)}},
		Reports:  []event.Standing{{Key: "k", Signal: "s", Stand: event.Live, Source: "seis", Owner: "seis", Instrument: true, Received: t0, Grade: event.Grade{Reliability: "A", Credibility: 1}}},
	}
	rows := x.Assess(e, t0)
	if len(rows) != 1 {
		t.Fatalf("%d rows", len(rows))
	}
	trial := Trial{Row: rows[0], Event: e, Now: t0, Place: Spot{true, geo.Point{Lat: 30.2, Lon: 67}}, Assess: x.Assess, Policy: DefaultPolicy()}
	is := trial.level(e)
	list := WouldChange(trial)
	seen := map[string]bool{}
	for _, c := range list {
		seen[c.Of] = true
		if c.Falls != (c.Level <= is) {
			t.Errorf("%+v while the level is %s", c, is)
		}
		at := trial.magnitude
		step := 0.01
		if c.Of == "distance" {
			at, step = func(km float64) level.Level { return trial.level(moved(e, trial.Place.At, km)) }, -0.2
		}
		if in, out := at(c.At+step), at(c.At-step); in < c.Level || out >= c.Level {
			t.Errorf("%s of %s at %.2f: inside %s, outside %s", c.Level, c.Of, c.At, in, out)
		}
	}
	if !seen["magnitude"] || !seen["distance"] {
		t.Errorf("no magnitude or distance in %+v", list)
	}
	if !slices.IsSortedFunc(list[:2], func(a, b Change) int { return int(a.Level) - int(b.Level) }) {
		t.Errorf("levels out of order: %+v", list)
	}
}

func TestExplanationNamesTheChain(t *testing.T) {
	t.Parallel()
	pol := DefaultPolicy()
	w := must(t, nil, evidence(t0, threat("e", event.Conflict, p(.99, .95, .9, .3), t0, partner)))
	x := Explain(w, pol)
	if x.Level != level.Orange || x.Rule.Matrix != level.Red || x.Rule.Ceiling != level.Orange || x.Rule.Carried != level.Orange || x.Rule.Proposal != ProposalOpen {
		t.Errorf("promotion: %+v", x.Rule)
	}
	if x.Class != 3 || x.Cells[2].Level != level.Red || x.Cells[2].From != 0.8 || x.Cells[2].To != 1 {
		t.Errorf("cell: class %d, %+v", x.Class, x.Cells)
	}
	low := must(t, &w, evidence(t0.Add(time.Hour), threat("e", event.Conflict, p(.5, .01, 0, 0), t0.Add(time.Hour), partner)))
	if h := Explain(low, pol).Hold; h.FallsAt.Sub(t0.Add(time.Hour)) != pol.Dwell(event.Conflict) || h.Carried != level.Green {
		t.Errorf("hysteresis: %+v", h)
	}
}

// TestTheQuickLookMissesNothing: what is called hopeless makes no warning by the long way.
func TestTheQuickLookMissesNothing(t *testing.T) {
	t.Parallel()
	pol := DefaultPolicy()
	rapid.Check(t, func(t *rapid.T) {
		var list []Threat
		for i := range rapid.IntRange(1, 6).Draw(t, "events") {
			q := rapid.SliceOfN(rapid.Float64Range(0, 0.1), 4, 4).Draw(t, "p")
			list = append(list, threat(string(rune('a'+i)), event.Flood, p(3*q[0], q[1], q[2]/4, q[3]/20).Monotone(), t0, usgs))
		}
		ev := evidence(t0, list...)
		if cell := look(ev, pol).cell; hopeless(ev, pol) && cell > level.Green {
			t.Fatalf("called hopeless, is %s", cell)
		}
	})
}

// TestWordsAndWindsWouldChangeToo: a flood alert by its word, a cyclone by its winds.
func TestWordsAndWindsWouldChangeToo(t *testing.T) {
	t.Parallel()
	camp := portfolio.Asset{ID: "camp", Project: "p", Kind: portfolio.Site, Name: "Camp", Country: "MZ", Shape: geo.At(-19.8, 34.8, 0)}
	x := exposure.NewIndex(portfolio.Portfolio{Org: "o", Projects: []portfolio.Project{{ID: "p", Code: "p", Name: "P", Country: "MZ", Zone: "UTC"}}, Assets: []portfolio.Asset{camp}})
	says := []event.Standing{{Key: "k", Signal: "s", Stand: event.Live, Source: "met", Owner: "met", Instrument: true, Received: t0, Grade: event.Grade{Reliability: "A", Credibility: 1}}}
	flood := event.Event{
		ID: "f", Hazard: event.Flood, State: event.Ongoing, Revision: 1, Fresh: t0, Severity: "Moderate", Certain: "Likely", Urgency: "Immediate", Reports: says,
		Shapes: []event.Footprint{{Role: event.Affected, Shape: geo.At(-19.8, 34.8, 30)}},
	}
	storm := event.Event{ID: "c", Hazard: event.Cyclone, State: event.Ongoing, Revision: 1, Fresh: t0, Reports: says, Measures: event.Measures{{Name: "wind", Value: 60, Unit: "kt"}}}
	for i := range 4 {
		storm.Track = append(storm.Track, event.TrackPoint{
			At: t0.Add(time.Duration(6*i) * time.Hour), Place: geo.Point{Lat: -19.8, Lon: 36.6 - 0.6*float64(i)}, WindKT: 60, RadiusKM: 20 + 15*float64(i), Forecast: i > 0,
		})
	}
	for of, e := range map[string]event.Event{"severity": flood, "wind": storm} {
		rows := x.Assess(e, t0)
		if len(rows) != 1 {
			t.Fatalf("%s: %d rows", of, len(rows))
		}
		trial := Trial{Row: rows[0], Event: e, Now: t0, Place: Spot{true, geo.Point{Lat: -19.8, Lon: 34.8}}, Assess: x.Assess, Policy: DefaultPolicy()}
		is, rises := trial.level(e), 0
		for _, c := range WouldChange(trial) {
			if c.Of != of {
				continue
			}
			if !c.Falls {
				rises++
			}
			changed := e
			switch of {
			case "severity":
				changed.Severity = c.Word
			case "wind":
				changed = blown(e, (c.At+1)/60)
			}
			if got := trial.level(changed); got < c.Level || c.Falls != (c.Level <= is) {
				t.Errorf("%s: %+v gives %s, now %s", of, c, got, is)
			}
		}
		if rises == 0 {
			t.Errorf("%s: nothing raises %s", of, is)
		}
	}
}
