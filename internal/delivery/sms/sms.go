// Package sms sends short messages through a provider that speaks Twilio's interface, or
// through any HTTP gateway that a template describes, and reads what comes back: receipts,
// and replies of one digit or word. It promises a text without control characters and marks
// that turn the reading order, without links but our own (TRUST.md S9), of at most so many
// segments, and errors without telephone numbers and secrets. It makes no words of its own.
package sms

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/fault"
)

// segments is how many a message may take when the configuration does not say.
const segments = 3

// Config describes one provider: either Twilio or Gateway is set.
type Config struct {
	BaseURL  string // ours; only links to it go out
	Callback string // address of our hook, "" = the provider cannot reach us
	Segments int    // most segments of one message; 0 = 3
	Twilio   *Twilio
	Gateway  *Gateway
	Client   *http.Client
	Now      clock.Clock
}

// A Channel sends short messages. It is safe for use by many goroutines.
type Channel struct {
	cfg  Config
	host string
	via  provider
}

// provider is one way of sending.
type provider interface {
	send(ctx context.Context, to, text, key string) (delivery.Receipt, error)
	hear(r delivery.Request) (delivery.Heard, error)
	receipts() bool
	answers() bool
}

// New returns the channel "sms". The error wraps fault.ErrInvalid.
func New(cfg Config) (*Channel, error) {
	u, err := url.Parse(cfg.BaseURL)
	if err != nil {
		return nil, fmt.Errorf("short messages: our own address: %w", fault.ErrInvalid)
	}
	if cfg.Segments <= 0 {
		cfg.Segments = segments
	}
	c := &Channel{cfg: cfg, host: strings.ToLower(u.Host)}
	switch {
	case (cfg.Twilio == nil) == (cfg.Gateway == nil):
		return nil, fmt.Errorf("short messages: want either twilio or gateway: %w", fault.ErrInvalid)
	case cfg.Twilio != nil:
		c.via, err = newTwilio(cfg)
	default:
		c.via, err = newGateway(cfg)
	}
	if err != nil {
		return nil, fmt.Errorf("short messages: %w", err)
	}
	return c, nil
}

// Name is "sms".
func (c *Channel) Name() string { return "sms" }

// Able implements delivery.Abled.
func (c *Channel) Able() delivery.Ability {
	return delivery.Ability{Form: delivery.Brief, Receipts: c.via.receipts(), Answers: c.via.answers(), Personal: true}
}

var number = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`) // ITU-T E.164

// Send implements delivery.Channel. Queued means that the provider has the message, Remote
// is its id of it.
func (c *Channel) Send(ctx context.Context, m delivery.Message) (delivery.Receipt, error) {
	to := strings.TrimSpace(m.Address)
	if !number.MatchString(to) {
		return delivery.Receipt{}, &delivery.Fault{Kind: delivery.Dead, Err: fmt.Errorf("the address is no telephone number with its country: %w", fault.ErrInvalid)}
	}
	text := c.text(m)
	if text == "" {
		return delivery.Receipt{}, &delivery.Fault{Kind: delivery.Refused, Err: fmt.Errorf("message without text: %w", fault.ErrInvalid)}
	}
	return c.via.send(ctx, to, text, key(m.Key))
}

// Test implements delivery.Tester.
func (c *Channel) Test(ctx context.Context, m delivery.Message) (delivery.Receipt, error) {
	return c.Send(ctx, m)
}

// Hear implements delivery.Hook.
func (c *Channel) Hear(_ context.Context, r delivery.Request) (delivery.Heard, error) {
	h, err := c.via.hear(r)
	if err != nil {
		return delivery.Heard{}, fmt.Errorf("short messages: %w", err)
	}
	return h, nil
}

// misset is a fault of our own configuration.
func misset(format string, args ...any) error {
	return &delivery.Fault{Kind: delivery.Misset, Err: fmt.Errorf(format, args...)}
}
