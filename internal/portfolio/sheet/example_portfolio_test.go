package sheet

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"watchfire.dev/internal/portfolio"
)

const exampleFile = "../../../examples/portfolio.csv"

// The example of the demonstration is sound, large enough to show everything, and stands
// in the form in which we write, so that exporting it gives the same bytes.
func TestExamplePortfolio(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(exampleFile)
	if err != nil {
		t.Fatal(err)
	}
	p, _, problems := Read(bytes.NewReader(raw), exampleFile, portfolio.Portfolio{Org: "demo"})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	ours := write(t, p, CSV)
	if *update {
		if err := os.WriteFile(exampleFile, ours, 0o644); err != nil {
			t.Fatal(err)
		}
	} else if !bytes.Equal(raw, ours) {
		t.Error("the example is not in the form that Write gives: run this test with -update")
	}
	for _, format := range []Format{XLSX, GeoJSON} {
		got, _, problems := Read(bytes.NewReader(write(t, p, format)), "", portfolio.Portfolio{Org: "demo"})
		if diff := cmp.Diff(p, got); len(problems) > 0 || diff != "" {
			t.Errorf("%s: %v\n%s", format, problems, diff)
		}
	}
	enough(t, p)
}

func enough(t *testing.T, p portfolio.Portfolio) {
	t.Helper()
	kinds, shapes, steps, languages := map[portfolio.Kind]int{}, map[string]int{}, map[int]int{}, map[string]int{}
	for _, a := range p.Assets {
		kinds[a.Kind]++
		shapes[string(a.Shape.Kind)]++
	}
	for _, c := range p.Contacts {
		steps[c.Step]++
		languages[c.Language]++
		for _, address := range c.Channels {
			if !strings.Contains(address.Address, "example.org") {
				t.Errorf("contact %s has an address that may be real: %s", c.Code, address.Address)
			}
		}
	}
	if len(p.Projects) < 12 || len(p.Assets) < 60 || len(p.Contacts) < 40 || len(kinds) < 5 || len(shapes) < 4 || len(steps) < 3 || len(languages) < 8 {
		t.Errorf("%d projects, %d assets, %d contacts, kinds %v, shapes %v, steps %v, languages %v",
			len(p.Projects), len(p.Assets), len(p.Contacts), kinds, shapes, steps, languages)
	}
}

const docsFile = "../../../docs/portfolio.md"

// The tables of docs/portfolio.md say what the code does.
func TestDocsListEveryColumnAndClass(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(docsFile)
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	for name, table := range map[string]string{"columns": columnTable(), "classes": classTable()} {
		begin, end := "<!-- "+name+" -->\n", "<!-- end of "+name+" -->"
		before, rest, ok1 := strings.Cut(text, begin)
		_, after, ok2 := strings.Cut(rest, end)
		if !ok1 || !ok2 {
			t.Fatalf("%s has no place for the table of %s", docsFile, name)
		}
		text = before + begin + table + end + after
	}
	switch {
	case *update:
		if err := os.WriteFile(docsFile, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	case text != string(raw):
		t.Errorf("the tables of %s are old: run this test with -update", docsFile)
	}
}

func columnTable() string {
	var b strings.Builder
	b.WriteString("| column | what goes in | example | other names |\n|---|---|---|---|\n")
	for _, c := range Columns() {
		fmt.Fprintf(&b, "| `%s` | %s | `%s` | %s |\n", c.Name, c.Note, c.Example, strings.Join(c.Aliases, ", "))
	}
	return b.String()
}

func classTable() string {
	var b strings.Builder
	b.WriteString("| class | V | meaning |\n|---|---:|---|\n")
	for _, c := range portfolio.Classes() {
		fmt.Fprintf(&b, "| `%s` | %.1f | %s |\n", c.Name, c.Vulnerability, c.Meaning)
	}
	return b.String()
}
