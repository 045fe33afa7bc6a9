package app

import (
	"sync"

	"watchfire.dev/internal/exposure"
	"watchfire.dev/internal/exposure/impact"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/warning"
	"watchfire.dev/internal/watch"
)

// matchers keeps the newest index of each organisation, so that a new version of a portfolio
// prepares only what changed. The index it gives answers as one built from nothing does.
type matchers struct {
	method *impact.Method
	policy warning.Policy

	mu    sync.Mutex
	byOrg map[string]*exposure.Index
}

func (m *matchers) of(p portfolio.Portfolio) watch.Matcher {
	m.mu.Lock()
	defer m.mu.Unlock()
	x, ok := m.byOrg[p.Org]
	if ok {
		x, _ = x.With(p)
	} else {
		x = IndexOf(p, m.method, m.policy)
	}
	if m.byOrg == nil {
		m.byOrg = map[string]*exposure.Index{}
	}
	m.byOrg[p.Org] = x
	return x
}
