package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/rota"
)

// Calendars makes and serves the signed calendar feeds.
type Calendars interface {
	// Link is the feed's address: of a rota by its code, of a member by what rota.Member writes.
	Link(org, whose string) string
	// Feed is an iCalendar file; fault.ErrNotFound when nobody signed the token.
	Feed(ctx context.Context, token string) ([]byte, error)
}

// dutyRoutes are the pages of people on duty and of what receivers choose.
func (s *server) dutyRoutes() map[string]handler {
	return map[string]handler{
		"GET /duty":                       s.dutyPage,
		"POST /duty/undo":                 s.undoBook,
		"GET /duty/rotas/{code}":          s.rotaPage,
		"POST /duty/rotas":                s.putRota,
		"POST /duty/rotas/{code}/drop":    s.dropRota,
		"POST /duty/overrides":            s.addOverride,
		"POST /duty/overrides/{id}/drop":  s.dropOverride,
		"POST /duty/absences":             s.addAbsence,
		"POST /duty/absences/{id}/drop":   s.dropAbsence,
		"POST /duty/swaps":                s.askSwap,
		"POST /duty/swaps/{id}":           s.answerSwap,
		"POST /duty/policies":             s.putPolicy,
		"POST /duty/policies/{code}/drop": s.dropPolicy,
		"POST /duty/bounds":               s.putBounds,
		"POST /duty/calendar":             s.importCalendar,
		"GET /hand-over":                  s.handOver,
		"POST /hand-over/{code}":          s.takeOver,
		"GET /me":                         s.me,
		"POST /me":                        s.setMe,
		"POST /warnings/{id}/snooze":      s.snooze,
	}
}

// A dutyPage is who is on duty now or at another time, and what stands around it.
type dutyPage struct {
	Bill     *desk.Watchbill // nil = no project chosen
	Project  string
	At       string
	Projects []portfolio.Project
	Card     desk.BookCard
	Gaps     []gap
	Held     []desk.HeldRow
	Problem  string
	Mine     string // address of the own calendar feed, "" = none
}

// A gap is when nobody is on duty.
type gap struct {
	Rota rota.Rota
	desk.ShiftRow
}

// gapDays is how far ahead gaps are looked for.
const gapDays = 28

func (s *server) dutyPage(w http.ResponseWriter, r *http.Request, v *View) error {
	return s.showDuty(w, r, v, "")
}

func (s *server) showDuty(w http.ResponseWriter, r *http.Request, v *View, problem string) error {
	ctx, p := r.Context(), dutyPage{Project: r.URL.Query().Get("project"), At: r.URL.Query().Get("at"), Problem: problem}
	folio, err := s.Reads.Portfolio(ctx, v.Who)
	if err != nil {
		return fmt.Errorf("read portfolio: %w", err)
	}
	p.Projects = folio.Projects
	if p.Project == "" && len(folio.Projects) > 0 {
		p.Project = folio.Projects[0].Code
	}
	if p.Project != "" {
		bill, err := s.OnCall.OnDuty(ctx, v.Who, p.Project, p.At)
		switch {
		case errors.Is(err, fault.ErrInvalid):
			p.Problem = v.T("duty.at_wrong")
		case err != nil:
			return fmt.Errorf("who is on duty: %w", err)
		default:
			p.Bill = &bill
		}
	}
	if p.Card, err = s.OnCall.Book(ctx, v.Who); err != nil {
		return fmt.Errorf("read the duty book: %w", err)
	}
	for _, x := range p.Card.Book.Rotas {
		rows, err := s.OnCall.Shifts(ctx, v.Who, x.Code, v.Now, gapDays)
		if err != nil {
			continue // the card names what is wrong with it
		}
		for _, row := range rows {
			if row.Gap() && len(p.Gaps) < 30 {
				p.Gaps = append(p.Gaps, gap{x, row})
			}
		}
	}
	if p.Held, err = s.OnCall.HeldBack(ctx, v.Who); err != nil {
		return fmt.Errorf("read what is held back: %w", err)
	}
	if s.Calendars != nil && len(p.Card.Self) > 0 {
		p.Mine = s.Calendars.Link(v.Who.Org, p.Card.Self[len(p.Card.Self)-1].String())
	}
	return s.ok(w, "duty", "title.duty", v, p)
}

// Member is what a member is called.
func (p dutyPage) Member(m rota.Member) string { return p.Card.Names[m.String()] }

// Steps writes the steps of a policy for its form.
func (p dutyPage) Steps(list []rota.Step) string { return rota.FormatSteps(list) }

// Levels lists the levels from which a policy may begin.
func (p dutyPage) Levels() []string { return []string{"yellow", "orange", "red"} }

// Mineswap tells whether the reader may accept a swap.
func (p dutyPage) Mineswap(m rota.Member) bool {
	for _, x := range p.Card.Self {
		if x == m {
			return true
		}
	}
	return false
}

// NewPolicy is an empty policy for the form of a new one.
func (p dutyPage) NewPolicy() rota.Policy { return rota.Policy{} }

