package match

// A Search is the scratch of one query after the other: a goroutine keeps one and hands it
// to each query, which then allocates nothing once its buffers have grown. The zero value is
// ready.
type Search struct {
	spans  []span
	row    int32
	raster raster
	area   Area // of queries for items
	line   Line
	strips []strip
	sorted []strip
	starts []int32
	sweep  sweep
}

// next is the row of what came to a row after it was packed; nil = there is none.
func (r *row) next() *row {
	if r.over == nil {
		return nil
	}
	return &r.over.more
}

// span is a part of a row: taken as a whole, or to be tested point by point.
type span struct {
	a        *arena
	from, to uint32
	sure     bool
	row      int32 // whose strips a line's points are tested with
}

// add notes the part [from, to) of a row, counted from the row's start.
func (s *Search) add(r *row, from, to int, sure bool) {
	if r.over != nil {
		for _, g := range r.over.gone {
			if at := int(g); from <= at && at < to {
				s.note(r, from, at, sure)
				from = at + 1
			}
		}
	}
	s.note(r, from, to, sure)
}

// all notes a row as a whole.
func (s *Search) all(r *row, sure bool) {
	for ; r != nil; r = r.next() {
		s.add(r, 0, int(r.to-r.from), sure)
	}
}

func (s *Search) note(r *row, from, to int, sure bool) {
	if from >= to {
		return
	}
	f, t := r.from+uint32(from), r.from+uint32(to)
	if n := len(s.spans); n > 0 {
		if l := &s.spans[n-1]; l.a == r.a && l.to == f && l.sure == sure && l.row == s.row {
			l.to = t
			return
		}
	}
	s.spans = append(s.spans, span{r.a, f, t, sure, s.row})
}

// around notes the part of a row whose keys lie on the circle from one key eastwards to
// another, both included.
func (s *Search) around(r *row, from, to uint32, sure bool) {
	if from <= to {
		s.add(r, r.lower(from), r.upper(to), sure)
		return
	}
	s.add(r, 0, r.upper(to), sure)
	s.add(r, r.lower(from), int(r.to-r.from), sure)
}
