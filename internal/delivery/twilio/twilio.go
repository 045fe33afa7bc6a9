// Package twilio speaks the part of the Twilio REST API (2010-04-01) that short messages and
// calls share, which several other providers speak too: a form posted with basic auth, an
// error as a number, a callback signed with the account's token. It promises that each known
// number means what a person would do about it, and that neither the token nor a telephone
// number gets into an error. It knows no texts.
package twilio

import (
	"context"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // the provider's own scheme; HMAC does not rest on collisions
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/httpfault"
	"watchfire.dev/internal/fault"
)

// Base is the provider's own address; others that speak the same have theirs.
const Base = "https://api.twilio.com"

// headerSignature proves that a callback comes from the provider.
const headerSignature = "X-Twilio-Signature"

// An Account is who posts and whose token signs callbacks.
type Account struct {
	Base   string // "" = Base
	SID    string
	Token  func() (string, error)
	Client *http.Client
	Now    clock.Clock
}

// Made is a message or a call as the provider made it.
type Made struct {
	SID    string `json:"sid"`
	Status string `json:"status"`
}

// Post makes a resource ("Messages", "Calls") of the account. Every error is a
// *delivery.Fault.
func (a Account) Post(ctx context.Context, resource string, form url.Values) (Made, httpfault.Answer, error) {
	token, err := a.Token()
	if err != nil {
		return Made{}, httpfault.Answer{}, &delivery.Fault{Kind: delivery.Misset, Err: fmt.Errorf("token of the account: %w", err)}
	}
	base := a.Base
	if base == "" {
		base = Base
	}
	h := http.Header{}
	h.Set("Content-Type", "application/x-www-form-urlencoded")
	h.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(a.SID+":"+token)))
	address := strings.TrimSuffix(base, "/") + "/2010-04-01/Accounts/" + url.PathEscape(a.SID) + "/" + resource + ".json"
	got, err := httpfault.Call(ctx, a.Client, http.MethodPost, address, h, []byte(form.Encode()))
	if err != nil {
		return Made{}, got, err
	}
	if !got.Good() {
		return Made{}, got, a.judge(got, token)
	}
	var made Made
	if err := json.Unmarshal(got.Body, &made); err != nil { // it was taken all the same
		made = Made{}
	}
	return made, got, nil
}

// judge reads the error that the provider gives with a status: a number of its own and a
// sentence that may repeat the telephone number.
func (a Account) judge(got httpfault.Answer, token string) error {
	var said struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	}
	f := got.Fault(a.Now())
	if json.Unmarshal(got.Body, &said) != nil || said.Code == 0 {
		if got.Status == http.StatusUnauthorized || got.Status == http.StatusForbidden {
			f.Kind = delivery.Misset
		}
		f.Err = fmt.Errorf("provider of %s: status %d", resourceless(a.SID), got.Status)
		return f
	}
	if kind, known := Meaning(said.Code); known {
		f.Kind = kind
	} else if got.Status == http.StatusUnauthorized {
		f.Kind = delivery.Misset
	}
	if token != "" {
		said.Message = strings.ReplaceAll(said.Message, token, "‹token›")
	}
	f.Err = fmt.Errorf("provider: error %d: %s", said.Code, Veil(said.Message))
	return f
}

// resourceless shows enough of an account's id to tell it from another.
func resourceless(sid string) string {
	if len(sid) < 6 {
		return "the account"
	}
	return "account " + sid[:2] + "…" + sid[len(sid)-4:]
}

// Meaning says what a number of the provider's error dictionary means for a notification;
// known is false for a number that has no entry here.
func Meaning(code int) (kind delivery.FaultKind, known bool) {
	switch code {
	case 21211, 21214, 21217, 21401, 21614, // no such number, or one that takes no messages
		13223, 13224, // a call's number
		30003, 30005, 30006, // unreachable for good, unknown, landline
		30023:
		if code == 30003 { // "unreachable" is a telephone that is off: it may come back
			return delivery.Retry, true
		}
		return delivery.Dead, true
	case 21610: // the receiver has said STOP to the provider: nothing passes until they say START
		return delivery.Dead, true
	case 20003, 20005, 20008, 20403, 20404, // keys, account, resources
		21210, 21212, 21213, 21219, 21408, 21603, 21606, 21607, 21608, 21611, 21612, 21659, 21660, 21661, 21703, // our sender
		13227, 30002, 30024, 30034:
		if code == 21611 { // our sender's queue is full
			return delivery.Overload, true
		}
		return delivery.Misset, true
	case 20429, 14107, 30001, 30022, 30027, 10004: // requests, messages, queue, calls at once
		return delivery.Overload, true
	case 21602, 21605, 21617, 30004, 30007, 30019, 30033: // no body, too long, blocked, filtered
		return delivery.Refused, true
	case 30008, 20500, 20503, 30010: // unknown, or of the provider's own making
		return delivery.Retry, true
	}
	return "", false
}

// Verify holds a callback against the account's token: HMAC-SHA1 over the address as the
// provider was given it and, sorted by name, each form field's name and value. It returns
// the form. The error wraps fault.ErrUnauthorised, or fault.ErrInvalid for a form that
// cannot be read.
func (a Account) Verify(r delivery.Request) (url.Values, error) {
	token, err := a.Token()
	if err != nil || token == "" {
		return nil, fmt.Errorf("callback: there is no token to hold it against: %w", fault.ErrUnauthorised)
	}
	given, err := base64.StdEncoding.DecodeString(r.Header.Get(headerSignature))
	if err != nil || len(given) == 0 {
		return nil, fmt.Errorf("callback: no signature: %w", fault.ErrUnauthorised)
	}
	form, readable := url.ParseQuery(string(r.Body))
	for _, address := range addresses(r.URL) {
		if hmac.Equal(given, sign(token, address, form)) {
			if readable != nil {
				return nil, fmt.Errorf("callback: the form cannot be read: %w", fault.ErrInvalid)
			}
			return form, nil
		}
	}
	return nil, fmt.Errorf("callback: the signature does not hold: %w", fault.ErrUnauthorised)
}

// Sign returns the signature of a callback as the provider's header holds it.
func Sign(token, address string, form url.Values) string {
	return base64.StdEncoding.EncodeToString(sign(token, address, form))
}

func sign(token, address string, form url.Values) []byte {
	mac := hmac.New(sha1.New, []byte(token))
	mac.Write([]byte(address))
	for _, name := range slices.Sorted(maps.Keys(form)) {
		values := slices.Compact(slices.Sorted(slices.Values(form[name]))) // doubled fields count once
		for _, v := range values {
			mac.Write([]byte(name + v))
		}
	}
	return mac.Sum(nil)
}

// addresses are the forms in which the provider may have signed ours: with and without the
// port that the scheme means anyway.
func addresses(text string) []string {
	u, err := url.Parse(text)
	if err != nil {
		return []string{text}
	}
	out := []string{text}
	port := map[string]string{"https": "443", "http": "80"}[u.Scheme]
	switch with := *u; {
	case port == "":
	case u.Port() == port:
		with.Host = u.Hostname()
		out = append(out, with.String())
	case u.Port() == "":
		with.Host = u.Host + ":" + port
		out = append(out, with.String())
	}
	return out
}

// telephone finds what may be a telephone number in a provider's sentence.
var telephone = regexp.MustCompile(`\+?\d[\d ()\-]{5,}\d`)

// Veil makes one line of what the provider said and takes telephone numbers out.
func Veil(text string) string {
	return telephone.ReplaceAllString(httpfault.Line(text, 200), "‹number›")
}

// Code reads the error number of a callback; 0 = none.
func Code(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0
	}
	return n
}
