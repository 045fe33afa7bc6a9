package indicator

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"watchfire.dev/internal/fault"
)

//go:embed data/starter.tsv
var starterTSV string

// Starter is the set of numbers that comes with the program, as the licences of its panels
// allow: enough for a first assessment of every country. Each number carries its source, its
// licence and the day its edition was published.
func Starter() []Observation {
	list := starter()
	out := make([]Observation, len(list))
	copy(out, list)
	return out
}

var starter = sync.OnceValue(func() []Observation {
	out, err := readStarter(starterTSV)
	if err != nil {
		panic(err) // a bug of ours: the file is part of the program
	}
	return out
})

func readStarter(raw string) ([]Observation, error) {
	var out []Observation
	for i, line := range strings.Split(raw, "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		cells := strings.Split(line, "\t")
		if len(cells) != 4 {
			return nil, fmt.Errorf("starter set, line %d: %d columns, want 4: %w", i+1, len(cells), fault.ErrInvalid)
		}
		m, ok := FindMapping(cells[0])
		if !ok || !m.Redistribute {
			return nil, fmt.Errorf("starter set, line %d: %.40q is no panel that we may pass on: %w", i+1, cells[0], fault.ErrInvalid)
		}
		known, _ := time.Parse(time.DateOnly, m.Published)
		d, _ := Find(cells[1])
		for _, pair := range strings.Fields(cells[3]) {
			place, value, _ := strings.Cut(pair, "=")
			v, err := number(value)
			if err != nil {
				return nil, fmt.Errorf("starter set, line %d: %w", i+1, err)
			}
			o := Observation{
				Indicator: cells[1], Unit: d.Unit, Place: "country:" + place, Period: cells[2], Value: v, KnownAt: known,
				Source: m.Source, Grade: m.Grade, Licence: m.Licence, Panel: m.ID,
			}
			if err := o.Check(); err != nil {
				return nil, fmt.Errorf("starter set, line %d, %s: %w", i+1, strconv.Quote(pair), err)
			}
			out = append(out, o.WithID())
		}
	}
	Sort(out)
	return out, nil
}
