package store

import (
	"context"
	"database/sql"
	"sync"
)

// stmts are the statements that are kept prepared: compiling one anew costs SQLite as much as
// running it. The queries are few and each is asked again and again; one whose text grows with
// a list is asked in few lengths. PostgreSQL's driver does the same by itself.
type stmts struct {
	db *sql.DB // nil = nothing is prepared

	mu     sync.Mutex
	seen   map[string]int
	ready  map[string]*sql.Stmt
	wanted []string
}

// mostPrepared bounds the statements that are kept.
const mostPrepared = 400

func newStmts(db *sql.DB) *stmts {
	return &stmts{db: db, seen: map[string]int{}, ready: map[string]*sql.Stmt{}}
}

// get returns a prepared statement, nil when there is none, and whether it is time to make it:
// when its query comes for the second time.
func (s *stmts) get(q string) (st *sql.Stmt, due bool) {
	if s == nil || s.db == nil {
		return nil, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if st = s.ready[q]; st != nil {
		return st, false
	}
	if len(s.ready) >= mostPrepared {
		return nil, false
	}
	if len(s.seen) > 4*mostPrepared {
		clear(s.seen)
	}
	s.seen[q]++
	return nil, s.seen[q] == 2
}

// want notes a query that is to be prepared when its connection is free.
func (s *stmts) want(q string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wanted = append(s.wanted, q)
}

// keep prepares a statement and keeps it. One that cannot be prepared is run as it is, which
// says why.
func (s *stmts) keep(ctx context.Context, q string) *sql.Stmt {
	st, err := s.db.PrepareContext(ctx, q)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		delete(s.seen, q) // its context may have ended: it is tried again
		return nil
	}
	if other := s.ready[q]; other != nil {
		st.Close() //nolint:errcheck // somebody else was as fast
		return other
	}
	s.ready[q] = st
	return st
}

// prepare keeps what transactions wanted, between two of them.
func (s *stmts) prepare(ctx context.Context) {
	if s == nil || s.db == nil {
		return
	}
	s.mu.Lock()
	list := s.wanted
	s.wanted = nil
	s.mu.Unlock()
	for _, q := range list {
		s.keep(ctx, q)
	}
}

// of returns the statement of a query outside a transaction; nil = run it as it is.
func (s *stmts) of(ctx context.Context, q string) *sql.Stmt {
	st, due := s.get(q)
	if due {
		st = s.keep(ctx, q)
	}
	return st
}

// close lets go of all statements.
func (s *stmts) close() {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, st := range s.ready {
		st.Close() //nolint:errcheck // the connections are closed next
	}
	clear(s.ready)
}
