package webtest

import (
	"context"
	"fmt"
	"slices"
	"time"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/rota"
)

// book0 is the duty book of the invented world: a rota with a gap at the weekend, somebody
// on leave, a swap that waits, a policy. The people are its first contacts.
func (d *Desk) book0() rota.Book {
	m := func(i int) rota.Member { return rota.Member{Contact: d.Contacts[i%len(d.Contacts)].Code} }
	return rota.Book{
		Org: Org, Version: 3,
		Rotas: []rota.Rota{{
			Code: "duty-officers", Name: "Duty officers", Zone: "Asia/Karachi", Desk: true,
			Layers: []rota.Layer{
				{Name: "weekdays", Members: []rota.Member{m(0), m(1), m(2)}, Start: "2026-09-28", HandOver: []string{"06:00", "18:00"}, Length: 1, Unit: rota.Days, Windows: []rota.Window{{Days: []string{"mon", "tue", "wed", "thu", "fri"}}}},
				{Name: "weekend", Members: []rota.Member{m(3)}, Start: "2026-09-28", HandOver: []string{"00:00"}, Length: 1, Unit: rota.Weeks, Windows: []rota.Window{{Days: []string{"sat", "sun"}, From: "06:00", To: "02:00"}}},
			},
			Holidays: []rota.Holiday{{Date: "2026-12-25", Name: "Quaid-e-Azam Day"}},
		}},
		Overrides: []rota.Override{{ID: "ovr_1", Rota: "duty-officers", From: Now.Add(20 * time.Hour), To: Now.Add(24 * time.Hour), Member: m(3), Reason: "training"}},
		Absences:  []rota.Absence{{ID: "abs_1", Member: m(1), From: Now.Add(-time.Hour), To: Now.Add(96 * time.Hour), Deputy: m(3), Reason: "leave"}},
		Swaps:     []rota.Swap{{ID: "swp_1", Rota: "duty-officers", Asker: m(0), Other: m(2), From: Now.Add(30 * time.Hour), To: Now.Add(40 * time.Hour), State: rota.Asked, At: Now}},
		Policies: []rota.Policy{{Code: "all", Name: "All projects", From: level.Orange, Repeat: 1, Steps: []rota.Step{
			{Targets: []rota.Target{{Rota: "duty-officers"}}, Wait: 300}, {Targets: []rota.Target{{Step: 1}, {Step: 2}}},
		}}},
	}
}

func (d *Desk) named(s rota.Shift) desk.ShiftRow {
	row := desk.ShiftRow{Shift: s, Name: d.member(s.Member), Instead: d.member(s.InsteadOf), Reached: true}
	return row
}

func (d *Desk) member(m rota.Member) string {
	for _, c := range d.Contacts {
		if c.Code == m.Contact && m.Contact != "" {
			return c.Name
		}
	}
	return ""
}

// OnDuty answers for the first project.
func (d *Desk) OnDuty(_ context.Context, who desk.Principal, project, at string) (desk.Watchbill, error) {
	i := slices.IndexFunc(d.Sites, func(p portfolio.Project) bool { return p.ID == project || p.Code == project })
	if !ours(who) || i < 0 {
		return desk.Watchbill{}, fmt.Errorf("project %s: %w", project, fault.ErrNotFound)
	}
	when, err := rota.ParseAt(at, Now, time.UTC)
	if err != nil {
		return desk.Watchbill{}, err
	}
	b := d.book0()
	plan, err := b.Ready("duty-officers")
	if err != nil {
		return desk.Watchbill{}, err
	}
	now := plan.Shift(when)
	out := desk.Watchbill{Project: d.Sites[i], At: when, Zone: "Asia/Karachi", Rotas: []desk.OnRota{{Code: "duty-officers", Name: "Duty officers", Now: d.named(now), Next: d.named(plan.Shift(now.To))}}}
	c := d.Contacts[0]
	out.Chains = []desk.Chain{
		{Level: level.Red, Policy: "All projects", Repeat: 1, Steps: []desk.ChainStep{
			{Step: 1, WaitS: 300, People: []desk.ChainPerson{{Contact: c.ID, Name: c.Name, Role: "Duty officer", Channels: []desk.ChainWay{{Channel: "email", Worked: Now.Add(-time.Hour)}}}}},
			{Step: 2, WaitS: 300},
		}},
		{Level: level.Yellow, Steps: []desk.ChainStep{{Step: 1, People: []desk.ChainPerson{{Contact: c.ID, Name: c.Name, Channels: []desk.ChainWay{{Channel: "email", Held: response.HeldQuiet, Until: Now.Add(3 * time.Hour)}}}}}}},
	}
	return out, nil
}

