package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/id"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/rota"
)

// Book returns the duty book with the names of its members.
func (d *Desk) Book(ctx context.Context, who Principal) (BookCard, error) {
	if err := need(who, CanRead); err != nil {
		return BookCard{}, err
	}
	duty, p, err := d.staffed(ctx, who.Org)
	if err != nil {
		return BookCard{}, err
	}
	card := BookCard{Book: duty.Book, Names: map[string]string{}, Problems: duty.Book.Check(knownIn(duty, p)), Self: selfOf(duty, p, who)}
	if card.Versions, err = d.cfg.Store.BookVersions(ctx, who.Org); err != nil {
		return card, err
	}
	for _, c := range p.Contacts {
		card.Members = append(card.Members, MemberName{rota.Member{Contact: c.Code}, c.Name})
	}
	for _, c := range duty.Accounts {
		card.Members = append(card.Members, MemberName{rota.Member{Account: c.ID}, c.Name})
	}
	for _, m := range membersOf(duty.Book) {
		card.Names[m.String()] = NameOfMember(duty, p, m)
	}
	return card, nil
}

// staffed is what is arranged, with the accounts whether or not a rota names them yet.
func (d *Desk) staffed(ctx context.Context, org string) (response.Duty, portfolio.Portfolio, error) {
	p, err := d.portfolio(ctx, org)
	if err != nil {
		return response.Duty{}, p, err
	}
	duty, err := d.cfg.Store.Duty(ctx, org)
	if err != nil {
		return duty, p, err
	}
	if duty.Accounts == nil {
		duty.Accounts, err = d.cfg.Store.Staff(ctx, org)
	}
	return duty, p, err
}

// membersOf lists everybody whom a book names.
func membersOf(b rota.Book) []rota.Member {
	var out []rota.Member
	for _, r := range b.Rotas {
		for _, l := range r.Layers {
			out = append(out, l.Members...)
		}
	}
	for _, o := range b.Overrides {
		out = append(out, o.Member)
	}
	for _, a := range b.Absences {
		out = append(out, a.Member, a.Deputy)
	}
	for _, s := range b.Swaps {
		out = append(out, s.Asker, s.Other)
	}
	return slices.DeleteFunc(out, rota.Member.Nobody)
}

func knownIn(d response.Duty, p portfolio.Portfolio) rota.Known {
	k := rota.Known{Contacts: map[string]bool{}, Accounts: map[string]bool{}, Projects: map[string]bool{}}
	for _, c := range p.Contacts {
		k.Contacts[c.Code] = true
	}
	for _, c := range d.Accounts {
		k.Accounts[c.ID] = true
	}
	for _, pr := range p.Projects {
		k.Projects[pr.Code] = true
	}
	return k
}

// selfOf is who a principal is on rotas: the account, and the contacts with its mail address.
func selfOf(d response.Duty, p portfolio.Portfolio, who Principal) []rota.Member {
	out := []rota.Member{{Account: who.Account}}
	i := slices.IndexFunc(d.Accounts, func(c portfolio.Contact) bool { return c.ID == who.Account })
	if i < 0 || len(d.Accounts[i].Channels) == 0 {
		return out
	}
	mail := d.Accounts[i].Channels[0].Address
	for _, c := range p.Contacts {
		if slices.ContainsFunc(c.Channels, func(a portfolio.Address) bool {
			return a.Channel == "email" && strings.EqualFold(a.Address, mail)
		}) {
			out = append(out, rota.Member{Contact: c.Code})
		}
	}
	return out
}

