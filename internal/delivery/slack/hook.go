package slack

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/httpfault"
	"watchfire.dev/internal/delivery/room"
	"watchfire.dev/internal/id"
)

// tolerance is how old a call may be, as Slack advises.
const tolerance = 5 * time.Minute

// payload is what an interactive message posts to us.
type payload struct {
	Type string `json:"type"`
	User struct {
		ID string `json:"id"`
	} `json:"user"`
	Container struct {
		Channel string `json:"channel_id"`
		Message string `json:"message_ts"`
	} `json:"container"`
	ResponseURL string `json:"response_url"`
	Actions     []struct {
		ID    string `json:"action_id"`
		Value string `json:"value"`
		TS    string `json:"action_ts"` // seconds since 1970, with a fraction
	} `json:"actions"`
}

// Hear implements delivery.Hook. The signature is the HMAC-SHA256 of "v0", time and body
// under the signing secret.
func (c *Channel) Hear(_ context.Context, r delivery.Request) (delivery.Heard, error) {
	secret, err := room.Read(c.app.Signing, "signing secret of the Slack app")
	if err != nil {
		return delivery.Heard{}, err
	}
	stamp := r.Header.Get("X-Slack-Request-Timestamp")
	if !room.Fresh(stamp, r.At, tolerance) {
		return delivery.Heard{}, room.Denied("slack", "its time is more than 5 minutes from ours")
	}
	want := "v0=" + hex.EncodeToString(room.MAC([]byte(secret), []byte("v0:"+stamp+":"+string(r.Body))))
	if !room.Same(want, r.Header.Get("X-Slack-Signature")) {
		return delivery.Heard{}, room.Denied("slack", "the signature does not hold")
	}
	form, err := url.ParseQuery(string(r.Body))
	if err != nil {
		return delivery.Heard{}, room.Unread("slack", "no form")
	}
	var p payload
	if err := json.Unmarshal([]byte(form.Get("payload")), &p); err != nil {
		return delivery.Heard{}, room.Unread("slack", "its payload is no JSON")
	}
	return c.pressed(p, r.At), nil
}

// pressed reads the buttons. A button that opened a page is reported too and says nothing.
func (c *Channel) pressed(p payload, now time.Time) delivery.Heard {
	heard := delivery.Heard{Yes: delivery.Answer{Status: http.StatusOK}, No: delivery.Answer{Status: http.StatusServiceUnavailable}}
	if p.Type != "block_actions" {
		return heard
	}
	var noted []string
	for _, a := range p.Actions {
		press, ok := room.ReadPress(a.Value)
		if !ok || !strings.HasPrefix(a.ID, "answer_") {
			continue
		}
		reply := press.Reply(id.Derived("rpl", "slack", p.Container.Channel, p.Container.Message, p.User.ID, a.TS, a.Value), p.User.ID, moment(a.TS, now))
		heard.Replies = append(heard.Replies, reply)
		noted = append(noted, c.set.Noted(press))
	}
	if len(noted) > 0 && p.ResponseURL != "" {
		heard.After = func(ctx context.Context) error { return c.show(ctx, p, strings.Join(noted, " · ")) }
	}
	return heard
}

// show tells the room who answered what. The address comes from Slack, under its signature.
func (c *Channel) show(ctx context.Context, p payload, noted string) error {
	text := escape.Replace(httpfault.Line(noted, 200))
	if by := httpfault.Line(p.User.ID, 40); by != "" && strings.Trim(by, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == "" {
		text = "<@" + by + ">: " + text
	}
	raw, err := json.Marshal(map[string]any{
		"response_type": "in_channel", "replace_original": false, "thread_ts": p.Container.Message, "text": text,
	})
	if err != nil {
		return err
	}
	got, err := httpfault.Call(ctx, c.client, http.MethodPost, p.ResponseURL, http.Header{"Content-Type": {"application/json; charset=utf-8"}}, raw)
	if err == nil && got.Status >= 300 {
		err = got.Fault(c.now())
	}
	return err
}

func moment(ts string, now time.Time) time.Time {
	seconds, _, _ := strings.Cut(ts, ".")
	s, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil || s <= 0 || s > now.Unix()+60 {
		return now
	}
	return time.Unix(s, 0).UTC()
}