// Book answers the duty book.
func (d *Desk) Book(_ context.Context, who desk.Principal) (desk.BookCard, error) {
	if !ours(who) {
		return desk.BookCard{}, nil
	}
	card := desk.BookCard{Book: d.book0(), Names: map[string]string{}, Self: []rota.Member{{Account: who.Account}, {Contact: d.Contacts[2].Code}}}
	for _, c := range d.Contacts {
		m := rota.Member{Contact: c.Code}
		card.Names[m.String()], card.Members = c.Name, append(card.Members, desk.MemberName{Member: m, Name: c.Name})
	}
	card.Versions = []desk.BookVersion{{Version: 3, At: Now.Add(-time.Hour), Actor: "acc_1", What: "rota duty-officers"}}
	card.Problems = rota.Problems{{Place: "policy all, step 2", What: "no contact has the code \"gone\""}}
	return card, nil
}

// Shifts answers the shifts of the one rota.
func (d *Desk) Shifts(_ context.Context, who desk.Principal, code string, from time.Time, days int) ([]desk.ShiftRow, error) {
	if !ours(who) {
		return nil, fmt.Errorf("rota %s: %w", code, fault.ErrNotFound)
	}
	plan, err := d.book0().Ready(code)
	if err != nil {
		return nil, err
	}
	var out []desk.ShiftRow
	for _, s := range plan.Shifts(from, from.AddDate(0, 0, days)) {
		out = append(out, d.named(s))
	}
	return out, nil
}

// EditBook records what was changed, when it is sound.
func (d *Desk) EditBook(_ context.Context, who desk.Principal, _ int64, what string, edit func(rota.Book) (rota.Book, error)) (rota.Book, error) {
	b, err := edit(d.book0())
	if err != nil {
		return b, err
	}
	if ps := b.Check(rota.Known{}); len(ps) > 0 {
		return b, ps
	}
	return b, d.did(who, desk.CanAnswer, "book %s", what)
}

// UndoBook records the command.
func (d *Desk) UndoBook(_ context.Context, who desk.Principal, version int64) (rota.Book, error) {
	return d.book0(), d.did(who, desk.CanAnswer, "undo book %d", version)
}

// AskSwap records the command.
func (d *Desk) AskSwap(_ context.Context, who desk.Principal, s rota.Swap) (rota.Swap, error) {
	return s, d.did(who, desk.CanAnswer, "swap %s %s", s.Rota, s.Other)
}

// AnswerSwap records the command.
func (d *Desk) AnswerSwap(_ context.Context, who desk.Principal, swap string, state rota.SwapState) error {
	return d.did(who, desk.CanAnswer, "swap %s %s", swap, state)
}

// HandOvers answers one shift that nobody has taken over.
func (d *Desk) HandOvers(ctx context.Context, who desk.Principal) ([]desk.HandOverCard, error) {
	if !ours(who) {
		return nil, nil
	}
	plan, err := d.book0().Ready("duty-officers")
	if err != nil {
		return nil, err
	}
	mutes, err := d.Mutes(ctx, who)
	now := plan.Shift(Now)
	card := desk.HandOverCard{
		Rota: d.book0().Rotas[0], Shift: d.named(now), Before: d.named(plan.Shift(now.From.Add(-time.Second))), Alarm: true,
		Picture: desk.Picture{Needs: 2, FeedsDown: []string{"GDACS"}, People: [4]int{0, 300, 120, 40}, Due: []desk.DueRow{{Warning: "wrn_00", At: Now.Add(time.Hour), Kind: "acknowledgement"}}, RulesMuted: []string{"Noise"}, Suppressed: 1, Mutes: mutes, Held: 2},
		Last:    []desk.HandOver{{Rota: "duty-officers", Shift: Now.Add(-12 * time.Hour), At: Now.Add(-12 * time.Hour), By: "Liu Yan", Note: "Quiet night."}},
	}
	for _, r := range d.Rows[:3] {
		card.Picture.Warnings = append(card.Picture.Warnings, desk.PictureRow{Warning: r.Warning.ID, Project: r.Project.Name, Family: string(r.Warning.Family), Level: r.Warning.Level, ETA: r.Warning.ETA})
	}
	return []desk.HandOverCard{card}, err
}

// TakeOver records the command.
func (d *Desk) TakeOver(_ context.Context, who desk.Principal, code string, shift time.Time, note string) error {
	return d.did(who, desk.CanDecide, "take over %s %s %s", code, shift.UTC().Format(time.RFC3339), note)
}

