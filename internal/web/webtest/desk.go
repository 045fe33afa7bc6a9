// Package webtest is a desk without a database: invented warnings, sources and projects in
// memory, enough to look at every page and to press every button. Tests of the pages and
// the screenshots of the repository stand on it. What it holds never changes by itself, so
// that two runs give the same pages; commands are recorded, and change nothing but answers.
// It is no part of the program that people run.
package webtest

import (
	"context"
	"fmt"
	"sync"
	"time"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/warning"
)

// Now is the instant that the invented world stands at.
var Now = time.Date(2026, 10, 7, 4, 12, 8, 0, time.UTC)

// Org is the organisation of the invented world; Other is one that must never see it.
const (
	Org   = "org_watch"
	Other = "org_other"
)

// A Desk is the invented world. Its fields may be changed before it is served.
type Desk struct {
	Rows     []desk.Row
	Sites    []portfolio.Project
	Assets   []portfolio.Asset
	Contacts []portfolio.Contact
	Happened []event.Event
	Signals  map[string][]event.Signal // by event
	Dark     []desk.BlindSpot
	Feeds    []desk.SourceStatus
	Held     []desk.Quarantined
	Entries  []desk.JournalRow
	Past     []desk.VersionRow
	RuleList []desk.RuleRow
	Hushed   []desk.Suppressed
	Import   desk.ImportPreview
	Muting   desk.Muting
	Real     bool  // not simulated
	Refuse   error // what every command answers

	mu    sync.Mutex
	calls []string
	subs  map[chan string]bool
}

// Calls lists the commands that were given, in order.
func (d *Desk) Calls() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]string(nil), d.calls...)
}

func (d *Desk) did(who desk.Principal, scope desk.Scope, format string, args ...any) error {
	if !who.May(scope) {
		return fmt.Errorf("%s: %w", scope, fault.ErrForbidden)
	}
	if d.Refuse != nil {
		return d.Refuse
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.calls = append(d.calls, fmt.Sprintf(format, args...))
	for c := range d.subs {
		select {
		case c <- "queue":
		default: // a reader that lags fetches the newest state anyway
		}
	}
	return nil
}

// Subscribe gives a channel of changes that closes with ctx.
func (d *Desk) Subscribe(ctx context.Context, _ string) <-chan string {
	c := make(chan string, 1)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.subs == nil {
		d.subs = map[chan string]bool{}
	}
	d.subs[c] = true
	context.AfterFunc(ctx, func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		delete(d.subs, c)
		close(c)
	})
	return c
}

// ours tells whether the principal may see the invented world.
func ours(who desk.Principal) bool { return who.Org == Org }

// Status answers the state of the whole.
func (d *Desk) Status(_ context.Context, who desk.Principal) (desk.Status, error) {
	if !ours(who) {
		return desk.Status{Now: Now, Picture: Now}, nil
	}
	silent := 0
	for _, f := range d.Feeds {
		if !f.BlindSince.IsZero() {
			silent++
		}
	}
	return desk.Status{
		Now: Now, Picture: Now.Add(-2 * time.Second), Blind: d.Dark, Sources: len(d.Feeds), Silent: silent,
		Queued: 3, Late: 1, Journal: int64(len(d.Entries)), Witnessed: int64(len(d.Entries)) - 2, Simulated: !d.Real, Muting: d.Muting,
	}, nil
}

// Queue answers the rows that fit the filter.
func (d *Desk) Queue(_ context.Context, who desk.Principal, f desk.Filter) (desk.Queue, error) {
	q := desk.Queue{As: Now}
	if !ours(who) {
		return q, nil
	}
	q.Suppressed = len(d.Hushed)
	families := map[event.Hazard]int{}
	var order []event.Hazard
	limit := f.Limit
	if limit == 0 {
		limit = 100
	}
	for _, r := range d.Rows {
		open := warning.Active(r.Warning)
		if open {
			q.Open++
			q.Levels[r.Warning.Level]++
			if families[r.Warning.Family] == 0 {
				order = append(order, r.Warning.Family)
			}
			families[r.Warning.Family]++
			if r.Answer == nil {
				q.Needs++
			} else if r.Answer.By == who.Name {
				q.Mine++
			}
		}
		if !fits(r, f, who, open) {
			continue
		}
		if len(q.Rows) == limit {
			q.Next = "more"
			continue
		}
		q.Rows = append(q.Rows, r)
	}
	for _, h := range order {
		q.Family = append(q.Family, desk.Count{Name: string(h), N: families[h]})
	}
	return q, nil
}

