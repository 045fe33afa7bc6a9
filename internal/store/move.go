package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"slices"
	"strings"

	"watchfire.dev/internal/fault"
)

// Moved is what was moved of one table, as it was found on the other side.
type Moved struct {
	Table  string
	Rows   int64
	SHA256 string // of all rows in the order of the table's key, in a form that knows no engine
}

// moving is the setting of a database that is being filled, and movedTo that of one whose
// installation lives elsewhere now. With either nobody serves.
const (
	moving  = "move.unfinished"
	movedTo = "move.moved_to"
)

// A Table is one of ours, as a database describes it.
type Table struct {
	Name    string
	Columns []string
	Kinds   []string // of the columns: number, text or bytes
	Key     []string
}

// Usable tells whether the database holds one whole installation, or none yet. It is
// fault.ErrConflict when a move into it was cut off, or when its installation has moved away.
func (db *DB) Usable(ctx context.Context) error {
	half, err := db.Setting(ctx, moving)
	if err != nil {
		return err
	}
	if half != "" {
		return fmt.Errorf("a move into %s from %s was not finished: empty it and move again: %w", db.name, half, fault.ErrConflict)
	}
	gone, err := db.Setting(ctx, movedTo)
	if err != nil {
		return err
	}
	if gone != "" {
		return fmt.Errorf("the installation of %s has moved to %s (watchfire migrate --reopen takes it back into use, with what was known then): %w", db.name, gone, fault.ErrConflict)
	}
	return nil
}

// Reopen lets an installation that has moved away be served again.
func (db *DB) Reopen(ctx context.Context) error {
	return db.Do(ctx, func(ctx context.Context, tx *Tx) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM setting WHERE name = ?", movedTo)
		return err
	})
}

// MovedTo notes where the installation lives now.
func (db *DB) MovedTo(ctx context.Context, name string) error {
	return db.PutSetting(ctx, movedTo, name)
}

// Whole says that what was moved here has been checked: from now on it may be served.
func (db *DB) Whole(ctx context.Context) error {
	return db.Do(ctx, func(ctx context.Context, tx *Tx) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM setting WHERE name IN (?, ?)", moving, installation) // it is a new one here
		return err
	})
}

// Move copies every table into an empty database, in one transaction, and compares what is
// there afterwards with what was here: the count and the hash of each table. progress hears
// of each table that was copied and compared. The target is not usable until Whole. Its jobs
// are not copied: polls are made anew, and sweeps find what is due.
func Move(ctx context.Context, from, to *DB, progress func(Moved)) ([]Moved, error) {
	tables, err := from.Tables(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the tables of %s: %w", from.name, err)
	}
	theirs, err := to.Tables(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the tables of %s: %w", to.name, err)
	}
	if err := alike(tables, theirs); err != nil {
		return nil, err
	}
	if err := to.empty(ctx, theirs); err != nil {
		return nil, err
	}
	if err := to.PutSetting(ctx, moving, from.name); err != nil {
		return nil, err
	}
	return transfer(ctx, from, to, tables, theirs, from.read, progress)
}

// CopyTo copies one moment of a database that others write into an empty one, and compares
// both like Move. The copy stays what it was: an installation, and the same one.
func CopyTo(ctx context.Context, from, to *DB) ([]Moved, error) {
	tables, err := from.Tables(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the tables of %s: %w", from.name, err)
	}
	theirs, err := to.Tables(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the tables of %s: %w", to.name, err)
	}
	if err := errors.Join(alike(tables, theirs), to.empty(ctx, theirs)); err != nil {
		return nil, err
	}
	moment, err := from.read.snapshot(ctx)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w: %w", from.name, fault.ErrUnavailable, err)
	}
	defer moment.tx.Rollback() //nolint:errcheck // it only read
	return transfer(ctx, from, to, tables, theirs, moment, func(Moved) {})
}

