package wording

import (
	"fmt"
	"net/url"
	"strings"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/phrase"
	"watchfire.dev/internal/warning"
)

// forms adds the other settings of the same words: a chat's, an SMS's, a voice's.
func (w *Wording) forms(m *delivery.Message, l letter, c delivery.Claimed, f delivery.Facts) error {
	short, err := w.brief(l.Speaker, c, f, *m, l.Held, m.TLP).fit()
	if err != nil && w.able(c.Channel).Form == delivery.Brief {
		return err // elsewhere nobody reads it: a mail does not wait for an SMS that cannot be
	}
	m.Short, m.Lines, m.Voice, m.Buttons = short, l.lines(), w.voice(l, c, f), l.buttons()
	for i, text := range append(append([]string{m.Short}, m.Lines...), m.Voice...) {
		if i > 0 && strings.TrimSpace(text) == "" || strings.Contains(text, "⟦") {
			return fmt.Errorf("forms in %s: %.80q: %w", l.Language, text, phrase.ErrIncomplete)
		}
	}
	return nil
}

// lines sets the letter as short paragraphs for a chat, under a subject that says level, what
// and where.
func (l letter) lines() []string {
	out := append([]string{}, l.Lead...)
	status := l.StatusLine()
	if l.Words.When != "" {
		status += " · " + l.Words.When
	} else {
		status = l.First
	}
	out = append(out, status)
	if len(l.Words.Do) > 0 {
		out = append(out, l.T("mail.do_line", "Title", l.DoTitle(), "Do", strings.Join(l.Words.Do, " · ")))
	}
	if l.Active && l.Next != "" {
		out = append(out, l.Next)
	}
	out = append(out, l.Words.Why[:min(2, len(l.Words.Why))]...)
	for _, last := range []string{l.There, l.Simulated, l.TLP} {
		if last != "" {
			out = append(out, last)
		}
	}
	return out
}

// buttons are the three answers. Each leads to the one-tap page, which shows that answer
// first; nothing is answered by opening it (TRUST.md S17).
func (l letter) buttons() []delivery.Button {
	if l.AnswerURL == "" {
		return nil
	}
	var out []delivery.Button
	for _, said := range []delivery.Said{delivery.SaidHaveIt, delivery.SaidHelp, delivery.SaidCannot} {
		out = append(out, delivery.Button{Said: said, Label: phrase.Bare(l.T("answer." + string(said))), URL: l.AnswerURL + "?answer=" + url.QueryEscape(string(said))})
	}
	return out
}

// bared takes the content out of a warning that is held back, so that no channel can tell
// what it was not given. What it is told about stays: which warning, its level and its state.
func bared(w warning.Warning) warning.Warning {
	return warning.Warning{
		ID: w.ID, Org: w.Org, Project: w.Project, Revision: w.Revision, State: w.State, Level: w.Level, Peak: w.Peak, Emergency: w.Emergency,
		Reason: w.Reason, TLP: w.TLP, Method: w.Method, Methods: w.Methods, OpenedAt: w.OpenedAt, At: w.At, Expires: w.Expires, AllClear: w.AllClear, Notify: w.Notify,
	}
}
