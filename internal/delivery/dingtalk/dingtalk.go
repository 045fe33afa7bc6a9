// Package dingtalk brings warnings into rooms of DingTalk (钉钉) through their robots, signed
// as DingTalk asks, with buttons that open the answer page. It promises that each error code
// is told apart and that neither the robot's token nor its secret gets into an error. Robots
// hear nothing, so nobody can answer in the room itself.
package dingtalk

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/httpfault"
	"watchfire.dev/internal/delivery/room"
	"watchfire.dev/internal/response"
)

// A Room is a group with our robot in it.
type Room struct {
	Webhook room.Secret // https://oapi.dingtalk.com/robot/send?access_token=…
	Secret  room.Secret // SEC…; nil = the robot is kept by keywords or addresses
}

// A Channel is the channel "dingtalk". It is safe for use by many goroutines.
type Channel struct {
	client *http.Client
	rooms  map[string]Room
	set    room.Setter
	now    clock.Clock
}

// maxText is what a card may hold, in bytes.
const maxText = 5000

// New returns the channel. The client decides which hosts may be reached.
func New(client *http.Client, rooms map[string]Room, set room.Setter, now clock.Clock) *Channel {
	return &Channel{client: client, rooms: rooms, set: set, now: now}
}

// Name is "dingtalk".
func (c *Channel) Name() string { return "dingtalk" }

// Able implements delivery.Abled.
func (c *Channel) Able() delivery.Ability { return delivery.Ability{Form: delivery.Chat} }

// Send implements delivery.Channel.
func (c *Channel) Send(ctx context.Context, m delivery.Message) (delivery.Receipt, error) {
	r, err := room.At(c.rooms, m.Address)
	if err != nil {
		return delivery.Receipt{}, err
	}
	address, err := c.address(r, m.Address)
	if err != nil {
		return delivery.Receipt{}, err
	}
	var got struct {
		Code    int    `json:"errcode"`
		Message string `json:"errmsg"`
	}
	reply, err := room.Ask(ctx, c.client, room.Call{URL: address, Key: m.Key, Body: body(c.set.Set(m))}, c.now(), &got)
	switch {
	case err != nil:
		return delivery.Receipt{}, err
	case got.Code != 0:
		kind, wait := meaning(got.Code)
		return delivery.Receipt{}, httpfault.Fail(kind, wait, "%s answered %d: %s", reply.Host(), got.Code, httpfault.Line(got.Message, 120))
	case reply.Status >= 300:
		return delivery.Receipt{}, reply.Fault(c.now())
	}
	return delivery.Receipt{State: response.Sent, Detail: "0 " + httpfault.Line(got.Message, 60)}, nil
}

// Test implements delivery.Tester.
func (c *Channel) Test(ctx context.Context, m delivery.Message) (delivery.Receipt, error) {
	return c.Send(ctx, m)
}

// address is the robot's address with the time in milliseconds and, if it has a secret, the
// HMAC-SHA256 of time, line feed and secret under the secret.
func (c *Channel) address(r Room, name string) (string, error) {
	text, err := room.Read(r.Webhook, "webhook of the room "+name)
	if err != nil {
		return "", err
	}
	u, err := httpfault.Address(text)
	if err != nil {
		return "", httpfault.Fail(delivery.Misset, 0, "webhook of the room %s: %w", name, err)
	}
	if r.Secret == nil {
		return text, nil
	}
	secret, err := room.Read(r.Secret, "secret of the room "+name)
	if err != nil {
		return "", err
	}
	stamp := strconv.FormatInt(c.now().UnixMilli(), 10)
	q := u.Query()
	q.Set("timestamp", stamp)
	q.Set("sign", base64.StdEncoding.EncodeToString(room.MAC([]byte(secret), []byte(stamp+"\n"+secret))))
	u.RawQuery = q.Encode()
	return u.String(), nil
}

// body is a card with a button for each answer, or markdown where there is nothing to open.
func body(card room.Card) map[string]any {
	var buttons []map[string]string
	for _, b := range card.Buttons {
		if b.URL != "" {
			buttons = append(buttons, map[string]string{"title": b.Label, "actionURL": opened(b.URL)})
		}
	}
	title, text := card.Title, card.Markdown(maxText, false)
	if len(buttons) == 0 {
		return map[string]any{"msgtype": "markdown", "markdown": map[string]string{"title": title, "text": text}}
	}
	return map[string]any{"msgtype": "actionCard", "actionCard": map[string]any{"title": title, "text": text, "btnOrientation": "0", "btns": buttons}}
}

// opened makes the desktop program open a page in the browser, where people are signed in,
// rather than in its own pane.
func opened(page string) string {
	return "dingtalk://dingtalkclient/page/link?url=" + url.QueryEscape(page) + "&pc_slide=false"
}

// meaning says what an error code means, after DingTalk's tables for robots.
func meaning(code int) (delivery.FaultKind, time.Duration) {
	switch code {
	case -1: // busy
		return delivery.Retry, 0
	case 130101, 130102, 410100, 90018: // 20 a minute for a robot
		return delivery.Overload, time.Minute
	case 400013, 400106: // the group was dissolved; the robot is no longer in it
		return delivery.Dead, 0
	case 310000, 300001, 300005, 40014, 400101, 400102, 43004: // keywords, sign or address list; token; robot switched off
		return delivery.Misset, 0
	default: // 40035 and 400105: the body; 430101 to 430104: links or words that DingTalk does not let pass
		return delivery.Refused, 0
	}
}
