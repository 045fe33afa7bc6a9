package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/emersion/go-smtp"

	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/fault"
)

// The limits of the sink. Beyond them the oldest messages go.
const (
	maxMessages   = 500
	maxKept       = 64 << 20 // bytes of all messages together
	maxMessage    = 2 << 20  // bytes
	maxRecipients = 50
	mailTimeout   = 30 * time.Second
)

// A Mail is one message as it came in.
type Mail struct {
	ID   int // counts from 1
	At   time.Time
	From string   // envelope
	To   []string // envelope
	Raw  []byte
}

// A MailSink takes mail and keeps the last 500 messages in memory. It delivers nothing.
// It is safe for concurrent use.
type MailSink struct {
	now    clock.Clock
	server *smtp.Server
	served chan error // what Serve returned; nil before Listen
	conns  *conns     // nil before Listen

	mu    sync.Mutex
	mails []Mail // oldest first
	kept  int    // bytes
	count int
}

// NewMailSink returns a sink that does not listen yet; now stamps what comes in.
func NewMailSink(now clock.Clock) *MailSink {
	m := &MailSink{now: now}
	m.server = smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &session{sink: m}, nil }))
	m.server.Domain = "simulated.example"
	m.server.MaxMessageBytes, m.server.MaxRecipients = maxMessage, maxRecipients
	m.server.ReadTimeout, m.server.WriteTimeout = mailTimeout, mailTimeout
	m.server.EnableSMTPUTF8 = true
	m.server.ErrorLog = silent{}
	return m
}

// silent drops what the SMTP server would log: a client that hangs up is not news.
type silent struct{}

func (silent) Printf(string, ...any) {}
func (silent) Println(...any)        {}

// Listen starts to take mail on a free port of the loopback and returns its address
// ("127.0.0.1:1025"). To be called once; Close ends it. The server speaks plain SMTP
// without TLS and without a password, which is why it listens nowhere else.
func (m *MailSink) Listen(ctx context.Context) (string, error) {
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp4", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("listen for mail: %w", err)
	}
	m.conns = &conns{Listener: l, open: map[*conn]bool{}}
	m.served = make(chan error, 1)
	go func() { m.served <- m.server.Serve(m.conns) }()
	return l.Addr().String(), nil
}

// Close stops taking mail, cuts open connections off and waits until nothing of the server
// runs any more, or until ctx ends. The messages stay readable. A second Close does nothing.
func (m *MailSink) Close(ctx context.Context) error {
	if m.served == nil {
		return nil
	}
	m.conns.cut()
	err := m.server.Shutdown(ctx)
	if errors.Is(err, smtp.ErrServerClosed) {
		return nil
	}
	if served := <-m.served; !errors.Is(served, smtp.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	if err != nil {
		return fmt.Errorf("stop taking mail: %w", err)
	}
	return nil
}

// Mails returns what is kept, newest first.
func (m *MailSink) Mails() []Mail {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := make([]Mail, len(m.mails))
	for i, mail := range m.mails {
		out[len(out)-1-i] = mail
	}
	return out
}

// Mail returns one message. The error wraps fault.ErrNotFound when it never came or has
// been dropped since.
func (m *MailSink) Mail(id int) (Mail, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, mail := range m.mails {
		if mail.ID == id {
			return mail, nil
		}
	}
	return Mail{}, fmt.Errorf("message %d: %w", id, fault.ErrNotFound)
}

// keep adds a message and drops the oldest beyond the limits.
func (m *MailSink) keep(mail Mail) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.count++
	mail.ID, mail.At = m.count, m.now()
	m.mails = append(m.mails, mail)
	m.kept += len(mail.Raw)
	for len(m.mails) > maxMessages || m.kept > maxKept {
		m.kept -= len(m.mails[0].Raw)
		m.mails[0] = Mail{} // so that its bytes can go
		m.mails = m.mails[1:]
	}
}

// A session is one SMTP connection.
type session struct {
	sink *MailSink
	from string
	to   []string
}

// Mail implements smtp.Session.
func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.from = from
	return nil
}

// Rcpt implements smtp.Session.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = append(s.to, to)
	return nil
}

// Data implements smtp.Session. The server has set the limit on size.
func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.sink.keep(Mail{From: s.from, To: s.to, Raw: raw})
	return nil
}

// Reset implements smtp.Session.
func (s *session) Reset() { s.from, s.to = "", nil }

// Logout implements smtp.Session.
func (s *session) Logout() error { return nil }
