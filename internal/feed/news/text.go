package news

import (
	"html"
	"regexp"
	"strings"
	"sync"
	"unicode"

	"github.com/microcosm-cc/bluemonday"
)

// The limits on words, in characters.
const (
	maxHeadline = 500
	maxWords    = 20_000
)

var (
	strict = sync.OnceValue(bluemonday.StrictPolicy)
	breaks = regexp.MustCompile(`(?i)<(?:/p|br|/li|/h[1-6]|/div|/td|/tr)\b[^>]*>`)
)

// plain makes text safe to show: control, format and bidirectional characters go, line
// breaks stay, and at most max characters are kept.
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

// words takes the markup out of a title or summary. Entries are often escaped twice; what
// is markup after one more unescaping is taken out too.
func words(s string, max int) string {
	s = s[:min(len(s), 256<<10)]
	for range 2 {
		if !strings.ContainsAny(s, "<&") {
			break
		}
		s = html.UnescapeString(strict().Sanitize(breaks.ReplaceAllString(s, " ")))
	}
	return plain(strings.Join(strings.Fields(s), " "), max)
}
