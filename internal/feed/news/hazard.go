package news

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"watchfire.dev/internal/event"
)

// hazardsTSV: hazard, language, words parted by "; ". Only words that hardly mean anything
// else are in it: "strike", "storm" of protest, "fire" and "shooting" stars are not.
//
//go:embed hazards.tsv
var hazardsTSV string

type term struct {
	language string // "*" = any
	words    []string
	hazard   event.Hazard // "" = the words mean none
}

// terms are the phrases by their first word, longest first.
var terms = sync.OnceValue(func() map[string][]term {
	out := make(map[string][]term)
	for line := range strings.Lines(hazardsTSV) {
		f := strings.Split(strings.TrimSpace(line), "\t")
		if len(f) != 3 || strings.HasPrefix(line, "#") {
			continue
		}
		for phrase := range strings.SplitSeq(f[2], "; ") {
			if w := fold(phrase); len(w) > 0 {
				out[w[0]] = append(out[w[0]], term{language: f[1], words: w, hazard: event.Hazard(strings.TrimPrefix(f[0], "-"))})
			}
		}
	}
	for _, list := range out {
		slices.SortStableFunc(list, func(a, b term) int { return len(b.words) - len(a.words) })
	}
	return out
})

// hazardOf looks for whole words. The title decides when all that it names is of one
// hazard; else the summary does, when it names one hazard at least twice and no other as
// often. Everything else is "other". In a language of the table only its own words count
// ("manifestation" is a protest in French alone), otherwise all do.
func hazardOf(title, summary, language string) event.Hazard {
	language, _, _ = strings.Cut(strings.ToLower(language), "-")
	if !slices.Contains(languages(), language) {
		language = ""
	}
	inTitle := count(title, language)
	if len(inTitle) == 1 {
		for h := range inTitle {
			return h
		}
	}
	all := count(summary, language)
	for h, n := range inTitle {
		all[h] += 2 * n
	}
	best, most, tie := event.Other, 1, false
	for _, h := range event.Hazards() {
		switch n := all[h]; {
		case n > most:
			best, most, tie = h, n, false
		case n == most && n > 1:
			tie = true
		}
	}
	if tie {
		return event.Other
	}
	return best
}

func languages() []string { return []string{"de", "en", "es", "fr", "id", "pt", "tr"} }

func count(text, language string) map[event.Hazard]int {
	out := make(map[event.Hazard]int)
	words, table := fold(text), terms()
	for i := 0; i < len(words); {
		step := 1
		for _, t := range table[words[i]] {
			if language != "" && t.language != language && t.language != "*" {
				continue
			}
			if len(words)-i >= len(t.words) && slices.Equal(words[i:i+len(t.words)], t.words) {
				if t.hazard != "" {
					out[t.hazard]++
				}
				step = len(t.words)
				break
			}
		}
		i += step
	}
	return out
}

// fold gives the words of a text in small letters without accents.
func fold(text string) []string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Mn, r):
			return -1
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			return unicode.ToLower(r)
		}
		return ' '
	}, norm.NFD.String(text))
	return strings.Fields(text)
}
