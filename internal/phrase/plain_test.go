package phrase_test

import (
	"regexp"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"watchfire.dev/internal/phrase"
)

func TestNothingOfOthersCanBeFollowed(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"M 6.9 - 31 km W of Quetta":               "M 6.9 - 31 km W of Quetta",
		"Bridge at St. Petersburg, Sino Co.Ltd":   "Bridge at St. Petersburg, Sino Co.Ltd",
		"12:30 UTC: wind 64 kt, 3.5 m/s more":     "12:30 UTC: wind 64 kt, 3.5 m/s more",
		"see https://evil.example.com/a?b#c now":  "see evil[.]example[.]com now",
		"HTTP://EVIL.EXAMPLE.ORG":                 "EVIL[.]EXAMPLE[.]ORG",
		"http://good.org@evil.com/x":              "evil[.]com",
		"ftp://10.0.0.1/x":                        "10.0.0.1",
		"go to www.evil.com, or t.co/abc":         "go to www[.]evil[.]com, or t[.]co",
		"login.bank.ru":                           "login[.]bank[.]ru",
		"evil.photography/login?u=1":              "evil[.]photography",
		"mailto:x@evil.com tel:+4912 sms:123":     "x@evil[.]com +4912 123",
		"Data: hotel: 5 mm":                       "Data: hotel: 5 mm",
		"javascript:alert(1) data:text/html,x":    "alert(1) text/html,x",
		"a\r\nBcc: b@c.org":                       "a Bcc: b@c[.]org",
		"\u202egnp.exe\u2066 \u200f\u061c\ufeff!": "gnp.exe !",
		"tab\tnul\x00esc\x1b[31m":                 "tab nul esc [31m",
		"می\u200cخواهم":                           "می\u200cخواهم",
		"":                                        "",
	} {
		if got := phrase.Plain(in, 200); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	if got := phrase.Plain(strings.Repeat("é", 300), 120); len([]rune(got)) != 120 || !strings.HasSuffix(got, "…") {
		t.Errorf("too long: %q", got)
	}
}

var followed = regexp.MustCompile(`(?i)://\S|www\.[a-z]|[a-z0-9]\.(?:com|org|net|ru|cn)\b|\bmailto:\S|\bjavascript:\S`)

// TestPlainWhateverComes: pieces of addresses, marks and letters in any order.
func TestPlainWhateverComes(t *testing.T) {
	t.Parallel()
	piece := rapid.SampledFrom([]string{
		"http", "https", "://", ":", "//", "/", "www", ".", "evil", "com", "org", "@", "x", " ", "\u202e", "\u2067", "\r\n", "\x00", "?", "#", "mailto", "javascript", "\\\\", "-", "é",
	})
	rapid.Check(t, func(t *rapid.T) {
		in := strings.Join(rapid.SliceOfN(piece, 0, 14).Draw(t, "pieces"), "")
		got := phrase.Plain(in, 200)
		if strings.ContainsFunc(got, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }) {
			t.Fatalf("%q became %q, which holds a control", in, got)
		}
		if m := followed.FindString(got); m != "" {
			t.Fatalf("%q became %q, in which %q can be followed", in, got, m)
		}
	})
}
