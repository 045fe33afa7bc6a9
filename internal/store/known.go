package store

import (
	"sync"
	"time"

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
	mostRevisions = 512
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

// links are the one-tap links that this process has stored lately, with their ends: a message
// goes out right after the commit that stored its link, and need not look for it.
type links struct {
	mu         sync.Mutex
	young, old map[string]time.Time // by hash
}

// mostLinks is how many links are kept; when there are so many again, they take the older ones' place.
const mostLinks = 4096

func (l *links) put(hash string, end time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.young == nil || len(l.young) >= mostLinks {
		l.young, l.old = map[string]time.Time{}, l.young
	}
	if end.After(l.young[hash]) {
		l.young[hash] = end
	}
}

// lives tells whether a link is stored that ends no earlier.
func (l *links) lives(hash string, end time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, m := range []map[string]time.Time{l.young, l.old} {
		if had, ok := m[hash]; ok && !had.Before(end) {
			return true
		}
	}
	return false
}
