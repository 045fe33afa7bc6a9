package watchfire_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A source is one parsed file.
type source struct {
	name  string // from the root
	file  *ast.File
	lines int
	test  bool
}

// A pack is the files of one folder; its path is written without module and internal/.
type pack struct {
	path  string
	files []source
}

// A tree is all packages, in the order of their paths.
type tree struct {
	fset  *token.FileSet
	packs []*pack
}

// A rule returns one line for each place that breaks it.
type rule struct {
	name  string
	check func(*tree) []string
}

var rules = []rule{
	{"layers", checkLayers},
	{"chain of imports", checkChain},
	{"test support stays in tests", checkTestSupport},
	{"outside modules", checkExternal},
	{"decisions depend on their inputs", checkDecisions},
	{"calls with one home", checkCalls},
	{"queries are constants", checkQueries},
	{"templates are embedded", checkTemplates},
	{"no init", checkInit},
	{"no mutable package variables", checkVariables},
	{"sizes", checkSizes},
	{"package docs", checkDocs},
	{"names", checkNames},
	{"fuzz targets", checkFuzz},
}

func TestArchitecture(t *testing.T) {
	t.Parallel()
	all := readTree(t, ".")
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			for _, found := range r.check(all) {
				t.Error(found)
			}
		})
	}
}

// TestLayersAreInOrder keeps the table itself honest: few layers, each on earlier ones.
func TestLayersAreInOrder(t *testing.T) {
	t.Parallel()
	if len(layers) > maxLayers {
		t.Errorf("%d layers, at most %d", len(layers), maxLayers)
	}
	seen := map[string]bool{}
	for _, l := range layers {
		for _, b := range l.below {
			if !seen[b] {
				t.Errorf("layer %s stands on %s, which is not an earlier layer", l.name, b)
			}
		}
		seen[l.name] = true
	}
}

// TestTablesAreInUse: an exception that nothing needs any more is taken out, so that the
// tables say what is and not what was.
func TestTablesAreInUse(t *testing.T) {
	t.Parallel()
	pairs, modules := map[string]bool{}, map[string]bool{}
	for _, p := range readTree(t, ".").packs {
		for _, s := range p.files {
			for _, i := range s.imports() {
				for pair := range within {
					who, what, _ := strings.Cut(pair, " ")
					if ours(i) != "" && !s.test && covers(what, ours(i)) && (who == "*" || covers(who, p.path)) {
						pairs[pair] = true
					}
				}
				for m := range external {
					modules[m+" "+p.path] = modules[m+" "+p.path] || belongs(i, m) && !s.test
				}
			}
		}
	}
	for pair := range within {
		if !pairs[pair] {
			t.Errorf("within has %q, which nothing imports", pair)
		}
	}
	for m, users := range external {
		for _, u := range users {
			if !modules[m+" "+u] {
				t.Errorf("external lets %s import %s, which it does not", u, m)
			}
		}
	}
}

func readTree(t *testing.T, root string) *tree {
	t.Helper()
	texts := map[string]string{}
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && name != root {
			if b := d.Name(); b == "node_modules" || b == "testdata" || b == "vendor" || strings.HasPrefix(b, ".") {
				return fs.SkipDir
			}
		}
		if d.IsDir() || !strings.HasSuffix(name, ".go") {
			return nil
		}
		raw, err := os.ReadFile(name)
		texts[filepath.ToSlash(name)] = string(raw)
		return err
	})
	if err != nil {
		t.Fatalf("read the sources: %v", err)
	}
	return parseTree(t, texts)
}

// parseTree makes a tree of texts by file name.
func parseTree(t *testing.T, texts map[string]string) *tree {
	t.Helper()
	tr := &tree{fset: token.NewFileSet()}
	byPath := map[string]*pack{}
	names := make([]string, 0, len(texts))
	for name := range texts {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		f, err := parser.ParseFile(tr.fset, name, texts[name], parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatalf("parse %s: %v", name, err)
		}
		at := strings.TrimPrefix(path.Dir(name), "internal/")
		p := byPath[at]
		if p == nil {
			p = &pack{path: at}
			byPath[at] = p
			tr.packs = append(tr.packs, p)
		}
		p.files = append(p.files, source{
			name: name, file: f, lines: strings.Count(texts[name], "\n"), test: strings.HasSuffix(name, "_test.go"),
		})
	}
	return tr
}

// production are the files that are not tests.
func (p *pack) production() []source {
	return slices.DeleteFunc(slices.Clone(p.files), func(s source) bool { return s.test })
}

// support tells whether the package only serves tests and screenshots: netguardtest,
// journaltest, whatever stands below one.
func (p *pack) support() bool { return forTests(p.path) }

func forTests(p string) bool {
	return strings.HasSuffix(p, "test") || strings.Contains(p, "test/")
}

// ships tells whether the package is part of the programs that people run.
func (p *pack) ships() bool {
	return p.path != "." && !p.support() && !strings.HasPrefix(p.path, "tools") && len(p.production()) > 0
}

// imports are the paths that a file imports.
func (s source) imports() []string {
	out := make([]string, 0, len(s.file.Imports))
	for _, i := range s.file.Imports {
		p, _ := strconv.Unquote(i.Path.Value)
		out = append(out, p)
	}
	return out
}

