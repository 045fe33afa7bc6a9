package netguard_test

import (
	"errors"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/netguard"
)

func parse(t *testing.T, listed ...string) *netguard.Guard {
	t.Helper()
	g, err := netguard.Parse(listed...)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestCheckWithoutList(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ addr, reason string }{ // reason "" = let pass
		{"8.8.8.8", ""},
		{"137.227.233.1", ""},
		{"172.15.255.255", ""},
		{"172.32.0.0", ""},
		{"100.63.255.255", ""},
		{"100.128.0.0", ""},
		{"198.17.255.255", ""},
		{"198.20.0.0", ""},
		{"2a00:1450:4001:81b::200e", ""},
		{"2606:4700::1111", ""},
		{"64:ff9b::808:808", ""},          // NAT64 of 8.8.8.8
		{"2002:808:808::1", ""},           // 6to4 of 8.8.8.8
		{"2001:0:808:808::f7f7:f7f7", ""}, // Teredo of 8.8.8.8, client 8.8.8.8
		{"2a00:1450::5efe:808:808", ""},   // ISATAP of 8.8.8.8
		{"::ffff:8.8.8.8", ""},            // mapped
		{"127.0.0.1", "loopback"},
		{"127.255.255.254", "loopback"},
		{"0.0.0.0", "unspecified"},
		{"0.1.2.3", "unspecified"},
		{"10.0.0.1", "private"},
		{"172.16.0.1", "private"},
		{"172.31.255.255", "private"},
		{"192.168.1.1", "private"},
		{"100.64.0.1", "carrier-grade"},
		{"100.127.255.255", "carrier"},
		{"169.254.1.1", "link-local"},
		{"169.254.169.254", "metadata"},
		{"168.63.129.16", "metadata"},
		{"100.100.100.200", "metadata"},
		{"192.0.2.1", "documentation"},
		{"198.51.100.1", "documentation"},
		{"203.0.113.1", "documentation"},
		{"198.18.0.1", "benchmark"},
		{"198.19.255.255", "benchmark"},
		{"224.0.0.1", "multicast"},
		{"239.255.255.255", "multicast"},
		{"240.0.0.1", "reserved"},
		{"255.255.255.255", "reserved"},
		{"::", "unspecified"},
		{"::1", "loopback"},
		{"::7f00:1", "not a public"}, // IPv4-compatible, long deprecated
		{"::ffff:127.0.0.1", "loopback"},
		{"::ffff:10.1.2.3", "private"},
		{"::ffff:169.254.169.254", "meta"},
		{"::ffff:0:127.0.0.1", "not a"}, // SIIT
		{"64:ff9b::7f00:1", "tunnel to a loopback"},
		{"64:ff9b::a9fe:a9fe", "tunnel to a cloud metadata"},
		{"64:ff9b:1::808:808", "local NAT64"},
		{"2002:7f00:1::", "tunnel to a loopback"},
		{"2002:a00:1::1", "tunnel to a private"},
		{"2001:0:a00:1::f7f7:f7f7", "tunnel to a private"},     // server 10.0.0.1
		{"2001:0:808:808::3f57:fefe", "tunnel to a private"},   // client 192.168.1.1
		{"2a00:1450::5efe:c0a8:101", "tunnel to a private"},    // ISATAP
		{"2a00:1450::200:5efe:7f00:1", "tunnel to a loopback"}, // ISATAP, universal bit
		{"fe80::1", "link-local"},
		{"fe80::1%eth0", "link-local"},
		{"fec0::1", "site-local"},
		{"fc00::1", "private"},
		{"fd00:ec2::254", "metadata"},
		{"ff02::1", "multicast"},
		{"2001:db8::1", "documentation"},
		{"3fff::1", "documentation"},
		{"2001:2::1", "benchmark"},
		{"100::1", "discard"},
		{"4000::1", "not a public"},
		{"5f00::1", "not a public"},
	} {
		t.Run(c.addr, func(t *testing.T) {
			t.Parallel()
			var g *netguard.Guard // nil lists nothing
			err := g.Check("feed.example", netip.AddrPortFrom(netip.MustParseAddr(c.addr), 443))
			if c.reason == "" {
				if err != nil {
					t.Errorf("refused: %v", err)
				}
				return
			}
			wantRefusal(t, err, netguard.Address, c.reason)
			if err != nil && !strings.Contains(err.Error(), "feed.example") {
				t.Errorf("error %q does not name the host", err)
			}
		})
	}
	if err := (&netguard.Guard{}).Check("h", netip.AddrPort{}); err == nil {
		t.Error("the zero address passed")
	}
}

func wantRefusal(t *testing.T, err error, cause netguard.Cause, reason string) {
	t.Helper()
	var r *netguard.Refusal
	if !errors.As(err, &r) {
		t.Fatalf("error %v is no Refusal", err)
	}
	if r.Cause != cause || !strings.Contains(r.Reason, reason) {
		t.Errorf("refusal %s %q, want %s %q", r.Cause, r.Reason, cause, reason)
	}
	if !errors.Is(err, fault.ErrInvalid) {
		t.Errorf("error %v does not wrap ErrInvalid", err)
	}
}

