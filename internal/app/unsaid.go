package app

import (
	"sync"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/warning"
)

// leftOut is a warning that the public feed could not tell.
type leftOut struct {
	warning warning.Warning
	err     error
}

// unsaid remembers what the newest public feed of each organisation left out. The feed is
// asked for by anybody, as often as they like: what is journalled is what was not left out
// for the same revision the time before.
type unsaid struct {
	mu    sync.Mutex
	byOrg map[string][]leftOut
}

func newUnsaid() *unsaid { return &unsaid{byOrg: map[string][]leftOut{}} }

// note keeps what was left out now and returns what is new in it.
func (u *unsaid) note(org string, left []leftOut) (fresh []leftOut) {
	u.mu.Lock()
	defer u.mu.Unlock()
	type key struct {
		id       string
		revision int
	}
	known := map[key]bool{}
	for _, l := range u.byOrg[org] {
		known[key{l.warning.ID, l.warning.Told.Revision}] = true
	}
	for _, l := range left {
		if !known[key{l.warning.ID, l.warning.Told.Revision}] {
			fresh = append(fresh, l)
		}
	}
	u.byOrg[org] = left
	return fresh
}

// spots shows what was left out beside what cannot be seen.
func (u *unsaid) spots(org string) []desk.BlindSpot {
	u.mu.Lock()
	defer u.mu.Unlock()
	var out []desk.BlindSpot
	for _, l := range u.byOrg[org] {
		out = append(out, desk.BlindSpot{
			Project: portfolio.Project{ID: l.warning.Project}, Reason: "alert_unsaid", Since: l.warning.At, Source: l.warning.ID,
		})
	}
	return out
}
