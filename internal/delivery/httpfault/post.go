// Package httpfault hands a body to an address by HTTP POST and says what the answer means
// for a notification: accepted, try later, slow down, refused, gone. It promises to follow
// no redirect, to read no more of an answer than it shows, and to let no part of an address
// behind its host (which may be a key) into an error. It signs nothing and retries nothing.
package httpfault

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/netguard"
	"watchfire.dev/internal/response"
)

const (
	maxAnswer = 1 << 20   // bytes of an answer that are read
	maxShown  = 200       // runes of an answer that are shown
	maxAfter  = time.Hour // longest wish of a provider that is taken seriously
)

// Address checks that text is an http or https address that a POST can go to: with a host
// and without a password. The error is a delivery.Fault of kind Dead.
func Address(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil: // the error of url.Parse repeats the whole address
		return nil, dead("the address is no URL")
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, dead("the address is neither http nor https")
	case u.Host == "":
		return nil, dead("the address has no host")
	case u.User != nil:
		return nil, dead("the address holds a name or password")
	}
	return u, nil
}

func dead(why string) error {
	return &delivery.Fault{Kind: delivery.Dead, Err: fmt.Errorf("%s: %w", why, fault.ErrInvalid)}
}

// Post sends body with the header and returns a receipt whose Detail holds the status and
// the start of the answer. Every error is a *delivery.Fault. now is what a Retry-After date
// is counted from.
func Post(ctx context.Context, client *http.Client, address string, header http.Header, body []byte, now time.Time) (delivery.Receipt, error) {
	got, err := Call(ctx, client, http.MethodPost, address, header, body)
	if err != nil {
		return delivery.Receipt{}, err
	}
	if got.Good() {
		return delivery.Receipt{State: response.Sent, Detail: got.Line()}, nil
	}
	return delivery.Receipt{}, got.Fault(now)
}

// An Answer is what came back of a call, its body cut to 1 MB.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
	host   string
}

// Call makes one request and reads the answer, whatever its status. Every error is a
// *delivery.Fault: the address cannot be asked, or no answer came.
func Call(ctx context.Context, client *http.Client, method, address string, header http.Header, body []byte) (Answer, error) {
	u, err := Address(address)
	if err != nil {
		return Answer{}, err
	}
	req, err := http.NewRequestWithContext(ctx, method, u.String(), bytes.NewReader(body))
	if err != nil {
		return Answer{}, dead("the address cannot be asked")
	}
	req.Header = header
	req.GetBody = nil // else the transport itself repeats a call with an idempotency key when a connection breaks
	c := *client      // the caller's client keeps its own rule for redirects
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	res, err := c.Do(req)
	if err != nil {
		return Answer{}, unreached(u.Host, err)
	}
	defer res.Body.Close()                                    //nolint:errcheck // read only
	raw, _ := io.ReadAll(io.LimitReader(res.Body, maxAnswer)) // a broken body changes nothing: the status was read
	return Answer{Status: res.StatusCode, Header: res.Header, Body: raw, host: u.Host}, nil
}

// Host is who answered, for errors.
func (a Answer) Host() string { return a.host }

// Good tells whether the status is a 2xx.
func (a Answer) Good() bool { return a.Status >= 200 && a.Status < 300 }

// Line is the status and the start of the body as one line.
func (a Answer) Line() string {
	status := strings.TrimSpace(strconv.Itoa(a.Status) + " " + http.StatusText(a.Status))
	if text := Line(string(a.Body[:min(len(a.Body), 4*maxShown)]), maxShown); text != "" {
		return status + ": " + text
	}
	return status
}

// Fault says what an answer that is no success means by its status alone.
func (a Answer) Fault(now time.Time) *delivery.Fault {
	kind, after := Meaning(a.Status, a.Header.Get("Retry-After"), now)
	return &delivery.Fault{Kind: kind, After: after, Err: fmt.Errorf("post to %s: %s", a.host, a.Line())}
}

// Meaning says what a status that is no success means, and how long the other side asks us
// to wait.
func Meaning(status int, retryAfter string, now time.Time) (delivery.FaultKind, time.Duration) {
	switch {
	case status == http.StatusGone:
		return delivery.Dead, 0
	case status == http.StatusTooManyRequests, status == http.StatusServiceUnavailable:
		return delivery.Overload, after(retryAfter, now)
	case status == http.StatusRequestTimeout, status == http.StatusTooEarly:
		return delivery.Retry, 0
	case status >= 300 && status < 500: // a redirect too: the address must be set right by a person
		return delivery.Refused, 0
	default:
		return delivery.Retry, 0
	}
}

// after reads Retry-After: seconds or a date (RFC 9110, 10.2.3).
func after(text string, now time.Time) time.Duration {
	var d time.Duration
	if s, err := strconv.Atoi(strings.TrimSpace(text)); err == nil {
		d = time.Duration(min(s, int(maxAfter/time.Second))) * time.Second
	} else if at, err := http.ParseTime(text); err == nil {
		d = at.Sub(now)
	}
	return min(max(d, 0), maxAfter)
}

// unreached says why no answer came. A guard's no is a matter for the administrator; all
// else may pass.
func unreached(host string, err error) error {
	var refusal *netguard.Refusal
	if errors.As(err, &refusal) {
		return &delivery.Fault{Kind: delivery.Misset, Err: refusal}
	}
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err // the outer error repeats the whole address
	}
	return &delivery.Fault{Kind: delivery.Retry, Err: fmt.Errorf("post to %s: %w", host, err)}
}

// Line makes one printable line of at most most runes out of what somebody else wrote.
func Line(text string, most int) string {
	text = strings.ToValidUTF8(text, "�")
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
	}), " ")
	if r := []rune(text); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return text
}
