package netguard

import "net/netip"

// A block is a range of addresses that no public server has, with what it is for.
type block struct {
	prefix netip.Prefix
	use    string
}

// blocks4 follows the IANA IPv4 Special-Purpose Address Registry (RFC 6890 and later),
// without the few entries there that are globally reachable.
var blocks4 = [...]block{
	{netip.MustParsePrefix("0.0.0.0/8"), "unspecified address"},
	{netip.MustParsePrefix("10.0.0.0/8"), "private network"},
	{netip.MustParsePrefix("100.64.0.0/10"), "carrier-grade NAT network"},
	{netip.MustParsePrefix("127.0.0.0/8"), "loopback address"},
	{netip.MustParsePrefix("169.254.0.0/16"), "link-local address"},
	{netip.MustParsePrefix("172.16.0.0/12"), "private network"},
	{netip.MustParsePrefix("192.0.0.0/24"), "protocol assignment"},
	{netip.MustParsePrefix("192.0.2.0/24"), "documentation address"},
	{netip.MustParsePrefix("192.88.99.0/24"), "6to4 relay address"},
	{netip.MustParsePrefix("192.168.0.0/16"), "private network"},
	{netip.MustParsePrefix("198.18.0.0/15"), "benchmark network"},
	{netip.MustParsePrefix("198.51.100.0/24"), "documentation address"},
	{netip.MustParsePrefix("203.0.113.0/24"), "documentation address"},
	{netip.MustParsePrefix("224.0.0.0/4"), "multicast address"},
	{netip.MustParsePrefix("240.0.0.0/4"), "reserved address"},
}

// blocks6 follows the IANA IPv6 Special-Purpose Address Registry. What is in neither list
// and outside of 2000::/3 is refused as not public, see reserved.
var blocks6 = [...]block{
	{netip.MustParsePrefix("::/128"), "unspecified address"},
	{netip.MustParsePrefix("::1/128"), "loopback address"},
	{netip.MustParsePrefix("64:ff9b:1::/48"), "local NAT64 network"},
	{netip.MustParsePrefix("100::/64"), "discard address"},
	{netip.MustParsePrefix("2001:2::/48"), "benchmark network"},
	{netip.MustParsePrefix("2001:10::/28"), "overlay identifier"},
	{netip.MustParsePrefix("2001:20::/28"), "overlay identifier"},
	{netip.MustParsePrefix("2001:db8::/32"), "documentation address"},
	{netip.MustParsePrefix("3fff::/20"), "documentation address"},
	{netip.MustParsePrefix("fc00::/7"), "private network"},
	{netip.MustParsePrefix("fe80::/10"), "link-local address"},
	{netip.MustParsePrefix("fec0::/10"), "site-local address"},
	{netip.MustParsePrefix("ff00::/8"), "multicast address"},
}

// metadata are the addresses where clouds hand keys to whoever asks from inside: AWS, GCP,
// Azure and most others, AWS containers, Azure's host agent (a public address), Alibaba,
// Oracle, and the IPv6 forms of AWS and GCP.
var metadata = [...]netip.Addr{
	netip.MustParseAddr("169.254.169.254"),
	netip.MustParseAddr("169.254.170.2"),
	netip.MustParseAddr("168.63.129.16"),
	netip.MustParseAddr("100.100.100.200"),
	netip.MustParseAddr("192.0.0.192"),
	netip.MustParseAddr("fd00:ec2::254"),
	netip.MustParseAddr("fd20:ce::254"),
}

var (
	globalUnicast = netip.MustParsePrefix("2000::/3")
	nat64         = netip.MustParsePrefix("64:ff9b::/96")
	teredo        = netip.MustParsePrefix("2001::/32")
	sixToFour     = netip.MustParsePrefix("2002::/16")
)

// plain returns a without zone and without the v4-in-v6 wrapping: the address that the
// kernel would connect to. Prefix.Contains is false for any address with a zone.
func plain(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }

func isMetadata(a netip.Addr) bool {
	for _, m := range metadata {
		if a == m {
			return true
		}
	}
	return false
}

// reserved says in a few words why a (made plain) is no public unicast address; "" if it
// is one. An IPv6 address that carries an IPv4 address is as public as what it carries.
func reserved(a netip.Addr) string {
	if !a.IsValid() {
		return "no address"
	}
	if isMetadata(a) {
		return "cloud metadata address"
	}
	if a.Is4() {
		return use(blocks4[:], a)
	}
	if u := use(blocks6[:], a); u != "" {
		return u
	}
	if !globalUnicast.Contains(a) && !nat64.Contains(a) {
		return "not a public address"
	}
	for _, inner := range carried(a) {
		if u := reserved(inner); u != "" {
			return "tunnel to a " + u
		}
	}
	return ""
}

func use(blocks []block, a netip.Addr) string {
	for _, b := range blocks {
		if b.prefix.Contains(a) {
			return b.use
		}
	}
	return ""
}

// carried returns the IPv4 addresses inside the IPv6 address a: NAT64 (RFC 6052), 6to4
// (RFC 3056), server and client of Teredo (RFC 4380, the client's bits inverted) and
// ISATAP (RFC 5214).
func carried(a netip.Addr) []netip.Addr {
	b := a.As16()
	four := func(i int) netip.Addr { return netip.AddrFrom4([4]byte(b[i : i+4])) }
	var out []netip.Addr
	switch {
	case nat64.Contains(a):
		out = append(out, four(12))
	case sixToFour.Contains(a):
		out = append(out, four(2))
	case teredo.Contains(a):
		out = append(out, four(4), netip.AddrFrom4([4]byte{^b[12], ^b[13], ^b[14], ^b[15]}))
	}
	if b[8]&^2 == 0 && b[9] == 0 && b[10] == 0x5e && b[11] == 0xfe {
		out = append(out, four(12))
	}
	return out
}
