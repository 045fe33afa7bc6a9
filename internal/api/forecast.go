package api

import (
	"context"
	"net/http"

	"watchfire.dev/internal/desk"
)

// SaidForecast is a person's forecast as a client writes it.
type SaidForecast struct{ Body desk.ForecastWish }

type forecastPanelInput struct {
	File    string `query:"file" maxLength:"200" default:"panel.csv" doc:"What the file is called; for messages."`
	RawBody []byte `contentType:"text/csv"`
}

type countryQuery struct {
	Country string `path:"country" minLength:"1" maxLength:"80" doc:"ISO 3166 code, or the id as in the panel."`
}

type placeQuery struct {
	Place string `query:"place" minLength:"1" maxLength:"200" doc:"project:CODE or site:CODE/ASSET"`
}

type recordQuery struct {
	Scale string `query:"scale" enum:"country,site" default:"country" doc:"Countries and months, or places and weeks."`
	Limit int    `query:"limit" minimum:"0" maximum:"100000" doc:"At most so many, the newest first; 0 = 1,000."`
}

func wholeView(v desk.ForecastView) desk.ForecastView {
	v.Countries, v.Places, v.Scores, v.PlaceSc, v.Recent = full(v.Countries), full(v.Places), full(v.Scores), full(v.PlaceSc), full(v.Recent)
	v.State.Late = full(v.State.Late)
	return v
}

func wholeCountry(v desk.CountryView) desk.CountryView {
	v.Country.Months, v.History, v.Kept, v.State.Late = full(v.Country.Months), full(v.History), full(v.Kept), full(v.State.Late)
	return v
}

func (s *server) forecasts() {
	if s.Ahead == nil {
		return
	}
	add(s, operation{
		verb: http.MethodGet, path: "/forecasts", id: "list-forecasts", tag: "forecasts", scope: desk.CanRead,
		summary: "The newest forecasts of countries and places, with the record",
		about:   "Chance, base rate and persistence stand beside one another; official is an override's chance while one stands, or else the model's.",
	}, func(ctx context.Context, who desk.Principal, _ *none) (desk.ForecastView, error) {
		v, err := s.Ahead.Forecasts(ctx, who)
		return wholeView(v), err
	})
	add(s, operation{
		verb: http.MethodGet, path: "/forecasts/countries/{country}", id: "get-country-forecast", tag: "forecasts", scope: desk.CanRead, summary: "One country: its past, its months ahead, everything that was kept about it",
	}, func(ctx context.Context, who desk.Principal, in *countryQuery) (desk.CountryView, error) {
		v, err := s.Ahead.CountryForecast(ctx, who, in.Country)
		return wholeCountry(v), err
	})
	add(s, operation{
		verb: http.MethodGet, path: "/forecasts/places", id: "get-place-forecast", tag: "forecasts", scope: desk.CanRead, errors: []int{http.StatusNotFound}, summary: "One project or site: incidents next week, and everything that was kept about it",
	}, func(ctx context.Context, who desk.Principal, in *placeQuery) (desk.PlaceView, error) {
		v, err := s.Ahead.PlaceForecast(ctx, who, in.Place)
		v.Ahead, v.Kept, v.Record, v.State.Late = full(v.Ahead), full(v.Kept), full(v.Record), full(v.State.Late)
		return v, err
	})
	add(s, operation{
		verb: http.MethodGet, path: "/forecasts/record", id: "list-kept-forecasts", tag: "forecasts", scope: desk.CanRead,
		summary: "Every forecast as it was kept before its outcome was known, and what came",
	}, func(ctx context.Context, who desk.Principal, in *recordQuery) (List[desk.Kept], error) {
		list, err := s.Ahead.Kept(ctx, who, in.Scale)
		limit := in.Limit
		if limit == 0 {
			limit = 1000
		}
		return listOf(list[:min(limit, len(list))], ""), err
	})
	add(s, operation{
		verb: http.MethodPost, path: "/forecasts", id: "say-forecast", tag: "forecasts", scope: desk.CanPush, status: http.StatusCreated, summary: "Keep your own forecast beside the model's, or in its place",
		about:   "Of a country and month, or of a place, family and week. It cannot be changed, and is scored when the outcome is known. An override needs a reason, and the scope rules.",
		example: map[string]any{"country": "ML", "month": "2027-03", "chance": 0.4, "reason": "The truce ends in February."},
	}, func(ctx context.Context, who desk.Principal, in *SaidForecast) (desk.Kept, error) {
		return s.Ahead.Say(ctx, who, in.Body)
	})
	add(s, operation{
		verb: http.MethodPost, path: "/forecasts/panels", id: "put-forecast-panel", tag: "forecasts", scope: desk.CanPortfolio, status: http.StatusCreated, max: 64 << 20,
		takes: "text/csv", form: "docs/forecasts.md", summary: "Hand in a panel of deaths by country and month",
		about: "The forecast from its last month, and the outcomes of older forecasts, follow within minutes. A panel with a row that is no good is refused, naming row, field and reason.",
	}, func(ctx context.Context, who desk.Principal, in *forecastPanelInput) (desk.PanelTaken, error) {
		out, err := s.Ahead.PutForecastPanel(ctx, who, in.File, in.RawBody)
		out.Problems = full(out.Problems)
		return out, err
	})
	add(s, operation{
		verb: http.MethodGet, path: publicForecasts, id: "get-public-forecasts", tag: public, errors: []int{http.StatusUnauthorized},
		summary: "Forecasts of countries and the models' record, where the organisation lets everybody read them",
		about:   "Holds no place and no person. 401 where no organisation has switched it on.",
	}, func(ctx context.Context, _ desk.Principal, _ *none) (desk.ForecastView, error) {
		v, err := s.Ahead.PublicForecasts(ctx)
		return wholeView(v), err
	})
}
