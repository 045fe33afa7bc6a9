package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"watchfire.dev/internal/account"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/store/engine"
)

var _ account.Store = (*DB)(nil)

const accountColumns = "a.id, a.org, a.email, a.name, a.role, a.password, a.language, a.zone, a.theme, a.created_at, a.disabled_at"

// accountFields are the places that a row of accountColumns is scanned into; done turns the
// stamps into times.
func accountFields(a *account.Account) (fields []any, done func()) {
	var created, disabled sql.NullString
	fields = []any{&a.ID, &a.Org, &a.Email, &a.Name, &a.Role, &a.Password, &a.Language, &a.Zone, &a.Theme, &created, &disabled}
	return fields, func() { a.Created, a.Disabled = got(created), got(disabled) }
}

func scanAccount(s scanner) (account.Account, error) {
	var a account.Account
	fields, done := accountFields(&a)
	err := s.Scan(fields...)
	done()
	return a, err
}

// one turns "no row" into fault.ErrNotFound. what names the thing without its secret.
func one(err error, what string) error {
	if errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("%s: %w", what, fault.ErrNotFound)
	}
	return err
}

// written runs statements and journal entries in one transaction.
func (db *DB) written(ctx context.Context, entries []journal.Draft, do func(ctx context.Context, tx *Tx) error) error {
	return db.Do(ctx, func(ctx context.Context, tx *Tx) error {
		if err := do(ctx, tx); err != nil {
			return err
		}
		if len(entries) == 0 {
			return nil
		}
		return tx.Journal(entries...)
	})
}

// CreateOrganisation makes an organisation with its administrator and their link.
func (db *DB) CreateOrganisation(ctx context.Context, o portfolio.Organisation, first bool, a account.Account, l account.Link, entries ...journal.Draft) error {
	return db.written(ctx, entries, func(ctx context.Context, tx *Tx) error {
		var n int
		if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM organisation").Scan(&n); err != nil {
			return err
		}
		if first && n > 0 {
			return fmt.Errorf("there is an organisation already: %w", fault.ErrConflict)
		}
		if _, err := tx.ExecContext(ctx, "INSERT INTO organisation (id, name, language, zone, created_at) VALUES (?,?,?,?,?)",
			o.ID, o.Name, o.Language, o.Zone, at(a.Created)); err != nil {
			return err
		}
		if err := insertAccount(ctx, tx, a); err != nil {
			return err
		}
		return insertLink(ctx, tx, l)
	})
}

func insertAccount(ctx context.Context, tx *Tx, a account.Account) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO account (id, org, email, name, role, password, language, zone, theme, created_at, disabled_at)
		VALUES (?,?,?,?,?,?,?,?,?,?,?)`, a.ID, a.Org, a.Email, a.Name, string(a.Role), a.Password, a.Language, a.Zone, a.Theme, at(a.Created), put(a.Disabled))
	if tx.engine.Is(err, engine.Duplicate) && strings.Contains(err.Error(), "email") {
		return fmt.Errorf("this e-mail address has an account already: %w", fault.ErrConflict)
	}
	return err
}

// Organisation returns one organisation.
func (db *DB) Organisation(ctx context.Context, id string) (portfolio.Organisation, error) {
	o := portfolio.Organisation{ID: id}
	err := db.read.QueryRowContext(ctx, "SELECT name, language, zone FROM organisation WHERE id = ?", id).Scan(&o.Name, &o.Language, &o.Zone)
	return o, one(err, "organisation "+id)
}

// CreateAccount makes an account with its first link.
func (db *DB) CreateAccount(ctx context.Context, a account.Account, l account.Link, entries ...journal.Draft) error {
	return db.written(ctx, entries, func(ctx context.Context, tx *Tx) error {
		if err := insertAccount(ctx, tx, a); err != nil {
			return err
		}
		return insertLink(ctx, tx, l)
	})
}

// AccountByEmail finds an account by its address in lower case.
func (db *DB) AccountByEmail(ctx context.Context, email string) (account.Account, error) {
	a, err := scanAccount(db.read.QueryRowContext(ctx, "SELECT "+accountColumns+" FROM account a WHERE email = ?", email))
	return a, one(err, "account")
}

const accountByID = "SELECT " + accountColumns + " FROM account a WHERE org = ? AND id = ?"

// AccountByID returns an account of an organisation.
func (db *DB) AccountByID(ctx context.Context, org, id string) (account.Account, error) {
	a, err := scanAccount(db.read.QueryRowContext(ctx, accountByID, org, id))
	return a, one(err, "account "+id)
}

// AccountList returns the accounts of an organisation by name.
func (db *DB) AccountList(ctx context.Context, org string) ([]account.Account, error) {
	return list(ctx, db.read, scanAccount, "SELECT "+accountColumns+" FROM account a WHERE org = ? ORDER BY name, id", org)
}

// Unclaimed returns the only account of an installation in which nobody has a password.
func (db *DB) Unclaimed(ctx context.Context) (account.Account, error) {
	a, err := scanAccount(db.read.QueryRowContext(ctx, "SELECT "+accountColumns+` FROM account a
		WHERE password = '' AND (SELECT count(*) FROM account) = 1`))
	return a, one(err, "account without password")
}

// ChangeAccount reads, changes and writes an account in one transaction, with its effects.
func (db *DB) ChangeAccount(ctx context.Context, org, id string, change func(*account.Account) (account.Effect, error)) error {
	return db.Do(ctx, func(ctx context.Context, tx *Tx) error {
		a, err := scanAccount(tx.QueryRowContext(ctx, accountByID, org, id))
		if err != nil {
			return one(err, "account "+id)
		}
		before := a.Password
		effect, err := change(&a)
		if err != nil {
			return err
		}
		w := batchWriter{ctx: ctx, tx: tx}
		w.exec("UPDATE account SET name = ?, role = ?, password = ?, language = ?, zone = ?, theme = ?, disabled_at = ? WHERE org = ? AND id = ?",
			a.Name, string(a.Role), a.Password, a.Language, a.Zone, a.Theme, put(a.Disabled), org, id)
		if effect.EndSessions {
			w.exec("DELETE FROM session WHERE account = ? AND hash <> ?", id, effect.Keep)
		}
		if a.Password != before { // a link that would set it again must not lie about
			w.exec("DELETE FROM sign_in_link WHERE account = ?", id)
		}
		if err := w.end(); err != nil {
			return err
		}
		if effect.NeedsAdministrator {
			if err := needAdministrator(ctx, tx, org); err != nil {
				return err
			}
		}
		if len(effect.Journal) == 0 {
			return nil
		}
		return tx.Journal(effect.Journal...)
	})
}

func needAdministrator(ctx context.Context, tx *Tx, org string) error {
	var n int
	err := tx.QueryRowContext(ctx, "SELECT count(*) FROM account WHERE org = ? AND role = ? AND disabled_at IS NULL", org, string(desk.Administrator)).Scan(&n)
	if err != nil {
		return err
	}
	if n == 0 {
		return fmt.Errorf("this is the last administrator of the organisation: %w", fault.ErrConflict)
	}
	return nil
}
