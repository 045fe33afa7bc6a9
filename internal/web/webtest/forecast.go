package webtest

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/forecast/ledger"
	"watchfire.dev/internal/forecast/panel"
	weekly "watchfire.dev/internal/forecast/site"
	"watchfire.dev/internal/geo"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/portfolio"
)

// Ahead is the forecasts of the invented world: a real desk over a shelf in memory, which has
// kept and resolved by itself for a year and a half. Org lets everybody read its own.
func Ahead() desk.Forecasts { return ahead() }

var ahead = sync.OnceValue(func() desk.Forecasts { return grown(New()) })

// shelf keeps forecasts in memory. What of the desk's store is not needed is not there.
type shelf struct {
	desk.Store
	p      portfolio.Portfolio
	events []event.Event
	now    time.Time
	rows   []ledger.Entry
	places []weekly.Entry
	panels []desk.ForecastPanel
	bodies map[string][]byte
}

var countriesAhead = strings.Fields("ML NE TD GH TG BJ NG ET SD SO KE MZ CD AF PK MM UA SY YE IQ CO HT PH TR RU IL LY CM BF UG CF RW ZA TZ NP TH EG MX IN BD")

func grown(d *Desk) desk.Forecasts {
	s := &shelf{p: portfolio.Portfolio{Org: Org, Version: 7, Projects: d.Sites, Assets: d.Assets}, bodies: map[string][]byte{}}
	s.clashes()
	desk := desk.New(desk.Config{Store: s, Now: func() time.Time { return s.now }, ForecastConfig: desk.ForecastConfig{
		Ahead: s, Rung: "l5", Abroad: func(context.Context) (string, error) { return Org, nil },
	}})
	ctx := context.Background()
	for s.now = Now.AddDate(-1, -6, 0); s.now.Before(Now); s.now = s.now.AddDate(0, 0, 1) {
		s.day(ctx, desk)
	}
	s.now = Now
	return desk
}

// day is what one day of the past brought: on the first of a month a panel, and now and then
// what people say.
func (s *shelf) day(ctx context.Context, d *desk.Desk) {
	who := Someone
	must := func(err error) {
		if err != nil {
			panic(fmt.Sprintf("forecasts of the invented world, %s: %v", s.now, err))
		}
	}
	if s.now.Day() == 5 {
		_, err := d.PutForecastPanel(ctx, who, "deaths.csv", deathsTo(ledger.MonthAt(s.now)-2))
		must(err)
	}
	_, err := d.ForecastsDue(ctx, who)
	must(err)
	if s.now.Day() == 6 && len(s.rows) > 0 {
		m := ledger.MonthAt(s.now) + 1
		who.Account, who.Name = "acc_analyst", "T. Wanjiru"
		_, err = d.Say(ctx, who, desk.ForecastWish{Country: "NE", Month: m.String(), Chance: .3 + .05*float64(int(m)%9), Why: "More attacks on the road to Gao were claimed."})
		must(err)
		_, err = d.Say(ctx, who, desk.ForecastWish{Country: "ML", Month: m.String(), Chance: .55, Why: "The talks were broken off.", Override: true})
		must(err)
		if len(s.places) > 0 {
			_, err = d.Say(ctx, who, desk.ForecastWish{Place: "project:" + s.p.Projects[0].Code, Family: "conflict", Chance: .4, Why: "A convoy is expected."})
			must(err)
		}
	}
}

// Someone may do everything in Org.
var Someone = desk.Principal{Account: "acc_administrator", Org: Org, Name: "L. Okafor", Role: desk.Administrator, Scopes: desk.Administrator.Scopes()}

// noise is a number in [0, 1) that follows from its arguments alone.
func noise(a, b int) float64 {
	x := math.Sin(float64(a)*12.9898+float64(b)*78.233) * 43758.5453
	return x - math.Floor(x)
}

