package sheet

import (
	"fmt"
	"time"
	_ "time/tzdata"

	"pgregory.net/rapid"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/geo"
	"watchfire.dev/internal/portfolio"
)

// drawPortfolio draws a sound portfolio in normal form whose ids follow from its codes.
func drawPortfolio(t *rapid.T) portfolio.Portfolio {
	p := portfolio.Portfolio{Org: "org_1", Version: 1}
	zones := []string{"UTC", "Asia/Karachi", "America/Lima", "Africa/Maputo"}
	countries := []string{"PK", "PE", "MZ", "CN", "XK"}
	codes := rapid.SliceOfNDistinct(drawCode(), 1, 4, rapid.ID[string]).Draw(t, "projects")
	for _, code := range codes {
		p.Projects = append(p.Projects, portfolio.Project{
			ID: portfolio.ProjectID(p.Org, code), Code: code, Name: drawText(t, true), Sector: drawText(t, false),
			Country: rapid.SampledFrom(countries).Draw(t, "country"), Zone: rapid.SampledFrom(zones).Draw(t, "zone"),
		})
		for _, asset := range rapid.SliceOfNDistinct(drawCode(), 0, 5, rapid.ID[string]).Draw(t, "assets") {
			a := drawAsset(t)
			a.ID, a.Project, a.Code = portfolio.AssetID(p.Org, code, asset), portfolio.ProjectID(p.Org, code), asset
			a.Country = rapid.SampledFrom(countries).Draw(t, "country")
			a.Zone = rapid.SampledFrom(append(zones, "")).Draw(t, "zone")
			p.Assets = append(p.Assets, a)
		}
	}
	for _, code := range rapid.SliceOfNDistinct(drawCode(), 0, 5, rapid.ID[string]).Draw(t, "contacts") {
		c := portfolio.Contact{
			ID: portfolio.ContactID(p.Org, code), Code: code, Name: drawText(t, true), Role: drawText(t, false),
			Step: rapid.IntRange(1, 9).Draw(t, "step"), Zone: rapid.SampledFrom(zones).Draw(t, "zone"),
			Language: rapid.SampledFrom([]string{"en", "zh-Hans", "pt-MZ", "fr"}).Draw(t, "language"),
			Channels: []portfolio.Address{{Channel: "email", Address: "a@example.org"}, {Channel: "webhook", Address: "https://example.org/a?b=c,d\"e'"}},
		}
		if rapid.Bool().Draw(t, "own project") {
			c.Project = p.Projects[0].ID
		}
		p.Contacts = append(p.Contacts, c)
	}
	for i := range p.Assets { // suppliers of several projects
		if a := &p.Assets[i]; a.Kind == portfolio.Supplier {
			for _, x := range p.Projects {
				if x.ID != a.Project && rapid.Bool().Draw(t, "serves") {
					a.Serves = append(a.Serves, x.ID)
				}
			}
		}
	}
	return p.Normal()
}

