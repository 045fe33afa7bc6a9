package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/fault"
)

// How often a report is due.
const (
	EachShift   = "shift"
	EachDay     = "day"
	EachWeek    = "week" // Monday
	EachMonth   = "month"
	EachQuarter = "quarter"
	EachYear    = "year"
	OnDemand    = "demand"
)

// A Cadence says when a report is due: so many days after its period has ended, at hours of
// the reader's zone.
type Cadence struct {
	Every     string `json:"every"`
	Days      int    `json:"days,omitempty"`
	Hours     []int  `json:"hours,omitempty"`
	LateHours int    `json:"late_hours,omitempty"` // after so many hours it is late: an alarm
}

// A Slot is one report that is due: the period it is about, the instant it is due, and the one
// from which it is late.
type Slot struct {
	From, To  time.Time
	Due, Late time.Time
	Label     string // of the period, in the reader's zone: 2026-10, 2026-W41, 2026-10-08T06
}

// NextSlot is the first slot that is due after an instant; ok is false for what is made on demand.
// An hour that the clocks skip is the first instant after the gap; one that comes twice is
// the first of the two, so that nothing is due twice and no day is left out.
func (c Cadence) NextSlot(after time.Time, zone *time.Location) (Slot, bool) {
	if c.Every == OnDemand || len(c.Hours) == 0 {
		return Slot{}, false
	}
	local := after.In(zone)
	// The period before the one that `after` lies in may still be due: its days come later.
	for n := -3; n <= 3; n++ {
		for _, s := range c.slots(local, n, zone) {
			if s.Due.After(after) {
				return s, true
			}
		}
	}
	return Slot{}, false
}

// LastSlot is the newest slot that was due at an instant or before it.
func (c Cadence) LastSlot(at time.Time, zone *time.Location) (Slot, bool) {
	if c.Every == OnDemand || len(c.Hours) == 0 {
		return Slot{}, false
	}
	local := at.In(zone)
	for n := 1; n >= -4; n-- {
		list := c.slots(local, n, zone)
		slices.Reverse(list)
		for _, s := range list {
			if !s.Due.After(at) {
				return s, true
			}
		}
	}
	return Slot{}, false
}

// slots are those of the nth period from the one that an instant lies in, in order.
func (c Cadence) slots(local time.Time, n int, zone *time.Location) []Slot {
	y, m, d := local.Date()
	hour := c.Hours[0]
	switch c.Every {
	case EachShift:
		var out []Slot
		for i, h := range c.Hours {
			prev := wall(y, m, d+n, c.Hours[(i+len(c.Hours)-1)%len(c.Hours)], zone)
			if i == 0 {
				prev = wall(y, m, d+n-1, c.Hours[len(c.Hours)-1], zone)
			}
			due := wall(y, m, d+n, h, zone)
			out = append(out, c.slot(prev, due, due, zone, fmt.Sprintf("%sT%02d", due.In(zone).Format(time.DateOnly), h)))
		}
		return out
	case EachDay:
		due := wall(y, m, d+n, hour, zone)
		return []Slot{c.slot(wall(y, m, d+n-1, hour, zone), due, due, zone, time.Date(y, m, d+n, 0, 0, 0, 0, time.UTC).Format(time.DateOnly))}
	case EachWeek:
		monday := d - (int(local.Weekday())+6)%7 + 7*n
		year, week := time.Date(y, m, monday-7, 0, 0, 0, 0, time.UTC).ISOWeek()
		to := wall(y, m, monday, 0, zone)
		return []Slot{c.slot(wall(y, m, monday-7, 0, zone), to, wall(y, m, monday+c.Days, hour, zone), zone, fmt.Sprintf("%d-W%02d", year, week))}
	}
	months, label := 1, "2006-01"
	switch c.Every {
	case EachQuarter:
		months, m = 3, m-(m-1)%3
	case EachYear:
		months, m, label = 12, time.January, "2006"
	}
	to := int(m) + months*n
	from := time.Date(y, time.Month(to-months), 1, 0, 0, 0, 0, time.UTC)
	name := from.Format(label)
	if c.Every == EachQuarter {
		name = fmt.Sprintf("%d-Q%d", from.Year(), (int(from.Month())+2)/3)
	}
	return []Slot{c.slot(wall(y, time.Month(to-months), 1, 0, zone), wall(y, time.Month(to), 1, 0, zone), wall(y, time.Month(to), 1+c.Days, hour, zone), zone, name)}
}

func (c Cadence) slot(from, to, due time.Time, _ *time.Location, label string) Slot {
	return Slot{From: from.UTC(), To: to.UTC(), Due: due.UTC(), Late: due.UTC().Add(time.Duration(c.LateHours) * time.Hour), Label: label}
}

