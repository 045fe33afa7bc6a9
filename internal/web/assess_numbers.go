package web

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/indicator"
)

// An indicatorsPage lists the numbers of a place or of an indicator.
type indicatorsPage struct {
	Indicator, Place, Known string
	Defs                    []indicator.Definition
	Rows                    []indicator.Observation
	All                     int
	Lang, Problem           string
	Panels                  []indicator.Mapping
	Report                  *desk.IndicatorImport
	New                     indicator.Observation
	Value                   string
}

// mostNumbers is how many numbers one page shows.
const mostNumbers = 200

func (s *server) indicatorsOf(r *http.Request, v *View) (indicatorsPage, error) {
	q := r.URL.Query()
	p := indicatorsPage{Indicator: q.Get("indicator"), Place: q.Get("place"), Known: q.Get("known"), Defs: indicator.All(), Lang: v.Language(), Panels: indicator.Mappings()}
	if p.Indicator == "" && p.Place == "" {
		p.Indicator = "own.stock_days"
	}
	known := time.Time{}
	if p.Known != "" {
		var err error
		if known, err = endOf(p.Known); err != nil {
			p.Problem = err.Error()
			return p, nil
		}
	}
	list, err := s.Assess.Indicators(r.Context(), v.Who, p.Indicator, p.Place, known)
	if err != nil {
		return p, fmt.Errorf("read indicators: %w", err)
	}
	slices.SortStableFunc(list, func(a, b indicator.Observation) int { return strings.Compare(b.Period, a.Period) })
	p.All, p.Rows = len(list), list[:min(mostNumbers, len(list))]
	return p, nil
}

func (s *server) indicators(w http.ResponseWriter, r *http.Request, v *View) error {
	p, err := s.indicatorsOf(r, v)
	if err != nil {
		return err
	}
	return s.ok(w, "indicators", "title.indicators", v, p)
}

// putIndicator adds one number of the organisation's own; what is refused comes back with
// what was typed.
func (s *server) putIndicator(w http.ResponseWriter, r *http.Request, v *View) error {
	o := indicator.Observation{
		Indicator: r.FormValue("indicator"), Place: strings.TrimSpace(r.FormValue("place")), Period: strings.TrimSpace(r.FormValue("period")),
		Source: strings.TrimSpace(r.FormValue("source")), Grade: r.FormValue("grade"),
	}
	var err error
	if o.Value, err = indicator.Number(r.FormValue("value")); err == nil {
		_, err = s.Assess.PutIndicator(r.Context(), v.Who, o)
	}
	if err == nil {
		return seeOther(w, r, "/indicators?"+url.Values{"indicator": {o.Indicator}, "place": {o.Place}}.Encode(), "indicator")
	}
	m := meaningOf(err)
	if m.status != http.StatusUnprocessableEntity {
		return fmt.Errorf("add a number: %w", err)
	}
	p, readErr := s.indicatorsOf(r, v)
	if readErr != nil {
		return readErr
	}
	p.New, p.Value, p.Problem = o, r.FormValue("value"), err.Error()
	s.render(w, m.status, "indicators", v.with("title.indicators", p))
	return nil
}

// importIndicators takes a panel or the organisation's own table as a file.
func (s *server) importIndicators(w http.ResponseWriter, r *http.Request, v *View) error {
	if !v.Who.May(desk.CanPortfolio) {
		return fmt.Errorf("import indicators: %w", fault.ErrForbidden)
	}
	raw, _, err := uploaded(r, v, maxUpload)
	if err != nil {
		return err
	}
	out, err := s.Assess.ImportIndicators(r.Context(), v.Who, r.FormValue("panel"), raw, time.Time{})
	if err != nil {
		return fmt.Errorf("import indicators: %w", err)
	}
	p, err := s.indicatorsOf(r, v)
	if err != nil {
		return err
	}
	p.Report = &out
	return s.ok(w, "indicators", "title.indicators", v, p)
}
