// Package feishu brings warnings into rooms of Feishu (飞书) and Lark: through a custom robot
// with its signature, whose buttons are links, or through an app's bot, whose buttons call
// back and whose updates renew the card and answer it. It promises that each error code is
// told apart, that a repeat of the app's message carries the same id (Feishu shows it once
// within the hour), and that a call counts only under the app's key. It reads no chats.
package feishu

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/httpfault"
	"watchfire.dev/internal/delivery/room"
	"watchfire.dev/internal/id"
	"watchfire.dev/internal/response"
)

// A Room is a group with a custom robot, or one that the app's bot is in.
type Room struct {
	Webhook room.Secret // https://open.feishu.cn/open-apis/bot/v2/hook/…; nil = the app
	Secret  room.Secret // of the robot's signature; nil = kept by keywords or addresses
	Chat    string      // oc_…, for the app
}

// App is the app whose bot tells rooms without a robot.
type App struct {
	API    string // https://open.feishu.cn or https://open.larksuite.com
	ID     string // cli_…
	Secret room.Secret
	Token  room.Secret // verification token of its callbacks
	Key    room.Secret // encrypt key of its callbacks; nil = the token alone proves them
}

// A Channel is the channel "feishu". It is safe for use by many goroutines.
type Channel struct {
	client *http.Client
	app    App
	rooms  map[string]Room
	set    room.Setter
	now    clock.Clock
	token  *room.Token
}

// New returns the channel. The client decides which hosts may be reached.
func New(client *http.Client, app App, rooms map[string]Room, set room.Setter, now clock.Clock) *Channel {
	return &Channel{client: client, app: app, rooms: rooms, set: set, now: now, token: &room.Token{}}
}

// Name is "feishu".
func (c *Channel) Name() string { return "feishu" }

// Able implements delivery.Abled: what every room can.
func (c *Channel) Able() delivery.Ability {
	app := len(c.rooms) > 0
	for _, r := range c.rooms {
		app = app && r.Webhook == nil
	}
	return delivery.Ability{Form: delivery.Chat, Answers: app && c.calledBack(), Threads: app, Edits: app}
}

func (c *Channel) calledBack() bool { return c.app.Token != nil || c.app.Key != nil }

// Send implements delivery.Channel.
func (c *Channel) Send(ctx context.Context, m delivery.Message) (delivery.Receipt, error) {
	r, err := room.At(c.rooms, m.Address)
	if err != nil {
		return delivery.Receipt{}, err
	}
	if r.Webhook != nil {
		return c.robot(ctx, r, m)
	}
	return c.post(ctx, r, m)
}

// Test implements delivery.Tester.
func (c *Channel) Test(ctx context.Context, m delivery.Message) (delivery.Receipt, error) {
	return c.Send(ctx, m)
}

// robot posts to the robot's address. Its signature is the HMAC-SHA256 of nothing under time,
// line feed and secret.
func (c *Channel) robot(ctx context.Context, r Room, m delivery.Message) (delivery.Receipt, error) {
	address, err := room.Read(r.Webhook, "webhook of the room "+m.Address)
	if err != nil {
		return delivery.Receipt{}, err
	}
	body := map[string]any{"msg_type": "interactive", "card": card(c.set.Set(m), false)}
	if r.Secret != nil {
		secret, err := room.Read(r.Secret, "secret of the room "+m.Address)
		if err != nil {
			return delivery.Receipt{}, err
		}
		stamp := strconv.FormatInt(c.now().Unix(), 10)
		body["timestamp"], body["sign"] = stamp, base64.StdEncoding.EncodeToString(room.MAC([]byte(stamp+"\n"+secret), nil))
	}
	got, err := c.ask(ctx, room.Call{URL: address, Key: m.Key, Body: body})
	if err != nil {
		return delivery.Receipt{}, err
	}
	return delivery.Receipt{State: response.Sent, Detail: got.line()}, nil
}

// post sends with the app's bot; an update answers the first message and renews its card.
func (c *Channel) post(ctx context.Context, r Room, m delivery.Message) (delivery.Receipt, error) {
	raw, err := json.Marshal(card(c.set.Set(m), c.calledBack()))
	if err != nil {
		return delivery.Receipt{}, httpfault.Fail(delivery.Refused, 0, "write the card: %w", err)
	}
	body := map[string]any{"receive_id": r.Chat, "msg_type": "interactive", "content": string(raw), "uuid": once(m.Key)}
	send := func(path string) (said, error) { return c.signed(ctx, http.MethodPost, path, body) }
	const fresh = "messages?receive_id_type=chat_id"
	parent := ""
	if earlier := room.Parent(m); strings.Trim(earlier, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == "" {
		parent = earlier
	}
	var got said
	if parent != "" {
		got, err = send("messages/" + url.PathEscape(parent) + "/reply")
		if lost(got.Code) {
			parent = ""
		}
	}
	if parent == "" {
		got, err = send(fresh)
	}
	if err != nil {
		return delivery.Receipt{}, err
	}
	if parent == "" {
		return delivery.Receipt{State: response.Sent, Remote: room.Remote(m, got.Data.MessageID), Detail: got.line()}, nil
	}
	out := delivery.Receipt{State: response.Sent, Remote: parent, Detail: got.line() + " as answer"}
	if _, err := c.signed(ctx, http.MethodPatch, "messages/"+url.PathEscape(parent), map[string]string{"content": string(raw)}); err != nil {
		out.Detail += "; first card: " + httpfault.Line(err.Error(), 100) // the room has been told already
	}
	return out, nil
}

// once is the id by which Feishu knows a repeat: at most 50 characters.
func once(key string) string {
	if key == "" || len(key) > 50 || strings.Trim(strings.ToLower(key), "abcdefghijklmnopqrstuvwxyz0123456789_-") != "" {
		return id.Derived("ntf", key)
	}
	return key
}

// signed calls the app's interface. A token that was taken back is asked for anew, once.
func (c *Channel) signed(ctx context.Context, method, path string, body any) (said, error) {
	for again := false; ; again = true {
		token, err := c.token.Get(c.now(), func() (string, time.Duration, error) { return c.login(ctx) })
		if err != nil {
			return said{}, err
		}
		got, err := c.ask(ctx, room.Call{Method: method, URL: c.app.API + "/open-apis/im/v1/" + path, Bearer: token, Body: body})
		if got.expired() && !again {
			c.token.Drop(token)
			continue
		}
		return got, err
	}
}

func (c *Channel) ask(ctx context.Context, call room.Call) (said, error) {
	var got said
	reply, err := room.Ask(ctx, c.client, call, c.now(), &got)
	if err == nil {
		err = got.fault(reply, c.now())
	}
	return got, err
}

// login asks for the app's access token.
func (c *Channel) login(ctx context.Context) (string, time.Duration, error) {
	secret, err := room.Read(c.app.Secret, "secret of the Feishu app")
	if err != nil {
		return "", 0, err
	}
	got, err := c.ask(ctx, room.Call{
		URL: c.app.API + "/open-apis/auth/v3/tenant_access_token/internal", Body: map[string]string{"app_id": c.app.ID, "app_secret": secret},
	})
	if err != nil {
		return "", 0, err
	}
	if got.Token == "" {
		return "", 0, httpfault.Fail(delivery.Retry, 0, "Feishu gave no access token")
	}
	return got.Token, time.Duration(got.Expire) * time.Second, nil
}
