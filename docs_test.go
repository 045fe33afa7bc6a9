package watchfire_test

import (
	"go/ast"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	link    = regexp.MustCompile(`\]\(([^)#\s]+)[^)]*\)`)
	outside = regexp.MustCompile(`^[a-z]+:`)
	row     = regexp.MustCompile("(?m)^\\| `([A-Za-z0-9._/-]+)`")
	code    = regexp.MustCompile("`((?:internal|cmd|tools|testdata|docs|browser|examples)/[A-Za-z0-9_./-]*[A-Za-z0-9_])`")
)

// documents are all texts of the repository for people.
func documents(t *testing.T) map[string]string {
	t.Helper()
	names, err := filepath.Glob("*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, pattern := range []string{"docs/*.md", "docs/*/*.md"} {
		more, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, more...)
	}
	out := map[string]string{}
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		out[name] = string(raw)
	}
	return out
}

// TestLinksLead: every link to a file of ours, and every file named in a text, is there.
func TestLinksLead(t *testing.T) {
	t.Parallel()
	for name, text := range documents(t) {
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			if outside.MatchString(m[1]) {
				continue
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(name), m[1])); err != nil {
				t.Errorf("%s: the link %s leads nowhere", name, m[1])
			}
		}
		for _, m := range code.FindAllStringSubmatch(text, -1) {
			if _, err := os.Stat(m[1]); err != nil && m[1] != "docs/img" && !strings.HasSuffix(m[1], "/NAME") {
				t.Errorf("%s names %s, which is not there", name, m[1])
			}
		}
	}
}

// TestDependenciesAreDocumented holds docs/dependencies.md against the tables of the
// architecture test and those against the imports: no module without its line, no line
// without its module.
func TestDependenciesAreDocumented(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("docs/dependencies.md")
	if err != nil {
		t.Fatal(err)
	}
	var written []string
	for _, m := range row.FindAllStringSubmatch(string(raw), -1) {
		written = append(written, m[1])
	}
	used := map[string]bool{}
	for _, p := range readTree(t, ".").packs {
		for _, s := range p.files {
			for _, i := range s.imports() {
				if !standard(i) && ours(i) == "" {
					used[moduleOf(i)] = true
				}
			}
		}
	}
	for m := range used {
		if !slices.Contains(written, m) {
			t.Errorf("%s is imported and not in docs/dependencies.md", m)
		}
	}
	for _, m := range written {
		if strings.Contains(m, ".") && !used[m] {
			t.Errorf("%s is in docs/dependencies.md and not imported", m)
		}
	}
}

// moduleOf finds the module of an import path in the tables, or returns the path.
func moduleOf(imported string) string {
	for m := range external {
		if belongs(imported, m) {
			return m
		}
	}
	for _, m := range externalTest {
		if belongs(imported, m) {
			return m
		}
	}
	return imported
}

var (
	named  = regexp.MustCompile("`(Test[A-Za-z0-9]+)`")
	inside = regexp.MustCompile("`([a-z]+(?:/[a-z0-9]+)*/[a-z0-9_]+\\.(?:go|mjs))`")
	story  = regexp.MustCompile("`([a-z_]+\\.txtar)`")
)

// TestSecurityTableIsTrue: files, tests and stories that SECURITY.md names exist.
func TestSecurityTableIsTrue(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("SECURITY.md")
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]bool{}
	for _, p := range readTree(t, ".").packs {
		for _, s := range p.files {
			for name := range testsOf(s) {
				tests[name] = true
			}
		}
	}
	for _, m := range named.FindAllStringSubmatch(string(raw), -1) {
		if !tests[m[1]] {
			t.Errorf("there is no test %s", m[1])
		}
	}
	for _, m := range story.FindAllStringSubmatch(string(raw), -1) {
		if _, err := os.Stat(filepath.Join("testdata/script", m[1])); err != nil {
			t.Errorf("there is no story %s", m[1])
		}
	}
	for _, m := range inside.FindAllStringSubmatch(string(raw), -1) {
		_, below := os.Stat(filepath.Join("internal", m[1]))
		if _, err := os.Stat(m[1]); err != nil && below != nil {
			t.Errorf("there is no file %s", m[1])
		}
	}
}

// testsOf are the tests of a file, or of a conformance suite that every engine or channel runs.
func testsOf(s source) map[string]bool {
	out := map[string]bool{}
	suite := strings.HasSuffix(path.Dir(s.name), "test")
	for _, d := range s.file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && (s.test || suite) && f.Recv == nil && strings.HasPrefix(f.Name.Name, "Test") {
			out[f.Name.Name] = true
		}
	}
	return out
}
