package app

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"watchfire.dev/internal/fault"
)

// proxies are the networks of the reverse proxies that the operator names. Only what they
// connect with counts as forwarded (TRUST.md S26): anybody can write the header.
type proxies []netip.Prefix

// proxiesOf reads prefixes and single addresses.
func proxiesOf(names []string) (proxies, error) {
	var out proxies
	for i, name := range names {
		p, err := netip.ParsePrefix(name)
		if err != nil {
			var a netip.Addr
			if a, err = netip.ParseAddr(name); err == nil {
				p = netip.PrefixFrom(a, a.BitLen())
			}
		}
		if err != nil {
			return nil, fmt.Errorf("trusted_proxies[%d] %q: want an address or a prefix such as 10.0.0.0/8: %w", i, name, fault.ErrInvalid)
		}
		out = append(out, p.Masked())
	}
	return out, nil
}

func (p proxies) trust(a netip.Addr) bool {
	for _, n := range p {
		if n.Contains(a.Unmap()) {
			return true
		}
	}
	return false
}

// believe puts the address that a named proxy saw into RemoteAddr, where limits and the
// journal look. Of several addresses the last that is no named proxy's counts: what stands
// before it was written by whoever sent the request. An unreadable header changes nothing.
func (p proxies) believe(next http.Handler) http.Handler {
	if len(p) == 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if from, ok := p.forwarded(r); ok {
			seen := *r
			seen.RemoteAddr = net.JoinHostPort(from.String(), "0")
			r = &seen
		}
		next.ServeHTTP(w, r)
	})
}

func (p proxies) forwarded(r *http.Request) (netip.Addr, bool) {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !p.trust(peer.Addr()) {
		return netip.Addr{}, false
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		a, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			return netip.Addr{}, false
		}
		if a = a.Unmap(); !p.trust(a) || i == 0 {
			return a, true
		}
	}
	return netip.Addr{}, false
}
