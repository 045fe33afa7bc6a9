package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"watchfire.dev/internal/store/engine"
)

func ours() *engine.Engine {
	return &engine.Engine{
		Name: "postgres", Rewrite: rewriter(), Value: value,
		Snapshot: sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true},
		Where:    "SELECT system_identifier::text || '/' || substr(pg_walfile_name(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END), 1, 8) FROM pg_control_system()", LockJournal: lockJournal, LockRows: " FOR UPDATE SKIP LOCKED", Meaning: meaning, Mark: "SELECT pg_current_xact_id()::text", InDoubt: inDoubt, Native: native,
		Keys: keys, Numbered: numberedBy,
	}
}

// keys leaves out the tables of goose and of the job queue; numberedBy are the columns that
// count by themselves.
const (
	keys = `SELECT c.table_name::text, k.column_name::text FROM information_schema.table_constraints c
		JOIN information_schema.key_column_usage k USING (constraint_schema, constraint_name)
		WHERE c.constraint_type = 'PRIMARY KEY' AND c.table_schema = current_schema()
		AND c.table_name NOT LIKE 'goose\_%' AND c.table_name NOT LIKE 'river\_%'
		ORDER BY c.table_name COLLATE "C", k.ordinal_position`
	numberedBy = `SELECT table_name::text, column_name::text FROM information_schema.columns
		WHERE table_schema = current_schema() AND is_identity = 'YES' AND table_name NOT LIKE 'goose\_%' AND table_name NOT LIKE 'river\_%'
		ORDER BY table_name COLLATE "C"`
)

// meaning reads SQLSTATE codes (PostgreSQL manual, appendix A), and what the network says.
func meaning(err error) engine.Meaning {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return meaningOf(e.Code)
	}
	var network net.Error
	var connect *pgconn.ConnectError
	if errors.Is(err, driver.ErrBadConn) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.As(err, &network) || errors.As(err, &connect) || pgconn.SafeToRetry(err) {
		return engine.Lost
	}
	return engine.Other
}

func meaningOf(code string) engine.Meaning {
	switch code {
	case "23505":
		return engine.Duplicate
	case "40001", "40P01", "55P03": // serialization, deadlock, lock not to be had
		return engine.Again
	case "53100":
		return engine.Full
	case "XX001", "XX002": // damaged data, damaged index
		return engine.Broken
	case "42P01", "42703": // no such table, no such column
		return engine.Missing
	case "25006": // a standby that was the primary
		return engine.Lost
	}
	switch {
	case strings.HasPrefix(code, "08"), strings.HasPrefix(code, "57P"), code == "25P03", code == "53300":
		return engine.Lost
	}
	return engine.Other
}

// doubtful is how long a database may take to come back before we give up asking what became
// of a commit, and how often it is asked.
const (
	doubtful  = 60
	askAgain  = 500 * time.Millisecond
	fateQuery = "SELECT coalesce(pg_xact_status($1::xid8), '')"
)

// inDoubt asks what became of a transaction whose commit was cut off.
func inDoubt(ctx context.Context, db *sql.DB, mark string) (bool, error) {
	var last error
	for range doubtful {
		var fate string
		last = db.QueryRowContext(ctx, fateQuery, mark).Scan(&fate)
		switch {
		case last == nil && fate == "committed":
			return true, nil
		case last == nil && fate == "aborted":
			return false, nil
		case last == nil && fate != "in progress":
			return false, fmt.Errorf("transaction %s is not known", mark)
		case last != nil && meaning(last) != engine.Lost:
			return false, last
		}
		select {
		case <-ctx.Done():
			return false, context.Cause(ctx)
		case <-time.After(askAgain):
		}
	}
	return false, fmt.Errorf("transaction %s: no answer: %w", mark, last)
}

// native is the transaction that is open on a connection, as pgx sees it.
func native(conn *sql.Conn) (any, error) {
	var inner *pgx.Conn
	err := conn.Raw(func(driverConn any) error {
		c, ok := driverConn.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("a connection of type %T is not PostgreSQL's", driverConn)
		}
		inner = c.Conn()
		return nil
	})
	if err != nil {
		return nil, err
	}
	return pgx.Tx(within{conn: inner}), nil
}
