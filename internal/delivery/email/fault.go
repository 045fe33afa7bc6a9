package email

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"regexp"
	"strconv"
	"strings"
	"time"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/netguard"
)

const (
	maxSaid = 300              // runes of a reply that are shown
	pause   = time.Minute      // when a server asks us to wait and does not say how long (TRUST: 1, 5, 15 min)
	longest = 15 * time.Minute // longest wish of a server that is taken seriously
)

// judge turns the end of a conversation into a fault.
func judge(err error, to string) error {
	var s *stop
	if !errors.As(err, &s) {
		return &delivery.Fault{Kind: delivery.Retry, Err: fmt.Errorf("mail: %w", err)}
	}
	var reply *textproto.Error
	if errors.As(err, &reply) {
		kind, after := meaning(s.at, reply.Code, reply.Msg)
		said := tidy(reply.Msg, to)
		if s.at == signingIn {
			said = "sign-in refused" // some servers repeat what they were sent
		}
		return &delivery.Fault{Kind: kind, After: after, Err: fmt.Errorf("mail: %s: %d %s", s.at, reply.Code, said)}
	}
	out := &delivery.Fault{Kind: delivery.Retry, Err: errors.New("mail: " + tidy(s.Error(), to))}
	var refused *netguard.Refusal
	switch {
	case errors.As(err, &refused):
		out.Kind = delivery.Misset
	case s.at == signingIn && !transport(err):
		out.Kind, out.Err = delivery.Misset, errors.New("mail: AUTH: sign-in is not possible with this server and these settings")
		if errors.Is(err, errSetting) {
			out.Err = errors.New("mail: " + tidy(s.Error(), to))
		}
	case errors.Is(err, errSetting), certificate(err):
		out.Kind = delivery.Misset
	case errors.Is(err, fault.ErrInvalid):
		out.Kind = delivery.Refused
	case s.at == verdict:
		out.Err = fmt.Errorf("%w: the server may have taken the message", out.Err)
	}
	return out
}

// meaning reads a reply code by the step in which it came (RFC 5321 4.2, RFC 3463).
func meaning(at stage, code int, text string) (delivery.FaultKind, time.Duration) {
	class := enhanced(text)
	switch {
	case code < 500:
		return passing(code, text)
	case at == greeting, at == protecting, at == signingIn, code == 530, code == 534, code == 535, code == 538:
		return delivery.Misset, 0
	case at == sender && code != 552 && code != 554 && class != "5.3.4":
		return delivery.Misset, 0 // it is our own address that the server does not like
	case strings.HasPrefix(class, "5.1."), class == "5.2.1":
		return delivery.Dead, 0
	case at == receiver && (code == 550 || code == 551 || code == 553) && !strings.HasPrefix(class, "5.7.") && class != "5.2.2":
		return delivery.Dead, 0
	default:
		return delivery.Refused, 0
	}
}

// passing is a 4xx, or a reply that is none. 421 and 451 are what busy and greylisting
// servers say: they want us to wait.
func passing(code int, text string) (delivery.FaultKind, time.Duration) {
	if code == 421 || code == 451 || strings.Contains(strings.ToLower(text), "greylist") {
		return delivery.Overload, wait(text)
	}
	return delivery.Retry, 0
}

var (
	enhancedCode = regexp.MustCompile(`^\s*([245]\.\d{1,3}\.\d{1,3})\b`)
	waitWish     = regexp.MustCompile(`(?i)\b(\d{1,5})\s*(s|secs?|seconds?|m|mins?|minutes?)\b`)
)

func enhanced(text string) string {
	if m := enhancedCode.FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return ""
}

// wait reads "try again in 300 seconds", which greylisting servers like to say.
func wait(text string) time.Duration {
	m := waitWish.FindStringSubmatch(text)
	if m == nil {
		return pause
	}
	n, err := strconv.Atoi(m[1])
	if err != nil || n == 0 {
		return pause
	}
	unit := time.Second
	if strings.HasPrefix(strings.ToLower(m[2]), "m") {
		unit = time.Minute
	}
	return min(time.Duration(n)*unit, longest)
}

// certificate tells whether the server could not prove who it is, or spoke no TLS at all.
func certificate(err error) bool {
	var verification *tls.CertificateVerificationError
	var unknown x509.UnknownAuthorityError
	var host x509.HostnameError
	var record tls.RecordHeaderError
	var alert tls.AlertError
	return errors.As(err, &verification) || errors.As(err, &unknown) || errors.As(err, &host) || errors.As(err, &record) || errors.As(err, &alert)
}

// transport tells whether the connection broke rather than a side say no.
func transport(err error) bool {
	var timeout interface{ Timeout() bool }
	return errors.As(err, &timeout) || errors.Is(err, net.ErrClosed) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// tidy makes one line of what the server said and takes the recipient's address out: the
// line goes into timelines and logs, where no address belongs.
func tidy(text, address string) string {
	text = line(text, 4*maxSaid)
	if address != "" {
		text = regexp.MustCompile("(?i)"+regexp.QuoteMeta(address)).ReplaceAllString(text, "‹address›")
	}
	return line(text, maxSaid)
}
