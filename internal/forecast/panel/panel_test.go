package panel

import (
	"errors"
	"testing"

	"watchfire.dev/internal/fault"
)

func small(t *testing.T) Panel {
	t.Helper()
	p, err := New([]Unit{{2, "B"}, {1, "A"}}, []Cell{{1, 10, 5}, {1, 12, 7}, {2, 11, 3}, {2, 12, 4}, {1, 13, 99}})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestViewEndsAtItsOrigin(t *testing.T) {
	t.Parallel()
	v, err := small(t).At(12)
	if err != nil {
		t.Fatal(err)
	}
	s := v.Series(0)
	if len(s) != 3 || cap(s) != 3 {
		t.Errorf("series of length %d and capacity %d: later months must not be in its memory", len(s), cap(s))
	}
	if s[0] != 5 || s[1] != 5 || s[2] != 7 {
		t.Errorf("series %v: a gap repeats the month before", s)
	}
	if b := v.Series(1); b[0] != 0 || v.Born(1) != 1 {
		t.Errorf("series %v, born %d: before a country there is nothing", b, v.Born(1))
	}
	e, err := v.Earlier(11)
	if err != nil {
		t.Fatal(err)
	}
	if s := e.Series(0); len(s) != 2 || cap(s) != 2 {
		t.Errorf("an earlier view of length %d and capacity %d", len(s), cap(s))
	}
	if _, err := e.Earlier(12); !errors.Is(err, fault.ErrInvalid) {
		t.Errorf("from an earlier view to a later one: %v", err)
	}
}

func TestOriginsThatAreNotThere(t *testing.T) {
	t.Parallel()
	p, err := New([]Unit{{1, "A"}}, []Cell{{1, 10, 5}, {1, 12, 7}})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range []Month{9, 11, 13} {
		if _, err := p.At(o); !errors.Is(err, fault.ErrInvalid) {
			t.Errorf("origin %s: %v", o, err)
		}
	}
}

func TestMonths(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Month{"1980-01": 1, "1990-01": 121, "2018-01": 457, "2021-12": 504} {
		if m, err := ParseMonth(text); err != nil || m != want || m.String() != text {
			t.Errorf("%s: %d (%s), %v; want %d", text, m, m, err, want)
		}
	}
	for _, text := range []string{"", "2020", "2020-13", "1979-12", "october"} {
		if _, err := ParseMonth(text); !errors.Is(err, fault.ErrInvalid) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestEveryCountryHasACode: what is kept about a country must reach its assessment.
func TestEveryCountryHasACode(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, u := range countries() {
		code := u.ISO()
		if len(code) != 2 || seen[code] != "" {
			t.Errorf("%s: code %q, which is also %q", u.Name, code, seen[code])
		}
		seen[code] = u.Name
		if back, ok := ByISO(code); !ok || back.ID != u.ID {
			t.Errorf("%s: %s leads to %+v", u.Name, code, back)
		}
	}
	if seen["CD"] != "Congo, DRC" || seen["ML"] != "Mali" {
		t.Errorf("CD is %q, ML is %q", seen["CD"], seen["ML"])
	}
}