// EditBook changes the duty book.
func (d *Desk) EditBook(ctx context.Context, who Principal, base int64, what string, edit func(rota.Book) (rota.Book, error)) (rota.Book, error) {
	if err := anyOf(who, CanAnswer, CanDecide, CanAdmin); err != nil {
		return rota.Book{}, err
	}
	duty, p, err := d.staffed(ctx, who.Org)
	if err != nil {
		return rota.Book{}, err
	}
	before := duty.Book
	if base != 0 && base != before.Version {
		return before, d.bookMoved(ctx, who.Org, before.Version)
	}
	after, err := edit(clone(before))
	if err != nil {
		return before, err
	}
	if err := mayEdit(who, before, after, selfOf(duty, p, who)); err != nil {
		return before, err
	}
	if problems := newProblems(after.Check(knownIn(duty, p)), before.Check(knownIn(duty, p))); len(problems) > 0 {
		return before, problems
	}
	return d.putBook(ctx, who, before.Version, after, what, 0)
}

// newProblems leaves out what was wrong before the edit: somebody who has left the portfolio
// must not keep a substitute from being named.
func newProblems(after, before rota.Problems) rota.Problems {
	return slices.DeleteFunc(after, func(p rota.Problem) bool { return slices.Contains(before, p) })
}

// clone is a copy that an edit may change in place.
func clone(b rota.Book) rota.Book {
	raw, err := json.Marshal(b)
	if err != nil {
		panic(err) // a bug of ours: books always encode
	}
	var out rota.Book
	if err := json.Unmarshal(raw, &out); err != nil {
		panic(err)
	}
	return out
}

// mayEdit asks for the right that a change needs: policies and bounds are the
// administrator's; rotas, overrides and the absences of others the duty officer's; everybody
// may set their own absences, and swaps, which have rules of their own.
func mayEdit(who Principal, before, after rota.Book, self []rota.Member) error {
	if !alike(before.Policies, after.Policies) || !alike(before.Bounds, after.Bounds) {
		return need(who, CanAdmin)
	}
	others := func(list []rota.Absence) []rota.Absence {
		return slices.DeleteFunc(slices.Clone(list), func(a rota.Absence) bool { return slices.Contains(self, a.Member) })
	}
	if !alike(before.Rotas, after.Rotas) || !alike(before.Overrides, after.Overrides) || !alike(before.Swaps, after.Swaps) ||
		!alike(others(before.Absences), others(after.Absences)) {
		return anyOf(who, CanDecide, CanAdmin)
	}
	return anyOf(who, CanAnswer, CanDecide, CanAdmin)
}

// anyOf asks for one of several rights; the first is named when all are missing.
func anyOf(who Principal, scopes ...Scope) error {
	if slices.ContainsFunc(scopes, who.May) {
		return nil
	}
	return need(who, scopes[0])
}

// alike compares what a clone may hold as nil and as empty.
func alike(a, b any) bool {
	va, vb := reflect.ValueOf(a), reflect.ValueOf(b)
	if va.Kind() == reflect.Slice && va.Len() == 0 && vb.Len() == 0 {
		return true
	}
	ra, errA := json.Marshal(a)
	rb, errB := json.Marshal(b)
	return errA == nil && errB == nil && string(ra) == string(rb)
}

// putBook stores the next version with its journal entry.
func (d *Desk) putBook(ctx context.Context, who Principal, version int64, b rota.Book, what string, undoes int64) (rota.Book, error) {
	now := d.cfg.Now()
	b = b.Trim(now)
	b.Org, b.Version = who.Org, version+1
	raw, err := json.Marshal(b)
	if err != nil {
		return b, err
	}
	entry, err := journal.Body(map[string]any{"version": b.Version, "what": what, "undoes": undoes, "sha256": id.Hash(raw)})
	if err != nil {
		return b, err
	}
	err = d.cfg.Store.PutBook(ctx, b, BookVersion{Version: b.Version, At: now, Actor: who.Account, What: what, Undoes: undoes},
		journal.Draft{At: now, Org: who.Org, Kind: journal.DutyChanged, Actor: who.Account, Subject: fmt.Sprint(b.Version), Body: entry})
	if errors.Is(err, fault.ErrConflict) { // somebody was quicker
		return b, d.bookMoved(ctx, who.Org, b.Version)
	}
	d.changed(who.Org)
	return b, err
}

