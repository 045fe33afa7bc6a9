package portfolio

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"watchfire.dev/internal/fault"
)

// An Index answers look-ups in one portfolio value in constant time. It is built once per
// version and is safe for use by many goroutines, since nothing changes it.
type Index struct {
	portfolio    Portfolio
	projects     map[string]int
	assets       map[string]int
	contacts     map[string]int
	projectCodes map[string]int
	assetCodes   map[[2]string]int // project id, code
	contactCodes map[string]int
	assetsOf     map[string][]int
	zones        map[string]*time.Location
}

// Index builds the look-up tables of the portfolio.
func (p Portfolio) Index() *Index {
	x := &Index{
		portfolio: p,
		projects:  make(map[string]int, len(p.Projects)), projectCodes: make(map[string]int, len(p.Projects)),
		assets: make(map[string]int, len(p.Assets)), assetCodes: make(map[[2]string]int, len(p.Assets)),
		contacts: make(map[string]int, len(p.Contacts)), contactCodes: make(map[string]int, len(p.Contacts)),
		assetsOf: make(map[string][]int, len(p.Projects)), zones: map[string]*time.Location{},
	}
	for i, v := range p.Projects {
		x.projects[v.ID], x.projectCodes[v.Code] = i, i
		x.zone(v.Zone)
	}
	for i, v := range p.Assets {
		x.assets[v.ID], x.assetCodes[[2]string{v.Project, v.Code}] = i, i
		x.assetsOf[v.Project] = append(x.assetsOf[v.Project], i)
		x.zone(v.Zone)
	}
	for i, v := range p.Contacts {
		x.contacts[v.ID], x.contactCodes[v.Code] = i, i
		x.zone(v.Zone)
	}
	return x
}

func (x *Index) zone(name string) {
	if _, known := x.zones[name]; !known && name != "" {
		if zone, err := time.LoadLocation(name); err == nil {
			x.zones[name] = zone
		}
	}
}

func at[K comparable, T any](all []T, index map[K]int, key K) (T, bool) {
	i, ok := index[key]
	if !ok {
		var none T
		return none, false
	}
	return all[i], true
}

// Project returns the project of an id.
func (x *Index) Project(id string) (Project, bool) { return at(x.portfolio.Projects, x.projects, id) }

// Asset returns the asset of an id.
func (x *Index) Asset(id string) (Asset, bool) { return at(x.portfolio.Assets, x.assets, id) }

// Contact returns the contact of an id.
func (x *Index) Contact(id string) (Contact, bool) { return at(x.portfolio.Contacts, x.contacts, id) }

// ProjectByCode returns the project of a code.
func (x *Index) ProjectByCode(code string) (Project, bool) {
	return at(x.portfolio.Projects, x.projectCodes, code)
}

// AssetByCode returns the asset of a code in the project of an id.
func (x *Index) AssetByCode(projectID, code string) (Asset, bool) {
	return at(x.portfolio.Assets, x.assetCodes, [2]string{projectID, code})
}

// ContactByCode returns the contact of a code.
func (x *Index) ContactByCode(code string) (Contact, bool) {
	return at(x.portfolio.Contacts, x.contactCodes, code)
}

// AssetsOf returns the assets of a project in the order of their ids.
func (x *Index) AssetsOf(projectID string) []Asset {
	out := make([]Asset, 0, len(x.assetsOf[projectID]))
	for _, i := range x.assetsOf[projectID] {
		out = append(out, x.portfolio.Assets[i])
	}
	return out
}

// ContactsFor returns who is told about a project: its own contacts and those of every
// project, by step, then code.
func (x *Index) ContactsFor(projectID string) []Contact {
	var out []Contact
	for _, c := range x.portfolio.Contacts {
		if c.Project == projectID || c.Project == "" {
			out = append(out, c)
		}
	}
	slices.SortStableFunc(out, func(a, b Contact) int {
		return cmp.Or(cmp.Compare(a.Step, b.Step), strings.Compare(a.Code, b.Code))
	})
	return out
}

// Location returns the zone in which the asset's day runs: its own, else its project's.
// The error wraps fault.ErrNotFound when the machine has no such zone or the project is
// unknown; a portfolio that passed Check gives none.
func (x *Index) Location(a Asset) (*time.Location, error) {
	name := a.Zone
	if name == "" {
		p, _ := x.Project(a.Project)
		name = p.Zone
	}
	if zone, ok := x.zones[name]; ok {
		return zone, nil
	}
	return nil, fmt.Errorf("time zone %q of asset %s: %w", name, a.ID, fault.ErrNotFound)
}
