package webpush

import (
	"crypto/ecdh"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/httpfault"
	"watchfire.dev/internal/fault"
)

// A Key is the pair that signs for this installation. Browsers tie a subscription to its
// public half: with another pair every device must subscribe anew.
type Key struct {
	Public  string // uncompressed point in base64url: what a page gives the browser
	private string
}

// NewKey makes a pair out of 32 bytes or more of chance.
func NewKey(random io.Reader) (Key, error) {
	k, err := ecdh.P256().GenerateKey(random)
	if err != nil {
		return Key{}, fmt.Errorf("make the key of web push: %w", err)
	}
	return keyOf(k), nil
}

// ParseKey reads what Text wrote; fault.ErrInvalid.
func ParseKey(text string) (Key, error) {
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil {
		return Key{}, fmt.Errorf("key of web push: %w", fault.ErrInvalid)
	}
	k, err := ecdh.P256().NewPrivateKey(raw)
	if err != nil {
		return Key{}, fmt.Errorf("key of web push: %w", fault.ErrInvalid)
	}
	return keyOf(k), nil
}

func keyOf(k *ecdh.PrivateKey) Key {
	return Key{base64.RawURLEncoding.EncodeToString(k.PublicKey().Bytes()), base64.RawURLEncoding.EncodeToString(k.Bytes())}
}

// Text is the secret half, to be stored.
func (k Key) Text() string { return k.private }

// A note is what the service worker shows. Nothing in it is about a person: it stands on a
// locked screen.
type note struct {
	Key     string   `json:"key"`
	Tag     string   `json:"tag"` // the next one of the same tag takes its place
	Title   string   `json:"title"`
	Body    string   `json:"body,omitempty"`
	Level   int      `json:"level"`
	URL     string   `json:"url,omitempty"`
	Answers []answer `json:"answers,omitempty"` // at most two: browsers show no more
	Lang    string   `json:"lang,omitempty"`
	Dir     string   `json:"dir,omitempty"`
}

type answer struct {
	ID    string `json:"id"`
	Label string `json:"label"`
	URL   string `json:"url"`
}

// Limits in runes; a whole record holds 3,993 bytes.
const (
	maxTitle  = 160
	maxBody   = 500
	maxLabel  = 30
	maxRecord = 3900
)

// payload writes the note; false when there is nothing to show.
func payload(m delivery.Message) ([]byte, bool) {
	n := note{
		Key: httpfault.Line(m.Key, 100), Tag: httpfault.Line(m.Thread, 100), Title: httpfault.Line(m.Subject, maxTitle), Level: int(m.Level),
		Lang: language(m.Language),
	}
	if n.Title == "" {
		return nil, false
	}
	if n.Tag == "" {
		n.Tag = n.Key
	}
	if n.Lang == "ar" {
		n.Dir = "rtl"
	}
	if len(m.Lines) > 0 {
		n.Body = httpfault.Line(strings.Join(m.Lines, " · "), maxBody)
	}
	for _, l := range []string{m.AnswerURL, m.PageURL} {
		if n.URL = link(l); n.URL != "" {
			break
		}
	}
	for _, b := range m.Buttons {
		if l := link(b.URL); l != "" && len(n.Answers) < 2 {
			n.Answers = append(n.Answers, answer{string(b.Said), httpfault.Line(b.Label, maxLabel), l})
		}
	}
	for {
		raw, err := json.Marshal(n)
		if err != nil {
			return nil, false
		}
		if len(raw) <= maxRecord {
			return raw, true
		}
		switch { // what the page shows anyway goes first
		case n.Body != "":
			n.Body = ""
		case n.Answers != nil:
			n.Answers = nil
		default:
			n.Title = httpfault.Line(n.Title, maxTitle/4)
			n.URL = ""
		}
	}
}

func link(l string) string {
	if strings.HasPrefix(l, "http") && len(l) < 500 && !strings.ContainsFunc(l, func(r rune) bool { return r <= ' ' || r >= unicode.MaxASCII }) {
		return l
	}
	return ""
}

func language(code string) string {
	code, _, _ = strings.Cut(strings.ToLower(code), "-")
	if len(code) < 2 || len(code) > 3 || strings.Trim(code, "abcdefghijklmnopqrstuvwxyz") != "" {
		return ""
	}
	return code
}
