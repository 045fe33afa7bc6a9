package email

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/wneessen/go-mail/smtp"

	"watchfire.dev/internal/fault"
)

// A stage is the step of the conversation in which something went wrong: the same reply
// code means different things in different ones.
type stage string

const (
	connecting stage = "connect"
	greeting   stage = "greeting"
	protecting stage = "STARTTLS"
	signingIn  stage = "AUTH"
	sender     stage = "MAIL FROM"
	receiver   stage = "RCPT TO"
	content    stage = "DATA"
	verdict    stage = "end of DATA" // the message is out: without an answer its fate is unknown
)

// A stop is where and why the conversation ended.
type stop struct {
	at  stage
	err error
}

func (s *stop) Error() string { return string(s.at) + ": " + s.err.Error() }
func (s *stop) Unwrap() error { return s.err }

// errSetting marks what only a person can put right.
var errSetting = errors.New("setting")

// transact holds one conversation and returns the server's answer to the message. Its
// errors are stops.
func (c *Channel) transact(ctx context.Context, to string, raw []byte) (said string, err error) {
	conn, err := c.connect(ctx)
	if err != nil {
		return "", err
	}
	defer conn.Close() //nolint:errcheck // after QUIT or on the way out of an error
	// The end of ctx must end a read that is under way.
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			return "", &stop{connecting, err}
		}
	}
	client, err := smtp.NewClient(conn, c.cfg.Host)
	if err != nil {
		return "", &stop{greeting, err}
	}
	if err := client.Hello(c.cfg.HELO); err != nil {
		return "", &stop{greeting, err}
	}
	if err := c.protect(client); err != nil {
		return "", err
	}
	if err := c.signIn(client); err != nil {
		return "", err
	}
	said, err = c.hand(client, to, raw)
	if err == nil {
		farewell(conn, client)
	}
	return said, err
}

func (c *Channel) connect(ctx context.Context) (net.Conn, error) {
	conn, err := c.cfg.Dial(ctx, "tcp", c.cfg.address())
	if err != nil {
		return nil, &stop{connecting, err}
	}
	if c.cfg.TLS != Implicit {
		return conn, nil
	}
	secure := tls.Client(conn, c.cfg.tls())
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, &stop{protecting, err}
	}
	return secure, nil
}

func (c *Channel) protect(client *smtp.Client) error {
	if c.cfg.TLS != Mandatory && c.cfg.TLS != Opportunistic {
		return nil
	}
	if offered, _ := client.Extension("STARTTLS"); !offered {
		if c.cfg.TLS == Opportunistic {
			return nil
		}
		return &stop{protecting, fmt.Errorf("the server offers no STARTTLS: %w", errSetting)}
	}
	if err := client.StartTLS(c.cfg.tls()); err != nil {
		return &stop{protecting, err}
	}
	return nil
}

// signIn takes the best way that the server offers. In the clear only those are used that
// do not show the password; PLAIN and LOGIN see to that themselves.
func (c *Channel) signIn(client *smtp.Client) error {
	if c.cfg.User == "" {
		return nil
	}
	var password string
	if c.cfg.Password != nil {
		var err error
		if password, err = c.cfg.Password(); err != nil {
			return &stop{signingIn, fmt.Errorf("%w: %w", err, errSetting)}
		}
	}
	_, offered := client.Extension("AUTH")
	ways := strings.Fields(strings.ToUpper(offered))
	for _, w := range []struct {
		name string
		auth smtp.Auth
	}{
		{"SCRAM-SHA-256", smtp.ScramSHA256Auth(c.cfg.User, password)},
		{"PLAIN", smtp.PlainAuth("", c.cfg.User, password, c.cfg.Host, false)},
		{"LOGIN", smtp.LoginAuth(c.cfg.User, password, c.cfg.Host, false)},
		{"CRAM-MD5", smtp.CRAMMD5Auth(c.cfg.User, password)},
	} {
		for _, offer := range ways {
			if offer == w.name {
				if err := client.Auth(w.auth); err != nil {
					return &stop{signingIn, err}
				}
				return nil
			}
		}
	}
	return &stop{signingIn, fmt.Errorf("the server offers no sign-in that we know: %w", errSetting)}
}

// hand gives the message over.
func (c *Channel) hand(client *smtp.Client, to string, raw []byte) (string, error) {
	// SMTPUTF8 only where it is needed: asking for it may make a later hop refuse the mail.
	utf8 := needsUTF8(to) || needsUTF8(c.from.Address)
	if offered, _ := client.Extension("SMTPUTF8"); utf8 && !offered {
		return "", &stop{receiver, fmt.Errorf("the server takes no addresses in other than ASCII letters: %w", fault.ErrInvalid)}
	}
	client.SkipSMTPUTF8(!utf8)
	if err := client.Mail("<" + c.from.Address + ">"); err != nil {
		return "", &stop{sender, err}
	}
	if err := client.Rcpt("<" + to + ">"); err != nil {
		return "", &stop{receiver, err}
	}
	w, err := client.Data()
	if err != nil {
		return "", &stop{content, err}
	}
	if _, err := w.Write(raw); err != nil {
		return "", &stop{content, err} // no final dot was sent: the server drops what it has
	}
	if err := w.Close(); err != nil {
		return "", &stop{verdict, err}
	}
	if d, ok := w.(*smtp.DataCloser); ok {
		return d.ServerResponse(), nil
	}
	return "", nil
}

// farewell says QUIT and waits a moment for the answer. The message has been taken: nothing
// that happens here can change that.
func farewell(conn net.Conn, client *smtp.Client) {
	if err := conn.SetDeadline(time.Now().Add(2 * time.Second)); err == nil {
		_ = client.Quit()
	}
}

func needsUTF8(address string) bool {
	for i := range len(address) {
		if address[i] >= 0x80 {
			return true
		}
	}
	return false
}
