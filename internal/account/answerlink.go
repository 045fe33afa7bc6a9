package account

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"

	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/warning"
	"watchfire.dev/internal/watch"
)

// An AnswerLink lets one contact answer one warning. Hash is the SHA-256 of its token.
type AnswerLink struct {
	Hash, Org, Warning, Contact string
	Expires                     time.Time
}

// Settings keeps single values by name; one that was never put is "".
type Settings interface {
	Setting(ctx context.Context, name string) (string, error)
	PutSetting(ctx context.Context, name, value string) error
}

// AnswerStore is what the one-tap links need of a database.
type AnswerStore interface {
	Settings
	// Duty returns what the people of an organisation have arranged and chosen.
	Duty(ctx context.Context, org string) (response.Duty, error)
	// PutAnswerLink stores a link; of one that is known it moves the end, only ever later. It
	// writes nothing where a link is known that ends no earlier.
	PutAnswerLink(ctx context.Context, l AnswerLink) error
	AnswerLinkByHash(ctx context.Context, hash string) (AnswerLink, error)
	WarningRow(ctx context.Context, org, id string) (desk.StoredRow, warning.Warning, error)
	PortfolioAt(ctx context.Context, org string, version int64) (portfolio.Portfolio, error)
	Escalation(ctx context.Context, warningID string) (response.EscalationState, error)
	// AnswersTo returns the answers to a warning, newest first.
	AnswersTo(ctx context.Context, org, warningID string) ([]desk.Answer, error)
	// SourcesOf returns the ids of the sources of those signals, sorted, each once.
	SourcesOf(ctx context.Context, org string, signals []string) ([]string, error)
}

// Answerer records an answer; watch.Service does.
type Answerer interface {
	Answer(ctx context.Context, a watch.Answer) (watch.Answer, error)
}

// AnswerConfig is what AnswerLinks needs.
type AnswerConfig struct {
	Store      AnswerStore
	Watch      Answerer
	Now        clock.Clock
	Random     io.Reader
	BaseURL    string                 // as in Config
	SourceName func(id string) string // nil = the id
}

// AnswerLinks makes and opens one-tap links (TRUST.md S17). A token is an HMAC-SHA256 over
// its one purpose, the warning and the contact, cut to 128 bits: the same warning and
// contact always give the same link, nobody can make one without the key, and it says
// nothing about either. It opens nothing else and ends with its warning.
type AnswerLinks struct {
	cfg AnswerConfig
	key []byte
}

// answerKey is the setting that holds the key.
const answerKey = "answer_link_key"

// NewAnswerLinks reads the signing key, or makes it at the first start.
func NewAnswerLinks(ctx context.Context, c AnswerConfig) (*AnswerLinks, error) {
	if c.SourceName == nil {
		c.SourceName = func(id string) string { return id }
	}
	key, err := signingKey(ctx, c.Store, answerKey, c.Random)
	if err != nil {
		return nil, fmt.Errorf("answer links: %w", err)
	}
	return &AnswerLinks{c, key}, nil
}

// signingKey reads the key of that name, or makes it at the first start.
func signingKey(ctx context.Context, store Settings, name string, random io.Reader) ([]byte, error) {
	stored, err := store.Setting(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("read the key in setting %s: %w", name, err)
	}
	if stored != "" {
		key, err := hex.DecodeString(stored)
		if err != nil || len(key) != 32 {
			return nil, fmt.Errorf("key in setting %s: %w", name, fault.ErrInvalid)
		}
		return key, nil
	}
	key := make([]byte, 32)
	if _, err := io.ReadFull(random, key); err != nil {
		return nil, fmt.Errorf("make the key for setting %s: %w", name, err)
	}
	if err := store.PutSetting(ctx, name, hex.EncodeToString(key)); err != nil {
		return nil, fmt.Errorf("store the key in setting %s: %w", name, err)
	}
	return key, nil
}

// tokenOf is the token of a link: an HMAC-SHA256 over its one purpose and what it opens, each
// with its length before it, cut to 128 bits.
func tokenOf(key []byte, purpose string, parts ...string) string {
	mac := hmac.New(sha256.New, key)
	for _, part := range append([]string{purpose}, parts...) {
		fmt.Fprintf(mac, "%d:%s", len(part), part)
	}
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:16])
}

func (l *AnswerLinks) token(org, warningID, contact string) string {
	return tokenOf(l.key, "watchfire answer link v1", org, warningID, contact)
}

// Link is what Answer will ask for: who queues a message stores it with that.
func (l *AnswerLinks) Link(org, warningID, contact string, expires time.Time) watch.Link {
	return watch.Link{Hash: hashOf(l.token(org, warningID, contact)), Org: org, Warning: warningID, Contact: contact, Expires: expires}
}

// Answer returns the link by which a contact answers a warning until expires. Asking again
// gives the same link; it then lives until the later of the two times.
func (l *AnswerLinks) Answer(ctx context.Context, org, warningID, contact string, expires time.Time) (string, error) {
	token := l.token(org, warningID, contact)
	want := AnswerLink{Hash: hashOf(token), Org: org, Warning: warningID, Contact: contact, Expires: expires}
	if err := l.cfg.Store.PutAnswerLink(ctx, want); err != nil {
		return "", fmt.Errorf("store answer link: %w", err)
	}
	return l.cfg.BaseURL + "/a/" + token, nil
}

// open finds what a token stands for. It checks the signature too, so that whoever can
// write to the database alone cannot make a link.
func (l *AnswerLinks) open(ctx context.Context, token string) (AnswerLink, error) {
	link, err := l.cfg.Store.AnswerLinkByHash(ctx, hashOf(token))
	if errors.Is(err, fault.ErrNotFound) {
		return link, fmt.Errorf("answer link: %w", fault.ErrNotFound)
	}
	if err != nil {
		return link, fmt.Errorf("look answer link up: %w", err)
	}
	if !hmac.Equal([]byte(token), []byte(l.token(link.Org, link.Warning, link.Contact))) {
		return link, fmt.Errorf("answer link: %w", fault.ErrNotFound)
	}
	if !l.cfg.Now().Before(link.Expires) {
		return link, fmt.Errorf("answer link ended at %s: %w", link.Expires.UTC().Format(time.RFC3339), fault.ErrGone)
	}
	return link, nil
}
