package rule

import (
	"regexp"
	"regexp/syntax"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
)

// careful refuses what type checking lets through: conditions whose result could depend on
// the order of a map, patterns that are not known beforehand, and mistakes in constants
// that would show only when it matters.
type careful struct{}

// Name implements cel.ASTValidator.
func (careful) Name() string { return "watchfire.rule.careful" }

// Validate implements cel.ASTValidator.
func (careful) Validate(_ *cel.Env, _ cel.ValidatorConfig, a *ast.AST, issues *cel.Issues) {
	ast.PreOrderVisit(a.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		switch e.Kind() {
		case ast.StructKind:
			issues.ReportErrorAtID(e.ID(), "a condition cannot make an object")
		case ast.ComprehensionKind:
			if !a.GetType(e.AsComprehension().IterRange().ID()).IsExactType(listOf(a, e)) {
				issues.ReportErrorAtID(e.AsComprehension().IterRange().ID(),
					"all, exists, filter and map go over lists only: a map has no order; ask it with \"in\" or by key")
			}
		case ast.CallKind:
			checkCall(e, issues)
		}
	}))
}

// listOf is the type of the comprehension's range when that is a list, else a type that
// the range has not.
func listOf(a *ast.AST, e ast.Expr) *types.Type {
	if t := a.GetType(e.AsComprehension().IterRange().ID()); t.Kind() == types.ListKind {
		return t
	}
	return types.NewListType(types.ErrorType)
}

func checkCall(e ast.Expr, issues *cel.Issues) {
	call := e.AsCall()
	args := call.Args()
	switch call.FunctionName() {
	case "matches":
		pattern := args[len(args)-1]
		text, ok := literal[types.String](pattern)
		if !ok {
			issues.ReportErrorAtID(pattern.ID(), "matches() takes a pattern between quotes")
			return
		}
		if why := checkPattern(string(text)); why != "" {
			issues.ReportErrorAtID(pattern.ID(), "%s", why)
		}
	case "hour", "weekday":
		if zone, ok := literal[types.String](args[0]); ok {
			if _, err := loadZone(string(zone)); err != nil {
				issues.ReportErrorAtID(args[0].ID(), "%s", err.Error())
			}
		}
	case "within":
		if lat, lon, km, ok := placeOf(args); ok {
			if why := checkPlace(lat, lon, km); why != "" {
				issues.ReportErrorAtID(e.ID(), "%s", why)
			}
		}
	}
}

func placeOf(args []ast.Expr) (lat, lon, km float64, ok bool) {
	var v [3]float64
	for i := range v {
		d, is := literal[types.Double](args[i])
		if !is {
			return 0, 0, 0, false
		}
		v[i] = float64(d)
	}
	return v[0], v[1], v[2], true
}

func literal[T types.String | types.Double](e ast.Expr) (T, bool) {
	var none T
	if e.Kind() != ast.LiteralKind {
		return none, false
	}
	v, ok := e.AsLiteral().(T)
	return v, ok
}

// checkPattern says what is wrong with a regular expression, or "".
func checkPattern(pattern string) string {
	if strings.ContainsRune(pattern, '\b') { // what "\b" is in a text of CEL; nobody looks for one
		return `the pattern holds a backspace: write r before the quotes, as in matches(r"\bdrill\b")`
	}
	if _, err := regexp.Compile(pattern); err != nil {
		return "the pattern is not a regular expression of RE2: " + plainPattern(err)
	}
	if instructions(pattern) > maxPattern {
		return "the pattern is too large: make it shorter, with smaller repeats"
	}
	return ""
}

// instructions is the size of the pattern's program: the time to match is at most the
// length of the text times this.
func instructions(pattern string) int {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return 0
	}
	prog, err := syntax.Compile(re.Simplify())
	if err != nil {
		return 0
	}
	return len(prog.Inst)
}
