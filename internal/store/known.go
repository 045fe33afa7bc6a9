package store

import (
	"sync"

	"watchfire.dev/internal/warning"
)

// A revision of a warning never changes, and whoever decides one tells of it a moment later:
// those that came last are kept as they were decided, so that their messages are worded
// without reading them back. What is kept is shared: nobody who gets it may change what its
// lists hold.
type revisions struct {
	mu    sync.Mutex
	byKey map[revisionKey]warning.Warning
	order []revisionKey // oldest first
	rows  int
}

type revisionKey struct {
	warning  string
	revision int
}

// Bounds of what is kept: revisions, and rows of all of them (about half a kilobyte each).
const (
	mostRevisions = 2048
	mostRows      = 16_384
)

func (r *revisions) get(id string, revision int) (warning.Warning, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	w, ok := r.byKey[revisionKey{id, revision}]
	return w, ok
}

func (r *revisions) put(w warning.Warning) {
	if len(w.Rows) > mostRows/2 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	k := revisionKey{w.ID, w.Revision}
	if _, known := r.byKey[k]; known {
		return
	}
	if r.byKey == nil {
		r.byKey = map[revisionKey]warning.Warning{}
	}
	r.byKey[k] = w
	r.order, r.rows = append(r.order, k), r.rows+len(w.Rows)
	drop := 0
	for ; len(r.order)-drop > mostRevisions || r.rows > mostRows; drop++ {
		old := r.order[drop]
		r.rows -= len(r.byKey[old].Rows)
		delete(r.byKey, old)
	}
	if drop > 0 {
		r.order = append(r.order[:0], r.order[drop:]...)
	}
}
