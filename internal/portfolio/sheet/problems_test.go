package sheet

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"watchfire.dev/internal/portfolio"
)

var update = flag.Bool("update", false, "write what the code says into testdata and docs")

// The cases of testdata/problems.txt: a file, three dashes, and what a person is told
// about it. Each is read over the portfolio of smallCSV.
func TestProblemsInWordsForPeople(t *testing.T) {
	t.Parallel()
	const file = "testdata/problems.txt"
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	base := small(t)
	var renewed strings.Builder
	for _, text := range strings.Split(string(raw), "=== ")[1:] {
		title, rest, _ := strings.Cut(text, "\n")
		input, want, ok := strings.Cut(rest, "---\n")
		if !ok {
			t.Fatalf("case %q has no ---", title)
		}
		got := tell(base, input)
		fmt.Fprintf(&renewed, "=== %s\n%s---\n%s\n", title, input, got)
		if !*update && strings.TrimSpace(want) != strings.TrimSpace(got) {
			t.Errorf("%s\nwant:\n%s\ngot:\n%s", title, want, got)
		}
	}
	if *update {
		if err := os.WriteFile(file, []byte(renewed.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// tell reads a file and says what came of it, a line for each problem or change.
func tell(base portfolio.Portfolio, input string) string {
	next, changes, problems := Reader{}.Read(strings.NewReader(input), "", base)
	var out strings.Builder
	for _, p := range problems {
		fmt.Fprintln(&out, strings.ReplaceAll(p.String(), newImporter(Reader{}, base).columnNames(), "(names)"))
	}
	for _, c := range changes {
		fmt.Fprintf(&out, "%s %s %s:", c.Kind, c.Thing, c.Code)
		for _, f := range c.Fields {
			if c.Kind == portfolio.Changed {
				fmt.Fprintf(&out, " %s %q → %q", f.Field, f.Old, f.New)
			}
		}
		fmt.Fprintln(&out)
	}
	if len(problems) > 0 && (next.Version != base.Version || len(changes) > 0) {
		out.WriteString("A FILE WITH PROBLEMS WAS TAKEN\n")
	}
	return out.String()
}

func TestEncodingsOfCSV(t *testing.T) {
	t.Parallel()
	const head, row = "thing\tcode\tname\tcountry\tzone\r\n", "project\tp\tÉtang\tFR\tEurope/Paris\r\n"
	utf16 := []byte{0xff, 0xfe}
	for _, r := range head + row {
		utf16 = append(utf16, byte(r), byte(r>>8))
	}
	cases := map[string]struct{ file, name, problem string }{
		"UTF-8":               {file: head + row, name: "Étang"},
		"UTF-8 with mark":     {file: utf8BOM + head + row, name: "Étang"},
		"Windows-1252":        {file: head + strings.ReplaceAll(row, "É", "\xc9"), name: "Étang"},
		"UTF-16":              {file: string(utf16), name: "Étang"},
		"sep= line":           {file: "sep=,\r\nthing,code,name,country,zone\r\nproject,p,\"a;b;c\",FR,Europe/Paris\r\n", name: "a;b;c"},
		"GBK":                 {file: head + strings.ReplaceAll(row, "Étang", "\xb1\xb1\xbe\xa9"), problem: "neither UTF-8 nor Windows-1252"},
		"UTF-8 cut in a name": {file: utf8BOM + head + "project\tp\t\xc3\tFR\tUTC\n", problem: "says that it is UTF-8 and is not"},
		"old Excel":           {file: "\xd0\xcf\x11\xe0\xa1\xb1", problem: "save it as .xlsx"},
		"nothing":             {file: "", problem: "the file is empty"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, _, problems := Reader{}.Read(strings.NewReader(c.file), "p.csv", portfolio.Portfolio{})
			switch {
			case c.problem != "":
				if len(problems) != 1 || !strings.Contains(problems[0].Message, c.problem) {
					t.Errorf("problems %v, want one of %q", problems, c.problem)
				}
			case len(problems) > 0 || p.Projects[0].Name != c.name:
				t.Errorf("got %+v, problems %v", p.Projects, problems)
			}
		})
	}
}

func TestManyProblemsAreCountedNotListed(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	b.WriteString("thing,code\n")
	for range MaxProblems + 34 {
		b.WriteString("bridge,b\n")
	}
	_, _, problems := Reader{}.Read(&b, "", portfolio.Portfolio{})
	if n := len(problems); n != MaxProblems+1 || problems[n-1].Message != "34 more problems are not listed" {
		t.Errorf("%d problems, the last %v", n, problems[n-1])
	}
}
