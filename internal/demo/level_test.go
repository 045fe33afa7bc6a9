package demo_test

import (
	"testing"
	"time"

	"watchfire.dev/examples"
	"watchfire.dev/internal/demo"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure/impact"
	"watchfire.dev/internal/geo"
	"watchfire.dev/internal/level"
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

func TestCycloneRisesWithItsAdvisories(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		elapsed time.Duration
		want    level.Level
	}{{10 * time.Second, level.Yellow}, {80 * time.Second, level.Orange}, {150 * time.Second, level.Red}, {220 * time.Second, level.Red}} {
		e := only(t, world(t, c.elapsed), event.Cyclone, "SIMULA-26")
		in := impact.CycloneInput{Lat: -14.5412, Lon: 40.6661, Region: "SI"}
		for _, p := range e.Track {
			hours := p.At.Sub(start().Add(c.elapsed)).Hours()
			in.Track = append(in.Track, impact.TrackPoint{
				Hours: hours, Lat: p.Place.Lat, Lon: p.Place.Lon, MaxWindKnots: p.WindKT,
				R34: p.Radii[0], R50: p.Radii[1], R64: p.Radii[2], ErrorKM: max(0, 20+2.2*hours),
			})
		}
		r, err := impact.Default().Cyclone(in)
		if got := levelOf(t, r, err); got != c.want {
			t.Errorf("after %s: %s, want %s (%v)", c.elapsed, got, c.want, r.P)
		}
	}
}

func TestFloodRisesFromYellowToOrange(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		elapsed time.Duration
		want    level.Level
	}{{45 * time.Second, level.Yellow}, {115 * time.Second, level.Orange}} {
		s := play(c.elapsed)
		_, signals := poll(t, s, source(t, s, demo.SourceFlood), c.elapsed)
		newest := signals[0] // the index lists the newest first
		r, err := impact.Default().CAPSeverity(impact.CAPInput{Severity: newest.Severity, Certainty: newest.Certainty, Urgency: newest.Urgency})
		if got := levelOf(t, r, err); got != c.want {
			t.Errorf("after %s: %s, want %s", c.elapsed, got, c.want)
		}
	}
}

func TestExamplePortfolioIsEmbedded(t *testing.T) {
	t.Parallel()
	if len(examples.Portfolio()) < 10_000 {
		t.Errorf("%d bytes", len(examples.Portfolio()))
	}
}
