package netguard

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

const (
	handshakeTimeout = 10 * time.Second
	idleTimeout      = 60 * time.Second
	maxHeaderBytes   = 256 << 10
	maxConnsPerHost  = 8
)

// NewTransport returns a transport whose every connection the guard has judged. It asks for
// no compression and unpacks none, because only the reader knows how much may come out.
// It does not judge URLs: use NewClient unless a library demands a bare transport.
func NewTransport(o Options) *http.Transport {
	o = o.withDefaults()
	t := &http.Transport{
		DialContext:            NewDialer(o).DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: o.RootCAs},
		TLSHandshakeTimeout:    handshakeTimeout,
		ResponseHeaderTimeout:  max(o.HeaderTimeout, 0), // HTTP/2 would take a negative one as already over
		ExpectContinueTimeout:  time.Second,
		IdleConnTimeout:        idleTimeout,
		MaxIdleConnsPerHost:    maxConnsPerHost,
		MaxConnsPerHost:        maxConnsPerHost,
		MaxResponseHeaderBytes: maxHeaderBytes,
		DisableCompression:     true,
		ForceAttemptHTTP2:      true,
	}
	if o.Proxy != nil {
		t.Proxy = http.ProxyURL(o.Proxy)
	}
	return t
}

// NewClient returns a client without cookies that judges the URL of each hop, follows at
// most MaxRedirects of them, never from https to http, and sends headers that the caller
// set (keys, say) to the first host only. Its errors hold a *Refusal when it said no.
// Call CloseIdleConnections when done with it.
func NewClient(o Options) *http.Client {
	o = o.withDefaults()
	c := &http.Client{
		Transport: &checked{guard: o.Guard, next: NewTransport(o)},
		CheckRedirect: func(req *http.Request, via []*http.Request) error {
			return checkRedirect(o, req, via)
		},
	}
	if o.Timeout > 0 {
		c.Timeout = o.Timeout
	}
	return c
}

// checked is a transport that judges the URL before it sends anything.
type checked struct {
	guard *Guard
	next  *http.Transport
}

func (c *checked) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := c.guard.CheckURL(req.URL); err != nil {
		if req.Body != nil {
			_ = req.Body.Close() // a RoundTripper must close it; nothing was read, so nothing can be lost
		}
		return nil, err
	}
	return c.next.RoundTrip(req)
}

// CloseIdleConnections lets http.Client.CloseIdleConnections reach the transport.
func (c *checked) CloseIdleConnections() { c.next.CloseIdleConnections() }

func checkRedirect(o Options, req *http.Request, via []*http.Request) error {
	refuse := func(reason string) error {
		return &Refusal{Cause: Redirect, Host: req.URL.Host, Reason: reason}
	}
	if limit := max(o.MaxRedirects, 0); len(via) > limit {
		return refuse(fmt.Sprintf("more than %d redirects", limit))
	}
	if req.URL.Scheme == "http" && via[len(via)-1].URL.Scheme == "https" {
		return refuse("redirect from https to http")
	}
	if err := o.Guard.CheckURL(req.URL); err != nil {
		var r *Refusal
		if errors.As(err, &r) && r.Cause == URL {
			return refuse("redirect: " + r.Reason)
		}
		return err
	}
	// The path and query of a feed's address may hold a key; the next host need not know.
	req.Header.Del("Referer")
	if leftFirstHost(req, via) {
		keepHarmless(req.Header)
	}
	return nil
}

// leftFirstHost tells whether any hop, this one included, is another host than the first:
// once a chain has been elsewhere, whoever was there chose where it goes on.
func leftFirstHost(req *http.Request, via []*http.Request) bool {
	first := via[0].URL
	for _, hop := range via[1:] {
		if !sameHost(first, hop.URL) {
			return true
		}
	}
	return !sameHost(first, req.URL)
}

// sameHost also holds for the step from http on its usual port to https on its usual port.
func sameHost(a, b *url.URL) bool {
	if canonical(a.Hostname()) != canonical(b.Hostname()) {
		return false
	}
	return portOf(a) == portOf(b) || portOf(a) == "80" && portOf(b) == "443"
}

// keepHarmless drops every header but those that tell nothing secret. The standard library
// drops Authorization and cookies alone, and keys travel under many other names.
func keepHarmless(h http.Header) {
	for name := range h {
		switch name {
		case "Accept", "Accept-Encoding", "Accept-Language", "Content-Type", "User-Agent",
			"If-Modified-Since", "If-None-Match":
		default:
			delete(h, name)
		}
	}
}
