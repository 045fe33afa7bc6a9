package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/forecast/dist"
	"watchfire.dev/internal/forecast/ledger"
	"watchfire.dev/internal/forecast/panel"
	"watchfire.dev/internal/journal"
)

const forecastColumns = "org, kind, maker, unit, month, threshold, issued_at, body, resolved_at, outcome"

// said is what a forecast said, as its body holds it.
type said struct {
	Origin      panel.Month `json:"origin"`
	Chance      float64     `json:"chance"`
	Base        float64     `json:"base"`
	Persistence float64     `json:"persistence"`
	Quantiles   dist.Grid   `json:"quantiles,omitempty"`
	Note        string      `json:"note,omitempty"`
	Name        string      `json:"name,omitempty"`
	Until       time.Time   `json:"until,omitzero"`
	Panel       string      `json:"panel,omitempty"`
	Seed        uint64      `json:"seed,omitempty"`
}

// PutForecasts keeps forecasts, all or none. Each is checked: one whose month is over is
// fault.ErrStale. The same maker, question and instant twice is fault.ErrConflict: an entry
// is never written over.
func (db *DB) PutForecasts(ctx context.Context, entries []ledger.Entry, drafts ...journal.Draft) error {
	return db.written(ctx, drafts, func(ctx context.Context, tx *Tx) error {
		for _, e := range entries {
			if err := e.Check(); err != nil {
				return err
			}
			body, err := json.Marshal(said{e.Origin, e.Chance, e.Base, e.Persistence, e.Quantiles, e.Note, e.Name, e.Until, e.Panel, e.Seed})
			if err != nil {
				return fmt.Errorf("forecast of country %d, %s by %s: %w: %w", e.Unit, e.Month, e.Maker, fault.ErrInvalid, err)
			}
			n, err := touched(tx.ExecContext(ctx, "INSERT INTO forecast_entry ("+forecastColumns+") VALUES (?,?,?,?,?,?,?,?,NULL,0) ON CONFLICT DO NOTHING",
				e.Org, string(e.Kind), e.Maker, e.Unit, int64(e.Month), int64(e.Threshold), at(e.Issued), string(body)))
			if err != nil {
				return err
			}
			if n == 0 {
				return fmt.Errorf("forecast of country %d, %s by %s: kept already: %w", e.Unit, e.Month, e.Maker, fault.ErrConflict)
			}
		}
		return nil
	})
}

// ResolveForecasts adds outcomes to entries that have none, and returns to how many.
func (db *DB) ResolveForecasts(ctx context.Context, entries []ledger.Entry, drafts ...journal.Draft) (resolved int64, err error) {
	err = db.written(ctx, drafts, func(ctx context.Context, tx *Tx) error {
		resolved = 0
		for _, e := range entries {
			if e.Resolved.IsZero() {
				return fmt.Errorf("forecast of country %d, %s by %s: without outcome: %w", e.Unit, e.Month, e.Maker, fault.ErrInvalid)
			}
			n, err := touched(tx.ExecContext(ctx, `UPDATE forecast_entry SET resolved_at = ?, outcome = ?
				WHERE org = ? AND kind = ? AND maker = ? AND unit = ? AND month = ? AND threshold = ? AND issued_at = ? AND resolved_at IS NULL`,
				at(e.Resolved), int64(e.Outcome), e.Org, string(e.Kind), e.Maker, e.Unit, int64(e.Month), int64(e.Threshold), at(e.Issued)))
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
	forecastsWhere = "SELECT " + forecastColumns + " FROM forecast_entry WHERE org = ?1"
	forecastsOrder = " ORDER BY kind, maker, unit, month, threshold, issued_at"
)

// Forecasts returns the entries of an organisation in the order of maker, country, month and
// instant; with open only those without outcome.
func (db *DB) Forecasts(ctx context.Context, org string, open bool) ([]ledger.Entry, error) {
	if open {
		return list(ctx, db.read, scanForecast, forecastsWhere+" AND resolved_at IS NULL"+forecastsOrder, org)
	}
	return list(ctx, db.read, scanForecast, forecastsWhere+forecastsOrder, org)
}

// ForecastsOf returns the entries about one country.
func (db *DB) ForecastsOf(ctx context.Context, org string, unit int) ([]ledger.Entry, error) {
	return list(ctx, db.read, scanForecast, forecastsWhere+" AND unit = ?2"+forecastsOrder, org, unit)
}

// ForecastsSince returns what models issued at an instant, and what people said at any, about
// months from one on.
func (db *DB) ForecastsSince(ctx context.Context, org string, month panel.Month, issued time.Time) ([]ledger.Entry, error) {
	return list(ctx, db.read, scanForecast, forecastsWhere+" AND month >= ?2 AND (kind <> 'model' OR issued_at = ?3)"+forecastsOrder, org, int64(month), at(issued))
}

func scanForecast(s scanner) (ledger.Entry, error) {
	var e ledger.Entry
	var issued, body string
	var resolved sql.NullString
	if err := s.Scan(&e.Org, &e.Kind, &e.Maker, &e.Unit, &e.Month, &e.Threshold, &issued, &body, &resolved, &e.Outcome); err != nil {
		return e, err
	}
	var b said
	if err := json.Unmarshal([]byte(body), &b); err != nil {
		return e, fmt.Errorf("forecast of country %d, %s: %w", e.Unit, e.Month, err)
	}
	e.Issued, e.Resolved = when(issued), got(resolved)
	e.Origin, e.Chance, e.Base, e.Persistence, e.Quantiles, e.Note = b.Origin, b.Chance, b.Base, b.Persistence, b.Quantiles, b.Note
	e.Name, e.Until, e.Panel, e.Seed = b.Name, b.Until, b.Panel, b.Seed
	return e, nil
}
