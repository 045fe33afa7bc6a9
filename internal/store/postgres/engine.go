package postgres

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"watchfire.dev/internal/store/engine"
)

func ours() *engine.Engine {
	return &engine.Engine{
		Name: "postgres", Rewrite: rewriter(), Value: value,
		Where:       "SELECT system_identifier::text || '/' || substr(pg_walfile_name(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END), 1, 8) FROM pg_control_system()",
		Snapshot:    sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true},
		LockJournal: lockJournal, LockRows: " FOR UPDATE SKIP LOCKED", Meaning: meaning, Notify: "SELECT pg_notify('watchfire', $1)", Listen: listen, Native: native,
		Clock: "SELECT clock_timestamp()",
		Keys:  keys, Numbered: numberedBy,
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
