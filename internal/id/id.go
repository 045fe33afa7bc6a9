// Package id makes identifiers: random ones for things that people make, and derived
// ones for things that follow from their input. A derived id is the same in a live run,
// a replay and a second delivery of the same bytes; that is what makes repeats harmless.
// It does not parse or validate identifiers of other systems.
package id

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"encoding/hex"
	"time"
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
	sum := digest(parts)
	return prefix + "_" + encoding.EncodeToString(sum[:16])
}

// At is a derived id that sorts by the instant it was made, to the millisecond: 48 bits of Unix
// time, then the first 80 bits of the digest (the division of a ULID). What is made together then
// lies together in a database's indexes, where ids without order touch a page each. The instant
// must follow from the input as the parts do; it lies between 1970 and the year 10889.
func At(prefix string, t time.Time, parts ...string) string {
	sum := digest(parts)
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], uint64(max(0, t.UnixMilli()))<<16)
	copy(b[6:], sum[:10])
	return prefix + "_" + encoding.EncodeToString(b[:])
}

// Made is what an id of At says beside its instant: its last 16 characters, which follow from the
// parts alone. What is drawn by it is the same in another installation that heard of the same
// thing at another time.
func Made(of string) string { return of[max(0, len(of)-16):] }

func digest(parts []string) (sum [sha256.Size]byte) {
	h := sha256.New()
	var n [4]byte
	for _, p := range parts {
		n[0], n[1], n[2], n[3] = byte(len(p)>>24), byte(len(p)>>16), byte(len(p)>>8), byte(len(p))
		h.Write(n[:])
		h.Write([]byte(p))
	}
	h.Sum(sum[:0])
	return sum
}

// Hash returns the lower-case hexadecimal SHA-256 of b (64 characters): the name under
// which the archive keeps bytes.
func Hash(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}
