package desk

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"watchfire.dev/internal/country"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/forecast/ledger"
	"watchfire.dev/internal/forecast/panel"
	"watchfire.dev/internal/forecast/site"
	"watchfire.dev/internal/portfolio"
)

// openForecasts are those of countries without outcome; none where there are no forecasts.
func (d *Desk) openForecasts(ctx context.Context, org string) ([]ledger.Entry, error) {
	if d.cfg.Ahead == nil {
		return nil, nil
	}
	return d.cfg.Ahead.Forecasts(ctx, org, true)
}

// mostRecent is how many lines of the record the page of forecasts shows.
const mostRecent = 40

// scored are standings as of a state: they change when something is kept or resolved.
type scored struct {
	mark      string
	countries []ledger.Standing
	places    []ledger.Standing
	recent    []Kept
}

// Forecasts is the page of forecasts.
func (d *Desk) Forecasts(ctx context.Context, who Principal) (ForecastView, error) {
	if err := d.mayForecast(who, CanRead); err != nil {
		return ForecastView{}, err
	}
	s, err := d.forecastsNow(ctx, who.Org)
	if err != nil {
		return ForecastView{}, err
	}
	v, err := d.forecastView(ctx, who.Org, s)
	if err != nil {
		return v, err
	}
	p, err := d.portfolio(ctx, who.Org)
	if err != nil {
		return v, err
	}
	v.State.Waiting = "portfolio"
	if len(p.Projects) > 0 {
		v.State.Waiting = "watch"
	}
	if s.Week > 0 {
		entries, err := d.cfg.Ahead.SiteForecastsSince(ctx, who.Org, s.Week)
		if err != nil {
			return v, err
		}
		v.Places, v.State.Week, v.State.Waiting = placesAhead(entries, p), s.Week.String(), ""
	}
	for _, b := range d.lateOf(who.Org, p, s) {
		v.State.Late = append(v.State.Late, strings.TrimPrefix(b.Reason, "forecast_"))
	}
	return v, nil
}

// PublicForecasts is what everybody may read.
func (d *Desk) PublicForecasts(ctx context.Context) (ForecastView, error) {
	org, err := d.abroad(ctx)
	if err != nil {
		return ForecastView{}, err
	}
	s, err := d.forecastsNow(ctx, org)
	if err != nil {
		return ForecastView{}, err
	}
	v, err := d.forecastView(ctx, org, s)
	if err != nil {
		return v, err
	}
	for i := range v.Countries {
		v.Countries[i] = anonymous(v.Countries[i])
	}
	byQuarter(v.Countries)
	v.State.Panel.By, v.State.Panel.File = "", ""
	v.PlaceSc, v.Recent, v.Scores = nil, nil, modelsOf(v.Scores)
	return v, nil
}

// abroad is the organisation whose forecasts everybody may read.
func (d *Desk) abroad(ctx context.Context) (string, error) {
	if d.cfg.Ahead == nil || d.cfg.Abroad == nil {
		return "", fmt.Errorf("forecasts for everybody: %w", fault.ErrUnauthorised)
	}
	org, err := d.cfg.Abroad(ctx)
	if err == nil && org == "" {
		err = fmt.Errorf("forecasts for everybody: %w", fault.ErrUnauthorised)
	}
	return org, err
}

// anonymous leaves people out of what is said of a country.
func anonymous(c CountryAhead) CountryAhead {
	c.Months, c.Quarter = slices.Clone(c.Months), c.Model
	for i := range c.Months {
		m := &c.Months[i]
		m.Counts, m.By, m.Why, m.Until = m.Chance, "", "", ""
	}
	return c
}

func modelsOf(list []ledger.Standing) []ledger.Standing {
	return slices.DeleteFunc(slices.Clone(list), func(s ledger.Standing) bool { return s.Kind != ledger.Model })
}

