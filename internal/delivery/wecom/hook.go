package wecom

import (
	"context"
	"crypto/sha1" //nolint:gosec // WeCom's signature is defined on it
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/xml"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/room"
	"watchfire.dev/internal/id"
)

// tolerance is how far the time of a call may be from ours.
const tolerance = 10 * time.Minute

// envelope is the outside of a call.
type envelope struct {
	XMLName xml.Name `xml:"xml"`
	Encrypt string   `xml:"Encrypt"`
}

// event is the inside of a call when a button was pressed.
type event struct {
	To       string `xml:"ToUserName"`
	From     string `xml:"FromUserName"`
	Created  int64  `xml:"CreateTime"` // seconds since 1970
	Type     string `xml:"MsgType"`
	Event    string `xml:"Event"`
	Key      string `xml:"EventKey"`
	Task     string `xml:"TaskId"`
	CardType string `xml:"CardType"`
}

// keys are what the callback is signed and sealed with.
type keys struct {
	token string
	aes   []byte
}

// Hear implements delivery.Hook: WeCom asks once whether the address is ours (GET) and then
// posts each pressed button.
func (c *Channel) Hear(_ context.Context, r delivery.Request) (delivery.Heard, error) {
	k, err := c.keys()
	if err != nil {
		return delivery.Heard{}, err
	}
	if !room.Fresh(r.Query.Get("timestamp"), r.At, tolerance) {
		return delivery.Heard{}, room.Denied("wecom", "its time is more than 10 minutes from ours")
	}
	sealed := r.Query.Get("echostr")
	if r.Method == http.MethodPost {
		var e envelope
		if err := xml.Unmarshal(r.Body, &e); err != nil {
			return delivery.Heard{}, room.Unread("wecom", "no XML")
		}
		sealed = e.Encrypt
	}
	if !room.Same(k.sign(r.Query.Get("timestamp"), r.Query.Get("nonce"), sealed), r.Query.Get("msg_signature")) {
		return delivery.Heard{}, room.Denied("wecom", "the signature does not hold")
	}
	text, err := k.open(sealed, c.app.Corp)
	if err != nil {
		return delivery.Heard{}, err
	}
	if r.Method != http.MethodPost {
		return delivery.Heard{Yes: delivery.Answer{Status: http.StatusOK, Type: "text/plain; charset=utf-8", Body: text}}, nil
	}
	var e event
	if err := xml.Unmarshal(text, &e); err != nil {
		return delivery.Heard{}, room.Unread("wecom", "the sealed text is no XML")
	}
	return c.pressed(k, e, r)
}

// pressed reads the event. What is no button of ours is taken and forgotten.
func (c *Channel) pressed(k keys, e event, r delivery.Request) (delivery.Heard, error) {
	heard := delivery.Heard{Yes: delivery.Answer{Status: http.StatusOK}, No: delivery.Answer{Status: http.StatusServiceUnavailable}}
	p, ok := room.ReadPress(e.Key)
	if e.Type != "event" || e.Event != "template_card_event" || !ok {
		return heard, nil
	}
	stamp := strconv.FormatInt(e.Created, 10)
	heard.Replies = []delivery.Reply{p.Reply(id.Derived("rpl", "wecom", e.Task, e.From, stamp, e.Key), e.From, time.Unix(e.Created, 0).UTC())}
	body, err := c.answer(k, e, c.set.Noted(p), r.At)
	if err != nil {
		return delivery.Heard{}, err
	}
	heard.Yes = delivery.Answer{Status: http.StatusOK, Type: "application/xml; charset=utf-8", Body: body}
	return heard, nil
}

// answer is the sealed reply that shows the presser, in place of the buttons, what was noted.
func (c *Channel) answer(k keys, e event, noted string, at time.Time) ([]byte, error) {
	type button struct {
		Name string `xml:"ReplaceName"`
	}
	inside, err := xml.Marshal(struct {
		XMLName xml.Name `xml:"xml"`
		To      string   `xml:"ToUserName"`
		From    string   `xml:"FromUserName"`
		Created int64    `xml:"CreateTime"`
		Type    string   `xml:"MsgType"`
		Button  button   `xml:"Button"`
	}{To: e.From, From: e.To, Created: at.Unix(), Type: "update_button", Button: button{noted}})
	if err != nil {
		return nil, room.Unread("wecom", "its names cannot be written back")
	}
	sealed, err := k.seal(inside, c.app.Corp)
	if err != nil {
		return nil, err
	}
	stamp, nonce := strconv.FormatInt(at.Unix(), 10), id.Derived("n", k.token, string(inside))
	return xml.Marshal(struct {
		XMLName   xml.Name `xml:"xml"`
		Encrypt   string   `xml:"Encrypt"`
		Signature string   `xml:"MsgSignature"`
		Stamp     string   `xml:"TimeStamp"`
		Nonce     string   `xml:"Nonce"`
	}{Encrypt: sealed, Signature: k.sign(stamp, nonce, sealed), Stamp: stamp, Nonce: nonce})
}

func (c *Channel) keys() (keys, error) {
	token, err := room.Read(c.app.Token, "token of the WeCom callback")
	if err != nil {
		return keys{}, err
	}
	text, err := room.Read(c.app.AESKey, "AES key of the WeCom callback")
	if err != nil {
		return keys{}, err
	}
	key, err := base64.StdEncoding.DecodeString(text + "=")
	if err != nil || len(key) != 32 {
		return keys{}, room.Unread("wecom", "the AES key of the callback is not of 43 letters and digits")
	}
	return keys{token, key}, nil
}

// sign is WeCom's signature: SHA-1 of the sorted parts, in hexadecimal.
func (k keys) sign(stamp, nonce, sealed string) string {
	parts := []string{k.token, stamp, nonce, sealed}
	slices.Sort(parts)
	sum := sha1.Sum([]byte(strings.Join(parts, ""))) //nolint:gosec // as defined
	return hex.EncodeToString(sum[:])
}

// open unseals: 16 random bytes, a length, the text, and for whom it is.
func (k keys) open(sealed, corp string) ([]byte, error) {
	raw, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil {
		return nil, room.Unread("wecom", "the sealed text is no base64")
	}
	text, err := room.Unseal(k.aes, k.aes[:16], raw)
	if err != nil || len(text) < 20 {
		return nil, room.Unread("wecom", "the sealed text cannot be opened")
	}
	n := uint64(binary.BigEndian.Uint32(text[16:20]))
	if n > uint64(len(text)-20) {
		return nil, room.Unread("wecom", "the sealed text is shorter than it says")
	}
	if string(text[20+n:]) != corp {
		return nil, room.Denied("wecom", "it is for another company")
	}
	return text[20 : 20+n], nil
}

func (k keys) seal(text []byte, corp string) (string, error) {
	head := make([]byte, 20, 20+len(text)+len(corp))
	copy(head, id.Derived("", k.token, string(text))[1:17]) // not to be guessed, and the same when a call comes twice
	binary.BigEndian.PutUint32(head[16:], uint32(len(text)))
	raw, err := room.Seal(k.aes, k.aes[:16], append(append(head, text...), corp...), 32)
	if err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(raw), nil
}
