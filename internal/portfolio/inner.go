package portfolio

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"watchfire.dev/internal/geo"
)

// InnerKind says what stands at a point inside a site.
type InnerKind string

// The kinds of inner points.
const (
	Camp  InnerKind = "camp"  // where the people of the site live and work
	Plant InnerKind = "plant" // a part of the works that has a name
)

// An Inner is a point inside a site. With camps drawn, the people of the site count where
// the camps are, and the works as the whole site.
type Inner struct {
	Kind  InnerKind `json:"kind"`
	Name  string    `json:"name"`
	Place geo.Point `json:"place"`
}

// MaxInner is the largest number of points inside one site.
const MaxInner = 50

// outsideKM is how far off its site a camp may lie: the fence was drawn by hand.
const outsideKM = 0.5

// Camps lists the points where the asset's people are; none = its whole shape.
func (a Asset) Camps() []Inner {
	var out []Inner
	for _, p := range a.Inner {
		if p.Kind == Camp {
			out = append(out, p)
		}
	}
	return out
}

// FormatInner writes inner points as text: "camp North camp -14.5426 40.6728; plant …", kind,
// name, latitude, longitude.
func FormatInner(points []Inner) string {
	parts := make([]string, len(points))
	for i, p := range points {
		parts[i] = fmt.Sprintf("%s %s %s %s", p.Kind, p.Name, FormatNumber(p.Place.Lat), FormatNumber(p.Place.Lon))
	}
	return strings.Join(parts, "; ")
}

// ParseInner reads what FormatInner writes; a comma may stand between the coordinates. The
// error names the part that cannot be read.
func ParseInner(text string) ([]Inner, error) {
	var out []Inner
	for _, part := range listParts(text) {
		words := strings.Fields(part)
		n := len(words)
		bad := invalidf("%s is not a point inside a site: write kind, name, latitude and longitude as in \"camp North camp -14.5426 40.6728\"", Quote(part))
		if n < 4 {
			return nil, bad
		}
		lat, err1 := strconv.ParseFloat(strings.TrimSuffix(words[n-2], ","), 64)
		lon, err2 := strconv.ParseFloat(words[n-1], 64)
		kind := InnerKind(strings.ToLower(words[0]))
		if err1 != nil || err2 != nil || (kind != Camp && kind != Plant) {
			return nil, bad
		}
		out = append(out, Inner{Kind: kind, Name: strings.Join(words[1:n-2], " "), Place: geo.Point{Lat: lat, Lon: lon}})
	}
	return out, nil
}

// checkInner holds that inner points lie in the site that they belong to.
func checkInner(a Asset) error {
	switch {
	case len(a.Inner) == 0:
		return nil
	case a.Kind != Site || a.Shape.Kind != geo.PolygonKind && a.Shape.Kind != geo.CircleKind:
		return invalid("only a site that is a polygon or a circle has points inside: leave it empty")
	case len(a.Inner) > MaxInner:
		return invalidf("%d points inside, at most %d", len(a.Inner), MaxInner)
	}
	region, _, err := geo.Prepare(a.Shape)
	if err != nil {
		return nil //nolint:nilerr // the geometry itself is reported
	}
	for i, p := range a.Inner {
		if err := checkListText(p.Name); err != nil {
			return err
		}
		switch {
		case p.Kind != Camp && p.Kind != Plant:
			return invalidf("%s is neither camp nor plant", Quote(string(p.Kind)))
		case p.Name == "" || strings.Join(strings.Fields(p.Name), " ") != p.Name:
			return invalidf("%s %s: a name of words with single spaces is needed", p.Kind, Quote(p.Name))
		case slices.ContainsFunc(a.Inner[:i], func(o Inner) bool { return o.Name == p.Name }):
			return invalidf("%s stands twice", Quote(p.Name))
		case !p.Place.Valid():
			return invalidf("%s %s: latitude %s, longitude %s is out of range", p.Kind, p.Name, FormatNumber(p.Place.Lat), FormatNumber(p.Place.Lon))
		}
		if km := region.DistanceKM(p.Place); km > outsideKM {
			return invalidf("%s %s lies %.1f km outside of its site: latitude comes first", p.Kind, p.Name, km)
		}
	}
	return nil
}

// serves holds that a supplier names other projects.
func (c *checker) serves(a Asset, known func(id string) bool) {
	if len(a.Serves) > 0 && a.Kind != Supplier {
		c.addf("serves", "only a supplier serves projects: leave it empty")
		return
	}
	for _, id := range a.Serves {
		switch {
		case id == a.Project:
			c.addf("serves", "the supplier's own project depends on it anyway: leave it out")
		case !known(id):
			c.addf("serves", "%s is no project of this portfolio", Quote(id))
		}
	}
}
