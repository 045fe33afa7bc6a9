package wording

import (
	"strings"
	"unicode"

	"watchfire.dev/internal/delivery/segment"
)

// single tells whether a text is one segment.
func single(text string) bool {
	_, segments, _, _ := segment.Count(text)
	return segments == 1
}

// inGSM tells whether the GSM alphabet has a character.
func inGSM(r rune) bool {
	encoding, _, _, _ := segment.Count(string(r))
	return encoding == segment.GSM7
}

// folds gives what the GSM alphabet lacks in letters that it has. What stands for nothing
// else is left out.
func folds(r rune) string {
	for _, row := range [...][2]string{
		{"áâãāăą", "a"},
		{"ÀÁÂÃĀĂĄ", "A"},
		{"çćč", "c"},
		{"ĆČ", "C"},
		{"ďđð", "d"},
		{"ĎĐÐ", "D"},
		{"êëēęě", "e"},
		{"ÈÊËĒĘĚ", "E"},
		{"ğģ", "g"},
		{"ĞĢ", "G"},
		{"íîïīįı", "i"},
		{"ÌÍÎÏĪĮİ", "I"},
		{"ķ", "k"},
		{"Ķ", "K"},
		{"łļľ", "l"},
		{"ŁĻĽ", "L"},
		{"ńņň", "n"},
		{"ŃŅŇ", "N"},
		{"óôõōő", "o"},
		{"ÒÓÔÕŌŐ", "O"},
		{"œ", "oe"},
		{"Œ", "OE"},
		{"ŕř", "r"},
		{"ŔŘ", "R"},
		{"śşšș", "s"},
		{"ŚŞŠȘ", "S"},
		{"ťţț", "t"},
		{"ŤŢȚ", "T"},
		{"þ", "th"},
		{"úûūůűų", "u"},
		{"ÙÚÛŪŮŰŲ", "U"},
		{"ýÿ", "y"},
		{"ÝŸ", "Y"},
		{"źżž", "z"},
		{"ŹŻŽ", "Z"},
		{"‘’‛`´ʼ", "'"},
		{"“”„«»", "\""},
		{"‐‑‒–—−·•", "-"},
		{"…", "..."},
		{"\u00a0\u202f\u2009", " "},
		{"±", "+-"},
		{"°", ""},
		{"×", "x"},
	} {
		if strings.ContainsRune(row[0], r) {
			return row[1]
		}
	}
	return ""
}

// fold writes a text in the GSM alphabet. It fails when a letter or digit has no likeness
// there: such a text would take the other encoding, with less than half the room.
func fold(text string) (string, bool) {
	var b strings.Builder
	for _, r := range text {
		switch {
		case r < unicode.MaxASCII && unicode.IsPrint(r):
			b.WriteRune(r)
		case folds(r) != "":
			b.WriteString(folds(r))
		case inGSM(r):
			b.WriteRune(r)
		case unicode.IsLetter(r) || unicode.IsNumber(r):
			return "", false
		}
	}
	return b.String(), true
}
