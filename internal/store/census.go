package store

import (
	"context"
	"fmt"
	"time"
)

// A Census says what a database holds, to hold a copy against it.
type Census struct {
	Tables     []Moved // Rows alone
	Schema     int64   // number of the newest migration
	Newest     time.Time
	Checkpoint int64 // entries under the newest signed checkpoint
}

// Census counts. On a database that others write the numbers are not of one moment.
func (db *DB) Census(ctx context.Context) (Census, error) {
	var c Census
	tables, err := db.Tables(ctx)
	if err != nil {
		return c, fmt.Errorf("read the tables of %s: %w", db.name, err)
	}
	for _, t := range tables {
		m := Moved{Table: t.Name}
		if err := db.read.QueryRowContext(ctx, "SELECT count(*) FROM "+quoted(t.Name)).Scan(&m.Rows); err != nil {
			return c, fmt.Errorf("count the rows of %s: %w", t.Name, err)
		}
		c.Tables = append(c.Tables, m)
	}
	if err := db.read.QueryRowContext(ctx, "SELECT coalesce(max(version_id), 0) FROM goose_db_version").Scan(&c.Schema); err != nil {
		return c, fmt.Errorf("read the version of the schema: %w", err)
	}
	var newest string
	if err := db.read.QueryRowContext(ctx, "SELECT coalesce(max(at), '') FROM (SELECT at FROM journal ORDER BY seq DESC LIMIT 1) x").Scan(&newest); err != nil {
		return c, fmt.Errorf("read the newest entry: %w", err)
	}
	c.Newest = when(newest)
	err = db.read.QueryRowContext(ctx, "SELECT coalesce(max(size), 0) FROM checkpoint").Scan(&c.Checkpoint)
	return c, err
}
