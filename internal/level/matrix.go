package level

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"sync"

	"watchfire.dev/internal/fault"
)

//go:embed data/level.json
var defaultJSON []byte

// Bins is the number of likelihood rows of the matrix.
const Bins = 6

// Observed is the likelihood row of an impact that has happened; it is also that of the
// highest probabilities.
const Observed = Bins - 1

// A Matrix turns likelihood and impact class into a level. It is a plain value: copy it and
// change it to make a tenant's own; Check tells whether the result still makes sense.
type Matrix struct {
	Version    string               `json:"version"`
	Provenance string               `json:"provenance"`
	Edges      [Bins - 1]float64    `json:"edges"` // lower edges of bins 1 to 5, inclusive
	Cells      [Bins][Classes]Level `json:"cells"` // by bin, then by class − 1
}

// load is computed once from the embedded file; it is a constant in all but name.
var load = sync.OnceValue(func() Matrix {
	m, err := ParseMatrix(defaultJSON)
	if err != nil {
		panic(err) // a bug of ours: the file is part of the program
	}
	return m
})

// Default is the built-in matrix: bins < 1, 1–5, 5–20, 20–55, 55–80 and ≥ 80 % or observed.
func Default() Matrix { return load() }

// ParseMatrix reads a whole matrix from JSON and checks it; fields that it does not know are
// errors. The error wraps fault.ErrInvalid.
func ParseMatrix(b []byte) (Matrix, error) {
	var m Matrix
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil {
		return Matrix{}, fmt.Errorf("parse level matrix: %w: %w", fault.ErrInvalid, err)
	}
	return m, m.Check()
}

// Check returns an error wrapping fault.ErrInvalid unless the matrix names its version, the
// edges rise within (0, 1) and no level falls when likelihood or class rises.
func (m Matrix) Check() error {
	if m.Version == "" {
		return fmt.Errorf("level matrix: version is missing: %w", fault.ErrInvalid)
	}
	last := 0.0
	for i, e := range m.Edges {
		if !(e > last && e < 1) {
			return fmt.Errorf("level matrix: edge %d is %v after %v: %w", i+1, e, last, fault.ErrInvalid)
		}
		last = e
	}
	for b := range m.Cells {
		for k := range m.Cells[b] {
			c := m.Cells[b][k]
			if !c.Valid() || b > 0 && c < m.Cells[b-1][k] || k > 0 && c < m.Cells[b][k-1] {
				return fmt.Errorf("level matrix: cell of bin %d and I%d falls against its neighbour: %w", b, k+1, fault.ErrInvalid)
			}
		}
	}
	return nil
}

// Bin gives the likelihood row of p, 0 to 5. The lower edge belongs to the row: 0.05 is in
// "5–20 %", 0.80 in the highest. Not-a-number is row 0.
func (m Matrix) Bin(p float64) int {
	b := 0
	for b < len(m.Edges) && p >= m.Edges[b] {
		b++
	}
	return b
}

// Cell gives the level for class k (1 to 4) at probability p; observed stands for an impact
// that has happened and takes the highest row whatever p says. Class 0 is always green.
func (m Matrix) Cell(k int, p float64, observed bool) Level {
	if k < 1 || k > Classes {
		return Green
	}
	b := m.Bin(p)
	if observed {
		b = Observed
	}
	return m.Cells[b][k-1]
}

// LevelOf gives the level of p and the cell of each class (cells[0] is green): the highest
// cell over the classes. observed is the highest class seen to have happened, 0 for none;
// all classes up to it count as observed.
func (m Matrix) LevelOf(p P, observed int) (Level, [Classes + 1]Level) {
	var cells [Classes + 1]Level
	top := Green
	for k := 1; k <= Classes; k++ {
		cells[k] = m.Cell(k, p[k], k <= observed)
		top = max(top, cells[k])
	}
	return top, cells
}

// Emergency tells whether the EMERGENCY flag is up: an observed impact of class 3 or more,
// or people unaccounted for. It is a flag beside the level, not a fifth level.
func Emergency(observed, unaccounted int) bool { return observed >= 3 || unaccounted > 0 }
