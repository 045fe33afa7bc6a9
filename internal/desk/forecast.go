package desk

import (
	"context"
	"time"

	"watchfire.dev/internal/forecast/ledger"
	"watchfire.dev/internal/forecast/panel"
	"watchfire.dev/internal/forecast/site"
	"watchfire.dev/internal/journal"
)

// A ForecastPanel is a panel of deaths by country and month that was handed in.
type ForecastPanel struct {
	Hash string      `json:"sha256"`
	At   time.Time   `json:"at"`
	By   string      `json:"by"`
	File string      `json:"file"`
	Last panel.Month `json:"last_month"` // months since December 1979
}

// A ForecastState sums up what is kept of an organisation's forecasts. A zero time or week is none.
type ForecastState struct {
	Entries   int         // of countries
	Said      time.Time   // newest of anybody
	Issued    time.Time   // newest of a model
	Model     string      // that issued it
	Origin    panel.Month // last month that it knew
	Panel     string      // SHA-256 of what it saw
	Seed      uint64
	Resolved  time.Time   // newest outcome
	FirstOpen panel.Month // oldest month without outcome

	SiteEntries  int
	SiteIssued   time.Time
	SiteResolved time.Time
	Week         site.Week // newest week that the model has forecast
	SiteOpen     site.Week // oldest week without outcome
}

// ForecastStore keeps forecasts, their outcomes and the panels they come from. Every method
// names its organisation. An entry is never written over and gets its outcome once.
type ForecastStore interface {
	PutForecasts(ctx context.Context, entries []ledger.Entry, drafts ...journal.Draft) error
	ResolveForecasts(ctx context.Context, entries []ledger.Entry, drafts ...journal.Draft) (int64, error)
	Forecasts(ctx context.Context, org string, open bool) ([]ledger.Entry, error)
	ForecastsOf(ctx context.Context, org string, unit int) ([]ledger.Entry, error)
	ForecastsSince(ctx context.Context, org string, month panel.Month, issued time.Time) ([]ledger.Entry, error)
	PutSiteForecasts(ctx context.Context, entries []site.Entry, drafts ...journal.Draft) error
	ResolveSiteForecasts(ctx context.Context, entries []site.Entry, drafts ...journal.Draft) (int64, error)
	SiteForecasts(ctx context.Context, org, place string) ([]site.Entry, error)
	SiteForecastsOpen(ctx context.Context, org string, upTo site.Week) ([]site.Entry, error)
	SiteForecastsSince(ctx context.Context, org string, week site.Week) ([]site.Entry, error)
	PutForecastPanel(ctx context.Context, org string, p ForecastPanel, raw []byte, drafts ...journal.Draft) (bool, error)
	ForecastPanels(ctx context.Context, org string, limit int) ([]ForecastPanel, error)
	ForecastPanel(ctx context.Context, org, hash string) ([]byte, error)
	ForecastState(ctx context.Context, org string) (ForecastState, error)
}

// ForecastConfig is what forecasts need of a Desk.
type ForecastConfig struct {
	Ahead ForecastStore // nil = there are no forecasts
	// Rung is the model that is kept on schedule, "" = best; Seed its seed, 0 = 1.
	Rung string
	Seed uint64
	// Workers is how many processors a forecast may take; 0 = 1: the watch goes on beside it.
	Workers int
	// Abroad names the organisation whose forecasts everybody may read, "" = none; nil = none.
	Abroad func(ctx context.Context) (string, error)
}

// A MonthAhead is what is said of one country and month.
type MonthAhead struct {
	Month       string  `json:"month"`       // 2026-12
	Chance      float64 `json:"chance"`      // of the threshold of deaths or more, by the model
	Base        float64 `json:"base_rate"`   // share of the last five years' months
	Persistence float64 `json:"persistence"` // 1 = it was so in the last month known
	Low         float64 `json:"deaths_low"`  // 5 % quantile
	Median      float64 `json:"deaths"`      // median
	High        float64 `json:"deaths_high"` // 95 % quantile
	Counts      float64 `json:"official"`    // what counts: an override's chance while one stands
	By          string  `json:"overrider"`   // name of who overrides, "" = the model counts
	Why         string  `json:"reason"`      // of the override
	Until       string  `json:"until"`       // RFC 3339, of the override
}

// A CountryAhead is a country's months ahead.
type CountryAhead struct {
	Country string       `json:"country"` // ISO 3166
	Unit    int          `json:"unit"`    // as in the panel
	Name    string       `json:"name"`
	Quarter float64      `json:"quarter"`       // chance of the threshold or more in this month and the next two
	Model   float64      `json:"model_quarter"` // the same by the model alone
	Months  []MonthAhead `json:"months"`
}

// At is the month of this name.
func (c CountryAhead) At(month string) (MonthAhead, bool) {
	for _, m := range c.Months {
		if m.Month == month {
			return m, true
		}
	}
	return MonthAhead{}, false
}

