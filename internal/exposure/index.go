package exposure

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure/impact"
	"watchfire.dev/internal/exposure/match"
	"watchfire.dev/internal/geo"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/portfolio"
)

// An Index holds one portfolio ready for matching: every asset's shape prepared once, the
// matcher's rows over them, the countries and first-level divisions, and the time zones
// loaded. It never changes and may be used by many goroutines at once; a changed portfolio
// gets a new Index, which Change and With make of the old one.
type Index struct {
	method   *impact.Method
	matrix   level.Matrix
	rules    *rules
	pages    []*page // of targets, by project, then asset id: the order of the rows
	count    int
	byID     map[string]int32
	projects map[string]portfolio.Project
	items    *match.Items
	scratch  *sync.Pool // of *scratch; shared by the versions of an index
	country  map[string][]int32
	record   func(source string) (hits, positives, falseAlarms, negatives int) // how sources' reports came out; see Learn
	widest   map[event.Hazard]float64                                          // the widest radius that an asset has of its own, by family
	undrawn  bool                                                              // outlines of named areas are not used: tests that must not depend on the build
}

// page holds some targets, so that a changed asset does not copy the list of all.
type page [256]*target

// scratch is what one assessment needs for its searches.
type scratch struct {
	search match.Search
	ids    []int32
	judged []uint32 // by asset: the number of the last search that judged it
	number uint32
}

// begin starts a search among some assets and gives its number.
func (s *scratch) begin(assets int) uint32 {
	if s.number++; s.number == 0 || len(s.judged) < assets { // no number before counts
		s.judged, s.number = make([]uint32, assets), 1
	}
	return s.number
}

// target is one asset, prepared. It never changes.
type target struct {
	asset  portfolio.Asset
	region *geo.Region // nil = the asset has no place
	moves  bool        // a person whose place has a time; beside region, because a search asks for both
	ranged bool        // it has radii of its own
	admin1 string      // folded
	zone   *time.Location
	v      float64 // vulnerability
	note   string  // what preparing its shape had to repair
	item   match.Item
}

// NewIndex prepares a portfolio with the built-in method and matrix. An asset whose shape
// cannot be prepared is matched at the shape's first point, with a note on its rows.
func NewIndex(p portfolio.Portfolio) *Index {
	return NewIndexWith(p, impact.Default(), level.Default())
}

// NewIndexWith is NewIndex with a tenant's own method and matrix.
func NewIndexWith(p portfolio.Portfolio, m *impact.Method, matrix level.Matrix) *Index {
	x := &Index{method: m, matrix: matrix, rules: loadRules(), scratch: &sync.Pool{New: func() any { return &scratch{} }}}
	x.fill(p, func(portfolio.Asset) *target { return nil })
	return x
}

// fill builds everything from a portfolio; known gives the targets that are prepared already.
func (x *Index) fill(p portfolio.Portfolio, known func(portfolio.Asset) *target) {
	x.pages, x.count = nil, 0
	x.byID = make(map[string]int32, len(p.Assets))
	x.projects = make(map[string]portfolio.Project, len(p.Projects))
	x.country, x.widest = map[string][]int32{}, map[event.Hazard]float64{}
	for _, project := range p.Projects {
		x.projects[project.ID] = project
	}
	assets := slices.Clone(p.Assets)
	slices.SortFunc(assets, func(a, b portfolio.Asset) int {
		return cmp.Or(strings.Compare(a.Project, b.Project), strings.Compare(a.ID, b.ID))
	})
	zones := map[string]*time.Location{}
	var items []match.Item
	for i, a := range assets {
		t := known(a)
		if t == nil {
			t = x.prepare(a, zones)
		}
		if t.item.ID != int32(i) {
			moved := *t
			moved.item.ID = int32(i)
			t = &moved
		}
		if i%len(page{}) == 0 {
			x.pages = append(x.pages, &page{})
		}
		x.pages[i/len(page{})][i%len(page{})] = t
		x.count, x.byID[a.ID] = i+1, int32(i)
		key := strings.ToUpper(a.Country)
		x.country[key] = append(x.country[key], int32(i))
		for _, r := range a.Radii {
			family := r.Hazard.Family()
			x.widest[family] = max(x.widest[family], r.KM)
		}
		if t.region != nil {
			items = append(items, t.item)
		}
	}
	x.items = match.BuildItems(items)
}

// target is the asset of a number.
func (x *Index) target(id int32) *target { return x.pages[int(id)/len(page{})][int(id)%len(page{})] }

func (x *Index) prepare(a portfolio.Asset, zones map[string]*time.Location) *target {
	t := &target{
		asset: a, admin1: x.fold(a.Admin1), v: portfolio.EffectiveVulnerability(a),
		moves: a.Kind == portfolio.Person && !a.SeenAt.IsZero(), ranged: len(a.Radii) > 0,
	}
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
	centre, size := region.Bound()
	_, roams := x.rules.travel(a)
	size += roams
	t.item = match.Item{Place: match.Place{Lat: centre.Lat, Lon: centre.Lon}, KM: size}
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
	return x.target(i).asset, true
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
