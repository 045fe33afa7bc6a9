package catalogue_test

import (
	"flag"
	"os"
	"strings"
	"testing"

	"watchfire.dev/internal/feed/catalogue"
)

var update = flag.Bool("update", false, "write the table of sources into docs/sources.md")

// TestDocumentIsCurrent holds the table in docs/sources.md against the definitions.
func TestDocumentIsCurrent(t *testing.T) {
	t.Parallel()
	const path, begin, end = "../../../docs/sources.md", "<!-- sources:begin -->\n", "<!-- sources:end -->"
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	list, err := catalogue.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(raw), begin)
	old, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatalf("%s has no marks for the table of sources", path)
	}
	table := catalogue.Table(list)
	if *update {
		if err := os.WriteFile(path, []byte(before+begin+table+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if old != table {
		t.Error("docs/sources.md is out of date; renew it with: go test ./internal/feed/catalogue -update")
	}
}
