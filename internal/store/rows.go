package store

import (
	"math/bits"
	"slices"
	"strings"
)

// many is a statement that takes many rows at once: a statement costs more than a row of it, on
// PostgreSQL a way to the server and back. There is a text for each power of two of rows, so
// that few statements, which stay prepared, serve every number.
type many struct {
	columns int
	key     int // so many of its first columns may not come twice in one statement; 0 = all may
	texts   []string
}

// mostValues bounds the values that are bound to one statement.
const mostValues = 512

// changing makes a statement of what stands before its rows, a row, and what stands after them.
func changing(before, row, after string) *many {
	m := &many{columns: strings.Count(row, "?")}
	for n := 1; n*m.columns <= mostValues; n *= 2 {
		m.texts = append(m.texts, strings.TrimSpace(before+" "+strings.Repeat(row+",", n-1)+row+" "+after))
	}
	return m
}

// inserting makes an INSERT of what stands between INTO and VALUES, and of what follows these.
// key is that of an ON CONFLICT DO UPDATE: PostgreSQL changes a row once in a statement.
func inserting(into string, key int, after string) *many {
	m := changing("INSERT INTO "+into+" VALUES", "("+strings.Repeat("?,", strings.Count(into, ","))+"?)", after)
	m.key = key
	return m
}

// one is the statement for one row.
func (m *many) one() string { return m.texts[0] }

// most is how many rows the longest statement takes.
func (m *many) most() int { return 1 << (len(m.texts) - 1) }

// gathered are rows that are not written yet, one after the other.
type gathered struct {
	in   *many
	args []any
}

// row gathers a row. It is written before the next statement of exec, and by end.
func (w *batchWriter) row(in *many, values ...any) {
	if in.key > 0 && w.holds(in, values[:in.key]...) {
		w.flush()
	}
	i := slices.IndexFunc(w.rows, func(g gathered) bool { return g.in == in })
	if i < 0 {
		i = len(w.rows)
		w.rows = append(w.rows, gathered{in: in})
	}
	g := &w.rows[i]
	if g.args = append(g.args, values...); len(g.args) == in.most()*in.columns {
		w.flush()
	}
}

// holds tells whether a row is gathered that begins with these values.
func (w *batchWriter) holds(in *many, first ...any) bool {
	return w.any(in, func(row []any) bool { return slices.Equal(row[:len(first)], first) })
}

func (w *batchWriter) any(in *many, is func(row []any) bool) bool {
	for _, g := range w.rows {
		if g.in != in {
			continue
		}
		for row := range slices.Chunk(g.args, in.columns) {
			if is(row) {
				return true
			}
		}
	}
	return false
}

// flush writes what is gathered, in the order in which tables got their first row: what refers
// to a row of another table comes after it.
func (w *batchWriter) flush() {
	for _, g := range w.rows {
		if w.err == nil {
			w.err = g.in.each(g.args, func(q string, args []any) error {
				_, err := w.tx.ExecContext(w.ctx, q, args...)
				return err
			})
		}
	}
	w.rows = w.rows[:0]
}

// each goes through rows, as many at a time as a statement takes.
func (m *many) each(rows []any, do func(q string, args []any) error) error {
	for len(rows) > 0 {
		k := min(bits.Len(uint(len(rows)/m.columns)), len(m.texts)) - 1
		n := m.columns << k
		if err := do(m.texts[k], rows[:n]); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

// end writes what is gathered and returns the first error.
func (w *batchWriter) end() error {
	w.flush()
	return w.err
}
