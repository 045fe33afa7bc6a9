// Package wording turns a claimed notification into the message that its reader gets: in
// the contact's language and zone, what, where, when and what to do in the first line, then
// the rest. It promises that over, withdrawn and expired never sound alike, that a message
// with a missing part is an error and never half a sentence, and that the same revision
// gives the same words at each attempt. It sends nothing and knows no channel's protocol.
package wording

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/exposure"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/phrase"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/warning"
)

// Links makes the one-tap page of one warning for one contact: signed, for this purpose
// alone, no longer valid after expires.
type Links interface {
	Answer(ctx context.Context, org, warning, contact string, expires time.Time) (url string, err error)
}

// Next names who is told when nobody answers this step; "" = nobody is left.
type Next interface {
	Next(ctx context.Context, org, warning string, step int) (name string, err error)
}

const (
	maxField = 200                // runes of one name from the portfolio
	minLink  = 24 * time.Hour     // a link lives at least this long after its revision
	maxLink  = 7 * 24 * time.Hour // and at most this long (S17)
)

// A Wording implements delivery.Worder. It is safe for use by many goroutines.
type Wording struct {
	book      *phrase.Book
	links     Links
	base      string
	waits     response.Waits
	next      Next
	own       Own
	ability   func(channel string) (delivery.Ability, bool)
	simulated bool
	every     bool // all forms, whatever the channel reads: of a preview
}

// Own makes the address of a contact's own page; "" = there is none.
type Own func(ctx context.Context, org, contact, project string) (url string, err error)

// OwnPage puts a link to the contact's own page (quiet hours, digest, language) under mails.
func OwnPage(own Own) Option { return func(x *Wording) { x.own = own } }

// An Option changes a Wording under construction.
type Option func(*Wording)

// Waits sets how long each level waits for an answer; without it response.DefaultWaits hold.
func Waits(w response.Waits) Option { return func(x *Wording) { x.waits = w } }

// Following lets messages name who is told next; without it they say "the next in line".
func Following(n Next) Option { return func(x *Wording) { x.next = n } }

// Simulated makes every message say that it belongs to a demonstration.
func Simulated() Option { return func(x *Wording) { x.simulated = true } }

// Able tells what each channel can do; of one that it does not know only the name counts: mail
// reaches one person, a webhook and the CAP feed are read by machines, everything else is a room.
func Able(of func(channel string) (delivery.Ability, bool)) Option {
	return func(x *Wording) { x.ability = of }
}

// able is what a channel can do.
func (w *Wording) able(channel string) delivery.Ability {
	if w.ability != nil {
		if a, ok := w.ability(channel); ok {
			return a
		}
	}
	switch channel {
	case "email":
		return delivery.Ability{Form: delivery.Full, Personal: true}
	case "sms":
		return delivery.Ability{Form: delivery.Brief, Personal: true, Answers: true}
	case "voice":
		return delivery.Ability{Form: delivery.Spoken, Personal: true, Answers: true}
	case "webhook", "cap", "mqtt":
		return delivery.Ability{Form: delivery.Data}
	default:
		return delivery.Ability{Form: delivery.Chat}
	}
}

// New returns a Wording whose links begin with baseURL (no slash at the end).
func New(book *phrase.Book, links Links, baseURL string, options ...Option) *Wording {
	w := &Wording{book: book, links: links, base: strings.TrimSuffix(baseURL, "/"), waits: response.DefaultWaits()}
	for _, o := range options {
		o(w)
	}
	return w
}

