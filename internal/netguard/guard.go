// Package netguard is the one way out: every connection that Watchfire opens to an address
// which people or other systems told it (feeds, webhooks, mail servers, identity providers)
// goes through its dialer. It promises that the IP address is judged after the name was
// resolved, at each connect and each redirect, so that neither a private name, a redirect
// nor a name that changes its answer can lead into the machine's own networks; that TLS is
// at least 1.2; and that no proxy is taken from the environment. It does not limit or unpack
// bodies, does not retry, and cannot judge what a configured proxy connects to by name.
package netguard

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"watchfire.dev/internal/fault"
)

// A Guard decides which addresses may be connected to. All public unicast addresses may;
// anything else only when it is listed. A nil Guard and the zero Guard list nothing.
// A Guard never changes after Parse and may be used by many goroutines.
type Guard struct {
	rules []rule
}

// A rule opens one prefix or one host name, on one port or, with port 0, on all.
type rule struct {
	prefix netip.Prefix
	host   string
	port   uint16
}

// Parse makes a Guard from the operator's list. Each entry is one of
//
//	10.20.0.0/16        a prefix
//	10.20.3.4           one address
//	10.20.3.4:8080      one address and port ([fd00::1]:8080 for IPv6)
//	feeds.corp          a name: whatever it resolves to
//	feeds.corp:8443     a name and port
//
// A name never opens the cloud metadata addresses, and neither does a prefix wider than
// the single address. A bad entry is an error that wraps fault.ErrInvalid.
func Parse(listed ...string) (*Guard, error) {
	g := &Guard{}
	for _, entry := range listed {
		r, err := parseRule(strings.TrimSpace(entry))
		if err != nil {
			return nil, fmt.Errorf("parse allowed address %q: %w", entry, err)
		}
		g.rules = append(g.rules, r)
	}
	return g, nil
}

func parseRule(s string) (rule, error) {
	if p, err := netip.ParsePrefix(s); err == nil {
		return prefixRule(p)
	}
	if a, err := netip.ParseAddr(s); err == nil {
		return single(a, 0), nil
	}
	if strings.Contains(s, "/") {
		return rule{}, fmt.Errorf("neither a prefix nor a host, write it without scheme and path: %w", fault.ErrInvalid)
	}
	host, port := s, uint16(0)
	if h, p, err := net.SplitHostPort(s); err == nil {
		n, err := strconv.ParseUint(p, 10, 16)
		if err != nil || n == 0 {
			return rule{}, fmt.Errorf("port %q is not 1 to 65535: %w", p, fault.ErrInvalid)
		}
		host, port = h, uint16(n)
	}
	if a, err := netip.ParseAddr(host); err == nil {
		return single(a, port), nil
	}
	host = canonical(host)
	if !isHostname(host) {
		return rule{}, fmt.Errorf("%q is not a host name in ASCII form: %w", host, fault.ErrInvalid)
	}
	return rule{host: host, port: port}, nil
}

// prefixRule turns a prefix of v4-mapped addresses into the IPv4 prefix it means: addresses
// are compared unmapped, so it would otherwise never match.
func prefixRule(p netip.Prefix) (rule, error) {
	if !p.Addr().Is4In6() {
		return rule{prefix: p.Masked()}, nil
	}
	if p.Bits() < 96 {
		return rule{}, fmt.Errorf("mapped prefix shorter than /96: %w", fault.ErrInvalid)
	}
	return rule{prefix: netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96).Masked()}, nil
}

func single(a netip.Addr, port uint16) rule {
	a = plain(a)
	return rule{prefix: netip.PrefixFrom(a, a.BitLen()), port: port}
}

// isHostname accepts the letters, digits, hyphens, underscores and dots of DNS names.
func isHostname(s string) bool {
	if s == "" || len(s) > 253 {
		return false
	}
	for _, label := range strings.Split(s, ".") {
		if label == "" || len(label) > 63 {
			return false
		}
	}
	return strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-_.") == ""
}

// canonical writes a host name in the form in which names are compared.
func canonical(host string) string {
	return strings.TrimSuffix(strings.ToLower(host), ".")
}

// Check says whether a connection to the address at, reached by resolving host (or by
// writing the address itself), may be opened. The error is a *Refusal that names the host,
// the address and the reason.
func (g *Guard) Check(host string, at netip.AddrPort) error {
	addr := plain(at.Addr())
	reason := reserved(addr)
	if reason == "" || g.lists(canonical(host), addr, at.Port()) {
		return nil
	}
	return &Refusal{Cause: Address, Host: host, Addr: addr, Reason: reason + ", not on the list of allowed addresses"}
}

func (g *Guard) lists(host string, addr netip.Addr, port uint16) bool {
	if g == nil {
		return false
	}
	secret := isMetadata(addr)
	for _, r := range g.rules {
		switch {
		case r.port != 0 && r.port != port:
		case r.prefix.IsValid() && r.prefix.Contains(addr) && (!secret || r.prefix.IsSingleIP()):
			return true
		case r.host != "" && r.host == host && !secret:
			return true
		}
	}
	return false
}

// CheckURL says whether u may be requested at all: http or https, a host, a sane port, no
// user name or password inside, and if the host is an address, one that Check lets pass.
// It resolves nothing: names are judged when they are connected to. The error is a *Refusal.
func (g *Guard) CheckURL(u *url.URL) error {
	refuse := func(reason string) error {
		return &Refusal{Cause: URL, Host: u.Host, Reason: reason}
	}
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return refuse(fmt.Sprintf("scheme %q is neither http nor https", u.Scheme))
	case u.User != nil:
		return refuse("the address carries a user name or password")
	case u.Opaque != "" || u.Hostname() == "":
		return refuse("the address has no host")
	}
	port, err := strconv.ParseUint(portOf(u), 10, 16)
	if err != nil || port == 0 {
		return refuse(fmt.Sprintf("port %q is not 1 to 65535", u.Port()))
	}
	if a, err := netip.ParseAddr(u.Hostname()); err == nil {
		return g.Check(u.Hostname(), netip.AddrPortFrom(a, uint16(port)))
	}
	return nil
}

// portOf returns the port of u, written or implied by its scheme.
func portOf(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "https":
		return "443"
	default:
		return "80"
	}
}
