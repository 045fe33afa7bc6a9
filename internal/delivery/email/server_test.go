package email

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"go.uber.org/goleak"

	"watchfire.dev/internal/delivery/deliverytest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	address  = "gate@site.example"
	user     = "watch"
	password = "c0rrect-h0rse"
)

// A post is a real SMTP server on the loopback that behaves as told.
type post struct {
	port   int
	roots  *x509.CertPool
	stop   chan struct{}
	end    func()
	server *smtp.Server

	mu       sync.Mutex
	how      deliverytest.Behaviour
	onRcpt   []error // replies to the next RCPT TO, in order; then as how says
	onData   []error // and to the next end of DATA
	onMail   []error
	received []letter
}

type letter struct{ from, to, raw string }

type kind int

const (
	clear kind = iota
	withStartTLS
	fromTheStart
)

func newPost(t *testing.T, k kind) *post {
	t.Helper()
	p := &post{how: deliverytest.Accept, stop: make(chan struct{})}
	p.server = smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return &session{post: p, conn: c}, nil }))
	p.server.Domain, p.server.AllowInsecureAuth, p.server.EnableSMTPUTF8 = "post.example", k == clear, true
	p.server.ErrorLog = log.New(io.Discard, "", 0)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.port = l.Addr().(*net.TCPAddr).Port
	if k != clear {
		p.server.TLSConfig, p.roots = certified(t)
	}
	if k == fromTheStart {
		l = tls.NewListener(l, p.server.TLSConfig)
	}
	done := make(chan struct{})
	go func() { defer close(done); _ = p.server.Serve(l) }()
	p.end = sync.OnceFunc(func() {
		close(p.stop)
		_ = p.server.Close()
		_ = l.Close()
		<-done
	})
	t.Cleanup(p.end)
	return p
}

// certified borrows the certificate for 127.0.0.1 of the standard library's test server.
func certified(t *testing.T) (*tls.Config, *x509.CertPool) {
	t.Helper()
	s := httptest.NewTLSServer(nil)
	defer s.Close()
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	return &tls.Config{Certificates: s.TLS.Certificates, MinVersion: tls.VersionTLS12}, roots
}

func (p *post) Behave(b deliverytest.Behaviour) {
	p.mu.Lock()
	p.how = b
	p.mu.Unlock()
	if b == deliverytest.Unknown {
		p.end()
	}
}

func (p *post) letters() []letter {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.received)
}

func (p *post) marks() []string {
	var out []string
	for _, l := range p.letters() {
		_, rest, _ := strings.Cut(l.raw, "Message-ID: ")
		mark, _, _ := strings.Cut(rest, "\r\n")
		out = append(out, mark)
	}
	return out
}

// next takes the first of a list of replies.
func (p *post) next(list *[]error) (error, bool) {
	if len(*list) == 0 {
		return nil, false
	}
	err := (*list)[0]
	*list = (*list)[1:]
	return err, true
}

func reply(code int, enhanced smtp.EnhancedCode, text string) error {
	return &smtp.SMTPError{Code: code, EnhancedCode: enhanced, Message: text}
}

type session struct {
	post     *post
	conn     *smtp.Conn
	from, to string
}

func (s *session) Reset()        {}
func (s *session) Logout() error { return nil }

func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, u, p string) error {
		if u != user || p != password {
			return reply(535, smtp.EnhancedCode{5, 7, 8}, "no: you sent "+u+" "+p)
		}
		return nil
	}), nil
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.post.mu.Lock()
	defer s.post.mu.Unlock()
	s.from = from
	err, _ := s.post.next(&s.post.onMail)
	return err
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.post.mu.Lock()
	s.to = to
	err, set := s.post.next(&s.post.onRcpt)
	how := s.post.how
	s.post.mu.Unlock()
	if set {
		return err
	}
	switch how {
	case deliverytest.Later:
		return reply(450, smtp.EnhancedCode{4, 2, 0}, "mailbox busy")
	case deliverytest.Slower:
		return reply(451, smtp.EnhancedCode{4, 7, 1}, "Greylisted, please try again in 120 seconds")
	case deliverytest.Nobody:
		return reply(550, smtp.EnhancedCode{5, 1, 1}, "<"+to+">: User unknown")
	case deliverytest.Hang:
		<-s.post.stop
		return errors.New("too late")
	}
	return nil
}

func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.post.mu.Lock()
	defer s.post.mu.Unlock()
	s.post.received = append(s.post.received, letter{s.from, s.to, string(raw)})
	if err, set := s.post.next(&s.post.onData); set {
		return err
	}
	switch s.post.how {
	case deliverytest.Refuse:
		return reply(554, smtp.EnhancedCode{5, 6, 0}, "content not wanted")
	case deliverytest.Drop:
		_ = s.conn.Conn().Close() // so that no reply can be sent
	}
	return nil
}