// rowser is what rows are read from.
type rowser interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// transfer copies the tables in one transaction and reads them back.
func transfer(ctx context.Context, from, to *DB, tables, theirs []Table, source rowser, progress func(Moved)) ([]Moved, error) {
	var sent []Moved
	err := to.Do(ctx, func(ctx context.Context, tx *Tx) error {
		sent = nil
		for _, t := range tables {
			m, err := send(ctx, source, t, to, tx)
			if err != nil {
				return fmt.Errorf("copy table %s: %w", t.Name, err)
			}
			sent = append(sent, m)
		}
		return to.renumber(ctx, tx)
	})
	if err != nil {
		return nil, fmt.Errorf("copy %s: %w", from.name, err)
	}
	for i, t := range theirs {
		there, err := digest(ctx, to.read, t, func([]any) error { return nil }, to)
		if err != nil {
			return nil, fmt.Errorf("read table %s back: %w", t.Name, err)
		}
		if there != sent[i] {
			return nil, fmt.Errorf("table %s: %d rows of hash %.12s were sent and %d of %.12s are there: %w",
				t.Name, sent[i].Rows, sent[i].SHA256, there.Rows, there.SHA256, fault.ErrConflict)
		}
		progress(there)
	}
	return sent, nil
}

// alike compares the two schemas: both were just brought up to date, so that a difference is
// a fault of ours.
func alike(a, b []Table) error {
	if !slices.EqualFunc(a, b, func(x, y Table) bool {
		return x.Name == y.Name && slices.Equal(x.Columns, y.Columns) && slices.Equal(x.Key, y.Key)
	}) {
		return errors.New("the two databases have different tables: their schemas are of different versions")
	}
	return nil
}

// first are the tables that others refer to.
var first = []string{"organisation", "account", "record"}

