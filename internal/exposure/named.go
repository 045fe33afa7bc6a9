package exposure

import (
	"cmp"
	"slices"
	"strings"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/gazetteer"
	"watchfire.dev/internal/geo"
)

// A spot is one area that an event names: a country, or a division of one.
type spot struct {
	country string // ISO 3166-1 alpha-2
	admin1  string // code or name as the source gave it; "" = the country
	areas   []*gazetteer.Area
	note    string
}

func (s spot) key() string { return s.country + "\x00" + gazetteer.Fold(s.admin1) }

// maxCodes bounds the codes that one event may have looked up: a warning for all counties of
// the United States has 3,200. maxNamed bounds the countries and divisions among them.
const (
	maxCodes = 10_000
	maxNamed = 500
)

// spots lists what the event's places name, each once, by the finest code that is known and
// else by country and division; counties are listed apart, because their outlines are as good
// as drawn areas.
func (a *assessment) spots() (named []spot, counties []*gazetteer.Area) {
	seen := map[string]bool{}
	left := maxCodes
	for _, p := range a.e.Places {
		found, drawn := a.placeOf(p, &left)
		for _, c := range drawn {
			if !slices.Contains(counties, c) {
				counties = append(counties, c)
			}
		}
		for _, s := range found {
			if !seen[s.key()] && len(named) <= maxNamed {
				seen[s.key()] = true
				named = append(named, s)
			}
		}
	}
	if len(named) > maxNamed {
		named, left = named[:maxNamed], -1
	}
	if left < 0 {
		a.notes = append(a.notes, "the event names more areas than are looked up: some were not matched")
	}
	return named, counties
}

// placeOf reads one place. Its codes count as far as they are finer than the words beside
// them; a state in which counties are named stands for those.
func (a *assessment) placeOf(p event.Place, left *int) (named []spot, counties []*gazetteer.Area) {
	country := strings.ToUpper(p.Country)
	states := map[string]bool{} // in which counties are named
	var divisions, wide []gazetteer.Named
	for _, c := range p.Codes {
		if *left--; *left < 0 {
			break
		}
		n, ok := a.resolve(c)
		switch {
		case !ok:
		case n.Level == gazetteer.County:
			counties = append(counties, n.Areas...)
			states[n.Admin1] = true
		case n.Level == gazetteer.Admin1:
			divisions = append(divisions, n)
		default:
			wide = append(wide, n)
		}
	}
	for _, n := range divisions {
		if !states[n.Admin1] {
			named = append(named, spot{n.Countries[0], n.Admin1, n.Areas, n.Note})
		}
	}
	switch {
	case len(named)+len(counties) > 0:
	case country != "" && p.Admin1 != "":
		named = append(named, a.division1(country, p.Admin1))
	case country != "":
		note := ""
		if len(wide) > 0 {
			note = wide[0].Note
		}
		named = append(named, a.whole(country, note))
	case len(wide) > 0:
		for _, n := range wide {
			for _, c := range n.Countries {
				named = append(named, a.whole(c, n.Note))
			}
		}
	case len(p.Codes) == 0 && p.Name != "":
		if n, ok := gazetteer.Find("", p.Name); ok {
			for _, c := range n.Countries {
				named = append(named, a.whole(c, cmp.Or(n.Note, "the source gives a name without a code: "+p.Name)))
			}
		}
	}
	return named, counties
}

// resolve looks a code up; without outlines a county is its state.
func (a *assessment) resolve(c event.Code) (gazetteer.Named, bool) {
	n, ok := gazetteer.Resolve(c.Scheme, c.Value)
	if ok && a.x.undrawn {
		if n.Areas = nil; n.Level == gazetteer.County {
			n.Level, n.Note = gazetteer.Admin1, "the outline of county "+c.Value+" is not known: taken as its state"
		}
	}
	return n, ok
}