// Word implements delivery.Worder. A warning that lacks a part gives an error wrapping
// phrase.ErrIncomplete.
func (w *Wording) Word(ctx context.Context, c delivery.Claimed, f delivery.Facts) (delivery.Message, error) {
	if f.Letter != nil {
		return w.brought(c, f)
	}
	f = tidied(f)
	s := w.book.For(f.Contact.Language)
	able := w.able(c.Channel)
	if !able.Personal { // the other end is a machine or a room: no names of persons (S35)
		f.Warning.Rows = nameless(f.Warning.Rows, s.T("mail.somebody"))
	}
	m := delivery.Message{
		Key: c.ID, Org: c.Org, Address: c.Address, Purpose: c.Purpose, Level: c.Level, Warning: f.Warning, Project: f.Project,
		Contact: f.Contact, Language: s.Language(), PageURL: w.base + "/warnings/" + f.Warning.ID, Thread: f.Warning.ID,
		First: c.First, At: c.Queued, TLP: labelOf(f.Warning),
	}
	if m.At.IsZero() {
		m.At = f.Warning.At
	}
	if warning.Active(f.Warning) {
		url, err := w.links.Answer(ctx, c.Org, f.Warning.ID, f.Contact.ID, LinkEnd(f.Warning))
		if err != nil {
			return delivery.Message{}, fmt.Errorf("answer link of %s for %s: %w", f.Warning.ID, f.Contact.ID, err)
		}
		m.AnswerURL = url
	}
	l, err := w.letter(ctx, s, c, f, m)
	if err != nil {
		return delivery.Message{}, err
	}
	m.Subject, m.Text = phrase.Bare(l.Subject), l.text()
	if w.every || able.Form != delivery.Data || able.Answers { // a program reads the facts and shows the text
		if m.HTML, err = l.html(); err == nil {
			err = w.forms(&m, l, c, f)
		}
	}
	if err != nil {
		return delivery.Message{}, fmt.Errorf("word %s revision %d: %w", f.Warning.ID, f.Warning.Revision, err)
	}
	if l.Held {
		m.Warning = bared(f.Warning)
	}
	return m, nil
}

// LinkEnd is when the one-tap link ends: with the warning, within bounds. It depends on the
// revision alone, so that each attempt asks for the same link.
func LinkEnd(w warning.Warning) time.Time {
	end := w.Expires
	if least := w.At.Add(minLink); end.Before(least) {
		end = least
	}
	if most := w.At.Add(maxLink); end.After(most) {
		end = most
	}
	return end
}

// letter fills all parts of one message.
func (w *Wording) letter(ctx context.Context, s phrase.Speaker, c delivery.Claimed, f delivery.Facts, m delivery.Message) (letter, error) {
	zone := f.Contact.Zone
	if zone == "" {
		zone = f.Project.Zone
	}
	words, err := s.Warning(f.Warning, f.Project, zone)
	if err != nil {
		return letter{}, err
	}
	l := letter{
		Speaker: s, Words: words, Language: s.Language(), Active: warning.Active(f.Warning), Level: f.Warning.Level,
		Subject: words.Subject, First: words.First, PageURL: m.PageURL, AnswerURL: m.AnswerURL, Footer: words.Footer,
		Because: s.T("mail.footer", "Project", f.Project.Name), Status: words.Status, Shape: shape(f.Warning),
	}
	if f.Contact.Name != "" {
		l.To = s.T("mail.to", "Name", f.Contact.Name)
	}
	if w.simulated {
		l.Simulated = s.T("simulated")
	}
	if zone != f.Project.Zone && f.Project.Zone != "" {
		l.There = s.T("mail.there", "Time", s.Time(moment(f.Warning), f.Project.Zone))
	}
	if words.Others > 0 { // the page has them all
		l.Words.Places = append(l.Words.Places, s.T("mail.places_more", "N", words.Others))
	}
	if l.Active {
		if err := w.active(ctx, &l, c, f, zone); err != nil {
			return letter{}, err
		}
	} else {
		l.Lead = []string{s.T("mail.over." + string(f.Warning.State)), s.T("mail.over.all")}
		l.Words.Why, l.Words.Places = over(s, f.Warning), nil
	}
	if w.own != nil && c.Channel == "email" && f.Contact.Code != "" {
		if l.OwnURL, err = w.own(ctx, c.Org, f.Contact.ID, f.Project.ID); err != nil {
			return letter{}, fmt.Errorf("own page of %s: %w", f.Contact.ID, err)
		}
	}
	w.label(&l, c, f, zone)
	return l, l.whole()
}

// over says why a warning was closed. Its chances and places are those of the time when it
// was on: repeated now they would read as if they still held.
func over(s phrase.Speaker, w warning.Warning) []string {
	why := []string{s.Reason(w)}
	if w.Note != "" {
		why = append(why, s.T("why.note", "Note", clip(w.Note)))
	}
	return why
}

