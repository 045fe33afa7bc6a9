package main

import (
	"embed"
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"
)

//go:embed data/*.csv
var tables embed.FS

// A row is one line of a table by column name.
type row map[string]string

// number reads a column; the tables are part of the program, so a slip of ours panics.
func (r row) number(column string) float64 {
	v, err := strconv.ParseFloat(r[column], 64)
	if err != nil {
		panic(fmt.Sprintf("table column %s of %v: %v", column, r, err))
	}
	return v
}

// table reads an embedded table.
func table(name string) []row {
	b, err := tables.ReadFile("data/" + name)
	if err != nil {
		panic(err)
	}
	in := csv.NewReader(strings.NewReader(string(b)))
	in.Comment = '#'
	lines, err := in.ReadAll()
	if err != nil {
		panic(fmt.Sprintf("table %s: %v", name, err))
	}
	out := make([]row, 0, len(lines)-1)
	for _, line := range lines[1:] {
		r := row{}
		for i, column := range lines[0] {
			r[column] = line[i]
		}
		out = append(out, r)
	}
	return out
}

// chooser draws an index with the weights that it was given.
type chooser []float64 // running sums

func newChooser(rows []row, column string) chooser {
	out, sum := make(chooser, len(rows)), 0.0
	for i, r := range rows {
		sum += r.number(column)
		out[i] = sum
	}
	return out
}

// pick gives the index for a number in [0, 1).
func (c chooser) pick(u float64) int {
	u *= c[len(c)-1]
	for i, sum := range c {
		if u < sum {
			return i
		}
	}
	return len(c) - 1
}
