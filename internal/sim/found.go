package sim

import (
	_ "embed"
	"strconv"
	"strings"
)

//go:embed seeds.txt
var seeds string

// Found lists the seeds that once broke a promise.
func Found() []uint64 {
	var out []uint64
	for line := range strings.Lines(seeds) {
		if f := strings.Fields(line); len(f) > 0 && f[0] != "#" {
			n, err := strconv.ParseUint(f[0], 10, 64)
			if err != nil {
				panic(err) // a bug of ours: the list is part of the program
			}
			out = append(out, n)
		}
	}
	return out
}
