package api_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"watchfire.dev/internal/api"
	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/fault"
)

// hook is one channel's hook that shows what it was given.
type hook struct{ got delivery.Request }

// Hooks implements api.Channels.
func (h *hook) Hooks() []string { return []string{"sms"} }

// Hear implements api.Channels.
func (h *hook) Hear(_ context.Context, channel string, r delivery.Request) (delivery.Answer, error) {
	h.got = r
	switch {
	case channel != "sms" || r.Header.Get("X-Signature") == "false":
		return delivery.Answer{}, fault.ErrUnauthorised
	case r.Query.Get("challenge") != "":
		return delivery.Answer{Type: "text/plain", Body: []byte(r.Query.Get("challenge"))}, nil
	case len(r.Body) == 0:
		return delivery.Answer{}, nil
	}
	return delivery.Answer{Status: http.StatusServiceUnavailable, Type: "text/xml", Body: []byte("<no/>")}, nil
}

// TestHookOfAChannel: a provider without a session gets what its channel answers, within
// limits, and the channel sees the address as the provider was given it.
func TestHookOfAChannel(t *testing.T) {
	t.Parallel()
	h := &hook{}
	st := &stub{}
	s := httptest.NewServer(api.New(api.Config{
		Reads: st, Do: st, Auth: st, Requests: st, Now: func() time.Time { return time.Unix(1, 0) }, Channels: h, BaseURL: "https://watch.example.org",
	}))
	defer s.Close()
	for _, tt := range []struct {
		name, method, path, signature string
		body                          io.Reader
		status                        int
		kind, answer                  string
	}{
		{"a challenge", http.MethodGet, "/hooks/channel/sms?challenge=abc", "", nil, 200, "text/plain", "abc"},
		{"nothing to say", http.MethodPost, "/hooks/channel/sms", "", nil, 204, "", ""},
		{"its own no", http.MethodPost, "/hooks/channel/sms", "", strings.NewReader("a=b"), 503, "text/xml", "<no/>"},
		{"a false signature", http.MethodPost, "/hooks/channel/sms", "false", strings.NewReader("a=b"), 401, "application/problem+json", ""},
		{"another channel", http.MethodPost, "/hooks/channel/fax", "", strings.NewReader("a=b"), 404, "application/problem+json", ""},
		{"another method", http.MethodDelete, "/hooks/channel/sms", "", nil, 405, "application/problem+json", ""},
		{"too long", http.MethodPost, "/hooks/channel/sms", "", bytes.NewReader(make([]byte, 1<<20+1)), 413, "application/problem+json", ""},
		{"a query without end", http.MethodGet, "/hooks/channel/sms?challenge=" + strings.Repeat("x", 17<<10), "", nil, 413, "application/problem+json", ""},
	} {
		req, err := http.NewRequestWithContext(t.Context(), tt.method, s.URL+tt.path, tt.body)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-Signature", tt.signature)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != tt.status || !strings.HasPrefix(resp.Header.Get("Content-Type"), tt.kind) || tt.answer != "" && string(raw) != tt.answer {
			t.Errorf("%s: %d %s %.80q, %v", tt.name, resp.StatusCode, resp.Header.Get("Content-Type"), raw, err)
		}
		if tt.name == "its own no" && (h.got.URL != "https://watch.example.org/hooks/channel/sms" || string(h.got.Body) != "a=b" || h.got.Method != http.MethodPost || h.got.At.IsZero()) {
			t.Errorf("the channel saw %+v", h.got)
		}
	}
}
