package watchfire_test

import (
	"fmt"
	"go/ast"
	"go/token"
	"slices"
	"strings"
)

// queryCalls are the functions that take SQL, with the place of the query among their
// arguments: those of database/sql and our own that pass one on.
var queryCalls = map[string]int{
	"Exec": 0, "Query": 0, "QueryRow": 0, "Prepare": 0, "ExecContext": 1, "QueryContext": 1, "QueryRowContext": 1, "PrepareContext": 1,
	"exec": 0, "aside": 0, "unexposed": 1, "inserting": 0, "changing": 0, "list": 3, "listTx": 3, "query": 2,
}

// queryMakers are functions whose queries are put together, and of what.
var queryMakers = map[string]string{
	"store QueueRows":         "conditions and orders that queueWhere and queueOrder choose from constants",
	"store QueryContext":      "passes on what its callers wrote, which this rule reads",
	"store QueryRowContext":   "passes on what its callers wrote, which this rule reads",
	"store ExecContext":       "passes on what its callers wrote, which this rule reads",
	"store keep":              "passes on what its callers wrote, which this rule reads",
	"store onePage":           "passes on what its callers wrote, which this rule reads",
	"store/postgres Exec":     "passes on what its callers wrote, which this rule reads",
	"store/postgres Query":    "passes on what its callers wrote, which this rule reads",
	"store/postgres QueryRow": "passes on what its callers wrote, which this rule reads",
	"store/postgres Prepare":  "passes on what its callers wrote, which this rule reads",
	"store append":            "the engine's own constant",
	"store attempt":           "the engine's own constant",
	"store aside":             "passes on what its callers wrote, which this rule reads",
	"store unexposed":         "passes on what its callers wrote, which this rule reads",
	"store inserting":         "what its callers wrote, which this rule reads, and as many question marks as columns",
	"store flush":             "what inserting made, for a power of two of rows",
	"store ended":             "what changing made, for a power of two of rows",
	"store Store":             "what inserting made, for one row",
	"store PutAnswerLink":     "what inserting made, for one row",
	"store query":             "passes on what its callers wrote, which this rule reads",
	"store Linked":            "one of two orders that stand in the function",
	"store exec":              "passes on what its callers wrote, which this rule reads",
	"store describe":          "names that the database's own catalogue gives, quoted",
	"store empty":             "names that the database's own catalogue gives, quoted",
	"store send":              "names that the database's own catalogue gives, quoted, and question marks",
	"store digest":            "names that the database's own catalogue gives, quoted",
	"store renumber":          "names that the database's own catalogue gives, quoted",
	"store Tables":            "the engine's own constant",
	"store list":              "passes on what its callers wrote, which this rule reads",
	"store listTx":            "passes on what its callers wrote, which this rule reads",
	"store Census":            "names that the database's own catalogue gives, quoted",
	"store Outbox":            "the constant condition of a mute, or nothing",
	"store DigestOf":          "the constant condition of a mute, or nothing",
	"store waiting":           "the constant condition of a mute, or nothing",
	"store Clock":             "the engine's own constant",
	"store Where":             "the engine's own constant",
	"store Take":              "as many question marks as there are ids, and the engine's own constant",
	"store TakeDue":           "as many question marks as there are channels, and the engine's own constant",
	"store TakeFor":           "the engine's own constant",
	"store say":               "the engine's own constant",
	"store claim":             "as many groups of question marks as there are notifications",
	"store earlier":           "as many question marks as there are warnings",
	"store Spent":             "one of two constants that stand in the function",
}

// checkQueries: a query is a constant, and what comes from outside is a parameter (S11). A
// query that is put together from anything else stands in queryMakers with its reason.
func checkQueries(tr *tree) []string {
	var out []string
	for _, p := range tr.packs {
		speaks := func(s source) bool { return slices.Contains(s.imports(), "database/sql") }
		if !slices.ContainsFunc(p.production(), speaks) {
			continue
		}
		consts := constantsOf(p)
		for _, s := range p.production() {
			for _, d := range s.file.Decls {
				for _, call := range madeOf(d) {
					if slices.ContainsFunc(call.Args, func(a ast.Expr) bool { return !isNumber(a) && !fixed(a, consts, nil, 0) }) {
						out = append(out, fmt.Sprintf("%s: a statement for many rows is put together: use constants", tr.fset.Position(call.Pos())))
					}
				}
				f, ok := d.(*ast.FuncDecl)
				if !ok || f.Body == nil || queryMakers[p.path+" "+f.Name.Name] != "" {
					continue
				}
				locals := assignedIn(f)
				ast.Inspect(f.Body, func(n ast.Node) bool {
					if q := queryOf(n); q != nil && !fixed(q, consts, locals, 0) {
						out = append(out, fmt.Sprintf("%s: %s puts a query together: use a constant and parameters", tr.fset.Position(n.Pos()), f.Name.Name))
					}
					return true
				})
			}
		}
	}
	return out
}

// queryOf is the query of a call that takes one, else nil.
func queryOf(n ast.Node) ast.Expr {
	call, ok := n.(*ast.CallExpr)
	if !ok {
		return nil
	}
	name := ""
	switch f := call.Fun.(type) {
	case *ast.Ident:
		name = f.Name
	case *ast.SelectorExpr:
		name = f.Sel.Name
	}
	at, takes := queryCalls[name]
	if takes && at == 0 && len(call.Args) > 1 && isName(call.Args[0], "ctx") { // pgx: as ExecContext
		at = 1
	}
	if !takes || at >= len(call.Args) {
		return nil
	}
	return call.Args[at]
}

