// Package fetch gets the bytes of one feed over HTTP, as a hostile server would have it:
// every connection passes netguard, every exchange has a deadline, a least speed and limits
// on what may arrive and on what may come out of it after unpacking. It promises that an
// error has a Kind, names the host and never the path or query (which may hold a key), and
// that a body it returns is whole. Beside it stand the pure rules for what a runner does
// with the outcome: Backoff, Breaker and Health. It does not schedule, parse, store or log,
// keeps no cookies, and reads neither files nor any scheme but http and https.
package fetch

import (
	"context"
	"net/http"
	"sync"
	"time"

	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/netguard"
)

// Limits bound one exchange. Fields at zero (or below) take their default.
type Limits struct {
	Bytes         int64         // body after unpacking; default 32 MiB
	WireBytes     int64         // body as it arrives; default 32 MiB
	Ratio         int           // unpacked to packed, looked at after the first 64 KiB; default 100
	Total         time.Duration // everything from dialling to the last byte; default 30 s
	HeaderTimeout time.Duration // from dialling, over all hops, to the header of the answer; default 15 s
	Window        time.Duration // each such span of the body must bring Progress; default 10 s
	Progress      int64         // bytes on the wire per Window; default 1024
}

func (l Limits) withDefaults() Limits {
	l.Bytes = positive(l.Bytes, 32<<20)
	l.WireBytes = positive(l.WireBytes, 32<<20)
	l.Ratio = positive(l.Ratio, 100)
	l.Total = positive(l.Total, 30*time.Second)
	l.HeaderTimeout = positive(l.HeaderTimeout, 15*time.Second)
	l.Window = positive(l.Window, 10*time.Second)
	l.Progress = positive(l.Progress, 1024)
	return l
}

func positive[T int | int64 | time.Duration](v, otherwise T) T {
	if v <= 0 {
		return otherwise
	}
	return v
}

// A Request is one conditional GET.
type Request struct {
	URL          string
	Header       http.Header // additional; goes to the first host only, see netguard.NewClient
	ETag         string      // of the last Response; "" = unconditional
	LastModified string      // of the last Response, verbatim
	UserAgent    string      // "" = the client's
	Limits       Limits
}

// A Response is what came back. Beside an error it is filled as far as the exchange came,
// always without Body and Hash.
type Response struct {
	Status       int
	NotModified  bool   // 304: Body and Hash are empty, what you have is still right
	Body         []byte // unpacked, never empty unless NotModified or an error
	Hash         string // lower-case hexadecimal SHA-256 of Body, as id.Hash
	ETag         string // for the next Request; on 304 without one, the one asked with
	LastModified string // likewise
	ContentType  string
	FinalURL     string        // after redirects; may hold a key in its query
	FetchedAt    time.Time     // UTC, when the exchange was over
	Elapsed      time.Duration // from dialling to FetchedAt
	RetryAfter   time.Duration // what the server asked for, 0 if nothing; at most 24 h
	WireBytes    int64         // length of the body as it arrived
}

// Options say how a Client connects and names itself.
type Options struct {
	Net       netguard.Options // its HeaderTimeout and Timeout are ignored: Limits are per request
	UserAgent string           // "" = "Watchfire"
	Clock     clock.Clock      // nil = clock.System
}

// A Client fetches. It may be used by many goroutines. Close it when done.
type Client struct {
	http  *http.Client
	now   clock.Clock
	agent string

	pieces sync.Pool // *[lastChunk]byte that bodies were collected in
}

// New returns a Client.
func New(o Options) *Client {
	o.Net.Timeout, o.Net.HeaderTimeout = -1, -1
	c := &Client{http: netguard.NewClient(o.Net), now: o.Clock, agent: o.UserAgent}
	if c.now == nil {
		c.now = clock.System
	}
	if c.agent == "" {
		c.agent = "Watchfire"
	}
	return c
}

// Close closes the connections kept for later requests.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Fetch makes one GET within the limits of r. It never retries. Any error is an *Error.
func (c *Client) Fetch(ctx context.Context, r Request) (Response, error) {
	start, limits := c.now(), r.Limits.withDefaults()
	ctx, stop := context.WithTimeoutCause(ctx, limits.Total, errTotal)
	defer stop()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	x := &exchange{ctx: ctx, cancel: cancel, limits: limits, pieces: &c.pieces}
	out, err := c.exchange(x, r)
	out.FetchedAt, out.WireBytes = c.now(), x.wire.Load()
	out.Elapsed = max(out.FetchedAt.Sub(start), 0) // the machine's clock may have been set back meanwhile
	if err != nil {
		return out, x.fail(err)
	}
	return out, nil
}

// exchange does what Fetch says; its errors are not yet classified.
func (c *Client) exchange(x *exchange, r Request) (Response, error) {
	req, err := c.request(x, r)
	if err != nil {
		return Response{}, err
	}
	resp, err := x.send(c.http, req)
	if err != nil {
		return Response{}, err
	}
	defer resp.Body.Close()
	x.host = resp.Request.URL.Host
	out := c.head(resp)
	if resp.StatusCode == http.StatusNotModified && (r.ETag != "" || r.LastModified != "") {
		out.NotModified = true
		out.ETag = orElse(out.ETag, r.ETag)
		out.LastModified = orElse(out.LastModified, r.LastModified)
		return out, nil
	}
	if err := x.acceptable(resp, out); err != nil {
		return out, err
	}
	out.Body, out.Hash, err = x.read(resp)
	return out, err
}

func orElse(v, otherwise string) string {
	if v == "" {
		return otherwise
	}
	return v
}
