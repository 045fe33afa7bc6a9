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

// routable refuses a rule that routes to nobody.
func (d *Desk) routable(ctx context.Context, org string, r RuleRow) error {
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
			rows[i].Fault = err.Error()
		}
		if k := slices.IndexFunc(faults, func(f RuleFault) bool { return f.Rule == r.ID }); k >= 0 {
			f := faults[k]
			rows[i].Fault = f.Reason
			if !f.Broken {
				rows[i].Fault = fmt.Sprintf("%s (%d)", f.Reason, f.Count)
			}
		}
	}
	return rows
}
