package storetest

import (
	"context"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/store"
	"watchfire.dev/internal/store/engine"
)

// A Ladder is the schemas of an engine, from the first released one on.
type Ladder struct {
	// Versions are the numbers of the migrations, rising.
	Versions []int64
	// Texts are the migrations, in the same order.
	Texts []string
	// At makes an empty database with the schema of one version. Reopening it brings it up.
	At func(t *testing.T, version int64) (old *store.DB, p Place)
}

// Upgrade climbs the ladder: a database of each released schema, with a row in every table, is
// brought up to date, keeps its rows and is read by everything that pages read; and what a
// program of that version writes is taken by the newest schema, so that both may run during a
// rolling upgrade.
func Upgrade(t *testing.T, l Ladder, empty Maker) {
	t.Run("only adds", func(t *testing.T) {
		t.Parallel()
		for i, text := range l.Texts[1:] {
			for _, found := range shrinking(text) {
				t.Errorf("migration %d takes away or demands (%s): the version before could not run on it", l.Versions[i+1], found)
			}
		}
	})
	for _, version := range l.Versions {
		t.Run(fmt.Sprint("from ", version), func(t *testing.T) {
			t.Parallel()
			old, place := l.At(t, version)
			tables, err := old.Tables(t.Context())
			if err != nil || len(tables) == 0 {
				t.Fatal(tables, err)
			}
			write(t, old, tables)
			db := run(t, place)
			for _, table := range tables {
				if n := rowsOf(t, db, table.Name); n != 1 {
					t.Errorf("table %s of version %d has %d rows after the upgrade, want 1", table.Name, version, n)
				}
			}
			readAll(t, db)

			// The statements of that version name the columns that it knew.
			newest := run(t, empty(t))
			write(t, newest, tables)
			readAll(t, newest)
		})
	}
}

var (
	comment = regexp.MustCompile(`(?m)--.*$`)
	takes   = regexp.MustCompile(`(?i)\b(DROP (TABLE|COLUMN)|RENAME|ALTER COLUMN|SET NOT NULL|ADD CONSTRAINT|CREATE UNIQUE INDEX)\b`)
	rebuilt = regexp.MustCompile(`DROP TABLE (\w+);\s*ALTER TABLE (\w+) RENAME TO (\w+);`)
	adds    = regexp.MustCompile(`(?i)\bADD COLUMN\b[^;]*`)
)

// shrinking finds what a migration takes away from the program of the version before. A table
// that another one of its name replaces at once is not taken away: that its columns are there
// is what the upgrade from each version shows.
func shrinking(text string) []string {
	up, _, _ := strings.Cut(text, "-- +goose Down")
	up = rebuilt.ReplaceAllStringFunc(comment.ReplaceAllString(up, ""), func(found string) string {
		if m := rebuilt.FindStringSubmatch(found); m[1] == m[3] && m[2] == m[1]+"_rows" {
			return ""
		}
		return found
	})
	out := takes.FindAllString(up, -1)
	for _, a := range adds.FindAllString(up, -1) {
		if demands := strings.Contains(strings.ToUpper(a), "NOT NULL"); demands && !strings.Contains(strings.ToUpper(a), "DEFAULT") {
			out = append(out, strings.TrimSpace(a))
		}
	}
	return out
}

// write stores one row in each table, naming the columns that the table had.
func write(t *testing.T, db *store.DB, tables []store.Table) {
	t.Helper()
	err := db.Do(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		for _, table := range tables {
			var args []any
			for _, kind := range table.Kinds {
				switch kind {
				case "number":
					args = append(args, 1)
				case "bytes":
					args = append(args, []byte("{}"))
				default:
					args = append(args, "{}")
				}
			}
			marks := strings.TrimSuffix(strings.Repeat("?,", len(args)), ",")
			if _, err := tx.ExecContext(ctx, `INSERT INTO "`+table.Name+`" ("`+strings.Join(table.Columns, `", "`)+`") VALUES (`+marks+")", args...); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func rowsOf(t *testing.T, db *store.DB, table string) (n int) {
	t.Helper()
	if err := db.Reader().QueryRowContext(t.Context(), `SELECT count(*) FROM "`+table+`"`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// readAll reads as pages, the watch at its start and a replay do. What is stored is "{}"
// everywhere, the id of everything too.
func readAll(t *testing.T, db *store.DB) {
	t.Helper()
	ctx, x := t.Context(), "{}"
	for name, read := range map[string]func() error{
		"Orgs": func() error {
			orgs, err := db.Orgs(ctx)
			if !slices.Contains(orgs, x) {
				t.Error("the organisation is gone")
			}
			return err
		},
		"Load":             func() error { _, err := db.Load(ctx, x, time.Time{}); return err },
		"QueueRows":        func() error { _, _, err := db.QueueRows(ctx, x, desk.Filter{}, x); return err },
		"QueueCounts":      func() error { _, err := db.QueueCounts(ctx, x, x); return err },
		"WarningRow":       func() error { _, _, err := db.WarningRow(ctx, x, x); return err },
		"WarningRevisions": func() error { _, err := db.WarningRevisions(ctx, x, x); return err },
		"WarningMoments":   func() error { _, err := db.WarningMoments(ctx, x, x); return err },
		"EventByID":        func() error { _, _, err := db.EventByID(ctx, x, x); return err },
		"PortfolioAt":      func() error { _, err := db.PortfolioAt(ctx, x, 0); return err },
		"AssetLevels":      func() error { _, err := db.AssetLevels(ctx, x); return err },
		"SourceRows":       func() error { _, err := db.SourceRows(ctx); return err },
		"QuarantineRows":   func() error { _, _, err := db.QuarantineRows(ctx, x, "", desk.Page{}); return err },
		"JournalRows":      func() error { _, err := db.JournalRows(ctx, x, "", desk.Page{}); return err },
		"RuleRows":         func() error { _, err := db.RuleRows(ctx, x); return err },
		"SessionByHash":    func() error { _, _, err := db.SessionByHash(ctx, x); return err },
		"TokenByHash":      func() error { _, _, err := db.TokenByHash(ctx, x); return err },
		"Worked":           func() error { _, err := db.Worked(ctx, x, x); return err },
		"Inputs":           func() error { _, err := db.Inputs(ctx, x); return err },
		"Decisions":        func() error { _, _, err := db.Decisions(ctx, x); return err },
		"Vitals":           func() error { _, err := db.Vitals(ctx, began()); return err },
		"Replicas":         func() error { _, err := db.Replicas(ctx); return err },
		"Usable":           func() error { return db.Usable(ctx) },
	} {
		if err := read(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Rungs reads the migrations of an engine.
func Rungs(t *testing.T, files fs.FS) (versions []int64, texts []string) {
	t.Helper()
	names, err := fs.Glob(files, "*.sql")
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	slices.Sort(names)
	for _, name := range names {
		number, _, _ := strings.Cut(name, "_")
		v, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := fs.ReadFile(files, name)
		if err != nil {
			t.Fatal(err)
		}
		versions, texts = append(versions, v), append(texts, string(raw))
	}
	return versions, texts
}

// Opened lets the writer of an old database work until the test ends.
func Opened(t *testing.T, d engine.Database) *store.DB {
	t.Helper()
	db := store.New(d)
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := db.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() {
		cancel()
		wg.Wait()
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}
