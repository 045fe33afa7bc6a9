package phrase

import (
	"regexp"
	"strings"
	"unicode"
)

// Plain makes one line of at most most characters of what somebody else wrote, fit to stand
// in a message of ours (TRUST.md S9): control characters, line ends and marks that turn the
// reading order become blanks, and no address in it can be followed. What joins letters
// within a word (U+200C, U+200D) stays, for the scripts that need it.
func Plain(text string, most int) string {
	if len(text) <= most && unremarkable(text) {
		return text
	}
	return tamed(text, most)
}

// tamed is Plain the long way.
func tamed(text string, most int) string {
	text = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(text, "\uFFFD"), func(r rune) bool {
		joins := r == 0x200c || r == 0x200d
		return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) && !joins
	}), " ")
	if r := []rune(text); len(r) > 8*most { // bounds the work
		text = string(r[:8*most])
	}
	text = unlink(text)
	if r := []rune(text); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return text
}

// unremarkable tells of most names that Plain leaves them as they are.
func unremarkable(text string) bool {
	blank := true
	for i := range len(text) {
		c := text[i]
		if c >= 0x7f || c < ' ' || c == '.' || c == ':' || c == ' ' && blank {
			return false
		}
		blank = c == ' '
	}
	return text == "" || !blank
}

// What mail programs and telephones turn into links by themselves: an address with a scheme,
// one with a path, and a bare name under one of the ends that are seen most.
var (
	schemed = regexp.MustCompile(`(?i)[a-z][a-z0-9+.-]*:(?://|\\\\)+(?:[^\s/?#@]*@)?([^\s/?#\\]*)\S*`)
	slashes = regexp.MustCompile(`:[/\\]{2,}`) // after nothing that could be a scheme
	opaque  = regexp.MustCompile(`(?i)\b(?:mailto|tel|sms|javascript|data|vbscript|whatsapp|tg|geo|market|intent):(\S)`)
	pathed  = regexp.MustCompile(`(?i)([\pL\pN-]+(?:\.[\pL\pN-]+)*\.[\pL-]{2,24})(?::\d+)?[/?#]\S*`)
	bare    = regexp.MustCompile(`(?i)(?:[\pL\pN_-]+\.)+(?:com|org|net|info|biz|io|co|app|dev|me|ly|gl|gd|to|cc|tv|xyz|top|online|site|shop|club|live|icu|link|click|` +
		`ru|cn|su|uk|de|fr|in|pk|br|id|tk|ml|ga|cf|gq|eu|us|xn--[a-z0-9-]+)\b|www(?:\.[\pL\pN_-]+)+`)
)

// unlink leaves of an address its host alone, written so that nothing follows it.
func unlink(text string) string {
	if !strings.ContainsAny(text, ".:") {
		return text
	}
	for before := ""; text != before; { // what is left must not make a new one; each turn is shorter
		before = text
		text = schemed.ReplaceAllString(text, "$1")
		text = opaque.ReplaceAllString(text, "$1")
	}
	text = slashes.ReplaceAllString(text, ":")
	text = pathed.ReplaceAllStringFunc(text, func(m string) string { return dotless(pathed.ReplaceAllString(m, "$1")) })
	return bare.ReplaceAllStringFunc(text, dotless)
}

func dotless(host string) string { return strings.ReplaceAll(host, ".", "[.]") }
