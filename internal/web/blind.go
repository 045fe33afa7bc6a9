package web

import (
	"strings"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/portfolio"
)

// An unseen is what several projects cannot see for the same reason, on one line: thirty
// projects without a source for storms are one thing to mend, not thirty.
type unseen struct {
	Whose string // the project, or how many; "" = every project
	Names string // of the projects, when there are several
	What  string // the family of hazards, or that it is something of our own
	Why   string
}

// Unseen puts blind spots of one family and reason together, in the order of the first.
func (v *View) Unseen(spots []desk.BlindSpot) []unseen {
	names := map[desk.BlindSpot][]string{} // by the spot without its project
	var order []desk.BlindSpot
	for _, b := range spots {
		name := b.Project.Name
		b.Project = portfolio.Project{}
		if _, known := names[b]; !known {
			order = append(order, b)
		}
		names[b] = append(names[b], name)
	}
	out := make([]unseen, len(order))
	for i, k := range order {
		out[i] = unseen{Whose: names[k][0], What: v.T("blind.own"), Why: v.BlindWhy(k)}
		if k.Family != "" {
			out[i].What = v.Hazard(k.Family)
		}
		if n := len(names[k]); n > 1 {
			out[i].Whose, out[i].Names = v.T("blind.projects", "N", n), strings.Join(names[k], ", ")
		}
	}
	return out
}

// BlindWhy says why a place cannot be seen.
func (v *View) BlindWhy(b desk.BlindSpot) string {
	if b.StillSeen > 0 {
		return v.T("blind.weakened", "Still", b.StillSeen, "All", b.AllOf)
	}
	if !v.Has("blind." + b.Reason) {
		return v.T("blind.unknown")
	}
	return v.T("blind."+b.Reason, "Source", b.Source, "Since", v.Short(b.Since), "Age", v.Ago(b.Since), "Usual", v.Age(b.Usual))
}

// blindShown is how many lines the bar of every page has room for.
const blindShown = 2

// A blindBar is what the bar of every page shows: the first lines, and how many more there are.
type blindBar struct {
	Top  []unseen
	More int
}

// BlindBar puts the bar together.
func (v *View) BlindBar() blindBar {
	all := v.Unseen(v.Status.Blind)
	n := min(blindShown, len(all))
	return blindBar{all[:n], len(all) - n}
}
