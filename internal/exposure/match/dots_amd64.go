package match

import "golang.org/x/sys/cpu"

// byFours tells whether dotsByFours can run on this processor.
func byFours() bool { return cpu.X86.HasAVX2 }

// dotsByFours looks at points four at a time, fours times at most: it writes the ids of those
// whose product with v is above high to room, one behind the other. It stops before the first
// four of which one lies from low to high, and returns how many fours it looked at and how
// many ids it wrote. It may write anything to the three places after those, never beyond as
// many places as it looked at points.
//
//go:noescape
func dotsByFours(vecs *vector, ids, room *int32, fours int, v *vector, low, high float64) (looked, wrote int)
