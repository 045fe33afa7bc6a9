package impact

import "golang.org/x/sys/cpu"

// byFours tells whether windsByFours can run on this processor.
func byFours() bool { return cpu.X86.HasAVX2 }

// windsByFours raises winds to those of a leg for draws four at a time, fours times: what
// one after the other gives, to the last bit. cut is 0 where all of each way lies on the
// positive side, 1 and 2 as in sidesOf; both is all ones where a way that is nearest on the
// positive and on the negative side must be asked for its other side too. The lists must
// hold room for whole fours.
//
//go:noescape
func windsByFours(n *nearLeg, positive, negative *windCurve, pw *powers, both *[2]uint64, cut int, xs, ys, winds *float64, fours int)

// looksByFours is nearLeg.look for each of some candidates, count of them: near is the first
// of all legs near.
//
//go:noescape
func looksByFours(near *nearLeg, candidates *candidate, four *fourCells, out *fourLook, count int)
