package cap_test

import (
	"os"
	"path/filepath"
	"testing"

	"watchfire.dev/internal/cap"
)

func seed(f *testing.F) {
	files, err := filepath.Glob("testdata/*.*")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add(withArea("<polygon>1, 2 1,3</polygon><circle>1,2 3</circle>"))
	f.Add([]byte("<!DOCTYPE a><alert/>"))
	f.Add([]byte("\xFF\xFE<\x00a\x00"))
}

// FuzzParse looks for panics, and for alerts that are returned unidentified or, valid as
// they are, cannot be written and read again.
func FuzzParse(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		pieces, err := cap.ParseAll(data)
		if err != nil && pieces != nil {
			t.Fatalf("%d pieces beside %v", len(pieces), err)
		}
		for _, p := range pieces {
			if (p.Alert == nil) == (p.Err == nil) || p.Path == "" {
				t.Fatalf("piece %+v", p)
			}
		}
		a, _, err := cap.Parse(data, cap.Options{})
		if err != nil {
			return
		}
		if a.Identifier == "" || a.Sender == "" || a.Sent.IsZero() {
			t.Fatalf("unidentified: %+v", a)
		}
		written, err := cap.Marshal(*a)
		if err != nil {
			return
		}
		again, _, err := cap.Parse(written, cap.Options{})
		if err != nil {
			t.Fatalf("own document: %v\n%s", err, written)
		}
		if again.Key() != a.Key() || len(again.Infos) != len(a.Infos) {
			t.Fatalf("key %q became %q", a.Key(), again.Key())
		}
	})
}

// FuzzParseIndex looks for panics and for entries that cannot be told apart from nothing.
func FuzzParseIndex(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		index, err := cap.ParseIndex(data)
		if (index == nil) == (err == nil) {
			t.Fatalf("index %v beside %v", index, err)
		}
		if err != nil {
			return
		}
		for i := range index.Entries {
			e := &index.Entries[i]
			if e.Path == "" || len(e.Partial.Infos) != 1 {
				t.Fatalf("entry %+v", e)
			}
			if a, _, err := e.Alert(); err == nil && (a.Identifier == "" || a.Sender == "" || a.Sent.IsZero()) {
				t.Fatalf("unidentified: %+v", a)
			}
		}
	})
}
