package webtest

import (
	"context"
	"fmt"
	"slices"
	"time"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/register"
)

// day is a day so many days from now.
func day(n int) register.Day { return register.DayOf(Now.AddDate(0, 0, n)) }

// risks0 is the register of the invented world: one risk with everything, one in order, one
// without controls, one that is closed.
func risks0() ([]register.Entry, register.Context) {
	duties := []register.Duty{{Unit: register.Enterprise, Must: "HQ security", Checks: "Internal audit"}, {Unit: "Logistics", Must: "Convoy leader", Checks: "Site manager"}}
	convoy := register.Entry{
		Code: "MH-01", Title: "Attack on a convoy between Camp 3 and the railhead", Project: "moyale", Dimension: "security", Owner: "S. Tesfaye", Department: "Security", Review: day(20),
		Causes:       []register.Part{{Code: "c1", Text: "Fighting near the road"}, {Code: "c2", Text: "Route and hours are known to everybody in the market"}, {Code: "c3", Text: "Vehicles without radio fall behind"}},
		Consequences: []register.Part{{Code: "k1", Text: "People are killed or taken"}, {Code: "k2", Text: "The road is closed for days"}},
		Frequency:    register.Frequency{PriorEvents: 1, PriorYears: 4, Peers: "six road projects in the region, 2019 to 2025", Events: 2, Years: 3},
		Impact:       register.Impact{People: register.Size{P50: .5, P90: 4, Most: 38}, Days: register.Size{P50: 3, P90: 14}, Money: register.Size{P50: 2e5, P90: 1.5e6}},
		Common:       []register.Loading{{Factor: "fighting", Loading: .7}},
		Controls: []register.Control{
			{Code: "C1", Title: "Escort on every run", Effect: register.Preventive, Owner: "S. Tesfaye", Duties: duties, Design: .8, Implementation: .9, Evidence: []register.Evidence{{Text: "Drill report", Day: day(-40)}}, Tested: day(-40), TestDue: day(140)},
			{Code: "C2", Title: "Routes and hours change", Effect: register.Preventive, On: []string{"c2"}, Design: .6, Implementation: .5},
			{Code: "C3", Title: "Medevac contract", Effect: register.Mitigating, On: []string{"k1"}, Owner: "HQ medical", Duties: duties, Design: .5, Implementation: 1, Evidence: []register.Evidence{{Text: "Contract 2026/114"}}, Tested: day(-200), TestDue: day(-20)},
		},
		Actions: []register.Action{
			{Code: "A1", Title: "Open the second road", Owner: "Ali Hassan", Started: day(-120), Due: day(-37), Control: "C2", To: .8},
			{Code: "A2", Title: "Radios in all vehicles", Owner: "IT", Started: day(-10), Due: day(60)},
			{Code: "A3", Title: "Train drivers", Owner: "S. Tesfaye", Started: day(-90), Due: day(-50), Done: day(-52)},
		},
		Exceptions: []register.Exception{{Code: "X1", Acceptor: "A. Mensah", Reason: "Until the second road is open", Granted: day(-100), Expires: day(-3)}},
		Target:     register.Target{Likelihood: 2, Impact: 3, By: day(200)},
	}
	flood := register.Entry{
		Code: "QR-02", Title: "Flood at Bridge 4", Project: "quetta-rail-3", Dimension: "natural", Owner: "Liu Yan", Review: day(60),
		Frequency: register.Frequency{PriorEvents: 1, PriorYears: 10, Events: 0, Years: 2}, Impact: register.Impact{Days: register.Size{P50: 2, P90: 6}, Money: register.Size{P50: 5e4, P90: 4e5}},
		Controls: []register.Control{{Code: "C1", Title: "Gauge and siren", Effect: register.Mitigating, Owner: "Liu Yan", Duties: duties, Design: .7, Implementation: .9, Evidence: []register.Evidence{{Text: "Test protocol", Day: day(-12)}}, Tested: day(-12), TestDue: day(80)}},
		Target:   register.Target{Likelihood: 2, Impact: 2},
	}
	payment := register.Entry{
		Code: "E-01", Title: "Payment is late by 60 days or more", Dimension: "economic", Owner: "CFO", Frequency: register.Frequency{PriorEvents: 2, PriorYears: 4, Events: 3, Years: 5},
		Impact: register.Impact{Money: register.Size{P50: 8e5, P90: 5e6}},
	}
	closed := register.Entry{Code: "E-00", Title: "Strike at the port of entry", Dimension: "social", Closed: true, Frequency: register.Frequency{PriorEvents: 1, PriorYears: 2}, Impact: register.Impact{Days: register.Size{P50: 4, P90: 9}}}
	c := register.Context{
		Version: 2, Scopes: []register.Scope{{ContractValue: 1.2e8, Objectives: "No loss of life; on time"}},
		Appetite: []register.Line{{Dimension: "security", Score: 8, Approver: "Board, 12 March"}, {Project: "quetta-rail-3", Score: 9}},
	}
	return []register.Entry{convoy, flood, payment, closed}, c
}

