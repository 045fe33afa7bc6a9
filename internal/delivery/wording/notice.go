package wording

import (
	"bytes"
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/phrase"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/response"
)

// A memo is a notice in parts.
type memo struct {
	phrase.Speaker
	Subject string
	First   string
	Intro   string
	Items   []string
	URL     string
	Button  string
	Private string
	To      string
	Because string
	Marked  string // that it belongs to a demonstration
}

// Start is the side on which lines begin: mail programs know no logical sides.
func (m memo) Start() string { return startOf(m.Speaker) }

// Notice words a message that belongs to no warning, in the contact's language and zone. url
// is the respondent's own link of a survey; of the register it is left to the wording.
func (w *Wording) Notice(c delivery.Claimed, n delivery.Notice, to portfolio.Contact, url string) (delivery.Message, error) {
	s := w.book.For(to.Language)
	zone := cmp.Or(to.Zone, "UTC")
	key := "notice." + string(n.Kind)
	if !s.Has(key + ".first") {
		return delivery.Message{}, fmt.Errorf("notice of kind %.40q: %w", n.Kind, phrase.ErrIncomplete)
	}
	args := []any{"Title", clip(n.Title), "Time", s.Time(n.Deadline, zone), "Round", strconv.Itoa(n.Round), "Rounds", strconv.Itoa(n.Rounds), "N", strconv.Itoa(len(n.Items))}
	m := memo{Speaker: s, Subject: s.T(key+".subject", args...), First: s.T(key+".first", args...), URL: url, Because: s.T("notice.because")}
	if n.Survey != "" {
		m.Button, m.Private, m.Intro = s.T("notice.survey.link"), s.T("notice.survey.private"), phrase.Plain(n.Intro, maxIntro)
	} else {
		m.Button, m.URL = s.T("notice.register.link"), w.base+"/register"
	}
	for _, it := range n.Items {
		m.Items = append(m.Items, item(s, it))
	}
	if to.Name != "" {
		m.To = s.T("mail.to", "Name", clip(to.Name))
	}
	if w.simulated {
		m.Marked = s.T("simulated")
	}
	out := delivery.Message{
		Key: c.ID, Org: c.Org, Address: c.Address, Purpose: response.Notice, Contact: to, Language: s.Language(), PageURL: m.URL, First: true, At: n.At,
		Thread: "notice." + n.ID, Subject: phrase.Bare(m.Subject), Text: m.text(), Lines: append(append([]string{m.First}, m.Items...), m.URL),
	} // no Short: an SMS is then made of subject and link, and the link is never cut
	var b bytes.Buffer
	if err := pages().ExecuteTemplate(&b, "notice.html", m); err != nil {
		return out, fmt.Errorf("set notice: %w", err)
	}
	out.HTML = b.String()
	if strings.Contains(out.Subject+out.Text, "⟦") {
		return out, fmt.Errorf("notice in %s: %.80q: %w", s.Language(), out.Text, phrase.ErrIncomplete)
	}
	return out, nil
}

// maxIntro bounds what the makers of a survey say about it.
const maxIntro = 600

// item is one line about the register.
func item(s phrase.Speaker, it delivery.NoticeItem) string {
	var what []string
	for _, w := range strings.Split(it.What, ",") {
		what = append(what, s.T("notice.what."+w))
	}
	parts := []string{strings.Join(what, ", "), strings.TrimSpace(it.Entry + " " + it.Thing + " " + clip(it.Title))}
	switch {
	case it.Day != "" && it.Late:
		parts = append(parts, s.T("notice.overdue", "Day", it.Day))
	case it.Day != "":
		parts = append(parts, s.T("notice.due", "Day", it.Day))
	}
	if it.Owner != "" {
		parts = append(parts, s.T("notice.owner", "Name", clip(it.Owner)))
	}
	return strings.Join(parts, " · ")
}

// text sets the notice as plain text.
func (m memo) text() string {
	var b strings.Builder
	for _, para := range []string{m.First, m.Marked, m.Intro, bullets(m.Items), m.Button + ":\n" + m.URL, m.Private, strings.TrimSpace(m.To + "\n" + m.Because)} {
		if para != "" {
			b.WriteString(para + "\n\n")
		}
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

func bullets(items []string) string {
	if len(items) == 0 {
		return ""
	}
	return "- " + strings.Join(items, "\n- ")
}
