package desk

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/rota"
	"watchfire.dev/internal/warning"
)

// OnCall is what can be seen and done about people on duty and what receivers have chosen.
// Every method answers for the principal's organisation.
type OnCall interface {
	// OnDuty says who is on duty for a project (id or code) at an instant as people write it
	// (rota.ParseAt, in the project's zone), and who would be asked about a warning then.
	OnDuty(ctx context.Context, who Principal, project, at string) (Watchbill, error)
	Book(ctx context.Context, who Principal) (BookCard, error)
	// Shifts cuts some days of a rota, from an instant on, into shifts and gaps.
	Shifts(ctx context.Context, who Principal, rotaCode string, from time.Time, days int) ([]ShiftRow, error)
	// EditBook changes the book: edit gets the newest version and returns the next. base is
	// the version that the caller saw (another one by now is a *fault.Changed); 0 = any.
	EditBook(ctx context.Context, who Principal, base int64, what string, edit func(rota.Book) (rota.Book, error)) (rota.Book, error)
	// UndoBook restores what stood before the newest version, as a new version.
	UndoBook(ctx context.Context, who Principal, version int64) (rota.Book, error)
	AskSwap(ctx context.Context, who Principal, s rota.Swap) (rota.Swap, error)
	AnswerSwap(ctx context.Context, who Principal, id string, state rota.SwapState) error

	HandOvers(ctx context.Context, who Principal) ([]HandOverCard, error)
	TakeOver(ctx context.Context, who Principal, rotaCode string, shift time.Time, note string) error

	Choice(ctx context.Context, who Principal, contact string) (ChoiceCard, error)
	// SetChoice stores what a contact wants; c.Version is the version that was seen.
	SetChoice(ctx context.Context, who Principal, c response.Choice) (response.Choice, error)
	UndoChoice(ctx context.Context, who Principal, contact string) (response.Choice, error)
	// Snooze keeps a warning from a contact for a while, "" = from the principal's own contact.
	Snooze(ctx context.Context, who Principal, warningID, contact string, d time.Duration) (response.Snooze, error)
	Unsnooze(ctx context.Context, who Principal, warningID, contact string) error
	HeldBack(ctx context.Context, who Principal) ([]HeldRow, error)
	// ImportCalendar reads a calendar file into the duty book.
	ImportCalendar(ctx context.Context, who Principal, to CalendarImport, file []byte) (Imported, error)
}

var _ OnCall = (*Desk)(nil)

// DutyStore is what the desk keeps about people on duty.
type DutyStore interface {
	Duty(ctx context.Context, org string) (response.Duty, error)
	Staff(ctx context.Context, org string) ([]portfolio.Contact, error)
	BookAt(ctx context.Context, org string, version int64) (rota.Book, error)
	BookVersions(ctx context.Context, org string) ([]BookVersion, error)
	PutBook(ctx context.Context, b rota.Book, v BookVersion, entries ...journal.Draft) error
	ChoiceAt(ctx context.Context, org, contact string, version int) (response.Choice, error)
	PutChoice(ctx context.Context, c response.Choice, entries ...journal.Draft) error
	PutSnooze(ctx context.Context, x response.Snooze, entries ...journal.Draft) error
	EndSnooze(ctx context.Context, x response.Snooze, now time.Time, entries ...journal.Draft) error
	HeldBack(ctx context.Context, org string, now time.Time) ([]HeldRow, error)
	TakeOver(ctx context.Context, h HandOver, entries ...journal.Draft) error
	HandOvers(ctx context.Context, org, rotaCode string, limit int) ([]HandOver, error)
	// EscalationsDue lists the escalations of an organisation that fall due before an instant.
	EscalationsDue(ctx context.Context, org string, before time.Time) ([]response.EscalationState, error)
	// PutAlarm notes an alarm about people on duty and journals it, once; it tells whether it
	// is new.
	PutAlarm(ctx context.Context, org, alarm string, entry journal.Draft) (bool, error)
}

// A BookVersion is one change of the duty book.
type BookVersion struct {
	Version int64     `json:"version"`
	At      time.Time `json:"at"`
	Actor   string    `json:"actor"`
	What    string    `json:"what"` // "rota duty-officers"
	Undoes  int64     `json:"undoes,omitempty"`
}

// A BookCard is the duty book with what stands around it.
type BookCard struct {
	Book     rota.Book         `json:"book"`
	Versions []BookVersion     `json:"versions"` // newest first
	Names    map[string]string `json:"names"`    // of members, by what rota.Member.String writes
	Problems rota.Problems     `json:"problems"` // what no longer fits the portfolio
	Self     []rota.Member     `json:"-"`        // who the principal is on rotas
	Members  []MemberName      `json:"-"`        // everybody who may be named, contacts first
}

