package fetch_test

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/feed/fetch"
	"watchfire.dev/internal/netguard"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// newClient returns a client that may reach the loopback address 127.0.0.1 and no other.
func newClient(t *testing.T, o fetch.Options) *fetch.Client {
	t.Helper()
	g, err := netguard.Parse("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	o.Net.Guard = g
	c := fetch.New(o)
	t.Cleanup(c.Close)
	return c
}

func serve(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.Start()
	t.Cleanup(s.Close)
	return s
}

// serveTLS speaks HTTP/2 as well.
func serveTLS(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

// serveRaw answers each connection with the given bytes and closes it.
func serveRaw(t *testing.T, answer string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			buf := make([]byte, 4096)
			_, _ = c.Read(buf)
			_, _ = io.WriteString(c, answer)
			_ = c.Close()
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-done })
	return "http://" + l.Addr().String()
}

func fetchURL(t *testing.T, c *fetch.Client, url string) (fetch.Response, error) {
	t.Helper()
	return c.Fetch(t.Context(), fetch.Request{URL: url})
}

// wantKind checks all that an error promises, beside its kind.
func wantKind(t *testing.T, err error, kind fetch.Kind, reason string) *fetch.Error {
	t.Helper()
	var e *fetch.Error
	if !errors.As(err, &e) {
		t.Fatalf("error %v is no fetch.Error, want kind %s", err, kind)
	}
	if e.Kind != kind || !strings.Contains(e.Reason, reason) {
		t.Errorf("error %q, want kind %s, reason with %q", e, kind, reason)
	}
	if strings.Contains(e.Error(), "key=") {
		t.Errorf("error %q tells the query", e)
	}
	want := fault.ErrUnavailable
	switch kind {
	case fetch.Refused, fetch.Redirect:
		want = fault.ErrInvalid
	case fetch.TooLarge, fetch.Bomb:
		want = fault.ErrTooLarge
	case fetch.Cancelled:
		want = context.Canceled
	case fetch.Status:
		if e.Status == http.StatusGone {
			want = fault.ErrGone
		}
	}
	if !errors.Is(err, want) {
		t.Errorf("error %v does not wrap %v", err, want)
	}
	return e
}