// A PlaceAhead is what is said of one project or site, family and week.
type PlaceAhead struct {
	Place       string  `json:"place"`
	Name        string  `json:"name"`
	Family      string  `json:"family"`
	Week        string  `json:"week"` // 2026-W49
	Chance      float64 `json:"chance"`
	Low         float64 `json:"low"`  // 90 % interval of the chance
	High        float64 `json:"high"` // 90 % interval of the chance
	Expected    float64 `json:"expected_incidents"`
	Base        float64 `json:"base_rate"`
	Persistence float64 `json:"persistence"`
	Weeks       int     `json:"weeks"`     // watched weeks behind it
	Incidents   int     `json:"incidents"` // in them
	Counts      float64 `json:"official"`
	By          string  `json:"overrider"`
	Why         string  `json:"reason"`
}

// A Kept is one forecast of the record.
type Kept struct {
	Kind        string    `json:"kind"` // model, override, analyst
	Maker       string    `json:"maker"`
	Name        string    `json:"name,omitempty"`
	Subject     string    `json:"subject"` // country, or place and family
	Period      string    `json:"period"`  // month or week
	Threshold   float64   `json:"threshold"`
	Chance      float64   `json:"chance"`
	Base        float64   `json:"base_rate"`
	Persistence float64   `json:"persistence"`
	Issued      time.Time `json:"issued"`
	Known       string    `json:"known"` // up to when its data went
	Note        string    `json:"reason,omitempty"`
	Until       time.Time `json:"until,omitzero"`
	Resolved    time.Time `json:"resolved,omitzero"`
	Void        bool      `json:"void,omitempty"` // there is no outcome
	Outcome     float64   `json:"outcome"`        // deaths or incidents; 0 before Resolved
	Hit         bool      `json:"hit"`
	Brier       float64   `json:"brier"` // 0 before Resolved
}

// ForecastStanding says where the forecasts stand.
type ForecastStanding struct {
	Panel    ForecastPanel `json:"panel"`
	Model    string        `json:"model"`
	Seed     uint64        `json:"seed"`
	Origin   string        `json:"origin"` // last month known to the newest forecast, "" = none is kept
	Issued   time.Time     `json:"issued,omitzero"`
	Resolved time.Time     `json:"resolved,omitzero"`
	Entries  int           `json:"kept"`
	Month    string        `json:"month"`          // the running one
	Late     []string      `json:"late"`           // words of what is late: country, panel, site
	Week     string        `json:"week,omitempty"` // that the places are forecast for
	Waiting  string        `json:"waiting"`        // why there is none of places: "", watch, portfolio
	Public   bool          `json:"public"`         // everybody may read the countries' part
}

// A ForecastView is the page of forecasts.
type ForecastView struct {
	State     ForecastStanding  `json:"state"`
	Threshold int               `json:"threshold"`
	Countries []CountryAhead    `json:"countries"` // the likeliest first
	Places    []PlaceAhead      `json:"places"`
	Scores    []ledger.Standing `json:"scores"`       // of countries
	PlaceSc   []ledger.Standing `json:"place_scores"` // of places
	Recent    []Kept            `json:"recent"`       // what was resolved last, and what people have said
}

// A CountryView is one country's page.
type CountryView struct {
	State   ForecastStanding `json:"state"`
	Country CountryAhead     `json:"country"`
	History []float64        `json:"history"` // deaths of the last months known, ending with State.Origin
	Kept    []Kept           `json:"kept"`    // newest first
}

// A PlaceView is one project's or site's page.
type PlaceView struct {
	State  ForecastStanding  `json:"state"`
	Name   string            `json:"name"`
	Ahead  []PlaceAhead      `json:"ahead"`
	Kept   []Kept            `json:"kept"` // newest first
	Record []ledger.Standing `json:"scores"`
}

// A ForecastWish is what a person says: of a country and month, or of a place, family and week.
type ForecastWish struct {
	Country   string    `json:"country,omitempty"` // ISO 3166, name or id
	Month     string    `json:"month,omitempty"`
	Threshold float64   `json:"threshold,omitempty"` // 0 = 25 deaths
	Place     string    `json:"place,omitempty"`
	Family    string    `json:"family,omitempty"`
	Week      string    `json:"week,omitempty"`
	Chance    float64   `json:"chance"`
	Why       string    `json:"reason,omitempty"`
	Override  bool      `json:"override,omitempty"`
	Until     time.Time `json:"until,omitzero"`
}

// A PanelTaken says what became of a panel.
type PanelTaken struct {
	Panel    ForecastPanel `json:"panel"`
	New      bool          `json:"new"`
	Problems []string      `json:"problems"` // rows in quarantine, with file, row, field and reason
}

// Forecasts is what can be seen and done about forecasts.
type Forecasts interface {
	Forecasts(ctx context.Context, who Principal) (ForecastView, error)
	// PublicForecasts is what everybody may read: countries, models and their record; no
	// place, no person. fault.ErrUnauthorised where no organisation has switched it on.
	PublicForecasts(ctx context.Context) (ForecastView, error)
	CountryForecast(ctx context.Context, who Principal, country string) (CountryView, error)
	PublicCountryForecast(ctx context.Context, country string) (CountryView, error)
	PlaceForecast(ctx context.Context, who Principal, place string) (PlaceView, error)
	// Kept is the whole record: countries (scale "country") or places ("site"), newest first.
	Kept(ctx context.Context, who Principal, scale string) ([]Kept, error)
	Say(ctx context.Context, who Principal, w ForecastWish) (Kept, error)
	PutForecastPanel(ctx context.Context, who Principal, file string, raw []byte) (PanelTaken, error)
}

var _ Forecasts = (*Desk)(nil)
