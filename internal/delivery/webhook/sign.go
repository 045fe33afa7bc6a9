package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"watchfire.dev/internal/fault"
)

// The headers of Standard Webhooks 1.0.
const (
	headerID        = "Webhook-Id"
	headerTimestamp = "Webhook-Timestamp"
	headerSignature = "Webhook-Signature"
)

// Tolerance is how far a timestamp may be from our clock, either way.
const Tolerance = 5 * time.Minute

const (
	secretPrefix  = "whsec_"
	minSecret     = 24 // bytes of a key, after the standard
	maxSecret     = 64
	maxSignatures = 16 // in one header
	maxID         = 256
)

// Sign returns the value of webhook-signature: one v1 signature for each secret, parted by
// blanks, so that both sides can change their key while the other still has the old one.
// The error wraps fault.ErrInvalid and holds no part of a secret.
func Sign(id string, at time.Time, body []byte, secrets []string) (string, error) {
	var out []string
	for i, s := range secrets {
		key, err := keyOf(s)
		if err != nil {
			return "", fmt.Errorf("secret %d of %d: %w", i+1, len(secrets), err)
		}
		out = append(out, "v1,"+base64.StdEncoding.EncodeToString(mac(key, id, at.Unix(), body)))
	}
	if len(out) == 0 {
		return "", fmt.Errorf("no secret to sign with: %w", fault.ErrInvalid)
	}
	return strings.Join(out, " "), nil
}

// Verify holds an inward call against Standard Webhooks and returns its id and its time.
// Any one of the secrets may have signed it. The error wraps fault.ErrUnauthorised, or
// fault.ErrInvalid when a secret of ours is unusable. A call that verifies may still be a
// replay of one within Tolerance: the caller must remember ids for twice that long.
func Verify(h http.Header, body []byte, secrets []string, now time.Time) (id string, at time.Time, err error) {
	id, stamp := h.Get(headerID), h.Get(headerTimestamp)
	if !usableID(id) {
		return "", time.Time{}, denied("webhook-id is missing or not usable")
	}
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || strconv.FormatInt(seconds, 10) != stamp {
		return "", time.Time{}, denied("webhook-timestamp is missing or no number of seconds")
	}
	at = time.Unix(seconds, 0).UTC()
	if off := now.Unix() - seconds; off > int64(Tolerance/time.Second) || off < -int64(Tolerance/time.Second) {
		return "", time.Time{}, denied("webhook-timestamp is more than 5 minutes from now")
	}
	given := strings.Fields(h.Get(headerSignature))
	if len(given) == 0 || len(given) > maxSignatures {
		return "", time.Time{}, denied("webhook-signature is missing or holds too many")
	}
	ok := false
	for i, s := range secrets {
		key, err := keyOf(s)
		if err != nil {
			return "", time.Time{}, fmt.Errorf("secret %d of %d: %w", i+1, len(secrets), err)
		}
		ok = anyMatches(given, mac(key, id, seconds, body)) || ok
	}
	if !ok {
		return "", time.Time{}, denied("no signature matches")
	}
	return id, at, nil
}

func anyMatches(given []string, want []byte) bool {
	found := false
	for _, g := range given {
		text, v1 := strings.CutPrefix(g, "v1,")
		sum, err := base64.StdEncoding.DecodeString(text)
		found = v1 && err == nil && hmac.Equal(sum, want) || found
	}
	return found
}

// usableID wants short printable ASCII without a full stop: the stop parts the signed
// pieces, and with one inside the id the same signature would fit another split.
func usableID(id string) bool {
	if id == "" || len(id) > maxID {
		return false
	}
	for i := range len(id) {
		if id[i] <= ' ' || id[i] >= 0x7f || id[i] == '.' {
			return false
		}
	}
	return true
}

func denied(why string) error {
	return fmt.Errorf("verify webhook: %s: %w", why, fault.ErrUnauthorised)
}

func mac(key []byte, id string, seconds int64, body []byte) []byte {
	h := hmac.New(sha256.New, key)
	fmt.Fprintf(h, "%s.%d.", id, seconds) //nolint:errcheck // a hash never fails
	h.Write(body)
	return h.Sum(nil)
}

func keyOf(secret string) ([]byte, error) {
	text, ok := strings.CutPrefix(secret, secretPrefix)
	if !ok {
		return nil, fmt.Errorf("does not begin with %s: %w", secretPrefix, fault.ErrInvalid)
	}
	key, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(key) < minSecret || len(key) > maxSecret {
		return nil, fmt.Errorf("is not the base64 of %d to %d bytes: %w", minSecret, maxSecret, fault.ErrInvalid)
	}
	return key, nil
}
