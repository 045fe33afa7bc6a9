package room

import (
	"net/url"
	"strings"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/httpfault"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/phrase"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/warning"
)

// Bounds of a card, in runes; every provider takes at least these.
const (
	maxTitle  = 150
	maxLine   = 500
	maxLines  = 20
	maxText   = 2800
	maxLabel  = 40
	maxLink   = 2000
	maxAnswer = 500 // of a button's value, bytes
)

// A Button is one thing to press.
type Button struct {
	Said  delivery.Said // "" on the button that opens the warning
	Label string
	Value string // what comes back when it is pressed, for providers that call back
	URL   string // page with the same answer; "" = none
}

// A Card is what a room is shown: the words of the message, set for a chat.
type Card struct {
	Title   string
	Lines   []string
	Buttons []Button // answers first, the warning's page last
	Level   level.Level
	Active  bool // false: the warning is over, or this is a test
}

// A Setter sets messages as cards and says in words that an answer was heard.
type Setter struct{ book *phrase.Book }

// NewSetter returns a Setter that takes its words from book.
func NewSetter(book *phrase.Book) Setter { return Setter{book} }

// Set makes the card of a message.
func (s Setter) Set(m delivery.Message) Card {
	speaker := s.book.For(m.Language)
	c := Card{
		Title: httpfault.Line(m.Subject, maxTitle), Lines: lines(m), Level: m.Level,
		Active: m.Purpose != response.Test && !m.Purpose.Alone() && warning.Active(m.Warning),
	}
	for _, b := range m.Buttons {
		label, link := httpfault.Line(b.Label, maxLabel), Link(b.URL)
		value := Press{m.Key, b.Said, m.Language, m.Address}.String()
		if label == "" || link == "" && value == "" {
			continue
		}
		c.Buttons = append(c.Buttons, Button{b.Said, label, value, link})
	}
	if link := Link(m.AnswerURL); link != "" && len(c.Buttons) == 0 {
		c.Buttons = append(c.Buttons, Button{Label: speaker.T("mail.answer"), URL: link})
	}
	if link := Link(m.PageURL); link != "" {
		label := "mail.page"
		if m.Purpose == response.Letter {
			label = "letter.open"
		}
		c.Buttons = append(c.Buttons, Button{Label: speaker.T(label), URL: link})
	}
	return c
}

// Parent is the message that m updates. A digest and a test belong to no warning: they update
// nothing, even if the first of what they gather was told before.
func Parent(m delivery.Message) string {
	if m.Warning.ID == "" {
		return ""
	}
	return m.Parent
}

// Remote is what a later update of m may refer to: an id of the provider, but for a digest,
// which must not be renewed with one warning's words.
func Remote(m delivery.Message, remote string) string {
	if m.Warning.ID == "" {
		return ""
	}
	return remote
}

// Noted says that an answer was heard.
func (s Setter) Noted(p Press) string {
	speaker, answer := s.book.For(p.Language), string(p.Said)
	if speaker.Has("answer." + answer) {
		answer = speaker.T("answer." + answer)
	}
	return speaker.T("room.noted", "Answer", answer)
}

// NotStored says that an answer could not be kept.
func (s Setter) NotStored(p Press) string { return s.book.For(p.Language).T("chat.not_stored") }

// Replaced stands where the buttons of a message were that a newer one has replaced.
func (s Setter) Replaced(language string) string { return s.book.For(language).T("room.replaced") }

// lines are the paragraphs of a message. A message that has none of its own, such as a test,
// is read line by line; addresses stand on buttons.
func lines(m delivery.Message) []string {
	from := m.Lines
	if len(from) == 0 {
		for l := range strings.Lines(m.Text) {
			if !strings.Contains(l, "://") {
				from = append(from, l)
			}
		}
	}
	var out []string
	left := maxText
	for _, l := range from {
		if l = httpfault.Line(l, min(maxLine, left)); l == "" {
			continue
		}
		out = append(out, l)
		if left -= len([]rune(l)) + 1; len(out) == maxLines || left < 20 {
			break
		}
	}
	return out
}

// Text is the lines as one text.
func (c Card) Text() string { return strings.Join(c.Lines, "\n") }

// Colour is the level's colour for an edge, "#rrggbb"; text never carries it.
func (c Card) Colour() string {
	if !c.Active {
		return "#7a7f84"
	}
	return [...]string{"#7a7f84", "#f9d630", "#d67341", "#b00824"}[min(int(c.Level), 3)]
}

// Link is text if it is an http address without a password that can stand in any markup,
// else "".
func Link(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || len(text) > maxLink {
		return ""
	}
	if strings.ContainsAny(text, "()[]<>\"'`|\\ ") {
		return ""
	}
	return text
}

// marks are the signs by which the Markdown of chat programs is written, and their wide
// twins, which mean nothing to a program and the same to a reader.
var marks = strings.NewReplacer("<", "＜", ">", "＞", "[", "［", "]", "］", "*", "＊", "`", "ˋ", "#", "＃", "~", "～", "|", "｜", "\\", "＼")

// Plain makes text safe to stand in Markdown.
func Plain(text string) string { return marks.Replace(text) }

// Markdown sets a card in the Markdown that WeCom and DingTalk share, at most most bytes:
// title, lines and the buttons as links. Lines at the end are left out before links are.
func (c Card) Markdown(most int, links bool) string {
	head, tail := "**"+Plain(c.Title)+"**", ""
	if c.Title == "" {
		head = ""
	}
	for _, b := range c.Buttons {
		if links && b.URL != "" && len(head)+len(tail)+len(b.URL) < most-200 {
			tail += "\n\n[" + Plain(b.Label) + "](" + b.URL + ")"
		}
	}
	for _, l := range c.Lines {
		l = "\n\n" + Plain(l)
		if len(head)+len(tail)+len(l) > most {
			break
		}
		head += l
	}
	return strings.TrimSpace(head + tail)
}
