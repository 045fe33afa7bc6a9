package register

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestDutiesOf: the enterprise first, then departments by name; what nobody is named for is a
// duty of the enterprise and of the risk's department that is not fulfilled; a closed risk asks
// nothing of anybody.
func TestDutiesOf(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)
	held := Control{Owner: "o", Evidence: []Evidence{{Text: "photo"}}, Tested: "2026-11-01", TestDue: "2027-05-01"}
	c1, c2 := held, held
	c1.Code, c1.Title, c1.Duties = "C1", "Gauge", []Duty{{Unit: "Logistics", Must: "a", Checks: "b"}, {Unit: "Audit", Must: "c"}, {Unit: Enterprise, Must: "d", Checks: "e"}}
	c2.Code, c2.Title, c2.Owner, c2.Duties = "C2", "Dam", "", []Duty{{Unit: "Audit"}}
	e := Entry{Code: "R-1", Department: "Works", Dimension: "natural", Frequency: Frequency{PriorEvents: 1, PriorYears: 5}, Controls: []Control{c1, c2}}
	closed := e
	closed.Code, closed.Closed = "R-2", true
	var got []string
	for _, u := range DutiesOf([]Row{RowOf(e, 1, Context{}, now), RowOf(closed, 1, Context{}, now)}) {
		line := fmt.Sprintf("%s %d/%d %d:", u.Unit, u.Fulfilled(), len(u.Duties), u.Gaps)
		for _, d := range u.Duties {
			line += fmt.Sprint(" ", d.Control, d.Gaps)
		}
		got = append(got, line)
	}
	want := "enterprise 1/2 1: C1[] C2[no_must]\nAudit 0/2 3: C1[no_check] C2[no_owner no_must]\nLogistics 1/1 0: C1[]\nWorks 0/2 2: C1[no_must] C2[no_must]"
	if out := strings.Join(got, "\n"); out != want {
		t.Errorf("%s\nwant\n%s", out, want)
	}
}
