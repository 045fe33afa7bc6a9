// Package email sends notifications through an SMTP server. It promises that a repeat
// carries the same Message-ID and the same bytes, that all messages of one warning make one
// thread, that no text of others can become a header or an SMTP command, and that every
// refusal of the server is told as a fault that says what to do; that a letter of a machine
// never counts as a person's answer, and a person's only when it refers to our message. It
// makes one connection per message. It signs with DKIM, and hears replies and bounces in a
// mailbox or by a hook, where that is set up.
package email

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/idna"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/netguard"
	"watchfire.dev/internal/response"
)

// TLS says how a connection is protected.
type TLS string

// The ways of protection.
const (
	Mandatory     TLS = "mandatory"     // STARTTLS or nothing is sent; also what "" means
	Opportunistic TLS = "opportunistic" // STARTTLS when it is offered
	Implicit      TLS = "implicit"      // TLS from the first byte
	None          TLS = "none"          // in the clear: only for a server on this machine
)

// Config describes the server that takes our mail. Only Host and From are needed.
type Config struct {
	Host     string
	Port     int // 0 = 587, 465 for Implicit, 25 for None
	TLS      TLS
	User     string // "" = no sign-in
	Password func() (string, error)
	From     string                 // "Watchfire <watchfire@example.org>"
	DKIM     *DKIM                  // nil = the submission server signs
	ReplyTo  string                 // where replies go, "" = From; {key} in it becomes the message's key
	Inbox    *Inbox                 // where replies and bounces arrive; nil = nowhere
	Secret   func() (string, error) // proves letters that are posted to our hook; nil = none
	HELO     string                 // our name; "" = the domain of From
	ListID   string                 // "" = warnings. + the domain of From
	Timeout  time.Duration          // of one attempt; 0 = 30 s
	RootCAs  *x509.CertPool
	// Dial opens the connection; nil = a guarded dialer that reaches Host and nothing else
	// that is private (TRUST.md S4).
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// resolver serves tests; nil = the system's.
	resolver *net.Resolver
}

// Leave gives the address behind List-Unsubscribe for one contact and one project. A POST to
// it without cookie must act and must not redirect, a GET must only show (RFC 8058). What it
// does is mild: reds still come, and nobody drops out unseen.
type Leave interface {
	Leave(ctx context.Context, org, contact, project string) (url string, err error)
}

// A Channel sends mail. It is safe for use by many goroutines.
type Channel struct {
	cfg    Config
	from   *mail.Address
	domain string // of From, in ASCII
	leave  Leave
}

// New returns the channel "email", without connecting. leave may be nil: then messages have
// no List-Unsubscribe. The error wraps fault.ErrInvalid.
func New(cfg Config, leave Leave) (*Channel, error) {
	from, err := mail.ParseAddress(cfg.From)
	if err != nil {
		return nil, fmt.Errorf("sender of mail %q: %w: %w", cfg.From, fault.ErrInvalid, err)
	}
	c := &Channel{cfg: cfg, from: from, leave: leave}
	if from.Address, c.domain, err = ascii(from.Address); err != nil {
		return nil, fmt.Errorf("sender of mail %q: %w: %w", cfg.From, fault.ErrInvalid, err)
	}
	if cfg.Host == "" {
		return nil, fmt.Errorf("mail server: no host: %w", fault.ErrInvalid)
	}
	if err := c.cfg.fill(c.domain); err != nil {
		return nil, err
	}
	return c, nil
}

func (c *Config) fill(domain string) error {
	port := 587
	switch c.TLS {
	case "":
		c.TLS = Mandatory
	case Mandatory, Opportunistic:
	case Implicit:
		port = 465
	case None:
		port = 25
		if !loopback(c.Host) {
			return fmt.Errorf("mail server %s: without TLS only on this machine: %w", c.Host, fault.ErrInvalid)
		}
	default:
		return fmt.Errorf("mail server: tls %q, want mandatory, opportunistic, implicit or none: %w", c.TLS, fault.ErrInvalid)
	}
	if c.Port == 0 {
		c.Port = port
	}
	if c.HELO == "" {
		c.HELO = domain
	}
	if c.ListID == "" {
		c.ListID = "warnings." + domain
	}
	if c.Timeout <= 0 {
		c.Timeout = 30 * time.Second
	}
	if d := c.DKIM; d != nil && (d.Selector == "" || d.Key == nil) {
		return fmt.Errorf("mail: DKIM: selector and key are needed: %w", fault.ErrInvalid)
	}
	if c.ReplyTo != "" {
		if a, err := mail.ParseAddress(strings.Replace(c.ReplyTo, "{key}", "key", 1)); err != nil || a.Name != "" {
			return fmt.Errorf("mail: address for replies %q: %w", c.ReplyTo, fault.ErrInvalid)
		}
	}
	if c.Inbox != nil {
		inbox := *c.Inbox
		if err := inbox.fill(); err != nil {
			return err
		}
		c.Inbox = &inbox
	}
	if c.Dial == nil {
		return c.guard()
	}
	return nil
}

