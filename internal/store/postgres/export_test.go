package postgres

import (
	"context"
	"database/sql"
	"io/fs"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"

	"watchfire.dev/internal/store/engine"
)

// Migrations are the embedded files.
func Migrations() (fs.FS, error) { return fs.Sub(migrations, "migrations") }

// OpenAt opens an empty database and gives it the schema of a version.
func OpenAt(ctx context.Context, address string, version int64) (engine.Database, error) {
	db, err := sql.Open("pgx", address)
	if err != nil {
		return engine.Database{}, err
	}
	p, err := provider(db)
	if err != nil {
		return engine.Database{}, err
	}
	_, err = p.UpTo(ctx, version)
	return engine.Database{Engine: ours(), Name: "test", Write: db, Read: db}, err
}