// calendar serves a feed to whoever has its address.
func (s *server) calendar(w http.ResponseWriter, r *http.Request) error {
	if s.Calendars == nil {
		return errNoPage
	}
	body, err := s.Calendars.Feed(r.Context(), r.PathValue("token"))
	if err != nil {
		return fmt.Errorf("calendar feed: %w", err)
	}
	w.Header().Set("Content-Type", "text/calendar; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="duty.ics"`)
	w.Write(body) //nolint:errcheck // the client has gone
	return nil
}

// A rotaPage is one rota: a week of it, and what can be changed.
type rotaPage struct {
	Rota    rota.Rota
	Card    desk.BookCard
	Days    []rotaDay
	Zone    string
	Before  string // address of the week before and after
	After   string
	Feed    string
	Problem string
	New     bool
}

// A rotaDay is one day of the week view, in the rota's zone.
type rotaDay struct {
	Name   string
	Shifts []rotaCell
}

// A rotaCell is the part of a shift that lies in one day.
type rotaCell struct {
	From, To string // of the clock
	desk.ShiftRow
}

const weekDays = 7

func (s *server) rotaPage(w http.ResponseWriter, r *http.Request, v *View) error {
	return s.showRota(w, r, v, r.PathValue("code"), "")
}

func (s *server) showRota(w http.ResponseWriter, r *http.Request, v *View, code, problem string) error {
	card, err := s.OnCall.Book(r.Context(), v.Who)
	if err != nil {
		return fmt.Errorf("read the duty book: %w", err)
	}
	p := rotaPage{Card: card, Problem: problem}
	if code == "new" {
		p.New, p.Rota = true, rota.Rota{Zone: v.Zone, Desk: len(card.Book.Rotas) == 0}
		return s.ok(w, "rota", "title.rota", v, p)
	}
	var known bool
	if p.Rota, known = card.Book.Rota(code); !known {
		return fmt.Errorf("rota %.40q: %w", code, fault.ErrNotFound)
	}
	zone, err := rota.LoadZone(p.Rota.Zone)
	if err != nil {
		zone = time.UTC
	}
	p.Zone = zone.String()
	from := v.Now.In(zone)
	if t, err := time.Parse(time.DateOnly, r.URL.Query().Get("from")); err == nil {
		from = t
	}
	y, m, d := from.Date()
	begin := rota.Wall(zone, y, m, d, 0)
	p.Before = fmt.Sprintf("/duty/rotas/%s?from=%s", code, time.Date(y, m, d-weekDays, 0, 0, 0, 0, time.UTC).Format(time.DateOnly))
	p.After = fmt.Sprintf("/duty/rotas/%s?from=%s", code, time.Date(y, m, d+weekDays, 0, 0, 0, 0, time.UTC).Format(time.DateOnly))
	rows, err := s.OnCall.Shifts(r.Context(), v.Who, code, begin, weekDays+1)
	if err != nil && !errors.Is(err, fault.ErrInvalid) {
		return fmt.Errorf("shifts of rota %s: %w", code, err)
	}
	for i := range weekDays {
		a, b := rota.Wall(zone, y, m, d+i, 0), rota.Wall(zone, y, m, d+i+1, 0)
		p.Days = append(p.Days, dayOf(v, rows, a, b, zone))
	}
	if s.Calendars != nil {
		p.Feed = s.Calendars.Link(v.Who.Org, code)
	}
	return s.ok(w, "rota", "title.rota", v, p)
}

func dayOf(v *View, rows []desk.ShiftRow, a, b time.Time, zone *time.Location) rotaDay {
	out := rotaDay{Name: v.T("weekday."+strings.ToLower(a.In(zone).Format("Mon"))) + " " + v.Date(a, zone.String())}
	for _, row := range rows {
		if !row.From.Before(b) || !a.Before(row.To) {
			continue
		}
		cell := rotaCell{From: "00:00", To: "24:00", ShiftRow: row}
		if row.From.After(a) {
			cell.From = row.From.In(zone).Format("15:04")
		}
		if row.To.Before(b) {
			cell.To = row.To.In(zone).Format("15:04")
		}
		out.Shifts = append(out.Shifts, cell)
	}
	return out
}

// Member is what a member is called.
func (p rotaPage) Member(m rota.Member) string { return p.Card.Names[m.String()] }

// Layers are the rota's layers and, for the form, an empty one.
func (p rotaPage) Layers() []rota.Layer {
	return append(append([]rota.Layer{}, p.Rota.Layers...), rota.Layer{Length: 1, Unit: rota.Days, HandOver: []string{"06:00", "18:00"}})
}

// Members, Windows, Holidays and Join write parts of a rota for its form.
func (p rotaPage) Members(list []rota.Member) string { return rota.FormatMembers(list) }

// Windows writes windows, one a line.
func (p rotaPage) Windows(list []rota.Window) string { return rota.FormatWindows(list) }

// Holidays writes holidays, one a line.
func (p rotaPage) Holidays() string { return rota.FormatHolidays(p.Rota.Holidays) }

// Units lists the units of a shift's length.
func (p rotaPage) Units() []rota.Unit { return []rota.Unit{rota.Hours, rota.Days, rota.Weeks} }

// Overrides lists those of this rota that are not over.
func (p rotaPage) Overrides(now time.Time) []rota.Override {
	var out []rota.Override
	for _, o := range p.Card.Book.Overrides {
		if o.Rota == p.Rota.Code && now.Before(o.To) {
			out = append(out, o)
		}
	}
	return out
}

// Swaps lists those of this rota that wait for an answer.
func (p rotaPage) Swaps(now time.Time) []rota.Swap {
	var out []rota.Swap
	for _, x := range p.Card.Book.Swaps {
		if x.Rota == p.Rota.Code && x.State == rota.Asked && now.Before(x.To) {
			out = append(out, x)
		}
	}
	return out
}

// Mine tells whether a member is the reader.
func (p rotaPage) Mine(m rota.Member) bool { return dutyPage{Card: p.Card}.Mineswap(m) }

// absences that are not over.
func (p dutyPage) Absences(now time.Time) []rota.Absence {
	var out []rota.Absence
	for _, a := range p.Card.Book.Absences {
		if now.Before(a.To) {
			out = append(out, a)
		}
	}
	return out
}