func fits(r desk.Row, f desk.Filter, who desk.Principal, open bool) bool {
	switch f.Show {
	case desk.Closed:
		if open {
			return false
		}
	case desk.NeedsAnswer:
		if !open || r.Answer != nil {
			return false
		}
	case desk.Mine:
		if !open || r.Answer == nil || r.Answer.By != who.Name {
			return false
		}
	default:
		if !open {
			return false
		}
	}
	return r.Warning.Level >= f.Level && (f.Family == "" || r.Warning.Family == f.Family) && (f.Project == "" || r.Project.ID == f.Project)
}

func (d *Desk) row(who desk.Principal, id string) (desk.Row, error) {
	if ours(who) {
		for _, r := range d.Rows {
			if r.Warning.ID == id {
				return r, nil
			}
		}
	}
	return desk.Row{}, fmt.Errorf("warning %s: %w", id, fault.ErrNotFound)
}

// Events lists every event on one page.
func (d *Desk) Events(_ context.Context, who desk.Principal, p desk.Page) ([]event.Event, string, error) {
	if !ours(who) || p.After != "" {
		return nil, "", nil
	}
	return d.Happened, "older", nil
}

// Event answers one event with its signals.
func (d *Desk) Event(_ context.Context, who desk.Principal, id string) (event.Event, []event.Signal, error) {
	if ours(who) {
		for _, e := range d.Happened {
			if e.ID == id {
				return e, d.Signals[id], nil
			}
		}
	}
	return event.Event{}, nil, fmt.Errorf("event %s: %w", id, fault.ErrNotFound)
}

// Portfolio answers everything that is protected.
func (d *Desk) Portfolio(_ context.Context, who desk.Principal) (portfolio.Portfolio, error) {
	if !ours(who) {
		return portfolio.Portfolio{Org: who.Org}, nil
	}
	return portfolio.Portfolio{Org: Org, Version: 7, Projects: d.Sites, Assets: d.Assets, Contacts: d.Contacts}, nil
}

// Projects sums the projects up.
func (d *Desk) Projects(_ context.Context, who desk.Principal) ([]desk.ProjectSummary, error) {
	if !ours(who) {
		return nil, nil
	}
	var out []desk.ProjectSummary
	for _, p := range d.Sites {
		s := desk.ProjectSummary{Project: p}
		for _, a := range d.Assets {
			if a.Project == p.ID {
				s.Assets++
				s.People += a.HeadCount(Now, time.UTC)
			}
		}
		for _, r := range d.Rows {
			if r.Project.ID == p.ID && warning.Active(r.Warning) {
				s.Open++
				s.Level = max(s.Level, r.Warning.Level)
			}
		}
		for _, b := range d.Dark {
			if b.Project.ID == p.ID {
				s.Blind++
			}
		}
		out = append(out, s)
	}
	return out, nil
}

// Versions lists the portfolio's versions.
func (d *Desk) Versions(_ context.Context, who desk.Principal) ([]desk.VersionRow, error) {
	if !ours(who) {
		return nil, nil
	}
	return d.Past, nil
}

// Sources lists the sources.
func (d *Desk) Sources(_ context.Context, who desk.Principal) ([]desk.SourceStatus, error) {
	return d.Feeds, nil
}

// Quarantine lists what could not be read.
func (d *Desk) Quarantine(_ context.Context, who desk.Principal, source string, _ desk.Page) ([]desk.Quarantined, string, error) {
	var out []desk.Quarantined
	for _, q := range d.Held {
		if q.Source == source {
			out = append(out, q)
		}
	}
	return out, "", nil
}

// Blind lists what cannot be seen.
func (d *Desk) Blind(_ context.Context, who desk.Principal) ([]desk.BlindSpot, error) {
	if !ours(who) {
		return nil, nil
	}
	return d.Dark, nil
}

// Journal answers one page of the journal.
func (d *Desk) Journal(_ context.Context, who desk.Principal, kind string, _ desk.Page) (desk.JournalPage, error) {
	p := desk.JournalPage{Size: int64(len(d.Entries)), Checkpoint: int64(len(d.Entries)) - 1, At: Now.Add(-40 * time.Second), Next: "older"}
	if !ours(who) {
		return p, nil
	}
	p.Witnesses = []desk.WitnessState{
		{Name: "file on the backup disk", Size: p.Size - 2, At: Now.Add(-90 * time.Second)},
		{Name: "witness.example.org", Size: p.Size - 9, At: Now.Add(-3 * time.Hour), Error: "connection refused since 01:10 UTC"},
	}
	for _, e := range d.Entries {
		if kind == "" || e.Kind == kind {
			p.Rows = append(p.Rows, e)
		}
	}
	return p, nil
}

// Rules lists the rules.
func (d *Desk) Rules(_ context.Context, who desk.Principal) ([]desk.RuleRow, error) {
	if !ours(who) {
		return nil, nil
	}
	return d.RuleList, nil
}
