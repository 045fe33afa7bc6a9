//go:build !amd64

package match

// byFours tells whether dotsByFours can run on this processor.
func byFours() bool { return false }

// dotsByFours is never asked: see byFours.
func dotsByFours(vecs *vector, ids, room *int32, fours int, v *vector, low, high float64) (looked, wrote int) {
	return 0, 0
}
