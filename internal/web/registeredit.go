package web

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/register"
)

// A riskForm is the form of a risk, new or old.
type riskForm struct {
	Entry    register.Entry
	Base     int64 // version that was seen; desk.NewRisk for a new one
	Projects []portfolio.Project
	Problems register.Problems
	Problem  string
}

// New tells whether the risk does not exist yet.
func (f riskForm) New() bool { return f.Base == desk.NewRisk }

// Dimensions, Units and Effects are what a form offers.
func (f riskForm) Dimensions() []string { return register.Dimensions() }

// Units lists the units of an impact.
func (f riskForm) Units() []register.Unit { return register.Units() }

// Classes are the classes of a score.
func (f riskForm) Classes() []int { return []int{1, 2, 3, 4, 5} }

// Controls are the controls and an empty one; Actions and Exceptions likewise.
func (f riskForm) Controls() []register.Control {
	return append(slices.Clone(f.Entry.Controls), register.Control{Effect: register.Preventive})
}

// Actions are the actions and an empty one.
func (f riskForm) Actions() []register.Action {
	return append(slices.Clone(f.Entry.Actions), register.Action{})
}

// Exceptions are the exceptions and an empty one.
func (f riskForm) Exceptions() []register.Exception {
	return append(slices.Clone(f.Entry.Exceptions), register.Exception{})
}

// Parts writes causes or consequences, one a line.
func (f riskForm) Parts(list []register.Part) string {
	lines := make([]string, len(list))
	for i, p := range list {
		lines[i] = p.Code + " " + p.Text
	}
	return strings.Join(lines, "\n")
}

// Duties writes who must and who checks, one a line.
func (f riskForm) Duties(list []register.Duty) string {
	lines := make([]string, len(list))
	for i, d := range list {
		lines[i] = d.Unit + " | " + d.Must + " | " + d.Checks
	}
	return strings.Join(lines, "\n")
}

// Evidence writes evidence, one a line.
func (f riskForm) Evidence(list []register.Evidence) string {
	lines := make([]string, len(list))
	for i, e := range list {
		lines[i] = strings.TrimSpace(string(e.Day) + " " + e.Text)
	}
	return strings.Join(lines, "\n")
}

// Common writes the common causes.
func (f riskForm) Common() string { return register.FormatCommon(f.Entry.Common) }

// Num writes a number for a field, "" for zero.
func (f riskForm) Num(x float64) string {
	if x == 0 {
		return ""
	}
	return strconv.FormatFloat(x, 'f', -1, 64)
}

// Percent writes a share of one for a field, in per cent.
func (f riskForm) Percent(x float64) string { return f.Num(math.Round(x*1e4) / 100) }

func (s *server) newRisk(w http.ResponseWriter, r *http.Request, v *View) error {
	if err := may(v, desk.CanPortfolio); err != nil {
		return err
	}
	e := register.Entry{Project: r.URL.Query().Get("project"), Dimension: "security", Frequency: register.Frequency{PriorEvents: 1, PriorYears: 5}}
	return s.showForm(w, r, v, http.StatusOK, riskForm{Entry: e, Base: desk.NewRisk})
}

func (s *server) editRisk(w http.ResponseWriter, r *http.Request, v *View) error {
	if err := may(v, desk.CanPortfolio); err != nil {
		return err
	}
	card, err := s.Risks.Risk(r.Context(), v.Who, r.PathValue("code"))
	if err != nil {
		return fmt.Errorf("read a risk: %w", err)
	}
	return s.showForm(w, r, v, http.StatusOK, riskForm{Entry: card.Entry, Base: card.Version})
}

func (s *server) showForm(w http.ResponseWriter, r *http.Request, v *View, status int, f riskForm) error {
	folio, err := s.Reads.Portfolio(r.Context(), v.Who)
	if err != nil {
		return fmt.Errorf("read portfolio: %w", err)
	}
	f.Projects = folio.Projects
	s.render(w, status, "risk-edit", v.with("title.risk_edit", f))
	return nil
}

