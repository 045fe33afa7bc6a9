package sheet

import (
	"strconv"
	"strings"
	"time"

	"watchfire.dev/internal/portfolio"
)

// A Column is one column of the table that all formats share. The setters read a cell into
// a thing; a nil setter means that the column does not apply to such a thing. Columns
// without any setter are read by the importer itself.
type Column struct {
	Name    string
	Aliases []string
	Number  bool   // written as a number where the format knows numbers
	Note    string // what goes in, for the template and docs/portfolio.md
	Example string

	project func(*portfolio.Project, string) error
	asset   func(*portfolio.Asset, string) error
	contact func(*portfolio.Contact, string) error
}

// Columns returns the columns in the order in which they are written.
func Columns() []Column {
	return append(append(keyColumns(), placeColumns()...), append(assetColumns(), contactColumns()...)...)
}

func keyColumns() []Column {
	return []Column{
		{
			Name: "thing", Aliases: []string{"type", "kind"}, Example: "site",
			Note: "project, site, route, person (team and convoy too), supplier, counterparty (authority, office, partner and client too) or contact",
		},
		{Name: "action", Example: "remove", Note: "empty to create or change, remove to delete"},
		{
			Name: "project", Aliases: []string{"projectcode"}, Example: "nacala-port",
			Note: "code of the project that an asset or contact belongs to; empty at a contact of every project",
		},
		{
			Name: "code", Aliases: []string{"id"}, Example: "berth-2",
			Note:    "short name chosen by you; unique among projects, contacts, and the assets of a project",
			project: func(p *portfolio.Project, s string) error { p.Code = s; return nil },
			asset:   func(a *portfolio.Asset, s string) error { a.Code = s; return nil },
			contact: func(c *portfolio.Contact, s string) error { c.Code = s; return nil },
		},
		{
			Name: "name", Example: "Container berth 2", Note: "name for people",
			project: func(p *portfolio.Project, s string) error { p.Name = s; return nil },
			asset:   func(a *portfolio.Asset, s string) error { a.Name = s; return nil },
			contact: func(c *portfolio.Contact, s string) error { c.Name = s; return nil },
		},
		{
			Name: "country", Aliases: []string{"countrycode", "iso2"}, Example: "MZ", Note: "ISO 3166-1 alpha-2",
			project: func(p *portfolio.Project, s string) error { p.Country = strings.ToUpper(s); return nil },
			asset:   func(a *portfolio.Asset, s string) error { a.Country = strings.ToUpper(s); return nil },
		},
		{
			Name: "zone", Aliases: []string{"timezone", "tz"}, Example: "Africa/Maputo",
			Note:    "IANA time zone; empty at an asset means its project's",
			project: func(p *portfolio.Project, s string) error { p.Zone = s; return nil },
			asset:   func(a *portfolio.Asset, s string) error { a.Zone = s; return nil },
			contact: func(c *portfolio.Contact, s string) error { c.Zone = s; return nil },
		},
		{
			Name: "sector", Example: "port", Note: "project: line of business",
			project: func(p *portfolio.Project, s string) error { p.Sector = s; return nil },
		},
	}
}

func placeColumns() []Column {
	return []Column{
		{
			Name: "admin1", Aliases: []string{"province", "state", "region"}, Example: "MZ-N", Note: "asset: ISO 3166-2 code or name",
			asset: func(a *portfolio.Asset, s string) error { a.Admin1 = s; return nil },
		},
		{Name: "lat", Aliases: []string{"latitude"}, Number: true, Example: "-14.5426", Note: "asset that is a point: degrees north, WGS84"},
		{Name: "lon", Aliases: []string{"longitude", "lng", "long"}, Number: true, Example: "40.6728", Note: "asset that is a point: degrees east, WGS84"},
		{
			Name: "geometry", Aliases: []string{"wkt", "shape"}, Example: "LINESTRING (40.67 -14.54, 40.60 -14.60)",
			Note: "any other asset: LINESTRING (route), POLYGON or MULTIPOLYGON as WKT, or GeoJSON; longitude first",
		},
		{
			Name: "radius_km", Aliases: []string{"radius", "accuracykm"}, Number: true, Example: "2",
			Note: "point: how uncertain the place is; route: half width; circle: its radius; km",
		},
	}
}

