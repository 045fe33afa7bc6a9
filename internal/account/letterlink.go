package account

import (
	"context"
	"crypto/hmac"
	"fmt"
	"io"
	"strings"
	"time"

	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
)

// LetterStore is what the links of letters need of a database.
type LetterStore interface {
	Settings
	LetterByLink(ctx context.Context, hash string) (desk.StoredLetter, error)
}

// LetterLinks makes and opens the links by which somebody without an account reads what a
// letter brings. A token is an HMAC-SHA256 over its one purpose, the organisation and the
// letter, cut to 128 bits; only its hash is kept. It opens that one letter and ends with it.
type LetterLinks struct {
	store LetterStore
	now   clock.Clock
	base  string
	key   []byte
}

// NewLetterLinks reads the signing key, or makes it at the first start.
func NewLetterLinks(ctx context.Context, store LetterStore, now clock.Clock, random io.Reader, baseURL string) (*LetterLinks, error) {
	key, err := signingKey(ctx, store, "letter_link_key", random)
	if err != nil {
		return nil, fmt.Errorf("links of letters: %w", err)
	}
	return &LetterLinks{store, now, strings.TrimRight(baseURL, "/"), key}, nil
}

func (l *LetterLinks) token(org, letter string) string {
	return tokenOf(l.key, "watchfire letter link v1", org, letter)
}

// Link is the address that opens a letter, and the hash that is kept of its token.
func (l *LetterLinks) Link(org, letter string) (url, hash string) {
	token := l.token(org, letter)
	return l.base + "/r/" + token, hashOf(token)
}

// Open finds the letter of a token. Errors wrap fault.ErrNotFound, and fault.ErrGone when the
// link has ended.
func (l *LetterLinks) Open(ctx context.Context, token string) (desk.StoredLetter, error) {
	found, err := l.store.LetterByLink(ctx, hashOf(token))
	if err != nil {
		return found, fmt.Errorf("link of a letter: %w", err)
	}
	if !hmac.Equal([]byte(token), []byte(l.token(found.Org, found.ID))) {
		return found, fmt.Errorf("link of a letter: %w", fault.ErrNotFound)
	}
	if !l.now().Before(found.LinkUntil) {
		return found, fmt.Errorf("link of a letter ended at %s: %w", found.LinkUntil.UTC().Format(time.RFC3339), fault.ErrGone)
	}
	return found, nil
}
