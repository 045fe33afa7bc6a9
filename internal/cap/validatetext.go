package cap

import (
	"math"
	"strings"
	"time"
	"unicode/utf8"
)

func (v validator) require(name, value string) {
	if value == "" {
		v.noteAt(name, "required element is missing")
	}
}

func (v validator) word(voc vocabulary, name, value string) {
	if value != "" && !inVocabulary(voc, value) {
		v.noteAt(name, "%s is not in the vocabulary", excerpt(value))
	}
}

// text checks prose: it must be writable, and it should be plain (CAP 1.2 §3.2.2 gives
// plain text; markup reaches radios and speakers as it stands).
func (v validator) text(name, value string) {
	v.legible(name, value)
	if hasTag(value) || hasEntity(value) {
		v.push(name, 0)
		v.advise("holds markup")
		v.pop()
	}
}

func (v validator) legible(name, value string) {
	if v.fromXML || value == "" {
		return
	}
	v.push(name, 0)
	v.legibleHere(value)
	v.pop()
}

// legibleHere finds characters that XML 1.0 cannot carry (§2.2).
func (v validator) legibleHere(value string) {
	if v.fromXML || isPlainASCII(value) {
		return
	}
	for i, r := range value {
		if r == utf8.RuneError {
			if _, n := utf8.DecodeRuneInString(value[i:]); n == 1 {
				v.note("not UTF-8")
				return
			}
		}
		if !isXMLChar(r) {
			v.note("character %U cannot be written in XML", r)
			return
		}
	}
}

// isPlainASCII lets most texts pass at a glance.
func isPlainASCII(s string) bool {
	for i := range len(s) {
		if c := s[i]; c >= utf8.RuneSelf || c < 0x20 && c != '\n' && c != '\t' && c != '\r' {
			return false
		}
	}
	return true
}

func isXMLChar(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' || (r >= 0x20 && r <= 0xD7FF) ||
		(r >= 0xE000 && r <= 0xFFFD) || (r >= 0x10000 && r <= 0x10FFFF)
}

func (v validator) items(name string, items []string) {
	for _, item := range items {
		v.legible(name, item)
		if item == "" || strings.Contains(item, `"`) || strings.TrimSpace(item) != item {
			v.noteAt(name, "item %s cannot stand in the list", excerpt(item))
		}
	}
}

func (v validator) pairs(name string, pairs []Pair) {
	for i, p := range pairs {
		v.push(name, i+1)
		v.require("valueName", p.Name)
		v.legible("valueName", p.Name)
		v.legible("value", p.Value)
		v.pop()
	}
}

func (v validator) instant(name string, t time.Time) {
	v.push(name, 0)
	v.instantHere(t)
	v.pop()
}

// instantHere asks for a year of four digits, in UTC and in the offset of t.
func (v validator) instantHere(t time.Time) {
	if t.IsZero() {
		return
	}
	for _, year := range [...]int{t.Year(), t.UTC().Year()} {
		if year < 1 || year > 9999 {
			v.note("year %d cannot be written", year)
			return
		}
	}
}

// language checks the form of RFC 3066: a tag of letters, then subtags, each 1 to 8 long.
func (v validator) language(code string) {
	if code == "" {
		return
	}
	for i, tag := range strings.Split(code, "-") {
		ok := len(tag) >= 1 && len(tag) <= 8
		for _, r := range tag {
			letter := (r >= 'a' && r <= 'z') || (r >= 'A' && r <= 'Z')
			ok = ok && (letter || (i > 0 && r >= '0' && r <= '9'))
		}
		if !ok {
			v.noteAt("language", "%s is not a language code", excerpt(code))
			return
		}
	}
}

// translations finds prose that is the same in two languages: one of them was not
// translated, or the language is wrong.
func (v validator) translations(infos []Info) {
	if len(infos) < 2 {
		return
	}
	if len(infos) == 2 && disjoint(&infos[0], &infos[1]) {
		return
	}
	seen := map[prose]string{}
	for i := range infos {
		in := &infos[i]
		primary, _, _ := strings.Cut(strings.ToLower(in.Language), "-")
		for _, p := range proseOf(in) {
			if p.text == "" {
				continue
			}
			if other, ok := seen[p]; ok && other != primary {
				v.push("info", i+1)
				v.push(p.name, 0)
				v.advise("same text as in an info of language %s", excerpt(other))
				v.pop()
				v.pop()
				continue
			}
			seen[p] = primary
		}
	}
}

type prose struct{ name, text string }

func proseOf(in *Info) [4]prose {
	return [...]prose{{"event", in.Event}, {"headline", in.Headline}, {"description", in.Description}, {"instruction", in.Instruction}}
}

// disjoint tells whether two infos share no text.
func disjoint(a, b *Info) bool {
	x, y := proseOf(a), proseOf(b)
	for i := range x {
		if x[i].text != "" && x[i].text == y[i].text {
			return false
		}
	}
	return true
}

func validMimeType(s string) bool {
	kind, sub, ok := strings.Cut(s, "/")
	if !ok || sub == "" {
		return false
	}
	switch strings.ToLower(kind) {
	case "application", "audio", "font", "image", "message", "model", "multipart", "text", "video":
		return true
	}
	return false
}

func isSHA1(s string) bool {
	if len(s) != 40 {
		return false
	}
	for _, r := range s {
		if (r < '0' || r > '9') && (r < 'a' || r > 'f') && (r < 'A' || r > 'F') {
			return false
		}
	}
	return true
}

// hasTag finds "<b>", "</p>" or "<br />" in text.
func hasTag(s string) bool {
	for {
		start := strings.IndexByte(s, '<')
		if start < 0 || start+1 >= len(s) {
			return false
		}
		s = s[start+1:]
		name := strings.TrimPrefix(s, "/")
		if name == "" || !isASCIILetter(name[0]) {
			continue
		}
		// A tag is short; looking no further keeps a text of many "<" linear.
		if strings.IndexByte(s[:min(len(s), 200)], '>') > 0 {
			return true
		}
	}
}

// hasEntity finds "&nbsp;" or "&#39;" in text.
func hasEntity(s string) bool {
	for {
		start := strings.IndexByte(s, '&')
		if start < 0 {
			return false
		}
		s = s[start+1:]
		end := strings.IndexByte(s[:min(len(s), 10)], ';')
		if end > 1 && (s[0] == '#' || isASCIILetter(s[0])) && !strings.ContainsAny(s[:end], " &") {
			return true
		}
	}
}

func isASCIILetter(c byte) bool {
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
}

// isFinite guards the decimals that Marshal writes.
func isFinite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
