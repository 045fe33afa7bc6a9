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

// fulfilled is what part of a unit's duties is fulfilled, 0 to 1.
func fulfilled(u register.UnitDuties) float64 {
	return float64(u.Fulfilled()) / float64(len(u.Duties))
}

// gravest is the gap of a unit that stands most often, and how often; of equals the graver.
func gravest(u register.UnitDuties) (gap register.Gap, n int) {
	lacks := map[register.Gap]int{}
	for _, d := range u.Duties {
		for _, g := range d.Gaps {
			lacks[g]++
		}
	}
	for _, g := range gapOrder() {
		if lacks[g] > n {
			gap, n = g, lacks[g]
		}
	}
	return gap, n
}

// gapOrder are the gaps that break a duty, the graver first.
func gapOrder() []register.Gap {
	return []register.Gap{register.NoMust, register.NoCheck, register.NoOwner, register.NoEvidence, register.NoTest, register.TestAhead, register.TestExpired, register.NoTestDue}
}

// unitDuties lists every unit's duties: the enterprise first, then the departments with the
// smallest share that is fulfilled.
func (m *maker) unitDuties() []register.UnitDuties {
	out := register.DutiesOf(m.rows)
	slices.SortFunc(out, func(a, b register.UnitDuties) int {
		return cmp.Or(bit(b.Unit == register.Enterprise)-bit(a.Unit == register.Enterprise), cmp.Compare(fulfilled(a), fulfilled(b)), cmp.Compare(a.Unit, b.Unit))
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
		all, done := len(u.Duties), u.Fulfilled()
		share := num(m.part(fulfilled(u)), fulfilled(u), "share")
		if done < all {
			share.Band = 2
			if 2*done < all {
				share.Band = 3
			}
		}
		lacks := document.Cell{Text: "–", Dim: true}
		if g, n := gravest(u); n > 0 {
			lacks = cell(m.t("gap."+string(g)) + " (" + fmt.Sprint(n) + ")")
		}
		rows = append(rows, []document.Cell{cell(m.unitName(u.Unit)), num(fmt.Sprint(all), float64(all), ""), num(fmt.Sprint(done), float64(done), ""), share, lacks})
	}
	blocks := []document.Block{m.table("duties", m.cols("duty_of", "#duties", "#fulfilled", "#share", "lacks"), rows)}
	if len(list) > mostUnits {
		blocks = append(blocks, document.Block{Text: m.t("duties.more", "N", len(list)-mostUnits)})
	}
	return blocks, m.t("duties.key"), nil
}
