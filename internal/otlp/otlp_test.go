package otlp_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"watchfire.dev/internal/otlp"
	"watchfire.dev/internal/trace"
)

// TestACollectorGetsTheWork: names and attributes arrive, the text of an error does not.
func TestACollectorGetsTheWork(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var got bytes.Buffer
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		io.Copy(&got, r.Body) //nolint:errcheck // what is missing is seen below
	}))
	defer srv.Close()
	tracer, stop, err := otlp.Start(t.Context(), srv.URL+"/v1/traces", "1.2.3", 1)
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := tracer.Begin(t.Context(), "attempt", "channel", "sms")
	_, inner := tracer.Begin(ctx, "finish")
	inner(nil)
	end(errors.New("refused by +254700000000"))
	if err := stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	for _, want := range []string{"attempt", "finish", "channel", "sms", "watchfire", "1.2.3"} {
		if !bytes.Contains(got.Bytes(), []byte(want)) {
			t.Errorf("the collector got no %q", want)
		}
	}
	if bytes.Contains(got.Bytes(), []byte("254700000000")) {
		t.Error("a number of a person was sent to the collector (S35)")
	}
}

func TestNobodyListens(t *testing.T) {
	t.Parallel()
	var none trace.Tracer
	ctx, end := none.Begin(t.Context(), "x")
	end(nil)
	if ctx != t.Context() {
		t.Error("another context")
	}
}

// TestACollectorThatIsGone: work goes on and ends as ever.
func TestACollectorThatIsGone(t *testing.T) {
	t.Parallel()
	tracer, stop, err := otlp.Start(t.Context(), "http://127.0.0.1:1/v1/traces", "", 1)
	if err != nil {
		t.Fatal(err)
	}
	for range 10_000 { // more than the queue holds: the rest is dropped, nothing waits
		_, end := tracer.Begin(t.Context(), "x")
		end(nil)
	}
	if err := stop(t.Context()); err != nil {
		t.Errorf("stop: %v", err)
	}
	if _, _, err := otlp.Start(t.Context(), "::", "", 1); err == nil {
		t.Log("the library takes a nonsensical address; the configuration refuses it before")
	}
}