func drawAsset(t *rapid.T) portfolio.Asset {
	a := portfolio.Asset{
		Kind: rapid.SampledFrom(portfolio.Kinds()).Draw(t, "kind"), Name: drawText(t, true), Admin1: drawText(t, false),
		Class:         rapid.SampledFrom([]string{"", "masonry", "tent"}).Draw(t, "class"),
		Vulnerability: rapid.OneOf(rapid.Just(0.0), rapid.Float64Range(0.3, 3)).Draw(t, "vulnerability"),
		ElevationM:    rapid.Ptr(rapid.Float64Range(-500, 9000), true).Draw(t, "elevation"),
		CoastKM:       rapid.Ptr(rapid.Float64Range(0, 5000), true).Draw(t, "coast"),
	}
	for i := range rapid.IntRange(0, 3).Draw(t, "shifts") {
		a.Shifts = append(a.Shifts, portfolio.Shift{
			Name: rapid.SampledFrom([]string{"", "day", "second shift", "=1+1", "夜班", "12"}).Draw(t, "shift"),
			From: rapid.IntRange(0, 1439).Draw(t, "from"), To: rapid.IntRange(0, 1439).Draw(t, "to"), Count: i * 7,
		})
	}
	if rapid.Bool().Draw(t, "radii") {
		a.Radii = []portfolio.Radius{{Hazard: event.Cyclone, KM: rapid.Float64Range(0.001, 20000).Draw(t, "km")}, {Hazard: event.Earthquake, KM: 150}}
	}
	for range rapid.IntRange(0, 3).Draw(t, "tags") {
		a.Tags = append(a.Tags, rapid.SampledFrom([]string{"fuel", "@home", "-1", "'quoted", "a, b", "пост"}).Draw(t, "tag"))
	}
	switch a.Kind {
	case portfolio.Route:
		a.Shape = geo.Line(drawPoints(t, 2), rapid.Float64Range(0, 100).Draw(t, "width"))
		a.ChainageKM = rapid.Float64Range(0, 1000).Draw(t, "chainage")
	case portfolio.Person:
		if rapid.Bool().Draw(t, "seen") {
			a.TravelKMH = rapid.Float64Range(0, 1000).Draw(t, "speed")
			a.SeenAt = time.Unix(rapid.Int64Range(1, 4e9).Draw(t, "seconds"), rapid.Int64Range(0, 999_999_999).Draw(t, "nanoseconds")).UTC()
		}
	case portfolio.Site:
		a.Shape = drawPlace(t, 0)
		if a.Shape.Kind == geo.PolygonKind && rapid.Bool().Draw(t, "inner") {
			p := a.Shape.Polygons[0][0]
			a.Inner = []portfolio.Inner{
				{Kind: portfolio.Camp, Name: "North camp 2", Place: geo.Point{Lat: p[0].Lat + 1, Lon: p[0].Lon + rapid.Float64Range(1, 2).Draw(t, "camp")}},
				{Kind: portfolio.Plant, Name: "=1+1", Place: geo.Point{Lat: p[0].Lat + 2, Lon: p[0].Lon + 1}},
			}
		}
	default:
		a.Shape = drawPlace(t, -1)
	}
	return a
}

// drawPlace draws a point, a circle or polygons; from -1 also no place.
func drawPlace(t *rapid.T, from int) geo.Shape {
	radius := rapid.Float64Range(0, 500).Draw(t, "radius")
	switch rapid.IntRange(from, 3).Draw(t, "shape") {
	case -1:
		return geo.Shape{}
	case 0:
		p := drawPoints(t, 1)[0]
		return geo.At(p.Lat, p.Lon, radius)
	case 1:
		p := drawPoints(t, 1)[0]
		return geo.Circle(p.Lat, p.Lon, radius+0.1)
	case 2:
		return geo.Area(geo.Polygon{square(0, 0, 10), square(4, 4, 1)})
	default:
		return geo.Area(geo.Polygon{square(0.1, -0.3, 10)}, geo.Polygon{square(40, 170.123456789, 3)})
	}
}

func square(lat, lon, size float64) geo.Ring {
	return geo.Ring{{Lat: lat, Lon: lon}, {Lat: lat, Lon: lon + size}, {Lat: lat + size, Lon: lon + size}, {Lat: lat + size, Lon: lon}}
}

func drawPoints(t *rapid.T, least int) []geo.Point {
	points := make([]geo.Point, rapid.IntRange(least, least+3).Draw(t, "points"))
	for i := range points {
		points[i] = geo.Point{Lat: rapid.Float64Range(-90, 90).Draw(t, "lat"), Lon: rapid.Float64Range(-180, 180).Draw(t, "lon")}
	}
	return points
}

func drawCode() *rapid.Generator[string] {
	return rapid.StringMatching(`[a-z0-9é港][a-z0-9._-]{0,12}`)
}

// drawText draws what people and attackers write.
func drawText(t *rapid.T, required bool) string {
	texts := []string{
		"Berth 2", "=HYPERLINK(\"http://x\")", "+1", "-1", "@SUM(A1)", "'=1", "''", "'", "a,b;c\"d\"", "喀喇昆仑", "Ñandú — “x”",
		"_x0041_", "_x005F_x0041_x0042_", "<b>&amp;", "null", "TRUE", "1e5", "007", "x\u00a0y", "#N/A", "remove", "{}", "\\", "😀",
	}
	if !required {
		texts = append(texts, "")
	}
	return rapid.OneOf(rapid.SampledFrom(texts), rapid.Map(rapid.IntRange(0, 999), func(i int) string { return fmt.Sprint("n ", i) })).Draw(t, "text")
}
