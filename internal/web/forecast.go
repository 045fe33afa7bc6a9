package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"watchfire.dev/internal/country"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/forecast/ledger"
	"watchfire.dev/internal/forecast/site"
	"watchfire.dev/internal/indicator"
)

// addForecasts adds the pages of forecasts. Two of them everybody may read where an
// organisation has switched it on.
func (s *server) addForecasts(mux *http.ServeMux) {
	if s.Ahead == nil {
		return
	}
	mux.HandleFunc("GET /forecasts", s.signedInOr(s.forecasts))
	mux.HandleFunc("GET /forecasts/countries/{code}", s.signedInOr(s.countryForecast))
	mux.HandleFunc("GET /forecasts/place", s.signedIn(s.placeForecast))
	mux.HandleFunc("POST /forecasts", s.signedIn(s.sayForecast))
	mux.HandleFunc("POST /forecasts/panel", s.signedIn(s.takePanel))
}

// signedInOr serves who is signed in like signedIn, and everybody else with a view that knows
// nobody: the handler decides what they see.
func (s *server) signedInOr(h handler) http.HandlerFunc {
	inside := s.signedIn(func(w http.ResponseWriter, r *http.Request, v *View) error {
		v.Nav = "/assessments" // where the link to them stands
		return h(w, r, v)
	})
	outside := s.open(func(w http.ResponseWriter, r *http.Request) error { return h(w, r, s.plainView(r)) })
	return func(w http.ResponseWriter, r *http.Request) {
		if _, err := s.Auth.Principal(r); errors.Is(err, fault.ErrUnauthorised) {
			outside(w, r)
			return
		}
		inside(w, r)
	}
}

// fewCountries is how many countries the page shows unless all are asked for.
const fewCountries = 25

// A forecastsPage is the countries of a month, the places of a week and the record.
type forecastsPage struct {
	desk.ForecastView
	Month   string
	Months  []string
	Rows    []forecastRow
	All     bool
	Curves  []curveOfModel
	Names   []namedCountry
	Places  []desk.PlaceAhead
	Where   []namedCountry
	Family  []event.Hazard
	Said    desk.ForecastWish
	Percent string
	Problem string
	Rest    []string // rows of a refused panel
}

// A forecastRow is one country in one month.
type forecastRow struct {
	Country desk.CountryAhead
	Month   desk.MonthAhead
	Name    string
}

// A namedCountry is a choice of a form.
type namedCountry struct{ Code, Name string }

func (s *server) forecasts(w http.ResponseWriter, r *http.Request, v *View) error {
	return s.showForecasts(w, r, v, http.StatusOK, forecastsPage{})
}

func (s *server) showForecasts(w http.ResponseWriter, r *http.Request, v *View, status int, p forecastsPage) error {
	var err error
	if v.Who.Account == "" {
		p.ForecastView, err = s.Ahead.PublicForecasts(r.Context())
	} else {
		p.ForecastView, err = s.Ahead.Forecasts(r.Context(), v.Who)
	}
	if err != nil {
		return fmt.Errorf("read forecasts: %w", err)
	}
	q := r.URL.Query()
	p.All, p.Places, p.Family = q.Get("all") != "", p.ForecastView.Places, site.Families()
	if len(p.Countries) > 0 {
		for _, m := range p.Countries[0].Months {
			p.Months = append(p.Months, m.Month)
		}
		if p.Month = q.Get("month"); !slices.Contains(p.Months, p.Month) {
			p.Month = p.Months[0]
		}
	}
	for _, c := range p.Countries {
		if m, ok := c.At(p.Month); ok {
			p.Rows = append(p.Rows, forecastRow{c, m, v.CountryName(c.Country, c.Name)})
		}
		p.Names = append(p.Names, namedCountry{c.Country, v.CountryName(c.Country, c.Name)})
	}
	slices.SortStableFunc(p.Rows, func(a, b forecastRow) int {
		switch {
		case a.Month.Counts > b.Month.Counts:
			return -1
		case a.Month.Counts < b.Month.Counts:
			return 1
		}
		return strings.Compare(a.Name, b.Name)
	})
	slices.SortStableFunc(p.Names, func(a, b namedCountry) int { return strings.Compare(a.Name, b.Name) })
	for _, x := range p.Places {
		if n := (namedCountry{x.Place, x.Name}); !slices.Contains(p.Where, n) {
			p.Where = append(p.Where, n)
		}
	}
	if !p.All {
		p.Rows = p.Rows[:min(fewCountries, len(p.Rows))]
		p.Places = p.Places[:min(fewCountries, len(p.Places))]
	}
	p.Curves = append(curvesOf(v, p.Scores, "country"), curvesOf(v, p.PlaceSc, "site")...)
	s.render(w, status, "forecasts", v.with("title.forecasts", p))
	return nil
}

// CountryName is a country in the reader's language.
func (v *View) CountryName(code, name string) string {
	if n := country.Name(code, v.Language()); n != "" {
		return n
	}
	return name
}

// KeptOf says what a line of the record is about.
func (v *View) KeptOf(k desk.Kept) string {
	if len(k.Subject) == 2 {
		return v.CountryName(k.Subject, k.Subject)
	}
	place, family, _ := strings.Cut(k.Subject, " ")
	return place + ", " + v.Word("hazard", family)
}

