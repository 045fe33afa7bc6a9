package calc

import (
	"strconv"
	"strings"

	"watchfire.dev/internal/level"
)

// A LevelAnswer is what the matrix says to a vector.
type LevelAnswer struct {
	P         Vector      `json:"p"`
	Observed  string      `json:"observed,omitempty"` // I1 to I4
	Level     level.Level `json:"level"`
	Cells     Cells       `json:"cells"`
	Words     Words       `json:"likelihood"`
	Emergency bool        `json:"emergency"` // the flag beside the level
	Method    string      `json:"method"`
}

// Words holds the ICD-203 word of each class.
type Words struct {
	I1 string `json:"I1"`
	I2 string `json:"I2"`
	I3 string `json:"I3"`
	I4 string `json:"I4"`
}

// List gives the four words in order.
func (w Words) List() [level.Classes]string { return [level.Classes]string{w.I1, w.I2, w.I3, w.I4} }

// LevelFields are the inputs of Level.
func LevelFields() []Field {
	p := func(name string) Field { return Field{Name: name, Hi: 1, Required: true} }
	return []Field{p("I1"), p("I2"), p("I3"), p("I4"), {Name: "observed", Kind: Word, Words: []string{"none", "I1", "I2", "I3", "I4"}, Default: "none"}}
}

// Level gives the level and the four cells of a vector of probabilities, P(impact ≥ class).
// The lower edge of a likelihood row belongs to the row: exactly 1, 5, 20 and 55 % stand in
// the row that begins there, and exactly 80 % in the highest. observed takes the highest row
// for its class and all below it. Every error is a Problem.
func Level(mx level.Matrix, given map[string]string) (LevelAnswer, error) {
	v, err := read(LevelFields(), given, func(string) bool { return false })
	if err != nil {
		return LevelAnswer{}, err
	}
	p := level.P{1, v.num("I1"), v.num("I2"), v.num("I3"), v.num("I4")}
	if err := falling(p); err != nil {
		return LevelAnswer{}, err
	}
	observed, seen := 0, v.word("observed")
	if rest, ok := strings.CutPrefix(seen, "I"); ok {
		observed = int(rest[0] - '0')
	} else {
		seen = ""
	}
	l, cells := mx.LevelOf(p, observed)
	return LevelAnswer{
		P: vector(p), Observed: seen, Level: l, Cells: cellsOf(cells),
		Words:     Words{level.Word(p[1]), level.Word(p[2]), level.Word(p[3]), level.Word(p[4])},
		Emergency: level.Emergency(observed, 0), Method: mx.Version,
	}, nil
}

// falling demands that no class is more probable than the one below it.
func falling(p level.P) error {
	for k := 2; k < len(p); k++ {
		if p[k] > p[k-1] {
			return Problem{
				Key: "I" + strconv.Itoa(k), Why: "order", Got: number(p[k]), Want: "I" + strconv.Itoa(k-1) + ", " + number(p[k-1]),
			}
		}
	}
	return nil
}
