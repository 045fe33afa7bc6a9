// Package slack brings warnings into Slack: through an app with a bot token, whose buttons
// call back and whose updates renew the card and answer in its thread, or through an incoming
// webhook, whose buttons are links. It promises that each of Slack's errors is told apart,
// that a call counts only under Slack's signature of the last five minutes, and that an
// update goes out even when the earlier card cannot be renewed. It reads no conversations.
package slack

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/httpfault"
	"watchfire.dev/internal/delivery/room"
	"watchfire.dev/internal/response"
)

// A Room is a conversation that the app was invited to, or one behind an incoming webhook.
type Room struct {
	Conversation string      // C0123…
	Webhook      room.Secret // https://hooks.slack.com/services/…; nil = the app
}

// App is the Slack app of rooms without a webhook.
type App struct {
	API     string      // https://slack.com/api
	Token   room.Secret // xoxb-…, with chat:write
	Signing room.Secret // signing secret of its interactivity; nil = buttons open the page
}

// A Channel is the channel "slack". It is safe for use by many goroutines.
type Channel struct {
	client *http.Client
	app    App
	rooms  map[string]Room
	set    room.Setter
	now    clock.Clock
}

// New returns the channel. The client decides which hosts may be reached.
func New(client *http.Client, app App, rooms map[string]Room, set room.Setter, now clock.Clock) *Channel {
	return &Channel{client: client, app: app, rooms: rooms, set: set, now: now}
}

// Name is "slack".
func (c *Channel) Name() string { return "slack" }

// Able implements delivery.Abled: what every room can.
func (c *Channel) Able() delivery.Ability {
	app := len(c.rooms) > 0
	for _, r := range c.rooms {
		app = app && r.Webhook == nil
	}
	return delivery.Ability{Form: delivery.Chat, Answers: app && c.app.Signing != nil, Threads: app, Edits: app}
}

// Send implements delivery.Channel.
func (c *Channel) Send(ctx context.Context, m delivery.Message) (delivery.Receipt, error) {
	r, err := room.At(c.rooms, m.Address)
	if err != nil {
		return delivery.Receipt{}, err
	}
	if r.Webhook != nil {
		return c.hook(ctx, r, m)
	}
	return c.post(ctx, r, m)
}

// Test implements delivery.Tester.
func (c *Channel) Test(ctx context.Context, m delivery.Message) (delivery.Receipt, error) {
	return c.Send(ctx, m)
}

// said is what the interface answers; its status is 200 but for too many calls.
type said struct {
	OK      bool   `json:"ok"`
	Error   string `json:"error"`
	Channel string `json:"channel"`
	TS      string `json:"ts"` // time of the message, which is its id
}

// post posts a message; an update goes into the thread of the first, is shown in the room
// too, and renews the first's card.
func (c *Channel) post(ctx context.Context, r Room, m delivery.Message) (delivery.Receipt, error) {
	card := c.set.Set(m)
	body := c.body(card, c.app.Signing != nil)
	body["channel"], body["unfurl_links"], body["unfurl_media"] = r.Conversation, false, false
	body["metadata"] = map[string]any{"event_type": "watchfire_notification", "event_payload": map[string]string{"notification": httpfault.Line(m.Key, 200)}}
	conversation, root, threaded := strings.Cut(room.Parent(m), "/")
	if threaded = threaded && root != ""; threaded {
		body["channel"], body["thread_ts"], body["reply_broadcast"] = conversation, root, true
	}
	got, err := c.ask(ctx, "chat.postMessage", body)
	if err == nil && !got.OK && threaded && lost(got.Error) {
		threaded = false
		body["channel"] = r.Conversation
		delete(body, "thread_ts")
		delete(body, "reply_broadcast")
		got, err = c.ask(ctx, "chat.postMessage", body)
	}
	if err == nil {
		err = got.fault()
	}
	if err != nil {
		return delivery.Receipt{}, err
	}
	if !threaded {
		return delivery.Receipt{State: response.Sent, Remote: room.Remote(m, got.Channel+"/"+got.TS), Detail: "ok " + httpfault.Line(got.TS, 40)}, nil
	}
	out := delivery.Receipt{State: response.Sent, Remote: m.Parent, Detail: "ok " + httpfault.Line(got.TS, 40) + " in the thread"}
	if note := c.renew(ctx, conversation, root, card); note != "" {
		out.Detail += "; " + note
	}
	return out, nil
}

// renew shows the newest state on the first card. The room has been told already.
func (c *Channel) renew(ctx context.Context, conversation, root string, card room.Card) string {
	body := c.body(card, c.app.Signing != nil)
	body["channel"], body["ts"] = conversation, root
	got, err := c.ask(ctx, "chat.update", body)
	if err == nil {
		err = got.fault()
	}
	if err != nil {
		return "first card: " + httpfault.Line(err.Error(), 100)
	}
	return ""
}

func (c *Channel) ask(ctx context.Context, method string, body any) (said, error) {
	token, err := room.Read(c.app.Token, "token of the Slack app")
	if err != nil {
		return said{}, err
	}
	var got said
	reply, err := room.Ask(ctx, c.client, room.Call{URL: c.app.API + "/" + method, Bearer: token, Body: body}, c.now(), &got)
	if err == nil && !got.OK && got.Error == "" {
		return got, reply.Fault(c.now())
	}
	return got, err
}

// hook posts to an incoming webhook, which answers "ok" or a word.
func (c *Channel) hook(ctx context.Context, r Room, m delivery.Message) (delivery.Receipt, error) {
	address, err := room.Read(r.Webhook, "webhook of the room "+m.Address)
	if err != nil {
		return delivery.Receipt{}, err
	}
	if _, err := httpfault.Address(address); err != nil {
		return delivery.Receipt{}, httpfault.Fail(delivery.Misset, 0, "webhook of the room %s: %w", m.Address, err)
	}
	raw, err := json.Marshal(c.body(c.set.Set(m), false))
	if err != nil {
		return delivery.Receipt{}, httpfault.Fail(delivery.Refused, 0, "write the message: %w", err)
	}
	h := http.Header{"Content-Type": {"application/json; charset=utf-8"}, "User-Agent": {"Watchfire/1"}, "Idempotency-Key": {httpfault.Line(m.Key, 200)}}
	got, err := httpfault.Call(ctx, c.client, http.MethodPost, address, h, raw)
	if err != nil {
		return delivery.Receipt{}, err
	}
	if got.Status >= 200 && got.Status < 300 {
		return delivery.Receipt{State: response.Sent, Detail: got.Line()}, nil
	}
	if kind := hooked(got); kind != "" {
		return delivery.Receipt{}, httpfault.Fail(kind, 0, "%s answered %s", got.Host(), got.Line())
	}
	return delivery.Receipt{}, got.Fault(c.now())
}
