package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/feed"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/warning"
)

// watched are the hazard families that every project should be seen for.
func watched() []event.Hazard {
	return []event.Hazard{
		event.Earthquake, event.Tsunami, event.Cyclone, event.Storm, event.Flood, event.Wildfire, event.Volcano,
		event.Conflict, event.Unrest, event.Outbreak, event.Advice,
	}
}

// Sources returns the health of every source that the organisation may use, with how its
// earlier reports came out.
func (d *Desk) Sources(ctx context.Context, who Principal) ([]SourceStatus, error) {
	out, err := d.sources(ctx, who)
	if err != nil {
		return nil, err
	}
	return out, d.withRecords(ctx, who.Org, out)
}

// sources is Sources without the records, which most pages do not show.
func (d *Desk) sources(ctx context.Context, who Principal) ([]SourceStatus, error) {
	if err := need(who, CanRead); err != nil {
		return nil, err
	}
	rows, err := d.cfg.Store.SourceRows(ctx)
	if err != nil {
		return nil, err
	}
	return Statuses(d.cfg.Catalogue.Sources(), rows, who.Org, d.cfg.Now()), nil
}

// Statuses joins the sources that an organisation may use with what is stored of them.
func Statuses(list []feed.Source, rows map[string]StoredSource, org string, now time.Time) []SourceStatus {
	var out []SourceStatus
	for _, s := range list {
		if s.Org == "" || s.Org == org {
			out = append(out, statusOf(s, rows[s.ID], now))
		}
	}
	return out
}

func statusOf(s feed.Source, r StoredSource, now time.Time) SourceStatus {
	grade := s.Reliability
	if s.Credibility > 0 {
		grade += string(rune('0' + s.Credibility))
	}
	st := SourceStatus{
		ID: s.ID, Name: s.Name, Kind: s.Kind, URL: s.URL, Licence: s.Licence, Attribution: s.Attribution, Grade: grade,
		On: r.On, Unverified: s.Unverified, Every: s.Every, AgeLimit: s.AgeLimit, LastPoll: r.LastPoll, LastOK: r.LastOK,
		LastContent: r.LastContent, NextPoll: r.NextPoll, LastError: r.LastError, LastErrorAt: r.LastErrorAt,
		Failures: r.Failures, OpenUntil: r.OpenUntil, Records: r.Records, Signals: r.Signals, Quarantined: r.Quarantined,
		Linked: r.Linked, Lost: r.Lost,
		Hazards: s.Hazards, Countries: s.Countries,
	}
	if limit := r.LastContent.Add(s.AgeLimit); st.On && !r.LastContent.IsZero() && limit.Before(now) {
		st.BlindSince = limit
	}
	return st
}

// seeing tells whether a source shows us anything now: on, heard of, and not too old.
func (s SourceStatus) seeing() bool { return s.On && !s.LastContent.IsZero() && s.BlindSince.IsZero() }

// Inward tells whether others send to this source: it is not polled, and having heard nothing
// says nothing about whether it is alive until its content-age limit has passed.
func (s SourceStatus) Inward() bool { return s.URL == "" }

// covers tells whether a source should see a hazard family in one of the countries.
func (s SourceStatus) covers(family event.Hazard, countries []string) bool {
	if !slices.ContainsFunc(s.Hazards, func(h event.Hazard) bool { return h.Family() == family }) {
		return false
	}
	return len(s.Countries) == 0 || slices.ContainsFunc(countries, func(c string) bool { return slices.Contains(s.Countries, c) })
}

// Blind returns where silence must not be taken for safety: project by project the families
// that nobody or not everybody sees, and once the families that no source covers at all.
func (d *Desk) Blind(ctx context.Context, who Principal) ([]BlindSpot, error) {
	sources, err := d.sources(ctx, who)
	if err != nil {
		return nil, err
	}
	p, err := d.portfolio(ctx, who.Org)
	if err != nil {
		return nil, err
	}
	return d.blind(ctx, who.Org, p, sources)
}

// blind joins what is wrong on our own side, which stands first, with what cannot be seen.
func (d *Desk) blind(ctx context.Context, org string, p portfolio.Portfolio, sources []SourceStatus) ([]BlindSpot, error) {
	duty, err := d.cfg.Store.Duty(ctx, org)
	if err != nil {
		return nil, err
	}
	out := unreached(p, duty.Mutes, d.cfg.Now())
	if duty.Accounts == nil && len(duty.Book.Rotas) > 0 {
		if duty.Accounts, err = d.cfg.Store.Staff(ctx, org); err != nil {
			return nil, err
		}
	}
	alarms, err := d.onDuty(ctx, org, duty, p)
	if err != nil {
		return nil, err
	}
	out = append(out, alarms...)
	late, err := d.lateReports(ctx, org)
	if err != nil {
		return nil, err
	}
	out = append(out, late...)
	if late, err = d.lateForecasts(ctx, org, p); err != nil {
		return nil, err
	}
	out = append(out, late...)
	rows, err := d.cfg.Store.RuleRows(ctx, org)
	if err != nil {
		return nil, err
	}
	for _, r := range d.faulty(org, rows, p) {
		switch {
		case r.Broken:
			out = append(out, BlindSpot{Reason: "rule_fault", Source: firstOf(r.Name, r.ID)})
		case r.Fault != "":
			out = append(out, BlindSpot{Reason: "rule_failing", Source: firstOf(r.Name, r.ID)})
		}
	}
	unsaid, err := d.unsaid(ctx, org, p)
	if err != nil {
		return nil, err
	}
	out = append(out, unsaid...)
	stuck, err := d.stuck(ctx, org, p)
	if err != nil {
		return nil, err
	}
	out = append(out, stuck...)
	return append(out, d.unseen(p, sources)...), nil
}