func (d *Desk) changed(org string) {
	if d.cfg.Changed != nil {
		d.cfg.Changed(org)
	}
}

func (d *Desk) bookMoved(ctx context.Context, org string, version int64) error {
	out := &fault.Changed{What: "duty book", Version: version}
	rows, err := d.cfg.Store.BookVersions(ctx, org)
	if err != nil {
		return errors.Join(out, err)
	}
	if len(rows) > 0 {
		out.Version, out.By, out.At = rows[0].Version, rows[0].Actor, rows[0].At
	}
	return out
}

// UndoBook restores what stood before the newest version.
func (d *Desk) UndoBook(ctx context.Context, who Principal, version int64) (rota.Book, error) {
	if err := anyOf(who, CanAnswer, CanDecide, CanAdmin); err != nil {
		return rota.Book{}, err
	}
	duty, p, err := d.staffed(ctx, who.Org)
	if err != nil {
		return rota.Book{}, err
	}
	if version != duty.Book.Version || version == 0 {
		return duty.Book, fmt.Errorf("undo version %d: only the newest can be undone: %w", version, d.bookMoved(ctx, who.Org, duty.Book.Version))
	}
	earlier := rota.Book{Org: who.Org}
	if version > 1 {
		if earlier, err = d.cfg.Store.BookAt(ctx, who.Org, version-1); err != nil {
			return duty.Book, err
		}
	}
	if err := mayEdit(who, duty.Book, earlier, selfOf(duty, p, who)); err != nil {
		return duty.Book, err
	}
	return d.putBook(ctx, who, version, earlier, "undo", version)
}

// AskSwap asks somebody else to take a stretch of the principal's own duty.
func (d *Desk) AskSwap(ctx context.Context, who Principal, s rota.Swap) (rota.Swap, error) {
	if err := need(who, CanAnswer); err != nil {
		return s, err
	}
	duty, p, err := d.staffed(ctx, who.Org)
	if err != nil {
		return s, err
	}
	if !slices.Contains(selfOf(duty, p, who), s.Asker) {
		return s, fmt.Errorf("a swap is asked for one's own duty: %w", fault.ErrForbidden)
	}
	return s, d.swap(ctx, who, duty, p, &s)
}

// swap stores a request. The right was checked by who asks.
func (d *Desk) swap(ctx context.Context, who Principal, duty response.Duty, p portfolio.Portfolio, s *rota.Swap) error {
	s.ID, s.At = id.Random("swp"), d.cfg.Now()
	after, err := duty.Book.AskSwap(*s)
	if err != nil {
		return err
	}
	s.State = rota.Asked
	if problems := newProblems(after.Check(knownIn(duty, p)), duty.Book.Check(knownIn(duty, p))); len(problems) > 0 {
		return problems
	}
	_, err = d.putBook(ctx, who, duty.Book.Version, after, "swap asked "+s.ID, 0)
	return err
}

// AnswerSwap accepts or declines a swap as the other person, or withdraws the own one.
func (d *Desk) AnswerSwap(ctx context.Context, who Principal, swapID string, state rota.SwapState) error {
	if err := need(who, CanAnswer); err != nil {
		return err
	}
	duty, p, err := d.staffed(ctx, who.Org)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(duty.Book.Swaps, func(s rota.Swap) bool { return s.ID == swapID })
	if i < 0 {
		return fmt.Errorf("swap %.40q: %w", swapID, fault.ErrNotFound)
	}
	by, want := rota.Member{}, duty.Book.Swaps[i].Other
	if state == rota.Withdrawn {
		want = duty.Book.Swaps[i].Asker
	}
	if slices.Contains(selfOf(duty, p, who), want) {
		by = want
	}
	after, err := duty.Book.AnswerSwap(swapID, by, state, d.cfg.Now(), who.Account)
	if err != nil {
		return err
	}
	_, err = d.putBook(ctx, who, duty.Book.Version, after, "swap "+string(state)+" "+swapID, 0)
	return err
}
