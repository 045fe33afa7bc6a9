package exposure

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure/impact"
	"watchfire.dev/internal/geo"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/portfolio"
)

// An Index holds one portfolio ready for matching: every asset's shape prepared once, a
// grid over them, the countries and first-level divisions, and the time zones loaded. It
// never changes and may be used by many goroutines at once; a changed portfolio gets a new
// Index.
type Index struct {
	method   *impact.Method
	matrix   level.Matrix
	rules    *rules
	targets  []target // by project, then asset id: the order of the rows
	byID     map[string]int32
	projects map[string]portfolio.Project
	grid     grid
	country  map[string][]int32
	record   func(source string) (hits, positives, falseAlarms, negatives int) // how sources' reports came out; see Learn
	widest   map[event.Hazard]float64                                          // the widest radius that an asset has of its own, by family
}

// target is one asset, prepared.
type target struct {
	asset  portfolio.Asset
	region *geo.Region // nil = the asset has no place
	admin1 string      // folded
	zone   *time.Location
	v      float64 // vulnerability
	note   string  // what preparing its shape had to repair
}

// NewIndex prepares a portfolio with the built-in method and matrix. An asset whose shape
// cannot be prepared is matched at the shape's first point, with a note on its rows.
func NewIndex(p portfolio.Portfolio) *Index {
	return NewIndexWith(p, impact.Default(), level.Default())
}

// NewIndexWith is NewIndex with a tenant's own method and matrix.
func NewIndexWith(p portfolio.Portfolio, m *impact.Method, matrix level.Matrix) *Index {
	x := &Index{
		method: m, matrix: matrix, rules: loadRules(),
		targets: make([]target, 0, len(p.Assets)), byID: make(map[string]int32, len(p.Assets)),
		projects: make(map[string]portfolio.Project, len(p.Projects)),
		country:  map[string][]int32{}, widest: map[event.Hazard]float64{},
	}
	for _, project := range p.Projects {
		x.projects[project.ID] = project
	}
	assets := slices.Clone(p.Assets)
	slices.SortFunc(assets, func(a, b portfolio.Asset) int {
		return cmp.Or(strings.Compare(a.Project, b.Project), strings.Compare(a.ID, b.ID))
	})
	zones := map[string]*time.Location{}
	var entries []gridEntry
	for i, a := range assets {
		t := x.prepare(a, zones)
		x.targets, x.byID[a.ID] = append(x.targets, t), int32(i)
		key := strings.ToUpper(a.Country)
		x.country[key] = append(x.country[key], int32(i))
		for _, r := range a.Radii {
			family := r.Hazard.Family()
			x.widest[family] = max(x.widest[family], r.KM)
		}
		if t.region != nil {
			centre, size := t.region.Bound()
			_, roams := x.rules.travel(a)
			size += roams
			entries = append(entries, gridEntry{int32(i), centre, size})
		}
	}
	x.grid = newGrid(entries)
	return x
}

func (x *Index) prepare(a portfolio.Asset, zones map[string]*time.Location) target {
	t := target{asset: a, admin1: x.fold(a.Admin1), v: portfolio.EffectiveVulnerability(a)}
	t.zone = time.UTC
	for _, name := range []string{a.Zone, x.projects[a.Project].Zone} {
		if zone := zoneOf(name, zones); zone != nil {
			t.zone = zone
			break
		}
	}
	if a.Shape.IsZero() {
		return t
	}
	region, notes, err := geo.Prepare(a.Shape)
	t.note = strings.Join(notes, "; ")
	if err != nil {
		p, ok := firstPoint(a.Shape)
		if !ok {
			return t
		}
		t.note = "the asset's shape cannot be used, its first point is: " + err.Error()
		if region, _, err = geo.Prepare(geo.At(p.Lat, p.Lon, 0)); err != nil {
			return t
		}
	}
	t.region = region
	return t
}

func firstPoint(s geo.Shape) (geo.Point, bool) {
	if len(s.Points) > 0 {
		return s.Points[0], true
	}
	if len(s.Polygons) > 0 && len(s.Polygons[0]) > 0 && len(s.Polygons[0][0]) > 0 {
		return s.Polygons[0][0][0], true
	}
	return geo.Point{}, false
}

func zoneOf(name string, zones map[string]*time.Location) *time.Location {
	if name == "" {
		return nil
	}
	zone, known := zones[name]
	if !known {
		if loaded, err := time.LoadLocation(name); err == nil {
			zone = loaded
		}
		zones[name] = zone
	}
	return zone
}

// Asset returns an asset of the portfolio by its id.
func (x *Index) Asset(id string) (portfolio.Asset, bool) {
	i, ok := x.byID[id]
	if !ok {
		return portfolio.Asset{}, false
	}
	return x.targets[i].asset, true
}

// Countries lists the ISO 3166-1 alpha-2 codes of the countries with assets, sorted.
func (x *Index) Countries() []string { return slices.Sorted(maps.Keys(x.country)) }

// fold makes names of first-level divisions comparable: small letters without accents and
// without the words for "province" and the like. ISO 3166-2 codes stay what they are.
func (x *Index) fold(name string) string {
	name = strings.ToLower(strings.TrimSpace(name))
	if isCode(name) {
		return name
	}
	var b strings.Builder
	for _, r := range norm.NFD.String(name) {
		switch {
		case unicode.Is(unicode.Mn, r):
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			b.WriteRune(r)
		default:
			b.WriteByte(' ')
		}
	}
	words := slices.DeleteFunc(strings.Fields(b.String()), func(w string) bool { return slices.Contains(x.rules.Admin1Words, w) })
	return strings.Join(words, " ")
}

// isCode tells whether a folded division is an ISO 3166-2 code: "pk-ba".
func isCode(s string) bool {
	return len(s) >= 4 && len(s) <= 6 && s[2] == '-' && 'a' <= s[0] && s[0] <= 'z' && 'a' <= s[1] && s[1] <= 'z'
}
