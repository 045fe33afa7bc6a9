package register

import (
	"cmp"
	"slices"
)

// A UnitDuties is what one unit, the enterprise or a department, has to do for the controls of
// open risks, and how far it does.
type UnitDuties struct {
	Unit   string     `json:"unit"` // Enterprise or a department
	Duties []UnitDuty `json:"duties"`
	Gaps   int        `json:"gaps"` // of all these duties
}

// A UnitDuty is one duty of a unit. It is fulfilled when nothing is lacking.
type UnitDuty struct {
	Entry   string `json:"entry"` // code of the risk
	Title   string `json:"title"` // of the control
	Control string `json:"control"`
	Must    string `json:"must,omitempty"`
	Checks  string `json:"checks,omitempty"`
	Gaps    []Gap  `json:"gaps"`
}

// Fulfilled counts the duties that lack nothing.
func (u UnitDuties) Fulfilled() int {
	n := 0
	for _, d := range u.Duties {
		if len(d.Gaps) == 0 {
			n++
		}
	}
	return n
}

// DutiesOf turns a register round: by who must, the enterprise first, then departments by name.
// A duty is fulfilled when somebody of the unit must, somebody checks, and the control has an
// owner, evidence and a test in time. The enterprise, and a department that answers for a risk,
// have a duty on each of its controls, which they do not fulfil where nobody is named.
func DutiesOf(rows []Row) []UnitDuties {
	var out []UnitDuties
	at := map[string]int{}
	add := func(unit string, d UnitDuty) {
		i, known := at[unit]
		if !known {
			i = len(out)
			at[unit], out = i, append(out, UnitDuties{Unit: unit})
		}
		out[i].Duties, out[i].Gaps = append(out[i].Duties, d), out[i].Gaps+len(d.Gaps)
	}
	for _, row := range rows {
		if row.Entry.Closed {
			continue
		}
		for _, c := range row.Entry.Controls {
			for _, unit := range []string{Enterprise, row.Entry.Department} {
				if unit != "" && !slices.ContainsFunc(c.Duties, func(d Duty) bool { return d.Unit == unit }) {
					add(unit, UnitDuty{Entry: row.Entry.Code, Title: c.Title, Control: c.Code, Gaps: []Gap{NoMust}})
				}
			}
			shared := row.shared(c.Code)
			for _, d := range c.Duties {
				gaps := slices.Clone(shared)
				switch {
				case d.Must == "":
					gaps = append(gaps, NoMust)
				case d.Checks == "":
					gaps = append(gaps, NoCheck)
				}
				add(d.Unit, UnitDuty{row.Entry.Code, c.Title, c.Code, d.Must, d.Checks, gaps})
			}
		}
	}
	slices.SortFunc(out, func(a, b UnitDuties) int {
		if (a.Unit == Enterprise) != (b.Unit == Enterprise) {
			if a.Unit == Enterprise {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.Unit, b.Unit)
	})
	return out
}

// shared are the gaps of a control that every unit's duty on it has; who must and who checks is
// each unit's own.
func (r Row) shared(control string) []Gap {
	out := []Gap{}
	for _, g := range r.Gaps {
		switch g.Gap {
		case NoMust, NoCheck, NoEnterprise, NoDepartment:
		default:
			if g.Control == control {
				out = append(out, g.Gap)
			}
		}
	}
	return out
}
