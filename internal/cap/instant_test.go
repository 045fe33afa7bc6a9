package cap

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"
)

// TestPlainTimeSaysTheSame holds the quick way against package time.
func TestPlainTimeSaysTheSame(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 4))
	taken := 0
	check := func(s string) {
		got, ok := plainTime(s)
		if !ok {
			return
		}
		taken++
		want, err := time.ParseInLocation(layout, s, time.UTC)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %v, want %v, %v", s, got, want, err)
		}
	}
	for range 20_000 {
		s := fmt.Sprintf("%04d-%02d-%02dT%02d:%02d:%02d%c%02d:%02d", rng.IntN(10_000), rng.IntN(14), rng.IntN(33), rng.IntN(26), rng.IntN(62), rng.IntN(62),
			"+-"[rng.IntN(2)], rng.IntN(17), rng.IntN(62)*rng.IntN(2))
		check(s)
		b := []byte(s)
		b[rng.IntN(len(b))] = byte(rng.IntN(256))
		check(string(b))
	}
	for _, s := range []string{"0000-01-01T00:00:00+00:00", "2026-02-28T23:59:59-00:00", "2026-01-01T00:00:00+14:00", "2026-01-01T00:00:00-14:59", ""} {
		check(s)
	}
	if taken < 2000 {
		t.Errorf("only %d times taken", taken)
	}
}