// forecastView is what an organisation has of countries.
func (d *Desk) forecastView(ctx context.Context, org string, s forecastsNow) (ForecastView, error) {
	v := ForecastView{Threshold: ledger.Threshold}
	var err error
	if v.State, err = d.standingOf(ctx, org, s); err != nil {
		return v, err
	}
	now := d.cfg.Now()
	if !s.Issued.IsZero() {
		if v.Countries, err = d.countriesAhead(ctx, org, s.ForecastState, now); err != nil {
			return v, err
		}
	}
	k, err := d.scores(ctx, org, s.ForecastState)
	v.Scores, v.PlaceSc, v.Recent = k.countries, k.places, k.recent
	return v, err
}

// seenCountries are the countries as they were shown last.
type seenCountries struct {
	mark      string
	countries []CountryAhead
}

// countriesAhead reads the newest forecasts, at most once a minute: the page may be open to
// everybody. The caller may sort the list.
func (d *Desk) countriesAhead(ctx context.Context, org string, s ForecastState, now time.Time) ([]CountryAhead, error) {
	mark := fmt.Sprint(s.Said.UnixNano(), now.Unix()/60)
	kept := recall(&d.ahead, &d.ahead.seen, org)
	if kept.mark == mark {
		return slices.Clone(kept.countries), nil
	}
	entries, err := d.cfg.Ahead.ForecastsSince(ctx, org, ledger.MonthAt(now), s.Issued)
	if err != nil {
		return nil, err
	}
	var out []CountryAhead
	for _, of := range byUnit(entries) {
		if c, ok := countryAhead(of, now); ok {
			out = append(out, c)
		}
	}
	byQuarter(out)
	remember(&d.ahead, &d.ahead.seen, org, seenCountries{mark, out})
	return slices.Clone(out), nil
}

// byQuarter puts the likeliest first.
func byQuarter(list []CountryAhead) {
	slices.SortFunc(list, func(a, b CountryAhead) int {
		return cmp.Or(cmp.Compare(b.Quarter, a.Quarter), cmp.Compare(a.Unit, b.Unit))
	})
}

// standingOf says where the forecasts stand.
func (d *Desk) standingOf(ctx context.Context, org string, s forecastsNow) (ForecastStanding, error) {
	open := ""
	if d.cfg.Abroad != nil {
		var err error
		if open, err = d.cfg.Abroad(ctx); err != nil {
			return ForecastStanding{}, err
		}
	}
	out := ForecastStanding{
		Panel: s.newest, Model: s.Model, Seed: s.Seed, Issued: s.Issued, Resolved: s.Resolved, Entries: s.Entries + s.SiteEntries,
		Month: ledger.MonthAt(d.cfg.Now()).String(), Public: open == org,
	}
	if s.Origin > 0 {
		out.Origin = s.Origin.String()
	}
	return out, nil
}

// countryAhead joins the entries of one country; false = the model says nothing of it.
func countryAhead(entries []ledger.Entry, now time.Time) (CountryAhead, bool) {
	u, ok := panel.ByID(entries[0].Unit)
	if !ok {
		return CountryAhead{}, false
	}
	c := CountryAhead{Country: u.ISO(), Unit: u.ID, Name: u.Name}
	c.Quarter, ok = ledger.Shifted(entries, ledger.MonthAt(now), now)
	c.Model, _ = ledger.Quarter(entries, ledger.MonthAt(now))
	for _, e := range entries {
		if e.Kind != ledger.Model {
			continue
		}
		m := MonthAhead{Month: e.Month.String(), Chance: e.Chance, Base: e.Base, Persistence: e.Persistence, Counts: e.Chance}
		if e.Quantiles != nil {
			m.Low, m.Median, m.High = math.Round(e.Quantiles.Quantile(.05)), math.Round(e.Quantiles.Quantile(.5)), math.Round(e.Quantiles.Quantile(.95))
		}
		if o, there := ledger.Official(entries, e.Month, now); there && o.Kind == ledger.Override {
			m.Counts, m.By, m.Why, m.Until = o.Chance, firstOf(o.Name, o.Maker), o.Note, o.Until.UTC().Format(time.RFC3339)
		}
		c.Months = append(c.Months, m)
	}
	return c, ok && len(c.Months) > 0
}

