package gdacs

import (
	"encoding/json"
	"fmt"
	"math"
	"sort"
	"strconv"
	"strings"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/feed/scan"
	"watchfire.dev/internal/geo"
)

// track collects what the features of a cyclone say of its way. The event map has no times
// on its lines; the times stand in the labels of small circles around each fix.
type track struct {
	from   time.Time // start of the event: tells the year of a label
	last   time.Time // last fix; what is later is forecast
	points []event.TrackPoint
	winds  []wind
	lines  []geo.Shape
}

// wind is where winds of at least kt knots blow at one time.
type wind struct {
	at    time.Time
	kt    int // 34, 50 or 64
	shape geo.Shape
}

// windOf returns the knots in a class such as "Poly_WindRadii_34_2605281200".
func windOf(class string) string {
	kt, _, _ := strings.Cut(strings.TrimPrefix(class, "Poly_WindRadii_"), "_")
	return kt
}

// windTime reads knots and time of such a class.
func windTime(class string) (int, time.Time, error) {
	kt, when, _ := strings.Cut(strings.TrimPrefix(class, "Poly_WindRadii_"), "_")
	n, err := strconv.Atoi(kt)
	if err != nil || n != 34 && n != 50 && n != 64 {
		return 0, time.Time{}, fmt.Errorf("wind of %q kt: %w", scan.Printable([]byte(kt)), fault.ErrInvalid)
	}
	at, err := scan.Time(when, "0601021504")
	return n, at, err
}

// calm checks the class of a wind field without extent.
func (t *track) calm(class string) error {
	_, _, err := windTime(class)
	return err
}

// radii keeps a wind field for the track and returns its footprint without the shape.
func (t *track) radii(class string, shapes []geo.Shape) (event.Footprint, error) {
	kt, at, err := windTime(class)
	if err != nil {
		return event.Footprint{}, err
	}
	for _, s := range shapes {
		t.winds = append(t.winds, wind{at, kt, s})
	}
	f := event.Footprint{Role: event.Forecast, From: at, To: at, Measures: event.Measures{{Name: "wind", Value: float64(kt), Unit: "kt"}}}
	switch {
	case at.Equal(t.last):
		f.Role = event.Affected
	case at.Before(t.last):
		f.Role = event.Past
	}
	return f, nil
}

// zone is the wind inside the green, orange and red zones. GDACS rounds 34, 50 and 64 kt to
// 60, 90 and 120 km/h in its labels; other labels are converted.
func zone(class, label string) event.Measures {
	kt := map[string]float64{"Poly_Green": 34, "Poly_Orange": 50, "Poly_Red": 64}[class]
	if text, ok := strings.CutSuffix(strings.TrimSpace(label), "km/h"); ok {
		if v, err := number(text); err == nil && v != 60 && v != 90 && v != 120 && v > 0 && v < 500 {
			kt = round(v / kmhPerKnot)
		}
	}
	return event.Measures{{Name: "wind", Value: kt, Unit: "kt"}}
}

// point adds the fix in the middle of a small circle whose label is "27/05 06:00 UTC". The
// year is the one that brings it nearest to the start of the event.
func (t *track) point(label string, shapes []geo.Shape) error {
	at, err := time.Parse("02/01 15:04", strings.TrimSuffix(strings.TrimSpace(label), " UTC"))
	if err != nil {
		return fmt.Errorf("time of fix %q: %w", scan.Printable([]byte(label)), fault.ErrInvalid)
	}
	var best time.Time
	for year := t.from.Year() - 1; year <= t.from.Year()+1; year++ {
		c := time.Date(year, at.Month(), at.Day(), at.Hour(), at.Minute(), 0, 0, time.UTC)
		if best.IsZero() || c.Sub(t.from).Abs() < best.Sub(t.from).Abs() {
			best = c
		}
	}
	if len(shapes[0].Polygons) == 0 {
		return fmt.Errorf("fix drawn as %s: %w", shapes[0].Kind, fault.ErrInvalid)
	}
	t.points = append(t.points, event.TrackPoint{At: best, Place: middle(shapes[0].Polygons[0][0]), Forecast: best.After(t.last)})
	return nil
}

// middle of the box around a ring, also across the date line, rounded to the thousandth of
// a degree: the circles are drawn around tenths.
func middle(r geo.Ring) geo.Point {
	west, east, south, north := 0.0, 0.0, r[0].Lat, r[0].Lat
	for _, p := range r {
		d := math.Mod(p.Lon-r[0].Lon+540, 360) - 180
		west, east = math.Min(west, d), math.Max(east, d)
		south, north = math.Min(south, p.Lat), math.Max(north, p.Lat)
	}
	lon := math.Mod(r[0].Lon+(west+east)/2+540, 360) - 180
	return geo.Point{Lat: math.Round((south+north)*500) / 1000, Lon: math.Round(lon*1000) / 1000}
}

// finish puts the track in order of time, adds the winds to its fixes and the way so far as
// past. Without fixes the lines are all there is.
func (t *track) finish(s *event.Signal) {
	sort.SliceStable(t.points, func(i, j int) bool { return t.points[i].At.Before(t.points[j].At) })
	index := make(map[int64]int, len(t.points))
	var past []geo.Point
	for i, p := range t.points {
		index[p.At.Unix()] = i
		if !p.Forecast {
			past = append(past, p.Place)
		}
	}
	for _, w := range t.winds {
		if i, ok := index[w.at.Unix()]; ok {
			t.points[i].Radii[map[int]int{34: 0, 50: 1, 64: 2}[w.kt]] = quadrants(t.points[i].Place, w.shape)
		}
	}
	s.Track = t.points
	if len(past) >= 2 {
		s.Footprints = append(s.Footprints, event.Footprint{Shape: geo.Line(past, 0), Role: event.Past})
	} else if len(t.points) == 0 {
		for _, l := range t.lines {
			s.Footprints = append(s.Footprints, event.Footprint{Shape: l, Role: event.Past})
		}
	}
}

// quadrants measures how far a wind field reaches from the centre to NE, SE, SW and NW, in
// kilometres. The drawing changes its radius in the cardinal directions, so only the middle
// half of each quadrant is looked at.
func quadrants(c geo.Point, s geo.Shape) [4]float64 {
	var out [4]float64
	for _, polygon := range s.Polygons {
		for _, p := range polygon[0] {
			dLon := math.Mod(p.Lon-c.Lon+540, 360) - 180
			bearing := math.Mod(math.Atan2(dLon*math.Cos(c.Lat*math.Pi/180), p.Lat-c.Lat)*180/math.Pi+360, 360)
			q := int(bearing/90) % 4
			if in := bearing - float64(q)*90; in > 22.5 && in < 67.5 {
				out[q] = math.Max(out[q], math.Round(geo.DistanceKM(c, p)))
			}
		}
	}
	return out
}

// pointless tells whether all positions of a polygon are the same: the source draws a wind
// that does not blow as a ring without extent.
func pointless(raw json.RawMessage) bool {
	var g struct {
		Type        string        `json:"type"`
		Coordinates [][][]float64 `json:"coordinates"`
	}
	if json.Unmarshal(raw, &g) != nil || g.Type != "Polygon" || len(g.Coordinates) == 0 || len(g.Coordinates[0]) == 0 {
		return false
	}
	const degree = 1e-6
	first := g.Coordinates[0][0]
	for _, ring := range g.Coordinates {
		for _, p := range ring {
			if len(p) < 2 || len(first) < 2 || math.Abs(p[0]-first[0]) > degree || math.Abs(p[1]-first[1]) > degree {
				return false
			}
		}
	}
	return true
}
