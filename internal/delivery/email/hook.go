package email

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/fault"
)

// HeaderSignature proves a letter that is posted to us: "sha256=" and the HMAC-SHA-256 of the
// body in hex.
const HeaderSignature = "X-Watchfire-Signature-256"

// Hear implements delivery.Hook: a whole letter as it came (message/rfc822), posted by the
// mail server or by a provider that receives for us.
func (c *Channel) Hear(_ context.Context, r delivery.Request) (delivery.Heard, error) {
	if c.cfg.Secret == nil {
		return delivery.Heard{}, fmt.Errorf("mail: no hook is set up: %w", fault.ErrUnauthorised)
	}
	secret, err := c.cfg.Secret()
	given, found := strings.CutPrefix(r.Header.Get(HeaderSignature), "sha256=")
	sum, badHex := hex.DecodeString(given)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(r.Body)
	if err != nil || secret == "" || !found || badHex != nil || !hmac.Equal(sum, mac.Sum(nil)) {
		return delivery.Heard{}, fmt.Errorf("mail: the signature does not hold: %w", fault.ErrUnauthorised)
	}
	h, err := c.read(r.Body, r.At)
	if err != nil {
		return delivery.Heard{}, err
	}
	h.Yes, h.No = delivery.Answer{Status: http.StatusNoContent}, delivery.Answer{Status: http.StatusServiceUnavailable}
	return h, nil
}