// deathsTo is a panel to a month: some countries at war, some restless, most quiet.
func deathsTo(last panel.Month) []byte {
	var b strings.Builder
	b.WriteString("country_id,month_id,ged_sb\n")
	for i, code := range countriesAhead {
		u, _ := panel.ByISO(code)
		level := map[int]float64{0: 90, 1: 30, 2: 8, 3: 0}[i%4]
		for m := panel.MonthOf(2014, 1); m <= last; m++ {
			y := level * math.Exp(2.2*(noise(i, int(m))+noise(i, int(m)/7)-1))
			fmt.Fprintf(&b, "%d,%d,%d\n", u.ID, m, int(y))
		}
	}
	return []byte(b.String())
}

// clashes are a year and a half of events, each near a site of the portfolio or far from it.
func (s *shelf) clashes() {
	for i, a := range s.p.Assets {
		if len(a.Shape.Points) == 0 || i%3 > 1 {
			continue
		}
		for w := range 80 {
			if noise(i, w) > .22 {
				continue
			}
			at := Now.AddDate(0, 0, -7*w-int(6*noise(w, i)))
			p := a.Shape.Points[0]
			p.Lat += .3 * (noise(i+3, w) - .5)
			s.events = append(s.events, event.Event{
				ID: fmt.Sprintf("evt_f_%d_%d", i, w), Org: Org, Hazard: []event.Hazard{event.Conflict, event.Unrest, event.Crime}[(i+w)%3], State: event.Over,
				Occurred: at, Updated: at.Add(time.Hour), Shapes: []event.Footprint{{Role: event.Centre, Shape: geo.Circle(p.Lat, p.Lon, 1)}},
			})
		}
	}
}

// PortfolioAt implements desk.Store.
func (s *shelf) PortfolioAt(context.Context, string, int64) (portfolio.Portfolio, error) {
	return s.p, nil
}

// EventList implements desk.Store: what is known by now.
func (s *shelf) EventList(context.Context, string, desk.Page) ([]event.Event, string, error) {
	return slices.DeleteFunc(slices.Clone(s.events), func(e event.Event) bool { return e.Updated.After(s.now) }), "", nil
}

// PutAlarm implements desk.DutyStore.
func (s *shelf) PutAlarm(context.Context, string, string, journal.Draft) (bool, error) {
	return false, nil
}

// PutForecasts implements desk.ForecastStore.
func (s *shelf) PutForecasts(_ context.Context, list []ledger.Entry, _ ...journal.Draft) error {
	for _, e := range list {
		if err := e.Check(); err != nil {
			return err
		}
	}
	s.rows = append(s.rows, list...)
	return nil
}

// ResolveForecasts implements desk.ForecastStore.
func (s *shelf) ResolveForecasts(_ context.Context, list []ledger.Entry, _ ...journal.Draft) (int64, error) {
	for _, done := range list {
		for i, e := range s.rows {
			if e.Kind == done.Kind && e.Maker == done.Maker && e.Unit == done.Unit && e.Month == done.Month && e.Issued.Equal(done.Issued) {
				s.rows[i] = done
			}
		}
	}
	return int64(len(list)), nil
}

func (s *shelf) entries(want func(ledger.Entry) bool) ([]ledger.Entry, error) {
	return slices.DeleteFunc(slices.Clone(s.rows), func(e ledger.Entry) bool { return !want(e) }), nil
}

// Forecasts implements desk.ForecastStore.
func (s *shelf) Forecasts(_ context.Context, _ string, open bool) ([]ledger.Entry, error) {
	return s.entries(func(e ledger.Entry) bool { return !open || e.Resolved.IsZero() })
}

// ForecastsOf implements desk.ForecastStore.
func (s *shelf) ForecastsOf(_ context.Context, _ string, unit int) ([]ledger.Entry, error) {
	return s.entries(func(e ledger.Entry) bool { return e.Unit == unit })
}

// ForecastsSince implements desk.ForecastStore.
func (s *shelf) ForecastsSince(_ context.Context, _ string, m panel.Month, issued time.Time) ([]ledger.Entry, error) {
	return s.entries(func(e ledger.Entry) bool {
		return e.Month >= m && (e.Kind != ledger.Model || e.Issued.Equal(issued))
	})
}

