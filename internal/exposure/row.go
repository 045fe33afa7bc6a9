package exposure

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"watchfire.dev/internal/geo"
	"watchfire.dev/internal/portfolio"
)

// row writes a hit down.
func (a *assessment) row(h *hit, signals []string) Exposure {
	t, r := a.x.target(h.id), &h.result
	out := Exposure{
		Event: a.e.ID, Revision: a.e.Revision, Hazard: a.e.Hazard,
		Project: t.asset.Project, Asset: t.asset.ID, Kind: t.asset.Kind, Name: t.asset.Name,
		How: h.how, DistanceKM: h.km, Intensity: Intensity(r.Intensity),
		ETA: a.eta(h), Until: a.until(h.view), PEvent: a.pEvent, P: h.p, Observed: h.seen,
		Level: h.level, Floor: r.Floor, FloorReason: r.FloorReason,
		Formula: r.Formula, Source: r.Source, Method: r.Method, Evidence: signals,
	}
	at := a.now
	if out.ETA.After(at) {
		at = out.ETA
	}
	out.Persons = t.asset.HeadCount(at, t.zone)
	out.Notes = allOf(r.Notes, h.view.notes, a.notes)
	out.Inputs = a.inputs(h, t)
	if t.note != "" {
		out.Notes = append(out.Notes, t.note)
	}
	a.explainKind(&out, t, h)
	return out
}

// inputs lists what went into a row, in a piece of an array that many rows share.
func (a *assessment) inputs(h *hit, t *target) []Input {
	const usual = 16 // more than most rows have
	if cap(a.slab)-len(a.slab) < usual {
		a.slab = make([]Input, 0, min(max(usual, 2*cap(a.slab)), 64*usual)) // an event with one row, of which many live, pays for one
	}
	start := len(a.slab)
	out := append(a.slab, Input{"probability of the event", a.pEvent, ""}, Input{"distance", h.km, "km"})
	if h.view.add != nil {
		out = h.view.add(out, t)
	} else {
		out = append(out, h.view.inputs(t, h.km)...)
	}
	a.slab = out
	return out[start:len(out):len(out)]
}

// allOf is the lists one after the other; where only one has anything it is shared, as rows
// of one event mostly can, with no room behind it.
func allOf(lists ...[]string) []string {
	var only []string
	for _, l := range lists {
		switch {
		case len(l) == 0:
		case only != nil:
			return slices.Concat(lists...)
		default:
			only = l[:len(l):len(l)]
		}
	}
	return only
}

// explainKind adds what the kind of asset brings into the row.
func (a *assessment) explainKind(out *Exposure, t *target, h *hit) {
	switch t.asset.Kind {
	case portfolio.Route:
		a.chainage(out, t, h)
	case portfolio.Supplier:
		out.Inputs = append(out.Inputs, Input{"share through the supplier", h.share, ""})
	case portfolio.Person:
		km, known := a.x.moved(t, a.now)
		if !known {
			out.Notes = append(out.Notes, "when the place was known is not recorded: taken as current")
			break
		}
		out.Inputs = append(out.Inputs,
			Input{"age of the place", math.Max(0, a.now.Sub(t.asset.SeenAt).Hours()), "h"}, Input{"travel radius", km, "km"})
	}
	if own, ok := a.own(t); ok {
		out.Inputs = append(out.Inputs, Input{"asset's own radius", own, "km"})
	}
}

// chainage fills in which part of a route is affected: what lies inside a drawn area, or
// within the distance at which the chance of I1 has fallen to half; where the route passes
// farther away, within the distance that gave it a row.
func (a *assessment) chainage(out *Exposure, t *target, h *hit) {
	if t.asset.Shape.Kind != geo.LineKind || len(h.view.fields) == 0 {
		return
	}
	reach := 0.0
	if h.how != Inside {
		reach = h.view.half()
	}
	var parts []geo.Stretch
	if h.view.stretches != nil {
		parts, reach = h.view.stretches(t), 0
	}
	for i := 0; i < 2 && len(parts) == 0 && h.view.stretches == nil; i++ {
		for _, f := range h.view.fields {
			parts = append(parts, f.region.AffectedChainage(t.asset.Shape, reach)...)
		}
		if len(parts) > 0 {
			break
		}
		if reach = h.km + 1; h.result.Floor > 0 {
			reach = h.view.fields[0].reach // the rule's own distance
		}
	}
	if len(parts) == 0 {
		return
	}
	slices.SortFunc(parts, func(a, b geo.Stretch) int { return cmp.Compare(a.FromKM, b.FromKM) })
	var words []string
	to := math.Inf(-1)
	merged := parts[:0]
	for _, p := range parts {
		if n := len(merged); n > 0 && p.FromKM <= to {
			merged[n-1].ToKM = math.Max(merged[n-1].ToKM, p.ToKM)
		} else {
			merged = append(merged, p)
		}
		to = merged[len(merged)-1].ToKM
	}
	offset := t.asset.ChainageKM
	out.FromKM, out.ToKM = offset+merged[0].FromKM, offset+to
	for _, p := range merged {
		words = append(words, fmt.Sprintf("%.1f–%.1f", offset+p.FromKM, offset+p.ToKM))
	}
	if len(merged) > 1 {
		const most = 8
		if len(words) > most {
			words = append(words[:most], "…")
		}
		out.Notes = append(out.Notes, "affected parts of the route: km "+strings.Join(words, ", "))
	}
	if reach > 0 {
		out.Inputs = append(out.Inputs, Input{"reach along the route", reach, "km"})
	}
}

// eta is when the hazard is felt at the asset; zero = now or unknown.
func (a *assessment) eta(h *hit) time.Time {
	at := a.e.Onset
	switch {
	case h.result.ETAHours != nil:
		at = a.now.Add(time.Duration(clamp(*h.result.ETAHours, -1, 24*365) * float64(time.Hour))).Round(time.Minute)
	case !h.view.from.IsZero():
		at = h.view.from
	}
	if at.After(a.now) {
		return at.UTC()
	}
	return time.Time{}
}

// until is the end of the impact, when somebody says it: of the footprint, of the event, or
// of the message's validity.
func (a *assessment) until(v *view) time.Time {
	if v.to.After(v.from) {
		return v.to.UTC()
	}
	if !a.e.Ends.IsZero() {
		return a.e.Ends
	}
	return a.e.Expires
}
