package wording

import (
	"fmt"
	"strings"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/phrase"
	"watchfire.dev/internal/response"
)

// maxBrought is how many runes of a letter's first line stand in an SMS: with a link it must
// fit into two segments.
const maxBrought = 70

// brought words a letter: what it brings and how to read it. Of what a label holds back from
// the channel nothing is said but that it is there.
func (w *Wording) brought(c delivery.Claimed, f delivery.Facts) (delivery.Message, error) {
	l, s := *f.Letter, w.book.For(f.Contact.Language)
	tlp := strings.ToUpper(l.TLP)
	m := delivery.Message{
		Key: c.ID, Org: c.Org, Address: c.Address, Purpose: response.Letter, Contact: f.Contact, Language: s.Language(), First: c.First, At: c.Queued, TLP: tlp,
		Thread: "letter." + l.About, PageURL: w.base + l.Path,
	}
	said := map[string]any{}
	for k, v := range l.Said {
		said[k] = phrase.Plain(v, maxField)
	}
	if !s.Has("letter." + l.Kind + ".subject") {
		return m, fmt.Errorf("letter %s of kind %.40q: %w", l.ID, l.Kind, phrase.ErrIncomplete)
	}
	m.Subject, m.Lines = s.T("letter."+l.Kind+".subject", said), []string{s.T("letter."+l.Kind+".first", said)}
	able, shut := w.able(c.Channel), held(tlp, w.able(c.Channel))
	if shut {
		m.Subject = s.T("letter.held_subject", "Label", tlp)
		m.Lines = []string{s.T("letter.held")}
	}
	switch {
	case event.InHouse(tlp):
		m.Lines = append(m.Lines, s.T("letter.sign_in", "Label", tlp))
	case l.Link != "" && able.Personal:
		m.PageURL = l.Link
	}
	body := append([]string{}, m.Lines...)
	if len(l.Bytes) > 0 && !event.InHouse(tlp) && !shut {
		m.Files = []delivery.File{{Name: l.File, Type: l.Type, Body: l.Bytes}}
		body = append(body, s.T("letter.attached", "File", l.File, "Size", s.Count(max(1, len(l.Bytes)>>10))+" KiB"))
	}
	body = append(body, s.T("letter.open")+": "+m.PageURL)
	if f.Contact.Name != "" {
		body = append(body, s.T("mail.to", "Name", clip(f.Contact.Name)))
	}
	var last []string
	if w.simulated {
		last = append(last, s.T("simulated"))
	}
	if tlp != "" {
		label := s.T("mail.tlp", "Label", tlp)
		m.Subject += " · " + label
		last = append(last, label)
	}
	m.Subject = phrase.Bare(m.Subject)
	m.Text = strings.Join(append(append(body, s.T("letter.because")), last...), "\n\n") + "\n"
	m.Short = phrase.Bare(s.T("letter.short", "What", phrase.Plain(m.Lines[0], maxBrought), "Link", m.PageURL))
	m.Lines = append(m.Lines, last...)
	return m, nil
}