func TestCheckWithList(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		listed, host, at string
		pass             bool
	}{
		{"10.0.0.0/8", "x", "10.2.3.4:80", true},
		{"10.0.0.0/8", "x", "[::ffff:10.2.3.4]:80", true},
		{"10.0.0.0/8", "x", "11.2.3.4:80", true}, // public anyway
		{"10.0.0.0/8", "x", "192.168.0.1:80", false},
		{"10.0.0.0/8", "x", "[64:ff9b::a00:1]:80", false}, // a tunnel is listed under its own address
		{"::ffff:10.0.0.0/104", "x", "10.2.3.4:80", true},
		{"127.0.0.1", "x", "127.0.0.1:80", true},
		{"127.0.0.1", "x", "127.0.0.2:80", false},
		{"127.0.0.1:8080", "x", "127.0.0.1:8080", true},
		{"127.0.0.1:8080", "x", "127.0.0.1:22", false},
		{"[::1]:8080", "x", "[::1]:8080", true},
		{"fe80::/10", "x", "[fe80::1%eth0]:80", true},
		{"feeds.corp", "Feeds.Corp.", "10.2.3.4:80", true},
		{"feeds.corp", "evil.feeds.corp", "10.2.3.4:80", false},
		{"feeds.corp:8443", "feeds.corp", "10.2.3.4:8443", true},
		{"feeds.corp:8443", "feeds.corp", "10.2.3.4:22", false},
		{"feeds.corp", "feeds.corp", "169.254.169.254:80", false},
		{"0.0.0.0/0", "x", "169.254.169.254:80", false},
		{"169.254.0.0/16", "x", "169.254.169.254:80", false},
		{"169.254.169.254", "x", "169.254.169.254:80", true},
	} {
		t.Run(c.listed+" "+c.host+" "+c.at, func(t *testing.T) {
			t.Parallel()
			err := parse(t, c.listed).Check(c.host, netip.MustParseAddrPort(c.at))
			if (err == nil) != c.pass {
				t.Errorf("got %v, want pass=%v", err, c.pass)
			}
		})
	}
}

func TestParseRefusesNonsense(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"", "http://feeds.corp", "feeds.corp/path", "10.0.0.0/33", "*.corp", "a b", "feeds.corp:0", "feeds.corp:99999",
		"feeds.corp:x", "bücher.example", ".corp", "a..b", "::ffff:0.0.0.0/80",
	} {
		if _, err := netguard.Parse(s); !errors.Is(err, fault.ErrInvalid) {
			t.Errorf("Parse(%q) = %v, want ErrInvalid", s, err)
		}
	}
}

func TestCheckURL(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		url    string
		cause  netguard.Cause
		reason string
	}{
		{"https://feeds.example/a?key=k", "", ""},
		{"http://feeds.example:8080/", "", ""},
		{"https://8.8.8.8/", "", ""},
		{"file:///etc/passwd", netguard.URL, "scheme"},
		{"ftp://feeds.example/", netguard.URL, "scheme"},
		{"gopher://feeds.example/", netguard.URL, "scheme"},
		{"//feeds.example/", netguard.URL, "scheme"},
		{"feeds.example", netguard.URL, "scheme"},
		{"https://user:pw@feeds.example/", netguard.URL, "password"},
		{"https://@feeds.example/", netguard.URL, "password"},
		{"http:feeds.example", netguard.URL, "no host"},
		{"https:///path", netguard.URL, "no host"},
		{"https://:443/", netguard.URL, "no host"},
		{"https://feeds.example:0/", netguard.URL, "port"},
		{"https://feeds.example:70000/", netguard.URL, "port"},
		{"http://127.0.0.1/", netguard.Address, "loopback"},
		{"http://[::ffff:a9fe:a9fe]/", netguard.Address, "metadata"},
		{"http://[fe80::1%25eth0]/", netguard.Address, "link-local"},
	} {
		t.Run(c.url, func(t *testing.T) {
			t.Parallel()
			u, err := url.Parse(c.url)
			if err != nil {
				t.Fatal(err)
			}
			err = parse(t).CheckURL(u)
			if c.reason == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			wantRefusal(t, err, c.cause, c.reason)
		})
	}
}

// An IPv4 address inside an IPv6 address is never more public than it is by itself.
func FuzzCheckCarried(f *testing.F) {
	for _, s := range []string{"127.0.0.1", "8.8.8.8", "169.254.169.254", "10.0.0.1"} {
		a := netip.MustParseAddr(s).As4()
		f.Add(a[:])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) != 4 {
			return
		}
		var g *netguard.Guard
		check := func(a netip.Addr) bool { return g.Check("h", netip.AddrPortFrom(a, 80)) == nil }
		public := check(netip.AddrFrom4([4]byte(b)))
		inside := [][16]byte{
			{10: 0xff, 11: 0xff, 12: b[0], 13: b[1], 14: b[2], 15: b[3]},
			{1: 0x64, 2: 0xff, 3: 0x9b, 12: b[0], 13: b[1], 14: b[2], 15: b[3]},
			{0: 0x20, 1: 0x02, 2: b[0], 3: b[1], 4: b[2], 5: b[3], 15: 1},
			{0: 0x20, 1: 0x01, 4: 8, 5: 8, 6: 8, 7: 8, 12: ^b[0], 13: ^b[1], 14: ^b[2], 15: ^b[3]},
		}
		for _, in := range inside {
			if a := netip.AddrFrom16(in); check(a) != public {
				t.Errorf("%s passes=%v, inner address %v passes=%v", a, check(a), b, public)
			}
		}
	})
}
