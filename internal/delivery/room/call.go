package room

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/httpfault"
)

// A Call is one question to a provider's JSON interface.
type Call struct {
	Method string // "" = POST
	URL    string // may hold a key
	Bearer string // "" = none
	Key    string // idempotency key, "" = none
	Body   any    // nil = none
}

// Ask makes the call and reads the answer into into, whatever the status is: providers tell
// the cause in the body. Too many calls and their own trouble are faults already; so is an
// answer that is no JSON.
func Ask(ctx context.Context, client *http.Client, c Call, now time.Time, into any) (httpfault.Answer, error) {
	h := http.Header{"Accept": {"application/json"}, "User-Agent": {"Watchfire/1"}}
	var raw []byte
	if c.Body != nil {
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false) // some providers show the escapes
		if err := e.Encode(c.Body); err != nil {
			return httpfault.Answer{}, httpfault.Fail(delivery.Refused, 0, "write the message: %w", err)
		}
		raw = b.Bytes()
		h.Set("Content-Type", "application/json; charset=utf-8")
	}
	if c.Bearer != "" {
		h.Set("Authorization", "Bearer "+c.Bearer)
	}
	if key := httpfault.Line(c.Key, 200); key != "" {
		h.Set("Idempotency-Key", key)
	}
	if c.Method == "" {
		c.Method = http.MethodPost
	}
	if _, err := httpfault.Address(c.URL); err != nil {
		return httpfault.Answer{}, httpfault.Fail(delivery.Misset, 0, "the provider's address in the configuration: %w", err)
	}
	got, err := httpfault.Call(ctx, client, c.Method, c.URL, h, raw)
	if err != nil {
		return got, err
	}
	if got.Status == http.StatusTooManyRequests || got.Status >= 500 {
		return got, got.Fault(now)
	}
	if err := json.Unmarshal(got.Body, into); err != nil {
		if got.Status >= 300 {
			return got, got.Fault(now)
		}
		return got, httpfault.Fail(delivery.Retry, 0, "%s gave an answer that cannot be read: %s", got.Host(), got.Line())
	}
	return got, nil
}

// A Token is an access token that a provider lends for some time. It is safe for use by many
// goroutines; one of them asks while the others wait.
type Token struct {
	mu    sync.Mutex
	value string
	until time.Time
}

// spare is how long before its end a token is no longer used.
const spare = 5 * time.Minute

// Get returns the token, or asks for a new one when it is about to end.
func (t *Token) Get(now time.Time, ask func() (value string, life time.Duration, err error)) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.value != "" && now.Before(t.until) {
		return t.value, nil
	}
	value, life, err := ask()
	if err != nil {
		return "", err
	}
	t.value, t.until = value, now.Add(max(life-spare, life/2))
	return value, nil
}

// Drop forgets a token that the provider no longer takes, unless it was replaced already.
func (t *Token) Drop(value string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.value == value {
		t.value = ""
	}
}
