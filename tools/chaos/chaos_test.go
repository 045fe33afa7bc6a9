package main

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestShort plays the quick rows on the real program: no time is judged but a red's minute.
func TestShort(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds the program and kills it")
	}
	t.Parallel()
	binary := filepath.Join(t.TempDir(), "watchfire")
	if out, err := exec.Command("go", "build", "-o", binary, "watchfire.dev/cmd/watchfire").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	var out bytes.Buffer
	failed := run(&out, settings{binary: binary, seed: 1, kills: 2}, rows(), func(r row) bool { return r.fast }).print(&out, 1)
	if failed {
		t.Errorf("a promise did not hold:\n%s", &out)
	}
	t.Log(out.String())
}

// TestAWrongExpectationIsFound: the same machinery with a signal that nobody was ever sent.
func TestAWrongExpectationIsFound(t *testing.T) {
	t.Parallel()
	h := good()
	h.accepted["chaos-9"] = "p9"
	if got := h.judge(); got.lost != 1 || got.err() == nil {
		t.Errorf("found %+v", got)
	}
}
