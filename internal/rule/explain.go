package rule

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure"
	"watchfire.dev/internal/portfolio"
)

// A Part is one member of a condition that is joined by "&&": what it says on some input
// and the values that it looked at.
type Part struct {
	Text   string
	Holds  bool
	Error  string   // in words, when it could not be decided
	Values []string // "event.magnitude = 4.1"
}

// Explain evaluates a rule's condition part by part, for people who ask why a rule did
// act or did not. It costs far more than rating and is not meant for every exposure. The
// parts are in the order of the condition; there is at least one.
func (r *Rule) Explain(e event.Event, x exposure.Exposure, a portfolio.Asset) ([]Part, error) {
	l, err := theLanguage()
	if err != nil {
		return nil, err
	}
	f := &facts{}
	f.fill(e, x, a, newZones(), l)
	var out []Part
	for _, member := range conjuncts(r.ast.NativeRep().Expr()) {
		text, err := cel.ExprToString(member, r.ast.NativeRep().SourceInfo())
		if err != nil {
			return nil, fmt.Errorf("explain rule %s: %w", r.ID, err)
		}
		p := Part{Text: strings.Join(strings.Fields(text), " "), Values: l.values(member, f)}
		part, err := Compile(Row{ID: r.ID, When: text, Then: Suppress, Mode: On})
		if err != nil {
			return nil, fmt.Errorf("explain %q of rule %s: %w", p.Text, r.ID, err)
		}
		if p.Holds, err = part.holds(f); err != nil {
			p.Error = plainRuntime(err)
		}
		out = append(out, p)
	}
	return out, nil
}

func conjuncts(e ast.Expr) []ast.Expr {
	if e.Kind() != ast.CallKind || e.AsCall().FunctionName() != operators.LogicalAnd {
		return []ast.Expr{e}
	}
	var out []ast.Expr
	for _, a := range e.AsCall().Args() {
		out = append(out, conjuncts(a)...)
	}
	return out
}

// values writes every field that the expression asks for with its value, each once.
func (l *language) values(e ast.Expr, f *facts) []string {
	var out []string
	ast.PreOrderVisit(e, ast.NewExprVisitor(func(e ast.Expr) {
		if e.Kind() != ast.SelectKind || e.AsSelect().Operand().Kind() != ast.IdentKind {
			return
		}
		name, of := e.AsSelect().FieldName(), e.AsSelect().Operand().AsIdent()
		for _, n := range l.nouns {
			i := slices.IndexFunc(n.fields, func(x field) bool { return x.name == name })
			if n.name != of || i < 0 {
				continue
			}
			if line := of + "." + name + " " + show(n.fields[i].get(f)); !slices.Contains(out, line) {
				out = append(out, line)
			}
		}
	}))
	return out
}

func show(v ref.Val) string {
	switch v := v.(type) {
	case nil:
		return "is not known"
	case types.String:
		return "= " + quote(string(v))
	case types.Double:
		return "= " + strconv.FormatFloat(float64(v), 'g', 6, 64)
	}
	switch native := v.Value().(type) {
	case []string:
		return fmt.Sprintf("= %q", native)
	case map[ref.Val]ref.Val:
		var names []string
		for k, n := range native {
			names = append(names, fmt.Sprint(k.Value(), ": ", n.Value()))
		}
		slices.Sort(names)
		return "= {" + strings.Join(names, ", ") + "}"
	}
	return fmt.Sprint("= ", v.Value())
}
