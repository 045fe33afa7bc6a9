package fetch

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"net/url"
	"sync"
	"sync/atomic"
	"time"
)

// An exchange is the state of one Fetch.
type exchange struct {
	ctx       context.Context //nolint:containedctx // lives exactly as long as the one Fetch
	cancel    context.CancelCauseFunc
	limits    Limits
	host      string       // of the latest hop known
	wire      atomic.Int64 // bytes of the body so far, as they arrived
	reading   bool         // the header is there
	tlsFailed atomic.Bool  // set by the dialling goroutine
	pieces    *sync.Pool   // of the client
}

// request builds the GET. What would change the meaning of the exchange (ranges, codings)
// is not for the caller to set.
func (c *Client) request(x *exchange, r Request) (*http.Request, error) {
	u, err := url.Parse(r.URL)
	if err != nil {
		return nil, &Error{Kind: Refused, Reason: "the address cannot be read", Err: inner(err)}
	}
	x.host = u.Host
	trace := &httptrace.ClientTrace{TLSHandshakeDone: func(_ tls.ConnectionState, err error) {
		x.tlsFailed.Store(err != nil)
	}}
	req, err := http.NewRequestWithContext(httptrace.WithClientTrace(x.ctx, trace), http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, &Error{Kind: Refused, Reason: "the address cannot be read", Err: inner(err)}
	}
	for name, values := range r.Header {
		req.Header[textproto.CanonicalMIMEHeaderKey(name)] = append([]string(nil), values...)
	}
	for _, name := range []string{"Range", "If-Range", "If-Match", "If-Unmodified-Since", "Connection", "Te"} {
		req.Header.Del(name)
	}
	req.Header.Set("Accept-Encoding", "gzip")
	req.Header.Set("User-Agent", orElse(r.UserAgent, c.agent))
	if r.ETag != "" {
		req.Header.Set("If-None-Match", r.ETag)
	}
	if r.LastModified != "" {
		req.Header.Set("If-Modified-Since", r.LastModified)
	}
	return req, nil
}

// send returns when the header of the final answer is there.
func (x *exchange) send(client *http.Client, req *http.Request) (*http.Response, error) {
	timer := time.AfterFunc(x.limits.HeaderTimeout, func() { x.cancel(errHeader) })
	defer timer.Stop()
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	return resp, nil
}

// maxValidator bounds what is kept of headers: validators are stored with the source.
const maxValidator = 1024

// head reads the header of an answer.
func (c *Client) head(resp *http.Response) Response {
	get := func(name string) string {
		v := resp.Header.Get(name)
		if len(v) > maxValidator {
			return ""
		}
		return v
	}
	return Response{
		Status:       resp.StatusCode,
		ETag:         get("Etag"),
		LastModified: get("Last-Modified"),
		ContentType:  get("Content-Type"),
		FinalURL:     resp.Request.URL.String(),
		RetryAfter:   parseRetryAfter(resp.Header.Get("Retry-After"), c.now()),
	}
}

// acceptable tells why an answer cannot bring a body worth reading, judged by its header.
func (x *exchange) acceptable(resp *http.Response, out Response) error {
	switch {
	case out.Status == http.StatusNoContent || out.Status == http.StatusResetContent:
		return &Error{Kind: Empty, Status: out.Status, Reason: fmt.Sprintf("status %d has no body", out.Status)}
	case out.Status == http.StatusPartialContent:
		return &Error{Kind: Truncated, Status: out.Status, Reason: "a part was sent, the whole was asked for"}
	case out.Status != http.StatusOK && out.Status != http.StatusNonAuthoritativeInfo:
		return &Error{
			Kind: Status, Status: out.Status, RetryAfter: out.RetryAfter,
			Reason: fmt.Sprintf("status %d %s", out.Status, http.StatusText(out.Status)),
		}
	case resp.ContentLength > x.limits.WireBytes:
		return tooLarge("announced", resp.ContentLength, "on the wire", x.limits.WireBytes)
	}
	return nil
}

func tooLarge(how string, size int64, where string, limit int64) *Error {
	return &Error{Kind: TooLarge, Reason: fmt.Sprintf("%s %d bytes, limit %d %s", how, size, limit, where)}
}
