// Package webpush shows notifications on devices whose browser has subscribed on a contact's
// page: encrypted for the device after RFC 8291, signed with the installation's own key after
// RFC 8292 (VAPID). It promises that a push service learns no word of a message, that a
// device which is gone is forgotten, and that the address of a subscription, which is a
// secret, gets into no error. Whether a device showed the message nobody tells.
package webpush

import (
	"context"
	"crypto/ecdh"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/SherClockHolmes/webpush-go"

	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/httpfault"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/level"
)

// Devices is where subscriptions are kept.
type Devices interface {
	// Device returns the device of a contact by its name; fault.ErrNotFound.
	Device(ctx context.Context, org, contact, name string) (desk.Device, error)
	// DropDevice forgets a device if its subscription is still this one.
	DropDevice(ctx context.Context, org, contact, name, subscription string) error
	// DeviceWorked notes when a push service last took a message for it.
	DeviceWorked(ctx context.Context, org, contact, name string, at time.Time) error
}

// Config is what the channel needs.
type Config struct {
	Devices Devices
	Key     Key
	// Contact is whom a push service writes to when we do harm: a mail address or an https
	// address (RFC 8292, 2.1).
	Contact string
	Client  *http.Client
	Now     clock.Clock
}

// A Channel sends to devices. It is safe for use by many goroutines.
type Channel struct{ cfg Config }

// New returns the channel "webpush". The error wraps fault.ErrInvalid.
func New(cfg Config) (*Channel, error) {
	if cfg.Devices == nil || cfg.Key.Public == "" || cfg.Contact == "" {
		return nil, fmt.Errorf("webpush: devices, key and contact are needed: %w", fault.ErrInvalid)
	}
	return &Channel{cfg}, nil
}

// Name is "webpush".
func (c *Channel) Name() string { return "webpush" }

// Able implements delivery.Abled. A notification can be read on a locked screen by whoever
// is near: so no names of persons go over it.
func (c *Channel) Able() delivery.Ability {
	return delivery.Ability{Form: delivery.Chat, Threads: true, Edits: true}
}

// A Subscription is what a browser gives for one device.
type Subscription struct {
	Endpoint string `json:"endpoint"`
	Keys     struct {
		P256DH string `json:"p256dh"`
		Auth   string `json:"auth"`
	} `json:"keys"`
}

// maxSubscription bounds a subscription as text, in bytes.
const maxSubscription = 4 << 10

// Check reads a subscription as a browser writes it and holds it against RFC 8291: an https
// address, a point on P-256, sixteen bytes of secret. The error wraps fault.ErrInvalid and
// holds no part of it.
func Check(text string) (Subscription, error) {
	var s Subscription
	bad := func(what string) error { return fmt.Errorf("subscription: %s: %w", what, fault.ErrInvalid) }
	if len(text) > maxSubscription || json.Unmarshal([]byte(text), &s) != nil {
		return s, bad("it cannot be read")
	}
	u, err := url.Parse(s.Endpoint)
	if err != nil || u.Scheme != "https" && !loopback(u) || u.Host == "" || u.User != nil {
		return s, bad("its address is no https address")
	}
	point, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(s.Keys.P256DH, "="))
	if err != nil {
		return s, bad("its key cannot be read")
	}
	if _, err := ecdh.P256().NewPublicKey(point); err != nil || len(point) != 65 {
		return s, bad("its key is no point of P-256")
	}
	if auth, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(s.Keys.Auth, "=")); err != nil || len(auth) != 16 {
		return s, bad("its secret is not 16 bytes")
	}
	return s, nil
}

// loopback lets a test have its own push service.
func loopback(u *url.URL) bool { return u.Scheme == "http" && u.Hostname() == "127.0.0.1" }

