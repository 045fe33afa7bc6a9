// Package gazetteer knows areas by their names and codes, and most of them by their
// outlines: countries (ISO 3166-1, UN M49), first-level divisions (ISO 3166-2), and counties
// of the United States (FIPS, SAME, UGC). It resolves what a source names to the finest area
// that the code stands for, never to a point in the middle of one, and says in a note where
// it had to fall back to a larger area. Names and codes are always there; outlines are
// fetched when the program is built (`make assets`), and without them every answer that
// needs one says that it does not know. It matches no assets and takes no side: where the
// borders are disputed, a place belongs to each country that claims it.
//
// Outlines are those of Natural Earth at 1:50 million (countries) and 1:10 million of about
// 2012 (divisions), and of the United States Census Bureau at 1:10 million (counties): good
// to some kilometres, all in the public domain.
package gazetteer

import (
	"slices"
	"strings"

	"watchfire.dev/internal/geo"
)

// Level is how precisely an area is known.
type Level string

// The levels, from large to small.
const (
	Country Level = "country"
	Admin1  Level = "admin1" // first-level division: province, state
	County  Level = "county" // second-level division
)

// An Area is one outline.
type Area struct {
	Level     Level
	Countries []string // ISO 3166-1 alpha-2; several = disputed between them
	Code      string   // ISO 3166-2 of a division, five FIPS digits of a county; "" = not known
	Name      string   // as the outline has it
	box       geo.Window
	region    func() *geo.Region
}

// Region is the outline for matching; nil when it could not be prepared.
func (a *Area) Region() *geo.Region { return a.region() }

// contains tells whether a place lies inside.
func (a *Area) contains(p geo.Point) bool {
	return a.box.Holds(p) && a.Region() != nil && a.Region().Holds(p)
}

// Drawn tells whether the outlines of a level were fetched when the program was built.
func Drawn(l Level) bool { return len(areas(l)) > 0 }

// Outlines returns the outlines of a country, several where it has separate or disputed
// parts, and rough ones of the places that it claims; none when they were not fetched.
func Outlines(iso2 string) []*Area {
	out := slices.Clone(indexed(Country)[iso2])
	if len(out) == 0 {
		return nil
	}
	for i, r := range disputedRegions() {
		if d := disputed[i]; r != nil && slices.Contains(d.countries, iso2) {
			out = append(out, &Area{
				Level: Country, Countries: d.countries, Name: "disputed", box: boxOf(geo.Area(geo.Polygon{ring(d.corners)})), region: func() *geo.Region { return r },
			})
		}
	}
	return out
}

// Divisions returns the outlines of a first-level division, named by ISO 3166-2 code or by
// name; none when it is not known or was not drawn.
func Divisions(iso2, nameOrCode string) []*Area {
	code, known := Division(iso2, nameOrCode)
	folded := Fold(nameOrCode)
	var out []*Area
	for _, a := range indexed(Admin1)[iso2] {
		switch {
		case known && (a.Code == code || parentOf(a.Code) == code), !known && folded != "" && Fold(a.Name) == folded:
			out = append(out, a)
		}
	}
	return out
}

// Counties returns the outline of a county of the United States by its five FIPS digits.
func Counties(fips string) []*Area {
	if a, ok := counties()[fips]; ok {
		return []*Area{a}
	}
	return nil
}

// nearKM is how far off a coast or border a place may lie and still be taken as inside for
// filling in what nobody wrote: the outlines are simplified, and ports lie on their edge.
const nearKM = 15

// A Location is what the gazetteer knows of a place.
type Location struct {
	Countries []string // ISO 3166-1 alpha-2; none = at sea or not known, several = disputed
	Admin1    string   // ISO 3166-2, "" = not known
	Note      string   // how it was found, in words; "" when nothing was
}

// Locate says in which country and division a place lies. Countries that dispute the place
// are all named, the one whose outline holds it first, and no division then. A place at most
// 15 km off the nearest outline is taken as there, with a note.
func Locate(p geo.Point) Location {
	if !p.Valid() || !Drawn(Country) {
		return Location{}
	}
	var out Location
	for _, a := range areas(Country) {
		if a.contains(p) {
			out.add(a.Countries)
		}
	}
	out.Note = "from the coordinates (Natural Earth)"
	if len(out.Countries) == 0 {
		near, km := nearest(p)
		if near == nil {
			return Location{}
		}
		out.add(near.Countries)
		out.Note = "from the coordinates, " + kilometres(km) + " off the outline (Natural Earth)"
	}
	out.add(Claims(p))
	if len(out.Countries) > 1 {
		out.Note = "from the coordinates (Natural Earth); claimed by " + strings.Join(out.Countries, " and ")
		return out
	}
	for _, a := range indexed(Admin1)[out.Countries[0]] {
		if a.Code != "" && a.contains(p) {
			out.Admin1 = top(a.Code)
			break
		}
	}
	return out
}

// Holds tells whether a place lies in a country: inside its outline, in a place that it
// claims, or at most 15 km off. False for a country whose outline is not known.
func Holds(iso2 string, p geo.Point) bool {
	if !p.Valid() {
		return false
	}
	outlines := indexed(Country)[iso2]
	for _, a := range outlines {
		if a.contains(p) {
			return true
		}
	}
	if len(outlines) == 0 || slices.Contains(Claims(p), iso2) {
		return len(outlines) > 0
	}
	for _, a := range outlines {
		if a.Region() != nil && a.Region().DistanceKM(p) <= nearKM {
			return true
		}
	}
	return false
}

func (l *Location) add(countries []string) {
	for _, c := range countries {
		if !slices.Contains(l.Countries, c) {
			l.Countries = append(l.Countries, c)
		}
	}
}

// nearest finds the outline within nearKM of a place, of the nearest country; of equally
// near ones the first.
func nearest(p geo.Point) (*Area, float64) {
	here, _, err := geo.Prepare(geo.At(p.Lat, p.Lon, 0))
	if err != nil {
		return nil, 0
	}
	w := here.Window(nearKM)
	var best *Area
	off := float64(nearKM)
	for _, a := range areas(Country) {
		if !meets(w, a.box) || a.Region() == nil {
			continue
		}
		if km := a.Region().DistanceKM(p); km < off || best == nil && km <= off {
			best, off = a, km
		}
	}
	return best, off
}

// meets tells whether two windows may overlap; it errs to "yes" beside the antimeridian.
func meets(a, b geo.Window) bool {
	if a.South > b.North || b.South > a.North {
		return false
	}
	return a.West > a.East || b.West > b.East || a.West <= b.East && b.West <= a.East
}
