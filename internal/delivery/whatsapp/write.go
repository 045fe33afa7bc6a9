package whatsapp

import (
	"strings"
	"unicode"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/httpfault"
	"watchfire.dev/internal/delivery/said"
)

// Limits of the interface, in runes.
const (
	maxParameter = 300 // of one; a template's body may hold 1,024 in all
	maxBody      = 1024
	maxText      = 4096
	maxTitle     = 20
	maxButtonID  = 256
	maxButtons   = 3
)

type object = map[string]any

// head is what every message has. The key comes back with each receipt.
func head(m delivery.Message, to, kind string) object {
	out := object{"messaging_product": "whatsapp", "recipient_type": "individual", "to": to, "type": kind, "biz_opaque_callback_data": httpfault.Line(m.Key, 200)}
	if m.Parent != "" && len(m.Parent) < 200 {
		out["context"] = object{"message_id": httpfault.Line(m.Parent, 200)}
	}
	return out
}

// template fills the approved template of the message's kind.
func (c *Channel) template(m delivery.Message, to string) object {
	t := c.cfg.Template
	if m.AnswerURL == "" && len(m.Buttons) == 0 {
		t = c.cfg.Over
	}
	parameters := make([]object, 0, len(t.Parameters))
	for _, p := range t.Parameters {
		parameters = append(parameters, object{"type": "text", "text": parameter(m, p)})
	}
	components := []object{}
	if len(parameters) > 0 {
		components = append(components, object{"type": "body", "parameters": parameters})
	}
	for i, b := range t.Buttons {
		components = append(components, object{
			"type": "button", "sub_type": "quick_reply", "index": string(rune('0' + i%10)),
			"parameters": []object{{"type": "payload", "payload": said.Mark(b, m.Key, maxButtonID)}},
		})
	}
	out := head(m, to, "template")
	delete(out, "context") // a template opens a conversation
	out["template"] = object{"name": t.Name, "language": object{"code": t.language(m.Language)}, "components": components}
	return out
}

func (t Template) language(code string) string {
	if theirs, ok := t.Languages[code]; ok {
		return theirs
	}
	if theirs, ok := t.Languages[""]; ok {
		return theirs
	}
	switch code { // as Meta names them
	case "zh":
		return "zh_CN"
	case "pt":
		return "pt_BR"
	case "fr", "es", "ru", "ar", "sw", "id":
		return code
	}
	return "en"
}

// parameter is one line: Meta refuses line ends and runs of blanks in it, and an empty one.
func parameter(m delivery.Message, name string) string {
	text := ""
	switch name {
	case "subject":
		text = m.Subject
	case "lines":
		text = strings.Join(m.Lines, " · ")
	case "text":
		text = m.Text
	case "link":
		text = link(m)
	case "level":
		text = m.Level.String()
	case "project":
		text = m.Project.Name
	}
	if text = line(text, maxParameter); text == "" {
		return "-"
	}
	return text
}

// free is a message within the 24 hours: with buttons when an answer is asked for.
func (c *Channel) free(m delivery.Message, to string) object {
	paragraphs := []string{line(m.Subject, maxParameter)}
	for _, l := range m.Lines {
		paragraphs = append(paragraphs, line(l, maxBody))
	}
	if l := link(m); l != "" {
		paragraphs = append(paragraphs, l)
	}
	body := strings.Join(paragraphs, "\n\n")
	buttons := make([]object, 0, maxButtons)
	for _, b := range m.Buttons[:min(len(m.Buttons), maxButtons)] {
		title := line(b.Label, maxTitle)
		if title != "" && said.Mark(b.Said, m.Key, maxButtonID) != "" {
			buttons = append(buttons, object{"type": "reply", "reply": object{"id": said.Mark(b.Said, m.Key, maxButtonID), "title": title}})
		}
	}
	if len(buttons) == 0 {
		out := head(m, to, "text")
		out["text"] = object{"preview_url": false, "body": cut(body, link(m), maxText)}
		return out
	}
	out := head(m, to, "interactive")
	out["interactive"] = object{"type": "button", "body": object{"text": cut(body, link(m), maxBody)}, "action": object{"buttons": buttons}}
	return out
}

// cut shortens the text and keeps the link at its end.
func cut(text, link string, most int) string {
	r := []rune(text)
	if len(r) <= most {
		return text
	}
	end := "…\n\n" + link
	return string(r[:max(most-len([]rune(end)), 0)]) + end
}

// link is our page behind the message; a long or odd one is left out.
func link(m delivery.Message) string {
	for _, l := range []string{m.AnswerURL, m.PageURL} {
		if strings.HasPrefix(l, "http") && len(l) < 300 && !strings.ContainsFunc(l, func(r rune) bool { return r <= ' ' || r >= unicode.MaxASCII }) {
			return l
		}
	}
	return ""
}

func line(text string, most int) string { return httpfault.Line(text, most) }
