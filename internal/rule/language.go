package rule

import (
	"errors"
	"fmt"
	"sync"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/env"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// A language is CEL with our nouns and functions, and without what would make a decision
// depend on the machine or on chance.
type language struct {
	env    *cel.Env
	nouns  []*noun
	byType map[string]*noun
}

// theLanguage is built once and never changes; building it costs some hundred rules.
var theLanguage = sync.OnceValues(newLanguage)

// standard is what is taken from CEL's standard library. Instants, durations and type
// conversions to dyn are left out: their results could depend on the machine's zone, or
// hide a type from the checks.
func standard() []string {
	return []string{
		operators.Conditional, operators.LogicalAnd, operators.LogicalOr, operators.LogicalNot, operators.NotStrictlyFalse,
		operators.Equals, operators.NotEquals, operators.Less, operators.LessEquals, operators.Greater, operators.GreaterEquals,
		operators.Add, operators.Subtract, operators.Multiply, operators.Divide, operators.Modulo, operators.Negate,
		operators.Index, operators.In,
		"size", "int", "double", "string", "contains", "startsWith", "endsWith", "matches",
	}
}

func newLanguage() (*language, error) {
	l := &language{nouns: nouns(), byType: map[string]*noun{}}
	for _, n := range l.nouns {
		l.byType[n.typ.TypeName()] = n
	}
	subset := env.NewLibrarySubset()
	for _, f := range standard() {
		subset.AddIncludedFunctions(env.NewFunction(f))
	}
	opts := []cel.EnvOption{
		cel.CustomTypeProvider(l), cel.CustomTypeAdapter(types.DefaultTypeAdapter),
		cel.StdLib(cel.StdLibSubset(subset)),
		cel.CrossTypeNumericComparisons(true), cel.EnableMacroCallTracking(), cel.HomogeneousAggregateLiterals(),
		cel.ParserExpressionSizeLimit(MaxWhen), cel.ParserRecursionLimit(maxDepth), cel.ParserErrorRecoveryLimit(4),
		cel.ExpressionNodeLimit(maxNodes), cel.ASTValidators(careful{}),
		cel.Macros(short("hour", 1, "event"), short("weekday", 1, "event"), short("within", 3, "asset"), short("tagged", 1, "asset"),
			exact("within", 3)),
	}
	for name, v := range constants() {
		opts = append(opts, cel.Constant(name, cel.IntType, types.Int(v)))
	}
	for _, n := range l.nouns {
		opts = append(opts, cel.Variable(n.name, n.typ))
	}
	opts = append(opts, functions(l.nouns[0].typ, l.nouns[2].typ)...)
	e, err := cel.NewCustomEnv(opts...)
	if err != nil {
		return nil, fmt.Errorf("language of rules: %w", err)
	}
	l.env = e
	return l, nil
}

// EnumValue implements types.Provider: there are no enumerations.
func (l *language) EnumValue(name string) ref.Val { return types.NewErr("unknown name %q", name) }

// FindIdent implements types.Provider: types are not values here.
func (l *language) FindIdent(string) (ref.Val, bool) { return nil, false }

// FindStructType implements types.Provider.
func (l *language) FindStructType(name string) (*types.Type, bool) {
	if n, ok := l.byType[name]; ok {
		return types.NewTypeTypeWithParam(n.typ), true
	}
	return nil, false
}

// FindStructFieldNames implements types.Provider.
func (l *language) FindStructFieldNames(name string) ([]string, bool) {
	n, ok := l.byType[name]
	if !ok {
		return nil, false
	}
	var names []string
	for _, f := range n.fields {
		names = append(names, f.name)
	}
	return names, true
}

// FindStructFieldType implements types.Provider.
func (l *language) FindStructFieldType(name, field string) (*types.FieldType, bool) {
	n, ok := l.byType[name]
	if !ok {
		return nil, false
	}
	f, ok := n.byName[field]
	return f, ok
}

// NewValue implements types.Provider: a condition cannot make an event.
func (l *language) NewValue(name string, _ map[string]ref.Val) ref.Val {
	return types.NewErr("%s cannot be made", name)
}

// compile parses, checks and plans the condition of the rule.
func (r *Rule) compile() Problems {
	l, err := theLanguage()
	if err != nil {
		return Problems{{Field: "when", Message: err.Error()}}
	}
	ast, issues := l.env.Compile(r.When)
	if issues.Err() != nil {
		return l.plain(issues.Errors())
	}
	at := func(format string, args ...any) Problems {
		return Problems{{Line: 1, Column: 1, Field: "when", Message: fmt.Sprintf(format, args...)}}
	}
	if !ast.OutputType().IsExactType(cel.BoolType) {
		return at("the condition gives %s: it must say true or false, as in \"exposure.level >= orange\"", l.typeWord(ast.OutputType()))
	}
	estimate, err := l.env.EstimateCost(ast, sizes{l})
	if err != nil {
		return at("the cost cannot be told: %v", err)
	}
	if estimate.Max > MaxCost {
		return at("the condition can cost %s and at most %d is allowed: use shorter lists, fewer nested all/exists/map/filter and fewer matches()",
			units(estimate.Max), MaxCost)
	}
	p, err := l.env.Program(ast, cel.EvalOptions(cel.OptOptimize), cel.CostTracking(charges{}), cel.CostLimit(MaxCost))
	if err != nil {
		return at("%s", plainRuntime(err))
	}
	r.ast, r.program, r.cost = ast, p, estimate.Max
	return nil
}

func units(n uint64) string {
	if n > 1_000_000_000 {
		return "more than a billion units"
	}
	return fmt.Sprintf("%d units", n)
}

var errNotBool = errors.New("the condition gave neither true nor false")

// holds evaluates the condition. There is no time limit beside the limit of cost: one by
// the clock would let a replay decide otherwise than the live run did.
func (r *Rule) holds(f *facts) (bool, error) {
	out, _, err := r.program.Eval(f)
	if err != nil {
		return false, err
	}
	b, ok := out.(types.Bool)
	if !ok {
		return false, errNotBool
	}
	return bool(b), nil
}
