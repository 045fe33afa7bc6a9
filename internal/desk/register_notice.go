package desk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/id"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/register"
	"watchfire.dev/internal/response"
)

const (
	dueSoon    = 7 * 24 * time.Hour // an owner hears of a due day that far ahead
	digestHour = "08:00"            // of the receiver's own clock
	mostItems  = 60                 // of one notice; the register's page has them all
)

// A crowd finds people by the names that a register gives them: a contact's code, an account's
// id, a mail address, or the name as it is written; last a role that one person alone has.
type crowd struct {
	duty    response.Duty
	people  []portfolio.Contact // contacts with an address, then accounts
	project map[string]string   // id by code
}

func (d *Desk) crowd(ctx context.Context, org string) (crowd, error) {
	var c crowd
	duty, p, err := d.staffed(ctx, org)
	if err != nil {
		return c, err
	}
	c.duty = duty
	c.project = map[string]string{}
	for _, pr := range p.Projects {
		c.project[pr.Code] = pr.ID
	}
	for _, x := range append(slices.Clone(p.Contacts), c.duty.Accounts...) {
		if len(x.Channels) > 0 {
			c.people = append(c.people, x)
		}
	}
	return c, nil
}

// find returns the first person whom a name means.
func (c crowd) find(name string) (portfolio.Contact, bool) {
	name = strings.TrimSpace(name)
	if name == "" {
		return portfolio.Contact{}, false
	}
	for _, is := range []func(portfolio.Contact) bool{
		func(x portfolio.Contact) bool { return x.Code == name || x.ID == name },
		func(x portfolio.Contact) bool { return strings.EqualFold(x.Name, name) },
		func(x portfolio.Contact) bool {
			return slices.ContainsFunc(x.Channels, func(a portfolio.Address) bool { return strings.EqualFold(a.Address, name) })
		},
	} {
		if i := slices.IndexFunc(c.people, is); i >= 0 {
			return c.people[i], true
		}
	}
	var with []portfolio.Contact
	for _, x := range c.people {
		if strings.EqualFold(x.Role, name) {
			with = append(with, x)
		}
	}
	if len(with) == 1 {
		return with[0], true
	}
	return portfolio.Contact{}, false
}

// first is whom the project asks first: for what belongs to nobody who can be found.
func (c crowd) first(project string) (out portfolio.Contact, ok bool) {
	for _, x := range c.people {
		if (x.Project == "" || x.Project == c.project[project]) && x.Step > 0 && (!ok || x.Step < out.Step) {
			out, ok = x, true
		}
	}
	return out, ok
}

// A letterbox gathers what one person is told in one notice.
type letterbox struct {
	kind  delivery.NoticeKind
	to    portfolio.Contact
	items []delivery.NoticeItem
	tells []string
}

// A post is the letterboxes of one round, by kind and person.
type post map[string]*letterbox

func (p post) put(kind delivery.NoticeKind, to portfolio.Contact, it delivery.NoticeItem, tells string) {
	key := string(kind) + " " + to.ID
	if p[key] == nil {
		p[key] = &letterbox{kind: kind, to: to}
	}
	if b := p[key]; len(b.items) < mostItems { // the others are told the next day
		b.items, b.tells = append(b.items, it), append(b.tells, tells)
	}
}

