package desk

import (
	"context"
	"fmt"
	"slices"

	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/rule"
)

// A RuleFault is a rule that does not work: it does not act on what it cannot judge, and so
// must never be silent.
type RuleFault struct {
	Rule   string `json:"rule"`   // id
	Broken bool   `json:"broken"` // it acts on nothing at all
	Count  int64  `json:"count"`  // how often it failed since it was set
	Reason string `json:"reason"` // the last one, in words
}

func rowOf(r RuleRow) rule.Row {
	return rule.Row{ID: r.ID, Name: r.Name, When: r.When, Then: rule.Then(r.Then), To: r.To, Mode: rule.Mode(r.Mode), Version: r.Version}
}

// routable refuses a rule that routes to nobody. The error names rule, field and place.
func (d *Desk) routable(ctx context.Context, org string, r RuleRow) error {
	p, err := d.portfolio(ctx, org)
	if err != nil {
		return err
	}
	if ps := rule.CheckContact(rowOf(r), p); len(ps) > 0 {
		return ps
	}
	return nil
}

// faulty notes in each rule that is not off why it does not work: it does not compile, it
// failed on some input, or the contact that it routes to has left the portfolio.
func (d *Desk) faulty(org string, rows []RuleRow, p portfolio.Portfolio) []RuleRow {
	var faults []RuleFault
	if d.cfg.RuleFaults != nil {
		faults = d.cfg.RuleFaults(org)
	}
	for i, r := range rows {
		if r.Mode == string(rule.Off) {
			continue
		}
		if ps := rule.CheckContact(rowOf(r), p); len(ps) > 0 {
			rows[i].Fault = ps.Error()
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
