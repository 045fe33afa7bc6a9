package demo

import (
	"encoding/json"
	"fmt"
	"time"
)

// shake is one earthquake of the list, in the words of the USGS.
type shake struct {
	id, ids   string // ids begins and ends with a comma
	net, code string
	magnitude float64
	magType   string
	place     string
	status    string
	lat, lon  float64
	depth     float64 // km
	time      time.Time
	updated   time.Time
}

// The two solutions of the earthquake near Quetta. A regional network finds it at once; the
// reviewed solution of another network becomes preferred, so that the id of the feature
// changes and only the list of ids holds the report together.
const (
	quakeFirstID    = "at00sim264"
	quakeReviewedID = "us7000sim2"
)

// quakes writes the summary of the past day.
func (s *Scenario) quakes(m moment) ([]byte, error) {
	list := s.background()
	origin := s.at(quakeFirst).Add(-90 * time.Second)
	switch {
	case m.elapsed >= quakeReviewed:
		list = append([]shake{{
			id: quakeReviewedID, ids: "," + quakeFirstID + "," + quakeReviewedID + ",", net: "us", code: "7000sim2",
			magnitude: 6.9, magType: "mww", place: "2 km SW of the main camp, Quetta, Pakistan", status: "reviewed",
			lat: 30.192, lon: 66.998, depth: 5, time: origin.Add(-2 * time.Second), updated: s.at(quakeReviewed),
		}}, list...)
	case m.elapsed >= quakeFirst:
		list = append([]shake{{
			id: quakeFirstID, ids: "," + quakeFirstID + ",", net: "at", code: "00sim264",
			magnitude: 6.4, magType: "mwp", place: "16 km SE of the main camp, Quetta, Pakistan", status: "automatic",
			lat: 30.100, lon: 67.125, depth: 14, time: origin, updated: s.at(quakeFirst),
		}}, list...)
	}
	features := make([]any, 0, len(list))
	for _, q := range list {
		features = append(features, q.feature(m.base))
	}
	return marshal("earthquakes", map[string]any{
		"type": "FeatureCollection",
		"metadata": map[string]any{
			"generated": stamp(m.now), "url": m.base + pathQuakes, "title": simulated + " All Earthquakes, Past Day",
			"status": 200, "api": "1.14.1", "count": len(features),
		},
		"features": features,
	})
}

func (q shake) feature(base string) map[string]any {
	return map[string]any{
		"type": "Feature", "id": q.id,
		"properties": map[string]any{
			"mag": q.magnitude, "place": q.place + " (" + simulated + ")", "time": stamp(q.time), "updated": stamp(q.updated),
			"tz": nil, "url": base + "/earthquake.usgs.gov/earthquakes/eventpage/" + q.id,
			"detail": base + "/earthquake.usgs.gov/earthquakes/feed/v1.0/detail/" + q.id + ".geojson",
			"felt":   nil, "cdi": nil, "mmi": nil, "alert": nil, "status": q.status, "tsunami": 0,
			"sig": int(q.magnitude * q.magnitude * 15), "net": q.net, "code": q.code, "ids": q.ids,
			"sources": "," + q.net + ",", "types": ",origin,", "nst": nil, "dmin": nil, "rms": nil, "gap": nil,
			"magType": q.magType, "type": "earthquake",
			"title": fmt.Sprintf("%s: M %.1f - %s", simulated, q.magnitude, q.place),
		},
		"geometry": map[string]any{"type": "Point", "coordinates": []float64{q.lon, q.lat, q.depth}},
	}
}

// background lists earthquakes that reach no project of the example portfolio.
func (s *Scenario) background() []shake {
	list := []shake{
		{net: "ak", code: "0261sim1", magnitude: 2.6, magType: "ml", place: "41 km NW of Valdez, Alaska", lat: 61.42, lon: -146.83, depth: 22},
		{net: "nc", code: "7512sim2", magnitude: 2.5, magType: "md", place: "6 km W of Cobb, California", lat: 38.82, lon: -122.79, depth: 2},
		{net: "hv", code: "7413sim3", magnitude: 2.9, magType: "ml", place: "8 km SW of Volcano, Hawaii", lat: 19.38, lon: -155.29, depth: 30},
		{net: "us", code: "6000sim4", magnitude: 4.6, magType: "mb", place: "south of the Fiji Islands", lat: -24.18, lon: -179.63, depth: 510},
		{net: "us", code: "6000sim5", magnitude: 4.4, magType: "mb", place: "northern Mid-Atlantic Ridge", lat: 32.71, lon: -39.84, depth: 10},
		{net: "us", code: "6000sim6", magnitude: 4.2, magType: "mb", place: "Kuril Islands", lat: 46.31, lon: 152.06, depth: 64},
		{net: "us", code: "6000sim7", magnitude: 4.5, magType: "mb", place: "Kermadec Islands region", lat: -30.26, lon: -177.94, depth: 35},
		{net: "pr", code: "7146sim8", magnitude: 3.1, magType: "md", place: "61 km N of Isabela, Puerto Rico", lat: 19.05, lon: -67.05, depth: 31},
		{net: "us", code: "6000sim9", magnitude: 4.1, magType: "mb", place: "Reykjanes Ridge", lat: 59.64, lon: -30.02, depth: 10},
		{net: "ci", code: "4097sim0", magnitude: 2.4, magType: "ml", place: "21 km E of Julian, California", lat: 33.05, lon: -116.38, depth: 14},
	}
	for i := range list {
		q := &list[i]
		q.id, q.status = q.net+q.code, "reviewed"
		q.ids = "," + q.id + ","
		q.time = s.start.Add(-time.Duration(i*i+2*i+1) * 11 * time.Minute)
		q.updated = q.time.Add(9 * time.Minute)
	}
	return list
}

func marshal(what string, v any) ([]byte, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", what, err)
	}
	return body, nil
}
