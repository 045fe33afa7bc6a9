package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/journal"
)

var _ desk.DeviceStore = (*DB)(nil)

const deviceColumns = "SELECT name, subscription, created_at, last_ok FROM device WHERE org = ? AND contact = ?"

func scanDevice(contact string) func(s scanner) (desk.Device, error) {
	return func(s scanner) (desk.Device, error) {
		d := desk.Device{Contact: contact}
		var created, worked string
		err := s.Scan(&d.Name, &d.Subscription, &created, &worked)
		d.Created, d.Worked = when(created), when(worked)
		return d, err
	}
}

// Devices lists the devices of a contact by name.
func (db *DB) Devices(ctx context.Context, org, contact string) ([]desk.Device, error) {
	return list(ctx, db.read, scanDevice(contact), deviceColumns+" ORDER BY name", org, contact)
}

// Device returns one device; fault.ErrNotFound.
func (db *DB) Device(ctx context.Context, org, contact, name string) (desk.Device, error) {
	found, err := list(ctx, db.read, scanDevice(contact), deviceColumns+" AND name = ?", org, contact, name)
	if err != nil {
		return desk.Device{}, err
	}
	if len(found) == 0 {
		return desk.Device{}, fmt.Errorf("device of contact %s: %w", contact, fault.ErrNotFound)
	}
	return found[0], nil
}

// PutDevice stores a device in place of an earlier one of the same contact and name.
func (db *DB) PutDevice(ctx context.Context, org string, d desk.Device, entries ...journal.Draft) error {
	return db.written(ctx, entries, func(ctx context.Context, tx *Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO device (org, contact, name, subscription, created_at, last_ok) VALUES (?,?,?,?,?,?)
			ON CONFLICT (org, contact, name) DO UPDATE SET subscription = excluded.subscription, created_at = excluded.created_at, last_ok = excluded.last_ok`,
			org, d.Contact, d.Name, d.Subscription, at(d.Created), at(d.Worked))
		return err
	})
}

// ForgetDevice removes a device; fault.ErrNotFound when there is none.
func (db *DB) ForgetDevice(ctx context.Context, org, contact, name string, entries ...journal.Draft) error {
	return db.written(ctx, entries, func(ctx context.Context, tx *Tx) error {
		r, err := tx.ExecContext(ctx, "DELETE FROM device WHERE org = ? AND contact = ? AND name = ?", org, contact, name)
		if err != nil {
			return err
		}
		if n, err := r.RowsAffected(); err != nil || n == 0 {
			return one(firstError(err, sql.ErrNoRows), "device of contact "+contact)
		}
		return nil
	})
}

// DropDevice removes a device whose subscription has ended, unless it has a newer one.
func (db *DB) DropDevice(ctx context.Context, org, contact, name, subscription string) error {
	return db.written(ctx, nil, func(ctx context.Context, tx *Tx) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM device WHERE org = ? AND contact = ? AND name = ? AND subscription = ?", org, contact, name, subscription)
		return err
	})
}

// DeviceWorked notes that a push service took a message for a device.
func (db *DB) DeviceWorked(ctx context.Context, org, contact, name string, t time.Time) error {
	return db.written(ctx, nil, func(ctx context.Context, tx *Tx) error {
		_, err := tx.ExecContext(ctx, "UPDATE device SET last_ok = ? WHERE org = ? AND contact = ? AND name = ?", at(t), org, contact, name)
		return err
	})
}
