package main

import (
	"fmt"
	"io"
	"net"
	"regexp"
	"strings"
	"sync"

	"github.com/emersion/go-smtp"
)

// sink is a real SMTP server that keeps what it gets.
type sink struct {
	address string
	server  *smtp.Server
	listen  net.Listener
	mu      sync.Mutex
	mail    map[string][]string
	raw     map[string][][]byte // as they travelled
	refused map[string]bool
	done    chan struct{}
}

func newSink() (*sink, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &sink{address: l.Addr().String(), listen: l, mail: map[string][]string{}, raw: map[string][][]byte{}, refused: map[string]bool{}, done: make(chan struct{})}
	s.server = smtp.NewServer(s)
	s.server.Domain = "localhost"
	go func() {
		defer close(s.done)
		s.server.Serve(l) //nolint:errcheck // it ends with Close
	}()
	return s, nil
}

// lastRaw is the newest message to an address as it travelled.
func (s *sink) lastRaw(to string) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.raw[to][len(s.raw[to])-1]
}

// refuse answers 550 to mail for an address from now on.
func (s *sink) refuse(to string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refused[to] = true
}

func (s *sink) close() {
	s.server.Close() //nolint:errcheck // the end of a test
	s.listen.Close() //nolint:errcheck // closed already, unless a story ended before the server had begun
	<-s.done
}

// NewSession implements smtp.Backend.
func (s *sink) NewSession(*smtp.Conn) (smtp.Session, error) { return &session{sink: s}, nil }

func (s *sink) matching(to string, re *regexp.Regexp) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for _, m := range s.mail[to] {
		if re.MatchString(m) {
			out = append(out, m)
		}
	}
	return out
}

// String lists recipients and subjects.
func (s *sink) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b strings.Builder
	for to, list := range s.mail {
		for _, m := range list {
			fmt.Fprintf(&b, "to %s: %s\n", to, regexp.MustCompile(`(?m)^Subject: .*`).FindString(m))
		}
	}
	return b.String()
}

type session struct {
	sink *sink
	to   []string
}

// Mail implements smtp.Session.
func (s *session) Mail(string, *smtp.MailOptions) error { return nil }

// Rcpt implements smtp.Session.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.sink.mu.Lock()
	defer s.sink.mu.Unlock()
	if s.sink.refused[to] {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user"}
	}
	s.to = append(s.to, to)
	return nil
}

// Data implements smtp.Session.
func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	text := plain(raw)
	s.sink.mu.Lock()
	defer s.sink.mu.Unlock()
	for _, to := range s.to {
		s.sink.mail[to] = append(s.sink.mail[to], text)
		s.sink.raw[to] = append(s.sink.raw[to], raw)
	}
	return nil
}

// plain undoes quoted-printable soft breaks and encoded words roughly: enough to match on.
func plain(raw []byte) string {
	text := strings.ReplaceAll(string(raw), "=\r\n", "")
	text = strings.ReplaceAll(text, "=3D", "=")
	return strings.ReplaceAll(text, "\r\n ", " ")
}

// Reset implements smtp.Session.
func (s *session) Reset() { s.to = nil }

// Logout implements smtp.Session.
func (s *session) Logout() error { return nil }
