package sheet

import (
	"strings"
	"testing"
)

// FuzzQuote: what is quoted comes back as it was and begins with nothing that a spreadsheet
// would run; what needs no apostrophe gets none.
func FuzzQuote(f *testing.F) {
	for _, s := range []string{"", "'", "''", "'=1", "=1", "+1", "-1", "@a", "\t=1", "\r=1", "a'b", "'tis", "公路"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		q := Quote(s)
		if got := Unquote(q); got != s {
			t.Errorf("%q is written %q and read %q", s, q, got)
		}
		if q != "" && strings.Contains("=+-@\t\r", q[:1]) {
			t.Errorf("%q is written %q, which a spreadsheet runs", s, q)
		}
		if q != s && q != "'"+s {
			t.Errorf("%q is written %q", s, q)
		}
	})
}
