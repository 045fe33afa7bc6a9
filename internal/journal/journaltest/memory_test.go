package journaltest_test

import (
	"testing"

	"watchfire.dev/internal/journal/journaltest"
)

func TestMemory(t *testing.T) {
	t.Parallel()
	journaltest.Run(t, func(*testing.T) journaltest.Store { return new(journaltest.Memory) })
}
