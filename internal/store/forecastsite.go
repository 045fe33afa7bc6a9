package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/forecast/panel"
	"watchfire.dev/internal/forecast/site"
	"watchfire.dev/internal/journal"
)

var _ desk.ForecastStore = (*DB)(nil)

const siteColumns = "org, kind, maker, place, family, week, issued_at, body, resolved_at, outcome"

// saidOfPlace is what a forecast of a place said, as its body holds it.
type saidOfPlace struct {
	Chance      float64 `json:"chance"`
	Low         float64 `json:"low"`
	High        float64 `json:"high"`
	Expected    float64 `json:"expected,omitempty"`
	Shape       float64 `json:"shape,omitempty"`
	Rate        float64 `json:"rate,omitempty"`
	Base        float64 `json:"base"`
	Persistence float64 `json:"persistence"`
	Weeks       int     `json:"weeks"`
	Incidents   int     `json:"incidents"`
	Name        string  `json:"name,omitempty"`
	Note        string  `json:"note,omitempty"`
}

// void is the outcome of a week in which the watch saw nothing.
const void = -1

// PutSiteForecasts keeps forecasts of places, all or none, as PutForecasts does.
func (db *DB) PutSiteForecasts(ctx context.Context, entries []site.Entry, drafts ...journal.Draft) error {
	return db.written(ctx, drafts, func(ctx context.Context, tx *Tx) error {
		for _, e := range entries {
			if err := e.Check(); err != nil {
				return err
			}
			body, err := json.Marshal(saidOfPlace{e.Chance, e.Low, e.High, e.Expected, e.Shape, e.Rate, e.Base, e.Persistence, e.Weeks, e.Incidents, e.Name, e.Note})
			if err != nil {
				return fmt.Errorf("forecast of %s, %s by %s: %w: %w", e.Place, e.Week, e.Maker, fault.ErrInvalid, err)
			}
			n, err := touched(tx.ExecContext(ctx, "INSERT INTO forecast_site ("+siteColumns+") VALUES (?,?,?,?,?,?,?,?,NULL,0) ON CONFLICT DO NOTHING",
				e.Org, string(e.Kind), e.Maker, e.Place, string(e.Family), int64(e.Week), at(e.Issued), string(body)))
			if err != nil {
				return err
			}
			if n == 0 {
				return fmt.Errorf("forecast of %s, %s by %s: kept already: %w", e.Place, e.Week, e.Maker, fault.ErrConflict)
			}
		}
		return nil
	})
}

// ResolveSiteForecasts adds outcomes to entries that have none, and returns to how many.
func (db *DB) ResolveSiteForecasts(ctx context.Context, entries []site.Entry, drafts ...journal.Draft) (resolved int64, err error) {
	err = db.written(ctx, drafts, func(ctx context.Context, tx *Tx) error {
		resolved = 0
		for _, e := range entries {
			if e.Resolved.IsZero() {
				return fmt.Errorf("forecast of %s, %s by %s: without outcome: %w", e.Place, e.Week, e.Maker, fault.ErrInvalid)
			}
			outcome := e.Outcome
			if e.Void {
				outcome = void
			}
			n, err := touched(tx.ExecContext(ctx, `UPDATE forecast_site SET resolved_at = ?, outcome = ?
				WHERE org = ? AND kind = ? AND maker = ? AND place = ? AND family = ? AND week = ? AND issued_at = ? AND resolved_at IS NULL`,
				at(e.Resolved), outcome, e.Org, string(e.Kind), e.Maker, e.Place, string(e.Family), int64(e.Week), at(e.Issued)))
			if err != nil {
				return err
			}
			resolved += n
		}
		return nil
	})
	return resolved, err
}

const (
	siteWhere = "SELECT " + siteColumns + " FROM forecast_site WHERE org = ?1"
	siteOrder = " ORDER BY place, family, week, kind, maker, issued_at"
)

// SiteForecasts returns the entries of an organisation by place, family, week and instant:
// of one place, or all ("").
func (db *DB) SiteForecasts(ctx context.Context, org, place string) ([]site.Entry, error) {
	return list(ctx, db.read, scanSiteForecast, siteWhere+" AND (?2 = '' OR place = ?2)"+siteOrder, org, place)
}

// SiteForecastsOpen returns the entries without outcome of weeks up to one.
func (db *DB) SiteForecastsOpen(ctx context.Context, org string, upTo site.Week) ([]site.Entry, error) {
	return list(ctx, db.read, scanSiteForecast, siteWhere+" AND resolved_at IS NULL AND week <= ?2"+siteOrder, org, int64(upTo))
}

// SiteForecastsSince returns the entries of weeks from one on.
func (db *DB) SiteForecastsSince(ctx context.Context, org string, week site.Week) ([]site.Entry, error) {
	return list(ctx, db.read, scanSiteForecast, siteWhere+" AND week >= ?2"+siteOrder, org, int64(week))
}

