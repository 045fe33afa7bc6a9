package app

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"watchfire.dev/internal/cap"
	"watchfire.dev/internal/delivery/capout"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/phrase"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/warning"
)

// alerts speaks of the organisation's warnings in CAP 1.2. The feed is public, so it holds
// only warnings whose evidence may be shown to all; the push to a named partner holds what
// that partner was made a contact for.
type alerts struct{ *App }

// Feed implements api.Alerts.
func (a alerts) Feed(ctx context.Context, org string) ([]byte, error) {
	if _, err := a.orgNamed(ctx, org); err != nil || org == "" {
		return nil, fmt.Errorf("feed of %s: %w", org, fault.ErrNotFound)
	}
	rows, _, err := a.db.QueueRows(ctx, org, desk.Filter{Show: desk.Open, Page: desk.Page{Limit: 500}}, "")
	if err != nil {
		return nil, err
	}
	var heads []warning.Warning
	for _, r := range rows {
		if public(r.Head) {
			heads = append(heads, r.Head)
		}
	}
	entries, left := a.entries(org, heads, func(w warning.Warning) (cap.Alert, error) { return a.alert(ctx, org, w.ID, w.Told.Revision) })
	for _, l := range a.unsaid.note(org, left) {
		a.leftOut(ctx, org, l)
	}
	return capout.Feed(entries, a.cfg.BaseURL+"/cap/"+org+".atom", "Warnings", a.opts.Now())
}

// entries makes the alert of each warning. One that cannot be said in CAP, or not be written
// down, is left out and named, so that it keeps no other from being heard.
func (a alerts) entries(org string, heads []warning.Warning, alert func(warning.Warning) (cap.Alert, error)) (entries []capout.Entry, left []leftOut) {
	for _, w := range heads {
		al, err := alert(w)
		if err == nil {
			_, err = cap.Marshal(al)
		}
		if err != nil {
			left = append(left, leftOut{warning: w, err: err})
			continue
		}
		entries = append(entries, capout.Entry{Alert: al, URL: fmt.Sprintf("%s/cap/%s/%s/%d.xml", a.cfg.BaseURL, org, w.ID, w.Told.Revision)})
	}
	return entries, left
}

// leftOut says once what the feed leaves out: in the log, and in the journal, from where it
// stands in the warning's timeline.
func (a alerts) leftOut(ctx context.Context, org string, l leftOut) {
	w := l.warning
	a.opts.Log.Error("the public CAP feed leaves a warning out", "org", org, "warning", w.ID, "revision", w.Told.Revision, "error", l.err)
	raw, err := journal.Body(map[string]any{"revision": w.Told.Revision, "reason": l.err.Error()})
	if err == nil {
		err = a.db.Journal(ctx, journal.Draft{At: a.opts.Now(), Org: org, Kind: journal.AlertLeftOut, Actor: "system", Subject: w.ID, Body: raw})
	}
	if err != nil {
		a.opts.Log.Error("journal what the CAP feed leaves out", "warning", w.ID, "error", err)
	}
	a.hub.tell(org, "queue")
}

// public tells whether everybody may read of it: only what is labelled so. Evidence without
// a label is not taken for open.
func public(w warning.Warning) bool { return strings.EqualFold(w.TLP, "CLEAR") }

// Alert implements api.Alerts; what is not public does not exist.
func (a alerts) Alert(ctx context.Context, org, warningID string, revision int) ([]byte, error) {
	_, w, err := a.db.WarningRow(ctx, org, warningID)
	if err != nil {
		return nil, err
	}
	if !public(w) {
		return nil, fmt.Errorf("warning %s: %w", warningID, fault.ErrNotFound)
	}
	return a.push(ctx, org, warningID, revision)
}

// push is the alert for a partner who is a contact.
func (a alerts) push(ctx context.Context, org, warningID string, revision int) ([]byte, error) {
	al, err := a.alert(ctx, org, warningID, revision)
	if err != nil {
		return nil, err
	}
	return cap.Marshal(al)
}

func (a alerts) alert(ctx context.Context, org, warningID string, revision int) (cap.Alert, error) {
	revisions, err := a.db.WarningRevisions(ctx, org, warningID)
	if err != nil {
		return cap.Alert{}, err
	}
	i := slices.IndexFunc(revisions, func(w warning.Warning) bool { return w.Revision == revision })
	if i < 0 {
		return cap.Alert{}, fmt.Errorf("warning %s revision %d: %w", warningID, revision, fault.ErrNotFound)
	}
	var earlier []warning.Warning
	for _, w := range revisions[:i] {
		if w.Notify {
			earlier = append(earlier, w)
		}
	}
	_, whole, err := a.db.WarningRow(ctx, org, warningID)
	if err != nil {
		return cap.Alert{}, err
	}
	w := revisions[i]
	w.Rows = whole.Rows
	p, err := a.db.PortfolioAt(ctx, org, 0)
	if err != nil {
		return cap.Alert{}, err
	}
	index := p.Index()
	project, ok := index.Project(w.Project)
	if !ok {
		project = portfolio.Project{ID: w.Project, Name: w.Project, Zone: "UTC"}
	}
	if w.Hazard == "" {
		w.Hazard = event.Other
	}
	return capout.Alert(capout.Config{Sender: a.cfg.CAP.Sender, Book: a.book, Languages: a.languages(), Exercise: a.cfg.Simulated, Web: a.cfg.BaseURL}, w, project, earlier, areasOf(w, index))
}

// languages are English and the installation's own.
func (a alerts) languages() []string {
	if a.cfg.Language == "en" {
		return []string{"en"}
	}
	return []string{"en", a.cfg.Language}
}

// areasOf draws the assets: points as circles of one kilometre, others by name. Where a
// person or a team is goes to nobody outside, by name or by place.
func areasOf(w warning.Warning, index *portfolio.Index) []cap.Area {
	var out []cap.Area
	for _, r := range w.Rows[:min(len(w.Rows), 50)] {
		if r.Kind == portfolio.Person {
			continue
		}
		area := cap.Area{Desc: phrase.Plain(r.Name, 200)}
		if a, ok := index.Asset(r.Asset); ok && len(a.Shape.Points) == 1 {
			area.Circles = []cap.Circle{{Centre: cap.Point{Lat: a.Shape.Points[0].Lat, Lon: a.Shape.Points[0].Lon}, RadiusKm: max(1, a.Shape.RadiusKM)}}
		}
		out = append(out, area)
	}
	return out
}
