package phrase

import (
	"fmt"
	"strings"
	"unicode"
)

// The first-strong isolate and its end (UAX 9, 2.4): what stands between them takes part in
// the sentence as one neutral character.
const (
	fsi = '\u2068'
	pdi = '\u2069'
)

// isolate puts a text between isolates when it holds, outside of others, a letter of a script
// that is written from the left, or a digit. A word of the sentence's own script stays bare.
func isolate(text string) string {
	depth := 0
	for _, r := range text {
		switch {
		case r == fsi:
			depth++
		case r == pdi:
			depth--
		case depth == 0 && (unicode.IsDigit(r) || unicode.IsLetter(r) && !fromRight(r)):
			return string(fsi) + text + string(pdi)
		}
	}
	return text
}

func fromRight(r rune) bool {
	return unicode.In(r, unicode.Arabic, unicode.Hebrew, unicode.Syriac, unicode.Thaana)
}

// apart gives the values of a template, each between isolates.
func apart(data map[string]any) map[string]any {
	out := make(map[string]any, len(data))
	for name, v := range data {
		out[name] = isolate(fmt.Sprint(v))
	}
	return out
}

// Bare takes the isolates out, for what must hold no mark that turns the reading order: an
// SMS, a subject, a voice (TRUST.md S9).
func Bare(text string) string {
	return strings.Map(func(r rune) rune {
		if r == fsi || r == pdi {
			return -1
		}
		return r
	}, text)
}
