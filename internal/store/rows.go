package store

import (
	"math/bits"
	"slices"
	"strings"
)

// An insertion is an INSERT that takes many rows at once. A statement costs more than a row of
// it: on PostgreSQL it is a way to the server and back. There is a text for each power of two
// of rows, so that few statements, which stay prepared, serve every number.
type insertion struct {
	columns int
	key     int // so many of its first columns may not come twice in one statement; 0 = all may
	texts   []string
}

// mostValues bounds the values that are bound to one statement.
const mostValues = 512

// inserting makes an insertion of what stands between INTO and VALUES, and of what follows
// these. key is that of an ON CONFLICT DO UPDATE: PostgreSQL changes a row once in a statement.
func inserting(into string, key int, tail string) *insertion {
	in := &insertion{columns: strings.Count(into, ",") + 1, key: key}
	row := "(" + strings.Repeat("?,", in.columns-1) + "?)"
	for n := 1; n*in.columns <= mostValues; n *= 2 {
		in.texts = append(in.texts, strings.TrimSpace("INSERT INTO "+into+" VALUES "+strings.Repeat(row+",", n-1)+row+" "+tail))
	}
	return in
}

// one is the statement for one row.
func (in *insertion) one() string { return in.texts[0] }

// most is how many rows the longest statement takes.
func (in *insertion) most() int { return 1 << (len(in.texts) - 1) }

// gathered are rows that are not written yet, one after the other.
type gathered struct {
	in   *insertion
	args []any
}

// row gathers a row. It is written before the next statement of exec, and by end.
func (w *batchWriter) row(in *insertion, values ...any) {
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
func (w *batchWriter) holds(in *insertion, first ...any) bool {
	return w.any(in, func(row []any) bool { return slices.Equal(row[:len(first)], first) })
}

func (w *batchWriter) any(in *insertion, is func(row []any) bool) bool {
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
		for args := g.args; len(args) > 0; {
			k := bits.Len(uint(len(args)/g.in.columns)) - 1
			n := g.in.columns << k
			w.beside(g.in.texts[k], args[:n]...)
			args = args[n:]
		}
	}
	w.rows = w.rows[:0]
}

// end writes what is gathered and returns the first error.
func (w *batchWriter) end() error {
	w.flush()
	return w.err
}