// unsaid are the warnings that the public feed had to leave out and that still are on.
func (d *Desk) unsaid(ctx context.Context, org string, p portfolio.Portfolio) ([]BlindSpot, error) {
	if d.cfg.Unsaid == nil {
		return nil, nil
	}
	var out []BlindSpot
	for _, b := range d.cfg.Unsaid(org) {
		_, w, err := d.cfg.Store.WarningRow(ctx, org, b.Source)
		if errors.Is(err, fault.ErrNotFound) || err == nil && !warning.Active(w) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if pr, ok := d.index(p).Project(b.Project.ID); ok {
			b.Project = pr
		}
		out = append(out, b)
	}
	return out, nil
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// unreached are the projects with assets where a warning below red would reach nobody: no
// contact has a channel, or every one has muted it.
func unreached(p portfolio.Portfolio, mutes response.Mutes, now time.Time) []BlindSpot {
	own, populated := map[string][]portfolio.Contact{}, map[string]bool{} // by project; "" = of all
	for _, c := range p.Contacts {
		if len(c.Channels) > 0 {
			own[c.Project] = append(own[c.Project], c)
		}
	}
	for _, a := range p.Assets {
		populated[a.Project] = true
	}
	var out []BlindSpot
	for _, pr := range p.Projects {
		w := warning.Warning{Project: pr.ID, Level: level.Yellow}
		reaches := func(list []portfolio.Contact) bool {
			return response.People{Contacts: list, Mutes: mutes}.Reaches(w, now)
		}
		if !populated[pr.ID] || reaches(own[pr.ID]) || reaches(own[""]) {
			continue
		}
		b := BlindSpot{Project: pr, Reason: "nobody_told"}
		if len(own[pr.ID])+len(own[""]) > 0 {
			b.Reason = "all_muted"
			for _, m := range mutes {
				if m.Project == pr.ID && m.Since.After(b.Since) {
					b.Since = m.Since
				}
			}
		}
		out = append(out, b)
	}
	return out
}

// unseen is blindSpots, reckoned when something that counts has changed and not for every
// page: with thousands of projects it is the dearest part of one. The list is shared.
func (d *Desk) unseen(p portfolio.Portfolio, sources []SourceStatus) []BlindSpot {
	var key strings.Builder
	fmt.Fprint(&key, p.Version)
	for _, s := range sources {
		if s.On {
			fmt.Fprintf(&key, "|%s %s %d %v %v %v", s.ID, s.Name, s.Every, s.LastContent.IsZero(), s.BlindSince.UnixNano(), s.Linked > 0)
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	kept := d.spots[p.Org]
	if p.Version == 0 || kept.key != key.String() {
		kept = spotsOf{key.String(), slices.Clip(blindSpots(p, sources))}
		d.spots[p.Org] = kept
	}
	return kept.spots
}

// spotsOf are the blind spots of one state of portfolio and sources.
type spotsOf struct {
	key   string
	spots []BlindSpot
}

// blindSpots looks at each family and project.
func blindSpots(p portfolio.Portfolio, sources []SourceStatus) []BlindSpot {
	countries := map[string][]string{}
	for _, pr := range p.Projects {
		countries[pr.ID] = []string{pr.Country}
	}
	for _, a := range p.Assets {
		if !slices.Contains(countries[a.Project], a.Country) {
			countries[a.Project] = append(countries[a.Project], a.Country)
		}
	}
	var out []BlindSpot
	local := make([]BlindSpot, 0, len(p.Projects))
	for _, family := range watched() {
		local = local[:0]
		uncovered := 0
		for _, pr := range p.Projects {
			b, blind := spot(pr, family, countries[pr.ID], sources)
			if !blind {
				continue
			}
			if b.Reason == "no_source" {
				uncovered++
			}
			local = append(local, b)
		}
		if uncovered > 0 && uncovered == len(p.Projects) {
			local = append(local[:0], BlindSpot{Family: family, Reason: "no_source"})
		}
		out = append(out, local...)
	}
	slices.SortStableFunc(out, func(a, b BlindSpot) int { return rankSpot(a) - rankSpot(b) })
	return out
}

// rankSpot puts what went blind before what was never seen, and weakened sight last.
func rankSpot(b BlindSpot) int {
	switch {
	case b.StillSeen > 0 || b.Reason == "source_behind":
		return 3
	case b.Reason == "source_silent":
		return 0
	case b.Reason == "never_polled":
		return 1
	default:
		return 2
	}
}

// spot says how well one project is seen for one family. The worst source that should see
// it gives reason and time.
func spot(pr portfolio.Project, family event.Hazard, countries []string, sources []SourceStatus) (BlindSpot, bool) {
	b := BlindSpot{Project: pr, Family: family, Reason: "no_source"}
	for _, s := range sources {
		if !s.On || !s.covers(family, countries) {
			continue
		}
		b.AllOf++
		switch {
		case s.seeing() && s.Linked == 0:
			b.StillSeen++
		case s.seeing(): // it answers, and what it names is not read yet: seen in part
			if b.Reason == "no_source" {
				b.Reason, b.Source, b.Usual = "source_behind", s.Name, s.Every
			}
		case s.LastContent.IsZero():
			if b.Reason == "no_source" || b.Reason == "source_behind" {
				b.Reason, b.Source, b.Usual = "never_polled", s.Name, s.Every
			}
		default:
			if b.Since.IsZero() || s.BlindSince.Before(b.Since) {
				b.Since = s.BlindSince
			}
			b.Reason, b.Source, b.Usual = "source_silent", s.Name, s.Every
		}
	}
	return b, b.StillSeen < b.AllOf && b.Reason != "never_polled" || b.StillSeen == 0
}
