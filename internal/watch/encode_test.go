package watch

import (
	"reflect"
	"testing"

	"watchfire.dev/internal/exposure"
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
