package journal

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"

	"watchfire.dev/internal/fault"
)

// A Salt keeps a commitment from being guessed: 256 random bits, one for each value, kept
// beside the value and erased with it.
type Salt [32]byte

// NewSalt reads a salt from random, which is crypto/rand.Reader outside of tests.
func NewSalt(random io.Reader) (Salt, error) {
	var s Salt
	if _, err := io.ReadFull(random, s[:]); err != nil {
		return Salt{}, fmt.Errorf("read salt: %w", err)
	}
	return s, nil
}

// ParseSalt reads the form that Salt.String writes.
func ParseSalt(text string) (Salt, error) {
	b, err := hex.DecodeString(text)
	if err != nil || len(b) != len(Salt{}) {
		return Salt{}, fmt.Errorf("salt: %w", fault.ErrInvalid)
	}
	return Salt(b), nil
}

// String returns the salt as 64 lower-case hexadecimal digits.
func (s Salt) String() string { return hex.EncodeToString(s[:]) }

// Commit returns "sha256:" + 64 hexadecimal digits that bind value without telling it.
// Whoever has the salt and the value can show that the journal spoke of it; once both are
// erased nobody can learn the value, and the journal still verifies.
//
// It is SHA-256 over a fixed label, the salt, the value's length (8 bytes, big-endian) and
// the value.
func Commit(salt Salt, value string) string {
	h := sha256.New()
	io.WriteString(h, "watchfire journal commitment v1\n") //nolint:errcheck // a hash never fails to write
	h.Write(salt[:])
	var n [8]byte
	binary.BigEndian.PutUint64(n[:], uint64(len(value)))
	h.Write(n[:])
	io.WriteString(h, value) //nolint:errcheck // as above
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}
