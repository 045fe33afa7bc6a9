package report

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"watchfire.dev/internal/register"
	"watchfire.dev/internal/report/document"
)

// newest fills what the newest form of snapshots holds.
func (s *Snapshot) newest() {
	s.Form = Form
	s.Settled = &Settled{From: asOf.AddDate(-1, 0, 0), To: asOf, Period: Score{Hit: 2, False: 1}, Active: 2}
	s.Record[0].Leads, s.Record[1].Leads, s.Record[1].Open = 3, 8, 2
	s.Warnings[0].Family, s.Warnings[1].Family = "flood", "unrest"
	s.Contents.Answers = &Answers{Orange: Pace{N: 12, InTime: 9, Never: 1, Minutes: ptr(11.25), Limit: 30}, Red: Pace{N: 2, InTime: 1, Minutes: ptr(6), Limit: 5}, Sent: 61, Failed: 3, Told: 12, Reached: 12}
	for n := range 8 {
		s.Near = append(s.Near, Near{Event: fmt.Sprint("e", n), Title: "Armed robbery on the A2", Family: "crime", Project: "Moyale Highway", Asset: "Camp 2", KM: 3.2 + float64(n), At: asOf.Add(-time.Duration(n+1) * time.Hour), Class: max(0, 1-n)})
	}
	s.NearMore = 4
	s.Planned = []Planned{
		{At: asOf.Add(9 * time.Hour), Kind: "arrival", Text: "Flood at Bridge 4"},
		{At: asOf.Add(20 * time.Hour), Kind: "passes", Text: "Flood at Bridge 4"},
		{At: asOf.Add(8 * time.Hour), Kind: "shift", Text: "Duty officers", Who: "S. Tesfaye"},
		{At: asOf.Add(30 * time.Hour), Day: true, Kind: "holiday", Text: "All Saints"},
		{At: asOf.Add(50 * time.Hour), Kind: "report", Text: "Weekly", Who: "A. Mensah"},
		{At: asOf.Add(3 * time.Hour), Kind: "sign", Text: "Flood at Bridge 4"},
		{At: asOf.Add(2 * time.Hour), Kind: "escalation", Text: "Flood at Bridge 4"},
		{At: asOf.Add(60 * time.Hour), Kind: "survey", Text: "Community mood"},
		{At: asOf.Add(61 * time.Hour), Kind: "no_duty", Text: "Night watch"},
	}
	s.Routes = []Route{
		{Code: "a2", Name: "A2, Isiolo to Moyale", Level: 3, Parts: []Stretch{{12, 14.5}, {14, 20}, {101, 104}}, Warning: "Flood at Bridge 4"},
		{Code: "c80", Name: "C80", Level: 0},
		{Code: "d1", Name: "Quarry road", Level: 2, Warning: "Strike in Isiolo"},
	}
	s.Advice = []Advice{{Text: "Answer the warning", Why: "Flood at Bridge 4", Rank: 10, Evidence: "w1"}, {Text: "Move the fuel to km 22", Why: "Flood at Bridge 4", Rank: 20, Evidence: "w1"}}
	out := register.OutlookOf(s.Register, s.Context, register.Residual, asOf, s.Seed)
	s.Outlook = &out
	s.Compliance = []Compliance{{Indicator: "own.screening_hits", Unit: "Moyale Highway", Value: 2, Of: "open hits", Period: "2026-10", Source: "compliance"}, {Indicator: "own.screening_hits", Unit: "Sikasso Road", Value: 0, Of: "open hits", Period: "2026-10", Source: "compliance"}}
	s.Lacking = append(s.Lacking, "calendar", "grievances", "screening")
}

// found is a section of a document; nil = it is not there.
func found(d document.Document, id string) *document.Section {
	for i := range d.Sections {
		if d.Sections[i].ID == id {
			return &d.Sections[i]
		}
	}
	return nil
}

// words are all texts of a section.
func words(s *document.Section) string {
	var out []string
	if s == nil {
		return ""
	}
	for _, b := range s.Blocks {
		out = append(out, b.Text)
		for _, l := range slices.Concat(b.List, b.Box) {
			out = append(out, l.Strong, l.Text)
		}
		if b.Table != nil {
			for _, r := range b.Table.Rows {
				for _, c := range r {
					out = append(out, c.Text)
				}
			}
		}
	}
	return strings.Join(out, "|")
}

// TestRecordWithIntervals: rates come with their interval from ten cases on, fewer give counts,
// and none at all says so.
func TestRecordWithIntervals(t *testing.T) {
	t.Parallel()
	s, _ := world(t, Monthly)
	section := func() string {
		d, err := Compose(s, book(t), "")
		if err != nil {
			t.Fatal(err)
		}
		return words(found(d, "record"))
	}
	// 12 of 14 and 6 of 18, Wilson at 90 %.
	for _, want := range []string{"Caught 12 of 14 (POD): 86 %, 90 % interval 65 % to 95 %.", "False were 6 of 18 (FAR): 33 %, 90 % interval 18 % to 53 %.", "hit 2, missed 0, false 1"} {
		if got := section(); !strings.Contains(got, want) {
			t.Errorf("no %q in %s", want, got)
		}
	}
	s.Record = s.Record[:1]
	if got := section(); !strings.Contains(got, "Caught 3 of 3 (POD): too few to tell") || strings.Contains(got, "%") {
		t.Errorf("three cases: %s", got)
	}
	s.Record = nil
	if got := section(); !strings.Contains(got, "has ended yet") || !strings.Contains(got, "open now: 2") {
		t.Errorf("no case: %s", got)
	}
}

