//go:build !amd64

package impact

// byFours tells whether windsByFours can run on this processor.
func byFours() bool { return false }

// windsByFours is never asked: see byFours.
func windsByFours(n *nearLeg, positive, negative *windCurve, pw *powers, both *[2]uint64, cut int, xs, ys, winds *float64, fours int) {
}

// looksByFours is never asked: see byFours.
func looksByFours(near *nearLeg, candidates *candidate, four *fourCells, out *fourLook, count int) {
}
