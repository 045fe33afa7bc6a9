package capfeed

import (
	_ "embed"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"watchfire.dev/internal/cap"
	"watchfire.dev/internal/event"
)

// hazardsTSV: table, key, hazard. Tables: "type" MeteoAlarm's awareness types, "same" the
// event codes of 47 CFR 11.31 and NWS Instruction 10-1708, "cap-cp" those of the Canadian
// profile, "category" the categories of CAP, "word" the words of events in many languages,
// in the order in which they are looked for. A word matches at the beginning of a word of
// the text; "*" before it lets it match inside one (German joins words), as does any script
// that does not part words.
//
//go:embed hazards.tsv
var hazardsTSV string

type hazardTable struct {
	codes map[string]event.Hazard // "table key"
	words []hazardWord
}

type hazardWord struct {
	word   string
	inside bool
	hazard event.Hazard
}

var hazards = sync.OnceValue(func() hazardTable {
	t := hazardTable{codes: map[string]event.Hazard{}}
	for line := range strings.Lines(hazardsTSV) {
		f := strings.Split(strings.TrimRight(line, "\r\n"), "\t")
		if len(f) != 3 || strings.HasPrefix(line, "#") {
			continue
		}
		hazard := event.Hazard(f[2])
		if f[0] != "word" {
			t.codes[f[0]+" "+strings.ToLower(f[1])] = hazard
			continue
		}
		word, inside := strings.CutPrefix(f[1], "*")
		word = fold(word)
		first, _ := utf8.DecodeRuneInString(word)
		inside = inside || !unicode.In(first, unicode.Latin, unicode.Cyrillic, unicode.Greek)
		t.words = append(t.words, hazardWord{word, inside, hazard})
	}
	return t
})

// fold makes words comparable: lower case, without the accents of Latin, Greek and Cyrillic
// (marks of other scripts carry the vowels and stay), one space between words.
func fold(s string) string {
	s = strings.Map(func(r rune) rune {
		if r >= 0x300 && r <= 0x36F {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFD.String(s))
	return strings.Join(strings.Fields(s), " ")
}

// hazardOf finds what a saying is about: by MeteoAlarm's type, by event code, by the words
// of the event in any of its languages, by the words of a headline, and at last by category.
// Category comes last because Met covers floods, heat and storms alike.
func hazardOf(infos []*cap.Info) event.Hazard {
	t := hazards()
	for _, in := range infos {
		if kind, ok := in.AwarenessType(); ok {
			if h, ok := t.codes["type "+strconv.Itoa(kind.Number)]; ok {
				return h
			}
		}
		for _, code := range in.EventCodes {
			if h, ok := t.codes[codeTable(code.Name)+" "+strings.ToLower(code.Value)]; ok {
				return h
			}
		}
	}
	for _, read := range [...]func(*cap.Info) string{
		func(in *cap.Info) string { return in.Event },
		func(in *cap.Info) string { return in.Headline },
	} {
		for _, in := range infos {
			if h, ok := t.inWords(read(in)); ok {
				return h
			}
		}
	}
	for _, in := range infos {
		for _, c := range in.Categories {
			if h, ok := t.codes["category "+strings.ToLower(string(c))]; ok {
				return h
			}
		}
	}
	return event.Other
}

func codeTable(name string) string {
	name = strings.ToLower(name)
	if strings.HasPrefix(name, "profile:cap-cp:event") {
		return "cap-cp"
	}
	return name
}

func (t hazardTable) inWords(text string) (event.Hazard, bool) {
	text = fold(text[:min(len(text), 500)])
	for _, w := range t.words {
		for at := 0; ; {
			i := strings.Index(text[at:], w.word)
			if i < 0 {
				break
			}
			at += i
			before, _ := utf8.DecodeLastRuneInString(text[:at])
			if w.inside || at == 0 || !unicode.IsLetter(before) {
				return w.hazard, true
			}
			at += len(w.word)
		}
	}
	return "", false
}
