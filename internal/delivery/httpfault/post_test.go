package httpfault

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/netguard"
	"watchfire.dev/internal/response"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var now = time.Date(2026, 10, 7, 4, 0, 0, 0, time.UTC)

func TestMeaning(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status int
		after  string
		kind   delivery.FaultKind
		wait   time.Duration
	}{
		{410, "", delivery.Dead, 0},
		{429, "30", delivery.Overload, 30 * time.Second},
		{503, "Wed, 07 Oct 2026 04:02:00 GMT", delivery.Overload, 2 * time.Minute},
		{503, "Wed, 07 Oct 2026 03:00:00 GMT", delivery.Overload, 0},
		{503, "99999999999", delivery.Overload, time.Hour},
		{503, "-5", delivery.Overload, 0},
		{503, "soon", delivery.Overload, 0},
		{400, "", delivery.Refused, 0},
		{404, "", delivery.Refused, 0},
		{301, "", delivery.Refused, 0},
		{408, "", delivery.Retry, 0},
		{500, "60", delivery.Retry, 0},
		{502, "", delivery.Retry, 0},
	} {
		kind, wait := Meaning(c.status, c.after, now)
		if kind != c.kind || wait != c.wait {
			t.Errorf("%d %q: %s %s, want %s %s", c.status, c.after, kind, wait, c.kind, c.wait)
		}
	}
}

func TestAddress(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "ftp://x.example", "https://", "https://u:geheim@x.example/", "http://x\r\ny", "mailto:a@b", "/path"} {
		_, err := Address(bad)
		if delivery.KindOf(err) != delivery.Dead || strings.Contains(err.Error(), "geheim") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// serve answers every request alike and counts them.
func serve(t *testing.T, h http.HandlerFunc) (*http.Client, string) {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.Client(), s.URL
}

func TestPostTakesTheAnswerIn(t *testing.T) {
	t.Parallel()
	client, url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_, _ = w.Write([]byte("got " + string(body) + "\r\n\x00\u202eevil" + strings.Repeat("x", 100_000)))
	})
	got, err := Post(t.Context(), client, url, http.Header{}, []byte("it"), now)
	if err != nil || got.State != response.Sent {
		t.Fatalf("%+v, %v", got, err)
	}
	if !strings.HasPrefix(got.Detail, "200 OK: got it evilxxx") || len([]rune(got.Detail)) > 220 {
		t.Errorf("detail %q", got.Detail)
	}
}

func TestRedirectIsRefusedAndNotFollowed(t *testing.T) {
	t.Parallel()
	asked := 0
	client, url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked++
		http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
	})
	_, err := Post(t.Context(), client, url, http.Header{}, nil, now)
	if delivery.KindOf(err) != delivery.Refused || asked != 1 {
		t.Errorf("asked %d times, %v", asked, err)
	}
}

// TestTheTransportRepeatsNothing: with an idempotency key the standard transport would send a
// call again by itself when a kept connection breaks.
func TestTheTransportRepeatsNothing(t *testing.T) {
	t.Parallel()
	asked := 0
	client, url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadAll(r.Body)
		if asked++; asked > 1 {
			panic(http.ErrAbortHandler)
		}
	})
	h := func() http.Header { return http.Header{"Idempotency-Key": {"k"}} }
	if _, err := Post(t.Context(), client, url, h(), []byte("it"), now); err != nil {
		t.Fatal(err)
	}
	if _, err := Post(t.Context(), client, url, h(), []byte("it"), now); delivery.KindOf(err) != delivery.Retry || asked != 2 {
		t.Errorf("asked %d times, %v", asked, err)
	}
}

type failing struct{ err error }

func (f failing) RoundTrip(*http.Request) (*http.Response, error) { return nil, f.err }

func TestNoAnswer(t *testing.T) {
	t.Parallel()
	refusal := &netguard.Refusal{Cause: netguard.Address, Host: "internal.example", Reason: "private"}
	for _, c := range []struct {
		err  error
		kind delivery.FaultKind
	}{
		{refusal, delivery.Misset}, {context.DeadlineExceeded, delivery.Retry}, {errors.New("connection reset"), delivery.Retry},
	} {
		_, err := Post(t.Context(), &http.Client{Transport: failing{c.err}}, "https://x.example/hook/geheim?key=geheim", http.Header{}, nil, now)
		if delivery.KindOf(err) != c.kind || !errors.Is(err, c.err) {
			t.Errorf("%v: %v", c.err, err)
		}
		if strings.Contains(err.Error(), "geheim") {
			t.Errorf("the error tells the address: %v", err)
		}
	}
}
