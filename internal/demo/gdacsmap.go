package demo

import (
	"fmt"
	"math"
	"sort"
	"strconv"

	"watchfire.dev/internal/geo"
)

// gdacsMap writes the cyclone as the event map does: its centre, the zones of three winds
// over the whole way, the wind at each fix, the way in pieces and the cone are features of
// their own, joined by the numbers at the beginning of their ids.
func (s *Scenario) gdacsMap(m moment) ([]byte, error) {
	features := []any{}
	if st, ok := s.storm(m.elapsed); ok {
		features = st.features(m)
	}
	return marshal("GDACS event map", map[string]any{"type": "FeatureCollection", "features": features})
}

// A drawing gathers the features of one episode.
type drawing struct {
	common map[string]any
	prefix string // of the ids
	out    []any
}

func (d *drawing) add(kind, class, label, geometry string, coordinates any) {
	p := map[string]any{"Class": class, "polygonlabel": label}
	for k, v := range d.common {
		if class == "Point_Centroid" || k != "eventid" && k != "episodeid" {
			p[k] = v // as in the original, only the centroid carries the numbers
		}
	}
	d.out = append(d.out, map[string]any{
		"type": "Feature", "id": d.prefix + kind, "properties": p,
		"geometry": map[string]any{"type": geometry, "coordinates": coordinates},
	})
}

func (st storm) features(m moment) []any {
	const layout = "02 Jan 2006 15:04:05"
	fixes, ahead := st.past(), st.forecast()
	now := fixes[len(fixes)-1]
	name := "Tropical Cyclone " + stormName + " (" + simulated + ")"
	d := &drawing{prefix: "TC" + stormEvent + strconv.Itoa(st.nth), common: map[string]any{
		"eventtype": "TC", "eventid": stormEvent, "episodeid": strconv.Itoa(st.nth), "eventname": stormName,
		"name": name, "description": name, "htmldescription": fmt.Sprintf("%s: %s Tropical Cyclone %s, advisory %d", simulated, st.level, stormName, st.nth),
		"link": gdacsReport(m, st.nth), "alertlevel": st.level, "alertscore": st.score,
		"alertlevelepisode": st.level, "alertscoreepisode": st.score,
		"fromdate": st.began.Format(layout), "todate": st.issued.Format(layout),
		"country": "Mozambique", "countrylist": "Mozambique", "iso3": "MOZ",
		"severity": fmt.Sprintf("%.4f", st.peak*1.852), "latitude": decimal(now.place.Lat), "longitude": decimal(now.place.Lon),
	}}
	d.add("Centroid", "Point_Centroid", "Centroid", "Point", position(now.place))
	way := append([]fix{now}, ahead...)
	for i, zone := range [3][2]string{{"Green", "60 km/h"}, {"Orange", "90 km/h"}, {"Red", "120 km/h"}} {
		if ring := swath(way, func(f fix) [4]float64 { return f.radii[i] }); ring != nil {
			d.add(zone[0], "Poly_"+zone[0], zone[1], "Polygon", []any{ring})
		}
	}
	for _, f := range way {
		for i, knots := range [3]string{"34", "50", "64"} {
			if f.radii[i] != [4]float64{} {
				kind := "WindRadii_" + knots + "_" + f.at.Format("0601021504")
				d.add(kind, "Poly_"+kind, f.at.Format("02/01 15:04"), "Polygon", []any{circle(f.place, f.radii[i])})
			}
		}
	}
	all := append(fixes, ahead...)
	for i, f := range all {
		kind := "Polygon_Point_" + strconv.Itoa(i)
		d.add(kind, "Poly_"+kind, f.at.Format("02/01 15:04")+" UTC", "Polygon", []any{circle(f.place, [4]float64{4, 4, 4, 4})})
		if i > 0 {
			kind = "Line_" + strconv.Itoa(i-1)
			d.add(kind, "Line_"+kind, "TC", "LineString", []any{position(all[i-1].place), position(f.place)})
		}
	}
	cone := swath(way, func(f fix) [4]float64 {
		r := 10 + 2.2*f.at.Sub(st.issued).Hours()
		return [4]float64{r, r, r, r}
	})
	d.add("Cones", "Poly_Cones", "Uncertainty Cones", "Polygon", []any{cone})
	return d.out
}

func position(p geo.Point) []float64 { return []float64{round(p.Lon, 1e4), round(p.Lat, 1e4)} }

// circle draws the radii (nautical miles, NE SE SW NW) around a place as a closed ring.
func circle(c geo.Point, radii [4]float64) [][]float64 {
	const degreesPerMile = 1.0 / 60
	var ring [][]float64
	for bearing := 0; bearing < 360; bearing += 10 {
		angle := float64(bearing) * math.Pi / 180
		r := radii[bearing/90] * degreesPerMile
		ring = append(ring, position(geo.Point{
			Lat: c.Lat + r*math.Cos(angle),
			Lon: c.Lon + r*math.Sin(angle)/math.Cos(c.Lat*math.Pi/180),
		}))
	}
	return append(ring, ring[0])
}

// swath is the convex hull of the circles along the way; nil where no fix has any.
func swath(way []fix, radii func(fix) [4]float64) [][]float64 {
	var points [][]float64
	for _, f := range way {
		if r := radii(f); r != [4]float64{} {
			points = append(points, circle(f.place, r)...)
		}
	}
	if len(points) == 0 {
		return nil
	}
	sort.Slice(points, func(i, j int) bool {
		return points[i][0] < points[j][0] || points[i][0] == points[j][0] && points[i][1] < points[j][1]
	})
	ring := append(halfHull(points), halfHull(backwards(points))...)
	return append(ring, ring[0])
}

// halfHull is one side of the hull (Andrew's monotone chain), without its last point.
func halfHull(points [][]float64) [][]float64 {
	var hull [][]float64
	for _, p := range points {
		for len(hull) >= 2 && turn(hull[len(hull)-2], hull[len(hull)-1], p) <= 0 {
			hull = hull[:len(hull)-1]
		}
		hull = append(hull, p)
	}
	return hull[:len(hull)-1]
}

func turn(a, b, c []float64) float64 {
	return (b[0]-a[0])*(c[1]-a[1]) - (b[1]-a[1])*(c[0]-a[0])
}

func backwards(points [][]float64) [][]float64 {
	out := make([][]float64, len(points))
	for i, p := range points {
		out[len(points)-1-i] = p
	}
	return out
}
