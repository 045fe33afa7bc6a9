package sms

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/httpfault"
	"watchfire.dev/internal/delivery/said"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/response"
)

// Back says how a gateway calls us: what proves it, and which fields hold what. Fields are
// read from the query, a form or JSON (results.0.status); those of JSON and form go first.
type Back struct {
	Secret    func() (string, error) // proves the caller; needed
	Header    string                 // that holds the secret itself
	Signature string                 // or the header that holds HMAC-SHA-256 of the body, in hex or base64, with or without "sha256="

	ID     string            // the gateway's id of the message
	Key    string            // our key, if the gateway gives it back
	Status string            // state of the message
	States map[string]string // what the gateway's words mean: queued, sent, delivered, failed, dead
	Error  string            // why it failed

	From    string // replies: the sender's number
	Text    string // what was written
	ReplyID string // the gateway's id of the reply; "" = ID
}

type back struct{ cfg Back }

func newBack(b Back) (*back, error) {
	if b.Secret == nil || (b.Header == "") == (b.Signature == "") {
		return nil, fmt.Errorf("gateway: callback: a secret and either header or signature are needed: %w", fault.ErrInvalid)
	}
	states := map[string]string{}
	for word, means := range b.States {
		states[strings.ToLower(word)] = means
		switch means {
		case "queued", "sent", "delivered", "failed", "dead":
		default:
			return nil, fmt.Errorf("gateway: callback: states: %q means %q, want queued, sent, delivered, failed or dead: %w", word, means, fault.ErrInvalid)
		}
	}
	if b.Status != "" && (len(b.States) == 0 || b.ID == "" && b.Key == "") {
		return nil, fmt.Errorf("gateway: callback: status needs states and either id or key: %w", fault.ErrInvalid)
	}
	if b.Text != "" && (b.From == "" || b.ID == "" && b.ReplyID == "") {
		return nil, fmt.Errorf("gateway: callback: text needs from, and reply_id or id: %w", fault.ErrInvalid)
	}
	b.States = states
	return &back{b}, nil
}

func (g *gateway) hear(r delivery.Request) (delivery.Heard, error) {
	if g.back == nil {
		return delivery.Heard{}, fmt.Errorf("callback: none is set up: %w", fault.ErrUnauthorised)
	}
	return g.back.hear(r)
}

func (b *back) hear(r delivery.Request) (delivery.Heard, error) {
	if err := b.verify(r); err != nil {
		return delivery.Heard{}, err
	}
	field, err := fields(r)
	if err != nil {
		return delivery.Heard{}, err
	}
	h := delivery.Heard{Yes: delivery.Answer{Status: http.StatusOK, Type: "text/plain", Body: []byte("OK")}, No: delivery.Answer{Status: http.StatusServiceUnavailable}}
	from, text := plus(field(b.cfg.From)), field(b.cfg.Text)
	if b.cfg.Text != "" && from != "" && text != "" {
		reply := delivery.Reply{ID: field(b.cfg.ReplyID), From: from, Said: said.Of(text), Text: said.Text(text), At: r.At}
		if reply.ID == "" {
			reply.ID = field(b.cfg.ID)
		}
		if reply.ID == "" || !number.MatchString(from) {
			return delivery.Heard{}, fmt.Errorf("callback: a reply without id or number: %w", fault.ErrInvalid)
		}
		h.Replies = []delivery.Reply{reply}
		return h, nil
	}
	l := delivery.Late{Remote: field(b.cfg.ID), Notification: field(b.cfg.Key)}
	word := field(b.cfg.Status)
	if l.Remote == "" && l.Notification == "" || word == "" {
		return delivery.Heard{}, fmt.Errorf("callback: neither a state nor a reply: %w", fault.ErrInvalid)
	}
	l.Detail = fmt.Sprintf("%.40q", httpfault.Line(word, 40))
	if why := field(b.cfg.Error); why != "" && len(why) <= 12 { // a code; a sentence may hold the number
		l.Detail += ", error " + httpfault.Line(why, 12)
	}
	switch b.means(word) {
	case "queued":
		l.State = response.Queued
	case "sent":
		l.State = response.Sent
	case "delivered":
		l.State = response.Delivered
	case "dead":
		l.State, l.Kind = response.Failed, delivery.Dead
	case "failed":
		l.State, l.Kind = response.Failed, delivery.Refused
	default: // a word that the configuration does not know changes nothing
		return h, nil
	}
	h.Receipts = []delivery.Late{l}
	return h, nil
}

func (b *back) means(word string) string { return b.cfg.States[strings.ToLower(word)] }

func (b *back) verify(r delivery.Request) error {
	secret, err := b.cfg.Secret()
	if err != nil || secret == "" {
		return fmt.Errorf("callback: there is no secret to hold it against: %w", fault.ErrUnauthorised)
	}
	if b.cfg.Header != "" {
		if !hmac.Equal([]byte(r.Header.Get(b.cfg.Header)), []byte(secret)) {
			return fmt.Errorf("callback: the secret is missing or wrong: %w", fault.ErrUnauthorised)
		}
		return nil
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(r.Body)
	given := strings.TrimPrefix(r.Header.Get(b.cfg.Signature), "sha256=")
	for _, decode := range []func(string) ([]byte, error){hex.DecodeString, base64.StdEncoding.DecodeString} {
		if sum, err := decode(given); err == nil && hmac.Equal(sum, mac.Sum(nil)) {
			return nil
		}
	}
	return fmt.Errorf("callback: the signature is missing or wrong: %w", fault.ErrUnauthorised)
}

// fields returns what looks a field up, "" = it is not there or has no name.
func fields(r delivery.Request) (func(name string) string, error) {
	var doc any
	form := url.Values{}
	body := strings.TrimSpace(string(r.Body))
	switch {
	case body == "":
	case strings.HasPrefix(body, "{") || strings.HasPrefix(body, "["):
		if err := json.Unmarshal([]byte(body), &doc); err != nil {
			return nil, fmt.Errorf("callback: the body is no JSON: %w", fault.ErrInvalid)
		}
	default:
		var err error
		if form, err = url.ParseQuery(body); err != nil {
			return nil, fmt.Errorf("callback: the body is no form: %w", fault.ErrInvalid)
		}
	}
	return func(name string) string {
		if name == "" {
			return ""
		}
		for _, v := range []string{at(doc, name), form.Get(name), r.Query.Get(name)} {
			if v != "" && len(v) <= 20_000 {
				return v
			}
		}
		return ""
	}, nil
}

// at follows a path of names and places through a JSON document; "" = nothing is there.
func at(doc any, path string) string {
	for name := range strings.SplitSeq(path, ".") {
		switch x := doc.(type) {
		case map[string]any:
			doc = x[name]
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i < 0 || i >= len(x) {
				return ""
			}
			doc = x[i]
		default:
			return ""
		}
	}
	switch x := doc.(type) {
	case string:
		return x
	case float64:
		return strconv.FormatFloat(x, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(x)
	}
	return ""
}

// plus writes a number with its plus, which many gateways leave out.
func plus(text string) string {
	text = strings.TrimSpace(text)
	if text != "" && !strings.HasPrefix(text, "+") {
		return "+" + strings.TrimPrefix(text, "00")
	}
	return text
}
