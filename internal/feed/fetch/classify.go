package fetch

import (
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/url"

	"watchfire.dev/internal/netguard"
)

// inner takes the *url.Error off, whose text repeats the whole address.
func inner(err error) error {
	var u *url.Error
	for errors.As(err, &u) {
		err = u.Err
	}
	return err
}

// fail gives err its Kind. Order matters: what we ended ourselves shows as any kind of
// broken connection below, and a guard's refusal shows as a failed dial.
func (x *exchange) fail(err error) *Error {
	var own *Error
	if errors.As(err, &own) {
		own.Host = x.host
		return own
	}
	err = inner(err)
	if cause := context.Cause(x.ctx); cause != nil {
		return x.ended(cause)
	}
	var refusal *netguard.Refusal
	if errors.As(err, &refusal) {
		kind := Refused
		if refusal.Cause == netguard.Redirect {
			kind = Redirect
		}
		return &Error{Kind: kind, Host: x.host, Reason: brief(refusal.Error()), Err: err}
	}
	kind := kindOf(err)
	switch {
	case x.reading && (kind == Connect || kind == Protocol):
		kind = Truncated // a reset, or a stream that HTTP/2 ended with an error
	case !x.reading && kind == Protocol && x.tlsFailed.Load():
		kind = TLS
	case !x.reading && kind == Truncated:
		kind = Connect
	}
	return &Error{Kind: kind, Host: x.host, Reason: reason(kind, err), Err: err}
}

// ended says why the exchange was given up: by us, by the caller's deadline or by the caller.
func (x *exchange) ended(cause error) *Error {
	kind := Cancelled
	for _, late := range []error{errTotal, errHeader, errStalled, context.DeadlineExceeded} {
		if errors.Is(cause, late) {
			kind = Timeout
		}
	}
	return &Error{Kind: kind, Host: x.host, Reason: brief(cause.Error()), Err: cause}
}

// kindOf goes from the particular to the general; Protocol is what is left.
func kindOf(err error) Kind {
	var (
		dns     *net.DNSError
		op      *net.OpError
		network net.Error
	)
	switch {
	case errors.As(err, &dns):
		return DNS
	case isTLS(err):
		return TLS
	case errors.As(err, &network) && network.Timeout():
		return Timeout
	case isEncoding(err):
		return Encoding
	case errors.Is(err, io.ErrUnexpectedEOF):
		return Truncated
	case errors.As(err, &op):
		return Connect
	case errors.Is(err, io.EOF):
		return Connect
	default:
		return Protocol
	}
}

func isTLS(err error) bool {
	var (
		cert   *tls.CertificateVerificationError
		record tls.RecordHeaderError
		alert  tls.AlertError
		name   x509.HostnameError
		op     *net.OpError
	)
	// Alerts of the other side come as an OpError of their own making.
	told := errors.As(err, &op) && (op.Op == "remote error" || op.Op == "local error")
	return told || errors.As(err, &cert) || errors.As(err, &record) || errors.As(err, &alert) || errors.As(err, &name)
}

func isEncoding(err error) bool {
	var corrupt flate.CorruptInputError
	return errors.As(err, &corrupt) || errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) ||
		errors.Is(err, zlib.ErrHeader) || errors.Is(err, zlib.ErrChecksum) || errors.Is(err, zlib.ErrDictionary)
}

func reason(kind Kind, err error) string {
	switch {
	case kind == Truncated:
		return "the connection ended before the body did"
	case kind == Connect && (errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)):
		return "the connection was closed without an answer"
	default:
		return brief(err.Error())
	}
}
