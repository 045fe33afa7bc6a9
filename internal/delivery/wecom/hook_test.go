package wecom

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha1" //nolint:gosec // as WeCom does
	"encoding/base64"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/deliverytest"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/id"
)

const aesKey = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"

var at = time.Date(2026, 10, 7, 4, 6, 2, 0, time.UTC)

// their is WeCom's side, written apart from ours.
type their struct{ corp, token string }

func (w their) key() []byte {
	key, _ := base64.StdEncoding.DecodeString(aesKey + "=")
	return key
}

func (w their) sign(parts ...string) string {
	parts = append(parts, w.token)
	sort.Strings(parts)
	return fmt.Sprintf("%x", sha1.Sum([]byte(strings.Join(parts, "")))) //nolint:gosec // as WeCom does
}

func (w their) seal(text string) string {
	plain := "0123456789abcdef" + string(binary.BigEndian.AppendUint32(nil, uint32(len(text)))) + text + w.corp
	pad := 32 - len(plain)%32
	plain += strings.Repeat(string(rune(pad)), pad)
	block, _ := aes.NewCipher(w.key())
	out := make([]byte, len(plain))
	cipher.NewCBCEncrypter(block, w.key()[:16]).CryptBlocks(out, []byte(plain))
	return base64.StdEncoding.EncodeToString(out)
}

func (w their) open(t *testing.T, sealed string) string {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := aes.NewCipher(w.key())
	cipher.NewCBCDecrypter(block, w.key()[:16]).CryptBlocks(raw, raw)
	n := binary.BigEndian.Uint32(raw[16:20])
	return string(raw[20 : 20+n])
}

func (w their) post(text string) delivery.Request {
	stamp, sealed := strconv.FormatInt(at.Unix(), 10), w.seal(text)
	return delivery.Request{
		Method: http.MethodPost, At: at, Query: url.Values{"timestamp": {stamp}, "nonce": {"n1"}, "msg_signature": {w.sign(stamp, "n1", sealed)}},
		Body: []byte("<xml><ToUserName><![CDATA[ww1]]></ToUserName><AgentID>1000002</AgentID><Encrypt><![CDATA[" + sealed + "]]></Encrypt></xml>"),
	}
}

const press = "<xml><ToUserName><![CDATA[ww1]]></ToUserName><FromUserName><![CDATA[li]]></FromUserName><CreateTime>1791345962</CreateTime>" +
	"<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[template_card_event]]></Event><EventKey><![CDATA[ntf_a|need_help|en|duty]]></EventKey>" +
	"<TaskId><![CDATA[ntf_a]]></TaskId><CardType><![CDATA[button_interaction]]></CardType><ResponseCode><![CDATA[c]]></ResponseCode></xml>"

// spoilt gives a copy of a request with one part of its query changed.
func spoilt(name, value string) func(delivery.Request) delivery.Request {
	return func(r delivery.Request) delivery.Request {
		q := url.Values{}
		for k, v := range r.Query {
			q[k] = v
		}
		q.Set(name, value)
		r.Query = q
		return r
	}
}

func TestHookSuite(t *testing.T) {
	t.Parallel()
	wecom := their{"ww1", "s3cret-callback"}
	reply := delivery.Reply{Notification: "ntf_a", From: "duty", Said: delivery.SaidHelp, Text: "li", At: time.Unix(1791345962, 0).UTC()}
	reply.ID = id.Derived("rpl", "wecom", "ntf_a", "li", "1791345962", "ntf_a|need_help|en|duty")
	deliverytest.RunHook(t, deliverytest.HookRig{
		Channel: channel(t, robots(t), map[string]Room{"duty": {Users: []string{"li"}}}),
		Calls: map[string]deliverytest.HookCall{
			"press":       {Request: wecom.post(press), Want: delivery.Heard{Replies: []delivery.Reply{reply}}},
			"other event": {Request: wecom.post("<xml><MsgType>event</MsgType><Event>enter_agent</Event></xml>")},
		},
		Forge: map[string]func(delivery.Request) delivery.Request{
			"signature": spoilt("msg_signature", strings.Repeat("0", 40)), "no signature": spoilt("msg_signature", ""), "nonce": spoilt("nonce", "other"),
			"time": spoilt("timestamp", "1"),
		},
		Garbage: []delivery.Request{wecom.post("no XML"), {Method: http.MethodPost, At: at, Query: wecom.post("").Query, Body: []byte("{")}},
		Secrets: []string{"s3cret", aesKey},
	})
}