func (a *assessment) whole(country, note string) spot {
	s := spot{country: country, note: note}
	if !a.x.undrawn {
		s.areas = gazetteer.Outlines(country)
	}
	return s
}

func (a *assessment) division1(country, name string) spot {
	s := spot{country: country, admin1: name}
	if n, ok := gazetteer.Find(country, name); ok && !a.x.undrawn {
		s.areas, s.note = n.Areas, n.Note
	}
	return s
}

// within lists the assets of a country: those recorded there, and those of which any part
// lies inside its outline or in a place that it claims, whatever is recorded. The second
// list holds the latter, which are not in the first.
func (a *assessment) within(s spot) (recorded, outlined []int32) {
	recorded = a.x.country[s.country]
	if got, ok := a.outlined[s.country]; ok {
		return recorded, got
	}
	areas := s.areas
	if s.admin1 != "" && !a.x.undrawn {
		areas = gazetteer.Outlines(s.country)
	}
	for _, area := range areas {
		r := area.Region()
		if r == nil {
			continue
		}
		for _, id := range a.near(r, 0) {
			if t := a.x.target(id); t.region != nil && !strings.EqualFold(t.asset.Country, s.country) && t.region.Meets(r) {
				outlined = append(outlined, id)
			}
		}
	}
	slices.Sort(outlined)
	outlined = slices.Compact(outlined)
	if a.outlined == nil {
		a.outlined = map[string][]int32{}
	}
	a.outlined[s.country] = outlined
	return recorded, outlined
}

// counties gives the rows of the assets in and around counties that the event names: their
// outlines count as if the source had drawn them.
func (a *assessment) counties(areas []*gazetteer.Area) []Exposure {
	var shapes []placedShape
	for _, c := range areas {
		if r := c.Region(); r != nil && len(shapes) < maxShapes {
			shapes = append(shapes, placedShape{region: r, area: true})
		}
	}
	if len(shapes) == 0 {
		return nil
	}
	views := a.physical(shapes, nil)
	views = append(views, a.toldViews(shapes, nil, views)...)
	var hits []*hit
	for i := range views {
		views[i].notes = append(views[i].notes, "drawn from the gazetteer: the source names the county")
		a.twoParts(&views[i])
		hits = a.match(&views[i], hits)
	}
	hits = a.most(strongest(hits))
	signals := evidence(a.e.Reports)
	rows := make([]Exposure, len(hits))
	for i := range hits {
		rows[i] = a.row(hits[i], signals)
	}
	return rows
}

// membership is how an asset stands to a division.
type membership int

const (
	outside membership = iota
	doubtful
	inside
)

// nearDivisionKM is how far outside of a division's outline an asset may lie and still be in
// doubt: outlines are simplified, and some are older than the division.
const nearDivisionKM = 5

// member tells how an asset stands to a division, by what is recorded of it and by where it
// lies. What either of them says counts; where they differ the note says so.
func (a *assessment) member(id int32, d *division) (membership, string) {
	s, t := &d.spot, a.x.target(id)
	own := a.divisionOf(s.country, id)
	known := own != ""
	here := strings.EqualFold(t.asset.Country, s.country)
	switch {
	case here && d.want != "" && (t.admin1 == d.want && !known || known && own == d.code):
		return inside, ""
	case t.region != nil && len(s.areas) > 0:
		km, near := d.near[id]
		switch {
		case near && km == 0 && known:
			return inside, "the asset lies inside the outline of " + s.admin1 + " and is recorded in " + t.asset.Admin1
		case near && km == 0:
			return inside, "the asset lies inside the outline of " + s.admin1
		case known || !near:
			return outside, ""
		}
		return doubtful, "the source names " + s.admin1 + "; an asset at its border has no division recorded"
	case known || !here:
		return outside, ""
	case t.admin1 == "":
		return doubtful, "the source names " + s.admin1 + "; the division of some assets is not recorded"
	case isCode(t.admin1) != isCode(d.want):
		return doubtful, "the source names " + s.admin1 + ", which cannot be compared with how the assets' divisions are written"
	}
	return outside, ""
}