// Tables are our tables, those that others refer to first.
func (db *DB) Tables(ctx context.Context) ([]Table, error) {
	type part struct{ table, column string }
	keys, err := list(ctx, db.read, func(s scanner) (part, error) {
		var p part
		return p, s.Scan(&p.table, &p.column)
	}, db.engine.Keys)
	if err != nil {
		return nil, err
	}
	var out []Table
	for _, k := range keys {
		if len(out) == 0 || out[len(out)-1].Name != k.table {
			out = append(out, Table{Name: k.table})
		}
		t := &out[len(out)-1]
		t.Key = append(t.Key, k.column)
	}
	rank := func(t Table) int {
		if i := slices.Index(first, t.Name); i >= 0 {
			return i - len(first)
		}
		return 0
	}
	slices.SortFunc(out, func(a, b Table) int {
		if d := rank(a) - rank(b); d != 0 {
			return d
		}
		return strings.Compare(a.Name, b.Name)
	})
	for i := range out {
		if err := db.describe(ctx, &out[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (db *DB) describe(ctx context.Context, t *Table) error {
	rows, err := db.read.QueryContext(ctx, "SELECT * FROM "+quoted(t.Name)+" LIMIT 0")
	if err != nil {
		return err
	}
	defer rows.Close()
	types, err := rows.ColumnTypes()
	if err != nil {
		return err
	}
	for _, c := range types {
		t.Columns = append(t.Columns, c.Name())
		kind := "text"
		switch c.DatabaseTypeName() {
		case "INTEGER", "INT8", "BIGINT":
			kind = "number"
		case "BLOB", "BYTEA":
			kind = "bytes"
		}
		t.Kinds = append(t.Kinds, kind)
	}
	return rows.Err()
}

func (db *DB) empty(ctx context.Context, tables []Table) error {
	for _, t := range tables {
		var one int
		err := db.read.QueryRowContext(ctx, "SELECT 1 FROM "+quoted(t.Name)+" WHERE 1 = 1"+unmarked(t.Name)+" LIMIT 1").Scan(&one)
		if err == nil {
			return fmt.Errorf("%s is not empty: there are rows in table %s: %w", db.name, t.Name, fault.ErrConflict)
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
	}
	return nil
}

// quoted writes a name of the database's own catalogue in a query.
func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func quotedList(names []string) string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = quoted(n)
	}
	return strings.Join(out, ", ")
}

// The rows of one INSERT: few sizes, so that the statements are few too.
const (
	chunkRows  = 64
	chunkBytes = 4 << 20
)

// send copies one table and returns what was sent.
func send(ctx context.Context, from rowser, t Table, to *DB, tx *Tx) (Moved, error) {
	into := "INSERT INTO " + quoted(t.Name) + " (" + quotedList(t.Columns) + ") VALUES "
	one := "(" + strings.TrimSuffix(strings.Repeat("?,", len(t.Columns)), ",") + "),"
	var args []any
	bytes := 0
	flush := func() error {
		for len(args) > 0 {
			n := 1
			for 2*n <= min(len(args)/len(t.Columns), chunkRows) {
				n *= 2
			}
			part := args[:n*len(t.Columns)]
			if _, err := tx.ExecContext(ctx, into+strings.TrimSuffix(strings.Repeat(one, n), ","), part...); err != nil {
				return err
			}
			args = args[len(part):]
		}
		args, bytes = nil, 0
		return nil
	}
	m, err := digest(ctx, from, t, func(row []any) error {
		args = append(args, row...)
		for _, v := range row {
			if b, ok := v.([]byte); ok {
				bytes += len(b)
			}
		}
		if len(args) >= chunkRows*len(t.Columns) || bytes >= chunkBytes {
			return flush()
		}
		return nil
	}, to)
	if err != nil {
		return m, err
	}
	return m, flush()
}

// digest goes through a table in the order of its key, gives each row to take in the form that
// the target stores, and hashes it in that form.
func digest(ctx context.Context, from rowser, t Table, take func([]any) error, to *DB) (Moved, error) {
	m, sum := Moved{Table: t.Name}, sha256.New()
	rows, err := from.QueryContext(ctx, "SELECT "+quotedList(t.Columns)+" FROM "+quoted(t.Name)+" WHERE 1 = 1"+unmarked(t.Name)+" ORDER BY "+quotedList(t.Key))
	if err != nil {
		return m, err
	}
	defer rows.Close()
	for rows.Next() {
		raw := make([]any, len(t.Columns))
		places := make([]any, len(t.Columns))
		for i := range raw {
			places[i] = &raw[i]
		}
		if err := rows.Scan(places...); err != nil {
			return m, err
		}
		for i, kind := range t.Kinds {
			if raw[i], err = asStored(kind, raw[i], to); err != nil {
				return m, fmt.Errorf("column %s: %w", t.Columns[i], err)
			}
			write(sum, raw[i])
		}
		m.Rows++
		if err := take(raw); err != nil {
			return m, err
		}
	}
	m.SHA256 = hex.EncodeToString(sum.Sum(nil))
	return m, rows.Err()
}

// unmarked leaves the marks of a move out of it.
func unmarked(name string) string {
	if name == "setting" {
		return " AND name NOT IN ('" + moving + "', '" + movedTo + "')"
	}
	return ""
}

// asStored is a value in the form in which the target stores it. SQLite keeps bytes in a
// column of text, and texts in one of bytes, as they were given.
func asStored(kind string, v any, to *DB) (any, error) {
	switch x := v.(type) {
	case nil:
		return nil, nil
	case int64:
		if kind == "number" {
			return x, nil
		}
	case bool:
		return to.engine.Args([]any{x})[0], nil
	case string:
		switch kind {
		case "text":
			return to.engine.Args([]any{x})[0], nil
		case "bytes":
			return []byte(x), nil
		}
	case []byte:
		switch kind {
		case "text":
			return to.engine.Args([]any{string(x)})[0], nil
		case "bytes":
			return slices.Clone(x), nil
		}
	}
	return nil, fmt.Errorf("a %T in a column of %s: %w", v, kind, fault.ErrInvalid)
}

// write adds a value to a hash so that no two rows look alike: its kind, its length, itself.
func write(sum hash.Hash, v any) {
	put := func(kind byte, b []byte) {
		head := binary.BigEndian.AppendUint64([]byte{kind}, uint64(len(b)))
		sum.Write(head) //nolint:errcheck // a hash does not fail
		sum.Write(b)    //nolint:errcheck // a hash does not fail
	}
	switch x := v.(type) {
	case nil:
		put(0, nil)
	case int64:
		put(1, binary.BigEndian.AppendUint64(nil, uint64(x)))
	case string:
		put(2, []byte(x))
	case []byte:
		put(3, x)
	}
}

// renumber lets the database go on counting behind the rows that were copied with their
// numbers.
func (db *DB) renumber(ctx context.Context, tx *Tx) error {
	if db.engine.Numbered == "" {
		return nil
	}
	type part struct{ table, column string }
	counted, err := listTx(ctx, tx, func(s scanner) (part, error) {
		var p part
		return p, s.Scan(&p.table, &p.column)
	}, db.engine.Numbered)
	if err != nil {
		return err
	}
	for _, c := range counted {
		if _, err := tx.ExecContext(ctx, "SELECT setval(pg_get_serial_sequence(?, ?), coalesce((SELECT max("+quoted(c.column)+") FROM "+quoted(c.table)+"), 0) + 1, false)",
			c.table, c.column); err != nil {
			return fmt.Errorf("go on counting in table %s: %w", c.table, err)
		}
	}
	return nil
}
