package fault

import (
	"fmt"
	"time"
)

// Changed says that a thing is no longer as the caller saw it, and who made it so when. It
// is ErrConflict. By is an account id, "" when nobody is known; the edges put a name to it.
type Changed struct {
	What    string // "portfolio", "rule rul_…"
	Version int64  // as it is now
	By      string
	At      time.Time // zero = not known
}

// Error implements error.
func (c *Changed) Error() string {
	text := fmt.Sprintf("%s is at version %d", c.What, c.Version)
	if c.By != "" {
		text += ", made by " + c.By
	}
	if !c.At.IsZero() {
		text += " at " + c.At.UTC().Format(time.RFC3339)
	}
	return text + ": " + ErrConflict.Error()
}

// Unwrap gives the meaning.
func (c *Changed) Unwrap() error { return ErrConflict }
