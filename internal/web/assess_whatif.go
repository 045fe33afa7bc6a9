package web

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"watchfire.dev/internal/assessment"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/indicator"
)

// whatRows is how many indicators and controls the form of a scenario has room for.
const (
	whatRows    = 3
	controlRows = 2
)

// A whatForm is a scenario as its form holds it. Lines are changes that people type; the rows
// above them are turned into such lines too, so that a scenario has one form.
type whatForm struct {
	Stress   string
	Rows     []whatRow
	Controls []controlRow
	People   string
	Lines    string
}

// A whatRow changes one indicator.
type whatRow struct{ Indicator, How, Value string }

// A controlRow changes one control.
type controlRow struct{ Control, Design, Implementation string }

// Hows are the ways in which a row changes an indicator.
func (whatForm) Hows() []string { return []string{"=", "+=", "-=", "*="} }

func whatFormOf(q url.Values) whatForm {
	f := whatForm{Stress: q.Get("stress"), People: strings.TrimSpace(q.Get("people")), Lines: q.Get("what")}
	at := func(name string, i int) string {
		if list := q[name]; i < len(list) {
			return strings.TrimSpace(list[i])
		}
		return ""
	}
	for i := range whatRows {
		f.Rows = append(f.Rows, whatRow{at("ind", i), at("how", i), at("val", i)})
	}
	for i := range controlRows {
		f.Controls = append(f.Controls, controlRow{at("ctl", i), at("design", i), at("impl", i)})
	}
	return f
}

// Given are the fields as they were sent, for the form that keeps the scenario.
func (f whatForm) Given() [][2]string {
	out := [][2]string{{"stress", f.Stress}, {"people", f.People}, {"what", f.Lines}}
	for _, r := range f.Rows {
		out = append(out, [2]string{"ind", r.Indicator}, [2]string{"how", r.How}, [2]string{"val", r.Value})
	}
	for _, r := range f.Controls {
		out = append(out, [2]string{"ctl", r.Control}, [2]string{"design", r.Design}, [2]string{"impl", r.Implementation})
	}
	return out
}

// mostTyped bounds what is typed as changes.
const mostTyped = 4000

// changes are what the form asks for. What is half filled in is fault.ErrInvalid, by its row.
func (f whatForm) changes() ([]assessment.What, error) {
	if len(f.Lines) > mostTyped {
		return nil, fmt.Errorf("changes of %d bytes: %w", len(f.Lines), fault.ErrTooLarge)
	}
	lines := strings.Fields(f.Lines)
	for i, r := range f.Rows {
		switch {
		case r.Indicator == "" && r.Value == "":
			continue
		case r.Indicator == "" || r.Value == "" || !slices.Contains(f.Hows(), r.How):
			return nil, fmt.Errorf("indicator %d: choose one, and give a number: %w", i+1, fault.ErrInvalid)
		}
		lines = append(lines, r.Indicator+r.How+r.Value)
	}
	for i, r := range f.Controls {
		switch {
		case r.Control == "":
			continue
		case r.Design == "" || r.Implementation == "":
			return nil, fmt.Errorf("control %d: give design and implementation, 0 to 100 %%: %w", i+1, fault.ErrInvalid)
		}
		design, err := share(r.Design)
		implementation, err2 := share(r.Implementation)
		if err != nil || err2 != nil {
			return nil, fmt.Errorf("control %d: design %.20q, implementation %.20q, want 0 to 100 %%: %w", i+1, r.Design, r.Implementation, fault.ErrInvalid)
		}
		lines = append(lines, "control:"+r.Control+"="+design+","+implementation)
	}
	if f.People != "" {
		lines = append(lines, "people="+f.People)
	}
	return assessment.Changes(f.Stress, lines)
}

// share turns per cent into a share.
func share(text string) (string, error) {
	x, err := indicator.Number(strings.TrimSuffix(strings.TrimSpace(text), "%"))
	if err == nil && !(x >= 0 && x <= 100) {
		err = fault.ErrInvalid
	}
	return strconv.FormatFloat(x/100, 'f', -1, 64), err
}

// A choice is an indicator of the method that a scenario can change, with what it is now.
type choice struct {
	ID, Name, Now, Unit string
}

// choicesOf are the indicators that apply to a unit: those that drive its score first, with
// their values, and then those that nobody knows.
func choicesOf(v *View, r assessment.Result) []choice {
	var out []choice
	seen := map[string]bool{}
	add := func(id, now string) {
		d, ok := indicator.Find(id)
		if !ok || seen[id] {
			return
		}
		seen[id] = true
		out = append(out, choice{id, d.Name(v.Language()), now, d.Unit})
	}
	if r.Kind != assessment.Portfolio {
		for _, d := range r.Drivers {
			add(d.Indicator, v.Figures(d.Value))
		}
	}
	for _, m := range assessment.Default().Indicators {
		if r.Kind == assessment.Portfolio || len(m.Units) == 0 || slices.Contains(m.Units, r.Kind) {
			add(m.ID, "–")
		}
	}
	return out
}