// Send implements delivery.Channel. Sent means that the push service has the message. The
// address is the device's name.
func (c *Channel) Send(ctx context.Context, m delivery.Message) (delivery.Receipt, error) {
	if m.Address == "" || len(m.Address) > 200 {
		return delivery.Receipt{}, dead("the address is no device", fault.ErrInvalid)
	}
	device, err := c.cfg.Devices.Device(ctx, m.Org, m.Contact.ID, m.Address)
	if errors.Is(err, fault.ErrNotFound) {
		return delivery.Receipt{}, dead("no browser has subscribed as this device", err)
	}
	if err != nil {
		return delivery.Receipt{}, &delivery.Fault{Kind: delivery.Retry, Err: fmt.Errorf("look the device up: %w", err)}
	}
	s, err := Check(device.Subscription)
	if err != nil {
		return delivery.Receipt{}, dead("the device's subscription cannot be used", err)
	}
	raw, ok := payload(m)
	if !ok {
		return delivery.Receipt{}, &delivery.Fault{Kind: delivery.Refused, Err: fmt.Errorf("message without text: %w", fault.ErrInvalid)}
	}
	header, body, err := c.seal(ctx, raw, s, m)
	if err != nil {
		return delivery.Receipt{}, &delivery.Fault{Kind: delivery.Refused, Err: fmt.Errorf("encrypt for the device: %w", err)}
	}
	now := c.cfg.Now()
	got, err := httpfault.Call(ctx, c.cfg.Client, http.MethodPost, s.Endpoint, header, body)
	if err != nil {
		return delivery.Receipt{}, err
	}
	if got.Good() {
		detail := fmt.Sprintf("%d %s", got.Status, http.StatusText(got.Status))
		if err := c.cfg.Devices.DeviceWorked(ctx, m.Org, m.Contact.ID, m.Address, now); err != nil {
			detail += "; it could not be noted at the device"
		}
		return delivery.Receipt{State: "sent", Detail: detail}, nil
	}
	return delivery.Receipt{}, c.refused(ctx, m, device, got, now)
}

// Test implements delivery.Tester.
func (c *Channel) Test(ctx context.Context, m delivery.Message) (delivery.Receipt, error) {
	return c.Send(ctx, m)
}

func dead(why string, err error) error {
	return &delivery.Fault{Kind: delivery.Dead, Err: fmt.Errorf("%s: %w", why, err)}
}

// refused says what the push service's no means (RFC 8030, 5 and 8; RFC 8292, 4.2). Its
// sentence may repeat the address and is not shown.
func (c *Channel) refused(ctx context.Context, m delivery.Message, d desk.Device, got httpfault.Answer, now time.Time) error {
	f := got.Fault(now)
	f.Err = fmt.Errorf("the push service answered with status %d", got.Status)
	switch got.Status {
	case http.StatusNotFound, http.StatusGone:
		f.Kind, f.Err = delivery.Dead, fmt.Errorf("%w: the browser has ended its subscription", f.Err)
		if err := c.cfg.Devices.DropDevice(ctx, m.Org, m.Contact.ID, m.Address, d.Subscription); err != nil {
			f.Err = fmt.Errorf("%w; forget it: %w", f.Err, err)
		}
	case http.StatusUnauthorized, http.StatusForbidden:
		f.Kind, f.Err = delivery.Misset, fmt.Errorf("%w: it does not take our key", f.Err)
	}
	return f
}

// seal encrypts and signs; nothing goes out yet.
func (c *Channel) seal(ctx context.Context, raw []byte, s Subscription, m delivery.Message) (http.Header, []byte, error) {
	held := &holder{}
	res, err := webpush.SendNotificationWithContext(ctx, raw, &webpush.Subscription{
		Endpoint: s.Endpoint, Keys: webpush.Keys{Auth: s.Keys.Auth, P256dh: s.Keys.P256DH},
	}, &webpush.Options{
		HTTPClient: held, Subscriber: c.cfg.Contact, Topic: topic(m), TTL: ttl(m, c.cfg.Now()), Urgency: urgency(m),
		VAPIDPublicKey: c.cfg.Key.Public, VAPIDPrivateKey: c.cfg.Key.private,
	})
	if err != nil {
		return nil, nil, err
	}
	return held.header, held.body, res.Body.Close()
}

// A holder keeps the request that the library made, so that it goes out as every other
// channel's does: no redirect, faults told apart, no address in errors.
type holder struct {
	header http.Header
	body   []byte
}

func (h *holder) Do(r *http.Request) (*http.Response, error) {
	var err error
	h.header = r.Header
	h.body, err = io.ReadAll(r.Body)
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, err
}

// topic lets a push service drop an update that a newer one of the same warning has
// overtaken (RFC 8030, 5.4: at most 32 letters of base64url). A test overtakes nothing.
func topic(m delivery.Message) string {
	if m.Thread == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(m.Org + "\x00" + m.Thread))
	return base64.RawURLEncoding.EncodeToString(sum[:24])
}

// ttl is how many seconds the push service keeps a message for a device that is off: until
// the warning expires, between ten minutes and a day.
func ttl(m delivery.Message, now time.Time) int {
	left := m.Warning.Expires.Sub(now)
	if m.Warning.Expires.IsZero() {
		left = time.Hour
	}
	return int(min(max(left, 10*time.Minute), 24*time.Hour) / time.Second)
}

// urgency wakes a device that saves power for orange and red alone.
func urgency(m delivery.Message) webpush.Urgency {
	if m.Level >= level.Orange {
		return webpush.UrgencyHigh
	}
	return webpush.UrgencyNormal
}