// madeOf are the statements for many rows that a declaration of variables makes.
func madeOf(d ast.Decl) []*ast.CallExpr {
	g, ok := d.(*ast.GenDecl)
	if !ok {
		return nil
	}
	var out []*ast.CallExpr
	ast.Inspect(g, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok && (isName(call.Fun, "inserting") || isName(call.Fun, "changing")) {
			out = append(out, call)
		}
		return true
	})
	return out
}

func isNumber(e ast.Expr) bool {
	lit, ok := e.(*ast.BasicLit)
	return ok && lit.Kind == token.INT
}

func isName(e ast.Expr, name string) bool {
	id, ok := e.(*ast.Ident)
	return ok && id.Name == name
}

// fixed tells whether an expression is a text that stands in the source.
func fixed(e ast.Expr, consts map[string]bool, locals map[string][]ast.Expr, depth int) bool {
	switch e := e.(type) {
	case *ast.BasicLit:
		return e.Kind == token.STRING
	case *ast.ParenExpr:
		return fixed(e.X, consts, locals, depth)
	case *ast.BinaryExpr:
		return e.Op == token.ADD && fixed(e.X, consts, locals, depth) && fixed(e.Y, consts, locals, depth)
	case *ast.CompositeLit: // a list of queries that is gone through
		return !slices.ContainsFunc(e.Elts, func(x ast.Expr) bool { return !fixed(x, consts, locals, depth) })
	case *ast.Ident:
		given := locals[e.Name]
		if len(given) == 0 {
			return consts[e.Name]
		}
		return depth < 8 && !slices.ContainsFunc(given, func(x ast.Expr) bool { return x == nil || !fixed(x, consts, locals, depth+1) })
	default:
		return false
	}
}

// constantsOf are the names of a package's constants.
func constantsOf(p *pack) map[string]bool {
	out := map[string]bool{}
	for _, s := range p.files {
		for _, d := range s.file.Decls {
			if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.CONST {
				for _, spec := range g.Specs {
					for _, name := range spec.(*ast.ValueSpec).Names {
						out[name.Name] = true
					}
				}
			}
		}
	}
	return out
}

// assignedIn collects everything that a function gives to each of its names; nil stands for
// what this cannot follow, a parameter for instance.
func assignedIn(f *ast.FuncDecl) map[string][]ast.Expr {
	out := map[string][]ast.Expr{}
	fields := func(list *ast.FieldList) {
		if list == nil {
			return
		}
		for _, p := range list.List {
			for _, name := range p.Names {
				out[name.Name] = append(out[name.Name], nil)
			}
		}
	}
	fields(f.Recv)
	fields(f.Type.Params)
	fields(f.Type.Results)
	give := func(left ast.Expr, right ast.Expr) {
		if id, ok := left.(*ast.Ident); ok {
			out[id.Name] = append(out[id.Name], right)
		}
	}
	ast.Inspect(f.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			fields(n.Type.Params)
		case *ast.AssignStmt:
			for i, left := range n.Lhs {
				if len(n.Rhs) == len(n.Lhs) && (n.Tok == token.ASSIGN || n.Tok == token.DEFINE) {
					give(left, n.Rhs[i])
				} else {
					give(left, nil)
				}
			}
		case *ast.RangeStmt:
			if n.Value != nil {
				give(n.Value, n.X)
			}
		case *ast.ValueSpec:
			for i, name := range n.Names {
				if i < len(n.Values) {
					give(name, n.Values[i])
				}
			}
		}
		return true
	})
	return out
}

// checkTemplates: a template is a constant or an embedded file, never made of what somebody
// sent (S12). The text-only engine, which escapes nothing, is used nowhere.
func checkTemplates(tr *tree) []string {
	var out []string
	for _, p := range tr.packs {
		known := constantsOf(p)
		for _, s := range p.files {
			for name := range embeddedIn(s) {
				known[name] = true
			}
		}
		for _, s := range p.production() {
			if slices.Contains(s.imports(), "text/template") {
				out = append(out, s.name+": text/template escapes nothing: use html/template")
			}
			if !slices.Contains(s.imports(), "html/template") {
				continue
			}
			ast.Inspect(s.file, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok || len(call.Args) == 0 {
					return true
				}
				sel, ok := call.Fun.(*ast.SelectorExpr)
				if !ok || sel.Sel.Name != "Parse" && sel.Sel.Name != "ParseFS" || !onTemplate(sel.X) {
					return true
				}
				if !fixed(call.Args[0], known, nil, 0) {
					out = append(out, fmt.Sprintf("%s: a template is made from something else than an embedded file", tr.fset.Position(n.Pos())))
				}
				return true
			})
		}
	}
	return out
}

// onTemplate tells whether a method is called on a template: on a chain that begins with
// template.New, or on one of the names that we give to templates.
func onTemplate(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.CallExpr:
		return onTemplate(e.Fun)
	case *ast.SelectorExpr:
		if x, ok := e.X.(*ast.Ident); ok && x.Name == "template" {
			return true
		}
		return onTemplate(e.X)
	case *ast.Ident:
		return e.Name == "t" || e.Name == "base" || e.Name == "template"
	default:
		return false
	}
}

// embeddedIn are the variables of a file that hold embedded files.
func embeddedIn(s source) map[string]bool {
	out := map[string]bool{}
	for _, d := range s.file.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.VAR || g.Doc == nil || !slices.ContainsFunc(g.Doc.List, func(c *ast.Comment) bool { return strings.HasPrefix(c.Text, "//go:embed") }) {
			continue
		}
		for _, spec := range g.Specs {
			for _, name := range spec.(*ast.ValueSpec).Names {
				out[name.Name] = true
			}
		}
	}
	return out
}