func scanSiteForecast(s scanner) (site.Entry, error) {
	var e site.Entry
	var issued, body string
	var resolved sql.NullString
	if err := s.Scan(&e.Org, &e.Kind, &e.Maker, &e.Place, &e.Family, &e.Week, &issued, &body, &resolved, &e.Outcome); err != nil {
		return e, err
	}
	var b saidOfPlace
	if err := json.Unmarshal([]byte(body), &b); err != nil {
		return e, fmt.Errorf("forecast of %s, %s: %w", e.Place, e.Week, err)
	}
	if e.Outcome == void {
		e.Void, e.Outcome = true, 0
	}
	e.Issued, e.Resolved, e.Name, e.Note = when(issued), got(resolved), b.Name, b.Note
	e.Chance, e.Low, e.High, e.Expected, e.Shape, e.Rate = b.Chance, b.Low, b.High, b.Expected, b.Shape, b.Rate
	e.Base, e.Persistence, e.Weeks, e.Incidents = b.Base, b.Persistence, b.Weeks, b.Incidents
	return e, nil
}

// PutForecastPanel keeps a panel; the same bytes twice are kept once. It tells whether they
// are new.
func (db *DB) PutForecastPanel(ctx context.Context, org string, p desk.ForecastPanel, raw []byte, drafts ...journal.Draft) (fresh bool, err error) {
	enc, err := packer()
	if err != nil {
		return false, fmt.Errorf("compressor: %w", err)
	}
	body := enc.EncodeAll(raw, nil)
	err = db.Do(ctx, func(ctx context.Context, tx *Tx) error {
		n, err := touched(tx.ExecContext(ctx, "INSERT INTO forecast_panel (org, hash, at, actor, file, last_month, body) VALUES (?,?,?,?,?,?,?) ON CONFLICT (org, hash) DO NOTHING",
			org, p.Hash, at(p.At), p.By, p.File, int64(p.Last), body))
		if fresh = n > 0; err != nil || !fresh {
			return err
		}
		return tx.Journal(drafts...)
	})
	return given(&fresh, err)
}

const panelColumns = "hash, at, actor, file, last_month"

func scanPanel(s scanner) (desk.ForecastPanel, error) {
	var p desk.ForecastPanel
	var stamped string
	err := s.Scan(&p.Hash, &stamped, &p.By, &p.File, &p.Last)
	p.At = when(stamped)
	return p, err
}

// ForecastPanels lists the panels of an organisation: the one that reaches furthest first, of
// equals the newest.
func (db *DB) ForecastPanels(ctx context.Context, org string, limit int) ([]desk.ForecastPanel, error) {
	return list(ctx, db.read, scanPanel, "SELECT "+panelColumns+" FROM forecast_panel WHERE org = ? ORDER BY last_month DESC, at DESC, hash LIMIT ?", org, limit)
}

// ForecastPanel returns the bytes of a panel; fault.ErrNotFound.
func (db *DB) ForecastPanel(ctx context.Context, org, hash string) ([]byte, error) {
	var body []byte
	err := db.read.QueryRowContext(ctx, "SELECT body FROM forecast_panel WHERE org = ? AND hash = ?", org, hash).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("panel %.20q: %w", hash, fault.ErrNotFound)
	}
	if err != nil {
		return nil, err
	}
	return unpack(body, true)
}

// ForecastState sums up what is kept of an organisation.
func (db *DB) ForecastState(ctx context.Context, org string) (desk.ForecastState, error) {
	var s desk.ForecastState
	var issued, resolved, siteIssued, siteResolved sql.NullString
	var open, week, siteOpen sql.NullInt64
	err := db.read.QueryRowContext(ctx, `SELECT
		(SELECT count(*) FROM forecast_entry WHERE org = ?1), (SELECT max(issued_at) FROM forecast_entry WHERE org = ?1),
		(SELECT max(issued_at) FROM forecast_entry WHERE org = ?1 AND kind = 'model'), (SELECT max(resolved_at) FROM forecast_entry WHERE org = ?1),
		(SELECT min(month) FROM forecast_entry WHERE org = ?1 AND resolved_at IS NULL)`, org).Scan(&s.Entries, &siteIssued, &issued, &resolved, &open)
	if err != nil {
		return s, err
	}
	s.Said, s.Issued, s.Resolved, s.FirstOpen = got(siteIssued), got(issued), got(resolved), panel.Month(open.Int64)
	if issued.Valid {
		var body string
		if err := db.read.QueryRowContext(ctx, `SELECT maker, body FROM forecast_entry WHERE org = ? AND kind = 'model' AND issued_at = ? ORDER BY maker, unit, month LIMIT 1`,
			org, issued.String).Scan(&s.Model, &body); err != nil {
			return s, err
		}
		var b said
		if err := json.Unmarshal([]byte(body), &b); err != nil {
			return s, err
		}
		s.Origin, s.Panel, s.Seed = b.Origin, b.Panel, b.Seed
	}
	err = db.read.QueryRowContext(ctx, `SELECT
		(SELECT count(*) FROM forecast_site WHERE org = ?1), (SELECT max(issued_at) FROM forecast_site WHERE org = ?1), (SELECT max(resolved_at) FROM forecast_site WHERE org = ?1),
		(SELECT max(week) FROM forecast_site WHERE org = ?1 AND kind = 'model'), (SELECT min(week) FROM forecast_site WHERE org = ?1 AND resolved_at IS NULL)`, org).
		Scan(&s.SiteEntries, &siteIssued, &siteResolved, &week, &siteOpen)
	s.SiteIssued, s.SiteResolved, s.Week, s.SiteOpen = got(siteIssued), got(siteResolved), site.Week(week.Int64), site.Week(siteOpen.Int64)
	return s, err
}
