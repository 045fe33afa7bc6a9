package impact

import (
	"math"

	"watchfire.dev/internal/level"
)

// supplierMethod holds the coefficients of the section "supplier".
type supplierMethod struct {
	Provenance string  `json:"provenance"`
	PerHop     float64 `json:"per_hop"`
	MaxHops    float64 `json:"max_hops"`
}

// SupplierInput describes what strikes somebody we depend on.
type SupplierInput struct {
	P    level.P // at the supplier itself
	Hops int     // levels of dependency between us and it; 0 = it is ours
}

// Supplier gives the probability of each impact class for us when a supplier is struck: each
// level of dependency passes 0.6 of it on, at most five levels.
func (m *Method) Supplier(in SupplierInput) (Result, error) {
	q := &m.supplier
	c := &checker{}
	c.within("hops", float64(in.Hops), 0, q.MaxHops)
	if err := in.P.Valid(); err != nil {
		return Result{}, err
	}
	if err := c.err(); err != nil {
		return Result{}, err
	}
	share := math.Pow(q.PerHop, float64(in.Hops))
	return Result{
		Hazard: "supplier", Method: m.Version, P: in.P.Monotone().Scale(share),
		Intensity: Measure{Value: float64(in.Hops), Unit: "levels of dependency"},
		Steps:     []Step{{"share that reaches us", share, ""}},
		Formula:   "p_k = p_k(supplier) · 0.6^hops",
		Source:    "design of Watchfire, method " + m.Version,
	}, nil
}
