package netguard

import (
	"context"
	"crypto/x509"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"syscall"
	"time"
)

// Options say how to connect. The zero value lists no private address, uses the system's
// resolver and roots, no proxy, and the timeouts given below.
type Options struct {
	Guard    *Guard
	Resolver *net.Resolver // nil: the system's

	// Proxy is the http, https or socks5 proxy for every request; nil for none. The
	// environment is never asked. With a proxy the guard sees the proxy's address (list it
	// if it is private) and addresses written as numbers; names are resolved by the proxy,
	// which then has to keep watch itself.
	Proxy   *url.URL
	RootCAs *x509.CertPool // nil: the system's

	DialTimeout   time.Duration // resolving and connecting; default 10 s, negative: none
	HeaderTimeout time.Duration // request sent to header received; default 15 s, negative: none
	Timeout       time.Duration // one exchange of Client with all hops and the body; default 30 s, negative: none
	MaxRedirects  int           // default 5, negative: none
}

const (
	defaultDialTimeout   = 10 * time.Second
	defaultHeaderTimeout = 15 * time.Second
	defaultTimeout       = 30 * time.Second
	defaultMaxRedirects  = 5
)

func (o Options) withDefaults() Options {
	o.DialTimeout = orDefault(o.DialTimeout, defaultDialTimeout)
	o.HeaderTimeout = orDefault(o.HeaderTimeout, defaultHeaderTimeout)
	o.Timeout = orDefault(o.Timeout, defaultTimeout)
	o.MaxRedirects = orDefault(o.MaxRedirects, defaultMaxRedirects)
	return o
}

func orDefault[T int | time.Duration](v, otherwise T) T {
	if v == 0 {
		return otherwise
	}
	return v
}

// A Dialer opens TCP connections that its Guard lets pass. Also for what is not HTTP, such
// as mail. It may be used by many goroutines.
type Dialer struct {
	guard *Guard
	base  net.Dialer
}

// NewDialer returns a Dialer; only Guard, Resolver and DialTimeout of o matter.
func NewDialer(o Options) *Dialer {
	o = o.withDefaults()
	return &Dialer{guard: o.Guard, base: net.Dialer{Timeout: max(o.DialTimeout, 0), Resolver: o.Resolver}}
}

// DialContext resolves and connects to address ("host:port"). The guard is asked for each
// resolved address, after the socket was made and before it connects: the address that is
// judged is the address that is used. The error holds a *Refusal (errors.As) when the
// guard said no, else what net.Dialer returns. Networks other than TCP are refused.
func (d *Dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("dial %s: %w", address, err)
	}
	if network != "tcp" && network != "tcp4" && network != "tcp6" {
		return nil, &Refusal{Cause: Address, Host: host, Reason: fmt.Sprintf("network %q is not TCP", network)}
	}
	dialer := d.base
	dialer.ControlContext = func(_ context.Context, _, resolved string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(resolved)
		if err != nil {
			return &Refusal{Cause: Address, Host: host, Reason: fmt.Sprintf("resolved to %q, which is no address", resolved)}
		}
		return d.guard.Check(host, at)
	}
	return dialer.DialContext(ctx, network, address)
}
