package web

import (
	"fmt"
	"math"
	"strings"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/geo"
)

// A drawing is a small map as plain SVG parts; the template only writes them out. Style
// comes from classes, because the policy allows no style in the page.
type drawing struct {
	W, H    float64
	Outline string // path of borders and coasts
	Grid    string
	Areas   []stroke // filled: footprints
	Lines   []stroke // routes and tracks
	Circles []ring
	Crosses []spot // centres of events
	Marks   []spot // assets
	Labels  []label
	Scale   float64 // length of the scale bar in pixels
	ScaleKM float64
	fit     projection
	boxes   [][4]float64 // of labels, for keeping them apart
}

// Crowded tells whether so many areas lie on one another that each must be drawn thinly.
func (d *drawing) Crowded() bool { return len(d.Areas)+len(d.Circles) > 6 }

// A stroke is one path; a ring one circle; a spot one mark with its level; a label one text.
type (
	stroke struct{ Class, D string }
	ring   struct {
		Class   string
		X, Y, R float64
	}
	spot struct {
		X, Y               float64
		Class, Level, Href string
		Title              string
	}
	label struct {
		X, Y   float64
		Text   string
		Anchor string
	}
)

// A projection is equirectangular around a centre: true enough for the hundreds of
// kilometres of a project, and for the world the plain plate carrée.
type projection struct {
	centre   geo.Point
	perDegX  float64 // pixels per degree of longitude
	perDegY  float64 // pixels per degree of latitude
	w, h     float64
	pxPerKM  float64
	wholeMap bool
}

const kmPerDegree = math.Pi * geo.EarthRadiusKM / 180

// world shows everything between 58° S and 78° N.
func world(w, h float64) *drawing {
	p := projection{centre: geo.Point{Lat: 10}, perDegX: w / 360, perDegY: h / 136, w: w, h: h, wholeMap: true}
	p.pxPerKM = p.perDegY / kmPerDegree
	return &drawing{W: w, H: h, fit: p}
}

// around fits the points into w × h pixels with a margin; it shows at least 20 km.
func around(w, h float64, points []geo.Point) *drawing {
	if len(points) == 0 {
		return world(w, h)
	}
	first := points[0]
	minLat, maxLat, minLon, maxLon := first.Lat, first.Lat, 0.0, 0.0
	for _, p := range points {
		minLat, maxLat = math.Min(minLat, p.Lat), math.Max(maxLat, p.Lat)
		d := turn(p.Lon - first.Lon)
		minLon, maxLon = math.Min(minLon, d), math.Max(maxLon, d)
	}
	centre := geo.Point{Lat: (minLat + maxLat) / 2, Lon: turn(first.Lon + (minLon+maxLon)/2)}
	shrink := math.Max(0.05, math.Cos(centre.Lat*math.Pi/180))
	spanX := math.Max((maxLon-minLon)*shrink*kmPerDegree, 20) * 1.5
	spanY := math.Max((maxLat-minLat)*kmPerDegree, 12) * 1.7
	perKM := math.Min(w/spanX, h/spanY)
	p := projection{centre: centre, perDegX: perKM * kmPerDegree * shrink, perDegY: perKM * kmPerDegree, w: w, h: h, pxPerKM: perKM}
	d := &drawing{W: w, H: h, fit: p}
	d.scaleBar()
	return d
}

// turn brings a difference of longitudes into [-180, 180).
func turn(d float64) float64 { return math.Mod(math.Mod(d+180, 360)+360, 360) - 180 }

func (p projection) at(g geo.Point) (x, y float64) {
	d := g.Lon - p.centre.Lon
	if !p.wholeMap {
		d = turn(d)
	}
	return p.w/2 + d*p.perDegX, p.h/2 - (g.Lat-p.centre.Lat)*p.perDegY
}

// near tells whether a pixel lies in the picture or within one picture of it.
func (p projection) near(x, y float64) bool {
	return x >= -p.w && x <= 2*p.w && y >= -p.h && y <= 2*p.h
}

func (d *drawing) scaleBar() {
	for _, km := range []float64{1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000} {
		if px := km * d.fit.pxPerKM; px >= 40 {
			d.Scale, d.ScaleKM = px, km
			return
		}
	}
}

// path writes a line of points, broken where it leaves the picture far behind or jumps
// over the antimeridian. Points too close to be told apart are left out.
func (d *drawing) path(out *strings.Builder, line []geo.Point, closed bool) {
	pen, lastX, lastY, least := false, 0.0, 0.0, 0.7
	if d.fit.wholeMap {
		least = 1.5
	}
	for i, g := range line {
		x, y := d.fit.at(g)
		if !d.fit.near(x, y) && !closed {
			pen = false
			continue
		}
		jump := pen && math.Abs(x-lastX) > d.W*0.9 && d.fit.wholeMap
		if pen && !jump && i < len(line)-1 && math.Abs(x-lastX)+math.Abs(y-lastY) < least {
			continue
		}
		op := byte('L')
		if !pen || jump {
			op = 'M'
		}
		out.WriteByte(op)
		if d.fit.wholeMap { // whole pixels are fine enough, and half as many bytes
			fmt.Fprintf(out, "%.0f %.0f", x, y)
		} else {
			fmt.Fprintf(out, "%.1f %.1f", clampPx(x), clampPx(y))
		}
		pen, lastX, lastY = true, x, y
	}
	if closed && pen {
		out.WriteByte('Z')
	}
}

