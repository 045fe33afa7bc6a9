// Package portfolio holds what an organisation has to protect: projects and their assets
// (sites, routes, people, suppliers, counterparties' premises), the contacts to be warned,
// and versions of the whole. A Portfolio is a value: a change makes a new version, and the
// old one can be restored. The package reads and writes no database and sets no level.
package portfolio

import (
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/geo"
)

// Kind names what an asset is.
type Kind string

// The kinds of asset.
const (
	Site         Kind = "site"
	Route        Kind = "route"
	Person       Kind = "person" // one person, a team or a convoy with a last-known place
	Supplier     Kind = "supplier"
	Counterparty Kind = "counterparty" // premises of an authority, partner or client
)

// Kinds lists the kinds of asset in the order of screens and files.
func Kinds() []Kind { return []Kind{Site, Route, Person, Supplier, Counterparty} }

// An Organisation owns projects; nothing of one is ever shown to another.
type Organisation struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Language string `json:"language"` // BCP 47, default of its messages
	Zone     string `json:"zone"`     // IANA
}

// A Project groups assets and contacts; warnings are made per project.
type Project struct {
	ID      string `json:"id"`
	Code    string `json:"code"` // unique in the organisation, chosen by people: "quetta-rail-3"
	Name    string `json:"name"`
	Country string `json:"country"` // ISO 3166-1 alpha-2
	Sector  string `json:"sector,omitempty"`
	Zone    string `json:"zone"` // IANA
}

// A Shift is a head-count over a part of the local day. From and To are minutes after
// local midnight; To before From means the shift runs over midnight; equal = all day.
type Shift struct {
	Name  string `json:"name"`
	From  int    `json:"from"`
	To    int    `json:"to"`
	Count int    `json:"count"`
}

// A Radius overrides, for one asset, how far away an event of a hazard family counts.
type Radius struct {
	Hazard event.Hazard `json:"hazard"`
	KM     float64      `json:"km"`
}

// An Asset is a site, a route, a person or team, a supplier or a counterparty's premises.
type Asset struct {
	ID      string    `json:"id"`
	Project string    `json:"project"` // project id
	Kind    Kind      `json:"kind"`
	Code    string    `json:"code"` // unique in the project
	Name    string    `json:"name"`
	Country string    `json:"country"`          // ISO 3166-1 alpha-2
	Admin1  string    `json:"admin1,omitempty"` // ISO 3166-2 code or name
	Zone    string    `json:"zone,omitempty"`   // IANA; "" = the project's
	Shape   geo.Shape `json:"shape"`            // point or polygon; line for a route

	Shifts        []Shift  `json:"shifts,omitempty"`
	Class         string   `json:"class,omitempty"`         // construction class: "reinforced", "masonry", "container", "tent", …
	Vulnerability float64  `json:"vulnerability,omitempty"` // V of METHOD.md 1.7 in [0.3, 3]; 0 = by class, else 1
	ElevationM    *float64 `json:"elevation_m,omitempty"`
	CoastKM       *float64 `json:"coast_km,omitempty"`
	ChainageKM    float64  `json:"chainage_km,omitempty"` // route: chainage of the first vertex

	Inner     []Inner   `json:"inner,omitempty"`      // site: camps and plants inside of it
	Serves    []string  `json:"serves,omitempty"`     // supplier: ids of other projects that depend on it
	SeenAt    time.Time `json:"seen_at,omitzero"`     // person: when the place was known
	TravelKMH float64   `json:"travel_kmh,omitempty"` // person: how fast the place may change, km/h; 0 = the default
	Radii     []Radius  `json:"radii,omitempty"`
	Tags      []string  `json:"tags,omitempty"`
}

// An Address is one way to reach a contact.
type Address struct {
	Channel string `json:"channel"` // "email", "webhook", "cap"
	Address string `json:"address"`
}

// A Contact is somebody who is told about a project's warnings. Step orders the
// escalation: everybody of step 1 is told at once, step 2 when nobody of step 1 answers.
type Contact struct {
	ID       string    `json:"id"`
	Project  string    `json:"project"` // project id; "" = every project of the organisation
	Code     string    `json:"code"`    // unique in the organisation
	Name     string    `json:"name"`
	Role     string    `json:"role,omitempty"`
	Step     int       `json:"step"` // 1 = first
	Language string    `json:"language"`
	Zone     string    `json:"zone"`
	Channels []Address `json:"channels"`
}

// A Portfolio is everything an organisation protects, at one version. Slices are sorted
// by ID, so that equal portfolios have equal bytes.
type Portfolio struct {
	Org      string    `json:"org"`
	Version  int64     `json:"version"`
	Projects []Project `json:"projects"`
	Assets   []Asset   `json:"assets"`
	Contacts []Contact `json:"contacts"`
}

// HeadCount is the number of people at the asset at an instant, by its shifts in zone
// (already resolved by the caller with Location). An asset without shifts has nobody.
func (a Asset) HeadCount(at time.Time, zone *time.Location) int {
	if len(a.Shifts) == 0 {
		return 0
	}
	local := at.In(zone)
	minute, n := local.Hour()*60+local.Minute(), 0
	for _, s := range a.Shifts {
		switch {
		case s.From == s.To,
			s.From < s.To && minute >= s.From && minute < s.To,
			s.From > s.To && (minute >= s.From || minute < s.To):
			n += s.Count
		}
	}
	return n
}

// RadiusKM returns the asset's own radius for a hazard family, if it has one.
func (a Asset) RadiusKM(family event.Hazard) (float64, bool) {
	for _, r := range a.Radii {
		if r.Hazard.Family() == family {
			return r.KM, true
		}
	}
	return 0, false
}
