package desk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/id"
	"watchfire.dev/internal/rota"
	"watchfire.dev/internal/rota/ical"
)

// A CalendarImport says what a calendar from outside becomes: absences of a member, or, with
// a rota, overrides that put the member on duty.
type CalendarImport struct {
	Rota   string // code; "" = absences
	Member rota.Member
	Deputy rota.Member // of absences; nobody = the next layer
}

// An Imported is what came of a calendar.
type Imported struct {
	Taken   int            `json:"taken"`
	Known   int            `json:"known"` // events that an earlier import has taken
	Skipped []ical.Skipped `json:"skipped"`
}

// ImportCalendar reads a calendar file into the duty book. An event that was taken before, by
// its UID, is not taken again; one that has passed is left out.
func (d *Desk) ImportCalendar(ctx context.Context, who Principal, to CalendarImport, file []byte) (Imported, error) {
	var out Imported
	_, err := d.EditBook(ctx, who, 0, "calendar", func(b rota.Book) (rota.Book, error) {
		zone := time.UTC
		if r, ok := b.Rota(to.Rota); ok {
			if z, err := rota.LoadZone(r.Zone); err == nil {
				zone = z
			}
		} else if to.Rota != "" {
			return b, fmt.Errorf("rota %.40q: %w", to.Rota, fault.ErrNotFound)
		} else if z, err := rota.LoadZone(who.Zone); err == nil {
			zone = z
		}
		events, skipped, err := ical.Read(bytes.NewReader(file), zone)
		if err != nil {
			return b, err
		}
		out = Imported{Skipped: skipped}
		for _, e := range events {
			key := id.Derived("cal", to.Rota, to.Member.String(), e.UID, e.From.Format(time.RFC3339))
			switch {
			case !d.cfg.Now().Before(e.To):
				out.Skipped = append(out.Skipped, ical.Skipped{Why: "it has passed: " + e.From.Format(time.DateOnly)})
			case slices.ContainsFunc(b.Absences, func(a rota.Absence) bool { return a.ID == key }),
				slices.ContainsFunc(b.Overrides, func(o rota.Override) bool { return o.ID == key }):
				out.Known++
			case to.Rota != "":
				b.Overrides = append(b.Overrides, rota.Override{ID: key, Rota: to.Rota, From: e.From, To: e.To, Member: to.Member, Reason: e.Summary, Actor: who.Account})
				out.Taken++
			default:
				b.Absences = append(b.Absences, rota.Absence{ID: key, Member: to.Member, From: e.From, To: e.To, Deputy: to.Deputy, Reason: e.Summary, Actor: who.Account})
				out.Taken++
			}
		}
		if out.Taken == 0 {
			return b, errNothingNew
		}
		return b, nil
	})
	if errors.Is(err, errNothingNew) {
		err = nil
	}
	return out, err
}

var errNothingNew = fmt.Errorf("nothing new: %w", fault.ErrConflict)
