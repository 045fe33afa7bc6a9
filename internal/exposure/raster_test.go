package exposure

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/geo"
	"watchfire.dev/internal/portfolio"
)

func quakeWithMap(layers ...geo.GridLayer) event.Event {
	e := event.Event{
		ID: "evt", Revision: 1, State: event.Ongoing, Hazard: event.Earthquake,
		Reports:  []event.Standing{{Signal: "sig", Stand: event.Live, Instrument: true, Grade: event.Grade{Reliability: "A", Credibility: 1}}},
		Measures: event.Measures{{Name: "magnitude", Value: 7}, {Name: "depth", Value: 10}},
		Shapes:   []event.Footprint{{Role: event.Centre, Shape: geo.At(30, 67, 0)}},
	}
	for _, l := range layers { // each in a grid of its own, as the documents of a ShakeMap are
		g := &geo.Grid{West: 66, North: 31, StepLon: 1, StepLat: 1, Cols: 2, Rows: 2, Layers: []geo.GridLayer{l}}
		e.Shapes = append(e.Shapes, event.Footprint{Role: event.Affected, Shape: g.Extent(), Grid: g})
	}
	return e
}

func camp(id string, lat, lon float64) portfolio.Portfolio {
	return portfolio.Portfolio{
		Projects: []portfolio.Project{{ID: "p", Code: "p", Name: "p", Country: "PK", Zone: "UTC"}},
		Assets:   []portfolio.Asset{{ID: id, Project: "p", Kind: portfolio.Site, Code: id, Name: id, Country: "PK", Shape: geo.At(lat, lon, 0), Shifts: []portfolio.Shift{{Count: 50}}}},
	}
}

func TestShakingAtTheAsset(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	mmi := geo.Pack("mmi", "MMI", 0.01, []float64{6.25, 5, 7, math.NaN()})
	stated := mmi
	stated.Sigma = 0.35
	for name, c := range map[string]struct {
		layers       []geo.GridLayer
		value, sigma float64
		note         string
	}{
		"the method's own sigma":      {[]geo.GridLayer{mmi}, 6.25, 0.5, "measured shaking"},
		"stated for the whole map":    {[]geo.GridLayer{stated}, 6.25, 0.35, "measured shaking"},
		"a grid of deviations beside": {[]geo.GridLayer{mmi, geo.Pack("mmi_sigma", "MMI", 0.01, []float64{0.5, 0.6, 0.7, 0.8})}, 6.25, 0.5, "measured shaking"},
		"acceleration, 18 %g":         {[]geo.GridLayer{geo.Pack("pga", "%g", 0.1, []float64{18, 1, 1, 1})}, -1.60 + 3.70*math.Log10(18*9.80665), 0.73, "Worden"},
	} {
		rows := NewIndex(camp("a", 30.5, 66.5)).Assess(quakeWithMap(c.layers...), now)
		if len(rows) != 1 {
			t.Fatalf("%s: %d rows", name, len(rows))
		}
		got := rows[0]
		if math.Abs(got.Intensity.Value-c.value) > 0.005 || math.Abs(got.Intensity.Sigma-c.sigma) > 0.005 || got.How != Inside ||
			!strings.Contains(strings.Join(got.Notes, "\n"), c.note) {
			t.Errorf("%s: %+v, want %.2f ± %.2f", name, got, c.value, c.sigma)
		}
	}
	// In the cell without a value the formula speaks, and its distance is the one to the centre.
	rows := NewIndex(camp("a", 29.5, 67.5)).Assess(quakeWithMap(mmi), now)
	if len(rows) != 1 || rows[0].How != Distance || math.Abs(rows[0].DistanceKM-73.7) > 1 {
		t.Errorf("without a value: %+v", rows)
	}
}

// TestGridsSurviveStorage: an event written and read again gives the same rows.
func TestGridsSurviveStorage(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	e := quakeWithMap(geo.Pack("mmi", "MMI", 0.01, []float64{6.25, 5, 7, math.NaN()}))
	raw, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	var back event.Event
	if err := json.Unmarshal(raw, &back); err != nil {
		t.Fatal(err)
	}
	x := NewIndex(camp("a", 30.5, 66.5))
	if a, b := x.Assess(e, now), x.Assess(back, now); len(a) == 0 || !reflect.DeepEqual(a, b) {
		t.Errorf("%+v became %+v", a, b)
	}
}

// TestBrokenGridsAreNoted: what a hostile source sends does not pass for silence.
func TestBrokenGridsAreNoted(t *testing.T) {
	t.Parallel()
	e := quakeWithMap(geo.GridLayer{Name: "mmi", Quantum: 1, Cells: "AAA="}, geo.Pack("snow", "m", 1, []float64{1, 1, 1, 1}))
	rows := NewIndex(camp("a", 30.1, 67)).Assess(e, time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC))
	notes := ""
	if len(rows) == 1 {
		notes = strings.Join(rows[0].Notes, "\n")
	}
	if !strings.Contains(notes, "could not be used") || !strings.Contains(notes, "snow is not read") {
		t.Errorf("%+v", rows)
	}
}
