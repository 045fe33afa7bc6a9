package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/portfolio"
)

// folios keeps the newest portfolio of each organisation as it was read: every page and every
// notification needs it, and reading 10,000 assets takes 20 ms. A version never changes, so
// what is kept is right as long as its number is the newest. It is shared: nobody who gets it
// may change what its lists hold.
type folios struct {
	mu    sync.Mutex
	byOrg map[string]portfolio.Portfolio
	names map[string]*folioNames // of the same versions, made when they are asked for first
}

// folioNames finds projects and contacts of one version: each message asks for one of each.
type folioNames struct {
	version            int64
	folio              portfolio.Portfolio
	projects, contacts map[string]int
}

func (n *folioNames) project(id string) (portfolio.Project, bool) {
	if i, ok := n.projects[id]; ok {
		return n.folio.Projects[i], true
	}
	return portfolio.Project{}, false
}

func (n *folioNames) contact(id string) (portfolio.Contact, bool) {
	if i, ok := n.contacts[id]; ok {
		return n.folio.Contacts[i], true
	}
	return portfolio.Contact{}, false
}

// index returns the names of a portfolio that was given out.
func (f *folios) index(p portfolio.Portfolio) *folioNames {
	f.mu.Lock()
	defer f.mu.Unlock()
	if n := f.names[p.Org]; n != nil && n.version == p.Version {
		return n
	}
	n := &folioNames{version: p.Version, folio: p, projects: make(map[string]int, len(p.Projects)), contacts: make(map[string]int, len(p.Contacts))}
	for i := len(p.Projects) - 1; i >= 0; i-- { // of equals the first
		n.projects[p.Projects[i].ID] = i
	}
	for i := len(p.Contacts) - 1; i >= 0; i-- {
		n.contacts[p.Contacts[i].ID] = i
	}
	if f.names == nil {
		f.names = map[string]*folioNames{}
	}
	f.names[p.Org] = n
	return n
}

func (f *folios) get(org string, version int64) (portfolio.Portfolio, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	p, ok := f.byOrg[org]
	return p, ok && p.Version == version
}

// newest returns the newest one that is known.
func (f *folios) newest(org string) (portfolio.Portfolio, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	p, ok := f.byOrg[org]
	return p, ok
}

func (f *folios) put(org string, p portfolio.Portfolio) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.byOrg == nil {
		f.byOrg = map[string]portfolio.Portfolio{}
	}
	if p.Version >= f.byOrg[org].Version {
		f.byOrg[org] = p
	}
}

// portfolio returns one version; 0 = the newest. Its lists are shared and must not be changed
// in place.
func (db *DB) portfolio(ctx context.Context, org string, version int64) (portfolio.Portfolio, error) {
	newest := version == 0
	if newest && !db.Shared() { // nobody else writes one
		if p, ok := db.folios.newest(org); ok {
			return p, nil
		}
	}
	if newest {
		err := db.read.QueryRowContext(ctx, "SELECT version FROM portfolio_version WHERE org = ? ORDER BY version DESC LIMIT 1", org).Scan(&version)
		if errors.Is(err, sql.ErrNoRows) {
			return portfolio.Portfolio{}, fmt.Errorf("portfolio of %s: %w", org, fault.ErrNotFound)
		}
		if err != nil {
			return portfolio.Portfolio{}, err
		}
	}
	if p, ok := db.folios.get(org, version); ok {
		return p, nil
	}
	p, err := decoded[portfolio.Portfolio](db.read.QueryRowContext(ctx, "SELECT body FROM portfolio_version WHERE org = ? AND version = ?", org, version))
	if errors.Is(err, sql.ErrNoRows) {
		return p, fmt.Errorf("portfolio version %d: %w", version, fault.ErrNotFound)
	}
	if err != nil {
		return p, err
	}
	p.Org = org // what is looked up by it must never be another organisation's
	// A caller that appends must get an array of its own.
	p.Projects, p.Assets, p.Contacts = slices.Clip(p.Projects), slices.Clip(p.Assets), slices.Clip(p.Contacts)
	if newest && p.Version == version {
		db.folios.put(org, p)
	}
	return p, nil
}
