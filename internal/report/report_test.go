package report

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"watchfire.dev/internal/assessment"
	"watchfire.dev/internal/indicator"
	"watchfire.dev/internal/phrase"
	"watchfire.dev/internal/register"
)

var write = flag.String("write", "", "folder to write every product into, to look at")

var asOf = time.Date(2026, 10, 31, 21, 0, 0, 0, time.UTC)

// world is a snapshot of a project over the numbers of the starter set, with a register and a
// report before.
func world(t testing.TB, product string) (*Snapshot, *assessment.Bundle) {
	t.Helper()
	m := assessment.Default()
	obs := indicator.Starter()
	for _, o := range []indicator.Observation{
		{Indicator: "own.stock_days", Period: "2026-10-20", Value: 6}, {Indicator: "own.grievances", Period: "2026-10", Value: 5},
	} {
		o.Place, o.Source = "project:MH", "site"
		o, err := indicator.Own(o, asOf)
		if err != nil {
			t.Fatal(err)
		}
		obs = append(obs, o)
	}
	units := []assessment.Unit{
		{ID: "project:MH", Kind: assessment.Project, Name: "Moyale Highway", Country: "KE", People: 420},
		{ID: "project:SR", Kind: assessment.Project, Name: "Sikasso Road", Country: "ML", People: 260},
		{ID: "portfolio:all", Kind: assessment.Portfolio, Name: "All projects", Members: []assessment.Member{{Unit: "project:MH", Weight: 420}, {Unit: "project:SR", Weight: 260}}},
	}
	in := assessment.Inputs{Observations: obs, AsOf: asOf, Known: asOf, Seed: 7, Draws: 40, Units: units}
	s := assessment.Build(m, in)
	raw, err := s.Canonical(m)
	if err != nil {
		t.Fatal(err)
	}
	results, err := assessment.Assess(context.Background(), m, s, 2)
	if err != nil {
		t.Fatal(err)
	}
	method, reference := m.Files()
	run := &assessment.Bundle{Run: "run_1", Method: string(method), Reference: string(reference), Snapshot: string(raw)}
	p, _ := Find(product)
	out := &Snapshot{
		ID: "MH-2026-10", Product: product, Org: "Acme Roads", Unit: "project:MH", Name: "Moyale Highway", From: time.Date(2026, 9, 30, 21, 0, 0, 0, time.UTC), To: asOf, AsOf: asOf,
		Lang: "en", Zone: "Africa/Nairobi", TLP: "AMBER", Seed: 20261101, Draws: 2000, Run: "run_1", Inputs: assessment.Hash(raw),
		Methods:  []Method{{Name: "register", Version: "1"}, {Name: "assessment", Version: m.Version, Hash: m.Hash}},
		Approval: &Approval{By: "A. Mensah", At: asOf.AddDate(0, 0, 3)},
		Register: risks(), Context: register.Context{Scopes: []register.Scope{{Project: "MH", ContractValue: 2e8}}, Appetite: []register.Line{{Score: 8}}},
		Forecasts: []Forecast{{What: "25 deaths or more in a month, Kenya", Until: "2026-12", Chance: .24, Base: ptr(.09), Last: ptr(.18), Evidence: "fc_1"}},
		Record:    []Score{{Family: "flood", Hit: 3, False: 1, Lead: ptr(31)}, {Family: "conflict", Hit: 9, Missed: 2, False: 5, Lead: ptr(19)}},
		Warnings:  []Warning{{ID: "w1", Level: 3, Headline: "Flood at Bridge 4", Project: "Moyale Highway", Since: asOf.Add(-2 * time.Hour), ETA: asOf.Add(9 * time.Hour), People: 120}, {ID: "w2", Level: 1, Headline: "Strike in Isiolo", Project: "Moyale Highway", Since: asOf.Add(-30 * time.Hour), Answered: "S. Tesfaye"}},
		Unseen:    []Unseen{{Reason: "source_silent", Text: "River gauge, Bridge 4", Project: "Moyale Highway", Since: asOf.AddDate(0, 0, -12)}, {Reason: "no_source", Text: "crime", Project: "Moyale Highway"}},
		Timeline:  []Moment{{At: asOf.Add(-time.Hour), Text: "warning.issued", Evidence: "j_14"}},
	}
	out.newest()
	for i := range results {
		r := results[i]
		body, err := r.Canonical()
		if err != nil {
			t.Fatal(err)
		}
		run.Results = append(run.Results, string(body))
		switch {
		case r.Kind == assessment.Project:
			out.Units = append(out.Units, r)
			if r.Unit == "project:MH" && p.Subject != "portfolio" {
				out.Result = &r
			}
		case r.Kind == assessment.Portfolio && p.Subject == "portfolio":
			out.Result, out.Unit, out.Name = &r, r.Unit, r.Name
		}
	}
	if p.Subject != "portfolio" {
		out.Units = nil
	}
	before := *out.Result
	before.AsOf, before.Score = asOf.AddDate(0, -1, 0), out.Result.Score-.6
	before.Dimensions = slices.Clone(before.Dimensions)
	for i := range before.Dimensions {
		if before.Dimensions[i].ID == "operational" {
			before.Dimensions[i].Score -= 1.3
		}
	}
	out.Before = &before
	for n := range 14 {
		out.History = append(out.History, assessment.Point{At: asOf.AddDate(0, n-14, 0), Score: out.Result.Score - 1.2 + float64(n)/14})
	}
	old := *out
	old.Result, old.Register, old.Unseen = &before, old.Register[:1], nil
	d, err := Compose(&old, book(t), "")
	if err != nil {
		t.Fatal(err)
	}
	out.Previous = &Previous{ID: "MH-2026-09", AsOf: before.AsOf, Facts: d.Facts}
	return out, run
}

