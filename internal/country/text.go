package country

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// word is one word of a text: folded, and how it was written.
type word struct {
	folded string
	title  bool // begins with a capital
	upper  bool // all capitals
}

// InText returns the alpha-2 codes of the countries that a free text names, each once, in
// the order of their first mention. Only whole words count, the longest name wins ("South
// Sudan" is not Sudan), a name must begin with a capital (turkey is a bird), initials
// must be capitals in a text that is not all capitals ("US", not "us"), and names inside
// other names are hidden ("New Mexico", "Gulf of Guinea"). "Congo" alone gives CG and CD.
// A first name or a place abroad that is spelt like a country (Chad, Georgia in the United
// States) cannot be told apart and is returned.
func InText(text string) []string {
	words, shouting := split(text)
	table := index().text
	var out []string
	for i := 0; i < len(words); {
		p, ok := longest(table[words[i].folded], words[i:], shouting)
		if !ok {
			i++
			continue
		}
		for _, c := range p.codes {
			if !slices.Contains(out, c) {
				out = append(out, c)
			}
		}
		i += len(p.words)
	}
	return out
}

func longest(candidates []phrase, words []word, shouting bool) (phrase, bool) {
	for _, p := range candidates {
		if p.fits(words, shouting) {
			return p, true
		}
	}
	return phrase{}, false
}

func (p phrase) fits(words []word, shouting bool) bool {
	if len(words) < len(p.words) || !words[0].title {
		return false
	}
	initials := initials(p.words)
	for i, w := range p.words {
		if words[i].folded != w || (initials && (shouting || !words[i].upper)) {
			return false
		}
	}
	return true
}

// initials tells whether a name is an abbreviation: "us", "u s", "uae", "drc".
func initials(words []string) bool {
	if len(words) == 1 {
		switch words[0] {
		case "us", "usa", "uk", "uae", "drc", "car", "png":
			return true
		}
		return false
	}
	for _, w := range words {
		if len(w) > 1 {
			return false
		}
	}
	return true
}

// key folds a name to lower-case words without accents, joined by single spaces.
func key(name string) string {
	words, _ := split(name)
	parts := make([]string, len(words))
	for i, w := range words {
		parts[i] = w.folded
	}
	return strings.Join(parts, " ")
}

// split cuts a text into words of letters and digits. "&" is "and", "St" is "saint", "the"
// is left out. Shouting tells that the text has no small letter.
func split(text string) (words []word, shouting bool) {
	shouting = true
	text = strings.ReplaceAll(norm.NFD.String(text), "&", " and ")
	start := -1
	end := func(at int) {
		if start >= 0 {
			if w := fold(text[start:at]); w.folded != "the" && w.folded != "" {
				words = append(words, w)
			}
		}
		start = -1
	}
	for i, r := range text {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r):
			if start < 0 {
				start = i
			}
			shouting = shouting && !unicode.IsLower(r)
		default:
			end(i)
		}
	}
	end(len(text))
	return words, shouting
}

func fold(s string) word {
	first, _ := utf8.DecodeRuneInString(s)
	w := word{title: !unicode.IsLower(first), upper: !strings.ContainsFunc(s, unicode.IsLower)}
	w.folded = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return unicode.ToLower(r)
	}, s)
	if w.folded == "st" || w.folded == "ste" {
		w.folded = "saint"
	}
	return w
}
