package watchfire_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"path"
	"regexp"
	"slices"
	"strings"
)

// checkDecisions: a package that decides imports nothing through which the machine could
// speak. A seeded generator (math/rand/v2 with a PCG of a given seed) is allowed where
// seeded says so.
func checkDecisions(tr *tree) []string {
	var out []string
	for _, p := range tr.packs {
		if !slices.Contains(decisions, p.path) {
			continue
		}
		for _, s := range p.production() {
			for _, i := range s.imports() {
				if slices.ContainsFunc(worldly, func(w string) bool { return belongs(i, w) && !innocent(i) }) && seeded[p.path+" "+i] == "" {
					out = append(out, fmt.Sprintf("%s imports %s: a decision depends on its inputs alone", s.name, i))
				}
			}
		}
	}
	return out
}

// innocent are packages below a worldly one that only reckon.
func innocent(i string) bool {
	return i == "net/url" || i == "net/netip" || i == "net/mail" || i == "net/textproto"
}

// checkCalls: functions that belong to one place are not used elsewhere.
func checkCalls(tr *tree) []string {
	var out []string
	for _, p := range tr.packs {
		if !p.ships() {
			continue
		}
		for _, s := range p.production() {
			names := importNames(s)
			ast.Inspect(s.file, func(n ast.Node) bool {
				sel, ok := n.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				if x, ok := sel.X.(*ast.Ident); ok && names[x.Name] != "" {
					called := path.Base(strings.TrimSuffix(names[x.Name], "/v2")) + "." + sel.Sel.Name
					if cause := forbidden(called, p.path); cause != "" {
						out = append(out, fmt.Sprintf("%s: %s in %s: %s", tr.fset.Position(n.Pos()), called, p.path, cause))
					}
				}
				return true
			})
		}
	}
	return out
}

// importNames maps the names under which a file knows packages of the standard library to
// their paths.
func importNames(s source) map[string]string {
	out := map[string]string{}
	for _, i := range s.file.Imports {
		p := strings.Trim(i.Path.Value, `"`)
		if !standard(p) {
			continue
		}
		name := path.Base(strings.TrimSuffix(p, "/v2"))
		if i.Name != nil {
			name = i.Name.Name
		}
		if p != "crypto/rand" {
			out[name] = p
		}
	}
	return out
}

func forbidden(called, p string) string {
	for _, c := range calls {
		prefix, many := strings.CutSuffix(c.name, "*")
		if called == c.name || many && strings.HasPrefix(called, prefix) {
			if c.in[p] == "" {
				return c.cause
			}
		}
	}
	return ""
}

// checkInit: nothing happens before main.
func checkInit(tr *tree) []string {
	var out []string
	for _, p := range tr.packs {
		for _, s := range p.production() {
			for _, d := range s.file.Decls {
				if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
					out = append(out, fmt.Sprintf("%s: func init in %s", tr.fset.Position(f.Pos()), p.path))
				}
			}
		}
	}
	return out
}

// checkVariables: a package variable is a table, an error, an embedded file or something
// made once; nothing assigns to it, and other packages cannot.
func checkVariables(tr *tree) []string {
	var out []string
	for _, p := range tr.packs {
		if !p.ships() {
			continue
		}
		vars, changed := packageVariables(tr, p)
		for _, s := range p.production() {
			for _, d := range s.file.Decls {
				g, ok := d.(*ast.GenDecl)
				if !ok || g.Tok != token.VAR {
					continue
				}
				for _, spec := range g.Specs {
					for _, why := range judgeVariable(g, spec.(*ast.ValueSpec), vars) {
						out = append(out, fmt.Sprintf("%s: %s", tr.fset.Position(spec.Pos()), why))
					}
				}
			}
		}
		for _, at := range changed {
			out = append(out, fmt.Sprintf("%s: a package variable is changed or its address taken", tr.fset.Position(at)))
		}
	}
	return out
}

