package demo_test

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"watchfire.dev/examples"
	"watchfire.dev/internal/demo"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure"
	"watchfire.dev/internal/exposure/impact"
	"watchfire.dev/internal/geo"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/portfolio/sheet"
	lifecycle "watchfire.dev/internal/warning"
)

// measured is the chance that an event is real when an instrument says so.
const measured = 0.99

// levelOf asks the impact functions themselves what the scenario's numbers mean at the most
// exposed site, so that a change of the method that spoils the demonstration is seen here.
func levelOf(t *testing.T, r impact.Result, err error) level.Level {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	r.P = r.P.Scale(measured)
	l, _ := r.Level(level.Default(), 0)
	return l
}

func TestEarthquakeRisesFromOrangeToRed(t *testing.T) {
	t.Parallel()
	camp := geo.Point{Lat: 30.2052, Lon: 67.0123}
	for _, c := range []struct {
		elapsed time.Duration
		want    level.Level
	}{{25 * time.Second, level.Orange}, {95 * time.Second, level.Red}} {
		e := only(t, world(t, c.elapsed), event.Earthquake, "Quetta")
		centre, _ := e.Centre()
		magnitude, _ := e.Measures.Get("magnitude")
		depth, _ := e.Measures.Get("depth")
		for _, persons := range []float64{180, 240} { // day and night shift
			r, err := impact.Default().Earthquake(impact.EarthquakeInput{
				Magnitude: magnitude, DepthKM: depth, DistanceKM: geo.DistanceKM(camp, centre.Shape.Points[0]),
				DistanceSigmaKM: centre.Shape.RadiusKM, Persons: persons, Country: "PK",
			})
			if got := levelOf(t, r, err); got != c.want {
				t.Errorf("after %s with %v persons: %s, want %s (%v)", c.elapsed, persons, got, c.want, r.P)
			}
		}
	}
}

// TestLevelsOfTheStory matches what the scenario tells with the example portfolio: the
// highest level that each project reaches, held down by the promotion rule.
func TestLevelsOfTheStory(t *testing.T) {
	t.Parallel()
	p, _, problems := sheet.Read(bytes.NewReader(examples.Portfolio()), "portfolio.csv", portfolio.Portfolio{})
	if len(problems) > 0 {
		t.Fatal(problems[0])
	}
	codes := map[string]string{}
	for _, project := range p.Projects {
		codes[project.ID] = project.Code
	}
	x := exposure.NewIndex(p)
	story := replay{merger: event.NewMerger("demo"), posted: map[string]bool{}, at: -1}
	const quake, flood, storm, road = "quetta-rail-3 earthquake ", "chattogram-metro flood ", "nacala-port cyclone ", "moyale-highway conflict "
	for _, c := range []struct {
		elapsed time.Duration
		want    []string // project, hazard and level, where it is above green
	}{
		{0, nil},
		{10 * time.Second, []string{storm + "yellow"}},
		{25 * time.Second, []string{storm + "yellow", quake + "orange"}},
		{60 * time.Second, []string{flood + "yellow", storm + "yellow", quake + "orange"}}, // the news alone is too vague
		{80 * time.Second, []string{flood + "yellow", storm + "orange", quake + "orange"}},
		{95 * time.Second, []string{flood + "yellow", storm + "orange", quake + "red"}},
		{115 * time.Second, []string{flood + "orange", storm + "orange", quake + "red"}},
		{135 * time.Second, []string{flood + "orange", road + "yellow", storm + "orange", quake + "red"}}, // one source of grade C
		{165 * time.Second, []string{flood + "orange", road + "orange", storm + "red", quake + "red"}},
		{demo.Length, []string{road + "orange", storm + "red", quake + "red"}},
	} {
		story.advance(t, c.elapsed)
		highest := map[string]level.Level{}
		story.merger.Each(func(e event.Event) {
			if e.State != event.Ongoing {
				return
			}
			ceiling := lifecycle.CeilingOf(e.Reports).Level
			for _, r := range x.Assess(e, start().Add(c.elapsed)) {
				key := codes[r.Project] + " " + string(e.Hazard) + " "
				highest[key] = max(highest[key], min(r.Level, ceiling))
			}
		})
		var got []string
		for key, l := range highest {
			if l > level.Green {
				got = append(got, key+l.String())
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, c.want) {
			t.Errorf("after %s: %q, want %q", c.elapsed, got, c.want)
		}
	}
}

func TestExamplePortfolioIsEmbedded(t *testing.T) {
	t.Parallel()
	if len(examples.Portfolio()) < 10_000 {
		t.Errorf("%d bytes", len(examples.Portfolio()))
	}
}
