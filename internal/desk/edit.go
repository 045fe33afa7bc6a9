package desk

import (
	"context"
	"errors"
	"fmt"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/feed"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/watch"
)

// An EditResult is what edits of a portfolio did, or what is wrong with them.
type EditResult struct {
	Version  VersionRow // zero when nothing changed
	Changes  []portfolio.Change
	Problems []portfolio.Problem // with one of them nothing was changed
}

// Edit carries out all edits of the portfolio or none. base is the version that the caller
// saw: another one by now is a *fault.Changed. base 0 edits whatever stands.
func (d *Desk) Edit(ctx context.Context, who Principal, base int64, edits []portfolio.Edit) (EditResult, error) {
	if err := need(who, CanPortfolio); err != nil {
		return EditResult{}, err
	}
	current, err := d.portfolio(ctx, who.Org)
	if err != nil {
		return EditResult{}, err
	}
	if base != 0 && base != current.Version {
		return EditResult{}, d.moved(ctx, who.Org, current.Version)
	}
	next, changes, problems := portfolio.Apply(current, edits)
	if len(problems) > 0 || len(changes) == 0 {
		return EditResult{Problems: problems}, nil
	}
	v, err := d.setPortfolio(ctx, who, watch.PortfolioVersion{Changes: len(changes), Portfolio: next})
	return EditResult{Version: v, Changes: changes}, err
}

// moved says who made the portfolio what it is now.
func (d *Desk) moved(ctx context.Context, org string, version int64) error {
	out := &fault.Changed{What: "portfolio", Version: version}
	rows, err := d.cfg.Store.PortfolioVersions(ctx, org)
	if err != nil {
		return errors.Join(out, err)
	}
	if len(rows) > 0 {
		out.Version, out.By, out.At = rows[0].Version, rows[0].Actor, rows[0].At
	}
	return out
}

// source finds a source that the organisation may use; another's does not exist.
func (d *Desk) source(who Principal, id string) (feed.Source, error) {
	s, ok := d.cfg.Catalogue.Source(id)
	if !ok || s.Org != "" && s.Org != who.Org {
		return feed.Source{}, fmt.Errorf("source %.40q: %w", id, fault.ErrNotFound)
	}
	return s, nil
}
