// Package engine is what the store's queries need to know of a database, and nothing else:
// its words, its errors and its transactions. Packages store/sqlite and store/postgres make
// one each, and package store works with whichever it is given. It stands apart so that an
// engine need not know the store.
package engine

import (
	"context"
	"database/sql"
)

// A Database is one that was opened: its engine and its connections.
type Database struct {
	Engine *Engine
	// Name is a path or an address, for people, without secrets.
	Name        string
	Write, Read *sql.DB
	// Jobs is what the job queue's driver for the engine works on.
	Jobs any
	// Beside runs beside the writer until ctx ends; nil = nothing needs to.
	Beside func(ctx context.Context)
}

// An Engine is what the shared queries need to know of a database. The queries are written
// once, in the SQL that both engines share, with the placeholders ? and ?1; what is left of
// the differences stands here and nowhere else.
type Engine struct {
	Name string
	// Rewrite puts a query into the engine's own words; nil = it is understood as it stands.
	Rewrite func(query string) string
	// Value puts an argument into a form that the engine's columns take; nil = it is taken as
	// it is.
	Value func(arg any) any
	// Prepare keeps statements prepared: their driver does not by itself.
	Prepare bool
	// Snapshot are the options of a transaction that reads one moment of the whole database.
	Snapshot sql.TxOptions
	// LockJournal keeps other processes from appending to the journal until the transaction
	// ends; "" = there are no others.
	LockJournal string
	// LockRows stands behind a query whose rows the transaction will change, and passes over
	// those that another has in hand; "" = there are no others.
	LockRows string
	// Notify, in the engine's own words, tells the other processes its one argument when the transaction is kept; "" = there
	// are none. Listen hears it until ctx ends or the connection is lost; jobs is Database.Jobs.
	Notify string
	Listen func(ctx context.Context, jobs any, heard func(what string)) error
	// Meaning tells errors apart.
	Meaning func(error) Meaning
	// Keys is the query for the columns of the primary keys of our tables (table, column), by
	// table and place in the key; Numbered that for the columns which the database counts by
	// itself and that must be told where to go on, "" = none.
	Keys, Numbered string
	// Where is the query for what names the cluster that the database stands in, and changes when
	// the cluster is restored; "" = a file, which its folder tells.
	Where string
	// Clock is the query for the server's time; "" = it runs on our own machine. It is asked to
	// find a wrong clock and decides nothing else.
	Clock string
	// Native is the engine's own transaction behind one of database/sql, for the job queue; nil
	// = it is the same.
	Native func(conn *sql.Conn) (any, error)
}

// Meaning is what an error of a database means for the caller.
type Meaning int

// The meanings. Everything else is Other: a fault of ours or of the data.
const (
	Other     Meaning = iota
	Duplicate         // another row has this key
	Again             // two transactions were in each other's way: the same work may succeed now
	Full              // no room on the disk
	Lost              // the connection is gone; what was under way may have been done
	Broken            // the disk or the file cannot be trusted any more
	Missing           // a table or column that is not there: the schema is of another version
)

// Is tells whether an error has this meaning.
func (e *Engine) Is(err error, m Meaning) bool { return err != nil && e.Meaning(err) == m }

// Query is a query of the shared SQL in the engine's words.
func (e *Engine) Query(q string) string {
	if e.Rewrite == nil {
		return q
	}
	return e.Rewrite(q)
}

// Args are arguments as the engine's columns take them.
func (e *Engine) Args(args []any) []any {
	if e.Value == nil {
		return args
	}
	out := make([]any, len(args))
	for i, a := range args {
		out[i] = e.Value(a)
	}
	return out
}
