package watch

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure"
	"watchfire.dev/internal/level"
)

// TestSplitIsTheSameOnManyGoroutines encodes rows by project alone and with others.
func TestSplitIsTheSameOnManyGoroutines(t *testing.T) {
	t.Parallel()
	var rows []exposure.Exposure
	for i := range 3 * manyRows {
		rows = append(rows, exposure.Exposure{Project: string(rune('a' + i/50)), Asset: string(rune('a' + i%50)), Persons: i})
	}
	alone, err := Split(rows)
	if err != nil || len(alone) != 12 {
		t.Fatal(len(alone), err)
	}
	n := 0
	for _, p := range alone {
		n += p.N
	}
	if n != len(rows) {
		t.Errorf("%d rows, want %d", n, len(rows))
	}
	if got := splitWith(4, rows); !reflect.DeepEqual(got, alone) {
		t.Error("other rows on four goroutines")
	}
	apart := append(rows[:len(rows):len(rows)], exposure.Exposure{Project: "a", Asset: "z"})
	if splitWith(4, apart) != nil {
		t.Error("a project whose rows are apart was split in two")
	}
	joined, err := Split(apart)
	if err != nil || len(joined) != 12 || joined[0].N != 51 {
		t.Errorf("%d projects, %d rows of the first: %v", len(joined), joined[0].N, err)
	}
}

// TestSaidIsCanonical: the fields stand in the journal's order, so that nothing is put right.
func TestSaidIsCanonical(t *testing.T) {
	t.Parallel()
	n := 3
	for _, v := range []any{
		saidOfEvent{Exposures: &n, Hazard: event.Earthquake, Reports: 2, Revision: 1, State: event.Ongoing},
		saidOfEvent{},
		saidOfWarning{Evidence: []string{"sig_1"}, Rules: []string{"r"}, P: level.P{1, .5}},
		saidOfWarning{},
	} {
		raw, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if got := body(v); !bytes.Equal(got, raw) {
			t.Errorf("%s, but the journal has %s", raw, got)
		}
	}
}
