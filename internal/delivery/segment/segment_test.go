package segment

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestCount(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text            string
		encoding        Encoding
		segments, units int
		left            int
	}{
		{"", GSM7, 0, 0, 160},
		{"RED: earthquake M 6.9", GSM7, 1, 21, 139},
		{strings.Repeat("a", 160), GSM7, 1, 160, 0},
		{strings.Repeat("a", 161), GSM7, 2, 161, 145},
		{strings.Repeat("a", 306), GSM7, 2, 306, 0},
		{strings.Repeat("a", 307), GSM7, 3, 307, 152},
		{strings.Repeat("€", 80), GSM7, 1, 160, 0},
		{strings.Repeat("€", 81), GSM7, 2, 162, 143},                     // 76 pairs fit into 153, one septet is lost
		{strings.Repeat("a", 152) + "€" + "aaaaaaaa", GSM7, 2, 162, 143}, // the pair moves whole to the second
		{"“Stop work” – now… ok", GSM7, 1, 23, 137},
		{strings.Repeat("警", 70), UCS2, 1, 70, 0},
		{strings.Repeat("警", 71), UCS2, 2, 71, 63},
		{strings.Repeat("警", 134), UCS2, 2, 134, 0},
		{strings.Repeat("警", 135), UCS2, 3, 135, 66},
		{strings.Repeat("🛑", 35), UCS2, 1, 70, 0},
		{strings.Repeat("🛑", 36), UCS2, 2, 72, 61}, // 33 pairs fit into 67, one unit is lost
		{"ça", UCS2, 1, 2, 68},                     // only the capital Ç is in the table
		{"Ça va à Ørsta, 5 £ ñ ß", GSM7, 1, 22, 138},
		{"^{}\\[~]|€", GSM7, 1, 18, 142},
		{"Тревога", UCS2, 1, 7, 63},
	} {
		e, s, u, l := Count(c.text)
		if e != c.encoding || s != c.segments || u != c.units || l != c.left {
			t.Errorf("%.20q: %s %d segments, %d units, %d left; want %s %d, %d, %d", c.text, e, s, u, l, c.encoding, c.segments, c.units, c.left)
		}
	}
}

func TestNormalOnlyWhereItHelps(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"M ≥ 6 · “now”…": `M >= 6 - "now"...`, "警报 “now”…": "警报 “now”…", "": "", "l’eau\u00a0monte": "l'eau monte",
	} {
		if got := Normal(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestTableIsWhole(t *testing.T) {
	t.Parallel()
	if n := utf8.RuneCountInString(basic); n != 127 { // 128 places, one is the escape
		t.Errorf("%d characters in the basic table", n)
	}
	if n := utf8.RuneCountInString(extension); n != 10 {
		t.Errorf("%d characters in the extension table", n)
	}
}

// TestCutHoldsItsWord: whatever comes in, what goes out fits, and no room is given away.
func TestCutHoldsItsWord(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.RuneFrom([]rune("abc €[]警🛑’…é\n")), 0, 900, -1).Draw(t, "text")
		most := rapid.IntRange(1, 4).Draw(t, "segments")
		cut := Cut(text, most)
		_, n, _, _ := Count(cut)
		if n > most {
			t.Fatalf("%d segments of at most %d", n, most)
		}
		if _, whole, _, _ := Count(text); whole <= most && cut != Normal(text) {
			t.Fatalf("cut though it fits: %q", cut)
		}
		if cut != Normal(text) && !strings.HasSuffix(cut, "...") {
			t.Fatalf("the cut is not marked: %q", cut)
		}
	})
}

func FuzzCount(f *testing.F) {
	f.Add("a€警🛑")
	f.Add("\xff\xfe")
	f.Fuzz(func(t *testing.T, text string) {
		_, segments, units, left := Count(text)
		if segments < 0 || units < 0 || left < 0 || left > 160 || (units == 0) != (text == "" || Normal(text) == "") {
			t.Fatalf("%q: %d %d %d", text, segments, units, left)
		}
	})
}