// Register answers the register of the invented world.
func (d *Desk) Register(_ context.Context, who desk.Principal) (desk.RegisterCard, error) {
	card := desk.RegisterCard{Rows: []register.Row{}, Due: []register.Due{}, Projects: map[string]string{}}
	if !ours(who) {
		return card, nil
	}
	for _, p := range d.Sites {
		card.Projects[p.Code] = p.Name
	}
	entries, c := risks0()
	card.Context = c
	for _, e := range entries {
		row := register.RowOf(e, 3, c, Now)
		card.Rows, card.Due, card.Gaps = append(card.Rows, row), append(card.Due, row.Due...), card.Gaps+len(row.Gaps)
	}
	register.SortDue(card.Due)
	card.Units, card.Strangers = register.DutiesOf(card.Rows), []string{"Internal audit", "IT"}
	run, err := register.Simulate(entries, c, Now.Add(-26*time.Hour), register.Options{Seed: 20261006, Draws: 2000})
	card.Run = &desk.RiskRun{ID: "rsk_1", Actor: "acc_1", Run: run, Stale: true}
	return card, err
}

// Risk answers one risk.
func (d *Desk) Risk(_ context.Context, who desk.Principal, code string) (desk.RiskCard, error) {
	entries, c := risks0()
	i := slices.IndexFunc(entries, func(e register.Entry) bool { return e.Code == code })
	if !ours(who) || i < 0 {
		return desk.RiskCard{}, fmt.Errorf("risk %s: %w", code, fault.ErrNotFound)
	}
	e := entries[i]
	run, err := register.SimulateOne(e, c, Now, register.Options{Seed: 1, Draws: 2000})
	return desk.RiskCard{
		Row: register.RowOf(e, 3, c, Now), Scope: c.Scope(e.Project), ProjectName: e.Project, Run: run,
		Versions: []desk.StoredRisk{{Entry: e, Version: 3, At: Now.Add(-time.Hour), What: "written"}, {Entry: e, Version: 2, At: Now.Add(-40 * time.Hour), What: "removed", Gone: true}, {Entry: e, Version: 1, At: Now.Add(-50 * time.Hour), What: "register.csv"}},
	}, err
}

// PutRisk records what was written, when it is sound.
func (d *Desk) PutRisk(_ context.Context, who desk.Principal, base int64, e register.Entry) (desk.StoredRisk, error) {
	if p := e.Check(); len(p) > 0 {
		return desk.StoredRisk{}, p
	}
	if base > 0 && base != 3 {
		return desk.StoredRisk{}, &fault.Changed{What: "risk " + e.Code, Version: 3}
	}
	raw, err := register.WriteCSV([]register.Entry{e})
	if err != nil {
		return desk.StoredRisk{}, err
	}
	return desk.StoredRisk{Entry: e}, d.did(who, desk.CanPortfolio, "risk %d %s", base, raw)
}

// RestoreRisk records the command.
func (d *Desk) RestoreRisk(_ context.Context, who desk.Principal, code string, base, version int64) (desk.StoredRisk, error) {
	return desk.StoredRisk{}, d.did(who, desk.CanPortfolio, "restore risk %s %d over %d", code, version, base)
}

// PutRiskContext records the command, when it is sound.
func (d *Desk) PutRiskContext(_ context.Context, who desk.Principal, base int64, c register.Context) (register.Context, error) {
	if p := c.Check(); len(p) > 0 {
		return c, p
	}
	return c, d.did(who, desk.CanPortfolio, "context %d %+v", base, c.Appetite)
}

// ImportRisks records the command, when the file is sound.
func (d *Desk) ImportRisks(_ context.Context, who desk.Principal, name string, file []byte) (desk.ImportedRisks, error) {
	entries, problems := register.ReadCSV(file)
	if len(problems) > 0 {
		return desk.ImportedRisks{}, problems
	}
	return desk.ImportedRisks{}, d.did(who, desk.CanPortfolio, "import %d risks of %s", len(entries), name)
}

// ExportRisks writes the invented register.
func (d *Desk) ExportRisks(_ context.Context, who desk.Principal) ([]byte, error) {
	entries, _ := risks0()
	if !ours(who) {
		entries = nil
	}
	return register.WriteCSV(entries)
}

// RunRegister records the command.
func (d *Desk) RunRegister(_ context.Context, who desk.Principal, o register.Options) (desk.RiskRun, error) {
	return desk.RiskRun{}, d.did(who, desk.CanPortfolio, "run register %d", o.Seed)
}