// putRisk writes a risk from its form; what is wrong is shown above what was typed.
func (s *server) putRisk(w http.ResponseWriter, r *http.Request, v *View) error {
	if err := may(v, desk.CanPortfolio); err != nil {
		return err
	}
	base, err := strconv.ParseInt(r.FormValue("base"), 10, 64)
	if err != nil {
		return fmt.Errorf("version of a risk: %w: %w", fault.ErrInvalid, err)
	}
	form := formReader{r: r}
	e := form.risk()
	err = nil
	if len(form.problems) > 0 {
		err = form.problems
	} else {
		_, err = s.Risks.PutRisk(r.Context(), v.Who, base, e)
	}
	if err == nil {
		return seeOther(w, r, "/register/risks/"+e.Code, "register")
	}
	f := riskForm{Entry: e, Base: base}
	switch {
	case errors.As(err, &f.Problems):
		return s.showForm(w, r, v, http.StatusUnprocessableEntity, f)
	case errors.Is(err, fault.ErrInvalid):
		f.Problem = err.Error()
		return s.showForm(w, r, v, http.StatusUnprocessableEntity, f)
	case errors.Is(err, fault.ErrConflict):
		f.Problem = err.Error()
		return s.showForm(w, r, v, http.StatusConflict, f)
	}
	return fmt.Errorf("write risk %.64q: %w", e.Code, err)
}

// A formReader reads a risk out of a form and keeps what it does not understand.
type formReader struct {
	r        *http.Request
	problems register.Problems
}

func (f *formReader) text(name string) string {
	return strings.TrimSpace(strings.ReplaceAll(f.r.FormValue(name), "\r\n", "\n"))
}

func (f *formReader) lines(name string) []string {
	return slices.DeleteFunc(strings.Split(f.text(name), "\n"), func(s string) bool { return strings.TrimSpace(s) == "" })
}

func (f *formReader) number(name string) float64 {
	text := strings.ReplaceAll(strings.ReplaceAll(f.text(name), " ", ""), ",", "")
	if text == "" {
		return 0
	}
	x, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
		f.problems = append(f.problems, register.Problem{Field: name, What: fmt.Sprintf("%.30q is no number", text)})
		return 0
	}
	return x
}

func (f *formReader) day(name string) register.Day { return register.Day(f.text(name)) }

func (f *formReader) size(u register.Unit) register.Size {
	return register.Size{P50: f.number(string(u) + "_p50"), P90: f.number(string(u) + "_p90"), Most: f.number(string(u) + "_most")}
}

func (f *formReader) risk() register.Entry {
	e := register.Entry{
		Code: f.text("code"), Title: f.text("title"), Project: f.text("project"), Dimension: f.text("dimension"), Owner: f.text("owner"), Department: f.text("department"),
		Note: f.text("note"), Review: f.day("review"), Closed: f.text("closed") != "", Causes: f.parts("causes"), Consequences: f.parts("consequences"),
		Frequency: register.Frequency{PriorEvents: f.number("prior_events"), PriorYears: f.number("prior_years"), Peers: f.text("peers"), Events: f.number("events"), Years: f.number("years")},
		Impact:    register.Impact{People: f.size(register.People), Days: f.size(register.Days), Money: f.size(register.Money)},
		Target:    register.Target{Likelihood: int(f.number("target_likelihood")), Impact: int(f.number("target_impact")), By: f.day("target_by")},
	}
	var err error
	if e.Common, err = register.ParseCommon(f.text("common")); err != nil {
		f.problems = append(f.problems, register.Problem{Field: "common", What: err.Error()})
	}
	for i := range maxFormParts {
		if c, ok := f.control(fmt.Sprintf("c%d.", i)); ok {
			e.Controls = append(e.Controls, c)
		}
		at := fmt.Sprintf("a%d.", i)
		if f.text(at+"code") != "" || f.text(at+"title") != "" {
			e.Actions = append(e.Actions, register.Action{
				Code: f.text(at + "code"), Title: f.text(at + "title"), Owner: f.text(at + "owner"), Due: f.day(at + "due"), Started: f.day(at + "started"), Done: f.day(at + "done"),
				Control: f.text(at + "control"), To: f.number(at+"to") / 100,
			})
		}
		at = fmt.Sprintf("x%d.", i)
		if f.text(at+"code") != "" || f.text(at+"acceptor") != "" {
			e.Exceptions = append(e.Exceptions, register.Exception{Code: f.text(at + "code"), Acceptor: f.text(at + "acceptor"), Reason: f.text(at + "reason"), Granted: f.day(at + "granted"), Expires: f.day(at + "expires")})
		}
	}
	return e
}

// maxFormParts bounds the controls, actions and exceptions of one form.
const maxFormParts = 100

