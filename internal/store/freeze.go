package store

import (
	"fmt"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/store/engine"
)

// Freeze refuses every further piece of writing: the file is damaged, and what is written into
// it makes it worse. Reading goes on. Only a start on a good file ends it.
func (db *DB) Freeze(why string) {
	err := fmt.Errorf("nothing is written any more: %s: %w", why, fault.ErrUnavailable)
	db.frozen.CompareAndSwap(nil, &err)
}

// Frozen is why nothing is written any more; nil = it is.
func (db *DB) Frozen() error {
	if err := db.frozen.Load(); err != nil {
		return *err
	}
	return nil
}

// NoRoom tells whether an error means that the disk is full.
func (db *DB) NoRoom(err error) bool { return db.engine.Is(err, engine.Full) }