func ptr(x float64) *float64 { return &x }

func book(t testing.TB) *phrase.Book {
	t.Helper()
	b, err := phrase.New()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// risks are two entries: one above its line with weak controls, one in order.
func risks() []register.Entry {
	convoy := register.Entry{
		Code: "R1", Title: "Attack on a convoy", Project: "MH", Dimension: "security", Owner: "S. Tesfaye",
		Frequency: register.Frequency{PriorEvents: 2, PriorYears: 4, Events: 3, Years: 2}, Impact: register.Impact{People: register.Size{P50: 2, P90: 6}, Days: register.Size{P50: 5, P90: 20}, Money: register.Size{P50: 4e5, P90: 2e6}},
		Controls: []register.Control{
			{Code: "C1", Title: "Convoy drill", Effect: register.Preventive, Owner: "S. Tesfaye", Duties: []register.Duty{{Unit: register.Enterprise, Must: "HQ security", Checks: "Audit"}, {Unit: "Security", Must: "Convoy leader"}}, Design: .8, Implementation: .9, Evidence: []register.Evidence{{Text: "log"}}, Tested: "2025-11-20", TestDue: "2026-05-20"},
			{Code: "C2", Title: "Second fuel supplier", Effect: register.Mitigating, Design: .5, Implementation: .3},
		},
		Actions: []register.Action{{Code: "A1", Title: "Open the second road", Owner: "Ali", Started: "2026-06-15", Due: "2026-09-01", Control: "C2", To: .8}, {Code: "A2", Title: "Train drivers", Owner: "S. Tesfaye", Started: "2026-10-01", Due: "2026-11-20"}},
		Target:  register.Target{Likelihood: 2, Impact: 3, By: "2027-03-31"},
	}
	pay := convoy
	pay.Code, pay.Title, pay.Dimension, pay.Owner, pay.Controls, pay.Actions = "R2", "Payment late by 60 days", "economic", "", nil, nil
	return []register.Entry{convoy, pay}
}

// TestEveryProductInEveryLanguage: no word is missing, the same bytes twice and for any order
// of rows, and the box of what is not known stands in each.
func TestEveryProductInEveryLanguage(t *testing.T) {
	t.Parallel()
	b := book(t)
	for _, p := range Products() {
		s, _ := world(t, p.ID)
		for _, lang := range Languages() {
			s.Lang = lang
			if _, err := s.Canonical(); err != nil {
				t.Fatal(err)
			}
			one, err := Render(s, b, "")
			if err != nil {
				t.Fatalf("%s in %s: %v", p.ID, lang, err)
			}
			if i := bytes.Index(one.HTML, []byte("⟦")); i >= 0 {
				t.Errorf("%s in %s: a word is missing: %s", p.ID, lang, one.HTML[i:min(i+60, len(one.HTML))])
			}
			if !bytes.Contains(one.HTML, []byte(`id="unseen"`)) {
				t.Errorf("%s in %s: no box of what is not known", p.ID, lang)
			}
			if !bytes.Contains(one.HTML, []byte(`<html lang="`+lang+`"`)) || (lang == "ar") != bytes.Contains(one.HTML, []byte(`dir="rtl"`)) {
				t.Errorf("%s in %s: language or direction", p.ID, lang)
			}
			slices.Reverse(s.Register)
			slices.Reverse(s.Unseen)
			slices.Reverse(s.Warnings)
			raw, err := s.Canonical()
			if err != nil {
				t.Fatal(err)
			}
			back, err := ReadSnapshot(raw)
			if err != nil {
				t.Fatal(err)
			}
			two, err := Render(back, b, "")
			if err != nil || !bytes.Equal(one.HTML, two.HTML) || !bytes.Equal(one.JSON, two.JSON) {
				t.Errorf("%s in %s: other bytes from the stored snapshot with its rows in another order (%v)", p.ID, lang, err)
			}
			if *write != "" {
				if err := os.WriteFile(filepath.Join(*write, p.ID+"."+lang+".html"), one.HTML, 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// TestVerify: a bundle made again is the same, and each changed byte is found.
func TestVerify(t *testing.T) {
	t.Parallel()
	b := book(t)
	s, run := world(t, Monthly)
	raw, err := s.Canonical()
	if err != nil {
		t.Fatal(err)
	}
	made, err := Render(s, b, "")
	if err != nil {
		t.Fatal(err)
	}
	good := Bundle{Report: s.ID, Snapshot: string(raw), HTML: string(made.HTML), JSON: string(made.JSON), Run: run}
	text, err := json.Marshal(good)
	if err != nil {
		t.Fatal(err)
	}
	good, err = ReadBundle(text)
	if err != nil {
		t.Fatal(err)
	}
	if v, err := good.Verify(context.Background(), b, 2); err != nil || !v.Same || !v.Run || !v.Results {
		t.Fatalf("%+v, %v", v, err)
	}
	for name, change := range map[string]func(*Bundle){
		"a word of the page":      func(b *Bundle) { b.HTML = strings.Replace(b.HTML, "Convoy drill", "Convoy drills", 1) },
		"a number of the JSON":    func(b *Bundle) { b.JSON = strings.Replace(b.JSON, `"value":0.24`, `"value":0.25`, 1) },
		"an input":                func(b *Bundle) { b.Snapshot = strings.Replace(b.Snapshot, `"chance":0.24`, `"chance":0.25`, 1) },
		"who approved":            func(b *Bundle) { b.Snapshot = strings.Replace(b.Snapshot, "A. Mensah", "B. Mensah", 1) },
		"a score of the run":      func(b *Bundle) { r := *b.Run; r.Results = slices.Clone(r.Results); r.Results[0] += " "; b.Run = &r },
		"results of another run":  func(b *Bundle) { r := *b.Run; r.Run = "run_2"; b.Run = &r },
		"the name of the report":  func(b *Bundle) { b.Report = "MH-2026-11" },
		"the order of the inputs": func(b *Bundle) { b.Snapshot = " " + b.Snapshot },
	} {
		bad := good
		change(&bad)
		switch v, err := bad.Verify(context.Background(), b, 2); {
		case err == nil && v.Same:
			t.Errorf("%s changed, and nothing was seen", name)
		case err == nil && v.Where == "":
			t.Errorf("%s changed, and nobody says where", name)
		}
	}
}

// TestChangesComeFirst and name what is new, gone and moved.
func TestChangesComeFirst(t *testing.T) {
	t.Parallel()
	s, _ := world(t, Monthly)
	d, err := Compose(s, book(t), "")
	if err != nil {
		t.Fatal(err)
	}
	if d.Sections[0].ID != "changes" {
		t.Fatalf("first is %s", d.Sections[0].ID)
	}
	rows := d.Sections[0].Blocks[0].Table.Rows
	if rows[0][0].Text != "Score" || rows[0][3].Text != "▲ up" {
		t.Errorf("first change is %+v", rows[0])
	}
	var all []string
	for _, r := range rows {
		all = append(all, r[0].Text)
	}
	if !slices.Contains(all, "Payment late by 60 days") || !slices.Contains(all, "Operations and supply") {
		t.Errorf("changes: %q", all)
	}
	if !strings.Contains(d.Title, "rising because of Operations") {
		t.Errorf("title %q", d.Title)
	}
	s.Previous.Facts = d.Facts
	same, err := Compose(s, book(t), "")
	if err != nil || same.Sections[0].Blocks[0].Table != nil {
		t.Errorf("changes against the same figures: %+v, %v", same.Sections[0], err)
	}
}

// TestTLP: who is not cleared gets the report without the section, and is told.
func TestTLP(t *testing.T) {
	t.Parallel()
	s, _ := world(t, Monthly)
	for _, id := range []string{"changes", "dimensions", "unseen", "register"} {
		s.Template.Sections = append(s.Template.Sections, Choice{ID: id})
	}
	s.Template.Sections[3].TLP = "RED"
	for cleared, want := range map[string]bool{"AMBER": false, "RED": true} {
		made, err := Render(s, book(t), cleared)
		if err != nil {
			t.Fatal(err)
		}
		if got := bytes.Contains(made.HTML, []byte("Attack on a convoy</th>")) || bytes.Contains(made.HTML, []byte("R1 Attack on a convoy")); got != want {
			t.Errorf("%s sees the register: %v", cleared, got)
		}
		if told := bytes.Contains(made.HTML, []byte("Left out for readers")); told == want {
			t.Errorf("%s is told: %v", cleared, told)
		}
	}
	p, _ := Find(Monthly)
	for _, bad := range []Template{{Sections: []Choice{{ID: "dimensions"}}}, {Sections: []Choice{{ID: "changes"}, {ID: "unseen", TLP: "RED"}}}, {Accent: "red;}"}, {Paper: "A3"}, {Sections: []Choice{{ID: "changes"}, {ID: "unseen"}, {ID: "x"}}}} {
		if bad.Check(p) == nil {
			t.Errorf("taken: %+v", bad)
		}
	}
}

// TestDuties: each unit is judged by its own duties; a control that is in order and has both
// its people is fulfilled, one without a test in time is nobody's.
func TestDuties(t *testing.T) {
	t.Parallel()
	s, _ := world(t, Monthly)
	ok := register.Control{
		Code: "C3", Title: "Radio check", Effect: register.Preventive, Owner: "Ali", Design: .5, Implementation: 1, Evidence: []register.Evidence{{Text: "log"}}, Tested: "2026-10-01", TestDue: "2027-04-01",
		Duties: []register.Duty{{Unit: register.Enterprise, Must: "HQ", Checks: "Audit"}, {Unit: "Camp", Must: "Nurse", Checks: "Manager"}},
	}
	s.Register[0].Controls = append(s.Register[0].Controls, ok)
	s.Register[0].Department = "Logistics"
	d, err := Compose(s, book(t), "")
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][]string{}
	for _, x := range d.Tables() {
		if x.ID == "duties" {
			for _, r := range x.Rows {
				got[r[0].Text] = []string{r[1].Text, r[2].Text, r[4].Text}
			}
		}
	}
	for unit, want := range map[string][]string{
		"The enterprise": {"3", "1", "nobody must do it (1)"}, // C1 is overdue, C2 names nobody
		"Security":       {"1", "0", "nobody checks (1)"},
		"Camp":           {"1", "1", "–"},
		"Logistics":      {"3", "0", "nobody must do it (3)"},
	} {
		if !slices.Equal(got[unit], want) {
			t.Errorf("%s: %q, want %q", unit, got[unit], want)
		}
	}
}

// TestHostileTexts: what people type cannot leave its place in the page.
func TestHostileTexts(t *testing.T) {
	t.Parallel()
	s, _ := world(t, Monthly)
	evil := `</style><script>alert(1)</script>"'&` + "\u0000"
	s.Register[0].Title = strings.TrimRight(evil, "\x00")
	s.Name, s.Org, s.Approval.By, s.Template.Foot, s.Unseen[0].Text = evil, evil, evil, evil, evil
	made, err := Render(s, book(t), "")
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(made.HTML, []byte("<script")) || bytes.Count(made.HTML, []byte("</style>")) != 1 {
		t.Error("a text became markup")
	}
}

func FuzzReadSnapshot(f *testing.F) {
	s, _ := world(f, Daily)
	raw, err := s.Canonical()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add([]byte(`{"version":1}`))
	b := book(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		if s, err := ReadSnapshot(raw); err == nil {
			_, _ = Render(s, b, "")
		}
		_, _ = ReadBundle(raw)
		_, _ = ReadTemplate(Products()[0], raw)
	})
}
