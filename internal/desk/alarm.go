package desk

import (
	"context"
	"fmt"
	"slices"
	"time"

	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/rota"
)

// A dutyAlarm is something about people on duty that could keep a warning from a person: it
// stands in the bar of every page, and, when it is grave, once in the journal.
type dutyAlarm struct {
	spot  BlindSpot
	key   string // the same as long as it is the same alarm
	grave bool
}

// dutyAlarms looks at rotas, policies, hand-overs and mutes.
func (d *Desk) dutyAlarms(ctx context.Context, org string, duty response.Duty, p portfolio.Portfolio) ([]dutyAlarm, error) {
	now := d.cfg.Now()
	var out []dutyAlarm
	asked := map[string]bool{}
	for _, policy := range duty.Book.Policies {
		out = append(out, holes(duty, p, policy)...)
		for _, s := range policy.Steps {
			for _, t := range s.Targets {
				asked[t.Rota] = true
			}
		}
	}
	for _, r := range duty.Book.Rotas {
		if !r.Desk && !asked[r.Code] {
			continue
		}
		shift, before, taken, err := d.untaken(ctx, org, duty.Book, r)
		if err != nil {
			return nil, err
		}
		switch {
		case shift.Gap():
			out = append(out, dutyAlarm{BlindSpot{Reason: "rota_gap", Source: r.Name, Since: shift.From}, fmt.Sprint("rota_gap ", r.Code, " ", shift.From.Unix()), true})
		case !r.Desk || taken != nil || shift.Open:
		case now.Sub(shift.From) >= overGrace:
			out = append(out, dutyAlarm{BlindSpot{Reason: "shift_alarm", Source: firstOf(NameOfMember(duty, p, before.Member), r.Name), Since: shift.From}, fmt.Sprint("shift ", r.Code, " ", shift.From.Unix()), true})
		default:
			out = append(out, dutyAlarm{BlindSpot{Reason: "shift_open", Source: firstOf(NameOfMember(duty, p, before.Member), r.Name), Since: shift.From}, "", false})
		}
	}
	index := d.index(p)
	for _, m := range duty.Mutes {
		if !m.Stale(now) {
			continue
		}
		c, known := index.Contact(m.Contact)
		pr, there := index.Project(m.Project)
		if known && there { // others concern nobody any more
			out = append(out, dutyAlarm{
				BlindSpot{Project: pr, Reason: "mute_old", Source: c.Name, Since: m.Since},
				fmt.Sprint("mute ", m.Contact, " ", m.Project, " ", m.Channel, " ", m.Since.Unix()), true,
			})
		}
	}
	return out, nil
}

// holes are steps of a policy that name somebody who cannot be reached at all, now or later.
func holes(duty response.Duty, p portfolio.Portfolio, policy rota.Policy) []dutyAlarm {
	var out []dutyAlarm
	add := func(step int, what string) {
		name := fmt.Sprintf("%s, %d: %s", firstOf(policy.Name, policy.Code), step, what)
		out = append(out, dutyAlarm{BlindSpot{Reason: "policy_hole", Source: name}, "policy " + name, true})
	}
	for i, s := range policy.Steps {
		for _, t := range s.Targets {
			switch {
			case t.Contact != "":
				if _, ok := duty.Reach(p, rota.Member{Contact: t.Contact}); !ok {
					add(i+1, t.String())
				}
			case t.Rota != "":
				if _, err := duty.Book.Ready(t.Rota); err != nil {
					add(i+1, t.String())
				}
			}
		}
	}
	return out
}

// onDuty are the alarms as the bar shows them.
func (d *Desk) onDuty(ctx context.Context, org string, duty response.Duty, p portfolio.Portfolio) ([]BlindSpot, error) {
	alarms, err := d.dutyAlarms(ctx, org, duty, p)
	out := make([]BlindSpot, 0, len(alarms))
	for _, a := range alarms {
		out = append(out, a.spot)
	}
	return out, err
}

// Overlook writes the grave alarms about people on duty of an organisation into the journal,
// each once. It is called from time to time by whoever serves.
func (d *Desk) Overlook(ctx context.Context, org string) error {
	duty, p, err := d.staffed(ctx, org)
	if err != nil {
		return err
	}
	alarms, err := d.dutyAlarms(ctx, org, duty, p)
	if err != nil {
		return err
	}
	now := d.cfg.Now()
	fresh := false
	for _, a := range alarms {
		if !a.grave {
			continue
		}
		raw, err := journal.Body(map[string]any{"reason": a.spot.Reason, "project": a.spot.Project.ID, "since": stampOf(a.spot.Since)})
		if err != nil {
			return err
		}
		isNew, err := d.cfg.Store.PutAlarm(ctx, org, a.key, journal.Draft{At: now, Org: org, Kind: journal.DutyAlarm, Actor: "system", Subject: firstOf(firstWord(a.key), "duty"), Body: raw})
		if err != nil {
			return err
		}
		fresh = fresh || isNew
	}
	if fresh || slices.ContainsFunc(alarms, func(a dutyAlarm) bool { return !a.grave }) {
		d.changed(org)
	}
	return nil
}

func stampOf(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func firstWord(s string) string {
	for i, r := range s {
		if r == ' ' {
			return s[:i]
		}
	}
	return s
}
