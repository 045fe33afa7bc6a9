package fetch_test

import (
	"context"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/feed/fetch"
	"watchfire.dev/internal/id"
	"watchfire.dev/internal/netguard"
	"watchfire.dev/internal/netguard/netguardtest"
)

func roots(s *httptest.Server) *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(s.Certificate())
	return p
}

func TestConditionalGet(t *testing.T) {
	t.Parallel()
	const etag, modified, body = `W/"v1"`, "Mon, 02 Mar 2026 10:00:00 GMT", `{"features":[]}`
	var got atomic.Pointer[http.Header]
	s := serveTLS(t, func(w http.ResponseWriter, r *http.Request) {
		h := r.Header.Clone()
		got.Store(&h)
		if r.URL.Path == "/moved" {
			http.Redirect(w, r, "/feed", http.StatusMovedPermanently)
			return
		}
		w.Header().Set("Etag", etag)
		if r.Header.Get("If-None-Match") == etag && r.Header.Get("If-Modified-Since") == modified {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("Last-Modified", modified)
		w.Header().Set("Content-Type", "application/geo+json")
		_, _ = io.WriteString(w, body)
	})
	now := time.Date(2026, 3, 2, 10, 1, 0, 0, time.UTC)
	c := newClient(t, fetch.Options{Net: netguard.Options{RootCAs: roots(s)}, Clock: clock.Fixed(now), UserAgent: "test/1 (ops@example.org)"})

	first, err := fetchURL(t, c, s.URL+"/moved")
	if err != nil {
		t.Fatal(err)
	}
	if string(first.Body) != body || first.Hash != id.Hash([]byte(body)) || first.Status != 200 || first.NotModified ||
		first.ETag != etag || first.LastModified != modified || first.ContentType != "application/geo+json" ||
		first.FinalURL != s.URL+"/feed" || !first.FetchedAt.Equal(now) || first.WireBytes != int64(len(body)) {
		t.Errorf("first answer %+v", first)
	}
	h := *got.Load()
	if h.Get("User-Agent") != "test/1 (ops@example.org)" || h.Get("Accept-Encoding") != "gzip" || h.Get("If-None-Match") != "" {
		t.Errorf("first request %v", h)
	}

	again, err := c.Fetch(t.Context(), fetch.Request{
		URL: s.URL + "/feed", ETag: first.ETag, LastModified: first.LastModified, UserAgent: "own/2",
		Header: http.Header{"accept": {"application/json"}, "Range": {"bytes=0-1"}, "Accept-Encoding": {"br"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if !again.NotModified || again.Status != 304 || again.Body != nil || again.ETag != etag || again.LastModified != modified {
		t.Errorf("second answer %+v", again)
	}
	h = *got.Load()
	if h.Get("User-Agent") != "own/2" || h.Get("Accept") != "application/json" || h.Get("Range") != "" || h.Get("Accept-Encoding") != "gzip" {
		t.Errorf("second request %v", h)
	}
}

func TestStatus(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name       string
		status     int
		retryAfter string
		kind       fetch.Kind
		temporary  bool
		wait       time.Duration
	}{
		{"seconds", 429, "120", fetch.Status, true, 2 * time.Minute},
		{"date", 503, "Mon, 02 Mar 2026 10:03:00 GMT", fetch.Status, true, 3 * time.Minute},
		{"past date", 429, "Mon, 02 Mar 2026 09:00:00 GMT", fetch.Status, true, 0},
		{"nonsense", 429, "-5", fetch.Status, true, 0},
		{"for ever", 429, "99999999999999999999", fetch.Status, true, 24 * time.Hour},
		{"not found", 404, "", fetch.Status, false, 0},
		{"gone", 410, "", fetch.Status, false, 0},
		{"forbidden", 403, "", fetch.Status, false, 0},
		{"broken", 500, "", fetch.Status, true, 0},
		{"304 nobody asked for", 304, "", fetch.Status, false, 0},
		{"300 without location", 300, "", fetch.Status, false, 0},
		{"no content", 204, "", fetch.Empty, true, 0},
		{"empty", 200, "", fetch.Empty, true, 0},
		{"partial", 206, "", fetch.Truncated, true, 0},
		{"accepted", 202, "", fetch.Status, false, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				if c.retryAfter != "" {
					w.Header().Set("Retry-After", c.retryAfter)
				}
				w.WriteHeader(c.status)
			})
			resp, err := fetchURL(t, newClient(t, fetch.Options{Clock: clock.Fixed(now)}), s.URL+"/?key=secret")
			e := wantKind(t, err, c.kind, "")
			if e.Status != c.status || resp.Status != c.status || e.RetryAfter != c.wait || resp.RetryAfter != c.wait || e.Temporary() != c.temporary {
				t.Errorf("status %d, retry after %s and %s, temporary %v", e.Status, e.RetryAfter, resp.RetryAfter, e.Temporary())
			}
		})
	}
}

func TestRefusedAndRedirects(t *testing.T) {
	t.Parallel()
	plain := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/loop":
			http.Redirect(w, r, "/loop?key=1", http.StatusFound)
		case "/to":
			w.Header().Set("Location", r.URL.Query().Get("u"))
			w.WriteHeader(http.StatusFound)
		default:
			_, _ = io.WriteString(w, "ok")
		}
	})
	secure := serveTLS(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, plain.URL+"/ok", http.StatusFound) })
	_, port, _ := net.SplitHostPort(plain.Listener.Addr().String())
	names := netguardtest.New(func(name string) []netip.Addr {
		switch name {
		case "inside.example":
			return []netip.Addr{netip.MustParseAddr("127.0.0.3")}
		case "mapped.example":
			return []netip.Addr{netip.MustParseAddr("::ffff:10.0.0.1")}
		}
		return nil
	})
	t.Cleanup(names.Wait)
	c := newClient(t, fetch.Options{Net: netguard.Options{RootCAs: roots(secure), Resolver: names.Net()}})
	for _, tc := range []struct {
		name, url string
		kind      fetch.Kind
		reason    string
	}{
		{"file", "file:///etc/passwd", fetch.Refused, "scheme"},
		{"unreadable", "http://[::1/?key=1", fetch.Refused, "cannot be read"},
		{"control character", "http://feed.example/\x00?key=1", fetch.Refused, "cannot be read"},
		{"empty", "", fetch.Refused, "scheme"},
		{"credentials", "https://u:p@feed.example/?key=1", fetch.Refused, "password"},
		{"private", "http://10.0.0.1/?key=1", fetch.Refused, "private"},
		{"name of a private address", "http://inside.example:" + port + "/?key=1", fetch.Refused, "127.0.0.3"},
		{"name of a mapped address", "http://mapped.example/?key=1", fetch.Refused, "private"},
		{"no such name", "http://nowhere.example/?key=1", fetch.DNS, "no such host"},
		{"loop", plain.URL + "/loop", fetch.Redirect, "more than 5"},
		{"redirect to private", plain.URL + "/to?u=http://192.168.7.7/x", fetch.Refused, "192.168.7.7"},
		{"redirect to name of private", plain.URL + "/to?u=http://inside.example:" + port, fetch.Refused, "inside.example"},
		{"redirect to file", plain.URL + "/to?u=file:///etc/passwd", fetch.Redirect, "scheme"},
		{"downgrade", secure.URL, fetch.Redirect, "https to http"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := fetchURL(t, c, tc.url)
			wantKind(t, err, tc.kind, tc.reason)
		})
	}
}

