// Package other is the long tail of channels: ntfy, Gotify, Matrix, Discord and Pushover, each
// room given by one service address in the form that the Shoutrrr library made usual
// (ntfy://…, gotify://…, matrix://…, discord://…, pushover://…). It promises that every call
// goes through the client it was given, that no part of a service address gets into an error,
// and that each service's refusals are told apart as far as it tells them. Nobody can answer
// on these channels but by the links that they show.
package other

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/httpfault"
	"watchfire.dev/internal/delivery/room"
	"watchfire.dev/internal/response"
)

// A Room is one topic, application, room, webhook or user of a service.
type Room struct {
	URL room.Secret // service address, with its key
}

// A Channel is the channel "other". It is safe for use by many goroutines.
type Channel struct {
	client *http.Client
	rooms  map[string]Room
	set    room.Setter
	now    clock.Clock
}

// A service is how one of the services is asked.
type service struct {
	// ask makes the call for a message. ok is false when the address lacks a part.
	ask func(u *url.URL, m delivery.Message, c room.Card) (a ask, ok bool)
	// judge reads a refusal; "" = by its status alone.
	judge func(status int, said map[string]any) (delivery.FaultKind, time.Duration)
	// remote names the member of the answer that is the service's id of the message.
	remote string
}

// ask is one call.
type ask struct {
	method, url string
	header      http.Header
	body        any
	thread      string // id of the thread's first message when this one stands in it
}

// services by the scheme of their addresses.
func services() map[string]service {
	return map[string]service{
		"ntfy":     {ntfy, ntfyJudge, "id"},
		"gotify":   {gotify, gotifyJudge, "id"},
		"matrix":   {matrix, matrixJudge, "event_id"},
		"discord":  {discord, discordJudge, "id"},
		"pushover": {pushover, pushoverJudge, "request"},
	}
}

// New returns the channel. The client decides which hosts may be reached.
func New(client *http.Client, rooms map[string]Room, set room.Setter, now clock.Clock) *Channel {
	return &Channel{client: client, rooms: rooms, set: set, now: now}
}

// Name is "other".
func (c *Channel) Name() string { return "other" }

// Able implements delivery.Abled: what all services can.
func (c *Channel) Able() delivery.Ability { return delivery.Ability{Form: delivery.Chat} }

// Send implements delivery.Channel.
func (c *Channel) Send(ctx context.Context, m delivery.Message) (delivery.Receipt, error) {
	r, err := room.At(c.rooms, m.Address)
	if err != nil {
		return delivery.Receipt{}, err
	}
	text, err := room.Read(r.URL, "service address of the room "+m.Address)
	if err != nil {
		return delivery.Receipt{}, err
	}
	u, err := url.Parse(text)
	if err != nil { // the error repeats the address
		return delivery.Receipt{}, httpfault.Fail(delivery.Misset, 0, "service address of the room %s is no URL", m.Address)
	}
	s, ok := services()[u.Scheme]
	if !ok {
		return delivery.Receipt{}, httpfault.Fail(delivery.Misset, 0, "service address of the room %s: want ntfy://, gotify://, matrix://, discord:// or pushover://", m.Address)
	}
	a, ok := s.ask(u, m, c.set.Set(m))
	if !ok {
		return delivery.Receipt{}, httpfault.Fail(delivery.Misset, 0, "service address of the room %s lacks a part that %s needs", m.Address, u.Scheme)
	}
	return c.call(ctx, s, a)
}

// Test implements delivery.Tester.
func (c *Channel) Test(ctx context.Context, m delivery.Message) (delivery.Receipt, error) {
	return c.Send(ctx, m)
}

func (c *Channel) call(ctx context.Context, s service, a ask) (delivery.Receipt, error) {
	raw, err := json.Marshal(a.body)
	if err != nil {
		return delivery.Receipt{}, httpfault.Fail(delivery.Refused, 0, "write the message: %w", err)
	}
	if _, err := httpfault.Address(a.url); err != nil {
		return delivery.Receipt{}, httpfault.Fail(delivery.Misset, 0, "service address: %w", err)
	}
	a.header.Set("Content-Type", "application/json; charset=utf-8")
	a.header.Set("User-Agent", "Watchfire/1")
	got, err := httpfault.Call(ctx, c.client, a.method, a.url, a.header, raw)
	if err != nil {
		return delivery.Receipt{}, err
	}
	var said map[string]any
	_ = json.Unmarshal(got.Body, &said) // what is no JSON is judged by its status
	if got.Good() {
		if a.thread == "" {
			a.thread = remote(said[s.remote])
		}
		return delivery.Receipt{State: response.Sent, Remote: a.thread, Detail: http.StatusText(got.Status)}, nil
	}
	f := got.Fault(c.now())
	if kind, wait := s.judge(got.Status, said); kind != "" {
		f.Kind, f.After = kind, max(wait, f.After)
	}
	return delivery.Receipt{}, f
}

func remote(v any) string {
	switch v := v.(type) {
	case string:
		return httpfault.Line(v, 200)
	case float64:
		raw, _ := json.Marshal(v) // a number can be written
		return string(raw)
	default:
		return ""
	}
}