// TestRedTags: a dimension at 8 or above stands on the cover, and the score never without its
// three reasons (METHOD 2.3).
func TestRedTags(t *testing.T) {
	t.Parallel()
	for _, product := range []string{Daily, Monthly} {
		s, _ := world(t, product)
		s.Result.RedTags = []string{"legal", "health"}
		d, err := Compose(s, book(t), "")
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(d.Lead.Lines, "|"); !strings.Contains(got, "Red tag, 8 or above: Law and corruption, Health") || len(d.Lead.Points) != 3 {
			t.Errorf("%s: %s, %d reasons", product, got, len(d.Lead.Points))
		}
	}
}

// TestCopiesKeepLabels: what rests on evidence of a stricter label than the copy's is counted
// and not worded.
func TestCopiesKeepLabels(t *testing.T) {
	t.Parallel()
	s, _ := world(t, Daily)
	const secret = "informer"
	s.Warnings[0].Headline, s.Warnings[0].TLP = secret, "AMBER+STRICT"
	for i := range s.Planned {
		s.Planned[i].Text, s.Planned[i].TLP = secret, "AMBER+STRICT"
	}
	s.Routes[0].Warning, s.Routes[0].TLP = secret, "AMBER+STRICT"
	s.Advice[0].Why, s.Advice[0].TLP = secret, "AMBER+STRICT"
	for cleared, want := range map[string]bool{"GREEN": false, "AMBER": false, "": false} {
		made, err := Render(s, book(t), cleared)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(string(made.HTML)+string(made.JSON), secret); got != want || !strings.Contains(string(made.HTML), "withheld from this copy (TLP:AMBER+STRICT)") {
			t.Errorf("cleared for %q of a report of AMBER: worded %v", cleared, got)
		}
	}
	s.TLP = "RED"
	if made, err := Render(s, book(t), ""); err != nil || !strings.Contains(string(made.HTML), secret) {
		t.Errorf("nobody may read it: %v", err)
	}
}

// TestDailyBrief: the calendar joins what the watch knows with what the register says, routes
// name their stretches, and three things are asked for.
func TestDailyBrief(t *testing.T) {
	t.Parallel()
	s, _ := world(t, Daily)
	d, err := Compose(s, book(t), "")
	if err != nil {
		t.Fatal(err)
	}
	for id, list := range map[string][]string{
		"planned":  {"late\u00a0by", "hand-over: Duty officers (S. Tesfaye)", "Further:"},
		"routes":   {"do not use|km 12.0 to 20.0, km 101.0 to 104.0|Flood at Bridge 4", "at risk|the whole route", "C80|open, no warning"},
		"families": {"Health|nothing open|0", "Weather, water, earth|Red", "Security and the rest|Yellow|1"},
		"advice":   {"Answer the warning:|Flood at Bridge 4", "Move the fuel to km 22:"},
		"unseen":   {"Elections and statutory dates: not held."},
	} {
		for _, want := range list {
			if got := words(found(d, id)); !strings.Contains(got, want) {
				t.Errorf("%s: no %q in %s", id, want, got)
			}
		}
	}
	if n := len(found(d, "advice").Blocks[0].List); n != mostAdvice {
		t.Errorf("%d things for today", n)
	}
	for range 9 { // what is late hides nothing that comes
		s.Register[0].Actions = append(s.Register[0].Actions, register.Action{Code: fmt.Sprint("L", len(s.Register[0].Actions)), Title: "Old", Due: "2026-08-01"})
	}
	if d, err = Compose(s, book(t), ""); err != nil {
		t.Fatal(err)
	}
	if got := words(found(d, "planned")); !strings.Contains(got, "hand-over") || !strings.Contains(got, "Further: 15.") {
		t.Errorf("nine more are late: %s", got)
	}
}

// TestBoardAndWeekly: what a year may bring with its interval, what the scenario adds, the
// highest of each indicator of law; near misses and answers.
func TestBoardAndWeekly(t *testing.T) {
	t.Parallel()
	s, _ := world(t, Board)
	more := *s.Outlook
	more.Money.Mean += 250_000
	s.Scenario = &Scenario{ID: "scn_1", Name: "Corridor closed", Before: *s.Result, After: *s.Result, Loss: &ScenarioLoss{Risks: 2, Before: *s.Outlook, After: more}}
	d, err := Compose(s, book(t), "")
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]string{"outlook": "Chance of harm of I3 or above|", "scenario": "It adds 250,000 USD", "compliance": "|2|open hits|Moyale Highway|2 of 2|2026-10", "unseen": "Grievances: not held."} {
		if got := words(found(d, id)); !strings.Contains(got, want) {
			t.Errorf("%s: no %q in %s", id, want, got)
		}
	}
	w, _ := world(t, Weekly)
	if d, err = Compose(w, book(t), ""); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]string{"answers": "Orange|12|75 % (9 of 12)|30\u00a0min|11.3\u00a0min|1", "near": "Further: 6.", "chances": "|24 %|unlikely|9 %|18 %"} {
		if got := words(found(d, id)); !strings.Contains(got, want) {
			t.Errorf("%s: no %q in %s", id, want, got)
		}
	}
}
