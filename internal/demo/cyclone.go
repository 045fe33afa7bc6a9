package demo

import (
	"math"
	"time"

	"watchfire.dev/internal/geo"
)

// The cyclone's names at its sources. GDACS numbers its events, the JTWC its storms by
// season; the southern season counts with the year in which it ends.
const (
	stormName   = "SIMULA-26"
	stormNumber = "30"
	stormEvent  = "1009926" // of GDACS
)

// A storm is what one advisory says: the way so far and the forecast. Between advisories
// minutes pass, but the storm moves on by six hours, or it would never arrive.
type storm struct {
	nth    int       // 1 to 4
	issued time.Time // also the time of the newest fix
	began  time.Time // of the first fix
	lead   float64   // hours until it is nearest to Nacala
	ahead  geo.Point // where it will then be
	beyond geo.Point // where it will be 18 hours later
	wind   float64   // now, knots
	peak   float64   // at its nearest
	land   bool      // it goes ashore and weakens
	level  string    // GDACS colour
	score  string    // GDACS alert score
}

// spanBeyond is how long the forecast goes on after the nearest point, in hours.
const spanBeyond = 18

// storm returns the newest advisory; ok is false before the first.
func (s *Scenario) storm(elapsed time.Duration) (storm, bool) {
	list := []storm{
		{lead: 30, ahead: geo.Point{Lat: -15.30, Lon: 41.50}, beyond: geo.Point{Lat: -18.0, Lon: 41.4}, wind: 55, peak: 63, level: "Green", score: "0.5"},
		{lead: 24, ahead: geo.Point{Lat: -14.95, Lon: 41.05}, beyond: geo.Point{Lat: -17.0, Lon: 40.6}, wind: 65, peak: 80, level: "Orange", score: "1.5"},
		{lead: 18, ahead: geo.Point{Lat: -14.60, Lon: 40.75}, beyond: geo.Point{Lat: -15.4, Lon: 38.2}, wind: 80, peak: 100, land: true, level: "Orange", score: "2"},
		{lead: 12, ahead: geo.Point{Lat: -14.58, Lon: 40.72}, beyond: geo.Point{Lat: -15.4, Lon: 38.1}, wind: 95, peak: 110, land: true, level: "Red", score: "2.5"},
	}
	steps := []time.Duration{cycloneFirst, cycloneSecond, cycloneThird, cycloneFourth}
	for i := len(steps) - 1; i >= 0; i-- {
		if elapsed >= steps[i] {
			st := list[i]
			// To the minute, as decks and event map write it: a fix must not lie before "now".
			st.nth, st.issued = i+1, s.at(steps[i]).Truncate(time.Minute)
			st.began = st.issued.Truncate(time.Hour).Add(-24 * time.Hour)
			return st, true
		}
	}
	return storm{}, false
}

// A fix is the storm at one time. Radii are nautical miles of 34, 50 and 64 kt winds in the
// quadrants NE, SE, SW, NW.
type fix struct {
	at    time.Time
	place geo.Point
	wind  float64 // knots
	radii [3][4]float64
}

// at is the storm at a time, past or future.
func (st storm) at(t time.Time) fix {
	h := t.Sub(st.issued).Hours()
	f := fix{at: t}
	here := wayPoint(30 - st.lead)
	switch {
	case h <= 0:
		f.place, f.wind = wayPoint(30-st.lead+h), math.Max(25, st.wind+h*1.2)
	case h <= st.lead:
		f.place, f.wind = between(here, st.ahead, h/st.lead), st.wind+(st.peak-st.wind)*h/st.lead
	default:
		f.place, f.wind = between(st.ahead, st.beyond, (h-st.lead)/spanBeyond), st.peak
		if st.land {
			f.wind = math.Max(30, st.peak*math.Exp(-(h-st.lead)/12))
		}
	}
	f.place = geo.Point{Lat: round(f.place.Lat, 10), Lon: round(f.place.Lon, 10)} // tenths, as advisories do
	f.wind = 5 * math.Round(f.wind/5)
	f.radii = radii(f.wind)
	return f
}

// wayPoint is the line along which the storm comes, hours after the first advisory.
func wayPoint(hours float64) geo.Point {
	return geo.Point{Lat: -12.6 - 0.070*hours, Lon: 45.4 - 0.147*hours}
}

func between(a, b geo.Point, f float64) geo.Point {
	return geo.Point{Lat: a.Lat + f*(b.Lat-a.Lat), Lon: a.Lon + f*(b.Lon-a.Lon)}
}

func round(x, parts float64) float64 { return math.Round(x*parts) / parts }

// radii is the size of the invented storm, a little larger on its southern side.
func radii(wind float64) [3][4]float64 {
	var out [3][4]float64
	for i, r := range [3]struct{ limit, base, slope float64 }{{34, 60, 0.8}, {50, 25, 0.6}, {64, 15, 0.5}} {
		if wind < r.limit {
			continue
		}
		for q, side := range [4]float64{0.9, 1.1, 1.05, 1} {
			out[i][q] = 5 * math.Round((r.base+(wind-r.limit)*r.slope)*side/5)
		}
	}
	return out
}

// past returns the fixes up to now, oldest first: one every six hours, then the newest.
func (st storm) past() []fix {
	var out []fix
	for h := 0; h < 24; h += 6 {
		out = append(out, st.at(st.began.Add(time.Duration(h)*time.Hour)))
	}
	return append(out, st.at(st.issued))
}

// forecast returns the fixes ahead, every six hours from the last full hour.
func (st storm) forecast() []fix {
	var out []fix
	base := st.issued.Truncate(time.Hour)
	for h := 6; float64(h) <= st.lead+spanBeyond; h += 6 {
		out = append(out, st.at(base.Add(time.Duration(h)*time.Hour)))
	}
	return out
}
