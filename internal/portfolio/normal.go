package portfolio

import (
	"cmp"
	"slices"
	"strings"

	"golang.org/x/text/language"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/geo"
	"watchfire.dev/internal/id"
)

// ProjectID is the id of a project: it follows from the organisation and the code, so that
// the same file imported twice names the same project.
func ProjectID(org, code string) string { return id.Derived("prj", org, code) }

// AssetID is the id of an asset: it follows from organisation, project code and code.
func AssetID(org, project, code string) string { return id.Derived("ast", org, project, code) }

// ContactID is the id of a contact: it follows from organisation and code.
func ContactID(org, code string) string { return id.Derived("con", org, code) }

// Normal returns a copy in the one form in which equal portfolios have equal bytes: slices
// sorted by id, text trimmed, countries in capitals, language tags in canonical form, tags
// and radii sorted, instants in UTC, rings without their closing point, no negative zero,
// absent optional lists nil. It judges nothing: see Check.
func (p Portfolio) Normal() Portfolio {
	out := Portfolio{
		Org: p.Org, Version: p.Version,
		Projects: make([]Project, len(p.Projects)),
		Assets:   make([]Asset, len(p.Assets)),
		Contacts: make([]Contact, len(p.Contacts)),
	}
	for i, x := range p.Projects {
		out.Projects[i] = x.normal()
	}
	for i, x := range p.Assets {
		out.Assets[i] = x.normal()
	}
	for i, x := range p.Contacts {
		out.Contacts[i] = x.normal()
	}
	slices.SortStableFunc(out.Projects, func(a, b Project) int { return strings.Compare(a.ID, b.ID) })
	slices.SortStableFunc(out.Assets, func(a, b Asset) int { return strings.Compare(a.ID, b.ID) })
	slices.SortStableFunc(out.Contacts, func(a, b Contact) int { return strings.Compare(a.ID, b.ID) })
	return out
}

func trim(fields ...*string) {
	for _, f := range fields {
		*f = strings.TrimSpace(*f)
	}
}

func (p Project) normal() Project {
	trim(&p.Code, &p.Name, &p.Country, &p.Sector, &p.Zone)
	p.Country = strings.ToUpper(p.Country)
	return p
}

func (a Asset) normal() Asset {
	trim(&a.Code, &a.Name, &a.Country, &a.Admin1, &a.Zone, &a.Class)
	a.Country, a.Class = strings.ToUpper(a.Country), strings.ToLower(a.Class)
	a.Vulnerability, a.ChainageKM = positiveZero(a.Vulnerability), positiveZero(a.ChainageKM)
	a.ElevationM, a.CoastKM = copyNumber(a.ElevationM), copyNumber(a.CoastKM)
	a.Shape = normalShape(a.Shape)
	if !a.SeenAt.IsZero() {
		a.SeenAt = a.SeenAt.UTC().Round(0)
	}
	a.TravelKMH = positiveZero(a.TravelKMH)
	a.Inner = cloneOrNil(a.Inner)
	for i := range a.Inner {
		trim(&a.Inner[i].Name)
		a.Inner[i].Place = normalPoint(a.Inner[i].Place)
	}
	a.Serves = cloneOrNil(a.Serves)
	slices.Sort(a.Serves)
	a.Serves = slices.Compact(a.Serves)
	a.Shifts = cloneOrNil(a.Shifts)
	for i := range a.Shifts {
		trim(&a.Shifts[i].Name)
	}
	a.Radii = cloneOrNil(a.Radii)
	slices.SortStableFunc(a.Radii, func(x, y Radius) int { return cmp.Compare(rank(x.Hazard), rank(y.Hazard)) })
	a.Tags = cloneOrNil(a.Tags)
	for i := range a.Tags {
		trim(&a.Tags[i])
	}
	slices.Sort(a.Tags)
	a.Tags = slices.Compact(a.Tags)
	return a
}

func (c Contact) normal() Contact {
	trim(&c.Code, &c.Name, &c.Role, &c.Language, &c.Zone)
	if tag, err := language.Parse(c.Language); err == nil {
		c.Language = tag.String()
	}
	c.Channels = append([]Address{}, c.Channels...)
	for i := range c.Channels {
		trim(&c.Channels[i].Channel, &c.Channels[i].Address)
	}
	return c
}

// rank is the place of a hazard in the fixed order, unknown ones last.
func rank(h event.Hazard) int {
	all := event.Hazards()
	if i := slices.Index(all, h); i >= 0 {
		return i
	}
	return len(all)
}

func cloneOrNil[T any](s []T) []T {
	if len(s) == 0 {
		return nil
	}
	return slices.Clone(s)
}

// positiveZero turns -0 into 0: both are equal, yet written differently.
func positiveZero(f float64) float64 { return f + 0 }

func copyNumber(f *float64) *float64 {
	if f == nil {
		return nil
	}
	v := positiveZero(*f)
	return &v
}

func normalShape(s geo.Shape) geo.Shape {
	out := geo.Shape{Kind: s.Kind, RadiusKM: positiveZero(s.RadiusKM)}
	for _, p := range s.Points {
		out.Points = append(out.Points, normalPoint(p))
	}
	for _, p := range s.Polygons {
		var polygon geo.Polygon
		for _, r := range p {
			polygon = append(polygon, openRing(r))
		}
		out.Polygons = append(out.Polygons, polygon)
	}
	return out
}

func normalPoint(p geo.Point) geo.Point {
	return geo.Point{Lat: positiveZero(p.Lat), Lon: positiveZero(p.Lon)}
}

// openRing drops consecutive repeats and the closing point, as the GeoJSON writer of geo does.
func openRing(r geo.Ring) geo.Ring {
	out := make(geo.Ring, 0, len(r))
	for _, p := range r {
		if p = normalPoint(p); len(out) == 0 || out[len(out)-1] != p {
			out = append(out, p)
		}
	}
	for len(out) > 1 && out[0] == out[len(out)-1] {
		out = out[:len(out)-1]
	}
	return out
}
