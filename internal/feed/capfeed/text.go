package capfeed

import (
	"strings"
	"unicode"
)

// The limits on words, in characters.
const (
	maxHeadline = 500
	maxWords    = 20_000
)

// plain makes text safe to show: control, format and bidirectional characters go, line
// breaks stay (paragraphs carry meaning in bulletins), and at most max characters are kept.
func plain(s string, max int) string {
	n := 0
	s = strings.Map(func(r rune) rune {
		if (r != '\n' && unicode.IsControl(r)) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029' {
			return -1
		}
		if n++; n > max {
			return -1
		}
		return r
	}, strings.ToValidUTF8(strings.ReplaceAll(s, "\t", " "), "\uFFFD"))
	return strings.TrimSpace(s)
}