// ours writes an import path of the module as the tables do; "" = somebody else's.
func ours(imported string) string {
	rest, ok := strings.CutPrefix(imported, module)
	if !ok {
		return ""
	}
	return strings.TrimPrefix(rest, "internal/")
}

// standard tells whether an import path belongs to the standard library.
func standard(imported string) bool {
	first, _, _ := strings.Cut(imported, "/")
	return !strings.Contains(first, ".")
}

// covers tells whether a pattern of the tables stands for a path.
func covers(pattern, p string) bool {
	if base, ok := strings.CutSuffix(pattern, "/*"); ok {
		rest, ok := strings.CutPrefix(p, base+"/")
		return ok && rest != "" && !strings.Contains(rest, "/")
	}
	return pattern == p
}

func layerOf(p string) (layer, bool) {
	for _, l := range layers {
		if slices.Contains(l.packages, p) {
			return l, true
		}
	}
	for _, l := range layers {
		if slices.ContainsFunc(l.packages, func(pattern string) bool { return covers(pattern, p) }) {
			return l, true
		}
	}
	return layer{}, false
}

// checkLayers: every package has a layer and imports only what the tables allow.
func checkLayers(tr *tree) []string {
	var out []string
	for _, p := range tr.packs {
		if !p.ships() {
			continue
		}
		from, ok := layerOf(p.path)
		if !ok {
			out = append(out, fmt.Sprintf("package %s is in no layer: give it a place in layers", p.path))
			continue
		}
		for _, s := range p.production() {
			for _, i := range s.imports() {
				if to := ours(i); to != "" && !forTests(to) && !mayImport(p.path, to, from) {
					out = append(out, fmt.Sprintf("%s: %s (%s) must not import %s", s.name, p.path, from.name, to))
				}
			}
		}
	}
	return out
}

func mayImport(importer, imported string, from layer) bool {
	to, ok := layerOf(imported)
	if !ok {
		return false
	}
	if only, ok := narrow[importer]; ok {
		return slices.Contains(only, imported)
	}
	if slices.Contains(from.below, to.name) {
		return true
	}
	for pair := range within {
		who, what, _ := strings.Cut(pair, " ")
		anyone := who == "*" && from.name == to.name
		if covers(what, imported) && (anyone || covers(who, importer)) {
			return true
		}
	}
	return false
}

// checkChain: the longest chain of imports stays within maxChain.
func checkChain(tr *tree) []string {
	next := map[string][]string{}
	for _, p := range tr.packs {
		if !p.ships() {
			continue
		}
		for _, s := range p.production() {
			for _, i := range s.imports() {
				if to := ours(i); to != "" {
					next[p.path] = append(next[p.path], to)
				}
			}
		}
	}
	known := map[string][]string{}
	var longest func(p string, above []string) []string
	longest = func(p string, above []string) []string {
		if c, ok := known[p]; ok {
			return c
		}
		if slices.Contains(above, p) {
			return []string{p} // a cycle, which the compiler refuses
		}
		var best []string
		for _, n := range next[p] {
			if c := longest(n, append(above, p)); len(c) > len(best) {
				best = c
			}
		}
		known[p] = append([]string{p}, best...)
		return known[p]
	}
	var worst []string
	for _, p := range tr.packs {
		if c := longest(p.path, nil); len(c) > len(worst) {
			worst = c
		}
	}
	if len(worst) > maxChain {
		return []string{fmt.Sprintf("chain of %d imports, at most %d: %s", len(worst), maxChain, strings.Join(worst, " → "))}
	}
	return nil
}

// checkTestSupport: a package whose name ends in "test" is imported by tests only.
func checkTestSupport(tr *tree) []string {
	var out []string
	for _, p := range tr.packs {
		if !p.ships() {
			continue
		}
		for _, s := range p.production() {
			for _, i := range s.imports() {
				if ours(i) != "" && forTests(i) || i == "testing" || strings.HasPrefix(i, "testing/") {
					out = append(out, fmt.Sprintf("%s imports %s, which is for tests", s.name, i))
				}
			}
		}
	}
	return out
}

// checkExternal: modules of others are imported only where the table says.
func checkExternal(tr *tree) []string {
	var out []string
	for _, p := range tr.packs {
		for _, s := range p.files {
			for _, i := range s.imports() {
				if standard(i) || ours(i) != "" {
					continue
				}
				asTest := (s.test || p.support()) && slices.ContainsFunc(externalTest, func(m string) bool { return belongs(i, m) })
				if !asTest && !listed(i, p.path) {
					out = append(out, fmt.Sprintf("%s imports %s: not among the modules that %s may use", s.name, i, p.path))
				}
			}
		}
	}
	return out
}

func belongs(imported, module string) bool {
	return imported == module || strings.HasPrefix(imported, module+"/")
}

// listed tells whether the table lets p import a module; a support package may use what the
// package it serves uses (journal/journaltest and journal).
func listed(imported, p string) bool {
	for m, users := range external {
		if belongs(imported, m) && slices.ContainsFunc(users, func(u string) bool {
			return covers(u, p) || forTests(p) && strings.HasPrefix(p, u+"/")
		}) {
			return true
		}
	}
	return false
}
