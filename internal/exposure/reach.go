package exposure

import "watchfire.dev/internal/geo"

// target is the asset of a number.
func (x *Index) target(id int32) *target { return &x.targets[id] }

// reach calls f for every asset that may lie within km kilometres of a region: some may lie
// farther away, none nearer is left out.
func (x *Index) reach(r *geo.Region, km float64, f func(id int32)) { x.grid.visit(r, km, f) }
