package store

import (
	"regexp"
	"slices"
	"strings"
	"sync"
)

// still keeps what was read until something is written to a table that it was read from: what
// every request, decision and message asks for and hardly anybody changes, such as who is signed
// in and who has muted what. Each of these questions costs SQLite several calls to the system
// and, right after a commit, its pages once more. Where several processes write, nothing is kept.
type still struct {
	mu      sync.Mutex
	written map[string]uint64   // how often transactions wrote to a table
	kept    map[question]answer // shared: nobody who gets one may change what its lists hold
	tables  map[string][]string // that a statement writes to, by its text
}

// question names what is asked, with its arguments.
type question struct{ what, org, id string }

// answer is what was read when its tables had been written so often, all together.
type answer struct {
	value any
	at    uint64
}

// Bounds of what is kept: when there is so much, all of it is asked again.
const (
	mostAnswers = 4096
	mostTexts   = 4096
)

// asked gives what was read before from the tables, or reads it.
func asked[T any](db *DB, q question, tables []string, read func() (T, error)) (T, error) {
	if db.Shared() {
		return read()
	}
	was, at, ok := db.still.get(q, tables)
	if ok {
		return was.(T), nil
	}
	v, err := read()
	if err == nil {
		db.still.put(q, tables, answer{v, at})
	}
	return v, err
}

// get gives an answer, and how often its tables have been written.
func (s *still) get(q question, tables []string) (value any, at uint64, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at = s.version(tables)
	a, ok := s.kept[q]
	if !ok || a.at != at {
		return nil, at, false
	}
	return a.value, at, true
}

// put keeps an answer, unless its tables have been written since it was asked for: then nobody
// knows from before or after which of it was read.
func (s *still) put(q question, tables []string, a answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.version(tables) != a.at {
		return
	}
	if s.kept == nil || len(s.kept) >= mostAnswers {
		s.kept = map[question]answer{}
	}
	s.kept[q] = a
}

// version counts up with each writing to one of the tables; the lock is held.
func (s *still) version(tables []string) (n uint64) {
	for _, t := range tables {
		n += s.written[t]
	}
	return n
}

// wrote counts a transaction that wrote to tables. It is called after the commit and before
// anybody is told of it: whoever was told reads what was written, and until then what stood
// there before is as good an answer.
func (s *still) wrote(tables map[string]bool) {
	if len(tables) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.written == nil {
		s.written = map[string]uint64{}
	}
	for t := range tables {
		s.written[t]++
	}
}

// writing finds the tables that a statement writes to. A word too many, as in ON CONFLICT DO
// UPDATE SET, names no table.
var writing = regexp.MustCompile(`(?i)\b(?:INTO|UPDATE|DELETE\s+FROM)\s+"?(\w+)`)

// writes lists the tables that a statement writes to.
func (s *still) writes(query string) []string {
	if strings.HasPrefix(query, "SELECT") {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	list, known := s.tables[query]
	if known {
		return list
	}
	for _, m := range writing.FindAllStringSubmatch(query, -1) {
		if name := strings.ToLower(m[1]); !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	if s.tables == nil || len(s.tables) >= mostTexts {
		s.tables = map[string][]string{}
	}
	s.tables[query] = list
	return list
}
