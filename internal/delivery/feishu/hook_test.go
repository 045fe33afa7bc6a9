package feishu

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/deliverytest"
	"watchfire.dev/internal/fault"
)

var at = time.Date(2026, 10, 7, 4, 6, 2, 0, time.UTC)

// call is what Feishu posts, sealed and signed with its algorithms.
func call(key, text string) delivery.Request {
	sum := sha256.Sum256([]byte(key))
	pad := aes.BlockSize - len(text)%aes.BlockSize
	raw := []byte("0123456789abcdef" + text + strings.Repeat(string(rune(pad)), pad))
	block, _ := aes.NewCipher(sum[:])
	cipher.NewCBCEncrypter(block, raw[:16]).CryptBlocks(raw[16:], raw[16:])
	body := `{"encrypt":"` + base64.StdEncoding.EncodeToString(raw) + `"}`
	stamp := fmt.Sprint(at.Unix())
	return delivery.Request{Method: http.MethodPost, At: at, Body: []byte(body), Header: http.Header{
		"X-Lark-Request-Timestamp": {stamp}, "X-Lark-Request-Nonce": {"n1"},
		"X-Lark-Signature": {fmt.Sprintf("%x", sha256.Sum256([]byte(stamp+"n1"+key+body)))},
	}}
}

const press = `{"schema":"2.0","header":{"event_id":"f7984f25","token":"s3cret-verify","create_time":"1791345960000000","event_type":"card.action.trigger","app_id":"cli_1"},` +
	`"event":{"operator":{"open_id":"ou_1"},"token":"c-1","action":{"value":{"press":"ntf_a|cannot|zh|ops"},"tag":"button"},"context":{"open_message_id":"om_1","open_chat_id":"oc_1"}}}`

func TestHookSuite(t *testing.T) {
	t.Parallel()
	with := func(name, value string) func(delivery.Request) delivery.Request {
		return func(r delivery.Request) delivery.Request {
			r.Header = r.Header.Clone()
			r.Header.Set(name, value)
			return r
		}
	}
	reply := delivery.Reply{ID: "f7984f25", Notification: "ntf_a", Remote: "om_1", From: "ops", Said: delivery.SaidCannot, Text: "ou_1", At: time.Unix(1791345960, 0).UTC()}
	deliverytest.RunHook(t, deliverytest.HookRig{
		Channel: channel(t, robots(t), map[string]Room{"ops": {Chat: "oc_1"}}),
		Calls: map[string]deliverytest.HookCall{
			"press":       {Request: call("s3cret-key", press), Want: delivery.Heard{Replies: []delivery.Reply{reply}}},
			"other event": {Request: call("s3cret-key", `{"schema":"2.0","header":{"event_id":"1","event_type":"im.message.receive_v1"}}`)},
		},
		Forge: map[string]func(delivery.Request) delivery.Request{
			"signature": with("X-Lark-Signature", strings.Repeat("0", 64)), "no signature": with("X-Lark-Signature", ""),
			"nonce": with("X-Lark-Request-Nonce", "n2"), "time": with("X-Lark-Request-Timestamp", "1"),
		},
		Garbage: []delivery.Request{call("s3cret-key", "no JSON"), {Body: []byte("{"), At: at}},
		Secrets: []string{"s3cret"},
	})
}

func TestPressedButtonIsAReply(t *testing.T) {
	t.Parallel()
	c := channel(t, robots(t), nil)
	got, err := c.Hear(t.Context(), call("s3cret-key", press))
	if err != nil || len(got.Replies) != 1 {
		t.Fatalf("%+v %v", got, err)
	}
	r := got.Replies[0]
	if r.ID != "f7984f25" || r.Notification != "ntf_a" || r.Said != delivery.SaidCannot || r.From != "ops" || r.Remote != "om_1" || r.At.Unix() != 1791345960 {
		t.Errorf("%+v", r)
	}
	if !strings.Contains(string(got.Yes.Body), `"toast"`) || !strings.Contains(string(got.Yes.Body), "已记录") || !strings.Contains(string(got.No.Body), `"error"`) {
		t.Errorf("%s", got.Yes.Body)
	}
}

func TestChallengeIsAnswered(t *testing.T) {
	t.Parallel()
	c := channel(t, robots(t), nil)
	r := call("s3cret-key", `{"challenge":"ajls","token":"s3cret-verify","type":"url_verification"}`)
	r.Header = http.Header{} // as it comes
	got, err := c.Hear(t.Context(), r)
	if err != nil || string(got.Yes.Body) != `{"challenge":"ajls"}` {
		t.Errorf("%s %v", got.Yes.Body, err)
	}
	c.app.Key = nil
	got, err = c.Hear(t.Context(), delivery.Request{Body: []byte(`{"challenge":"x","token":"guess","type":"url_verification"}`), At: at})
	if !errors.Is(err, fault.ErrUnauthorised) {
		t.Errorf("%s %v", got.Yes.Body, err)
	}
	if got, err := c.Hear(t.Context(), delivery.Request{Body: []byte(press), At: at}); err != nil || len(got.Replies) != 1 {
		t.Errorf("an app without encrypt key: %+v %v", got, err)
	}
}

func TestForgedCallsDoNotCount(t *testing.T) {
	t.Parallel()
	c := channel(t, robots(t), nil)
	late, unsigned := call("s3cret-key", press), call("s3cret-key", press)
	late.At = at.Add(time.Hour)
	unsigned.Header = http.Header{}
	changed := call("s3cret-key", press)
	changed.Body = append(changed.Body, ' ')
	for name, r := range map[string]delivery.Request{
		"another key": call("guess", press), "late": late, "unsigned": unsigned, "changed": changed,
		"open": {Body: []byte(press), At: at, Header: http.Header{}},
	} {
		if got, err := c.Hear(t.Context(), r); !errors.Is(err, fault.ErrUnauthorised) || len(got.Replies) != 0 {
			t.Errorf("%s: %+v %v", name, got, err)
		}
	}
	for _, h := range append(deliverytest.Hostile(), `{"header":{"event_type":"card.action.trigger","event_id":"1"},"event":{"action":{"value":{"press":"x"}}}}`) {
		got, err := c.Hear(t.Context(), call("s3cret-key", h))
		if err != nil && !errors.Is(err, fault.ErrInvalid) && !errors.Is(err, fault.ErrUnauthorised) || len(got.Replies) != 0 {
			t.Errorf("%.20q: %+v %v", h, got, err)
		}
	}
}
