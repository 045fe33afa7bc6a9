package web

import (
	"errors"
	"net/http"
	"regexp"
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
	Given    map[string]string // what the form of the hazard holds
	Answer   *calc.Answer
	Problem  string
	Sources  []source
	Evidence string // where the coefficients come from

	LevelFields  []calc.Field
	LevelGiven   map[string]string
	LevelAnswer  *calc.LevelAnswer
	LevelProblem string

	Base, Reports string
	WeighAnswer   *calc.WeighAnswer
	WeighProblem  string
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
	q := r.URL.Query()
	p := calculatorPage{Hazards: calc.Names(m), LevelFields: calc.LevelFields(), Given: map[string]string{}, LevelGiven: map[string]string{}}
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
	for key, values := range q {
		// An empty field of a form is one that was not filled in.
		if key != "tool" && key != "hazard" && key != "lang" && values[0] != "" {
			given[key] = strings.TrimSpace(values[0])
		}
	}
	switch q.Get("tool") {
	case "impact":
		p.impact(m, v, given)
	case "level":
		p.level(v, given)
	case "weigh":
		p.weigh(m, v, given)
	}
	return s.ok(w, "calculator", "title.calculator", v, p)
}

// problemOf is a problem as the error page shows it.
func problemOf(p calc.Problem) error { return p }

func (p *calculatorPage) impact(m *impact.Method, v *View, given map[string]string) {
	p.Given = given
	a, err := calc.Impact(m, level.Default(), p.Hazard.Name, given)
	if err != nil {
		p.Problem = v.problem(err)
		return
	}
	p.Answer, p.Sources = &a, sourcesOf(a.Source)
}

func (p *calculatorPage) level(v *View, given map[string]string) {
	p.LevelGiven = given
	a, err := calc.Level(level.Default(), given)
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

// Choices are the words of a field that is chosen from a list; nil = it is typed.
func (v *View) Choices(f calc.Field) []string {
	switch f.Kind {
	case calc.Word:
		return f.Words
	case calc.YesNo:
		return []string{"yes", "no"}
	}
	return nil
}

// Chosen is what a field holds: what was given, else its default.
func (v *View) Chosen(f calc.Field, given map[string]string) string {
	if text, ok := given[f.Name]; ok {
		return text
	}
	return f.Default
}

// Hint is the example's value of a field.
func (v *View) Hint(f calc.Field, example string) string {
	given, err := calc.Pairs(strings.Fields(example))
	if err != nil {
		return ""
	}
	return given[f.Name]
}

// Would says what a change of one input does to the level.
func (v *View) Would(c calc.Turn) string {
	key, at := "calc.change_from", c.From
	if at == nil {
		key, at = "calc.change_to", c.To
	}
	return v.T(key, "Level", v.Level(c.Level), "Input", c.Input, "Value", v.Number(*at, c.Unit))
}

// Classes names the impact classes.
func (v *View) Classes() []string { return []string{"I1", "I2", "I3", "I4"} }
