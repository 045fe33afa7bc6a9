package desk

import (
	"context"
	"slices"
	"strings"

	"watchfire.dev/internal/register"
)

// A UnitDuties is what the enterprise or one department has to do for the controls of open
// risks.
type UnitDuties struct {
	Unit   string    `json:"unit"` // register.Enterprise, or a department
	Duties []UnitRow `json:"duties"`
	Gaps   int       `json:"gaps"` // of those controls
}

// A UnitRow is one duty of a unit.
type UnitRow struct {
	Entry   string         `json:"entry"` // code of the risk
	Title   string         `json:"title"` // of the control
	Control string         `json:"control"`
	Must    string         `json:"must,omitempty"`
	Checks  string         `json:"checks,omitempty"`
	Gaps    []register.Gap `json:"gaps"`
}

// unitDuties turns the register round: by who must, the enterprise first, then departments by
// name.
func unitDuties(rows []register.Row) []UnitDuties {
	var out []UnitDuties
	for _, row := range rows {
		if row.Entry.Closed {
			continue
		}
		for _, c := range row.Entry.Controls {
			gaps := []register.Gap{}
			for _, g := range row.Gaps {
				if g.Control == c.Code {
					gaps = append(gaps, g.Gap)
				}
			}
			for _, duty := range c.Duties {
				i := slices.IndexFunc(out, func(u UnitDuties) bool { return u.Unit == duty.Unit })
				if i < 0 {
					i, out = len(out), append(out, UnitDuties{Unit: duty.Unit})
				}
				out[i].Duties = append(out[i].Duties, UnitRow{Entry: row.Entry.Code, Title: c.Title, Control: c.Code, Must: duty.Must, Checks: duty.Checks, Gaps: gaps})
				out[i].Gaps += len(gaps)
			}
		}
	}
	slices.SortFunc(out, func(a, b UnitDuties) int {
		if (a.Unit == register.Enterprise) != (b.Unit == register.Enterprise) {
			if a.Unit == register.Enterprise {
				return -1
			}
			return 1
		}
		return strings.Compare(a.Unit, b.Unit)
	})
	return out
}

// UnitDutiesOf is unitDuties for whoever shows a register of its own.
func UnitDutiesOf(rows []register.Row) []UnitDuties { return unitDuties(rows) }

// strangers are the names in a register that no reminder finds: owners, and who checks.
func (d *Desk) strangers(ctx context.Context, org string, entries []register.Entry) ([]string, error) {
	if d.cfg.Notices == nil {
		return nil, nil
	}
	people, err := d.crowd(ctx, org)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if e.Closed {
			continue
		}
		names = append(names, e.Owner)
		for _, a := range e.Actions {
			if a.Done == "" {
				names = append(names, a.Owner)
			}
		}
		for _, c := range e.Controls {
			names = append(names, c.Owner)
			for _, duty := range c.Duties {
				names = append(names, duty.Checks)
			}
		}
	}
	slices.Sort(names)
	return slices.DeleteFunc(slices.Compact(names), func(name string) bool {
		_, known := people.find(name)
		return known || strings.TrimSpace(name) == ""
	}), nil
}
