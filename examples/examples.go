// Package examples holds the files that the demonstration and the documentation share: an
// example portfolio of fourteen invented projects on real places. The files are embedded,
// so the program needs no folder beside it. Nobody in them exists, and every address ends
// in a domain that is reserved for examples. It reads nothing at run time.
package examples

import _ "embed"

//go:embed portfolio.csv
var portfolio string

// Portfolio returns the example portfolio as CSV in the form that an import reads.
func Portfolio() []byte { return []byte(portfolio) }
