package deliverytest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"sync"
	"testing"
)

// A Provider is a web server on the loopback that plays a provider's interface: the test
// says what each call is answered, the provider does the rest (hang, drop, go away).
type Provider struct {
	Client *http.Client
	URL    string

	server *httptest.Server
	play   Play
	stop   chan struct{}
	once   sync.Once

	mu   sync.Mutex
	how  Behaviour
	seen []Seen
}

// Play says how a provider of the test behaves.
type Play struct {
	// Aside answers calls that carry no message, such as one for a token; it tells whether
	// it did. Such calls are answered in every behaviour and are not among those seen.
	Aside func(w http.ResponseWriter, s Seen) bool
	// Message answers a call that carries a message.
	Message func(w http.ResponseWriter, s Seen, how Behaviour)
	// Mark is the idempotency mark of a message.
	Mark func(s Seen) string
}

// Seen is one call as it arrived.
type Seen struct {
	Method, Path string
	Query        url.Values
	Header       http.Header
	Body         []byte
}

// JSON reads a member of the body, by its path.
func (s Seen) JSON(path ...string) any {
	var at any
	if err := json.Unmarshal(s.Body, &at); err != nil {
		return nil
	}
	for _, name := range path {
		m, ok := at.(map[string]any)
		if !ok {
			return nil
		}
		at = m[name]
	}
	return at
}

// NewProvider starts a provider that ends with the test.
func NewProvider(t *testing.T, play Play) *Provider {
	t.Helper()
	p := &Provider{play: play, stop: make(chan struct{}), how: Accept}
	p.server = httptest.NewServer(http.HandlerFunc(p.serve))
	p.Client, p.URL = p.server.Client(), p.server.URL
	t.Cleanup(p.close)
	return p
}

func (p *Provider) close() {
	p.once.Do(func() {
		close(p.stop)
		p.Client.CloseIdleConnections()
		p.server.Close()
	})
}

// Behave sets how further messages are met.
func (p *Provider) Behave(b Behaviour) {
	p.mu.Lock()
	p.how = b
	p.mu.Unlock()
	if b == Unknown {
		p.close()
	}
}

// Seen lists the messages so far.
func (p *Provider) Seen() []Seen {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.seen)
}

// Marks lists the idempotency marks of the messages so far.
func (p *Provider) Marks() []string {
	var out []string
	for _, s := range p.Seen() {
		out = append(out, p.play.Mark(s))
	}
	return out
}

func (p *Provider) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	s := Seen{r.Method, r.URL.Path, r.URL.Query(), r.Header.Clone(), body}
	if p.play.Aside != nil && p.play.Aside(w, s) {
		return
	}
	p.mu.Lock()
	how := p.how
	p.seen = append(p.seen, s)
	p.mu.Unlock()
	switch how {
	case Hang:
		select {
		case <-r.Context().Done():
		case <-p.stop:
		}
	case Drop:
		panic(http.ErrAbortHandler)
	default:
		p.play.Message(w, s, how)
	}
}

// Answer writes a JSON answer.
func Answer(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}
