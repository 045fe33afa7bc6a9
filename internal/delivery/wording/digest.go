package wording

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/phrase"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/warning"
)

// maxListed bounds the warnings that a digest tells one by one; the page has them all.
const maxListed = 30

// A Batch is several warnings for one contact over one channel, to be told in one message.
type Batch struct {
	Key     string // idempotency key of the message
	Org     string
	Channel string
	Address string
	Purpose response.Purpose // "" = alarm
	Contact portfolio.Contact
	Items   []Item
	Flood   bool // too many came at once; else the contact has chosen a digest
	Event   bool // they are about one event
	At      time.Time
}

// An Item is one warning revision with its project.
type Item struct {
	Warning warning.Warning
	Project portfolio.Project
}

// Digest words a batch in the contact's language: the first line tells how many there are and
// says of the strongest what, where, when and what to do; each of the others has a line. What
// a label holds back from the channel is only counted and named by project and level. The
// message belongs to no warning: Message.Warning is empty but for the level. An empty batch
// and a warning that lacks a part give an error wrapping phrase.ErrIncomplete.
func (w *Wording) Digest(ctx context.Context, b Batch) (delivery.Message, error) {
	if len(b.Items) == 0 {
		return delivery.Message{}, fmt.Errorf("digest %s: no warnings: %w", b.Key, phrase.ErrIncomplete)
	}
	s := w.book.For(b.Contact.Language)
	items := slices.Clone(b.Items)
	slices.SortStableFunc(items, func(x, y Item) int {
		return cmp.Or(cmp.Compare(rank(y.Warning), rank(x.Warning)), x.Warning.At.Compare(y.Warning.At), strings.Compare(x.Warning.ID, y.Warning.ID))
	})
	l := letter{
		Speaker: s, Language: s.Language(), Level: items[0].Warning.Level, Shape: shape(items[0].Warning), Status: s.Status(items[0].Warning),
		PageURL: w.base + "/", Footer: s.T("digest.because"),
	}
	if b.Event {
		l.Lead = []string{s.T("digest.event")}
	} else if b.Flood {
		l.Lead = []string{s.T("digest.flood")}
	} else {
		l.Lead = []string{s.T("digest.chosen")}
	}
	if b.Contact.Name != "" {
		l.To = s.T("mail.to", "Name", clip(b.Contact.Name))
	}
	if w.simulated {
		l.Simulated = s.T("simulated")
	}
	var first told
	label := ""
	for i := range items {
		label = event.Strictest(label, labelOf(items[i].Warning))
		if i > 0 && i >= maxListed {
			continue
		}
		t, err := w.told(ctx, s, b, items[i])
		if err != nil {
			return delivery.Message{}, fmt.Errorf("digest %s: %w", b.Key, err)
		}
		if i == 0 {
			first = t
		}
		l.Listed = append(l.Listed, t.listed)
	}
	if more := len(items) - maxListed; more > 0 {
		l.Listed = append(l.Listed, listed{Text: s.T("digest.more", "N", more)})
	}
	count := s.T("digest.count", "N", len(items))
	mark := s.Mark(items[0].Warning)
	l.Subject = s.T("digest.subject", "Level", mark, "Count", count, "Headline", first.headline)
	l.First = s.T("digest.first", "Level", mark, "Count", count, "First", first.first)
	l.Words.Do, l.Held = first.do, first.held
	if label != "" {
		l.TLP = s.T("mail.tlp", "Label", label)
		l.Subject += " · " + l.TLP
	}
	return w.bind(b, l, items, first, label)
}

// told is one warning of a digest in words.
type told struct {
	listed
	first, headline string
	do              []string
	held            bool
	facts           delivery.Facts
}

