// Package calc is the calculator: what an analyst asks on the phone and what an outsider can
// check by hand. It names the inputs of every impact function with unit, range and default,
// reads them from words as people write them, runs the function, the level matrix or the
// source weights, and answers one value that marshals to the same bytes in every run. It
// promises that nothing is accepted silently: an unknown, missing, repeated, malformed or
// out-of-range input is a Problem that names its key, and no formula runs. It holds no
// formula and no coefficient of its own (packages impact and level do), reads no file and
// knows no asset; command line, API and page share it, so they cannot disagree.
package calc
