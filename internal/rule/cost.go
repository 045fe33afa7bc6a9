package rule

import (
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/cost"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// sizes tells the estimate of cost how large our values get: fields are cut to these sizes.
type sizes struct{ l *language }

// EstimateSize implements cost.Estimator.
func (s sizes) EstimateSize(n cost.AstNode) *cost.SizeEstimate {
	path := n.Path()
	if len(path) < 2 {
		return nil
	}
	for _, noun := range s.l.nouns {
		size, ok := noun.sizes[path[1]]
		switch {
		case noun.name != path[0] || !ok:
			continue
		case len(path) == 2:
			return &cost.SizeEstimate{Min: 0, Max: size}
		case len(path) == 3: // a member of a list, or a key or value of a map
			return &cost.SizeEstimate{Min: 0, Max: maxText}
		}
	}
	return nil
}

// EstimateCallCost implements cost.Estimator.
func (s sizes) EstimateCallCost(function, _ string, target *cost.AstNode, args []cost.AstNode) *cost.CallEstimate {
	if n, ok := price(function); ok {
		return &cost.CallEstimate{CostEstimate: cost.FixedCostEstimate(n)}
	}
	if function == "matches" && target != nil && len(args) == 1 {
		return &cost.CallEstimate{CostEstimate: cost.Estimate{Min: 1, Max: s.matching(*target, args[0].Expr())}}
	}
	return nil
}

// matching prices a regular expression by the work of its program on the longest text,
// not by the length of the pattern: short patterns can have large programs.
func (s sizes) matching(text cost.AstNode, pattern ast.Expr) uint64 {
	length := uint64(MaxWhen)
	if known := text.ComputedSize(); known != nil {
		length = known.Max
	} else if known := s.EstimateSize(text); known != nil {
		length = known.Max
	}
	program := uint64(maxPattern)
	if p, ok := literal[types.String](pattern); ok {
		program = uint64(instructions(string(p)))
	}
	// One unit buys about 40 steps of the matcher.
	return cost.SafeAdd(1, cost.SafeMultiply(length+1, program+1)/40)
}

// charges tells the same prices while a condition runs.
type charges struct{}

// CallCost implements cost.ActualCostEstimator.
func (charges) CallCost(function, _ string, _ []ref.Val, _ ref.Val) *uint64 {
	if n, ok := price(function); ok {
		return &n
	}
	return nil
}

// price is the cost of our own functions. within() may prepare an outline of maxVertices.
func price(function string) (uint64, bool) {
	switch function {
	case "within":
		return 400, true
	case "hour", "weekday":
		return 5, true
	case "tagged":
		return maxTags, true
	}
	return 0, false
}