func (w *Wording) told(ctx context.Context, s phrase.Speaker, b Batch, it Item) (told, error) {
	f := tidied(delivery.Facts{Warning: it.Warning, Project: it.Project, Contact: b.Contact})
	able := w.able(b.Channel)
	if !able.Personal {
		f.Warning.Rows = nameless(f.Warning.Rows, s.T("mail.somebody"))
	}
	zone := cmp.Or(b.Contact.Zone, it.Project.Zone)
	words, err := s.Warning(f.Warning, f.Project, zone)
	if err != nil {
		return told{}, err
	}
	status := s.Status(f.Warning)
	t := told{first: words.First, headline: words.Headline, do: words.Do, facts: f, held: held(labelOf(f.Warning), able)}
	t.Text = s.T("digest.line", "Status", status, "First", words.First, "Project", f.Project.Name)
	if t.held {
		t.Text = s.T("digest.held", "Status", status, "Project", f.Project.Name, "Label", labelOf(f.Warning))
		t.first, t.headline, t.do = t.Text, t.Text, nil
	}
	if warning.Active(f.Warning) {
		if t.URL, err = w.links.Answer(ctx, b.Org, f.Warning.ID, b.Contact.ID, LinkEnd(f.Warning)); err != nil {
			return told{}, fmt.Errorf("answer link of %s for %s: %w", f.Warning.ID, b.Contact.ID, err)
		}
	}
	return t, nil
}

// bind makes the message of the letter in all its forms.
func (w *Wording) bind(b Batch, l letter, items []Item, first told, label string) (delivery.Message, error) {
	s := l.Speaker
	m := delivery.Message{
		Key: b.Key, Org: b.Org, Address: b.Address, Purpose: cmp.Or(b.Purpose, response.Alarm), Level: l.Level, Contact: b.Contact,
		Language: s.Language(), PageURL: l.PageURL, Thread: "digest." + b.Contact.ID, First: true, At: b.At, TLP: label,
		Subject: phrase.Bare(l.Subject), Text: l.text(), Warning: warning.Warning{Level: l.Level, Org: b.Org, TLP: label, At: b.At, State: warning.Issued},
	}
	if m.At.IsZero() {
		m.At = items[0].Warning.At
	}
	var err error
	if m.HTML, err = l.html(); err != nil {
		return delivery.Message{}, fmt.Errorf("digest %s: %w", b.Key, err)
	}
	c := delivery.Claimed{Notification: response.Notification{Channel: b.Channel, Purpose: m.Purpose}}
	short := w.brief(s, c, first.facts, delivery.Message{AnswerURL: l.PageURL}, first.held, labelOf(first.facts.Warning))
	short.answers, short.few = "", "" // one key cannot answer several
	if n := len(items) - 1; n > 0 {
		short.what, short.hazard = s.T("short.more", "What", short.what, "N", n), s.T("short.more", "What", short.hazard, "N", n)
	}
	if m.Short, err = short.fit(); err != nil && w.able(b.Channel).Form == delivery.Brief {
		return delivery.Message{}, fmt.Errorf("digest %s: %w", b.Key, err)
	}
	m.Lines = append([]string{}, l.Lead...)
	for _, x := range l.Listed {
		m.Lines = append(m.Lines, x.Text)
	}
	for _, last := range []string{l.Simulated, l.TLP} {
		if last != "" {
			m.Lines = append(m.Lines, last)
		}
	}
	m.Voice = w.spokenBatch(l, b, items, first)
	if err := l.whole(); err != nil {
		return delivery.Message{}, fmt.Errorf("digest %s: %w", b.Key, err)
	}
	return m, nil
}

// spokenBatch says how many there are and the strongest in full.
func (w *Wording) spokenBatch(l letter, b Batch, items []Item, first told) []string {
	s := l.Speaker
	one := l
	one.Active, one.AnswerURL, one.Listed = warning.Active(items[0].Warning), "", nil
	out := w.voice(one, delivery.Claimed{Notification: response.Notification{Channel: b.Channel}}, first.facts)
	count := phrase.Bare(s.T("digest.voice", "Count", s.T("digest.count", "N", len(items))))
	return slices.Insert(out, 1, count)
}

// rank orders a digest: what is on before what is over, then by level.
func rank(w warning.Warning) int {
	if !warning.Active(w) {
		return -1
	}
	return int(w.Level)
}