func assetColumns() []Column {
	return []Column{
		{
			Name: "shifts", Aliases: []string{"headcount"}, Example: "day 06:00-18:00 120; night 18:00-06:00 40",
			Note: "asset: head-count by part of the local day; without hours all day",
			asset: func(a *portfolio.Asset, s string) (err error) {
				a.Shifts, err = portfolio.ParseShifts(s)
				return err
			},
		},
		{
			Name: "class", Aliases: []string{"constructionclass", "construction"}, Example: "reinforced",
			Note:  "asset: construction class, see the table of classes",
			asset: func(a *portfolio.Asset, s string) error { a.Class = s; return nil },
		},
		{
			Name: "vulnerability", Number: true, Example: "1.2", Note: "asset: own multiplier between 0.3 and 3; empty = by class",
			asset: func(a *portfolio.Asset, s string) error { return setNumber(&a.Vulnerability, s) },
		},
		{
			Name: "elevation_m", Aliases: []string{"elevation"}, Number: true, Example: "6", Note: "asset: metres above sea level",
			asset: func(a *portfolio.Asset, s string) error { return setPointer(&a.ElevationM, s) },
		},
		{
			Name: "coast_km", Aliases: []string{"coast", "coastdistance"}, Number: true, Example: "0.1", Note: "asset: distance to the coast, km",
			asset: func(a *portfolio.Asset, s string) error { return setPointer(&a.CoastKM, s) },
		},
		{
			Name: "chainage_km", Aliases: []string{"chainage"}, Number: true, Example: "12.5", Note: "route: chainage of its first vertex, km",
			asset: func(a *portfolio.Asset, s string) error { return setNumber(&a.ChainageKM, s) },
		},
		{
			Name: "inner", Aliases: []string{"camps", "innerpoints"}, Example: "camp North camp -14.5426 40.6728; plant Crusher -14.5501 40.6702",
			Note: "site that is a polygon or circle: camps (where its people are) and plants inside of it: kind, name, latitude, longitude",
			asset: func(a *portfolio.Asset, s string) (err error) {
				a.Inner, err = portfolio.ParseInner(s)
				return err
			},
		},
		{
			Name: "serves", Aliases: []string{"dependents"}, Example: "quetta-rail-3; garoua-solar",
			Note:  "supplier: codes of other projects that depend on it",
			asset: func(a *portfolio.Asset, s string) error { a.Serves = portfolio.ParseTags(s); return nil },
		},
		{
			Name: "seen_at", Aliases: []string{"seen", "lastseen"}, Example: "2026-05-01T06:00:00Z", Note: "person: when the place was known, RFC 3339 with zone",
			asset: setSeenAt,
		},
		{
			Name: "travel_kmh", Aliases: []string{"speed", "speedkmh"}, Number: true, Example: "40",
			Note:  "person: how fast the place may change since it was seen, km/h; empty = 5",
			asset: func(a *portfolio.Asset, s string) error { return setNumber(&a.TravelKMH, s) },
		},
		{
			Name: "radii", Example: "earthquake=150; cyclone=300", Note: "asset: own radius per hazard, km; empty = the defaults",
			asset: func(a *portfolio.Asset, s string) (err error) {
				a.Radii, err = portfolio.ParseRadii(s)
				return err
			},
		},
		{
			Name: "tags", Aliases: []string{"labels"}, Example: "fuel; bridge", Note: "asset: free words",
			asset: func(a *portfolio.Asset, s string) error { a.Tags = portfolio.ParseTags(s); return nil },
		},
	}
}

func contactColumns() []Column {
	return []Column{
		{
			Name: "role", Example: "Site manager", Note: "contact: what the person is",
			contact: func(c *portfolio.Contact, s string) error { c.Role = s; return nil },
		},
		{
			Name: "step", Aliases: []string{"escalationstep"}, Number: true, Example: "1",
			Note: "contact: 1 is told first, 2 when nobody of step 1 answers, and so on; empty = 1", contact: setStep,
		},
		{
			Name: "language", Aliases: []string{"lang"}, Example: "pt", Note: "contact: BCP 47 tag",
			contact: func(c *portfolio.Contact, s string) error { c.Language = s; return nil },
		},
		{
			Name: "channels", Aliases: []string{"channel", "addresses"}, Example: "email:ana@example.org; webhook:https://example.org/hook",
			Note: "contact: addresses, the first is tried first; channels are email, webhook and cap",
			contact: func(c *portfolio.Contact, s string) (err error) {
				c.Channels, err = portfolio.ParseChannels(s)
				return err
			},
		},
	}
}

// key reduces a header to what counts: letters and digits, in lower case.
func key(header string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(" _-.\u00a0\t\r\n", r) {
			return -1
		}
		return r
	}, strings.ToLower(header))
}

// columnIndex maps the key of every name and alias to its place in Columns.
func columnIndex(columns []Column) map[string]int {
	out := map[string]int{}
	for i, c := range columns {
		out[key(c.Name)] = i
		for _, alias := range c.Aliases {
			out[key(alias)] = i
		}
	}
	return out
}

type wrong string // an error in words for people

func (e wrong) Error() string { return string(e) }

// parseNumber reads a number with a decimal point. A comma is refused, not guessed: it
// stands for thousands in one country and for decimals in the next.
func parseNumber(s string) (float64, error) {
	f, err := strconv.ParseFloat(s, 64)
	if err == nil && f-f == 0 { // neither NaN nor infinite
		return f, nil
	}
	if dotted := strings.Replace(s, ",", ".", 1); dotted != s {
		if _, err := strconv.ParseFloat(dotted, 64); err == nil {
			return 0, wrong(portfolio.Quote(s) + " has a comma: write a decimal point, as in " + dotted)
		}
	}
	return 0, wrong(portfolio.Quote(s) + " is not a number")
}

func setNumber(into *float64, s string) (err error) {
	if *into = 0; s != "" {
		*into, err = parseNumber(s)
	}
	return err
}

func setPointer(into **float64, s string) error {
	if *into = nil; s == "" {
		return nil
	}
	f, err := parseNumber(s)
	*into = &f
	return err
}

func setStep(c *portfolio.Contact, s string) error {
	if c.Step = 1; s == "" {
		return nil
	}
	f, err := parseNumber(s)
	if err != nil || f != float64(int(f)) {
		return wrong(portfolio.Quote(s) + " is not a step: write a whole number, 1 is told first")
	}
	c.Step = int(f)
	return nil
}

func setSeenAt(a *portfolio.Asset, s string) error {
	if a.SeenAt = (time.Time{}); s == "" {
		return nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04Z07:00", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04Z07:00"} {
		if t, err := time.Parse(layout, s); err == nil {
			a.SeenAt = t
			return nil
		}
	}
	return wrong(portfolio.Quote(s) + " is not a time with its zone: write text as in 2026-05-01T06:00:00Z or 2026-05-01T11:00:00+05:00")
}
