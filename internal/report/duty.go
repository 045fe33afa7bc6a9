package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"

	"watchfire.dev/internal/register"
	"watchfire.dev/internal/report/document"
)

// A unitDuty is how one unit, the enterprise or a department, does what it must for the
// controls of the register.
type unitDuty struct {
	unit      string
	duties    int
	fulfilled int
	lacks     map[string]int // gaps by name
}

// share is what part of the duties is fulfilled, 0 to 1.
func (u unitDuty) share() float64 { return float64(u.fulfilled) / float64(u.duties) }

// worst is the gap that stands most often, and how often; of equals the first by name.
func (u unitDuty) worst() (string, int) {
	best, n := "", 0
	for _, g := range gapOrder() {
		if u.lacks[string(g)] > n {
			best, n = string(g), u.lacks[string(g)]
		}
	}
	return best, n
}

// gapOrder are the gaps that break a duty, the graver first.
func gapOrder() []register.Gap {
	return []register.Gap{register.NoMust, register.NoCheck, register.NoOwner, register.NoEvidence, register.NoTest, register.TestAhead, register.TestExpired, register.NoTestDue}
}

// unitDuties reckons every unit's duties: one is fulfilled when somebody of the unit must,
// somebody checks, and the control has an owner, evidence and a test in time. A department
// that answers for a risk and has no duty on one of its controls has one that it does not
// fulfil. The enterprise comes first, then the departments with the smallest share.
func (m *maker) unitDuties() []unitDuty {
	at := map[string]*unitDuty{}
	count := func(unit string, lacks []register.Gap) {
		u := at[unit]
		if u == nil {
			u = &unitDuty{unit: unit, lacks: map[string]int{}}
			at[unit] = u
		}
		if u.duties++; len(lacks) == 0 {
			u.fulfilled++
		}
		for _, g := range lacks {
			u.lacks[string(g)]++
		}
	}
	for _, r := range m.rows {
		for _, c := range r.Entry.Controls {
			shared := slices.DeleteFunc(c.Gaps(m.s.AsOf), func(g register.Gap) bool {
				switch g {
				case register.NoMust, register.NoCheck, register.NoEnterprise, register.NoDepartment:
					return true // each unit's own, below
				}
				return false
			})
			named := map[string]bool{}
			for _, d := range c.Duties {
				named[d.Unit] = true
				lacks := slices.Clone(shared)
				switch {
				case d.Must == "":
					lacks = append(lacks, register.NoMust)
				case d.Checks == "":
					lacks = append(lacks, register.NoCheck)
				}
				count(d.Unit, lacks)
			}
			for _, unit := range []string{register.Enterprise, r.Entry.Department} {
				if unit != "" && !named[unit] {
					count(unit, []register.Gap{register.NoMust})
					named[unit] = true
				}
			}
		}
	}
	var out []unitDuty
	for _, u := range at {
		out = append(out, *u)
	}
	slices.SortFunc(out, func(a, b unitDuty) int {
		return cmp.Or(bit(b.unit == register.Enterprise)-bit(a.unit == register.Enterprise), cmp.Compare(a.share(), b.share()), cmp.Compare(a.unit, b.unit))
	})
	return out
}

// part writes a share of what was counted: none is 0 %, and not less than one.
func (m *maker) part(x float64) string {
	return m.say.T("number.percent", "V", strconv.Itoa(int(math.Round(100*x))))
}

func (m *maker) unitName(unit string) string {
	if unit == register.Enterprise {
		return m.t("enterprise")
	}
	return unit
}

// mostUnits is how many units the table shows; the rest are counted.
const mostUnits = 10

// duties is how far the enterprise and each department do what they must.
func (m *maker) duties() ([]document.Block, string, error) {
	list := m.unitDuties()
	if len(list) == 0 {
		return nil, "", nil
	}
	var rows [][]document.Cell
	for _, u := range list[:min(mostUnits, len(list))] {
		share := num(m.part(u.share()), u.share(), "share")
		if u.fulfilled < u.duties {
			share.Band = 2
			if 2*u.fulfilled < u.duties {
				share.Band = 3
			}
		}
		lacks := document.Cell{Text: "–", Dim: true}
		if g, n := u.worst(); n > 0 {
			lacks = cell(m.t("gap."+g) + " (" + fmt.Sprint(n) + ")")
		}
		rows = append(rows, []document.Cell{cell(m.unitName(u.unit)), num(fmt.Sprint(u.duties), float64(u.duties), ""), num(fmt.Sprint(u.fulfilled), float64(u.fulfilled), ""), share, lacks})
	}
	blocks := []document.Block{m.table("duties", m.cols("duty_of", "#duties", "#fulfilled", "#share", "lacks"), rows)}
	if len(list) > mostUnits {
		blocks = append(blocks, document.Block{Text: m.t("duties.more", "N", len(list)-mostUnits)})
	}
	return blocks, m.t("duties.key"), nil
}
