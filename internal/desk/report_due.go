package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/id"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/pulse"
	"watchfire.dev/internal/report"
)

// States of a schedule's last slot.
const (
	ReportMade    = "made"
	ReportWaiting = "waiting" // made, and not approved yet
	ReportPending = "due"
	ReportOverdue = "late"
)

// schedules are the standing orders of an organisation, by id.
func (d *Desk) schedules(ctx context.Context, org string) ([]report.Schedule, error) {
	list, err := d.cfg.Reports.ReportOrders(ctx, org, "schedule")
	if err != nil {
		return nil, err
	}
	out := make([]report.Schedule, 0, len(list))
	for _, o := range list {
		var s report.Schedule
		if err := json.Unmarshal(o.Body, &s); err != nil {
			return nil, fmt.Errorf("schedule %s: %w", o.ID, err)
		}
		out = append(out, s)
	}
	return out, nil
}

// ReportSchedules lists schedules with where each stands.
func (d *Desk) ReportSchedules(ctx context.Context, who Principal) ([]ReportDue, error) {
	if err := d.mayReport(who, CanRead); err != nil {
		return nil, err
	}
	list, err := d.schedules(ctx, who.Org)
	if err != nil {
		return nil, err
	}
	out := make([]ReportDue, 0, len(list))
	for _, s := range list {
		due, _, err := d.standing(ctx, who.Org, s)
		if err != nil {
			return nil, err
		}
		out = append(out, due)
	}
	return out, nil
}

// standing says where a schedule stands now.
func (d *Desk) standing(ctx context.Context, org string, s report.Schedule) (ReportDue, report.Slot, error) {
	var failed error
	due, slot := standing(s, func(id string) (StoredReport, bool) {
		r, err := d.cfg.Reports.ReportHead(ctx, org, id)
		if err != nil && !errors.Is(err, fault.ErrNotFound) {
			failed = err
		}
		return r, err == nil
	}, d.cfg.Now())
	return due, slot, failed
}

// standing says where a schedule stands: the slot that was due last, the report that was made
// for it, and whether it is late: not there, or not approved though it has to be. newest finds the
// newest edition of a report.
func standing(s report.Schedule, newest func(id string) (StoredReport, bool), now time.Time) (ReportDue, report.Slot) {
	out := ReportDue{Schedule: s, State: ReportPending}
	zone, err := time.LoadLocation(s.Zone)
	if err != nil {
		return out, report.Slot{}
	}
	if next, ok := s.When().NextSlot(now, zone); ok {
		out.Next = next.Due
	}
	slot, ok := s.When().LastSlot(now, zone)
	if !ok {
		return out, slot
	}
	out.Last = slot.Label
	// A schedule that came after the slot has as long for it as if the slot had come then.
	if grace := s.Since.Add(slot.Late.Sub(slot.Due)); slot.Late.Before(grace) {
		slot.Late = grace
	}
	p, _ := report.Find(s.Product)
	want := reportID(s.Unit, s.Product, slot.Label)
	if r, ok := newest(want); ok {
		if out.Report, out.State = want, ReportMade; p.Approved && r.Approved == "" {
			out.State = ReportWaiting
		}
	}
	if out.State != ReportMade && !now.Before(slot.Late) {
		out.State = ReportOverdue
	}
	return out, slot
}

// PutReportSchedule keeps a schedule; one without an id gets one.
func (d *Desk) PutReportSchedule(ctx context.Context, who Principal, s report.Schedule) (report.Schedule, error) {
	if err := d.mayReport(who, CanRules); err != nil {
		return s, err
	}
	if s.ID == "" {
		s.ID = id.Derived("sch", who.Org, s.Product, s.Unit)
	}
	if s.Lang == "" {
		s.Lang = "en"
	}
	if !slices.Contains(report.Languages(), s.Lang) {
		return s, fmt.Errorf("schedule %s: language %.20q, reports are written in %s: %w", s.ID, s.Lang, strings.Join(report.Languages(), ", "), fault.ErrInvalid)
	}
	if err := s.Check(); err != nil {
		return s, err
	}
	list, err := d.schedules(ctx, who.Org)
	if err != nil {
		return s, err
	}
	s.Since = d.cfg.Now().UTC().Truncate(time.Second)
	if i := slices.IndexFunc(list, func(x report.Schedule) bool { return x.ID == s.ID && !x.Since.IsZero() }); i >= 0 {
		s.Since = list[i].Since
	}
	return s, d.order(ctx, who, "schedule", s.ID, s)
}