// division is a named division on its way through the assets of its country.
type division struct {
	spot
	want string            // its name, folded
	code string            // ISO 3166-2; "" = not known
	near map[int32]float64 // assets at most nearDivisionKM off its outline, and how far
}

func (a *assessment) newDivision(s spot) *division {
	d := &division{spot: s, want: a.x.fold(s.admin1), near: map[int32]float64{}}
	d.code, _ = gazetteer.Division(s.country, s.admin1)
	for _, area := range s.areas {
		r := area.Region()
		if r == nil {
			continue
		}
		for _, id := range a.near(r, nearDivisionKM) {
			t := a.x.target(id)
			km := 0.0
			if t.region == nil {
				continue
			}
			if !t.region.Meets(r) {
				km = t.region.DistanceToKM(r)
			}
			if before, again := d.near[id]; km <= nearDivisionKM && (!again || km < before) {
				d.near[id] = km
			}
		}
	}
	return d
}

// divisionOf is the ISO 3166-2 code of the division that is recorded of an asset in a
// country; "" when none is, or none that can be compared with codes.
func (a *assessment) divisionOf(country string, id int32) string {
	t := a.x.target(id)
	if t.admin1 == "" || !strings.EqualFold(t.asset.Country, country) {
		return ""
	}
	code, ok := a.codes[id]
	if !ok {
		code, _ = gazetteer.Division(country, t.asset.Admin1)
		if a.codes == nil {
			a.codes = map[int32]string{}
		}
		a.codes[id] = code
	}
	return code
}

// divisionChainage fills in which part of a route lies in the division.
func (a *assessment) divisionChainage(out *Exposure, t *target, h *hit, s spot) {
	at, v := *h, *h.view
	v.fields, v.stretches = nil, nil
	for _, area := range s.areas {
		if r := area.Region(); r != nil && t.region != nil && t.region.Meets(r) {
			v.fields = append(v.fields, field{r, 0})
		}
	}
	at.view, at.how = &v, Inside
	a.chainage(out, t, &at)
}

// farAbroadKM is how far from every country that an event names a footprint must lie before
// it is held against the same footprint with its axes exchanged.
const farAbroadKM = 300

// exchanged is a footprint with latitude and longitude exchanged, where that alone brings it
// to a country that the event names: a source that confuses the axes is seen often enough.
// The footprint as sent is kept beside it, since the country may be what is wrong.
func (a *assessment) exchanged(f event.Footprint, number int) (placedShape, bool) {
	const looked = 20 // footprints of one event
	p, ok := firstPoint(f.Shape)
	turned := geo.Point{Lat: p.Lon, Lon: p.Lat}
	if !ok || a.x.undrawn || f.Grid != nil || number >= looked || !turned.Valid() {
		return placedShape{}, false
	}
	there := ""
	for _, place := range a.e.Places[:min(len(a.e.Places), looked)] {
		country := strings.ToUpper(place.Country)
		switch {
		case country == "" || country == there:
		case gazetteer.Holds(country, p) || near(country, p):
			return placedShape{}, false
		case there == "" && gazetteer.Holds(country, turned):
			there = country
		}
	}
	if there == "" {
		return placedShape{}, false
	}
	f.Shape = f.Shape.Exchanged()
	region, _, err := geo.Prepare(f.Shape)
	if err != nil {
		return placedShape{}, false
	}
	a.notes = append(a.notes, "latitude and longitude of a footprint seem to be exchanged, as the event names "+there+": it was matched both ways")
	return placedShape{Footprint: f, region: region, exchanged: true}, true
}

func near(country string, p geo.Point) bool {
	for _, area := range gazetteer.Outlines(country) {
		if r := area.Region(); r != nil && r.DistanceKM(p) <= farAbroadKM {
			return true
		}
	}
	return false
}