// clampPx keeps far points of closed rings at a size that every browser can draw.
func clampPx(v float64) float64 { return math.Max(-20000, math.Min(20000, v)) }

// background draws the world's outline, or a grid when the build has none.
func (d *drawing) background(o backdrop) {
	lines := o.fine
	if d.fit.wholeMap || len(lines) == 0 {
		lines = o.coarse
	}
	var b strings.Builder
	for _, l := range lines {
		if d.fit.wholeMap || l.meets(d.fit) {
			d.path(&b, l.line, false)
		}
	}
	d.Outline = b.String()
	b.Reset()
	step := gridStep(d.W / d.fit.perDegX)
	for lon := -180.0; lon <= 180; lon += step {
		if x, _ := d.fit.at(geo.Point{Lat: d.fit.centre.Lat, Lon: lon}); x > 0 && x < d.W {
			fmt.Fprintf(&b, "M%.1f 0V%.0f", x, d.H)
		}
	}
	for lat := -90.0; lat <= 90; lat += step {
		if _, y := d.fit.at(geo.Point{Lat: lat, Lon: d.fit.centre.Lon}); y > 0 && y < d.H {
			fmt.Fprintf(&b, "M0 %.1fH%.0f", y, d.W)
		}
	}
	d.Grid = b.String()
}

// gridStep gives 3 to 8 lines over a span of degrees.
func gridStep(span float64) float64 {
	for _, s := range []float64{0.1, 0.2, 0.5, 1, 2, 5, 10, 30} {
		if span/s <= 8 {
			return s
		}
	}
	return 30
}

// shape draws one shape of an event or an asset with the given class.
func (d *drawing) shape(s geo.Shape, class string) {
	switch s.Kind {
	case geo.CircleKind, geo.PointKind:
		if x, y := d.fit.at(s.Points[0]); d.fit.near(x, y) || s.RadiusKM > 0 {
			if r := s.RadiusKM * d.fit.pxPerKM; r >= 3 {
				d.Circles = append(d.Circles, ring{class, round(clampPx(x)), round(clampPx(y)), round(math.Min(r, 20000))})
			}
		}
	case geo.LineKind:
		var b strings.Builder
		d.path(&b, s.Points, false)
		if b.Len() > 0 {
			d.Lines = append(d.Lines, stroke{class, b.String()})
		}
	case geo.PolygonKind:
		var b strings.Builder
		for _, p := range s.Polygons {
			for _, r := range p {
				d.path(&b, r, true)
			}
		}
		if b.Len() > 0 {
			d.Areas = append(d.Areas, stroke{class, b.String()})
		}
	}
}

func round(v float64) float64 { return math.Round(v*10) / 10 }

// occurrence draws an event: where it acts, its track, its centre with the uncertainty.
func (d *drawing) occurrence(e event.Event, level string) {
	for _, f := range e.Shapes {
		switch f.Role {
		case event.Affected, event.Forecast:
			if f.Grid != nil { // how far its values reach, not how far they matter
				d.shape(f.Shape, "cone")
				continue
			}
			d.shape(f.Shape, "area area-"+level)
		case event.Cone:
			d.shape(f.Shape, "cone")
		case event.Centre:
			d.shape(f.Shape, "doubt")
			if len(f.Shape.Points) > 0 {
				d.cross(f.Shape.Points[0], e)
			}
		}
	}
	if len(e.Track) < 2 {
		return
	}
	var past, ahead []geo.Point
	for _, t := range e.Track {
		if t.Forecast {
			ahead = append(ahead, t.Place)
		} else {
			past = append(past, t.Place)
		}
	}
	if len(past) > 0 {
		ahead = append([]geo.Point{past[len(past)-1]}, ahead...)
		d.cross(past[len(past)-1], e)
	}
	d.shape(geo.Line(past, 0), "track")
	d.shape(geo.Line(ahead, 0), "track ahead")
}

func (d *drawing) cross(g geo.Point, e event.Event) {
	if x, y := d.fit.at(g); d.inside(x, y) {
		d.Crosses = append(d.Crosses, spot{X: round(x), Y: round(y), Title: e.Title, Href: "/events/" + e.ID})
	}
}

func (d *drawing) inside(x, y float64) bool { return x >= 0 && y >= 0 && x <= d.W && y <= d.H }