// Choice answers what the first contact has chosen.
func (d *Desk) Choice(_ context.Context, who desk.Principal, _ string) (desk.ChoiceCard, error) {
	if !ours(who) {
		return desk.ChoiceCard{}, fmt.Errorf("contact: %w", fault.ErrNotFound)
	}
	return d.choice0(), nil
}

func (d *Desk) choice0() desk.ChoiceCard {
	c := d.Contacts[0]
	return desk.ChoiceCard{
		Contact: c, Floor: level.Red, Channels: []string{"email", "webhook"},
		Choice:  response.Choice{Org: Org, Contact: c.ID, Version: 2, At: Now.Add(-time.Hour), Zone: "Asia/Karachi", Quiet: []rota.Window{{From: "22:00", To: "07:00", Days: []string{"mon", "tue"}}}, Digest: response.Daily, DigestAt: "08:00"},
		Held:    []desk.HeldRow{{Warning: "wrn_03", ProjectName: d.Sites[0].Name, Level: level.Yellow, Channel: "email", Held: response.HeldGroup, Due: Now.Add(3 * time.Hour)}},
		Snoozes: []response.Snooze{{Warning: "wrn_03", Until: Now.Add(2 * time.Hour)}},
		Swaps:   d.book0().Swaps, Shifts: []desk.ShiftRow{{Shift: rota.Shift{Rota: "duty-officers", From: Now, To: Now.Add(12 * time.Hour)}}},
	}
}

// SetChoice records the command.
func (d *Desk) SetChoice(_ context.Context, who desk.Principal, c response.Choice) (response.Choice, error) {
	if err := c.Check(); err != nil {
		return c, err
	}
	return c, d.did(who, desk.CanRead, "choose %s %s", c.Digest, rota.FormatWindows(c.Quiet))
}

// UndoChoice records the command.
func (d *Desk) UndoChoice(_ context.Context, who desk.Principal, _ string) (response.Choice, error) {
	return response.Choice{}, d.did(who, desk.CanRead, "undo choice")
}

// Snooze records the command.
func (d *Desk) Snooze(_ context.Context, who desk.Principal, warningID, _ string, length time.Duration) (response.Snooze, error) {
	if _, err := d.row(who, warningID); err != nil {
		return response.Snooze{}, err
	}
	return response.Snooze{}, d.did(who, desk.CanAnswer, "snooze %s %s", warningID, length)
}

// Unsnooze records the command.
func (d *Desk) Unsnooze(_ context.Context, who desk.Principal, warningID, _ string) error {
	return d.did(who, desk.CanAnswer, "unsnooze %s", warningID)
}

// HeldBack answers what one receiver's choice holds back.
func (d *Desk) HeldBack(_ context.Context, who desk.Principal) ([]desk.HeldRow, error) {
	if !ours(who) {
		return nil, nil
	}
	return d.choice0().Held, nil
}

// ImportCalendar records the command.
func (d *Desk) ImportCalendar(_ context.Context, who desk.Principal, to desk.CalendarImport, _ []byte) (desk.Imported, error) {
	return desk.Imported{Taken: 1}, d.did(who, desk.CanAnswer, "import %s %s", to.Rota, to.Member)
}

// Calendars serves one feed.
type Calendars struct{}

// Link is an address.
func (Calendars) Link(_, whose string) string { return "/duty/calendar/" + whose + ".ics" }

// Feed is an empty calendar.
func (Calendars) Feed(_ context.Context, token string) ([]byte, error) {
	if token != "good.ics" {
		return nil, fault.ErrNotFound
	}
	return []byte("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"), nil
}

// Own opens the own page of the first contact: with the token of its leave link.
type Own struct{ Desk *Desk }

// Open shows.
func (o Own) Open(ctx context.Context, token string) (desk.ChoiceCard, error) {
	if _, err := Leave(o).Open(ctx, token); err != nil {
		return desk.ChoiceCard{}, err
	}
	return o.Desk.choice0(), nil
}

// Choose records.
func (o Own) Choose(ctx context.Context, token string, c response.Choice) error {
	if err := c.Check(); err != nil {
		return err
	}
	return Leave(o).record(ctx, "choose "+string(c.Digest), token)
}

// Undo records.
func (o Own) Undo(ctx context.Context, token string) error {
	return Leave(o).record(ctx, "undo choice", token)
}

// Swap records.
func (o Own) Swap(ctx context.Context, token, swap string, state rota.SwapState) error {
	return Leave(o).record(ctx, "swap "+swap+" "+string(state), token)
}
