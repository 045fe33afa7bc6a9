package wording

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"strings"
	"sync"

	"watchfire.dev/internal/level"
	"watchfire.dev/internal/phrase"
)

//go:embed sheet.html mail.html notice.html
var sheets embed.FS

// pages are parsed once from the embedded files; they are constants in all but name. The sheet is
// what all mails stand on.
var pages = sync.OnceValue(func() *template.Template { return template.Must(template.ParseFS(sheets, "*.html")) })

// A letter is a message in parts: text and HTML are two settings of the same words.
type letter struct {
	phrase.Speaker
	Words     phrase.Words
	Language  string
	Subject   string
	First     string // what, where, when, do what
	Lead      []string
	Status    string
	Shape     string
	Level     level.Level
	Active    bool
	Held      bool     // TLP:RED: the content stays at home
	Listed    []listed // of a digest: its warnings, the strongest first
	There     string
	AnswerURL string
	PageURL   string
	OwnURL    string // of the contact's own page, "" = none
	Next      string // what happens if nobody answers
	TLP       string
	To        string
	Simulated string
	Because   string
	Footer    string
}

// A listed warning is one line of a digest, with its one-tap page.
type listed struct{ Text, URL string }

// on tells whether the letter speaks of something that is still on.
func (l letter) on() bool { return l.Active || len(l.Listed) > 0 }

// Colour is the level's colour for an edge; text never carries it.
func (l letter) Colour() string {
	if !l.on() {
		return "#7a7f84"
	}
	return [...]string{"#7a7f84", "#f9d630", "#d67341", "#b00824"}[min(int(l.Level), 3)]
}

// Start is the side on which lines begin: mail programs know no logical sides.
func (l letter) Start() string { return startOf(l.Speaker) }

func startOf(s phrase.Speaker) string {
	if s.RTL() {
		return "right"
	}
	return "left"
}

// DoTitle heads the instructions.
func (l letter) DoTitle() string {
	if l.on() {
		return l.T("mail.do")
	}
	return l.T("mail.do_over")
}

// PageTitle is the text of the link to the page.
func (l letter) PageTitle() string {
	if len(l.Listed) > 0 {
		return l.T("digest.page")
	}
	return l.T("mail.page")
}

// Answers lists the three answers in words.
func (l letter) Answers() string {
	return strings.Join([]string{l.T("answer.have_it"), l.T("answer.need_help"), l.T("answer.cannot")}, " · ")
}

// StatusLine is shape, level and state.
func (l letter) StatusLine() string { return strings.TrimSpace(l.Shape + " " + l.Status) }

// text sets the letter as plain text.
func (l letter) text() string {
	var b strings.Builder
	para := func(lines ...string) {
		wrote := false
		for _, line := range lines {
			if line != "" {
				b.WriteString(line + "\n")
				wrote = true
			}
		}
		if wrote {
			b.WriteString("\n")
		}
	}
	list := func(title string, items []string) {
		if len(items) == 0 {
			return
		}
		lines := []string{title}
		for _, item := range items {
			lines = append(lines, "- "+item)
		}
		para(lines...)
	}
	para(append([]string{l.First}, l.Lead...)...)
	para(l.StatusLine(), l.There, l.Simulated)
	list(l.T("digest.title"), l.listed())
	list(l.DoTitle(), l.Words.Do)
	if l.AnswerURL != "" {
		para(l.T("mail.answer_one", "Answers", l.Answers()), l.AnswerURL, l.Next)
	}
	list(l.T("mail.why"), l.Words.Why)
	list(l.T("mail.places"), l.Words.Places)
	para(l.PageTitle()+": "+l.PageURL, l.Footer, l.To, l.Because, l.ownLine(), l.TLP)
	return strings.TrimRight(b.String(), "\n") + "\n"
}

// ownLine leads to the contact's own page.
func (l letter) ownLine() string {
	if l.OwnURL == "" {
		return ""
	}
	return l.T("mail.own") + ": " + l.OwnURL
}

func (l letter) listed() []string {
	out := make([]string, len(l.Listed))
	for i, x := range l.Listed {
		out[i] = strings.TrimSpace(x.Text + "\n  " + x.URL)
	}
	return out
}

// html sets the letter as HTML that needs no image, no script and nothing from elsewhere.
func (l letter) html() (string, error) {
	var b bytes.Buffer
	if err := pages().ExecuteTemplate(&b, "mail.html", l); err != nil {
		return "", fmt.Errorf("set mail: %w", err)
	}
	return b.String(), nil
}

// whole is the last look: no part empty that must not be, no key without words.
func (l letter) whole() error {
	if l.Subject == "" || l.First == "" || l.Status == "" || l.Footer == "" || !l.Held && len(l.Words.Do) == 0 || l.Active && (l.AnswerURL == "" || l.Next == "") {
		return fmt.Errorf("letter in %s: %w", l.Language, phrase.ErrIncomplete)
	}
	for _, part := range append([]string{l.Subject, l.First, l.Next, l.TLP, l.To, l.There, l.Because, strings.Join(l.listed(), "\n")}, l.Lead...) {
		if strings.Contains(part, "⟦") {
			return fmt.Errorf("letter in %s: %.80q: %w", l.Language, part, phrase.ErrIncomplete)
		}
	}
	return nil
}

// clip makes one short line of a name, without what could be followed.
func clip(text string) string { return phrase.Plain(text, maxField) }