// judgeVariable says what is wrong with a declaration at package level.
func judgeVariable(g *ast.GenDecl, v *ast.ValueSpec, own map[string]bool) []string {
	embedded := strings.Contains(comments(g.Doc)+comments(v.Doc), "//go:embed")
	var out []string
	for i, name := range v.Names {
		if name.Name == "_" || embedded {
			continue
		}
		if len(v.Values) != len(v.Names) {
			out = append(out, fmt.Sprintf("variable %s has no value of its own: it can only be changed later", name.Name))
			continue
		}
		if ast.IsExported(name.Name) && !isError(v.Values[i]) {
			out = append(out, fmt.Sprintf("variable %s is exported: other packages could change it", name.Name))
		}
		if !settled(v.Values[i], own) {
			out = append(out, fmt.Sprintf("variable %s holds what can change: not a table, an error or one of makers", name.Name))
		}
	}
	return out
}

func comments(c *ast.CommentGroup) string {
	if c == nil {
		return ""
	}
	var b strings.Builder
	for _, line := range c.List {
		b.WriteString(line.Text + "\n")
	}
	return b.String()
}

func isError(e ast.Expr) bool {
	c, ok := e.(*ast.CallExpr)
	return ok && (types.ExprString(c.Fun) == "errors.New" || types.ExprString(c.Fun) == "fmt.Errorf")
}

// settled tells whether an initial value is one that stays what it is.
func settled(e ast.Expr, own map[string]bool) bool {
	switch e := e.(type) {
	case *ast.BasicLit, *ast.CompositeLit:
		return true
	case *ast.Ident:
		return !own[e.Name] || e.Name == "true" || e.Name == "false"
	case *ast.SelectorExpr: // another package's error or constant
		return true
	case *ast.BinaryExpr:
		return settled(e.X, own) && settled(e.Y, own)
	case *ast.UnaryExpr:
		return e.Op != token.AND && settled(e.X, own)
	case *ast.CallExpr:
		made := types.ExprString(e.Fun)
		if sel, ok := e.Fun.(*ast.SelectorExpr); ok {
			if _, chained := sel.X.(*ast.CallExpr); chained {
				return settled(sel.X, own) && slices.Contains(makers, sel.Sel.Name)
			}
		}
		return slices.Contains(makers, made)
	}
	return false
}

// noImports stands for the packages of others: this check needs only our own names.
type noImports struct{}

// Import implements types.Importer.
func (noImports) Import(string) (*types.Package, error) { return nil, errors.New("not looked at") }

// packageVariables returns the names of a package's variables and the places that change one.
func packageVariables(tr *tree, p *pack) (names map[string]bool, changed []token.Pos) {
	var files []*ast.File
	for _, s := range p.production() {
		files = append(files, s.file)
	}
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}}
	conf := types.Config{Importer: noImports{}, Error: func(error) {}, FakeImportC: true}
	checked, _ := conf.Check(p.path, tr.fset, files, info) // imports are missing on purpose
	names = map[string]bool{}
	mine := func(e ast.Expr) bool {
		id := root(e)
		if id == nil {
			return false
		}
		v, ok := info.Uses[id].(*types.Var)
		return ok && v.Parent() == checked.Scope()
	}
	for _, name := range checked.Scope().Names() {
		if _, ok := checked.Scope().Lookup(name).(*types.Var); ok {
			names[name] = true
		}
	}
	for _, f := range files {
		ast.Inspect(f, func(n ast.Node) bool {
			for _, e := range targets(n) {
				if mine(e) {
					changed = append(changed, e.Pos())
				}
			}
			return true
		})
	}
	return names, changed
}

// root is the variable that x, x.f, x[i] and *x begin with.
func root(e ast.Expr) *ast.Ident {
	for {
		switch x := e.(type) {
		case *ast.Ident:
			return x
		case *ast.SelectorExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		default:
			return nil
		}
	}
}

// targets are the expressions that a node changes or lets others change.
func targets(n ast.Node) []ast.Expr {
	switch n := n.(type) {
	case *ast.AssignStmt:
		if n.Tok != token.DEFINE {
			return n.Lhs
		}
	case *ast.IncDecStmt:
		return []ast.Expr{n.X}
	case *ast.UnaryExpr:
		if n.Op == token.AND {
			return []ast.Expr{n.X}
		}
	case *ast.RangeStmt:
		if n.Tok == token.ASSIGN {
			return []ast.Expr{n.Key, n.Value}
		}
	case *ast.CallExpr:
		if f, ok := n.Fun.(*ast.Ident); ok && len(n.Args) > 0 && (f.Name == "delete" || f.Name == "clear" || f.Name == "copy") {
			return n.Args[:1]
		}
	}
	return nil
}

