package account

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"io"
	"runtime"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"watchfire.dev/internal/fault"
)

// The length of a password. Twelve characters is ours (NIST SP 800-63B-4 asks for 15 without
// and 8 with a second factor); there is no rule about kinds of characters.
const (
	MinPassword = 12  // characters
	MaxPassword = 128 // characters
	maxBytes    = 4 * MaxPassword
)

// The cost of one hash: argon2id with 19 MiB, two passes, one lane (OWASP Password Storage
// Cheat Sheet, second of its equivalent choices). It takes about 30 ms of one core.
const (
	argonMemory = 19 * 1024 // KiB
	argonPasses = 2
	argonLanes  = 1
	argonSalt   = 16 // bytes
	argonKey    = 32 // bytes
)

// hasher turns passwords into what may be stored.
type hasher interface {
	Hash(ctx context.Context, password string) (string, error)
	// Verify does the same work for every input: an empty or unreadable stored hash is
	// compared with one that nothing fits.
	Verify(ctx context.Context, stored, password string) (bool, error)
}

// argon is argon2id. slots bounds how many hashes are computed at once, and with it the
// memory that people without an account can make us use.
type argon struct {
	random io.Reader
	slots  chan struct{}
	nobody string // fits no password
}

func newArgon(random io.Reader) (*argon, error) {
	a := &argon{random: random, slots: make(chan struct{}, max(2, runtime.GOMAXPROCS(0)))}
	var salt, key [32]byte
	if _, err := io.ReadFull(random, salt[:argonSalt]); err != nil {
		return nil, fmt.Errorf("read random bytes: %w", err)
	}
	if _, err := io.ReadFull(random, key[:]); err != nil {
		return nil, fmt.Errorf("read random bytes: %w", err)
	}
	a.nobody = phc(argonMemory, argonPasses, argonLanes, salt[:argonSalt], key[:])
	return a, nil
}

func (a *argon) compute(ctx context.Context, password string, salt []byte, passes, memory uint32, lanes uint8, size uint32) ([]byte, error) {
	select {
	case a.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("wait to check a password: %w: %w", fault.ErrUnavailable, context.Cause(ctx))
	}
	defer func() { <-a.slots }()
	return argon2.IDKey([]byte(password), salt, passes, memory, lanes, size), nil
}

func (a *argon) Hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, argonSalt)
	if _, err := io.ReadFull(a.random, salt); err != nil {
		return "", fmt.Errorf("read random bytes: %w", err)
	}
	key, err := a.compute(ctx, password, salt, argonPasses, argonMemory, argonLanes, argonKey)
	if err != nil {
		return "", err
	}
	return phc(argonMemory, argonPasses, argonLanes, salt, key), nil
}

func (a *argon) Verify(ctx context.Context, stored, password string) (bool, error) {
	if len(password) > maxBytes {
		password, stored = "", a.nobody // no such password can have been set
	}
	p, ok := parsePHC(stored)
	if !ok {
		p, _ = parsePHC(a.nobody)
	}
	key, err := a.compute(ctx, password, p.salt, p.passes, p.memory, p.lanes, uint32(len(p.key)))
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(key, p.key) == 1 && ok, nil
}

func phc(memory, passes uint32, lanes uint8, salt, key []byte) string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, memory, passes, lanes, b64.EncodeToString(salt), b64.EncodeToString(key))
}

type argonParams struct {
	memory, passes uint32
	lanes          uint8
	salt, key      []byte
}

// parsePHC reads what phc writes. The bounds keep a damaged row from asking for the
// machine's whole memory.
func parsePHC(s string) (argonParams, bool) {
	var p argonParams
	var version int
	parts := strings.Split(s, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" {
		return p, false
	}
	if _, err := fmt.Sscanf(parts[2], "v=%d", &version); err != nil || version != argon2.Version {
		return p, false
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &p.memory, &p.passes, &p.lanes); err != nil {
		return p, false
	}
	if p.memory > 1<<20 || p.passes < 1 || p.passes > 64 || p.lanes < 1 {
		return p, false
	}
	var err error
	if p.salt, err = base64.RawStdEncoding.DecodeString(parts[4]); err != nil || len(p.salt) < 8 {
		return p, false
	}
	p.key, err = base64.RawStdEncoding.DecodeString(parts[5])
	return p, err == nil && len(p.key) >= 16 && len(p.key) <= 128
}

// checkPassword says what is wrong with a password that somebody chose (TRUST.md S22). own
// are words of the person and the program that a guesser tries first.
func checkPassword(password string, own ...string) error {
	n := utf8.RuneCountInString(password)
	switch {
	case !utf8.ValidString(password):
		return fmt.Errorf("password: not UTF-8: %w", fault.ErrInvalid)
	case n < MinPassword:
		return fmt.Errorf("password: %d characters, at least %d are needed: %w", n, MinPassword, fault.ErrInvalid)
	case n > MaxPassword:
		return fmt.Errorf("password: %d characters, at most %d are possible: %w", n, MaxPassword, fault.ErrInvalid)
	case common(password, own):
		return fmt.Errorf("password: it is among those that are guessed first: %w", fault.ErrInvalid)
	}
	return nil
}
