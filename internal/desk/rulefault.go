package desk

import (
	"context"
	"fmt"
	"slices"

	"watchfire.dev/internal/portfolio"
)

// A RuleFault is a rule that does not work: it does not act on what it cannot judge, and so
// must never be silent.
type RuleFault struct {
	Rule   string `json:"rule"`   // id
	Broken bool   `json:"broken"` // it acts on nothing at all
	Count  int64  `json:"count"`  // how often it failed since it was set
	Reason string `json:"reason"` // the last one, in words
}

// sound refuses a rule that could not act: one that does not compile, or that routes to
// nobody. Only a stored rule that is switched off as it is needs no check: what does not
// work must be easy to stop.
func (d *Desk) sound(ctx context.Context, org string, r RuleRow) error {
	if r.Mode == "off" {
		stored, err := d.cfg.Store.RuleRows(ctx, org)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(stored, func(o RuleRow) bool {
			return o.ID == r.ID && o.Name == r.Name && o.When == r.When && o.Then == r.Then && o.To == r.To
		}) {
			return nil
		}
	}
	if err := d.cfg.RuleCheck(r); err != nil {
		return err
	}
	p, err := d.portfolio(ctx, org)
	if err != nil {
		return err
	}
	return d.cfg.RuleRoute(r, p)
}

// faulty notes in each rule that is not off why it does not work: it does not compile, it
// failed on some input, or the contact that it routes to has left the portfolio.
func (d *Desk) faulty(org string, rows []RuleRow, p portfolio.Portfolio) []RuleRow {
	var faults []RuleFault
	if d.cfg.RuleFaults != nil {
		faults = d.cfg.RuleFaults(org)
	}
	for i, r := range rows {
		if r.Mode == "off" {
			continue
		}
		if err := d.cfg.RuleRoute(r, p); err != nil {
			rows[i].Fault, rows[i].Broken = err.Error(), true
		}
		if k := slices.IndexFunc(faults, func(f RuleFault) bool { return f.Rule == r.ID }); k >= 0 {
			f := faults[k]
			rows[i].Fault, rows[i].Broken = f.Reason, f.Broken || rows[i].Broken
			if !f.Broken {
				rows[i].Fault = fmt.Sprintf("%s (%d)", f.Reason, f.Count)
			}
		}
	}
	return rows
}
