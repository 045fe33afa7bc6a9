// Package segment counts what a text costs as a short message: its encoding, how many
// segments it takes and how much room the last one has left. It promises the counts of 3GPP
// TS 23.038 (GSM-7 with its extension table, else UCS-2) and TS 23.040 (joined messages lose
// seven septets or three units of each segment to their header), and that no escape and no
// surrogate pair is torn. National shift tables are not used: few networks honour them. The
// package is pure; it sends and words nothing.
package segment

import (
	"strings"
	"unicode/utf16"
)

// An Encoding is how a short message carries its text.
type Encoding string

// The encodings.
const (
	GSM7 Encoding = "GSM-7" // seven bits a character, 160 of them in one segment
	UCS2 Encoding = "UCS-2" // sixteen bits, 70 in one segment; one sign outside GSM-7 is enough
)

// Room of one segment, alone and as a part of a joined message (TS 23.040, 9.2.3.24.1: six
// octets of header).
const (
	septetsAlone, septetsJoined = 160, 153
	unitsAlone, unitsJoined     = 70, 67
)

// basic and extension are the tables of TS 23.038, 6.2.1 and 6.2.1.1. The escape itself is no
// character. A sign of the extension takes two septets.
const (
	basic = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
		"¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
	extension = "\f^{}\\[~]|€"
)

// plain writes with GSM-7 what only looks finer otherwise.
var plain = strings.NewReplacer(
	"‘", "'", "’", "'", "‚", "'", "‛", "'", "′", "'", "´", "'", "`", "'",
	"“", `"`, "”", `"`, "„", `"`, "‟", `"`, "″", `"`, "«", `"`, "»", `"`,
	"‐", "-", "‑", "-", "‒", "-", "–", "-", "—", "-", "―", "-", "−", "-", "·", "-", "•", "-",
	"…", "...", "×", "x", "≥", ">=", "≤", "<=", "→", "->", "←", "<-", "\t", " ",
	"\u00a0", " ", "\u2002", " ", "\u2003", " ", "\u2007", " ", "\u2009", " ", "\u200a", " ", "\u202f", " ",
	"\u00ad", "", "\u200b", "", "\u2060", "", "\ufeff", "", "\r\n", "\n",
)

// Normal returns the text as it is best sent: signs that GSM-7 lacks are replaced by its own
// (curly quotes, dashes, ellipses, narrow blanks) when that brings the whole text into GSM-7.
// A text that needs UCS-2 anyway stays as it is.
func Normal(text string) string {
	if written := plain.Replace(text); encodingOf(written) == GSM7 {
		return written
	}
	return text
}

// Count tells what the text takes when it is sent as Normal makes it: how many segments, how
// many septets (GSM-7) or sixteen-bit units (UCS-2) its characters are, and how many more fit
// into the last segment. An empty text takes none.
func Count(text string) (encoding Encoding, segments, units, left int) {
	text = Normal(text)
	encoding = encodingOf(text)
	alone, joined := unitsAlone, unitsJoined
	if encoding == GSM7 {
		alone, joined = septetsAlone, septetsJoined
	}
	used := 0
	segments = 1
	for _, r := range text {
		n := width(encoding, r)
		units += n
		if used+n > joined { // a sign of two is never torn
			segments, used = segments+1, 0
		}
		used += n
	}
	switch {
	case units == 0:
		return encoding, 0, 0, alone
	case units <= alone:
		return encoding, 1, units, alone - units
	}
	return encoding, segments, units, joined - used
}

// Cut shortens a text to at most so many segments and marks the cut with three dots. A text
// that fits comes back as Normal makes it.
func Cut(text string, most int) string {
	text = Normal(text)
	if fits(text, most) {
		return text
	}
	// A segment holds at most 160 characters, so nothing behind that can stay.
	runes := []rune(text)
	runes = runes[:min(len(runes), max(most, 0)*septetsAlone)]
	low, high := 0, len(runes)
	for low < high { // the longest beginning that fits
		middle := (low + high + 1) / 2
		if fits(string(runes[:middle])+"...", most) {
			low = middle
		} else {
			high = middle - 1
		}
	}
	if low == 0 {
		return ""
	}
	return Normal(strings.TrimRight(string(runes[:low]), " \n") + "...")
}

func fits(text string, most int) bool {
	_, n, _, _ := Count(text)
	return n <= most
}

func encodingOf(text string) Encoding {
	for _, r := range text {
		if !strings.ContainsRune(basic, r) && !strings.ContainsRune(extension, r) {
			return UCS2
		}
	}
	return GSM7
}

func width(e Encoding, r rune) int {
	if e == UCS2 {
		return max(utf16.RuneLen(r), 1)
	}
	if strings.ContainsRune(extension, r) {
		return 2
	}
	return 1
}
