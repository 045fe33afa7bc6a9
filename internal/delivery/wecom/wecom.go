// Package wecom brings warnings into rooms of WeCom (企业微信): through a group robot, whose
// buttons are links, or as message of an application to users, parties and tags, whose
// buttons call back. It promises that the meaning of each error code is told apart, that a
// call counts only when WeCom's signature holds, and that a repeat carries the same task.
// It reads no messages of rooms and stores nothing but its access token.
package wecom

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/httpfault"
	"watchfire.dev/internal/delivery/room"
	"watchfire.dev/internal/response"
)

// A Room is a group with our robot in it, or those whom the application tells.
type Room struct {
	Webhook room.Secret // of the robot; nil = the application
	Users   []string    // user ids
	Parties []string    // department ids
	Tags    []string
}

// App is the application that tells rooms without a robot.
type App struct {
	API    string // https://qyapi.weixin.qq.com, or that of a private installation
	Corp   string
	Agent  int
	Secret room.Secret
	Token  room.Secret // of the callback; nil = buttons open the page
	AESKey room.Secret // of the callback, 43 characters
}

// A Channel is the channel "wecom". It is safe for use by many goroutines.
type Channel struct {
	client *http.Client
	app    App
	rooms  map[string]Room
	set    room.Setter
	now    clock.Clock
	token  *room.Token
}

// maxMarkdown is what a markdown message may hold, in bytes.
const maxMarkdown = 4096

// New returns the channel. The client decides which hosts may be reached.
func New(client *http.Client, app App, rooms map[string]Room, set room.Setter, now clock.Clock) *Channel {
	return &Channel{client: client, app: app, rooms: rooms, set: set, now: now, token: &room.Token{}}
}

// Name is "wecom".
func (c *Channel) Name() string { return "wecom" }

// Able implements delivery.Abled: people answer by button where no room has a mere robot.
func (c *Channel) Able() delivery.Ability {
	answers := c.calledBack()
	for _, r := range c.rooms {
		answers = answers && r.Webhook == nil
	}
	return delivery.Ability{Form: delivery.Chat, Answers: answers}
}

func (c *Channel) calledBack() bool { return c.app.Token != nil && c.app.AESKey != nil }

// Send implements delivery.Channel.
func (c *Channel) Send(ctx context.Context, m delivery.Message) (delivery.Receipt, error) {
	r, err := room.At(c.rooms, m.Address)
	if err != nil {
		return delivery.Receipt{}, err
	}
	if r.Webhook != nil {
		return c.robot(ctx, r, m)
	}
	return c.apply(ctx, r, m)
}

// Test implements delivery.Tester.
func (c *Channel) Test(ctx context.Context, m delivery.Message) (delivery.Receipt, error) {
	return c.Send(ctx, m)
}

// robot posts to the robot's address.
func (c *Channel) robot(ctx context.Context, r Room, m delivery.Message) (delivery.Receipt, error) {
	address, err := room.Read(r.Webhook, "webhook of the room "+m.Address)
	if err != nil {
		return delivery.Receipt{}, err
	}
	var got said
	body := map[string]any{"msgtype": "markdown", "markdown": map[string]string{"content": c.set.Set(m).Markdown(maxMarkdown, true)}}
	reply, err := room.Ask(ctx, c.client, room.Call{URL: address, Key: m.Key, Body: body}, c.now(), &got)
	if err != nil {
		return delivery.Receipt{}, err
	}
	if err := got.fault(reply); err != nil {
		return delivery.Receipt{}, err
	}
	return delivery.Receipt{State: response.Sent, Detail: got.line()}, nil
}

// apply sends a message of the application. A token that WeCom took back is asked for anew,
// once.
func (c *Channel) apply(ctx context.Context, r Room, m delivery.Message) (delivery.Receipt, error) {
	got, err := c.ask(ctx, "message/send", m.Key, c.message(r, m))
	if err != nil {
		return delivery.Receipt{}, err
	}
	out := delivery.Receipt{State: response.Sent, Remote: room.Remote(m, strings.TrimSpace(got.MsgID+" "+got.ResponseCode)), Detail: got.line()}
	if _, code, ok := strings.Cut(room.Parent(m), " "); ok && code != "" {
		if note := c.retire(ctx, r, code, m.Language); note != "" {
			out.Detail += "; " + note
		}
	}
	return out, nil
}

// retire takes the buttons off the message that this one replaces. A response code holds
// for one change within 72 hours; without it the old buttons stay, which does no harm.
func (c *Channel) retire(ctx context.Context, r Room, code, language string) string {
	body := map[string]any{
		"agentid": c.app.Agent, "response_code": code, "button": map[string]string{"replace_name": c.set.Replaced(language)},
	}
	if everybody(r) {
		body["atall"] = 1
	} else {
		body["userids"], body["partyids"], body["tagids"] = r.Users, numbers(r.Parties), numbers(r.Tags)
	}
	if _, err := c.ask(ctx, "message/update_template_card", "", body); err != nil {
		return "earlier message: " + httpfault.Line(err.Error(), 100)
	}
	return ""
}

// ask calls the application's interface with an access token.
func (c *Channel) ask(ctx context.Context, path, key string, body any) (said, error) {
	for again := false; ; again = true {
		token, err := c.token.Get(c.now(), func() (string, time.Duration, error) { return c.login(ctx) })
		if err != nil {
			return said{}, err
		}
		var got said
		call := room.Call{URL: c.app.API + "/cgi-bin/" + path + "?access_token=" + url.QueryEscape(token), Key: key, Body: body}
		reply, err := room.Ask(ctx, c.client, call, c.now(), &got)
		if err != nil {
			return said{}, err
		}
		if got.expired() && !again {
			c.token.Drop(token)
			continue
		}
		return got, got.fault(reply)
	}
}

// login asks for an access token.
func (c *Channel) login(ctx context.Context) (string, time.Duration, error) {
	secret, err := room.Read(c.app.Secret, "secret of the WeCom application")
	if err != nil {
		return "", 0, err
	}
	var got said
	q := url.Values{"corpid": {c.app.Corp}, "corpsecret": {secret}}
	reply, err := room.Ask(ctx, c.client, room.Call{Method: http.MethodGet, URL: c.app.API + "/cgi-bin/gettoken?" + q.Encode()}, c.now(), &got)
	if err != nil {
		return "", 0, err
	}
	if err := got.fault(reply); err != nil {
		return "", 0, err
	}
	if got.AccessToken == "" {
		return "", 0, httpfault.Fail(delivery.Retry, 0, "%s gave no access token", reply.Host())
	}
	return got.AccessToken, time.Duration(got.ExpiresIn) * time.Second, nil
}