// noticeRegister tells owners what is due within seven days, once a due day, and again when it
// is overdue, then whoever checks it too; and once a week what their controls lack.
func (d *Desk) noticeRegister(ctx context.Context, org string, rows []register.Row, now time.Time) error {
	if d.cfg.Notices == nil {
		return nil
	}
	told, err := d.cfg.Notices.Told(ctx, org, "register ")
	if err != nil {
		return err
	}
	people, err := d.crowd(ctx, org)
	if err != nil {
		return err
	}
	box := post{}
	year, week := now.UTC().ISOWeek()
	for _, row := range rows {
		for _, due := range row.Due {
			if due.Day != "" && (due.Late || due.Day.Time().Before(now.Add(dueSoon))) {
				people.due(box, row.Entry, due, told)
			}
		}
		if !row.Entry.Closed {
			people.gaps(box, row, fmt.Sprintf("%d-W%02d", year, week), told)
		}
	}
	var failed error
	keys := make([]string, 0, len(box))
	for k := range box {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		b := box[k]
		n := delivery.Notice{ID: id.Derived("ntc", append([]string{org, string(b.kind), b.to.ID}, b.tells...)...), Org: org, Kind: b.kind, At: now, Items: b.items}
		_, err := d.send(ctx, people.duty, Outgoing{Notice: n, Tells: b.tells}, b.to, people.duty.Morning(b.to, digestHour, now))
		failed = errors.Join(failed, err)
	}
	return failed
}

// due puts one thing into the letterboxes of its owner and, when it is late, of whoever checks.
func (c crowd) due(box post, e register.Entry, due register.Due, told map[string]bool) {
	stage := "soon"
	if due.Late {
		stage = "late"
	}
	thing := fmt.Sprint(due.Kind, " ", due.Entry, " ", due.Thing, " ", due.Day)
	it := delivery.NoticeItem{What: string(due.Kind), Entry: due.Entry, Thing: due.Thing, Title: due.Title, Day: string(due.Day), Late: due.Late}
	owner, known := c.find(due.Owner)
	if !known {
		owner, known = c.find(e.Owner)
	}
	if key := "register " + stage + " " + thing; known && !told[key] {
		box.put(delivery.RegisterDue, owner, it, key)
	}
	it.Owner = cmp.Or(due.Owner, e.Owner, "–")
	if key := "register " + stage + " " + thing; !known && !due.Late {
		if x, ok := c.first(e.Project); ok && !told[key] {
			box.put(delivery.RegisterDue, x, it, key)
		}
		return
	}
	key := "register check " + thing
	if !due.Late || told[key] {
		return
	}
	for _, name := range append(checks(e, due), e.Owner) {
		if x, ok := c.find(name); ok && x.ID != owner.ID {
			box.put(delivery.RegisterLate, x, it, key)
			return
		}
	}
	if x, ok := c.first(e.Project); ok && x.ID != owner.ID {
		box.put(delivery.RegisterLate, x, it, key)
	}
}

// checks are those who check what is due: of a control by its duties, of an action by those
// of the control that it improves.
func checks(e register.Entry, due register.Due) []string {
	control := due.Thing
	if due.Kind == register.ActionDue {
		if i := slices.IndexFunc(e.Actions, func(a register.Action) bool { return a.Code == due.Thing }); i >= 0 {
			control = e.Actions[i].Control
		}
	}
	var out []string
	for _, x := range e.Controls {
		if x.Code == control && (due.Kind == register.ActionDue || due.Kind == register.TestDue) {
			for _, duty := range x.Duties {
				out = append(out, duty.Checks)
			}
		}
	}
	return out
}

// gaps puts what the controls of a risk lack into their owners' letterboxes, once a week.
func (c crowd) gaps(box post, row register.Row, week string, told map[string]bool) {
	for _, x := range row.Entry.Controls {
		var what []string
		for _, g := range row.Gaps {
			if g.Control == x.Code {
				what = append(what, string(g.Gap))
			}
		}
		key := "register gaps " + week + " " + row.Entry.Code + " " + x.Code
		if len(what) == 0 || told[key] {
			continue
		}
		to, ok := c.find(x.Owner)
		if !ok {
			to, ok = c.find(row.Entry.Owner)
		}
		if !ok {
			to, ok = c.first(row.Entry.Project)
		}
		if ok {
			box.put(delivery.RegisterGaps, to, delivery.NoticeItem{What: strings.Join(what, ","), Entry: row.Entry.Code, Thing: x.Code, Title: x.Title}, key)
		}
	}
}