// wall is the instant at which clocks of a zone show an hour of a day: the first of two, and
// the first after a gap.
func wall(y int, m time.Month, d, hour int, zone *time.Location) time.Time {
	t := time.Date(y, m, d, hour, 0, 0, 0, zone)
	want := time.Date(y, m, d, hour, 0, 0, 0, time.UTC)
	shown := func(t time.Time) time.Time {
		l := t.In(zone)
		return time.Date(l.Year(), l.Month(), l.Day(), l.Hour(), l.Minute(), l.Second(), 0, time.UTC)
	}
	// Go picks either side of a change; the first instant that shows the hour or a later one
	// lies within three hours of it.
	first := t
	for step := -3 * time.Hour; step <= 3*time.Hour; step += 15 * time.Minute {
		if u := t.Add(step); !shown(u).Before(want) {
			first = u
			break
		}
	}
	return first
}

// A Schedule is a standing order for a report.
type Schedule struct {
	ID         string      `json:"id"`
	Product    string      `json:"product"`
	Unit       string      `json:"unit"`
	Zone       string      `json:"zone"` // the reader's
	Lang       string      `json:"lang"`
	TLP        string      `json:"tlp"`
	Recipients []Recipient `json:"recipients"`
	Approver   string      `json:"approver,omitempty"` // account or name that must approve
	Cadence    *Cadence    `json:"cadence,omitempty"`  // nil = the product's
	Template   Template    `json:"template"`
	Since      time.Time   `json:"since,omitzero"` // what was made before it is sent to nobody
}

// A Recipient gets what their label allows. Address is contact:CODE of the portfolio,
// account:EMAIL, role:ROLE, rota:CODE for whoever is on duty, or CHANNEL:ADDRESS.
type Recipient struct {
	Address string `json:"address"`
	TLP     string `json:"tlp"`
	Lang    string `json:"lang,omitempty"` // "" = the reader's own, else the schedule's
}

// maxRecipients is how many a schedule may name.
const maxRecipients = 200

// CheckRecipients says what is wrong with a list of readers. Errors wrap fault.ErrInvalid.
func CheckRecipients(list []Recipient) error {
	if len(list) > maxRecipients {
		return fmt.Errorf("%d recipients, at most %d: %w", len(list), maxRecipients, fault.ErrInvalid)
	}
	for _, r := range list {
		kind, rest, ok := strings.Cut(r.Address, ":")
		switch {
		case !ok || kind == "" || strings.TrimSpace(rest) == "" || len(r.Address) > 300:
			return fmt.Errorf("recipient %.60q, want contact:CODE, account:EMAIL, role:ROLE, rota:CODE or CHANNEL:ADDRESS: %w", r.Address, fault.ErrInvalid)
		case !slices.Contains(event.TLPs(), r.TLP):
			return fmt.Errorf("recipient %.60q with TLP %.20q, want one of %v: %w", r.Address, r.TLP, event.TLPs(), fault.ErrInvalid)
		case r.Lang != "" && !slices.Contains(Languages(), r.Lang):
			return fmt.Errorf("recipient %.60q with language %.20q, reports are written in %v: %w", r.Address, r.Lang, Languages(), fault.ErrInvalid)
		}
	}
	return nil
}

// When is the cadence of a schedule.
func (s Schedule) When() Cadence {
	if s.Cadence != nil {
		return *s.Cadence
	}
	p, _ := Find(s.Product)
	return p.Due
}

// Check says what is wrong. Errors wrap fault.ErrInvalid.
func (s Schedule) Check() error {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("schedule %s: "+format+": %w", append(append([]any{s.ID}, args...), fault.ErrInvalid)...)
	}
	p, ok := Find(s.Product)
	if !ok {
		return bad("product %.40q", s.Product)
	}
	if _, err := time.LoadLocation(s.Zone); err != nil || s.Zone == "" || s.Zone == "Local" {
		return bad("zone %.40q, want a name such as Africa/Nairobi", s.Zone)
	}
	if !slices.Contains(event.TLPs(), s.TLP) {
		return bad("TLP %.20q, want one of %v", s.TLP, event.TLPs())
	}
	if p.Approved && s.Approver == "" {
		return bad("product %s needs a named approver", s.Product)
	}
	if err := CheckRecipients(s.Recipients); err != nil {
		return fmt.Errorf("schedule %s: %w", s.ID, err)
	}
	c := s.When()
	if !slices.Contains([]string{EachShift, EachDay, EachWeek, EachMonth, EachQuarter, EachYear}, c.Every) {
		return bad("it is made %.20q, which is no calendar", c.Every)
	}
	if len(c.Hours) == 0 || len(c.Hours) > 24 || !slices.IsSorted(c.Hours) || c.Hours[0] < 0 || c.Hours[len(c.Hours)-1] > 23 || c.Days < 0 || c.Days > 60 || c.LateHours < 0 {
		return bad("hours %v, days %d, late after %d", c.Hours, c.Days, c.LateHours)
	}
	return s.Template.Check(p)
}
