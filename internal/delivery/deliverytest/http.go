package deliverytest

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
)

// An HTTPEnd is a web server on the loopback that behaves as told. It keeps what it got.
type HTTPEnd struct {
	Client *http.Client
	URL    string

	server *httptest.Server
	mark   string
	stop   chan struct{}
	once   sync.Once

	mu    sync.Mutex
	how   Behaviour
	calls []Call
}

// A Call is one request as it arrived.
type Call struct {
	Header http.Header
	Body   []byte
}

// NewHTTPEnd starts a server that ends with the test; mark names the header that carries
// the idempotency mark.
func NewHTTPEnd(t *testing.T, mark string) *HTTPEnd {
	t.Helper()
	e := &HTTPEnd{mark: mark, stop: make(chan struct{}), how: Accept}
	e.server = httptest.NewServer(http.HandlerFunc(e.serve))
	e.Client, e.URL = e.server.Client(), e.server.URL+"/hook/s3cret-path?key=s3cret-key"
	t.Cleanup(e.close)
	return e
}

func (e *HTTPEnd) close() {
	e.once.Do(func() {
		close(e.stop)
		e.Client.CloseIdleConnections()
		e.server.Close()
	})
}

// Behave sets how further calls are met.
func (e *HTTPEnd) Behave(b Behaviour) {
	e.mu.Lock()
	e.how = b
	e.mu.Unlock()
	if b == Unknown {
		e.close()
	}
}

// Calls lists the calls so far.
func (e *HTTPEnd) Calls() []Call {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.calls)
}

// Marks lists the idempotency marks of the calls so far.
func (e *HTTPEnd) Marks() []string {
	var out []string
	for _, c := range e.Calls() {
		out = append(out, c.Header.Get(e.mark))
	}
	return out
}

func (e *HTTPEnd) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	e.mu.Lock()
	how := e.how
	e.calls = append(e.calls, Call{Header: r.Header.Clone(), Body: body})
	e.mu.Unlock()
	switch how {
	case Later:
		http.Error(w, "database is away\r\n\x00", http.StatusInternalServerError)
	case Slower:
		w.Header().Set("Retry-After", "30")
		w.WriteHeader(http.StatusTooManyRequests)
	case Refuse:
		http.Error(w, "not this", http.StatusBadRequest)
	case Nobody:
		w.WriteHeader(http.StatusGone)
	case Hang:
		select {
		case <-r.Context().Done():
		case <-e.stop:
		}
	case Drop:
		panic(http.ErrAbortHandler)
	default:
		_, _ = io.WriteString(w, "thank you\r\n\x00")
	}
}
