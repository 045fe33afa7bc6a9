package main

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/geo"
)

// perStorm is the number of advisories of one storm, one each six hours; the last says that
// it has passed.
const perStorm = 20

// leads are the hours ahead for which an advisory gives a position, with the radii of the
// two-thirds error circle in kilometres, of the order that centres publish.
var leads = [...]struct{ hours, errorKM float64 }{{0, 20}, {12, 48}, {24, 72}, {36, 98}, {48, 124}, {72, 185}, {96, 270}, {120, 380}}

// A fix is where a storm is and how strong.
type fix struct{ lat, lon, wind, speed, heading float64 }

// advisories draws storms in their basins and seasons and what is said of each, sorted by
// the instant of receipt.
func advisories(rng *rand.Rand, n int, from time.Time, years float64) []event.Signal {
	basins := table("basins.csv")
	which := newChooser(basins, "share")
	var out []event.Signal
	for storm := 0; len(out) < n; storm++ {
		b := basins[which.pick(rng.Float64())]
		year := from.Year() + int(years*rng.Float64())
		start := season(rng, b, year).Truncate(6 * time.Hour)
		path := life(rng, b)
		key := fmt.Sprintf("%s%02d%d", b["prefix"], storm%90+1, year)
		for i := range perStorm {
			if len(out) == n {
				break
			}
			out = append(out, advisory(rng, key, storm, i, start.Add(time.Duration(i)*6*time.Hour), path))
		}
	}
	slices.SortStableFunc(out, func(a, b event.Signal) int {
		return cmp.Or(a.Received.Compare(b.Received), cmp.Compare(a.Key, b.Key))
	})
	return out
}

// season draws the instant at which a storm forms.
func season(rng *rand.Rand, b row, year int) time.Time {
	first, last := int(b.number("from")), int(b.number("to"))
	months := (last-first+12)%12 + 1
	day := int(rng.Float64() * float64(months) * 30.4)
	return time.Date(year, time.Month(first), 1+day, 0, 0, 0, 0, time.UTC)
}

// life is a storm's way in steps of six hours, long enough for the last forecast.
func life(rng *rand.Rand, b row) []fix {
	lat := b.number("south") + rng.Float64()*(b.number("north")-b.number("south"))
	west, east := b.number("west"), b.number("east")
	lon := west + rng.Float64()*math.Mod(east-west+360, 360)
	heading, turn := b.number("heading")+15*rng.NormFloat64(), b.number("turn")+3*rng.NormFloat64()
	speed, peak := 16+3*rng.NormFloat64(), 45+rng.ExpFloat64()*32 // km/h, kt
	peak = math.Min(peak, 165)
	const steps = perStorm + 20
	top := 8 + rng.IntN(8)
	out := make([]fix, steps)
	for i := range out {
		wind := 30 + (peak-30)*float64(i)/float64(top)
		if i > top {
			wind = peak - (peak-25)*float64(i-top)/float64(steps-top)
		}
		out[i] = fix{lat, math.Remainder(lon, 360), math.Max(20, wind), speed, heading}
		if math.Abs(lat) > math.Abs(turn) { // towards the pole and east, faster
			pole := 20.0
			if lat < 0 {
				pole = 160
			}
			heading += 0.25 * math.Remainder(pole-heading, 360)
			speed = math.Min(45, speed+1)
		}
		heading += 4 * rng.NormFloat64()
		a := heading * math.Pi / 180
		lat, lon = offset(lat, lon, 6*speed*math.Sin(a), 6*speed*math.Cos(a))
	}
	return out
}

// advisory is what a centre says at one step of a storm's life.
func advisory(rng *rand.Rand, key string, storm, i int, at time.Time, path []fix) event.Signal {
	now := path[i]
	received := at.Add(2*time.Hour + 45*time.Minute + time.Duration(rng.Int64N(int64(20*time.Minute)))).Truncate(time.Millisecond)
	published := received.Add(-2 * time.Minute)
	s := event.Signal{
		Source: "nhc", Owner: "nws", Key: "nhc:" + key, Version: fmt.Sprintf("%s/%d", published.Format(time.RFC3339), i+1), Order: published.UnixMilli(),
		Act: event.Report, Status: event.Actual, Hazard: event.Cyclone, Type: "HU", Certainty: "Observed", Instrument: true,
		Texts:     []event.Text{{Language: "en", Headline: fmt.Sprintf("Storm %d advisory %d", storm+1, i+1)}},
		Published: published, Received: received, Grade: event.Grade{Reliability: "A", Credibility: 1},
		Footprints: []event.Footprint{{Shape: geo.At(round(now.lat, 10), round(now.lon, 10), 30), Role: event.Centre}},
		Measures:   event.Measures{{Name: "wind", Value: 5 * math.Round(now.wind/5), Unit: "kt"}},
		TLP:        "CLEAR", Record: fmt.Sprintf("rec_%s_%d", key, i),
	}
	if i == perStorm-1 {
		s.Act = event.End
	}
	// The error of a forecast grows with its lead and keeps its side.
	zx, zy := rng.NormFloat64(), rng.NormFloat64()
	for _, l := range leads {
		f := path[min(i+int(l.hours/6), len(path)-1)]
		off := l.errorKM / 1.48
		if l.hours == 0 {
			off = 0
		}
		lat, lon := offset(f.lat, f.lon, zx*off, zy*off)
		p := event.TrackPoint{
			At: at.Add(time.Duration(l.hours * float64(time.Hour))), Place: geo.Point{Lat: round(lat, 10), Lon: round(lon, 10)},
			WindKT: 5 * math.Round(f.wind/5), RadiusKM: l.errorKM, Forecast: l.hours > 0,
		}
		if l.hours <= 72 {
			p.Radii = radii(p.WindKT, lat, l.hours)
		}
		s.Track = append(s.Track, p)
	}
	s.ID = event.SignalID(s)
	return s
}

// radii are the extents of 34, 50 and 64 kt winds; as in advisories, those of 64 kt are
// given for two days only, and the side to the right of the motion reaches farther in the
// north, to the left in the south.
func radii(wind, lat, hours float64) (out [3][4]float64) {
	for j, kt := range []float64{34, 50, 64} {
		if wind < kt || j == 2 && hours > 48 {
			continue
		}
		km := 35 + 2.1*(wind-kt)*math.Pow(34/kt, 1.5)
		for q, f := range []float64{1.15, 1, 0.8, 0.95} {
			if lat < 0 {
				f = []float64{0.95, 0.8, 1, 1.15}[q]
			}
			out[j][q] = 1.852 * 5 * math.Round(km*f/1.852/5)
		}
	}
	return out
}
