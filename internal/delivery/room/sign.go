package room

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"strconv"
	"time"

	"watchfire.dev/internal/fault"
)

// MAC is the HMAC-SHA256 of text under key.
func MAC(key, text []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write(text)
	return h.Sum(nil)
}

// Same compares two signatures in a time that does not depend on where they differ.
func Same(a, b string) bool { return a != "" && subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// Fresh tells whether a stamp (seconds since 1970, decimal) is within tolerance of now.
func Fresh(stamp string, now time.Time, tolerance time.Duration) bool {
	s, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || s < 0 || s > 1<<40 {
		return false
	}
	off := now.Sub(time.Unix(s, 0))
	return off <= tolerance && off >= -tolerance
}

// Unseal decrypts AES-CBC with a padding after PKCS #7 of up to 32 bytes. The error wraps
// fault.ErrInvalid and does not tell which part was wrong.
func Unseal(key, iv, sealed []byte) ([]byte, error) {
	block, err := aes.NewCipher(key)
	if err != nil || len(iv) != aes.BlockSize || len(sealed) == 0 || len(sealed)%aes.BlockSize != 0 {
		return nil, fmt.Errorf("sealed text has a wrong length: %w", fault.ErrInvalid)
	}
	out := make([]byte, len(sealed))
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(out, sealed)
	pad := int(out[len(out)-1])
	if pad == 0 || pad > 32 || pad > len(out) {
		return nil, fmt.Errorf("sealed text has a wrong padding: %w", fault.ErrInvalid)
	}
	return out[:len(out)-pad], nil
}

// Seal is the reverse of Unseal, padded to a multiple of size bytes.
func Seal(key, iv, text []byte, size int) ([]byte, error) {
	block, err := aes.NewCipher(key)
	if err != nil || len(iv) != aes.BlockSize || size%aes.BlockSize != 0 || size <= 0 || size > 32 {
		return nil, fmt.Errorf("the key has a wrong length: %w", fault.ErrInvalid)
	}
	pad := size - len(text)%size
	padded := make([]byte, len(text)+pad)
	copy(padded, text)
	for i := len(text); i < len(padded); i++ {
		padded[i] = byte(pad)
	}
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(padded, padded)
	return padded, nil
}