// guard makes the dialer. The operator names the mail server, so it may stand in a private
// network; whatever else its name may come to mean (cloud metadata, say) stays out of reach.
func (c *Config) guard() error {
	host := c.Host
	if _, err := netip.ParseAddr(host); err != nil {
		if host, err = idna.Lookup.ToASCII(host); err != nil {
			return fmt.Errorf("mail server %q: %w: %w", c.Host, fault.ErrInvalid, err)
		}
	}
	guard, err := netguard.Parse(host)
	if err != nil {
		return fmt.Errorf("mail server %q: %w", c.Host, err)
	}
	c.Dial = netguard.NewDialer(netguard.Options{Guard: guard, Resolver: c.resolver}).DialContext
	return nil
}

func loopback(host string) bool {
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.Unmap().IsLoopback()
	}
	return strings.EqualFold(host, "localhost")
}

// Name is "email".
func (c *Channel) Name() string { return "email" }

// Able implements delivery.Abled: a mail reaches one person, and those of one warning refer
// to one another. Bounces tell what did not arrive, but nothing tells what did.
func (c *Channel) Able() delivery.Ability {
	return delivery.Ability{Form: delivery.Full, Answers: c.cfg.Inbox != nil || c.cfg.Secret != nil, Threads: true, Personal: true}
}

// Send implements delivery.Channel. Sent means that the server took the message on; Remote
// is the Message-ID and Detail the server's last words.
func (c *Channel) Send(ctx context.Context, m delivery.Message) (delivery.Receipt, error) {
	to, err := recipient(m.Address)
	if err != nil {
		return delivery.Receipt{}, &delivery.Fault{Kind: delivery.Dead, Err: err}
	}
	if strings.TrimSpace(m.Subject) == "" || strings.TrimSpace(m.Text) == "" {
		return delivery.Receipt{}, &delivery.Fault{Kind: delivery.Refused, Err: fmt.Errorf("message without subject or text: %w", fault.ErrInvalid)}
	}
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	msg, err := c.compose(ctx, m, to)
	if err != nil {
		return delivery.Receipt{}, &delivery.Fault{Kind: delivery.Refused, Err: fmt.Errorf("write mail: %w", err)}
	}
	var raw bytes.Buffer
	if _, err := msg.WriteTo(&raw); err != nil {
		return delivery.Receipt{}, &delivery.Fault{Kind: delivery.Refused, Err: fmt.Errorf("write mail: %w", err)}
	}
	whole, err := c.sign(raw.Bytes())
	if err != nil {
		return delivery.Receipt{}, &delivery.Fault{Kind: delivery.Misset, Err: fmt.Errorf("mail: %w", err)}
	}
	said, err := c.transact(ctx, to, whole)
	if err != nil {
		return delivery.Receipt{}, judge(err, to)
	}
	return delivery.Receipt{State: response.Sent, Remote: "<" + c.messageID(m.Key) + ">", Detail: tidy("250 "+said, to)}, nil
}

// Test implements delivery.Tester.
func (c *Channel) Test(ctx context.Context, m delivery.Message) (delivery.Receipt, error) {
	return c.Send(ctx, m)
}

// recipient reads one bare address. A display name is refused: it would be a second place
// for a text that somebody else wrote.
func recipient(text string) (string, error) {
	a, err := mail.ParseAddress(strings.TrimSpace(text))
	if err != nil || a.Name != "" {
		return "", fmt.Errorf("the address is no mail address: %w", fault.ErrInvalid)
	}
	address, _, err := ascii(a.Address)
	if err != nil || strings.ContainsAny(address, "\r\n\x00 <>") {
		return "", fmt.Errorf("the address is no mail address: %w", fault.ErrInvalid)
	}
	return address, nil
}

// ascii brings the domain of an address to its ASCII form; the local part stays as it is
// and needs SMTPUTF8 when it is not ASCII.
func ascii(address string) (whole, domain string, err error) {
	at := strings.LastIndexByte(address, '@')
	if at <= 0 || len(address) > 254 { // RFC 5321, 4.5.3.1.3
		return "", "", errors.New("no local part, or longer than 254 bytes")
	}
	domain = address[at+1:]
	if !strings.HasPrefix(domain, "[") { // an address literal stays
		if domain, err = idna.Lookup.ToASCII(domain); err != nil {
			return "", "", fmt.Errorf("domain: %w", err)
		}
	}
	return address[:at+1] + domain, domain, nil
}

func (c *Config) address() string { return net.JoinHostPort(c.Host, strconv.Itoa(c.Port)) }

func (c *Config) tls() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12, ServerName: c.Host, RootCAs: c.RootCAs,
		// Encryption without proof of identity still beats the clear text that this setting
		// would fall back to (RFC 7435), as long as no password is at stake.
		InsecureSkipVerify: c.TLS == Opportunistic && c.User == "",
	}
}
