package store

import (
	"context"
	"fmt"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/journal"
)

var _ desk.ReportStore = (*DB)(nil)

// PutReport stores an edition with its inputs, its forms and its entry in the journal, or
// nothing. An edition that is there is fault.ErrConflict: none is ever changed.
func (db *DB) PutReport(ctx context.Context, org string, r desk.StoredReport, b desk.ReportBytes, entries ...journal.Draft) error {
	enc, err := packer()
	if err != nil {
		return fmt.Errorf("compressor: %w", err)
	}
	return db.written(ctx, entries, func(ctx context.Context, tx *Tx) error {
		done, err := tx.ExecContext(ctx, `INSERT INTO report (org, id, edition, product, unit, name, period, as_of, made_at, made_by, tlp, lang, approved, snapshot, html, json, body, page, data)
			VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT (org, id, edition) DO NOTHING`,
			org, r.ID, r.Edition, r.Product, r.Unit, r.Name, r.Period, at(r.AsOf), at(r.Made), r.By, r.TLP, r.Lang, r.Approved, r.Snapshot, r.HTML, r.JSON,
			enc.EncodeAll(b.Snapshot, nil), enc.EncodeAll(b.HTML, nil), enc.EncodeAll(b.JSON, nil))
		if err != nil {
			return fmt.Errorf("store report %s: %w", r.ID, err)
		}
		if n, err := done.RowsAffected(); err != nil || n == 0 {
			return fmt.Errorf("report %s has edition %d already: %w", r.ID, r.Edition, fault.ErrConflict)
		}
		return nil
	})
}

const reportColumns = "SELECT id, edition, product, unit, name, period, as_of, made_at, made_by, tlp, lang, approved, snapshot, html, json FROM report r WHERE org = ?1"

func scanReport(s scanner) (desk.StoredReport, error) {
	var r desk.StoredReport
	var asOf, made string
	err := s.Scan(&r.ID, &r.Edition, &r.Product, &r.Unit, &r.Name, &r.Period, &asOf, &made, &r.By, &r.TLP, &r.Lang, &r.Approved, &r.Snapshot, &r.HTML, &r.JSON)
	r.AsOf, r.Made = when(asOf), when(made)
	return r, err
}

// Reports lists editions, the newest first.
func (db *DB) Reports(ctx context.Context, org string, limit int) ([]desk.StoredReport, error) {
	return list(ctx, db.read, scanReport, reportColumns+" ORDER BY made_at DESC, id, edition DESC LIMIT ?2", org, limit)
}

// ReportHead returns the newest edition of a report without its bytes; fault.ErrNotFound.
func (db *DB) ReportHead(ctx context.Context, org, id string) (desk.StoredReport, error) {
	r, err := scanReport(db.read.QueryRowContext(ctx, reportColumns+" AND id = ?2 ORDER BY edition DESC LIMIT 1", org, id))
	return r, one(err, fmt.Sprintf("report %.100q", id))
}

// NewestReport returns the newest edition of a product and unit, but of one id; fault.ErrNotFound.
func (db *DB) NewestReport(ctx context.Context, org, product, unit, but string) (desk.StoredReport, error) {
	r, err := scanReport(db.read.QueryRowContext(ctx, reportColumns+" AND product = ?2 AND unit = ?3 AND id <> ?4 ORDER BY made_at DESC, id, edition DESC LIMIT 1", org, product, unit, but))
	return r, one(err, fmt.Sprintf("report %s of %.100q", product, unit))
}

// Report returns an edition with its bytes, 0 = the newest; fault.ErrNotFound.
func (db *DB) Report(ctx context.Context, org, id string, edition int) (desk.StoredReport, desk.ReportBytes, error) {
	var b desk.ReportBytes
	found, err := list(ctx, db.read, scanReport, reportColumns+" AND id = ?2 AND (?3 = 0 OR edition = ?3) ORDER BY edition DESC LIMIT 1", org, id, edition)
	if err != nil {
		return desk.StoredReport{}, b, err
	}
	if len(found) == 0 {
		return desk.StoredReport{}, b, fmt.Errorf("report %.100q: %w", id, fault.ErrNotFound)
	}
	var packed [3][]byte
	if err := db.read.QueryRowContext(ctx, "SELECT body, page, data FROM report WHERE org = ? AND id = ? AND edition = ?", org, id, found[0].Edition).Scan(&packed[0], &packed[1], &packed[2]); err != nil {
		return found[0], b, err
	}
	for i, into := range []*[]byte{&b.Snapshot, &b.HTML, &b.JSON} {
		if *into, err = unpack(packed[i], true); err != nil {
			return found[0], b, fmt.Errorf("report %s: %w", id, err)
		}
	}
	return found[0], b, nil
}

// PutReportOrder keeps a schedule or a template; one of the same id is replaced, one without
// a body taken away.
func (db *DB) PutReportOrder(ctx context.Context, org string, o desk.ReportOrder, entries ...journal.Draft) error {
	return db.written(ctx, entries, func(ctx context.Context, tx *Tx) error {
		if len(o.Body) == 0 {
			_, err := tx.ExecContext(ctx, "DELETE FROM report_order WHERE org = ? AND kind = ? AND id = ?", org, o.Kind, o.ID)
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO report_order (org, kind, id, changed_at, changed_by, body) VALUES (?,?,?,?,?,?)
			ON CONFLICT (org, kind, id) DO UPDATE SET changed_at = excluded.changed_at, changed_by = excluded.changed_by, body = excluded.body`,
			org, o.Kind, o.ID, at(o.At), o.By, o.Body)
		return err
	})
}

// ReportOrders lists the orders of a kind by id.
func (db *DB) ReportOrders(ctx context.Context, org, kind string) ([]desk.ReportOrder, error) {
	return list(ctx, db.read, func(s scanner) (desk.ReportOrder, error) {
		o := desk.ReportOrder{Kind: kind}
		var changed string
		err := s.Scan(&o.ID, &changed, &o.By, &o.Body)
		o.At = when(changed)
		return o, err
	}, "SELECT id, changed_at, changed_by, body FROM report_order WHERE org = ? AND kind = ? ORDER BY id", org, kind)
}
