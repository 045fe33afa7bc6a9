package main

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"watchfire.dev/internal/assessment"
	"watchfire.dev/internal/phrase"
	"watchfire.dev/internal/register"
	"watchfire.dev/internal/report"
	"watchfire.dev/internal/report/print"
)

// pages is how long the report is whose print is measured.
const pages = 6

// printed measures a monthly assessment of six pages from its stored inputs to a PDF: read,
// composed with the simulation of its register, set, and printed by a browser that starts for
// it, as the program does for each PDF. The slowest of three counts.
func printed() error {
	raw, err := monthly()
	if err != nil {
		return err
	}
	book, err := phrase.New()
	if err != nil {
		return err
	}
	slowest := time.Duration(0)
	for range 3 {
		start := time.Now()
		s, err := report.ReadSnapshot(raw)
		if err != nil {
			return err
		}
		d, err := report.Compose(s, book, "")
		if err != nil {
			return err
		}
		_, n, err := print.Printer{}.PDF(context.Background(), d.HTML())
		if err != nil {
			return err
		}
		if n != pages {
			return fmt.Errorf("the report has %d pages, it is measured with %d", n, pages)
		}
		slowest = max(slowest, time.Since(start))
	}
	fmt.Printf("figure assess.pdf_s %.2f s\n", slowest.Seconds())
	return nil
}

// monthly is the stored inputs of a monthly assessment with 40 risks, of which the simulation
// draws 10,000 years.
func monthly() ([]byte, error) {
	in, err := world(1, 100)
	if err != nil {
		return nil, err
	}
	results, err := assessment.Assess(context.Background(), assessment.Default(), in, 2)
	if err != nil {
		return nil, err
	}
	asOf := time.Date(2026, 6, 30, 0, 0, 0, 0, time.UTC)
	s := &report.Snapshot{
		ID: "P000-monthly-2026-06", Product: report.Monthly, Org: "Bench", Unit: "project:P000", Name: "Project 0", From: asOf.AddDate(0, -1, 0), To: asOf, AsOf: asOf,
		Lang: "en", Zone: "Africa/Nairobi", TLP: "AMBER", Seed: 7, Draws: 10_000, Context: register.Context{Appetite: []register.Line{{Score: 8}}},
	}
	for i := range results {
		if results[i].Unit == s.Unit {
			s.Result = &results[i]
		}
	}
	for n := range 24 {
		s.History = append(s.History, assessment.Point{At: asOf.AddDate(0, n-24, 0), Score: 5 + float64(n)/24})
	}
	for i := range 40 {
		code := strconv.Itoa(i)
		s.Register = append(s.Register, register.Entry{
			Code: "R" + code, Title: "Risk " + code, Project: "P000", Dimension: "security", Owner: "Owner " + code, Department: "Department " + strconv.Itoa(i%6),
			Frequency: register.Frequency{PriorEvents: 2, PriorYears: 4, Events: float64(i % 4), Years: 2},
			Impact:    register.Impact{People: register.Size{P50: 1, P90: 4}, Days: register.Size{P50: 5, P90: 20}, Money: register.Size{P50: 4e5, P90: 2e6}},
			Controls:  []register.Control{{Code: "C" + code, Title: "Control " + code, Effect: register.Preventive, Owner: "Owner " + code, Design: .7, Implementation: .8, Tested: "2026-03-01", TestDue: "2026-09-01"}},
			Actions:   []register.Action{{Code: "A" + code, Title: "Action " + code, Owner: "Owner " + code, Started: "2026-04-01", Due: "2026-08-01"}},
		})
	}
	p, _ := report.Find(report.Monthly)
	for _, id := range p.Sections {
		breaks := map[string]bool{"duties": true, "actions": true, "scores": true, "trend": true, "sources": true}
		s.Template.Sections = append(s.Template.Sections, report.Choice{ID: id, Break: breaks[id]})
	}
	return s.Canonical()
}
