// Package account knows who may come in: accounts with their roles, passwords, sessions,
// one-time sign-in links, tokens for programs, and one-tap answer links. It promises that no
// secret is stored in a form that could be used (passwords as argon2id, everything else as
// SHA-256), that a known and an unknown account take the same work to refuse, that a
// disabled account or a changed role ends its sessions at once, and that each sign-in,
// refusal and change of rights is journalled without personal data. It draws no page, sends
// no mail and decides no level: the edges carry its cookies, the desk checks scopes.
package account

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"net/mail"
	"strings"
	"time"

	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
)

// The times that bound sessions and links (TRUST.md S14, S24).
const (
	SessionIdle = 12 * time.Hour     // without a request the session ends
	SessionMax  = 7 * 24 * time.Hour // however busy, a person signs in again
	LinkLife    = 24 * time.Hour     // of a one-time sign-in link
	TokenMax    = 366 * 24 * time.Hour
)

// An Account is a person who may sign in to one organisation.
type Account struct {
	ID       string
	Org      string
	Email    string // unique in the installation, lower case
	Name     string
	Role     desk.Role
	Password string // PHC string of argon2id; "" = none yet
	Language string // BCP 47
	Zone     string // IANA
	Theme    string // "light", "dark", "" = as the device says
	Created  time.Time
	Disabled time.Time // zero = may sign in
	Waiting  bool      // in answers of Service only: nobody has set a password yet
}

// A Session is one browser of an account. Hash is the SHA-256 of what the cookie holds.
type Session struct {
	Hash, Account          string
	Created, Seen, Expires time.Time
}

// A Link is a one-time sign-in link. Hash is the SHA-256 of its secret part.
type Link struct {
	Hash, Account string
	SetPassword   bool // the link asks for a new password
	Expires, Used time.Time
}

// A Token lets a program act for the account that made it, within Scopes and within what
// the account's role allows at the time of the call.
type Token struct {
	ID, Org, Account, Name string
	Hash                   string
	Scopes                 []desk.Scope
	Created                time.Time
	Expires                time.Time // zero = never
	Used                   time.Time // to the minute
	Revoked                time.Time
}

// Config is what a Service needs. Random is crypto/rand.Reader outside of tests.
type Config struct {
	Store  Store
	Now    clock.Clock
	Random io.Reader
	// BaseURL is where people reach the program, without a slash at the end. Links start
	// with it.
	BaseURL string
	// Secure says that the program is reached by HTTPS. Off, on a loopback address without
	// certificate, the cookie goes without Secure and without the prefix __Host-.
	Secure bool
	Log    *slog.Logger // nil = silent
}

// A Service signs people and programs in. It is safe for concurrent use.
type Service struct {
	cfg       Config
	passwords hasher
	limits    *limits
}

// New returns a Service.
func New(c Config) (*Service, error) {
	if c.Store == nil || c.Now == nil || c.Random == nil {
		return nil, fmt.Errorf("account: Store, Now and Random are needed: %w", fault.ErrInvalid)
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	c.BaseURL = strings.TrimRight(c.BaseURL, "/")
	passwords, err := newArgon(c.Random)
	if err != nil {
		return nil, err
	}
	return &Service{cfg: c, passwords: passwords, limits: newLimits()}, nil
}

// secret returns 256 random bits as 43 characters that are safe in a URL, and the hash under
// which the store knows them.
func (s *Service) secret() (plain, hash string, err error) {
	var b [32]byte
	if _, err := io.ReadFull(s.cfg.Random, b[:]); err != nil {
		return "", "", fmt.Errorf("read random bytes: %w", err)
	}
	plain = base64.RawURLEncoding.EncodeToString(b[:])
	return plain, hashOf(plain), nil
}

// hashOf needs no salt and no slow function: what it hashes is random, not chosen.
func hashOf(plain string) string {
	h := sha256.Sum256([]byte(plain))
	return hex.EncodeToString(h[:])
}

// cleanEmail brings an address into the one form that is stored and compared.
func cleanEmail(raw string) (string, error) {
	raw = strings.ToLower(strings.TrimSpace(raw))
	a, err := mail.ParseAddress(raw)
	if err != nil || a.Address != raw || len(raw) > 254 {
		return "", fmt.Errorf("e-mail: not an address: %w", fault.ErrInvalid)
	}
	return raw, nil
}

func roles() []desk.Role {
	return []desk.Role{desk.Administrator, desk.DutyOfficer, desk.Analyst, desk.Manager, desk.Reader}
}
