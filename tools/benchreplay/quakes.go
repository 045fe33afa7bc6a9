package main

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/geo"
)

// least is the smallest magnitude of the catalogue; below it the world is not complete.
const least = 4.5

// A quake is one entry of the catalogue, small enough to hold thirty years of them.
type quake struct {
	occurred, received int64 // Unix ms
	lat, lon           float64
	depth, magnitude   float32
	box                int32
}

// quakes draws a catalogue: places evenly along and across the boxes, magnitudes by
// Gutenberg and Richter with b = 1 up to each box's largest, depths falling off with the
// deepest of the box, instants evenly over the span. It is sorted by the instant of receipt.
func quakes(rng *rand.Rand, n int, from time.Time, span time.Duration) ([]quake, []string) {
	boxes := table("boundaries.csv")
	which := newChooser(boxes, "share")
	type box struct{ lat1, lon1, lat2, lon2, half, largest, deepest float64 }
	flat, names := make([]box, len(boxes)), make([]string, len(boxes))
	for i, b := range boxes {
		flat[i] = box{
			b.number("lat1"), b.number("lon1"), b.number("lat2"), b.number("lon2"), b.number("half_km"), b.number("largest"), b.number("deepest_km"),
		}
		names[i] = b["name"]
	}
	out := make([]quake, n)
	for i := range out {
		k := which.pick(rng.Float64())
		b := &flat[k]
		along := rng.Float64()
		lat, lon := b.lat1+along*(b.lat2-b.lat1), b.lon1+along*math.Remainder(b.lon2-b.lon1, 360)
		lat, lon = offset(lat, lon, b.half*(2*rng.Float64()-1), b.half*(2*rng.Float64()-1))
		cut := 1 - math.Pow(10, -(b.largest-least))
		magnitude := least - math.Log10(1-cut*rng.Float64())
		depth := math.Min(b.deepest, 8+rng.ExpFloat64()*math.Min(25, b.deepest/3))
		if b.deepest > 60 && rng.Float64() < 0.3 {
			depth = 40 + rng.Float64()*(b.deepest-40)
		}
		at := from.Add(time.Duration(rng.Int64N(int64(span)))).UnixMilli()
		out[i] = quake{
			occurred: at, received: at + 600_000 + rng.Int64N(900_000), lat: round(lat, 1e4), lon: round(lon, 1e4),
			depth: float32(round(depth, 10)), magnitude: float32(round(magnitude, 10)), box: int32(k),
		}
	}
	slices.SortFunc(out, func(a, b quake) int { return cmp.Compare(a.received, b.received) })
	return out, names
}

// signal is what the parser of a summary feed makes of such an entry.
func (q *quake) signal(i int, place string) event.Signal {
	code := strconv.FormatInt(int64(i), 36)
	occurred := time.UnixMilli(q.occurred).UTC()
	received := time.UnixMilli(q.received).UTC()
	magnitude := round(float64(q.magnitude), 10)
	s := event.Signal{
		Source: "usgs-m4.5", Owner: "usgs", Key: "usgs:us" + code, Aliases: []string{"usgs:at" + code}, Act: event.Report, Status: event.Actual,
		Version: strconv.FormatInt(q.received, 10), Order: q.received, Hazard: event.Earthquake, Type: "earthquake",
		Texts:    []event.Text{{Language: "en", Headline: "M " + strconv.FormatFloat(magnitude, 'f', 1, 64) + " - " + place, Area: place}},
		Occurred: occurred, Published: received.Add(-time.Minute), Received: received, Certainty: "Observed", Instrument: true,
		Grade:      event.Grade{Reliability: "A", Credibility: 1},
		Footprints: []event.Footprint{{Shape: geo.At(q.lat, q.lon, 10), Role: event.Centre}},
		Measures: event.Measures{
			{Name: "sigma_km", Value: 10, Unit: "km"},
			{Name: "depth", Value: round(float64(q.depth), 10), Unit: "km", Sigma: 4},
			{Name: "magnitude", Value: magnitude, Sigma: 0.1},
		},
		TLP: "CLEAR", Record: "rec_" + code,
	}
	s.ID = event.SignalID(s)
	return s
}
