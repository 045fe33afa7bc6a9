package netguard_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"watchfire.dev/internal/netguard"
	"watchfire.dev/internal/netguard/netguardtest"
)

// newClient returns a client that is cleaned up and may reach what is listed.
func newClient(t *testing.T, o netguard.Options, listed ...string) *http.Client {
	t.Helper()
	o.Guard = parse(t, listed...)
	c := netguard.NewClient(o)
	t.Cleanup(c.CloseIdleConnections)
	return c
}

func get(t *testing.T, c *http.Client, url string) (string, error) {
	t.Helper()
	resp, err := c.Get(url)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return string(b), err
}

func serve(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

func hello(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }

func TestClientReachesOnlyWhatIsListed(t *testing.T) {
	t.Parallel()
	s := serve(t, hello)
	if body, err := get(t, newClient(t, netguard.Options{}, "127.0.0.1"), s.URL); err != nil || body != "hello" {
		t.Errorf("listed: %q, %v", body, err)
	}
	_, err := get(t, newClient(t, netguard.Options{}), s.URL)
	wantRefusal(t, err, netguard.Address, "loopback")
}

// The name is public in form; only its address tells. The same name may answer otherwise
// the next time (DNS rebinding): each connect is judged by the address it uses.
func TestNameThatChangesItsAnswer(t *testing.T) {
	t.Parallel()
	var reached atomic.Int32
	s := serve(t, func(w http.ResponseWriter, r *http.Request) { reached.Add(1); hello(w, r) })
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	var rebound atomic.Bool
	names := netguardtest.New(func(string) []netip.Addr {
		if rebound.Load() {
			return []netip.Addr{netip.MustParseAddr("127.0.0.2")}
		}
		return []netip.Addr{netip.MustParseAddr("127.0.0.1")}
	})
	t.Cleanup(names.Wait)
	c := newClient(t, netguard.Options{Resolver: names.Net()}, "127.0.0.1")
	if _, err := get(t, c, "http://feed.example:"+port); err != nil {
		t.Fatal(err)
	}
	rebound.Store(true)
	c.CloseIdleConnections()
	_, err := get(t, c, "http://feed.example:"+port)
	wantRefusal(t, err, netguard.Address, "loopback")
	if !strings.Contains(err.Error(), "feed.example (127.0.0.2)") {
		t.Errorf("error %q does not name host and address", err)
	}
	if reached.Load() != 1 {
		t.Errorf("server reached %d times", reached.Load())
	}
}

func TestNameResolvesToMappedAddress(t *testing.T) {
	t.Parallel()
	names := netguardtest.New(func(string) []netip.Addr {
		return []netip.Addr{netip.MustParseAddr("::ffff:127.0.0.1")}
	})
	t.Cleanup(names.Wait)
	_, err := get(t, newClient(t, netguard.Options{Resolver: names.Net()}), "http://feed.example/")
	wantRefusal(t, err, netguard.Address, "loopback")
}

func TestRedirects(t *testing.T) {
	t.Parallel()

	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		case strings.HasPrefix(r.URL.Path, "/hops/"):
			if n := len(r.URL.Path) - len("/hops/"); n > 0 {
				http.Redirect(w, r, r.URL.Path[:len(r.URL.Path)-1], http.StatusMovedPermanently)
				return
			}
			hello(w, r)
		default:
			to := r.URL.Query().Get("to")
			w.Header().Set("Location", to)
			w.WriteHeader(http.StatusFound)
		}
	})
	for _, c := range []struct {
		name, path string
		cause      netguard.Cause
		reason     string
	}{
		{"five hops", "/hops/xxxxx", "", ""},
		{"six hops", "/hops/xxxxxx", netguard.Redirect, "more than 5"},
		{"loop", "/loop", netguard.Redirect, "more than 5"},
		{"private", "/?to=http://192.168.0.1/x", netguard.Address, "private"},
		{"metadata", "/?to=http://169.254.169.254/latest/meta-data", netguard.Address, "metadata"},
		{"mapped", "/?to=http://[::ffff:10.0.0.1]/", netguard.Address, "private"},
		{"file", "/?to=file:///etc/passwd", netguard.Redirect, "scheme"},
		{"credentials", "/?to=http://u:p@127.0.0.1/", netguard.Redirect, "password"},
	} {
		t.Run(c.name, func(t *testing.T) {
			body, err := get(t, newClient(t, netguard.Options{}, "127.0.0.1"), s.URL+c.path)
			if c.cause == "" {
				if err != nil || body != "hello" {
					t.Errorf("%q, %v", body, err)
				}
				return
			}
			wantRefusal(t, err, c.cause, c.reason)
		})
	}
	_, err := get(t, newClient(t, netguard.Options{MaxRedirects: -1}, "127.0.0.1"), s.URL+"/hops/x")
	wantRefusal(t, err, netguard.Redirect, "more than 0")
}

