package report

import "slices"

// Products.
const (
	Shift      = "shift"
	Daily      = "daily"
	Weekly     = "weekly"
	Monthly    = "monthly"
	Board      = "board"
	Annual     = "annual"
	PreBid     = "prebid"
	Trip       = "trip"
	Incident   = "incident"
	CountryRep = "country"
)

// A Product is a kind of report: what stands in it, in which order, on how many pages at most,
// and when it is due (METHOD 2.9).
type Product struct {
	ID       string   `json:"id"`
	Subject  string   `json:"subject"` // project, country, portfolio, any
	Pages    int      `json:"pages"`   // at most; 0 = no limit
	Sections []string `json:"sections"`
	Due      Cadence  `json:"due"`
	Approved bool     `json:"approved"` // nobody gets it before somebody has approved it
}

// Products lists every product in the order of its cadence.
func Products() []Product {
	monthly := []string{"changes", "dimensions", "chances", "record", "controls", "unseen", "duties", "register", "loss", "actions", "scores", "drivers", "trend", "standards", "sources"}
	return []Product{
		{Shift, "any", 2, []string{"changes", "warnings", "unseen", "people", "due", "muted"}, Cadence{Every: EachShift, Hours: []int{6, 18}, LateHours: 1}, false},
		{Daily, "project", 1, []string{"changes", "advice", "families", "warnings", "routes", "planned", "unseen"}, Cadence{Every: EachDay, Hours: []int{6}, LateHours: 1}, false},
		{Weekly, "portfolio", 4, []string{"changes", "projects", "near", "chances", "answers", "record", "duties", "due", "unseen"}, Cadence{Every: EachWeek, Hours: []int{6}, LateHours: 4}, false},
		{Monthly, "project", 6, monthly, Cadence{Every: EachMonth, Days: 3, Hours: []int{8}, LateHours: 24}, true},
		{CountryRep, "country", 6, []string{"changes", "dimensions", "chances", "record", "unseen", "scores", "drivers", "trend", "sources"}, Cadence{Every: EachMonth, Days: 3, Hours: []int{8}, LateHours: 24}, true},
		{Board, "portfolio", 6, []string{"changes", "map", "exposure", "movers", "outlook", "scenario", "breaches", "duties", "loss", "compliance", "answers", "record", "unseen", "decisions"}, Cadence{Every: EachQuarter, Days: 10, Hours: []int{8}, LateHours: 48}, true},
		{Annual, "any", 12, append(slices.Clone(monthly), "method"), Cadence{Every: EachYear, Days: 31, Hours: []int{8}, LateHours: 120}, true},
		{PreBid, "any", 8, []string{"verdict", "dimensions", "chances", "unseen", "register", "drivers", "standards", "sources", "method"}, Cadence{Every: OnDemand}, true},
		{Trip, "any", 3, []string{"verdict", "dimensions", "warnings", "unseen", "drivers", "sources"}, Cadence{Every: OnDemand}, true},
		{Incident, "any", 6, []string{"timeline", "record", "controls", "unseen", "duties", "actions", "method"}, Cadence{Every: OnDemand}, true},
	}
}

// Find returns a product.
func Find(id string) (Product, bool) {
	list := Products()
	i := slices.IndexFunc(list, func(p Product) bool { return p.ID == id })
	if i < 0 {
		return Product{}, false
	}
	return list[i], true
}

// in is the product as it was in a form of snapshots.
func (p Product) in(form int) Product {
	if form >= 1 {
		return p
	}
	switch p.ID {
	case Daily:
		p.Sections = []string{"changes", "warnings", "due", "unseen"}
	case Weekly:
		p.Sections = []string{"changes", "projects", "chances", "record", "duties", "due", "unseen"}
	case CountryRep:
		p.Sections = []string{"changes", "dimensions", "chances", "unseen", "scores", "drivers", "trend", "sources"}
	case Board:
		p.Sections = []string{"changes", "map", "exposure", "movers", "breaches", "duties", "loss", "scenario", "record", "unseen", "decisions"}
	}
	return p
}
