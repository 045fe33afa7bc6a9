package wording

import (
	"strings"
	"unicode"
	"unicode/utf16"
)

// The GSM 7-bit default alphabet and its extension, whose characters count twice
// (3GPP TS 23.038, 6.2.1).
const (
	gsmBasic = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
	gsmTwice = "^{}\\[~]|€"
)

// What one segment holds, in units of its encoding (3GPP TS 23.040, 9.2.3.24.1).
const (
	gsmSegment  = 160
	ucs2Segment = 70
)

// units counts a text as a telephone network does: in septets when the GSM alphabet has every
// character, else in UTF-16 code units.
func units(text string) (n int, gsm bool) {
	for _, r := range text {
		switch {
		case strings.ContainsRune(gsmBasic, r):
			n++
		case strings.ContainsRune(gsmTwice, r):
			n += 2
		default:
			return len(utf16.Encode([]rune(text))), false
		}
	}
	return n, true
}

// single tells whether a text is one segment.
func single(text string) bool {
	n, gsm := units(text)
	return gsm && n <= gsmSegment || !gsm && n <= ucs2Segment
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
		case strings.ContainsRune(gsmBasic, r) || strings.ContainsRune(gsmTwice, r):
			b.WriteRune(r)
		case folds(r) != "":
			b.WriteString(folds(r))
		case unicode.IsLetter(r) || unicode.IsNumber(r):
			return "", false
		}
	}
	return b.String(), true
}
