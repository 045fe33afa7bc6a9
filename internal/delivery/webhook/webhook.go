// Package webhook posts notifications to other programs, signed after Standard Webhooks, and
// verifies what partners post to us in the same way. It promises the same webhook-id on a
// repeat, a body of a named and documented form without personal data of third persons, and
// secrets that appear in no error. It keeps no memory of ids: against replays the caller must.
package webhook

import (
	"context"
	"fmt"
	"net/http"
	"strconv"

	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/httpfault"
	"watchfire.dev/internal/id"
)

// Secrets finds the secrets (whsec_…) that sign calls of an organisation to a URL: the
// current one first; two while they are being changed.
type Secrets func(org, url string) ([]string, error)

// A Channel posts signed notifications. It is safe for use by many goroutines.
type Channel struct {
	client  *http.Client
	secrets Secrets
	now     clock.Clock
}

// New returns the channel "webhook". The client decides which hosts may be reached and how
// long a call may take.
func New(client *http.Client, secrets Secrets, now clock.Clock) *Channel {
	return &Channel{client: client, secrets: secrets, now: now}
}

// Name is "webhook".
func (c *Channel) Name() string { return "webhook" }

// Send implements delivery.Channel. A 2xx is Sent; errors are faults as httpfault gives
// them, or Misset when there is nothing to sign with.
func (c *Channel) Send(ctx context.Context, m delivery.Message) (delivery.Receipt, error) {
	if _, err := httpfault.Address(m.Address); err != nil {
		return delivery.Receipt{}, err
	}
	m.Key = ID(m.Key)
	raw, err := encode(BodyOf(m))
	if err != nil {
		return delivery.Receipt{}, &delivery.Fault{Kind: delivery.Refused, Err: err}
	}
	secrets, err := c.secrets(m.Org, m.Address)
	if err != nil {
		return delivery.Receipt{}, &delivery.Fault{Kind: delivery.Misset, Err: fmt.Errorf("find the secret of the address: %w", err)}
	}
	now := c.now() // of the attempt: a repeat hours later must pass the other side's tolerance
	signature, err := Sign(m.Key, now, raw, secrets)
	if err != nil {
		return delivery.Receipt{}, &delivery.Fault{Kind: delivery.Misset, Err: fmt.Errorf("sign the call: %w", err)}
	}
	h := http.Header{}
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("User-Agent", "Watchfire-Webhook/1")
	h.Set(headerID, m.Key)
	h.Set(headerTimestamp, strconv.FormatInt(now.Unix(), 10))
	h.Set(headerSignature, signature)
	receipt, err := httpfault.Post(ctx, c.client, m.Address, h, raw, now)
	if err == nil {
		receipt.Remote = m.Key
	}
	return receipt, err
}

// Test implements delivery.Tester: a call of type "test" whose warning is empty.
func (c *Channel) Test(ctx context.Context, m delivery.Message) (delivery.Receipt, error) {
	return c.Send(ctx, m)
}

// ID is the webhook-id of an idempotency key: the key itself when the standard's signed
// form can hold it, else a name derived from it.
func ID(key string) string {
	if usableID(key) {
		return key
	}
	return id.Derived("msg", key)
}

// Check tells whether a secret can be used: fault.ErrInvalid without any part of it if not.
func Check(secret string) error {
	if _, err := keyOf(secret); err != nil {
		return fmt.Errorf("webhook secret: %w", err)
	}
	return nil
}

// Able implements delivery.Abled: a program reads it.
func (c *Channel) Able() delivery.Ability { return delivery.Ability{Form: delivery.Data} }
