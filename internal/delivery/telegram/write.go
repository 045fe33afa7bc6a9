package telegram

import (
	"strings"
	"unicode"
	"unicode/utf16"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/httpfault"
	"watchfire.dev/internal/delivery/said"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/warning"
)

// Limits of the interface.
const (
	maxText   = 4000 // of 4,096 UTF-16 units after entities
	maxLabel  = 60   // runes on a button
	maxMark   = 64   // bytes of callback_data
	maxInARow = 3
)

type object = map[string]any

// text is the subject, the paragraphs and the page's link; bold is the subject's length in
// UTF-16 units, as Telegram counts.
func (c *Channel) text(m delivery.Message) (text string, bold int) {
	subject := httpfault.Line(m.Subject, 400)
	if subject == "" {
		return "", 0
	}
	end := ""
	if l := link(m); l != "" {
		end = "\n\n" + l
	}
	room := maxText - units(subject) - units(end)
	var b strings.Builder
	b.WriteString(subject)
	for _, p := range paragraphs(m) {
		p = "\n\n" + p
		if n := units(p); n > room {
			b.WriteString("\n\n…")
			break
		} else {
			room -= n
		}
		b.WriteString(p)
	}
	return b.String() + end, units(subject)
}

func paragraphs(m delivery.Message) []string {
	var out []string
	for _, l := range m.Lines {
		if l = httpfault.Line(l, 1500); l != "" {
			out = append(out, l)
		}
	}
	if m.TLP != "" {
		out = append(out, "TLP:"+httpfault.Line(m.TLP, 20))
	}
	return out
}

func units(text string) int { return len(utf16.Encode([]rune(text))) }

// link is the warning's page, or the page to answer on when there is no button for it.
func link(m delivery.Message) string {
	links := []string{m.AnswerURL, m.PageURL}
	if len(m.Buttons) > 0 {
		links = []string{m.PageURL}
	}
	for _, l := range links {
		if strings.HasPrefix(l, "http") && len(l) < 500 && !strings.ContainsFunc(l, func(r rune) bool { return r <= ' ' || r >= unicode.MaxASCII }) {
			return l
		}
	}
	return ""
}

// body is what both new and edited messages have. Telegram reads no markup in it, so that no
// text of others can become any.
func (c *Channel) body(m delivery.Message, text string, bold int) object {
	out := object{
		"text": text, "entities": []object{{"type": "bold", "offset": 0, "length": bold}}, "link_preview_options": object{"is_disabled": true},
	}
	if tlp := strings.ToUpper(m.TLP); strings.HasPrefix(tlp, "AMBER") || tlp == "RED" {
		out["protect_content"] = true // it cannot be forwarded or saved
	}
	var rows [][]object
	for _, b := range m.Buttons[:min(len(m.Buttons), 12)] {
		label := httpfault.Line(b.Label, maxLabel)
		if label == "" {
			continue
		}
		if len(rows) == 0 || len(rows[len(rows)-1]) == maxInARow {
			rows = append(rows, nil)
		}
		rows[len(rows)-1] = append(rows[len(rows)-1], object{"text": label, "callback_data": said.Mark(b.Said, m.Key, maxMark)})
	}
	if len(rows) > 0 {
		out["reply_markup"] = object{"inline_keyboard": rows}
	}
	return out
}

// quiet tells whether a message may take the place of the earlier one. An edit makes no
// sound: what is worse, new in kind, or over comes as a message of its own.
func quiet(m delivery.Message) bool {
	if m.Purpose != response.Alarm || m.First || m.Level >= level.Red || !warning.Active(m.Warning) {
		return false
	}
	switch m.Warning.Reason {
	case warning.Renewed, warning.Lowered, warning.Weakened, warning.Stale:
		return true
	}
	return false
}