func TestNoDowngrade(t *testing.T) {
	t.Parallel()
	plain := serve(t, hello)
	secure := httptest.NewTLSServer(http.RedirectHandler(plain.URL, http.StatusFound))
	t.Cleanup(secure.Close)
	_, err := get(t, newClient(t, netguard.Options{RootCAs: roots(secure)}, "127.0.0.1"), secure.URL)
	wantRefusal(t, err, netguard.Redirect, "https to http")
}

func roots(s *httptest.Server) *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(s.Certificate())
	return p
}

func TestOldTLSRefused(t *testing.T) {
	t.Parallel()
	s := httptest.NewUnstartedServer(http.HandlerFunc(hello))
	s.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	s.Config.ErrorLog = quiet()
	s.StartTLS()
	t.Cleanup(s.Close)
	if _, err := get(t, newClient(t, netguard.Options{RootCAs: roots(s)}, "127.0.0.1"), s.URL); err == nil {
		t.Error("TLS 1.1 was accepted")
	}
}

// A key in a header goes to the host it was meant for, not to where that host points.
func TestSecretsStayWithFirstHost(t *testing.T) {
	t.Parallel()
	seen := make(chan http.Header, 1)
	second := serve(t, func(_ http.ResponseWriter, r *http.Request) { seen <- r.Header.Clone() })
	first := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/same" {
			seen <- r.Header.Clone()
			return
		}
		http.Redirect(w, r, r.URL.Query().Get("to"), http.StatusFound)
	})
	send := func(to string) http.Header {
		req, err := http.NewRequest(http.MethodGet, first.URL+"/?key=k&to="+url.QueryEscape(to), nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-Api-Key", "secret")
		req.Header.Set("User-Agent", "watchfire")
		resp, err := newClient(t, netguard.Options{}, "127.0.0.1").Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return <-seen
	}
	if h := send(second.URL); h.Get("X-Api-Key") != "" || h.Get("Referer") != "" || h.Get("User-Agent") != "watchfire" {
		t.Errorf("other host got %v", h)
	}
	if h := send("/same"); h.Get("X-Api-Key") != "secret" {
		t.Errorf("same host got %v", h)
	}
}

func TestProxyOnlyWhenGiven(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	target := serve(t, hello)
	if _, err := get(t, newClient(t, netguard.Options{}, "127.0.0.1"), target.URL); err != nil {
		t.Errorf("proxy of the environment was used: %v", err)
	}
	proxy := serve(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "proxied "+r.Host) })
	u, _ := url.Parse(proxy.URL)
	c := newClient(t, netguard.Options{Proxy: u}, "127.0.0.1")
	if body, err := get(t, c, "http://feed.example/"); err != nil || body != "proxied feed.example" {
		t.Errorf("%q, %v", body, err)
	}
	_, err := get(t, c, "http://10.0.0.1/")
	wantRefusal(t, err, netguard.Address, "private")
	_, err = get(t, newClient(t, netguard.Options{Proxy: u}), "http://feed.example/")
	wantRefusal(t, err, netguard.Address, "loopback")
}

func TestDialer(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx := t.Context()
	conn, err := netguard.NewDialer(netguard.Options{Guard: parse(t, l.Addr().String())}).DialContext(ctx, "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	d := netguard.NewDialer(netguard.Options{})
	_, err = d.DialContext(ctx, "tcp", l.Addr().String())
	wantRefusal(t, err, netguard.Address, "loopback")
	_, err = d.DialContext(ctx, "udp", "8.8.8.8:53")
	wantRefusal(t, err, netguard.Address, "not TCP")
	if _, err = d.DialContext(ctx, "tcp", "no-port"); err == nil || errors.As(err, new(*netguard.Refusal)) {
		t.Errorf("address without port: %v", err)
	}
}

// Negative means none, also to HTTP/2, which takes a negative timeout for one that is over.
func TestNoTimeouts(t *testing.T) {
	t.Parallel()
	s := httptest.NewUnstartedServer(http.HandlerFunc(hello))
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(s.Close)
	c := newClient(t, netguard.Options{RootCAs: roots(s), DialTimeout: -1, HeaderTimeout: -1, Timeout: -1}, "127.0.0.1")
	if body, err := get(t, c, s.URL); err != nil || body != "hello" {
		t.Errorf("%q, %v", body, err)
	}
}
