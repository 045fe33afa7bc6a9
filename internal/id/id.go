// Package id makes identifiers: random ones for things that people make, and derived
// ones for things that follow from their input. A derived id is the same in a live run,
// a replay and a second delivery of the same bytes; that is what makes repeats harmless.
// It does not parse or validate identifiers of other systems.
package id

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
)

var encoding = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// Random returns prefix + "_" + 26 characters that carry 128 random bits.
func Random(prefix string) string {
	var b [16]byte
	rand.Read(b[:]) //nolint:errcheck // crypto/rand.Read never returns an error since Go 1.24
	return prefix + "_" + encoding.EncodeToString(b[:])
}

// Derived returns prefix + "_" + 26 characters: the first 128 bits of the SHA-256 of the
// parts, each preceded by its length, so that ("ab","c") and ("a","bc") differ.
func Derived(prefix string, parts ...string) string {
	h := sha256.New()
	var n [4]byte
	for _, p := range parts {
		n[0], n[1], n[2], n[3] = byte(len(p)>>24), byte(len(p)>>16), byte(len(p)>>8), byte(len(p))
		h.Write(n[:])
		h.Write([]byte(p))
	}
	return prefix + "_" + encoding.EncodeToString(h.Sum(nil)[:16])
}

// Hash returns the lower-case hexadecimal SHA-256 of b (64 characters): the name under
// which the archive keeps bytes.
func Hash(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}