// placesAhead are the model's newest forecasts of places with the overrides that stand.
func placesAhead(entries []site.Entry, p portfolio.Portfolio) []PlaceAhead {
	type key struct {
		place, family string
		week          site.Week
	}
	at, issued := map[key]int{}, map[key]time.Time{}
	var out []PlaceAhead
	for _, e := range entries {
		k := key{e.Place, string(e.Family), e.Week}
		if e.Kind != ledger.Model {
			continue
		}
		row := PlaceAhead{
			Place: e.Place, Name: placeName(p, e.Place), Family: string(e.Family), Week: e.Week.String(), Chance: e.Chance, Low: e.Low, High: e.High, Expected: e.Expected,
			Base: e.Base, Persistence: e.Persistence, Weeks: e.Weeks, Incidents: e.Incidents, Counts: e.Chance,
		}
		if i, twice := at[k]; !twice {
			at[k], issued[k] = len(out), e.Issued
			out = append(out, row)
		} else if e.Issued.After(issued[k]) {
			out[i], issued[k] = row, e.Issued
		}
	}
	newest := map[key]time.Time{}
	for _, e := range entries {
		k := key{e.Place, string(e.Family), e.Week}
		if i, there := at[k]; there && e.Kind == ledger.Override && e.Issued.After(newest[k]) {
			newest[k] = e.Issued
			out[i].Counts, out[i].By, out[i].Why = e.Chance, firstOf(e.Name, e.Maker), e.Note
		}
	}
	slices.SortStableFunc(out, func(a, b PlaceAhead) int {
		return cmp.Or(cmp.Compare(b.Counts, a.Counts), cmp.Compare(a.Place, b.Place), cmp.Compare(a.Family, b.Family))
	})
	return out
}

// placeName is what people call a place of the portfolio; its id where it has gone.
func placeName(p portfolio.Portfolio, place string) string {
	kind, code, _ := strings.Cut(place, ":")
	project, asset, _ := strings.Cut(code, "/")
	for _, pr := range p.Projects {
		if pr.Code != project {
			continue
		}
		if kind == "project" {
			return pr.Name
		}
		for _, a := range p.Assets {
			if a.Project == pr.ID && a.Code == asset {
				return pr.Name + ", " + a.Name
			}
		}
	}
	return place
}

// scores are the standings and the last lines of the record, reckoned when something was kept
// or resolved since.
func (d *Desk) scores(ctx context.Context, org string, s ForecastState) (scored, error) {
	mark := fmt.Sprint(s.Entries, s.Said.UnixNano(), s.Resolved.UnixNano(), s.SiteEntries, s.SiteIssued.UnixNano(), s.SiteResolved.UnixNano())
	kept := recall(&d.ahead, &d.ahead.scores, org)
	if kept.mark == mark {
		return kept, nil
	}
	countries, err := d.cfg.Ahead.Forecasts(ctx, org, false)
	if err != nil {
		return kept, err
	}
	places, err := d.cfg.Ahead.SiteForecasts(ctx, org, "")
	if err != nil {
		return kept, err
	}
	out := scored{mark: mark, countries: ledger.Standings(countries), places: ledger.Score(site.Judge(places))}
	lines := append(keptCountries(countries), keptPlaces(places)...)
	lines = Told(lines)
	newestFirst(lines)
	out.recent = slices.Clone(lines[:min(mostRecent, len(lines))])
	remember(&d.ahead, &d.ahead.scores, org, out)
	return out, nil
}

// CountryForecast is one country's page.
func (d *Desk) CountryForecast(ctx context.Context, who Principal, name string) (CountryView, error) {
	if err := d.mayForecast(who, CanRead); err != nil {
		return CountryView{}, err
	}
	return d.countryView(ctx, who.Org, name)
}

