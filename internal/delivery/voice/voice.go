// Package voice calls a telephone through a provider that speaks Twilio's interface, reads
// the warning aloud twice and takes one key as the answer. It promises that a machine which
// picks up never counts as a person, that the voice says "acknowledged" only once the answer
// is on disk, and that no telephone number gets into an error. It records nothing and keeps
// no call open.
package voice

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"unicode"

	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/twilio"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/id"
	"watchfire.dev/internal/response"
)

// A Voice reads one language aloud; the provider's documentation lists what it has.
type Voice struct {
	Language string // "en-GB"
	Name     string // "" = the provider's own choice
}

// Config describes the account that calls.
type Config struct {
	Base     string
	Account  string
	Token    func() (string, error)
	From     string                            // number that calls
	Callback string                            // address of our hook; without it no key can be pressed
	Ring     int                               // seconds that it rings; 0 = 40
	Voices   map[string]Voice                  // by our language code, over the built-in ones
	Words    func(language, key string) string // the catalogue: voice.keys, voice.again, voice.thanks.…, voice.not_stored
	Client   *http.Client
	Now      clock.Clock
}

// A Channel makes calls. It is safe for use by many goroutines.
type Channel struct {
	cfg     Config
	account twilio.Account
}

// New returns the channel "voice". The error wraps fault.ErrInvalid.
func New(cfg Config) (*Channel, error) {
	switch {
	case cfg.Account == "" || cfg.Token == nil || cfg.Words == nil:
		return nil, fmt.Errorf("voice: account, token and words are needed: %w", fault.ErrInvalid)
	case !number.MatchString(cfg.From):
		return nil, fmt.Errorf("voice: from: want a telephone number with its country: %w", fault.ErrInvalid)
	case cfg.Ring < 0 || cfg.Ring > 600:
		return nil, fmt.Errorf("voice: ring: want at most 600 seconds: %w", fault.ErrInvalid)
	}
	if cfg.Ring == 0 {
		cfg.Ring = 40
	}
	return &Channel{cfg, twilio.Account{Base: cfg.Base, SID: cfg.Account, Token: cfg.Token, Client: cfg.Client, Now: cfg.Now}}, nil
}

// Name is "voice".
func (c *Channel) Name() string { return "voice" }

// Able implements delivery.Abled.
func (c *Channel) Able() delivery.Ability {
	heard := c.cfg.Callback != ""
	return delivery.Ability{Form: delivery.Spoken, Receipts: heard, Answers: heard, Personal: true}
}

var number = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

// Send implements delivery.Channel. Queued means that the provider will call.
func (c *Channel) Send(ctx context.Context, m delivery.Message) (delivery.Receipt, error) {
	to := strings.TrimSpace(m.Address)
	if !number.MatchString(to) {
		return delivery.Receipt{}, &delivery.Fault{Kind: delivery.Dead, Err: fmt.Errorf("the address is no telephone number with its country: %w", fault.ErrInvalid)}
	}
	text := c.spoken(m)
	if text == "" {
		return delivery.Receipt{}, &delivery.Fault{Kind: delivery.Refused, Err: fmt.Errorf("message with nothing to read aloud: %w", fault.ErrInvalid)}
	}
	k, lang := key(m.Key), language(m.Language)
	form := url.Values{
		"To": {to}, "From": {c.cfg.From}, "Twiml": {c.call(text, k, lang, m.AnswerURL != "")}, "Timeout": {fmt.Sprint(c.cfg.Ring)},
		"MachineDetection": {"Enable"},
	}
	if c.cfg.Callback != "" {
		form.Set("StatusCallback", c.back(k, lang))
		form["StatusCallbackEvent"] = []string{"initiated", "answered", "completed"}
	}
	made, got, err := c.account.Post(ctx, "Calls", form)
	if err != nil {
		return delivery.Receipt{}, err
	}
	return delivery.Receipt{State: response.Queued, Remote: made.SID, Detail: fmt.Sprintf("%d %.20s", got.Status, made.Status)}, nil
}

// Test implements delivery.Tester: the call asks for no key.
func (c *Channel) Test(ctx context.Context, m delivery.Message) (delivery.Receipt, error) {
	return c.Send(ctx, m)
}

// back is our hook's address with what a call must bring back; the provider signs it.
func (c *Channel) back(key, lang string) string {
	return c.cfg.Callback + "?" + url.Values{"n": {key}, "l": {lang}}.Encode()
}

// key is an idempotency key that fits into an address, the same for the same one.
func key(k string) string {
	if k == "" || len(k) > 100 || strings.ContainsFunc(k, func(r rune) bool {
		return r != '_' && r != '-' && (r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r))
	}) {
		return id.Derived("msg", k)
	}
	return k
}

// language keeps a code of two or three letters; anything else is English.
func language(code string) string {
	code, _, _ = strings.Cut(strings.ToLower(code), "-")
	if len(code) < 2 || len(code) > 3 || strings.Trim(code, "abcdefghijklmnopqrstuvwxyz") != "" {
		return "en"
	}
	return code
}
