package id

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// Ids at later instants sort after those at earlier ones, whatever they are made of; the same
// input gives the same id, and any part or instant that differs another.
func TestAt(t *testing.T) {
	t.Parallel()
	day := time.Date(2026, 11, 30, 4, 0, 0, 0, time.UTC)
	var got []string
	for _, ms := range []int{-4_000_000_000_000, 0, 1, 999, 86_400_000, 250 * 365 * 86_400_000} {
		at := day.Add(time.Duration(ms) * time.Millisecond)
		if ms < 0 {
			at = time.UnixMilli(-1) // before 1970 counts as 1970
		}
		one, two := At("evt", at, "a", "bc"), At("evt", at, "ab", "c")
		if one == two || one[:13] != two[:13] {
			t.Errorf("%v: %s and %s, want the same instant and another rest", at, one, two)
		}
		if later := At("evt", at.Add(time.Hour), "a", "bc"); Made(later) != Made(one) || Made(later) == Made(two) || later == one {
			t.Errorf("%s and %s follow from the same, %s does not", one, later, two)
		}
		if again := At("evt", at.In(time.FixedZone("", 3600)).Add(999*time.Microsecond), "a", "bc"); again != one {
			t.Errorf("%v: %s, then %s", at, one, again)
		}
		if len(one) != len(Random("evt")) || !strings.HasPrefix(one, "evt_") {
			t.Errorf("%s is not of the form of the others", one)
		}
		got = append(got, max(one, two))
	}
	if !slices.IsSorted(got) || len(slices.Compact(got)) != 6 {
		t.Errorf("out of order: %v", got)
	}
}

func TestDerived(t *testing.T) {
	t.Parallel()
	one := Derived("sig", "usgs", "us7000abcd")
	if one != Derived("sig", "usgs", "us7000abcd") || one == Derived("sig", "usg", "sus7000abcd") || len(one) != len("sig_")+26 {
		t.Errorf("got %s", one)
	}
	if one != "sig_57zdtp4gfs8hjt7mg3xjefaeaw" { // what is stored must be found again
		t.Errorf("got %s", one)
	}
}