// PublicCountryForecast is what everybody may read of it.
func (d *Desk) PublicCountryForecast(ctx context.Context, name string) (CountryView, error) {
	org, err := d.abroad(ctx)
	if err != nil {
		return CountryView{}, err
	}
	v, err := d.countryView(ctx, org, name)
	if err != nil {
		return v, err
	}
	v.Country = anonymous(v.Country)
	v.State.Panel.By, v.State.Panel.File = "", ""
	v.Kept = slices.DeleteFunc(v.Kept, func(k Kept) bool { return k.Kind != string(ledger.Model) })
	return v, nil
}

// mostHistory is how many months of the past a country's page shows.
const mostHistory = 36

func (d *Desk) countryView(ctx context.Context, org, name string) (CountryView, error) {
	var v CountryView
	u, err := unitNamed(name)
	if err != nil {
		return v, err
	}
	s, err := d.forecastsNow(ctx, org)
	if err != nil {
		return v, err
	}
	if v.State, err = d.standingOf(ctx, org, s); err != nil {
		return v, err
	}
	entries, err := d.cfg.Ahead.ForecastsOf(ctx, org, u.ID)
	if err != nil {
		return v, err
	}
	now := d.cfg.Now()
	current := slices.DeleteFunc(slices.Clone(entries), func(e ledger.Entry) bool {
		return e.Month < ledger.MonthAt(now) || e.Kind == ledger.Model && !e.Issued.Equal(s.Issued)
	})
	v.Country = CountryAhead{Country: u.ISO(), Unit: u.ID, Name: u.Name}
	if len(current) > 0 {
		if c, ok := countryAhead(current, now); ok {
			v.Country = c
		}
	}
	v.Kept = keptCountries(entries)
	newestFirst(v.Kept)
	if v.State.Panel.Hash == "" {
		return v, nil
	}
	p, err := d.parsed(ctx, org, v.State.Panel)
	if err != nil {
		return v, err
	}
	for m := max(p.First(), s.Origin-mostHistory+1); m <= s.Origin; m++ {
		y, _ := p.Value(u.ID, m)
		v.History = append(v.History, y)
	}
	return v, nil
}

// unitNamed finds a country by code, name or id.
func unitNamed(name string) (panel.Unit, error) {
	if u, ok := panel.ByISO(strings.ToUpper(name)); ok {
		return u, nil
	}
	if code, ok := country.Find(name); ok {
		if u, ok := panel.ByISO(code); ok {
			return u, nil
		}
	}
	var id int
	if _, err := fmt.Sscanf(name, "%d", &id); err == nil {
		if u, ok := panel.ByID(id); ok {
			return u, nil
		}
	}
	return panel.Unit{}, fmt.Errorf("country %.60q: %w", name, fault.ErrNotFound)
}

// PlaceForecast is one project's or site's page.
func (d *Desk) PlaceForecast(ctx context.Context, who Principal, place string) (PlaceView, error) {
	var v PlaceView
	if err := d.mayForecast(who, CanRead); err != nil {
		return v, err
	}
	p, err := d.portfolio(ctx, who.Org)
	if err != nil {
		return v, err
	}
	entries, err := d.cfg.Ahead.SiteForecasts(ctx, who.Org, place)
	if err != nil {
		return v, err
	}
	if v.Name = placeName(p, place); v.Name == place && len(entries) == 0 {
		return v, fmt.Errorf("place %.80q: %w", place, fault.ErrNotFound)
	}
	s, err := d.forecastsNow(ctx, who.Org)
	if err != nil {
		return v, err
	}
	if v.State, err = d.standingOf(ctx, who.Org, s); err != nil {
		return v, err
	}
	v.State.Week = s.Week.String()
	current := slices.DeleteFunc(slices.Clone(entries), func(e site.Entry) bool { return e.Week < s.Week })
	v.Ahead, v.Kept, v.Record = placesAhead(current, p), keptPlaces(entries), ledger.Score(site.Judge(entries))
	newestFirst(v.Kept)
	return v, nil
}
