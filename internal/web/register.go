package web

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"watchfire.dev/internal/chart"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/register"
)

// registerRoutes are the pages of the risk register.
func (s *server) registerRoutes() map[string]handler {
	return map[string]handler{
		"GET /register":                       s.registerPage,
		"GET /register/new":                   s.newRisk,
		"GET /register/export":                s.exportRegister,
		"POST /register/import":               s.importRegister,
		"POST /register/run":                  s.runRegister,
		"POST /register/context":              s.putContext,
		"GET /register/risks/{code}":          s.riskPage,
		"GET /register/risks/{code}/edit":     s.editRisk,
		"POST /register/risks":                s.putRisk,
		"POST /register/risks/{code}/restore": s.restoreRisk,
	}
}

// A registerPage is the whole register.
type registerPage struct {
	desk.RegisterCard
	Project  string // shown alone, "" = all; enterpriseOnly = those of the enterprise
	Shown    []register.Row
	Heat     chart.Drawing
	Curve    *chart.Drawing
	Plan     *chart.Drawing
	Problems register.Problems
	Problem  string
}

func (s *server) registerPage(w http.ResponseWriter, r *http.Request, v *View) error {
	return s.showRegister(w, r, v, nil)
}

func (s *server) showRegister(w http.ResponseWriter, r *http.Request, v *View, wrong error) error {
	card, err := s.Risks.Register(r.Context(), v.Who)
	if err != nil {
		return fmt.Errorf("read the register: %w", err)
	}
	p := registerPage{RegisterCard: card, Project: r.URL.Query().Get("project")}
	if !errors.As(wrong, &p.Problems) && wrong != nil {
		p.Problem = wrong.Error()
	}
	for _, row := range card.Rows {
		if p.Project == "" || row.Entry.Project == p.Project {
			p.Shown = append(p.Shown, row)
		}
	}
	p.Heat = heatOf(v, p.Shown)
	if card.Run != nil {
		d := curveOf(v, card.Run.Run, register.Money, 0)
		p.Curve = &d
	}
	if tasks := tasksOf(v, p.Shown); len(tasks) > 0 {
		d := planOf(v, tasks)
		p.Plan = &d
	}
	status := http.StatusOK
	if wrong != nil {
		status = http.StatusUnprocessableEntity
	}
	s.render(w, status, "register", v.with("title.register", p))
	return nil
}

// A riskPage is one risk.
type riskPage struct {
	desk.RiskCard
	BowTie chart.Drawing
	Curves []unitCurve
	Plan   *chart.Drawing
}

type unitCurve struct {
	Unit  register.Unit
	Chart chart.Drawing
	Total [3]register.Losses // inherent, residual, planned
}

func (s *server) riskPage(w http.ResponseWriter, r *http.Request, v *View) error {
	card, err := s.Risks.Risk(r.Context(), v.Who, r.PathValue("code"))
	if err != nil {
		return fmt.Errorf("read a risk: %w", err)
	}
	p := riskPage{RiskCard: card, BowTie: bowTieOf(v, card.Row)}
	for _, u := range register.Units() {
		if card.Entry.Impact.Of(u).None() {
			continue
		}
		limit := 0.0
		if card.Line != nil && u == register.Money {
			limit = card.Line.Money
		}
		p.Curves = append(p.Curves, unitCurve{u, curveOf(v, card.Run, u, limit), [3]register.Losses{
			card.Run.Total(register.Inherent).Of(u), card.Run.Total(register.Residual).Of(u), card.Run.Total(register.Planned).Of(u),
		}})
	}
	if tasks := tasksOf(v, []register.Row{card.Row}); len(tasks) > 0 {
		d := planOf(v, tasks)
		p.Plan = &d
	}
	return s.ok(w, "risk", "title.risk", v, p)
}

// Stages are the three states of the risk with their figures.
func (p riskPage) Stages() []register.Figures {
	return []register.Figures{p.Inherent, p.Residual, p.Planned}
}

func (s *server) exportRegister(w http.ResponseWriter, r *http.Request, v *View) error {
	raw, err := s.Risks.ExportRisks(r.Context(), v.Who)
	return sendTable(w, "register.csv", raw, err)
}

// maxRegister bounds an uploaded register.
const maxRegister = 8 << 20

func (s *server) importRegister(w http.ResponseWriter, r *http.Request, v *View) error {
	if err := may(v, desk.CanPortfolio); err != nil {
		return err
	}
	raw, name, err := uploaded(r, v, maxRegister)
	if err != nil {
		return err
	}
	if _, err := s.Risks.ImportRisks(r.Context(), v.Who, name, raw); err != nil {
		if errors.Is(err, fault.ErrInvalid) || errors.Is(err, fault.ErrConflict) {
			return s.showRegister(w, r, v, err)
		}
		return fmt.Errorf("import the register: %w", err)
	}
	return seeOther(w, r, "/register", "register")
}

func (s *server) runRegister(w http.ResponseWriter, r *http.Request, v *View) error {
	if err := may(v, desk.CanPortfolio); err != nil {
		return err
	}
	seed, err := strconv.ParseUint(strings.TrimSpace(r.FormValue("seed")), 10, 64)
	if err != nil {
		seed = 0 // the day
	}
	if _, err := s.Risks.RunRegister(r.Context(), v.Who, register.Options{Seed: seed}); err != nil {
		if errors.Is(err, fault.ErrConflict) || errors.Is(err, fault.ErrInvalid) {
			return s.showRegister(w, r, v, err)
		}
		return fmt.Errorf("simulate the register: %w", err)
	}
	return seeOther(w, r, "/register", "simulated")
}

func (s *server) restoreRisk(w http.ResponseWriter, r *http.Request, v *View) error {
	if err := may(v, desk.CanPortfolio); err != nil {
		return err
	}
	base, err1 := strconv.ParseInt(r.FormValue("base"), 10, 64)
	version, err2 := strconv.ParseInt(r.FormValue("version"), 10, 64)
	if err := errors.Join(err1, err2); err != nil {
		return fmt.Errorf("version of a risk: %w: %w", fault.ErrInvalid, err)
	}
	code := r.PathValue("code")
	if _, err := s.Risks.RestoreRisk(r.Context(), v.Who, code, base, version); err != nil {
		return fmt.Errorf("restore risk %.64q: %w", code, err)
	}
	if version == 0 {
		return seeOther(w, r, "/register", "register")
	}
	return seeOther(w, r, "/register/risks/"+code, "register")
}

// putContext writes contract values and appetite lines from their form.
func (s *server) putContext(w http.ResponseWriter, r *http.Request, v *View) error {
	if err := may(v, desk.CanPortfolio); err != nil {
		return err
	}
	base, _ := strconv.ParseInt(r.FormValue("base"), 10, 64) // none = whatever stands
	c, err := contextOf(r)
	if err == nil {
		_, err = s.Risks.PutRiskContext(r.Context(), v.Who, base, c)
	}
	if errors.Is(err, fault.ErrInvalid) || errors.Is(err, fault.ErrConflict) {
		return s.showRegister(w, r, v, err)
	}
	if err != nil {
		return fmt.Errorf("write the context of the register: %w", err)
	}
	return seeOther(w, r, "/register", "register")
}