func TestBrokenConnections(t *testing.T) {
	t.Parallel()
	gone := serveRaw(t, "")
	untrusted := serveTLS(t, func(http.ResponseWriter, *http.Request) {})
	plain := serve(t, func(http.ResponseWriter, *http.Request) {})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := l.Addr().String()
	l.Close()
	for _, tc := range []struct {
		name, url string
		kind      fetch.Kind
		reason    string
	}{
		{"nobody listens", "http://" + closed, fetch.Connect, "refused"},
		{"closed at once", gone, fetch.Connect, ""},
		{"half a header", serveRaw(t, "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n"), fetch.Connect, ""},
		{"no HTTP", serveRaw(t, "220 mail.example ESMTP\r\n"), fetch.Protocol, ""},
		{"endless header", serveRaw(t, "HTTP/1.1 200 OK\r\nX: "+strings.Repeat("x", 300<<10)+"\r\n\r\n"), fetch.Protocol, "header"},
		{"unknown certificate", untrusted.URL, fetch.TLS, "certificate"},
		{"no TLS there", strings.Replace(plain.URL, "http:", "https:", 1), fetch.TLS, ""},
		{"cut", serveRaw(t, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort"), fetch.Truncated, ""},
		{"cut chunk", serveRaw(t, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nshort"), fetch.Truncated, ""},
		{"announced too large", serveRaw(t, "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\nx"), fetch.TooLarge, "announced"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			resp, err := fetchURL(t, newClient(t, fetch.Options{}), tc.url+"/?key=1")
			wantKind(t, err, tc.kind, tc.reason)
			if resp.Body != nil || resp.Hash != "" {
				t.Error("a body came with the error")
			}
		})
	}
}

// A stream of HTTP/2 that the server resets in the middle is a cut body like any other.
func TestTruncatedHTTP2(t *testing.T) {
	t.Parallel()
	s := serveTLS(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "begin")
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	})
	_, err := fetchURL(t, newClient(t, fetch.Options{Net: netguard.Options{RootCAs: roots(s)}}), s.URL)
	wantKind(t, err, fetch.Truncated, "")
}

func TestSlowServers(t *testing.T) {
	t.Parallel()
	drip := func(w http.ResponseWriter, r *http.Request) {
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-r.Context().Done():
				return
			case <-tick.C:
				_, _ = io.WriteString(w, ".")
				_ = http.NewResponseController(w).Flush()
			}
		}
	}
	silent := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	const soon, never = 50 * time.Millisecond, time.Minute
	for _, tc := range []struct {
		name    string
		handler http.HandlerFunc
		limits  fetch.Limits
		reason  string
	}{
		{"no header", silent, fetch.Limits{HeaderTimeout: soon, Total: never}, "header"},
		{"stops", drip, fetch.Limits{Total: never, Window: soon, Progress: 1 << 20}, "slowly"},
		{"fast enough, but endless", drip, fetch.Limits{Total: 4 * soon, Window: 3 * soon, Progress: 1}, "took too long"},
	} {
		for _, secure := range []bool{false, true} {
			t.Run(tc.name, func(t *testing.T) {
				t.Parallel()
				var o fetch.Options
				start := serve
				if secure {
					start = serveTLS
				}
				s := start(t, tc.handler)
				if secure {
					o.Net.RootCAs = roots(s)
				}
				_, err := newClient(t, o).Fetch(t.Context(), fetch.Request{URL: s.URL + "/?key=1", Limits: tc.limits})
				if e := wantKind(t, err, fetch.Timeout, tc.reason); !e.Temporary() {
					t.Error("not temporary")
				}
			})
		}
	}
}

func TestCallerGivesUp(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	s := serve(t, func(_ http.ResponseWriter, r *http.Request) { cancel(); <-r.Context().Done() })
	_, err := newClient(t, fetch.Options{}).Fetch(ctx, fetch.Request{URL: s.URL})
	wantKind(t, err, fetch.Cancelled, "")
	late, stop := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer stop()
	_, err = newClient(t, fetch.Options{}).Fetch(late, fetch.Request{URL: s.URL})
	wantKind(t, err, fetch.Timeout, "")
}