// A MemberName is somebody who may be named on a rota.
type MemberName struct {
	Member rota.Member `json:"member"`
	Name   string      `json:"name"`
}

// A ShiftRow is one shift with the name of whoever has duty; a gap has none.
type ShiftRow struct {
	rota.Shift
	Name    string `json:"name,omitempty"`
	Instead string `json:"instead,omitempty"` // name of whose turn it is
	Reached bool   `json:"reached"`           // there is an address at which the person is told
}

// A Watchbill is who is on duty for a project at an instant, and the whole chain of who is
// asked about a warning of each level.
type Watchbill struct {
	Project portfolio.Project `json:"project"`
	At      time.Time         `json:"at"`
	Zone    string            `json:"zone"`
	Rotas   []OnRota          `json:"rotas"`
	Chains  []Chain           `json:"chains"` // red first
}

// OnRota is one rota at an instant.
type OnRota struct {
	Code string   `json:"code"`
	Name string   `json:"name"`
	Now  ShiftRow `json:"now"`
	Next ShiftRow `json:"next"`
}

// A Chain is who is asked about a warning of a level, step by step.
type Chain struct {
	Level  level.Level `json:"level"`
	Policy string      `json:"policy,omitempty"` // name; "" = the steps of the portfolio
	Repeat int         `json:"repeat,omitempty"`
	Steps  []ChainStep `json:"steps"`
}

// A ChainStep is who is asked at once and how long an answer is waited for.
type ChainStep struct {
	Step   int           `json:"step"`
	WaitS  int           `json:"wait_s"` // 0 = the level does not escalate
	People []ChainPerson `json:"people"` // empty = nobody: the step is passed over
}

// A ChainPerson is somebody in a step and how they are reached.
type ChainPerson struct {
	Contact  string     `json:"contact"` // id of the contact or account
	Name     string     `json:"name"`
	Role     string     `json:"role,omitempty"`
	Channels []ChainWay `json:"channels"`
}

// A ChainWay is one channel of somebody and what would become of a message over it then.
type ChainWay struct {
	Channel string        `json:"channel"`
	Held    response.Hold `json:"held,omitempty"` // why it would wait or not be sent
	Until   time.Time     `json:"until,omitzero"`
	Worked  time.Time     `json:"worked,omitzero"` // when the channel last took a message
}

// A HeldRow is something that waits because of what its receiver chose.
type HeldRow struct {
	Warning     string        `json:"warning"`
	Project     string        `json:"project"` // id
	ProjectName string        `json:"project_name"`
	Level       level.Level   `json:"level"`
	Contact     string        `json:"contact"`
	Name        string        `json:"name"`
	Channel     string        `json:"channel"`
	Held        response.Hold `json:"held"`
	Due         time.Time     `json:"due"`
}

// OnDuty says who is on duty for a project at an instant.
func (d *Desk) OnDuty(ctx context.Context, who Principal, project, at string) (Watchbill, error) {
	if err := need(who, CanRead); err != nil {
		return Watchbill{}, err
	}
	p, err := d.portfolio(ctx, who.Org)
	if err != nil {
		return Watchbill{}, err
	}
	i := slices.IndexFunc(p.Projects, func(x portfolio.Project) bool { return x.ID == project || x.Code == project })
	if i < 0 {
		return Watchbill{}, fmt.Errorf("project %.64q: %w", project, fault.ErrNotFound)
	}
	out := Watchbill{Project: p.Projects[i], Zone: p.Projects[i].Zone}
	zone, err := rota.LoadZone(out.Zone)
	if err != nil {
		zone, out.Zone = time.UTC, "UTC"
	}
	if out.At, err = rota.ParseAt(at, d.cfg.Now(), zone); err != nil {
		return out, err
	}
	duty, err := d.cfg.Store.Duty(ctx, who.Org)
	if err != nil {
		return out, err
	}
	for _, r := range duty.Book.Of(out.Project.Code) {
		plan, err := duty.Book.Ready(r.Code)
		if err != nil {
			continue // the book card names what is wrong with it
		}
		now := plan.Shift(out.At)
		out.Rotas = append(out.Rotas, OnRota{r.Code, r.Name, named(duty, p, now), named(duty, p, plan.Shift(now.To))})
	}
	worked := map[string]Worked{}
	for _, l := range []level.Level{level.Red, level.Orange, level.Yellow} {
		c, err := d.chain(ctx, who.Org, duty, p, out.Project, l, out.At, worked)
		if err != nil {
			return out, err
		}
		out.Chains = append(out.Chains, c)
	}
	return out, nil
}

