package feishu

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
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
// signed: SHA-256 of time, nonce, key and body. The challenge alone is sealed and not signed.
// Without an encrypt key every call must hold the verification token.
func (c *Channel) Hear(_ context.Context, r delivery.Request) (delivery.Heard, error) {
	var got called
	if err := json.Unmarshal(r.Body, &got); err != nil {
		return delivery.Heard{}, room.Unread("feishu", "no JSON")
	}
	if c.app.Key == nil {
		if err := c.verified(got); err != nil {
			return delivery.Heard{}, err
		}
		return c.heard(got, r.At)
	}
	key, err := room.Read(c.app.Key, "encrypt key of the Feishu app")
	if err != nil {
		return delivery.Heard{}, err
	}
	unsigned := proved(key, r)
	got, err = opened(got.Encrypt, key)
	switch {
	case unsigned == nil && err != nil:
		return delivery.Heard{}, room.Unread("feishu", err.Error())
	case unsigned != nil && (err != nil || got.Type != "url_verification"): // one answer for both: a stranger must not learn what opens
		return delivery.Heard{}, unsigned
	case unsigned != nil && c.app.Token != nil:
		if err := c.verified(got); err != nil {
			return delivery.Heard{}, err
		}
	}
	return c.heard(got, r.At)
}

// heard reads a call that is proved.
func (c *Channel) heard(got called, now time.Time) (delivery.Heard, error) {
	if got.Type != "url_verification" {
		return c.pressed(got, now), nil
	}
	raw, err := json.Marshal(map[string]string{"challenge": got.Challenge})
	if err != nil {
		return delivery.Heard{}, room.Unread("feishu", "its challenge cannot be written back")
	}
	return delivery.Heard{Yes: delivery.Answer{Status: http.StatusOK, Type: "application/json", Body: raw}}, nil
}

// opened unseals: AES-256-CBC under the SHA-256 of the key, the vector in front.
func opened(sealed, key string) (called, error) {
	raw, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil || len(raw) < 32 {
		return called{}, errors.New("it is not sealed")
	}
	sum := sha256.Sum256([]byte(key))
	text, err := room.Unseal(sum[:], raw[:16], raw[16:])
	if err != nil {
		return called{}, err
	}
	var got called
	if err := json.Unmarshal(text, &got); err != nil {
		return called{}, errors.New("the sealed text is no JSON")
	}
	return got, nil
}

// proved holds the signature.
func proved(key string, r delivery.Request) error {
	stamp := r.Header.Get("X-Lark-Request-Timestamp")
	if !room.Fresh(stamp, r.At, tolerance) {
		return room.Denied("feishu", "its time is more than 10 minutes from ours, or it is not signed")
	}
	sum := sha256.Sum256([]byte(stamp + r.Header.Get("X-Lark-Request-Nonce") + key + string(r.Body)))
	if !room.Same(hex.EncodeToString(sum[:]), r.Header.Get("X-Lark-Signature")) {
		return room.Denied("feishu", "the signature does not hold")
	}
	return nil
}

// verified compares with the verification token, which stands in the header of an event and
// on the outside of a challenge.
func (c *Channel) verified(got called) error {
	want, err := room.Read(c.app.Token, "verification token of the Feishu app")
	if err != nil {
		return err
	}
	given := got.Header.Token
	if got.Type == "url_verification" {
		given = got.Token
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
	heard.Replies, heard.Yes, heard.No = []delivery.Reply{reply}, answer("success", c.set.Noted(p)), answer("error", c.set.NotStored(p))
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