// PutSiteForecasts implements desk.ForecastStore.
func (s *shelf) PutSiteForecasts(_ context.Context, list []weekly.Entry, _ ...journal.Draft) error {
	for _, e := range list {
		if err := e.Check(); err != nil {
			return err
		}
	}
	s.places = append(s.places, list...)
	return nil
}

// ResolveSiteForecasts implements desk.ForecastStore.
func (s *shelf) ResolveSiteForecasts(_ context.Context, list []weekly.Entry, _ ...journal.Draft) (int64, error) {
	for _, done := range list {
		for i, e := range s.places {
			if e.Kind == done.Kind && e.Maker == done.Maker && e.Place == done.Place && e.Family == done.Family && e.Week == done.Week && e.Issued.Equal(done.Issued) {
				s.places[i] = done
			}
		}
	}
	return int64(len(list)), nil
}

func (s *shelf) weeks(want func(weekly.Entry) bool) ([]weekly.Entry, error) {
	return slices.DeleteFunc(slices.Clone(s.places), func(e weekly.Entry) bool { return !want(e) }), nil
}

// SiteForecasts implements desk.ForecastStore.
func (s *shelf) SiteForecasts(_ context.Context, _, place string) ([]weekly.Entry, error) {
	return s.weeks(func(e weekly.Entry) bool { return place == "" || e.Place == place })
}

// SiteForecastsOpen implements desk.ForecastStore.
func (s *shelf) SiteForecastsOpen(_ context.Context, _ string, to weekly.Week) ([]weekly.Entry, error) {
	return s.weeks(func(e weekly.Entry) bool { return e.Week <= to && e.Resolved.IsZero() })
}

// SiteForecastsSince implements desk.ForecastStore.
func (s *shelf) SiteForecastsSince(_ context.Context, _ string, w weekly.Week) ([]weekly.Entry, error) {
	return s.weeks(func(e weekly.Entry) bool { return e.Week >= w })
}

// PutForecastPanel implements desk.ForecastStore.
func (s *shelf) PutForecastPanel(_ context.Context, _ string, p desk.ForecastPanel, raw []byte, _ ...journal.Draft) (bool, error) {
	s.panels, s.bodies[p.Hash] = append([]desk.ForecastPanel{p}, s.panels...), raw
	return true, nil
}

// ForecastPanels implements desk.ForecastStore.
func (s *shelf) ForecastPanels(context.Context, string, int) ([]desk.ForecastPanel, error) {
	return s.panels, nil
}

// ForecastPanel implements desk.ForecastStore.
func (s *shelf) ForecastPanel(_ context.Context, _, hash string) ([]byte, error) {
	raw, ok := s.bodies[hash]
	if !ok {
		return nil, fault.ErrNotFound
	}
	return raw, nil
}

// ForecastState implements desk.ForecastStore.
func (s *shelf) ForecastState(context.Context, string) (desk.ForecastState, error) {
	out := desk.ForecastState{Entries: len(s.rows), SiteEntries: len(s.places)}
	for _, e := range s.rows {
		out.Said = later(out.Said, e.Issued)
		out.Resolved = later(out.Resolved, e.Resolved)
		if e.Kind == ledger.Model && !e.Issued.Before(out.Issued) {
			out.Issued, out.Model, out.Origin, out.Panel, out.Seed = e.Issued, e.Maker, e.Origin, e.Panel, e.Seed
		}
		if e.Resolved.IsZero() && (out.FirstOpen == 0 || e.Month < out.FirstOpen) {
			out.FirstOpen = e.Month
		}
	}
	for _, e := range s.places {
		out.SiteIssued, out.SiteResolved = later(out.SiteIssued, e.Issued), later(out.SiteResolved, e.Resolved)
		if e.Kind == ledger.Model {
			out.Week = max(out.Week, e.Week)
		}
		if e.Resolved.IsZero() && (out.SiteOpen == 0 || e.Week < out.SiteOpen) {
			out.SiteOpen = e.Week
		}
	}
	return out, nil
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
