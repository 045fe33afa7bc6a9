package desk

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"watchfire.dev/internal/register"
)

// A UnitDuties is what the enterprise or one department has to do for the controls of open
// risks.
type UnitDuties struct {
	Unit   string    `json:"unit"` // register.Enterprise, a department, or "" where nobody is named
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
			duties := c.Duties
			if len(duties) == 0 { // nobody is named: it stands last, under no name
				duties = []register.Duty{{}}
			}
			for _, duty := range duties {
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
		rank := func(u string) int {
			switch u {
			case register.Enterprise:
				return 0
			case "":
				return 2
			}
			return 1
		}
		return cmp.Or(cmp.Compare(rank(a.Unit), rank(b.Unit)), strings.Compare(a.Unit, b.Unit))
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
