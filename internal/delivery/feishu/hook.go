package feishu

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/room"
)

// tolerance is how far the time of a call may be from ours.
const tolerance = 10 * time.Minute

// called is what Feishu posts: a challenge when the address is entered, then one event for
// each pressed button ("card.action.trigger", schema 2.0).
type called struct {
	Encrypt   string `json:"encrypt"`
	Type      string `json:"type"`
	Challenge string `json:"challenge"`
	Token     string `json:"token"`
	Header    struct {
		ID      string `json:"event_id"`
		Token   string `json:"token"`
		Type    string `json:"event_type"`
		Created string `json:"create_time"` // microseconds since 1970; milliseconds in older events
	} `json:"header"`
	Event struct {
		Operator struct {
			OpenID string `json:"open_id"`
		} `json:"operator"`
		Action struct {
			Value struct {
				Press string `json:"press"`
			} `json:"value"`
		} `json:"action"`
		Context struct {
			Message string `json:"open_message_id"`
		} `json:"context"`
	} `json:"event"`
}

// Hear implements delivery.Hook. With an encrypt key the call must be sealed with it and
// signed: SHA-256 of time, nonce, key and body. The challenge alone is not signed; it must
// hold the verification token, as every call without an encrypt key must.
func (c *Channel) Hear(_ context.Context, r delivery.Request) (delivery.Heard, error) {
	var got called
	if err := json.Unmarshal(r.Body, &got); err != nil {
		return delivery.Heard{}, room.Unread("feishu", "no JSON")
	}
	key := ""
	if c.app.Key != nil {
		var err error
		if key, err = room.Read(c.app.Key, "encrypt key of the Feishu app"); err != nil {
			return delivery.Heard{}, err
		}
		if got, err = opened(got.Encrypt, key); err != nil {
			return delivery.Heard{}, err
		}
	}
	if got.Type == "url_verification" {
		return c.challenged(got)
	}
	if err := c.proved(got, key, r); err != nil {
		return delivery.Heard{}, err
	}
	return c.pressed(got, r.At), nil
}

// opened unseals: AES-256-CBC under the SHA-256 of the key, the vector in front.
func opened(sealed, key string) (called, error) {
	raw, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil || len(raw) < 32 {
		return called{}, room.Denied("feishu", "it is not sealed")
	}
	sum := sha256.Sum256([]byte(key))
	text, err := room.Unseal(sum[:], raw[:16], raw[16:])
	if err != nil {
		return called{}, room.Denied("feishu", "it is sealed with another key")
	}
	var got called
	if err := json.Unmarshal(text, &got); err != nil {
		return called{}, room.Denied("feishu", "it is sealed with another key")
	}
	return got, nil
}

func (c *Channel) challenged(got called) (delivery.Heard, error) {
	if err := c.verified(got.Token); err != nil {
		return delivery.Heard{}, err
	}
	raw, err := json.Marshal(map[string]string{"challenge": got.Challenge})
	if err != nil {
		return delivery.Heard{}, room.Unread("feishu", "its challenge cannot be written back")
	}
	return delivery.Heard{Yes: delivery.Answer{Status: http.StatusOK, Type: "application/json", Body: raw}}, nil
}

// proved holds the signature, or without an encrypt key the verification token.
func (c *Channel) proved(got called, key string, r delivery.Request) error {
	if key == "" {
		return c.verified(got.Header.Token)
	}
	stamp := r.Header.Get("X-Lark-Request-Timestamp")
	if !room.Fresh(stamp, r.At, tolerance) {
		return room.Denied("feishu", "its time is more than 10 minutes from ours")
	}
	sum := sha256.Sum256([]byte(stamp + r.Header.Get("X-Lark-Request-Nonce") + key + string(r.Body)))
	if !room.Same(hex.EncodeToString(sum[:]), r.Header.Get("X-Lark-Signature")) {
		return room.Denied("feishu", "the signature does not hold")
	}
	return nil
}

// verified compares with the verification token. An app with an encrypt key may do without:
// then what it could open was sealed by one who knows the key.
func (c *Channel) verified(given string) error {
	if c.app.Token == nil && c.app.Key != nil {
		return nil
	}
	want, err := room.Read(c.app.Token, "verification token of the Feishu app")
	if err != nil {
		return err
	}
	if !room.Same(want, given) {
		return room.Denied("feishu", "the verification token is another")
	}
	return nil
}

// pressed reads the event and has Feishu show what was noted. What is no button of ours is
// taken and forgotten.
func (c *Channel) pressed(got called, now time.Time) delivery.Heard {
	answer := func(kind, words string) delivery.Answer {
		raw, err := json.Marshal(map[string]any{"toast": map[string]string{"type": kind, "content": words}})
		if err != nil || words == "" {
			raw = []byte("{}")
		}
		return delivery.Answer{Status: http.StatusOK, Type: "application/json", Body: raw}
	}
	heard := delivery.Heard{Yes: answer("info", ""), No: delivery.Answer{Status: http.StatusServiceUnavailable}}
	p, ok := room.ReadPress(got.Event.Action.Value.Press)
	if got.Header.Type != "card.action.trigger" || got.Header.ID == "" || !ok {
		return heard
	}
	reply := p.Reply(got.Header.ID, got.Event.Operator.OpenID, moment(got.Header.Created, now))
	reply.Remote = got.Event.Context.Message
	heard.Replies, heard.Yes = []delivery.Reply{reply}, answer("success", c.set.Noted(p))
	return heard
}

func moment(created string, now time.Time) time.Time {
	n, err := strconv.ParseInt(created, 10, 64)
	if err != nil || n <= 0 {
		return now
	}
	at := time.UnixMilli(n)
	if n > 1e14 {
		at = time.UnixMicro(n)
	}
	if at.After(now.Add(time.Minute)) {
		return now
	}
	return at.UTC()
}
