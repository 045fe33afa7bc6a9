package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"watchfire.dev/internal/account"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/journal"
)

const tokenColumns = "t.id, t.org, t.account, t.name, t.hash, t.scopes, t.created_at, t.expires_at, t.used_at, t.revoked_at"

// tokenFields are the places that a row of tokenColumns is scanned into.
func tokenFields(t *account.Token) (fields []any, done func()) {
	var scopes string
	var created, expires, used, revoked sql.NullString
	fields = []any{&t.ID, &t.Org, &t.Account, &t.Name, &t.Hash, &scopes, &created, &expires, &used, &revoked}
	return fields, func() {
		for s := range strings.FieldsSeq(scopes) {
			t.Scopes = append(t.Scopes, desk.Scope(s))
		}
		t.Created, t.Expires, t.Used, t.Revoked = got(created), got(expires), got(used), got(revoked)
	}
}

// PutToken stores a new token.
func (db *DB) PutToken(ctx context.Context, t account.Token, entries ...journal.Draft) error {
	scopes := make([]string, len(t.Scopes))
	for i, s := range t.Scopes {
		scopes[i] = string(s)
	}
	return db.written(ctx, entries, func(ctx context.Context, tx *Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO token (id, org, account, name, hash, scopes, created_at, expires_at, used_at, revoked_at)
			VALUES (?,?,?,?,?,?,?,?,?,?)`, t.ID, t.Org, t.Account, t.Name, t.Hash, strings.Join(scopes, " "), at(t.Created), put(t.Expires), put(t.Used), put(t.Revoked))
		return err
	})
}

// TokenByHash returns a token with the account that made it.
func (db *DB) TokenByHash(ctx context.Context, hash string) (account.Token, account.Account, error) {
	return presented(ctx, db, "token", hash, db.token)
}

func (db *DB) token(ctx context.Context, hash string) (account.Token, account.Account, error) {
	var t account.Token
	var a account.Account
	tf, tokenDone := tokenFields(&t)
	af, accountDone := accountFields(&a)
	err := db.read.QueryRowContext(ctx, "SELECT "+tokenColumns+", "+accountColumns+
		" FROM token t JOIN account a ON a.id = t.account AND a.org = t.org WHERE t.hash = ?", hash).Scan(append(tf, af...)...)
	tokenDone()
	accountDone()
	return t, a, one(err, "token")
}

// TokenList returns the tokens of an organisation, newest first.
func (db *DB) TokenList(ctx context.Context, org string) ([]account.Token, error) {
	return list(ctx, db.read, func(s scanner) (account.Token, error) {
		var t account.Token
		fields, done := tokenFields(&t)
		err := s.Scan(fields...)
		done()
		return t, err
	}, "SELECT "+tokenColumns+" FROM token t WHERE org = ? ORDER BY created_at DESC, id", org)
}

// TouchToken notes the use of a token.
func (db *DB) TouchToken(ctx context.Context, id string, used time.Time) error {
	return db.written(ctx, nil, func(ctx context.Context, tx *Tx) error {
		_, err := tx.ExecContext(ctx, "UPDATE token SET used_at = ? WHERE id = ?", at(used), id)
		return err
	})
}

// RevokeToken makes a token useless; fault.ErrNotFound when there is none or it was revoked
// before.
func (db *DB) RevokeToken(ctx context.Context, org, id string, t time.Time, entries ...journal.Draft) error {
	return db.written(ctx, entries, func(ctx context.Context, tx *Tx) error {
		res, err := tx.ExecContext(ctx, "UPDATE token SET revoked_at = ? WHERE org = ? AND id = ? AND revoked_at IS NULL", at(t), org, id)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return fmt.Errorf("token %s: %w", id, fault.ErrNotFound)
		}
		return nil
	})
}
