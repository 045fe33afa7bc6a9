package app

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// TestForwardedAddresses: who the request comes from, as limits and journal see it.
func TestForwardedAddresses(t *testing.T) {
	t.Parallel()
	named, err := proxiesOf([]string{"10.0.0.0/8", "192.0.2.7", "2001:db8::/32"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, peer, header, want string }{
		{"a named proxy is believed", "10.1.2.3:4000", "198.51.100.9", "198.51.100.9:0"},
		{"anybody else is not", "203.0.113.5:4000", "198.51.100.9", "203.0.113.5:4000"},
		{"what the sender wrote before the proxy does not count", "10.1.2.3:4000", "1.1.1.1, 198.51.100.9", "198.51.100.9:0"},
		{"proxies behind one another are passed over", "192.0.2.7:4000", "1.1.1.1, 198.51.100.9, 10.9.9.9", "198.51.100.9:0"},
		{"a request of a proxy's own network", "10.1.2.3:4000", "10.4.4.4", "10.4.4.4:0"},
		{"an unreadable header changes nothing", "10.1.2.3:4000", "198.51.100.9, unknown", "10.1.2.3:4000"},
		{"no header changes nothing", "10.1.2.3:4000", "", "10.1.2.3:4000"},
		{"a mapped peer is the same proxy", "[::ffff:10.1.2.3]:4000", "2001:db8:1::1, 2003::9", "[2003::9]:0"},
	} {
		var got string
		h := named.believe(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.RemoteAddr }))
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = c.peer
		if c.header != "" {
			r.Header.Set("X-Forwarded-For", c.header)
		}
		h.ServeHTTP(httptest.NewRecorder(), r)
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	if _, err := proxiesOf([]string{"proxy.example"}); err == nil {
		t.Error("a name was taken for an address")
	}
}
