package httpfault

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"time"
)

// maxReply bounds what is read of an answer whose body means something.
const maxReply = 256 << 10

// A Reply is an answer whose body the caller reads.
type Reply struct {
	Status int
	Header http.Header
	Body   []byte // at most 256 KiB
	Host   string // that answered, for errors
}

// Text is the status and the start of the body as one line.
func (r Reply) Text() string {
	return answer(&http.Response{StatusCode: r.Status, Body: io.NopCloser(bytes.NewReader(r.Body))})
}

// Exchange asks an address and returns its answer whatever its status. Every error is a
// *delivery.Fault and holds no part of the address behind its host. It follows no redirect
// and repeats nothing.
func Exchange(ctx context.Context, client *http.Client, method, address string, header http.Header, body []byte) (Reply, error) {
	u, err := Address(address)
	if err != nil {
		return Reply{}, err
	}
	req, err := http.NewRequestWithContext(ctx, method, u.String(), bytes.NewReader(body))
	if err != nil {
		return Reply{}, dead("the address cannot be asked")
	}
	req.Header = header
	req.GetBody = nil // the transport would send a call with an idempotency key twice by itself: repeats are counted by us
	c := *client      // the caller's client keeps its own rule for redirects
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	res, err := c.Do(req)
	if err != nil {
		return Reply{}, unreached(u.Host, err)
	}
	defer res.Body.Close() //nolint:errcheck // read only
	raw, err := io.ReadAll(io.LimitReader(res.Body, maxReply))
	if err != nil { // what was read may end in the middle of a word that matters
		return Reply{}, unreached(u.Host, err)
	}
	return Reply{Status: res.StatusCode, Header: res.Header, Body: raw, Host: u.Host}, nil
}

// After is how long a Retry-After header asks us to wait, at most an hour; 0 = not at all.
func After(h http.Header, now time.Time) time.Duration { return after(h.Get("Retry-After"), now) }

// Failed says what an answer that is no success means, as Post does: a *delivery.Fault.
func Failed(r Reply, now time.Time) error {
	kind, wait := Meaning(r.Status, r.Header.Get("Retry-After"), now)
	return Fail(kind, wait, "%s answered %s", r.Host, r.Text())
}
