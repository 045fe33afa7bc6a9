package portfolio

import (
	"fmt"
	"math"
	"strings"

	"watchfire.dev/internal/geo"
)

// Limits of one thing. They keep a row readable and a hostile file small.
const (
	MaxCode     = 64  // characters of a code
	MaxName     = 200 // characters of a name
	MaxText     = 100 // characters of any other text
	MaxShifts   = 24
	MaxRadii    = 32
	MaxTags     = 50
	MaxChannels = 20
	MaxCount    = 1_000_000 // people of one shift
	MaxStep     = 9
)

// Check returns every reason why the portfolio is not sound, in the order of its slices;
// none means that it may be stored. It looks at each thing by itself and at what ties them
// together: ids and codes are unique, every project that is named exists.
func Check(p Portfolio) []Problem {
	c := newChecker()
	projects := map[string]string{}
	for _, x := range p.Projects {
		c.thing("projects", "project "+x.Code)
		c.unique("project", x.ID, x.Code)
		c.project(x)
		projects[x.ID] = x.Code
	}
	for _, x := range p.Assets {
		project, ok := projects[x.Project]
		c.thing("assets", "asset "+project+"/"+x.Code)
		c.unique("asset of "+x.Project, x.ID, x.Code)
		if !ok {
			c.addf("project", "%s is no project of this portfolio", Quote(x.Project))
		}
		c.asset(x)
		c.serves(x, func(id string) bool { _, ok := projects[id]; return ok })
	}
	for _, x := range p.Contacts {
		c.thing("contacts", "contact "+x.Code)
		c.unique("contact", x.ID, x.Code)
		if _, ok := projects[x.Project]; !ok && x.Project != "" {
			c.addf("project", "%s is no project of this portfolio", Quote(x.Project))
		}
		c.contact(x)
	}
	return c.problems
}

// checker gathers problems about one thing after another. It remembers which zones,
// countries and languages it has looked up, since thousands of rows share a few.
type checker struct {
	problems []Problem
	where    Where
	ids      map[string]bool
	codes    map[string]string // scope and folded code → code
	words    map[string]error  // look-ups already made
}

func newChecker() *checker {
	return &checker{ids: map[string]bool{}, codes: map[string]string{}, words: map[string]error{}}
}

func (c *checker) thing(sheet, thing string) { c.where = Where{Sheet: sheet, Thing: thing} }

func (c *checker) addf(field, format string, args ...any) {
	w := c.where
	w.Field = field
	c.problems = append(c.problems, Problem{Where: w, Message: fmt.Sprintf(format, args...)})
}

func (c *checker) add(field string, err error) {
	if err != nil {
		c.addf(field, "%s", err.Error())
	}
}

func (c *checker) unique(scope, id, code string) {
	if id == "" || c.ids[id] {
		c.addf("id", "id %s is empty or stands twice", Quote(id))
	}
	c.ids[id] = true
	key := scope + "\x00" + strings.ToLower(code)
	if other, ok := c.codes[key]; ok {
		c.addf("code", "%s stands twice (also as %s)", Quote(code), Quote(other))
	}
	c.codes[key] = code
}

func (c *checker) project(p Project) {
	c.add("code", checkCode(p.Code))
	c.add("name", checkText(p.Name, MaxName, true))
	c.add("country", c.country(p.Country))
	c.add("sector", checkText(p.Sector, MaxText, false))
	c.add("zone", c.zone(p.Zone, true))
}

func (c *checker) asset(a Asset) {
	c.add("thing", checkKind(a.Kind))
	c.add("code", checkCode(a.Code))
	c.add("name", checkText(a.Name, MaxName, true))
	c.add("country", c.country(a.Country))
	c.add("admin1", checkText(a.Admin1, MaxText, false))
	c.add("zone", c.zone(a.Zone, false))
	c.add("geometry", checkPlace(a))
	c.add("shifts", checkShifts(a.Shifts))
	c.add("class", checkClass(a.Class))
	if v := a.Vulnerability; v != 0 && !(v >= MinVulnerability && v <= MaxVulnerability) {
		c.addf("vulnerability", "%s is not between %g and %g: leave it empty to take the class's value",
			FormatNumber(v), MinVulnerability, MaxVulnerability)
	}
	c.add("elevation_m", checkRange(a.ElevationM, -500, 9000, "metres above sea level"))
	c.add("coast_km", checkRange(a.CoastKM, 0, 5000, "kilometres to the coast"))
	c.add("chainage_km", checkRange(&a.ChainageKM, 0, 50_000, "kilometres"))
	if a.ChainageKM != 0 && a.Kind != Route {
		c.addf("chainage_km", "only a route has a chainage: leave it empty")
	}
	if !a.SeenAt.IsZero() && a.Kind != Person {
		c.addf("seen_at", "only a person or team is seen at a time: leave it empty")
	}
	c.add("inner", checkInner(a))
	c.add("travel_kmh", checkRange(&a.TravelKMH, 0, 1000, "km/h"))
	if a.TravelKMH != 0 && a.Kind != Person {
		c.addf("travel_kmh", "only a person or team travels: leave it empty")
	}
	if y := a.SeenAt.Year(); !a.SeenAt.IsZero() && (y < 1970 || y > 9999) {
		c.addf("seen_at", "year %d: write a time as 2026-05-01T06:00:00Z", y)
	}
	c.add("radii", checkRadii(a.Radii))
	c.add("tags", checkTags(a.Tags))
}

func (c *checker) contact(x Contact) {
	c.add("code", checkCode(x.Code))
	c.add("name", checkText(x.Name, MaxName, true))
	c.add("role", checkText(x.Role, MaxText, false))
	if x.Step < 1 || x.Step > MaxStep {
		c.addf("step", "%d is not a step: 1 is told first, %d last", x.Step, MaxStep)
	}
	c.add("language", c.language(x.Language))
	c.add("zone", c.zone(x.Zone, true))
	c.add("channels", checkChannels(x.Channels))
}

// checkPlace holds that a site and a route have a place, and that a route and only a
// route is a line. A supplier, counterparty or person may be known by country alone.
func checkPlace(a Asset) error {
	if err := checkShape(a.Shape); err != nil {
		return err
	}
	switch {
	case a.Shape.IsZero() && (a.Kind == Site || a.Kind == Route):
		return invalidf("a %s needs a place: fill lat and lon, or geometry", a.Kind)
	case a.Shape.IsZero():
		if a.Shape.RadiusKM != 0 {
			return invalid("a radius without a place: fill lat and lon, or clear radius_km")
		}
	case a.Kind == Route && a.Shape.Kind != geo.LineKind:
		return invalidf("a route is a LINESTRING, not a %s", a.Shape.Kind)
	case a.Kind != Route && a.Shape.Kind == geo.LineKind:
		return invalidf("a %s is a point, circle or polygon, not a line", a.Kind)
	case a.Shape.Kind == geo.PolygonKind && a.Shape.RadiusKM != 0:
		return invalid("a polygon has no radius: clear radius_km")
	case a.Shape.Kind == geo.CircleKind && a.Shape.RadiusKM == 0:
		return invalid("a circle needs a radius: fill radius_km, or use a point")
	}
	return nil
}

func checkRange(f *float64, low, high float64, unit string) error {
	if f == nil || (*f >= low && *f <= high && !math.IsNaN(*f)) {
		return nil
	}
	return invalidf("%s is not between %g and %g %s", FormatNumber(*f), low, high, unit)
}