// active adds what only a warning that is on needs: why it comes again, and what happens if
// nobody answers.
func (w *Wording) active(ctx context.Context, l *letter, c delivery.Claimed, f delivery.Facts, zone string) error {
	s := l.Speaker
	switch {
	case c.Purpose == response.Escalation:
		l.Subject = s.T("mail.escalation_subject", "Subject", l.Subject)
		l.Lead = []string{s.T("mail.escalation")}
	case c.Purpose == response.Overdue:
		l.Subject = s.T("mail.overdue_subject", "Subject", l.Subject)
		l.Lead = []string{s.T("mail.overdue")}
	case !c.First:
		l.Lead = []string{s.T("mail.update", "Reason", s.Reason(f.Warning))}
	}
	wait := w.waits[min(int(f.Warning.Level), len(w.waits)-1)]
	if wait <= 0 {
		l.Next = s.T("mail.next_none")
		return nil
	}
	end := s.Clock(asked(c, f.Warning).Add(wait), zone)
	l.Next = s.T("mail.next", "Time", end)
	if w.next == nil {
		return nil
	}
	name, err := w.next.Next(ctx, c.Org, f.Warning.ID, c.Step)
	switch {
	case err != nil:
		return fmt.Errorf("who is told after step %d of %s: %w", c.Step, f.Warning.ID, err)
	case name == "":
		l.Next = s.T("mail.next_last", "Time", end)
	default:
		l.Next = s.T("mail.next_name", "Time", end, "Name", clip(name))
	}
	return nil
}

// asked is when the wait for an answer began: an alarm's with its revision, an escalation's
// when it was queued. A repeated attempt does not lengthen it.
func asked(c delivery.Claimed, w warning.Warning) time.Time {
	if (c.Purpose == response.Escalation || c.Purpose == response.Overdue) && !c.Queued.IsZero() {
		return c.Queued
	}
	return w.At
}

// labelOf is a warning's TLP label in its one spelling; "" = none.
func labelOf(w warning.Warning) string { return strings.ToUpper(strings.TrimSpace(w.TLP)) }

// held tells whether a channel may not get the content: under TLP:RED none may, under
// TLP:AMBER+STRICT no room, where people of another house may sit (FIRST TLP 2.0).
func held(tlp string, a delivery.Ability) bool {
	return tlp == "RED" || tlp == "AMBER+STRICT" && !a.Personal && a.Form != delivery.Data
}

// label says who may read on. Of a warning that is held only that there is one, at which
// level and where to read it, leaves the house.
func (w *Wording) label(l *letter, c delivery.Claimed, f delivery.Facts, zone string) {
	tlp := labelOf(f.Warning)
	if tlp == "" {
		return
	}
	s := l.Speaker
	if held(tlp, w.able(c.Channel)) {
		status := s.Status(f.Warning)
		l.Subject = s.T("mail.held_subject", "Status", status, "Project", f.Project.Name)
		l.First = s.T("mail.held_first", "Status", status, "Project", f.Project.Name, "Time", s.Time(f.Warning.At, zone))
		l.Lead = append(l.Lead, s.T("mail.held", "Label", tlp))
		l.Words = phrase.Words{}
		l.Held = true
	}
	l.TLP = s.T("mail.tlp", "Label", tlp)
	l.Subject += " · " + l.TLP
}

// moment is the time that a message speaks of: the impact if it is still to come.
func moment(w warning.Warning) time.Time {
	if warning.Active(w) && w.ETA.After(w.At) {
		return w.ETA
	}
	return w.At
}

// shape stands before the level's word, so that it is not told by colour alone. What is
// over has none.
func shape(w warning.Warning) string {
	if !warning.Active(w) {
		return ""
	}
	switch w.Level {
	case level.Yellow:
		return "◆"
	case level.Orange:
		return "▲"
	case level.Red:
		return "🛑" // U+1F6D1, the octagon
	default:
		return ""
	}
}

// tidied bounds names that people gave and keeps them on one line; the rest is phrase's work.
func tidied(f delivery.Facts) delivery.Facts {
	f.Project.Name, f.Contact.Name = clip(f.Project.Name), clip(f.Contact.Name)
	return f
}

// nameless takes name and place from rows that are persons.
func nameless(rows []exposure.Exposure, word string) []exposure.Exposure {
	if !slices.ContainsFunc(rows, func(r exposure.Exposure) bool { return r.Kind == portfolio.Person }) {
		return rows
	}
	out := make([]exposure.Exposure, len(rows))
	for i, r := range rows {
		if r.Kind == portfolio.Person {
			r.Name, r.DistanceKM, r.How, r.FromKM, r.ToKM = word, 0, exposure.Inside, 0, 0
		}
		out[i] = r
	}
	return out
}
