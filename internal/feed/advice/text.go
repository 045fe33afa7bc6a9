package advice

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

var (
	strict   = sync.OnceValue(bluemonday.StrictPolicy)
	blockTag = regexp.MustCompile(`(?i)<(/p|/h[1-6]|br|/ul|/ol|/tr|/div)\b[^>]*>`)
	listTag  = regexp.MustCompile(`(?i)<li\b[^>]*>`)
	mdLink   = regexp.MustCompile(`\[([^\]\n]{0,300})\]\([^)\s]{0,900}\)`)
	blanks   = regexp.MustCompile(`[ \x{A0}]+`)
	gaps     = regexp.MustCompile(`\n\s*\n\s*`)
	bullet   = regexp.MustCompile(`(?m)^[ ]*[*•-][ ]+`)
)

// fromHTML turns markup into plain text: paragraphs stay apart, list items begin with "- ".
func fromHTML(s string) string {
	s = s[:min(len(s), 1<<20)]
	s = blockTag.ReplaceAllString(s, "\n")
	s = listTag.ReplaceAllString(s, "\n- ")
	return tidy(html.UnescapeString(strict().Sanitize(s)))
}

// fromMarkdown does the same for the Markdown that scrapers make of the pages.
func fromMarkdown(s string) string {
	s = s[:min(len(s), 1<<20)]
	s = mdLink.ReplaceAllString(s, "$1")
	s = strings.NewReplacer("**_", "", "_**", "", "**", "", "\\", "").Replace(s)
	return tidy(s)
}

func tidy(s string) string {
	s = blanks.ReplaceAllString(strings.ReplaceAll(s, "\r", ""), " ")
	s = bullet.ReplaceAllString(s, "- ")
	return plain(gaps.ReplaceAllString(s, "\n\n"), maxWords)
}

// jsonSlashes writes a mark the way JSON writers that escape "/" do.
func jsonSlashes(s string) string { return strings.ReplaceAll(s, "/", `\/`) }
