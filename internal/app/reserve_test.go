package app

import (
	"os"
	"testing"

	"watchfire.dev/internal/pulse"
)

// TestReserve: the room is kept while there is plenty, given back when there is none, and not
// taken again before somebody has made room.
func TestReserve(t *testing.T) {
	t.Parallel()
	const mb = 1 << 20
	free := uint64(1000 * mb)
	r := newReserve(t.TempDir())
	r.size = 4 * mb
	r.room = func(string) pulse.DiskFact { return pulse.DiskFact{Known: true, Free: free, Total: 4000 * mb} }
	for _, step := range []struct {
		why     string
		free    uint64
		refused bool
		held    bool
	}{
		{"plenty", 1000 * mb, false, true},
		{"less, but enough", 2 * mb, false, true},
		{"nearly none", mb / 2, false, false},
		{"what was given back is not plenty", 5 * mb, false, false},
		{"somebody made room", 100 * mb, false, true},
		{"a write was refused", 100 * mb, true, false},
		{"and is refused still", 100 * mb, true, false},
		{"no more", 100 * mb, false, true},
	} {
		free = step.free
		held, err := r.look(step.refused)
		if err != nil || held != step.held {
			t.Errorf("%s: held %t, %v", step.why, held, err)
		}
		info, err := os.Stat(r.path)
		if there := err == nil && info.Size() == r.size; there != step.held {
			t.Errorf("%s: the file is there: %t", step.why, there)
		}
		if err == nil && info.Size() != r.size {
			t.Errorf("%s: %d bytes", step.why, info.Size())
		}
	}
}
