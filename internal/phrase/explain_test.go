package phrase

import (
	"strings"
	"testing"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure"
	"watchfire.dev/internal/exposure/impact"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/warning"
)

// explained has something to say at every step.
func explained() warning.Explanation {
	at := time.Date(2026, 3, 1, 4, 0, 0, 0, time.UTC)
	p := level.P{1, 0.96, 0.9, 0.83, 0.1}
	trust := exposure.Trust{Base: 0.2, P: 0.6, Weights: []exposure.Weight{{
		Source: "partner", TermEffect: impact.TermEffect{
			Term: impact.Term{Reliability: 'B', Credibility: 2}, Weight: 0.8, LogRatio: 1.79, Discount: 1, Effect: 1.43, After: 0.6,
			Learned: impact.Learned{Ratio: 1.9, Cases: 14},
		},
	}}}
	w := warning.Warning{
		ID: "wrn_1", Revision: 3, At: at, State: warning.Issued, Level: level.Red, Reason: warning.Raised, Family: event.Earthquake, Cell: level.Orange,
		Matrix: level.Red, Ceiling: level.Orange, Floor: level.Orange, LowSince: at, P: p, Observed: 1, Rules: []string{"sharp"}, Delta: 1,
		Blind: []string{"partner"}, Fresh: at, Expires: at.Add(24 * time.Hour), Proposal: warning.ProposalSigned,
		Events: []warning.EventRef{
			{ID: "e", Title: "M 6.9", Trust: trust},
			{ID: "f", Title: "M 4.1", Trust: exposure.Trust{Base: 0.5, P: 0.99, Instrument: "usgs"}},
		},
		Rows: []exposure.Exposure{
			{Asset: "camp", Name: "Camp 2", How: exposure.Distance, DistanceKM: 31, Intensity: exposure.Intensity{Value: 7.1, Unit: "MMI", Sigma: 0.8}, Formula: "f", Source: "s", Floor: level.Orange, FloorReason: "an order"},
			{Asset: "yard", Name: "Yard"},
		},
		Actions: []warning.Action{
			{Action: "stand_down_lifting", Class: 2, P: 0.04, Trigger: 0.01, Cost: 500, Loss: 50_000, Crossed: true},
			{Action: "own_thing", Name: map[string]string{"en": "Call the tug", "zh": "叫拖船"}, Class: 3, P: 0.01, Trigger: 0.5, Cost: 1, Loss: 2},
		},
	}
	for h := range w.Horizons {
		w.Horizons[h] = p
	}
	x := warning.Explain(w, warning.DefaultPolicy())
	x.Would = []warning.Change{
		{Of: "magnitude", Is: 6.9, Level: level.Red, At: 6.5, Falls: true}, {Of: "distance", Unit: "km", Is: 31, Level: level.Red, At: 44, Falls: true},
	}
	return x
}

func TestExplanationSpeaksEveryLanguage(t *testing.T) {
	t.Parallel()
	book, err := New()
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range Languages() {
		var all []string
		keys := map[string]bool{}
		for _, link := range book.For(lang).Explain(explained(), portfolio.Project{Zone: "Asia/Karachi"}, "") {
			keys[link.Key] = true
			all = append(all, link.Title)
			all = append(all, link.Lines...)
		}
		text := strings.Join(all, "\n")
		if strings.Contains(text, "⟦") || strings.Contains(text, "<no value>") || strings.Contains(text, "{{") {
			t.Errorf("%s: a word is missing:\n%s", lang, text)
		}
		for _, key := range []string{"signals", "event", "strength", "chance", "cell", "promotion", "hysteresis", "rules", "level", "would", "actions", "methods"} {
			if !keys[key] {
				t.Errorf("%s: no step %s", lang, key)
			}
		}
	}
	english := book.For("en")
	if got := strings.Join(english.Would(explained()), "; "); got != "Below Red under M 6.5 or beyond 44\u00a0km" {
		t.Errorf("would: %q", got)
	}
	up := warning.Explanation{Would: []warning.Change{
		{Of: "magnitude", Is: 6, Level: level.Orange, At: 6.4}, {Of: "distance", Unit: "km", Is: 50, Level: level.Orange, At: 31},
	}}
	if got := strings.Join(english.Would(up), "; "); got != "Orange from M 6.4 or nearer than 31\u00a0km" {
		t.Errorf("would rise: %q", got)
	}
	actions := english.Actions(explained().Actions)
	if want := "threshold crossed, p = 0.04 > C/L = 0.01"; !strings.Contains(actions[0], want) || !strings.Contains(actions[1], "Call the tug") {
		t.Errorf("actions: %q", actions)
	}
}

func TestThresholdStandsInTheWordsOfAMessage(t *testing.T) {
	t.Parallel()
	book, err := New()
	if err != nil {
		t.Fatal(err)
	}
	w := warning.Warning{State: warning.Issued, Reason: warning.Opened, Actions: explained().Actions}
	text := strings.Join(book.For("en").Why(w), "\n")
	if !strings.Contains(text, "Stop lifting: threshold crossed") || strings.Contains(text, "tug") {
		t.Errorf("why:\n%s", text)
	}
	w.State = warning.Ended
	if text := strings.Join(book.For("en").Why(w), "\n"); strings.Contains(text, "threshold") {
		t.Errorf("an ended warning asks to act:\n%s", text)
	}
}