func (f *formReader) parts(name string) []register.Part {
	var out []register.Part
	for _, line := range f.lines(name) {
		code, text, _ := strings.Cut(strings.TrimSpace(line), " ")
		out = append(out, register.Part{Code: code, Text: strings.TrimSpace(text)})
	}
	return out
}

func (f *formReader) control(at string) (register.Control, bool) {
	c := register.Control{
		Code: f.text(at + "code"), Title: f.text(at + "title"), Effect: register.Effect(f.text(at + "effect")), On: fields(f.text(at + "on")), Owner: f.text(at + "owner"),
		Tested: f.day(at + "tested"), TestDue: f.day(at + "test_due"),
	}
	if c.Code == "" && c.Title == "" {
		return c, false
	}
	c.Design, c.Implementation = f.number(at+"design")/100, f.number(at+"implementation")/100
	for _, line := range f.lines(at + "duties") {
		unit, rest, _ := strings.Cut(line, "|")
		must, checks, _ := strings.Cut(rest, "|")
		c.Duties = append(c.Duties, register.Duty{Unit: strings.TrimSpace(unit), Must: strings.TrimSpace(must), Checks: strings.TrimSpace(checks)})
	}
	for _, line := range f.lines(at + "evidence") {
		line = strings.TrimSpace(line)
		e := register.Evidence{Text: line}
		if day, rest, ok := strings.Cut(line, " "); ok && !register.Day(day).Time().IsZero() {
			e = register.Evidence{Day: register.Day(day), Text: strings.TrimSpace(rest)}
		}
		c.Evidence = append(c.Evidence, e)
	}
	return c, true
}

// contextOf reads scopes and appetite lines: one a line, the parts between bars.
func contextOf(r *http.Request) (register.Context, error) {
	f := formReader{r: r}
	var out register.Context
	part := func(list []string, i int) string {
		if i < len(list) {
			return strings.TrimSpace(list[i])
		}
		return ""
	}
	number := func(field, text string) float64 {
		text = strings.ReplaceAll(strings.ReplaceAll(text, ",", ""), " ", "")
		if text == "" || text == "-" {
			return 0
		}
		x, err := strconv.ParseFloat(strings.TrimSuffix(text, "%"), 64)
		if err != nil {
			f.problems = append(f.problems, register.Problem{Field: field, What: fmt.Sprintf("%.30q is no number", text)})
		}
		if strings.HasSuffix(text, "%") {
			x /= 100
		}
		return x
	}
	star := func(s string) string { return strings.TrimPrefix(s, "*") }
	for _, line := range f.lines("scopes") {
		p := strings.Split(line, "|")
		out.Scopes = append(out.Scopes, register.Scope{Project: star(part(p, 0)), ContractValue: number("scopes", part(p, 1)), Objectives: part(p, 2), Parties: part(p, 3)})
	}
	for _, line := range f.lines("appetite") {
		p := strings.Split(line, "|")
		out.Appetite = append(out.Appetite, register.Line{
			Project: star(part(p, 0)), Dimension: star(part(p, 1)), Score: int(number("appetite", part(p, 2))), Money: number("appetite", part(p, 3)), Severe: number("appetite", part(p, 4)), Approver: part(p, 5),
		})
	}
	if len(f.problems) > 0 {
		return out, f.problems
	}
	return out, nil
}

// Scopes writes the contexts for their form.
func (p registerPage) Scopes() string {
	var lines []string
	for _, s := range p.Context.Scopes {
		lines = append(lines, orStar(s.Project)+" | "+riskForm{}.Num(s.ContractValue)+" | "+s.Objectives+" | "+s.Parties)
	}
	return strings.Join(lines, "\n")
}

// AppetiteLines writes the appetite for its form.
func (p registerPage) AppetiteLines() string {
	var lines []string
	for _, l := range p.Context.Appetite {
		severe := ""
		if l.Severe > 0 {
			severe = riskForm{}.Num(l.Severe*100) + "%"
		}
		lines = append(lines, strings.Join([]string{orStar(l.Project), orStar(l.Dimension), riskForm{}.Num(float64(l.Score)), riskForm{}.Num(l.Money), severe, l.Approver}, " | "))
	}
	return strings.Join(lines, "\n")
}

func orStar(s string) string {
	if s == "" {
		return "*"
	}
	return s
}