// Outcome says what came of a line of the record.
func (v *View) Outcome(k desk.Kept) string {
	switch n := strconv.Itoa(int(k.Outcome)); {
	case k.Resolved.IsZero():
		return v.T("forecast.waiting")
	case k.Void:
		return v.T("forecast.void")
	case k.Hit:
		return v.T("forecast.came_yes", "N", n)
	default:
		return v.T("forecast.came_no", "N", n)
	}
}

// Whose names who made a forecast.
func (v *View) Whose(name, maker string) string {
	if name != "" {
		return name
	}
	return maker
}

// Dead writes a number of deaths.
func (v *View) Dead(x float64) string { return v.Count(int(x)) }

// YesNo is a persistence in words.
func (v *View) YesNo(x float64) string {
	if x > 0 {
		return v.T("forecast.yes")
	}
	return v.T("forecast.no")
}

// Odds writes a chance: whole per cent, below one with a decimal.
func (v *View) Odds(p float64) string {
	switch {
	case p > 0 && p < .001:
		return "< 0.1 %"
	case p > 0 && p < .0095:
		return strconv.FormatFloat(100*p, 'f', 1, 64) + " %"
	}
	return strconv.FormatFloat(100*p, 'f', 0, 64) + " %"
}

// sayForecast keeps a person's forecast; what is refused comes back with what was typed.
func (s *server) sayForecast(w http.ResponseWriter, r *http.Request, v *View) error {
	wish := desk.ForecastWish{
		Country: r.FormValue("country"), Month: r.FormValue("month"), Place: r.FormValue("place"), Family: r.FormValue("family"), Week: r.FormValue("week"),
		Why: r.FormValue("why"), Override: r.FormValue("override") != "",
	}
	if !v.Who.May(desk.CanPush) || wish.Override && !v.Who.May(desk.CanRules) {
		return fmt.Errorf("keep a forecast: %w", fault.ErrForbidden)
	}
	percent, err := indicator.Number(r.FormValue("percent"))
	if err == nil {
		wish.Chance = percent / 100
		if text := r.FormValue("threshold"); text != "" {
			wish.Threshold, err = indicator.Number(text)
		}
	}
	if err == nil {
		_, err = s.Ahead.Say(r.Context(), v.Who, wish)
	}
	if err == nil {
		to := "/forecasts"
		switch {
		case wish.Place != "":
			to = "/forecasts/place?" + url.Values{"of": {wish.Place}}.Encode()
		case len(wish.Country) == 2:
			to = "/forecasts/countries/" + url.PathEscape(wish.Country)
		}
		return seeOther(w, r, to, "said")
	}
	if m := meaningOf(err); m.status == http.StatusUnprocessableEntity || errors.Is(err, fault.ErrStale) || errors.Is(err, fault.ErrTooLarge) {
		return s.showForecasts(w, r, v, http.StatusUnprocessableEntity, forecastsPage{Said: wish, Percent: r.FormValue("percent"), Problem: err.Error()})
	}
	return fmt.Errorf("keep a forecast: %w", err)
}

// takePanel takes a panel; a refused one comes back with its rows.
func (s *server) takePanel(w http.ResponseWriter, r *http.Request, v *View) error {
	if !v.Who.May(desk.CanPortfolio) {
		return fmt.Errorf("hand in a panel: %w", fault.ErrForbidden)
	}
	raw, name, err := uploaded(r, v, maxUpload)
	if err != nil {
		return err
	}
	taken, err := s.Ahead.PutForecastPanel(r.Context(), v.Who, name, raw)
	if err == nil {
		return seeOther(w, r, "/forecasts", "panel")
	}
	if m := meaningOf(err); m.status == http.StatusUnprocessableEntity {
		return s.showForecasts(w, r, v, m.status, forecastsPage{Problem: err.Error(), Rest: taken.Problems[:min(mostRows, len(taken.Problems))]})
	}
	return fmt.Errorf("hand in a panel: %w", err)
}

// mostRows is how many bad rows of a panel are shown.
const mostRows = 20

// A countryPage is one country.
type countryPage struct {
	desk.CountryView
	Name      string
	Threshold int
	Picture   *drawn
	Lines     []desk.Kept
}

// mostLines is how many lines of its record one page shows.
const mostLines = 100

func (s *server) countryForecast(w http.ResponseWriter, r *http.Request, v *View) error {
	var p countryPage
	var err error
	if v.Who.Account == "" {
		p.CountryView, err = s.Ahead.PublicCountryForecast(r.Context(), r.PathValue("code"))
	} else {
		p.CountryView, err = s.Ahead.CountryForecast(r.Context(), v.Who, r.PathValue("code"))
	}
	if err != nil {
		return fmt.Errorf("read a forecast: %w", err)
	}
	p.Name, p.Threshold = v.CountryName(p.Country.Country, p.Country.Name), ledger.Threshold
	lines := desk.Told(p.Kept)
	p.Picture, p.Lines = trendOf(v, p), lines[:min(mostLines, len(lines))]
	return s.ok(w, "forecast", "title.forecast", v, p)
}

// A placePage is one project or site.
type placePage struct {
	desk.PlaceView
	Curves []curveOfModel
	Lines  []desk.Kept
}

func (s *server) placeForecast(w http.ResponseWriter, r *http.Request, v *View) error {
	view, err := s.Ahead.PlaceForecast(r.Context(), v.Who, r.URL.Query().Get("of"))
	if err != nil {
		return fmt.Errorf("read a forecast: %w", err)
	}
	lines := desk.Told(view.Kept)
	return s.ok(w, "forecast-place", "title.forecast", v, placePage{view, curvesOf(v, view.Record, "site"), lines[:min(mostLines, len(lines))]})
}