// RemoveReportSchedule ends a schedule; what it made stays.
func (d *Desk) RemoveReportSchedule(ctx context.Context, who Principal, name string) error {
	if err := d.mayReport(who, CanRules); err != nil {
		return err
	}
	list, err := d.schedules(ctx, who.Org)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(list, func(s report.Schedule) bool { return s.ID == name }) {
		return fmt.Errorf("schedule %.60q: %w", name, fault.ErrNotFound)
	}
	return d.order(ctx, who, "schedule", name, nil)
}

// ReportsDue makes every report whose slot was due and that is not there, notes each that is
// late once in the journal, and says when to look again; zero = there is no schedule. One
// report that cannot be made does not keep the others: the errors come back joined.
func (d *Desk) ReportsDue(ctx context.Context, who Principal) (next time.Time, made []StoredReport, err error) {
	if d.cfg.Reports == nil {
		return time.Time{}, nil, nil
	}
	list, err := d.schedules(ctx, who.Org)
	if err != nil || len(list) == 0 {
		return time.Time{}, nil, err
	}
	now := d.cfg.Now()
	var faults []string
	for _, s := range list {
		due, slot, err := d.standing(ctx, who.Org, s)
		if err != nil {
			return next, made, err
		}
		if due.Report == "" && due.Last != "" {
			r, err := d.MakeReport(ctx, who, ReportWish{Product: s.Product, Unit: s.Unit, Lang: s.Lang, Zone: s.Zone, TLP: s.TLP, slot: &slot, tmpl: chosen(s.Template)})
			if err != nil {
				faults = append(faults, fmt.Sprintf("schedule %s: %v", s.ID, err))
			} else {
				made = append(made, r)
				due, _ = standing(s, func(id string) (StoredReport, bool) { return r, id == r.ID }, now)
			}
		}
		if due.State == ReportOverdue {
			if err := d.noteLate(ctx, who, due, slot); err != nil {
				return next, made, err
			}
		}
		for _, t := range []time.Time{due.Next, slot.Late} {
			if t.After(now) && (next.IsZero() || t.Before(next)) {
				next = t
			}
		}
	}
	if len(faults) > 0 {
		return next, made, fmt.Errorf("reports due: %s: %w", strings.Join(faults, "; "), fault.ErrUnavailable)
	}
	return next, made, nil
}

// chosen is a schedule's own template; nil where it has none and the product's counts.
func chosen(t report.Template) *report.Template {
	if t.Name == "" && t.Accent == "" && t.Foot == "" && t.Paper == "" && len(t.Sections) == 0 {
		return nil
	}
	return &t
}

// noteLate puts one late report into the journal, once.
func (d *Desk) noteLate(ctx context.Context, who Principal, due ReportDue, slot report.Slot) error {
	entry, err := d.assessEntry(who, journal.ReportLate, due.Schedule.ID, map[string]any{
		"product": due.Schedule.Product, "unit": due.Schedule.Unit, "period": slot.Label, "due": slot.Due.Format(time.RFC3339), "report": due.Report, "approver": due.Schedule.Approver,
	})
	if err != nil {
		return err
	}
	_, err = d.cfg.Store.PutAlarm(ctx, who.Org, "report "+due.Schedule.ID+" "+slot.Label, entry)
	return err
}

// lateReports are those that should be there: blind spots of the desk itself.
func (d *Desk) lateReports(ctx context.Context, org string) ([]BlindSpot, error) {
	if d.cfg.Reports == nil {
		return nil, nil
	}
	list, err := d.schedules(ctx, org)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	var out []BlindSpot
	for _, s := range list {
		due, slot, err := d.standing(ctx, org, s)
		if err != nil {
			return nil, err
		}
		if due.State == ReportOverdue {
			out = append(out, BlindSpot{Reason: "report_late", Source: reportID(s.Unit, s.Product, slot.Label), Since: slot.Late})
		}
	}
	return out, nil
}

// LateReports are the reports of an organisation that are not there, or not approved, though
// they have to be.
func (d *Desk) LateReports(ctx context.Context, org string) ([]pulse.ReportFact, error) {
	spots, err := d.lateReports(ctx, org)
	if err != nil {
		return nil, fmt.Errorf("reports that are late: %w", err)
	}
	var out []pulse.ReportFact
	for _, x := range spots {
		out = append(out, pulse.ReportFact{ID: x.Source, Since: x.Since})
	}
	return out, nil
}