func TestPressedButtonIsAReply(t *testing.T) {
	t.Parallel()
	c := channel(t, robots(t), nil)
	wecom := their{"ww1", "s3cret-callback"}
	got, err := c.Hear(t.Context(), wecom.post(press))
	if err != nil || len(got.Replies) != 1 {
		t.Fatalf("%+v %v", got, err)
	}
	r := got.Replies[0]
	if r.Notification != "ntf_a" || r.Said != delivery.SaidHelp || r.From != "duty" || r.ID == "" || r.Text != "li" || r.At.Unix() != 1791345962 {
		t.Errorf("%+v", r)
	}
	again, err := c.Hear(t.Context(), wecom.post(press))
	if err != nil || again.Replies[0].ID != r.ID {
		t.Errorf("the same call counts twice: %v", err)
	}
	var answer struct {
		Encrypt      string
		MsgSignature string
		TimeStamp    string
		Nonce        string
	}
	if err := xml.Unmarshal(got.Yes.Body, &answer); err != nil {
		t.Fatal(err)
	}
	if answer.MsgSignature != wecom.sign(answer.TimeStamp, answer.Nonce, answer.Encrypt) {
		t.Error("WeCom would not take the answer's signature")
	}
	if inside := wecom.open(t, answer.Encrypt); !strings.Contains(inside, "<MsgType>update_button</MsgType>") || !strings.Contains(inside, "Noted: We need help") {
		t.Error(inside)
	}
}

func TestAddressIsProved(t *testing.T) {
	t.Parallel()
	c := channel(t, robots(t), nil)
	wecom := their{"ww1", "s3cret-callback"}
	stamp, sealed := strconv.FormatInt(at.Unix(), 10), wecom.seal("echo 123")
	got, err := c.Hear(t.Context(), delivery.Request{
		Method: http.MethodGet, At: at,
		Query: url.Values{"timestamp": {stamp}, "nonce": {"n"}, "echostr": {sealed}, "msg_signature": {wecom.sign(stamp, "n", sealed)}},
	})
	if err != nil || string(got.Yes.Body) != "echo 123" || got.Yes.Status != http.StatusOK {
		t.Errorf("%+v %v", got, err)
	}
}

func TestForgedCallsDoNotCount(t *testing.T) {
	t.Parallel()
	c := channel(t, robots(t), nil)
	wecom := their{"ww1", "s3cret-callback"}
	late := wecom.post(press)
	late.At = at.Add(time.Hour)
	changed := wecom.post(press)
	changed.Body = []byte("<xml><Encrypt>" + wecom.seal(strings.ReplaceAll(press, "need_help", "have_it")) + "</Encrypt></xml>")
	unsigned := wecom.post(press)
	unsigned.Query.Del("msg_signature")
	for name, r := range map[string]delivery.Request{
		"another token": their{"ww1", "guess"}.post(press), "another company": their{"ww2", "s3cret-callback"}.post(press),
		"late": late, "changed": changed, "unsigned": unsigned, "empty": {Method: http.MethodPost, At: at},
	} {
		if got, err := c.Hear(t.Context(), r); !errors.Is(err, fault.ErrUnauthorised) || len(got.Replies) != 0 {
			t.Errorf("%s: %+v %v", name, got, err)
		}
	}
	for _, h := range append(deliverytest.Hostile(), "<xml><EventKey>x</EventKey></xml>") {
		if got, err := c.Hear(t.Context(), wecom.post(h)); err != nil && !errors.Is(err, fault.ErrInvalid) || len(got.Replies) != 0 {
			t.Errorf("%.20q: %+v %v", h, got, err)
		}
	}
}
