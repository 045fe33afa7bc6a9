package account

import (
	"context"
	"time"

	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/portfolio"
)

// An Effect is what else the transaction that changes an account does.
type Effect struct {
	EndSessions bool
	Keep        string // hash of the session that goes on
	// NeedsAdministrator refuses the change (fault.ErrConflict) when it would leave the
	// organisation without an administrator who may sign in.
	NeedsAdministrator bool
	Journal            []journal.Draft
}

// Store keeps accounts and everything that opens one. Each method is one transaction,
// journal entries included, and on disk when it returns nil. What does not exist is
// fault.ErrNotFound.
type Store interface {
	Accounts
	Sessions
	Links
	Tokens
	// Journal appends entries that change nothing else.
	Journal(ctx context.Context, drafts ...journal.Draft) error
}

// Accounts keeps organisations and accounts.
type Accounts interface {
	// CreateOrganisation makes an organisation with its administrator. first refuses it
	// (fault.ErrConflict) when there is an organisation already.
	CreateOrganisation(ctx context.Context, o portfolio.Organisation, first bool, a Account, l Link, entries ...journal.Draft) error
	Organisation(ctx context.Context, id string) (portfolio.Organisation, error)
	// CreateAccount fails with fault.ErrConflict when the address is taken.
	CreateAccount(ctx context.Context, a Account, l Link, entries ...journal.Draft) error
	AccountByEmail(ctx context.Context, email string) (Account, error)
	AccountByID(ctx context.Context, org, id string) (Account, error)
	AccountList(ctx context.Context, org string) ([]Account, error)
	// Unclaimed returns the only account of an installation in which nobody has a password.
	Unclaimed(ctx context.Context) (Account, error)
	// ChangeAccount reads, changes and writes inside one transaction.
	ChangeAccount(ctx context.Context, org, id string, change func(*Account) (Effect, error)) error
}

// Sessions keeps the sessions of people.
type Sessions interface {
	PutSession(ctx context.Context, s Session, entries ...journal.Draft) error
	SessionByHash(ctx context.Context, hash string) (Session, Account, error)
	TouchSession(ctx context.Context, hash string, seen time.Time) error
	EndSession(ctx context.Context, hash string, entries ...journal.Draft) error
	// DropSessions removes sessions and links that can no longer be used.
	DropSessions(ctx context.Context, now, seenBefore time.Time) error
}

// Links keeps one-time sign-in links.
type Links interface {
	// PutLink stores a link; earlier ones of the account can no longer be used.
	PutLink(ctx context.Context, l Link, entries ...journal.Draft) error
	LinkByHash(ctx context.Context, hash string) (Link, Account, error)
	// UseLink marks a link as used and opens a session; with a password it also sets it and
	// ends the account's other sessions. It fails with fault.ErrGone when the link was used
	// or is too old: two who come at once get one session.
	UseLink(ctx context.Context, hash string, now time.Time, password string, s Session, entries ...journal.Draft) error
}

// Tokens keeps the tokens of programs.
type Tokens interface {
	PutToken(ctx context.Context, t Token, entries ...journal.Draft) error
	TokenByHash(ctx context.Context, hash string) (Token, Account, error)
	TokenList(ctx context.Context, org string) ([]Token, error)
	TouchToken(ctx context.Context, id string, used time.Time) error
	RevokeToken(ctx context.Context, org, id string, at time.Time, entries ...journal.Draft) error
}
