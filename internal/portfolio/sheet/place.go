package sheet

import (
	"strings"

	"watchfire.dev/internal/geo"
	"watchfire.dev/internal/portfolio"
)

// noPlace reports a place that is given for something that has none.
func (im *importer) noPlace(r record, kind string) {
	for _, field := range []string{"lat", "lon", "geometry", "radius_km"} {
		if value := im.get(r, field); value != "" {
			im.cellf(r, field, "%s stands at a %s, which has no %s: clear the cell", portfolio.Quote(value), kind, field)
		}
	}
	if r.shape != nil && !r.shape.IsZero() {
		im.cellf(r, "geometry", "a %s has no place: write \"geometry\": null", kind)
	}
}

// place reads lat and lon, geometry and radius_km into the asset's shape. Columns that the
// file has not leave what was there.
func (im *importer) place(r record, a *portfolio.Asset) {
	lat, lon, text := im.get(r, "lat"), im.get(r, "lon"), im.get(r, "geometry")
	drawn := r.shape != nil && !r.shape.IsZero()
	point := lat != "" || lon != ""
	switch {
	case point && (text != "" || drawn), text != "" && drawn:
		im.cellf(r, "geometry", "the place is given twice: keep either lat and lon or geometry")
	case point:
		im.point(r, a, lat, lon)
	case text != "":
		s, err := portfolio.ParseShape(text)
		if err != nil {
			im.cellf(r, "geometry", "%s", err.Error())
			return
		}
		a.Shape = s
		im.suspectShape(r, a)
	case drawn:
		a.Shape = *r.shape
		im.suspectShape(r, a)
	case r.shape != nil,
		a.Shape.Kind == geo.PointKind && (im.has(r, "lat") || im.has(r, "lon")),
		a.Shape.Kind != geo.PointKind && im.has(r, "geometry"):
		a.Shape = geo.Shape{}
	}
	if radius := im.get(r, "radius_km"); radius != "" {
		f, err := parseNumber(radius)
		if err != nil {
			im.cellf(r, "radius_km", "%s", err.Error())
		}
		a.Shape.RadiusKM = f
	} else if im.has(r, "radius_km") && !drawn && text == "" {
		a.Shape.RadiusKM = 0
	}
}

func (im *importer) point(r record, a *portfolio.Asset, latText, lonText string) {
	lat, okLat := im.degrees(r, "lat", latText)
	lon, okLon := im.degrees(r, "lon", lonText)
	if !okLat || !okLon {
		return
	}
	p, exchanged := geo.Point{Lat: lat, Lon: lon}, geo.Point{Lat: lon, Lon: lat}
	switch {
	case p.Valid():
		a.Shape = geo.At(lat, lon, 0)
		im.suspect(r, "lat", a.Country, p, exchanged)
	case exchanged.Valid():
		im.cellf(r, "lat", "%s is not between -90 and 90; with lat and lon exchanged the place would fit: exchange them", latText)
	case lat < -90 || lat > 90:
		im.cellf(r, "lat", "%s is not between -90 and 90", latText)
	default:
		im.cellf(r, "lon", "%s is not between -180 and 180", lonText)
	}
}

func (im *importer) degrees(r record, field, text string) (float64, bool) {
	if text == "" {
		im.cellf(r, field, "is empty: a point needs both lat and lon")
		return 0, false
	}
	f, err := parseNumber(text)
	if err != nil {
		im.cellf(r, field, "%s", err.Error())
	}
	return f, err == nil
}

// suspect reports a place that lies outside its declared country when the exchanged place
// lies inside: strong evidence of a slip. A place merely outside its country is taken:
// ports, borders and ships are real.
func (im *importer) suspect(r record, field, country string, p, exchanged geo.Point) {
	holds := im.options.Holds
	if holds == nil || country == "" || !exchanged.Valid() || holds(country, p) || !holds(country, exchanged) {
		return
	}
	where := "outside"
	if im.options.Locate != nil {
		if found := im.options.Locate(p).Countries; len(found) > 0 {
			where = "in " + found[0]
		}
	}
	if field == "lat" {
		im.cellf(r, field, "the place lies %s; with lat and lon exchanged it would lie in %s as declared: exchange them", where, country)
		return
	}
	im.cellf(r, field, "the geometry begins %s; with latitude and longitude exchanged it would begin in %s as declared: longitude comes first", where, country)
}

func (im *importer) suspectShape(r record, a *portfolio.Asset) {
	if p, ok := corner(a.Shape); ok {
		im.suspect(r, "geometry", a.Country, p, geo.Point{Lat: p.Lon, Lon: p.Lat})
	}
}

// corner is the place that stands for a shape when its country is asked for: its first
// vertex.
func corner(s geo.Shape) (geo.Point, bool) {
	switch {
	case len(s.Points) > 0:
		return s.Points[0], true
	case len(s.Polygons) > 0 && len(s.Polygons[0]) > 0 && len(s.Polygons[0][0]) > 0:
		return s.Polygons[0][0][0], true
	}
	return geo.Point{}, false
}

// fill gives a new or moved asset the country and division in which it lies, where the file
// leaves them empty, and keeps the note for the change. Where the country is disputed it
// fills nothing in: somebody must say.
func (im *importer) fill(r record, code string, a *portfolio.Asset, before portfolio.Asset) {
	p, ok := corner(a.Shape)
	old, had := corner(before.Shape)
	if im.options.Locate == nil || !ok || !p.Valid() || a.Country != "" && a.Admin1 != "" || had && old == p && a.Country != "" {
		return
	}
	l := im.options.Locate(p)
	note := func(field, text string) {
		im.notes[noteKey{code, a.Code, field}] = text
	}
	switch {
	case a.Country == "" && len(l.Countries) > 1:
		im.cellf(r, "country", "is empty, and the place is %s: write one of %s", l.Note, strings.Join(l.Countries, ", "))
		return
	case a.Country == "" && len(l.Countries) == 1:
		a.Country = l.Countries[0]
		note("country", l.Note)
	}
	if a.Admin1 == "" && l.Admin1 != "" && len(l.Countries) == 1 && a.Country == l.Countries[0] {
		a.Admin1 = l.Admin1
		note("admin1", l.Note)
	}
}

// noteKey names a field of an asset by the codes of project and asset.
type noteKey struct{ project, asset, field string }

// annotate puts the notes of filled fields on the changes.
func (im *importer) annotate(changes []portfolio.Change) {
	for i := range changes {
		project, asset, ok := strings.Cut(changes[i].Code, "/")
		if !ok || changes[i].Thing != "asset" {
			continue
		}
		for k := range changes[i].Fields {
			f := &changes[i].Fields[k]
			f.Note = im.notes[noteKey{project, asset, f.Field}]
		}
	}
}
