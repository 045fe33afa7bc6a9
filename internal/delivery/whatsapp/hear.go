package whatsapp

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/httpfault"
	"watchfire.dev/internal/delivery/said"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/response"
)

// event is what Meta posts, as far as we read it.
type event struct {
	Entry []struct {
		Changes []struct {
			Value struct {
				Metadata struct {
					NumberID string `json:"phone_number_id"`
				} `json:"metadata"`
				Statuses []status  `json:"statuses"`
				Messages []message `json:"messages"`
			} `json:"value"`
		} `json:"changes"`
	} `json:"entry"`
}

type status struct {
	ID     string `json:"id"`
	Status string `json:"status"`
	Time   string `json:"timestamp"`
	Key    string `json:"biz_opaque_callback_data"`
	Errors []struct {
		Code int `json:"code"`
	} `json:"errors"`
}

type message struct {
	From    string `json:"from"`
	ID      string `json:"id"`
	Time    string `json:"timestamp"`
	Type    string `json:"type"`
	Context struct {
		ID string `json:"id"`
	} `json:"context"`
	Text struct {
		Body string `json:"body"`
	} `json:"text"`
	Button struct { // of a template
		Payload string `json:"payload"`
		Text    string `json:"text"`
	} `json:"button"`
	Interactive struct {
		Reply struct {
			ID    string `json:"id"`
			Title string `json:"title"`
		} `json:"button_reply"`
	} `json:"interactive"`
}

// Hear implements delivery.Hook: the challenge when the hook is set up, receipts, replies.
func (c *Channel) Hear(_ context.Context, r delivery.Request) (delivery.Heard, error) {
	if r.Method == http.MethodGet {
		return c.challenge(r)
	}
	if err := c.verify(r); err != nil {
		return delivery.Heard{}, err
	}
	var e event
	if err := json.Unmarshal(r.Body, &e); err != nil {
		return delivery.Heard{}, fmt.Errorf("whatsapp: callback is not as documented: %w", fault.ErrInvalid)
	}
	h := delivery.Heard{Yes: delivery.Answer{Status: http.StatusOK}, No: delivery.Answer{Status: http.StatusServiceUnavailable}}
	for _, entry := range e.Entry {
		for _, change := range entry.Changes {
			if change.Value.Metadata.NumberID != c.cfg.Number { // another number of the same account
				continue
			}
			for _, s := range change.Value.Statuses {
				if l, ok := late(s); ok {
					h.Receipts = append(h.Receipts, l)
				}
			}
			for _, m := range change.Value.Messages {
				if y, ok := c.reply(m, r.At); ok {
					h.Replies = append(h.Replies, y)
				}
			}
		}
	}
	return h, nil
}

func (c *Channel) challenge(r delivery.Request) (delivery.Heard, error) {
	q := r.Query
	if c.cfg.Verify == nil {
		return delivery.Heard{}, fmt.Errorf("whatsapp: no word to verify the hook with is set: %w", fault.ErrUnauthorised)
	}
	word, err := c.cfg.Verify()
	if err != nil || word == "" || !hmac.Equal([]byte(word), []byte(q.Get("hub.verify_token"))) {
		return delivery.Heard{}, fmt.Errorf("whatsapp: the hook is verified with a wrong word: %w", fault.ErrUnauthorised)
	}
	text := q.Get("hub.challenge")
	if q.Get("hub.mode") != "subscribe" || text == "" || len(text) > 200 || strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' || r == '<' }) {
		return delivery.Heard{}, fmt.Errorf("whatsapp: no challenge: %w", fault.ErrInvalid)
	}
	a := delivery.Answer{Status: http.StatusOK, Type: "text/plain; charset=utf-8", Body: []byte(text)}
	return delivery.Heard{Yes: a, No: a}, nil
}

func (c *Channel) verify(r delivery.Request) error {
	if c.cfg.Secret == nil {
		return fmt.Errorf("whatsapp: no app secret is set: %w", fault.ErrUnauthorised)
	}
	secret, err := c.cfg.Secret()
	given, found := strings.CutPrefix(r.Header.Get("X-Hub-Signature-256"), "sha256=")
	sum, badHex := hex.DecodeString(given)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(r.Body)
	if err != nil || secret == "" || !found || badHex != nil || !hmac.Equal(sum, mac.Sum(nil)) {
		return fmt.Errorf("whatsapp: the signature does not hold: %w", fault.ErrUnauthorised)
	}
	return nil
}

func late(s status) (delivery.Late, bool) {
	l := delivery.Late{Notification: httpfault.Line(s.Key, 200), Remote: httpfault.Line(s.ID, 200), At: instant(s.Time), Detail: httpfault.Line(s.Status, 20)}
	switch s.Status {
	case "sent":
		l.State = response.Sent
	case "delivered", "read", "played":
		l.State = response.Delivered
	case "failed":
		l.State, l.Kind = response.Failed, delivery.Refused
		for _, e := range s.Errors {
			l.Detail = fmt.Sprintf("failed, error %d", e.Code)
			if kind, known := meaning(e.Code); known {
				l.Kind = kind
			}
		}
	default: // "accepted", "held", or what they may add: nothing that changes a state
		return delivery.Late{}, false
	}
	return l, l.Remote != "" || l.Notification != ""
}

func (c *Channel) reply(m message, now time.Time) (delivery.Reply, bool) {
	from := "+" + strings.TrimPrefix(m.From, "+")
	if !number.MatchString(from) || m.ID == "" || len(m.ID) > 200 {
		return delivery.Reply{}, false
	}
	y := delivery.Reply{ID: m.ID, Remote: httpfault.Line(m.Context.ID, 200), From: from, At: instant(m.Time)}
	if y.At.IsZero() || y.At.After(now) {
		y.At = now
	}
	c.heardFrom(from, y.At)
	switch m.Type {
	case "text":
		y.Said, y.Text = said.Of(m.Text.Body), said.Text(m.Text.Body)
	case "button":
		y.Said, y.Notification = said.Unmark(m.Button.Payload)
		y.Text = said.Text(m.Button.Text)
	case "interactive":
		y.Said, y.Notification = said.Unmark(m.Interactive.Reply.ID)
		y.Text = said.Text(m.Interactive.Reply.Title)
	}
	return y, y.Text != "" // a picture or a reaction says nothing that we can keep
}

// instant reads seconds since 1970; zero when they are none.
func instant(text string) time.Time {
	s, err := strconv.ParseInt(text, 10, 64)
	if err != nil || s <= 0 || s > 1<<40 {
		return time.Time{}
	}
	return time.Unix(s, 0).UTC()
}
