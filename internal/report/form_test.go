package report

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// TestOlderFormsStay: what a snapshot of an older form composes to never changes, whatever
// later forms add: the reports that were kept would no longer verify.
func TestOlderFormsStay(t *testing.T) {
	t.Parallel()
	b := book(t)
	sums, err := os.ReadFile(filepath.Join("testdata", "form0", "html.sha256"))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range Products() {
		raw, err := os.ReadFile(filepath.Join("testdata", "form0", p.ID+".snapshot.json"))
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(filepath.Join("testdata", "form0", p.ID+".document.json"))
		if err != nil {
			t.Fatal(err)
		}
		s, err := ReadSnapshot(raw)
		if err != nil {
			t.Fatal(err)
		}
		again, err := s.Canonical()
		if err != nil || !bytes.Equal(again, raw) {
			t.Errorf("%s: the snapshot is written otherwise: %s (%v)", p.ID, differs(again, raw), err)
		}
		made, err := Render(s, b, "")
		if err != nil || !bytes.Equal(made.JSON, want) {
			t.Errorf("%s: another document: %s (%v)", p.ID, differs(made.JSON, want), err)
			continue
		}
		// A style of an older form that changes is another page, too: a new form may have a new one.
		if line := Hash(made.HTML) + "  " + p.ID + "\n"; !bytes.Contains(sums, []byte(line)) {
			t.Errorf("%s: another page: %s", p.ID, line)
		}
	}
}
