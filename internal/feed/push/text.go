package push

import (
	"html"
	"strings"
	"sync"
	"unicode"

	"github.com/microcosm-cc/bluemonday"

	"watchfire.dev/internal/event"
)

// The limits on words, in characters. Longer ones are cut.
const (
	maxHeadline = 500
	maxWords    = 20_000
	maxName     = 300
)

var strict = sync.OnceValue(bluemonday.StrictPolicy)

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

// words is plain without markup.
func words(s string, max int) string {
	if strings.ContainsAny(s, "<&") {
		s = html.UnescapeString(strict().Sanitize(s))
	}
	return plain(s, max)
}

// line is plain on one line: names and keys have no breaks.
func line(s string) string {
	return strings.Join(strings.Fields(plain(s, maxName)), " ")
}

// clean takes markup and hidden characters out of everything that people will read and out
// of every name.
func clean(s *event.Signal) {
	for i := range s.Texts {
		t := &s.Texts[i]
		t.Language, t.Area = line(t.Language), words(t.Area, maxWords)
		t.Headline = strings.Join(strings.Fields(words(t.Headline, maxHeadline)), " ")
		t.Description, t.Instruction = words(t.Description, maxWords), words(t.Instruction, maxWords)
	}
	s.Key, s.Version, s.Type, s.Owner = line(s.Key), line(s.Version), line(words(s.Type, maxName)), line(s.Owner)
	for _, list := range [][]string{s.Aliases, s.References} {
		for i := range list {
			list[i] = line(list[i])
		}
	}
	for i := range s.Notes {
		s.Notes[i] = words(s.Notes[i], maxHeadline)
	}
	for i := range s.Places {
		p := &s.Places[i]
		p.Admin1, p.Name = line(p.Admin1), line(words(p.Name, maxName))
		for j := range p.Codes {
			p.Codes[j] = event.Code{Scheme: line(p.Codes[j].Scheme), Value: line(p.Codes[j].Value)}
		}
	}
}
