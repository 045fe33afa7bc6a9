package slack

import (
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/deliverytest"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/id"
)

var at = time.Date(2026, 10, 7, 4, 6, 2, 0, time.UTC)

// call is what Slack posts, signed with its algorithm.
func call(secret, payload string) delivery.Request {
	body := url.Values{"payload": {payload}}.Encode()
	stamp := fmt.Sprint(at.Unix())
	h := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(h, "v0:%s:%s", stamp, body)
	return delivery.Request{Method: http.MethodPost, At: at, Body: []byte(body), Header: http.Header{
		"X-Slack-Request-Timestamp": {stamp}, "X-Slack-Signature": {fmt.Sprintf("v0=%x", h.Sum(nil))},
	}}
}

func press(value, responseURL string) string {
	return `{"type":"block_actions","user":{"id":"U024BE7LH","username":"li"},"container":{"type":"message","message_ts":"100.1","channel_id":"C01"},` +
		`"response_url":"` + responseURL + `","actions":[{"action_id":"open","value":""},{"action_id":"answer_have_it","value":"` + value + `","action_ts":"1791345960.7"}]}`
}

func TestHookSuite(t *testing.T) {
	t.Parallel()
	with := func(name, value string) func(delivery.Request) delivery.Request {
		return func(r delivery.Request) delivery.Request {
			r.Header = r.Header.Clone()
			r.Header.Set(name, value)
			return r
		}
	}
	value := "ntf_a|have_it|en|ops"
	reply := delivery.Reply{Notification: "ntf_a", From: "ops", Said: delivery.SaidHaveIt, Text: "U024BE7LH", At: time.Unix(1791345960, 0).UTC()}
	reply.ID = id.Derived("rpl", "slack", "C01", "100.1", "U024BE7LH", "1791345960.7", value)
	deliverytest.RunHook(t, deliverytest.HookRig{
		Channel: channel(t, server(t), ops()),
		Calls: map[string]deliverytest.HookCall{
			"press":       {Request: call("s3cret-signing", press(value, "https://hooks.slack.com/x")), Want: delivery.Heard{Replies: []delivery.Reply{reply}}},
			"opened page": {Request: call("s3cret-signing", press("", ""))}, "shortcut": {Request: call("s3cret-signing", `{"type":"shortcut"}`)},
		},
		Forge: map[string]func(delivery.Request) delivery.Request{
			"signature": with("X-Slack-Signature", "v0="+strings.Repeat("0", 64)), "no signature": with("X-Slack-Signature", ""),
			"time": with("X-Slack-Request-Timestamp", fmt.Sprint(at.Unix()+1)), "old": with("X-Slack-Request-Timestamp", fmt.Sprint(at.Unix()-301)),
			"body": func(r delivery.Request) delivery.Request { r.Body = append([]byte("x"), r.Body...); return r },
		},
		Garbage: []delivery.Request{call("s3cret-signing", "{"), call("s3cret-signing", "")},
		Secrets: []string{"s3cret"},
	})
}

func TestPressedButtonIsAReply(t *testing.T) {
	t.Parallel()
	end := deliverytest.NewHTTPEnd(t, "")
	c := channel(t, server(t), ops())
	got, err := c.Hear(t.Context(), call("s3cret-signing", press("ntf_a|have_it|zh|ops", end.URL)))
	if err != nil || len(got.Replies) != 1 || got.Yes.Status != http.StatusOK || got.No.Status < 500 {
		t.Fatalf("%+v %v", got, err)
	}
	r := got.Replies[0]
	if r.Notification != "ntf_a" || r.Said != delivery.SaidHaveIt || r.From != "ops" || r.Text != "U024BE7LH" || r.At.Unix() != 1791345960 || r.ID == "" {
		t.Errorf("%+v", r)
	}
	if err := got.After(t.Context()); err != nil {
		t.Fatal(err)
	}
	if body := string(end.Calls()[0].Body); !strings.Contains(body, "已记录") || !strings.Contains(body, "U024BE7LH") || !strings.Contains(body, `"replace_original":false`) {
		t.Error(body)
	}
}

func TestForgedCallsDoNotCount(t *testing.T) {
	t.Parallel()
	c := channel(t, server(t), ops())
	good := press("ntf_a|have_it|en|ops", "")
	old, changed, bare := call("s3cret-signing", good), call("s3cret-signing", good), call("s3cret-signing", good)
	old.At = at.Add(6 * time.Minute)
	changed.Body = append(changed.Body, '&')
	bare.Header = http.Header{}
	for name, r := range map[string]delivery.Request{"old": old, "changed": changed, "bare": bare, "guess": call("guess", good)} {
		if got, err := c.Hear(t.Context(), r); !errors.Is(err, fault.ErrUnauthorised) || len(got.Replies) != 0 {
			t.Errorf("%s: %+v %v", name, got, err)
		}
	}
	for _, value := range append(deliverytest.Hostile(), "ntf_a|stop|en|ops", "ntf_a|have_it|en", "a|have_it|en|o ps") {
		got, err := c.Hear(t.Context(), call("s3cret-signing", press(strings.ReplaceAll(value, `"`, ""), "")))
		if err != nil && !errors.Is(err, fault.ErrInvalid) || len(got.Replies) != 0 {
			t.Errorf("%.20q: %+v %v", value, got, err)
		}
	}
}
