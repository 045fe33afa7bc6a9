package wording

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/phrase"
)

var (
	address = regexp.MustCompile(`(?i)[a-z][a-z0-9+.-]*://[^\s"'<>]+`)
	target  = regexp.MustCompile(`(?i)<[a-z][^<>]*\s(?:href|src|action)\s*=\s*["']?([^"'\s>]+)`) // within a tag
)

// TestOnlyOurOwnLinksAndNoTurningMarks puts a lure into every text that others write (S9):
// of all that a message holds, only our own pages can be followed, on every channel, in
// every language, whatever the warning's state.
func TestOnlyOurOwnLinksAndNoTurningMarks(t *testing.T) {
	t.Parallel()
	const lure = "Pay at https://evil.example.com/x www.evil.com evil.ru/a mailto:a@evil.org \u202etxt.exe\u2069\x07 <a href=\"http://evil.net\">x</a> {{.}}"
	w := words(t, Following(following{name: lure}))
	for name, spoil := range cases() {
		for _, lang := range phrase.MessageLanguages() {
			for _, channel := range []string{"email", "webhook", "sms", "slack"} {
				c, f := alarm()
				spoil(&c, &f)
				c.Channel, f.Contact.Language = channel, lang
				f.Project.Name, f.Contact.Name, f.Warning.Note, f.Warning.Hazard = lure, lure, lure, event.Flood
				f.Warning.Events[0].Title, f.Warning.Rows[0].Name, f.Warning.Rows[0].Source = lure, lure, lure
				f.Warning.Rules = []string{"rul_1"}
				m, err := w.Word(t.Context(), c, f)
				if err != nil {
					t.Fatal(err)
				}
				onlyOurs(t, name+" "+lang+" "+channel, m)
			}
		}
	}
}

func onlyOurs(t *testing.T, at string, m delivery.Message) {
	t.Helper()
	found := 0
	for part, text := range map[string]string{
		"subject": m.Subject, "text": m.Text, "html": m.HTML, "short": m.Short, "lines": strings.Join(m.Lines, "\n"), "voice": strings.Join(m.Voice, "\n"),
	} {
		if m.Language == "ar" && (part == "text" || part == "html" || part == "lines") {
			balanced(t, at+" "+part, text)
			text = phrase.Bare(text)
		}
		if i := strings.IndexFunc(text, func(r rune) bool {
			return unicode.Is(unicode.Bidi_Control, r) || unicode.IsControl(r) && (r != '\n' || part == "subject")
		}); i >= 0 {
			t.Errorf("%s: %s holds %q", at, part, []rune(text[i:])[0])
		}
		links := address.FindAllString(text, -1)
		if part == "html" {
			links = append(links, targets(text)...)
		}
		for _, link := range links {
			found++
			if u, err := url.Parse(link); err != nil || u.Scheme != "https" || u.Host != "watch.example.org" {
				t.Errorf("%s: %s links to %q", at, part, link)
			}
		}
		for _, host := range []string{"evil.example.com", "evil.com", "evil.ru", "evil.org", "evil.net"} {
			if strings.Contains(text, host) {
				t.Errorf("%s: %s holds %q, which programs make a link of", at, part, host)
			}
		}
	}
	if found == 0 {
		t.Errorf("%s: no link at all: the test looks at nothing", at)
	}
}

// balanced tells whether each isolate ends on its line, so that none reaches into what follows.
func balanced(t *testing.T, at, text string) {
	t.Helper()
	for line := range strings.Lines(text) {
		depth := 0
		for _, r := range line {
			switch r {
			case '\u2068':
				depth++
			case '\u2069':
				depth--
			}
			if depth < 0 {
				break
			}
		}
		if depth != 0 {
			t.Errorf("%s: isolates do not pair in %q", at, line)
		}
	}
}

func targets(html string) []string {
	var out []string
	for _, m := range target.FindAllStringSubmatch(html, -1) {
		out = append(out, m[1])
	}
	return out
}