// checkSizes: files and functions that can be read in one sitting. A longer function says in
// its comment why ("Long because …").
func checkSizes(tr *tree) []string {
	var out []string
	for _, p := range tr.packs {
		for _, s := range p.files {
			if ast.IsGenerated(s.file) {
				continue
			}
			if s.lines > maxFileLines {
				out = append(out, fmt.Sprintf("%s has %d lines, at most %d", s.name, s.lines, maxFileLines))
			}
			for _, d := range s.file.Decls {
				f, ok := d.(*ast.FuncDecl)
				if !ok || f.Body == nil || strings.Contains(f.Doc.Text(), "Long because") {
					continue
				}
				if n := tr.fset.Position(f.End()).Line - tr.fset.Position(f.Pos()).Line + 1; n > limitOf(s.name) {
					out = append(out, fmt.Sprintf("%s: %s has %d lines, at most %d", s.name, f.Name.Name, n, limitOf(s.name)))
				}
			}
		}
	}
	return out
}

var sentenceEnd = regexp.MustCompile(`[.!?][)"'”]*(\s|$)`)

// checkDocs: each package says what it does, promises and does not do.
func checkDocs(tr *tree) []string {
	var out []string
	for _, p := range tr.packs {
		if len(p.production()) == 0 {
			continue
		}
		var doc strings.Builder
		for _, s := range p.production() {
			doc.WriteString(s.file.Doc.Text())
		}
		if n := len(sentenceEnd.FindAllString(doc.String(), -1)); n < minDocSentences {
			out = append(out, fmt.Sprintf("package %s opens with %d sentences, at least %d", p.path, n, minDocSentences))
		}
	}
	return out
}

// checkNames: a package is named for what it holds, as its folder is.
func checkNames(tr *tree) []string {
	var out []string
	for _, p := range tr.packs {
		if !p.ships() {
			continue
		}
		base := path.Base(p.path)
		if slices.Contains(badNames, base) || base != strings.ToLower(base) {
			out = append(out, fmt.Sprintf("package %s: the name says nothing or is not one lower-case word", p.path))
		}
		for _, s := range p.production() {
			if name := s.file.Name.Name; name != base && name != "main" {
				out = append(out, fmt.Sprintf("%s is package %s in a folder %s", s.name, name, base))
			}
		}
	}
	return out
}

var parserName = regexp.MustCompile(`^(Parse|Read|Decode|Load|Split|Scan|Verify)`)

// checkFuzz: a package with an exported reader of bytes has a fuzz target.
func checkFuzz(tr *tree) []string {
	var out []string
	for _, p := range tr.packs {
		if !p.ships() || parsersWithoutFuzz[p.path] != "" {
			continue
		}
		parser, fuzz := "", false
		for _, s := range p.files {
			for _, d := range s.file.Decls {
				f, ok := d.(*ast.FuncDecl)
				if !ok {
					continue
				}
				fuzz = fuzz || s.test && strings.HasPrefix(f.Name.Name, "Fuzz")
				if !s.test && parserName.MatchString(f.Name.Name) && f.Name.IsExported() && takesBytes(f.Type) {
					parser = f.Name.Name
				}
			}
		}
		if parser != "" && !fuzz {
			out = append(out, fmt.Sprintf("package %s reads bytes in %s and has no fuzz target", p.path, parser))
		}
	}
	return out
}

func takesBytes(f *ast.FuncType) bool {
	return slices.ContainsFunc(f.Params.List, func(field *ast.Field) bool {
		t := types.ExprString(field.Type)
		return t == "[]byte" || t == "io.Reader" || t == "io.ReaderAt" || t == "*http.Request"
	})
}

func limitOf(file string) int {
	if strings.HasSuffix(file, "_test.go") {
		return maxTableLines
	}
	return maxFuncLines
}
