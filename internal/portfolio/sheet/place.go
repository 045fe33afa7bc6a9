package sheet

import (
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
	case drawn:
		a.Shape = *r.shape
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
		im.suspect(r, a.Country, p, exchanged)
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

// suspect reports a point that lies outside its declared country when the exchanged point
// lies inside: strong evidence of a slip. A point merely outside its country is taken:
// ports, borders and ships are real.
func (im *importer) suspect(r record, country string, p, exchanged geo.Point) {
	if im.options.CountryOf == nil || country == "" || !exchanged.Valid() {
		return
	}
	if found := im.options.CountryOf(p); found != country && im.options.CountryOf(exchanged) == country {
		where := "at sea"
		if found != "" {
			where = "in " + found
		}
		im.cellf(r, "lat", "the place lies %s; with lat and lon exchanged it would lie in %s as declared: exchange them", where, country)
	}
}
