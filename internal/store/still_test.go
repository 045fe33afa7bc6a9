package store

import (
	"context"
	"errors"
	"reflect"
	"testing"

	"watchfire.dev/internal/store/engine"
)

// TestWhatIsKept: an answer stands until a transaction wrote to one of its tables; one that was
// being read meanwhile is not kept.
func TestWhatIsKept(t *testing.T) {
	t.Parallel()
	db := &DB{engine: &engine.Engine{}}
	reads, now := 0, 1
	tables := []string{"mute", "snooze"}
	ask := func(during func()) int {
		t.Helper()
		got, err := asked(db, question{"q", "acme", ""}, tables, func() (int, error) {
			reads++
			v := now
			if during != nil {
				during()
			}
			return v, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	ask(nil)
	if got := ask(nil); got != 1 || reads != 1 {
		t.Errorf("%d after %d reads, want 1 after 1", got, reads)
	}
	now = 2
	db.still.wrote(map[string]bool{"warning": true})
	if got := ask(nil); got != 1 || reads != 1 {
		t.Errorf("another table was written: %d after %d reads", got, reads)
	}
	db.still.wrote(map[string]bool{"snooze": true})
	if got := ask(func() { now = 3; db.still.wrote(map[string]bool{"mute": true}) }); got != 2 {
		t.Errorf("what was read is %d, want 2", got)
	}
	if got := ask(nil); got != 3 || reads != 3 {
		t.Errorf("%d after %d reads, want 3 after 3: what was read during a write was kept", got, reads)
	}
	broken := errors.New("broken")
	for range 2 {
		if _, err := asked(db, question{"r", "acme", ""}, tables, func() (int, error) { reads++; return 0, broken }); !errors.Is(err, broken) {
			t.Error(err)
		}
	}
	if reads != 5 {
		t.Errorf("%d reads: an error was kept", reads)
	}
}

// TestNothingIsKeptWhereOthersWrite: of what another process writes nobody here hears.
func TestNothingIsKeptWhereOthersWrite(t *testing.T) {
	t.Parallel()
	db, reads := &DB{engine: &engine.Engine{LockJournal: "LOCK"}}, 0
	for range 3 {
		if _, err := asked(db, question{"q", "", ""}, nil, func() (int, error) { reads++; return 0, nil }); err != nil {
			t.Fatal(err)
		}
	}
	if reads != 3 {
		t.Errorf("%d reads, want 3", reads)
	}
}

func TestWhichTablesAreWritten(t *testing.T) {
	t.Parallel()
	var s still
	for query, want := range map[string][]string{
		"SELECT body FROM choice":                                    nil,
		"INSERT INTO mute (org) VALUES (?) ON CONFLICT DO NOTHING":   {"mute"},
		"insert into Mute (org) select org from x":                   {"mute"},
		"DELETE FROM session WHERE hash = ?":                         {"session"},
		"DELETE\n\tFROM \"snooze\"":                                  {"snooze"},
		"UPDATE account SET name = ? RETURNING id":                   {"account"},
		"WITH x AS (DELETE FROM a RETURNING id) INSERT INTO b TABLE": {"a", "b"},
		keepNotification.one():                                       {"notification", "set"},
	} {
		for range 2 { // as found, and as kept
			if got := s.writes(query); !reflect.DeepEqual(got, want) {
				t.Errorf("%s: %v, want %v", query, got, want)
			}
		}
	}
}

// TestTransactionsTellWhatTheyWrote: by each way in which a statement is run.
func TestTransactionsTellWhatTheyWrote(t *testing.T) {
	t.Parallel()
	var s still
	tx := &Tx{still: &s, engine: &engine.Engine{}}
	for _, run := range []func(){
		func() { tx.ExecContext(context.Background(), "INSERT INTO a VALUES (1)") },                         //nolint:errcheck // it has no connection
		func() { tx.QueryContext(context.Background(), "UPDATE b SET x = 1 RETURNING x") },                  //nolint:errcheck,rowserrcheck,sqlclosecheck // as above
		func() { tx.QueryRowContext(context.Background(), "DELETE FROM c WHERE x = 1 RETURNING x").Scan() }, //nolint:errcheck // as above
	} {
		func() {
			defer func() { _ = recover() }() // it has no connection: what is noted is noted before
			run()
		}()
	}
	if want := map[string]bool{"a": true, "b": true, "c": true}; !reflect.DeepEqual(tx.wrote, want) {
		t.Errorf("%v, want %v", tx.wrote, want)
	}
}