// named puts the names to a shift.
func named(d response.Duty, p portfolio.Portfolio, s rota.Shift) ShiftRow {
	row := ShiftRow{Shift: s, Name: NameOfMember(d, p, s.Member), Instead: NameOfMember(d, p, s.InsteadOf)}
	_, row.Reached = d.Reach(p, s.Member)
	return row
}

// NameOfMember is what a member is called; the reference itself when nobody knows them.
func NameOfMember(d response.Duty, p portfolio.Portfolio, m rota.Member) string {
	for _, c := range p.Contacts {
		if m.Contact != "" && c.Code == m.Contact {
			return c.Name
		}
	}
	for _, c := range d.Accounts {
		if m.Account != "" && c.ID == m.Account {
			return c.Name
		}
	}
	return strings.TrimPrefix(strings.TrimPrefix(m.String(), "contact:"), "account:")
}

// chain is who would be asked about a warning of a level at an instant.
func (d *Desk) chain(ctx context.Context, org string, duty response.Duty, p portfolio.Portfolio, pr portfolio.Project, l level.Level, at time.Time, worked map[string]Worked) (Chain, error) {
	w := warning.Warning{ID: "", Org: org, Project: pr.ID, Level: l, At: at}
	people := duty.PeopleFor(p, w, at)
	out := Chain{Level: l, Repeat: people.Repeat}
	if policy, ok := duty.Book.PolicyFor(pr.Code, l); ok && people.Policy != "" {
		out.Policy = policy.Name
		for i := range policy.Steps { // also those that reach nobody now
			out.Steps = append(out.Steps, ChainStep{Step: i + 1})
		}
	}
	for _, c := range people.Contacts {
		i := slices.IndexFunc(out.Steps, func(s ChainStep) bool { return s.Step == c.Step })
		if i < 0 {
			out.Steps, i = append(out.Steps, ChainStep{Step: c.Step}), len(out.Steps)
		}
		person := ChainPerson{Contact: c.ID, Name: c.Name, Role: c.Role}
		if worked[c.ID] == nil {
			known, err := d.cfg.Store.Worked(ctx, org, c.ID)
			if err != nil {
				return out, err
			}
			worked[c.ID] = known
		}
		for _, f := range people.Ways(w, c, at) {
			person.Channels = append(person.Channels, ChainWay{Channel: f.Channel, Held: f.Held, Until: f.Until, Worked: worked[c.ID][f.Channel]})
		}
		out.Steps[i].People = append(out.Steps[i].People, person)
	}
	for i := range out.Steps {
		out.Steps[i].WaitS = int(people.WaitOf(out.Steps[i].Step, l, d.cfg.Waits) / time.Second)
	}
	return out, nil
}

// Shifts cuts some days of a rota into shifts.
func (d *Desk) Shifts(ctx context.Context, who Principal, rotaCode string, from time.Time, days int) ([]ShiftRow, error) {
	if err := need(who, CanRead); err != nil {
		return nil, err
	}
	p, err := d.portfolio(ctx, who.Org)
	if err != nil {
		return nil, err
	}
	duty, err := d.cfg.Store.Duty(ctx, who.Org)
	if err != nil {
		return nil, err
	}
	plan, err := duty.Book.Ready(rotaCode)
	if err != nil {
		return nil, err
	}
	if days < 1 || days > 400 {
		return nil, fmt.Errorf("%d days: want 1 to 400: %w", days, fault.ErrInvalid)
	}
	var out []ShiftRow
	for _, s := range plan.Shifts(from, from.AddDate(0, 0, days)) {
		out = append(out, named(duty, p, s))
	}
	return out, nil
}

// HeldBack lists what waits because of what its receiver chose.
func (d *Desk) HeldBack(ctx context.Context, who Principal) ([]HeldRow, error) {
	if err := need(who, CanRead); err != nil {
		return nil, err
	}
	p, err := d.portfolio(ctx, who.Org)
	if err != nil {
		return nil, err
	}
	rows, err := d.cfg.Store.HeldBack(ctx, who.Org, d.cfg.Now())
	if err != nil {
		return nil, err
	}
	index := d.index(p)
	for i, r := range rows {
		rows[i].Name, rows[i].ProjectName = r.Contact, r.Project
		if c, ok := index.Contact(r.Contact); ok {
			rows[i].Name = c.Name
		}
		if pr, ok := index.Project(r.Project); ok {
			rows[i].ProjectName = pr.Name
		}
	}
	return rows, nil
}
