package web

import (
	"errors"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"watchfire.dev/internal/exposure/calc"
	"watchfire.dev/internal/exposure/impact"
	"watchfire.dev/internal/level"
)

// A calculatorPage is the calculator: three forms that ask by GET, so that an answer has an
// address to send to somebody, and the answer to one of them.
type calculatorPage struct {
	Hazards  []string
	Hazard   calc.Hazard
	Usual    []asked // what the example gives, what is required, what has been given
	More     []asked
	MoreOpen bool // something folded away is wrong
	Answer   *calc.Answer
	Problem  string
	Sources  []source
	Evidence string // where the coefficients come from

	LevelFields  []asked
	LevelAnswer  *calc.LevelAnswer
	LevelProblem string

	Base, Reports string
	WeighAnswer   *calc.WeighAnswer
	WeighProblem  string
}

// asked is one field of a form with what it holds.
type asked struct {
	Field   calc.Field
	Value   string
	Hint    string // the example's value
	Choices []string
	Decimal bool
}

// ask fills fields with what was given, else with their defaults where they are chosen from
// a list; a typed default stands in the label only.
func ask(fields []calc.Field, given, example map[string]string) []asked {
	out := make([]asked, len(fields))
	for i, f := range fields {
		a := asked{Field: f, Value: given[f.Name], Hint: example[f.Name], Decimal: f.Kind == calc.Number}
		switch f.Kind {
		case calc.Word:
			a.Choices = f.Words
		case calc.YesNo:
			a.Choices = []string{"yes", "no"}
		}
		if a.Choices != nil && a.Value == "" {
			a.Value = f.Default
		}
		out[i] = a
	}
	return out
}

// A source is a piece of the line of sources; Href leads to it when it has a DOI.
type source struct{ Text, Href string }

var doi = regexp.MustCompile(`doi:(10\.[^\s;,)]+)`)

// sourcesOf cuts the line of sources at its semicolons.
func sourcesOf(line string) []source {
	var out []source
	for _, part := range strings.Split(line, "; ") {
		s := source{Text: part}
		if m := doi.FindStringSubmatch(part); m != nil {
			s.Href = "https://doi.org/" + m[1]
		}
		out = append(out, s)
	}
	return out
}

// calculator reckons what the address asks: tool is impact (with hazard), level or weigh;
// without tool the forms stand empty.
func (s *server) calculator(w http.ResponseWriter, r *http.Request, v *View) error {
	m := s.Method
	if m == nil {
		m = impact.Default()
	}
	matrix := level.Default()
	if s.Matrix != nil {
		matrix = *s.Matrix
	}
	q := r.URL.Query()
	p := calculatorPage{Hazards: calc.Names(m), LevelFields: ask(calc.LevelFields(), nil, nil)}
	p.Hazard, _ = calc.Find(m, p.Hazards[0])
	if name := q.Get("hazard"); name != "" {
		h, ok := calc.Find(m, name)
		if !ok {
			return problemOf(calc.Problem{Why: "hazard", Got: name, Want: strings.Join(p.Hazards, ", ")})
		}
		p.Hazard = h
	}
	p.Evidence = m.Provenance(p.Hazard.Name)
	given := map[string]string{}
	for _, key := range slices.Sorted(maps.Keys(q)) {
		values := q[key]
		if len(values) > 1 {
			return problemOf(calc.Problem{Key: key, Why: "repeated"})
		}
		// An empty field of a form is one that was not filled in.
		if key != "tool" && key != "hazard" && key != "lang" && values[0] != "" {
			given[key] = strings.TrimSpace(values[0])
		}
	}
	tool := q.Get("tool")
	if tool != "impact" {
		p.fields(nil, "")
	}
	switch tool {
	case "impact":
		p.impact(m, matrix, v, given)
	case "level":
		p.level(matrix, v, given)
	case "weigh":
		p.weigh(m, v, given)
	}
	return s.ok(w, "calculator", "title.calculator", v, p)
}

// problemOf is a problem as the error page shows it.
func problemOf(p calc.Problem) error { return p }

// fields shares the hazard's fields out: what most people fill in, and the rest. wrong is
// the field that has a problem.
func (p *calculatorPage) fields(given map[string]string, wrong string) {
	example, err := calc.Pairs(strings.Fields(p.Hazard.Example))
	if err != nil {
		example = nil // without hints
	}
	for _, a := range ask(p.Hazard.Fields, given, example) {
		if a.Field.Required || a.Hint != "" || given[a.Field.Name] != "" {
			p.Usual = append(p.Usual, a)
			continue
		}
		p.More = append(p.More, a)
		p.MoreOpen = p.MoreOpen || a.Field.Name == wrong
	}
}

func (p *calculatorPage) impact(m *impact.Method, matrix level.Matrix, v *View, given map[string]string) {
	a, err := calc.Impact(m, matrix, p.Hazard.Name, given)
	var wrong calc.Problem
	errors.As(err, &wrong)
	p.fields(given, wrong.Key)
	if err != nil {
		p.Problem = v.problem(err)
		return
	}
	p.Answer, p.Sources = &a, sourcesOf(a.Source)
}

func (p *calculatorPage) level(matrix level.Matrix, v *View, given map[string]string) {
	p.LevelFields = ask(calc.LevelFields(), given, nil)
	a, err := calc.Level(matrix, given)
	if err != nil {
		p.LevelProblem = v.problem(err)
		return
	}
	p.LevelAnswer = &a
}

func (p *calculatorPage) weigh(m *impact.Method, v *View, given map[string]string) {
	p.Base, p.Reports = given["base"], given["reports"]
	args := strings.Fields(p.Reports)
	if p.Base != "" {
		args = append(args, "base="+p.Base)
	}
	a, err := calc.Weigh(m, args)
	if err != nil {
		p.WeighProblem = v.problem(err)
		return
	}
	p.WeighAnswer = &a
}

// problem says in the reader's language what the calculator does not take.
func (v *View) problem(err error) string {
	var p calc.Problem
	if !errors.As(err, &p) || !v.Has("calc.problem."+p.Why) {
		return err.Error()
	}
	return v.T("calc.problem."+p.Why, "Key", p.Key, "Got", p.Got, "Want", p.Want)
}

// Ask is what a field asks for, in words.
func (v *View) Ask(f calc.Field) string { return v.T("calc.in." + f.Name) }

// Takes is what a field takes, with its default.
func (v *View) Takes(f calc.Field) string {
	switch {
	case f.Required:
		return f.Wants() + "; " + v.T("calc.required")
	case f.Default != "":
		return f.Wants() + "; " + v.T("calc.default") + " " + f.Default
	}
	return f.Wants() + "; " + v.T("calc.optional")
}

// Would says what a change of one input does to the level.
func (v *View) Would(c calc.Turn) string {
	key, at := "calc.change_from", c.From
	if at == nil {
		key, at = "calc.change_to", c.To
	}
	// As many digits as were found: rounded, the value could lie on the wrong side.
	text := strconv.FormatFloat(*at, 'f', -1, 64)
	if c.Unit != "" {
		text += "\u00a0" + v.Word("unit", c.Unit)
	}
	return v.T(key, "Level", v.Level(c.Level), "Input", c.Input, "Value", text)
}

// Classes names the impact classes.
func (v *View) Classes() []string { return []string{"I1", "I2", "I3", "I4"} }
