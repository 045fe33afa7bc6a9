// Package teams brings warnings into chats and channels of Microsoft Teams through a workflow
// that posts what it is sent ("when a Teams webhook request is received"), as adaptive card
// with buttons that open the answer page. It promises to stay within the size that Teams
// takes and to tell a workflow that is gone from one that is busy. Workflows hear nothing, so
// nobody can answer in the chat itself, and an update is a card of its own.
package teams

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/httpfault"
	"watchfire.dev/internal/delivery/room"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/response"
)

// A Room is a chat or channel that a workflow posts into.
type Room struct {
	Webhook room.Secret // the workflow's address; its query is the key
}

// A Channel is the channel "teams". It is safe for use by many goroutines.
type Channel struct {
	client *http.Client
	rooms  map[string]Room
	set    room.Setter
	now    clock.Clock
}

// New returns the channel. The client decides which hosts may be reached.
func New(client *http.Client, rooms map[string]Room, set room.Setter, now clock.Clock) *Channel {
	return &Channel{client: client, rooms: rooms, set: set, now: now}
}

// Name is "teams".
func (c *Channel) Name() string { return "teams" }

// Able implements delivery.Abled.
func (c *Channel) Able() delivery.Ability { return delivery.Ability{Form: delivery.Chat} }

// Send implements delivery.Channel. A workflow that takes a card answers 202 before it has
// posted it: Sent is all that can be known.
func (c *Channel) Send(ctx context.Context, m delivery.Message) (delivery.Receipt, error) {
	r, err := room.At(c.rooms, m.Address)
	if err != nil {
		return delivery.Receipt{}, err
	}
	address, err := room.Read(r.Webhook, "webhook of the room "+m.Address)
	if err != nil {
		return delivery.Receipt{}, err
	}
	if _, err := httpfault.Address(address); err != nil {
		return delivery.Receipt{}, httpfault.Fail(delivery.Misset, 0, "webhook of the room %s: %w", m.Address, err)
	}
	raw, err := json.Marshal(body(c.set.Set(m)))
	if err != nil {
		return delivery.Receipt{}, httpfault.Fail(delivery.Refused, 0, "write the card: %w", err)
	}
	h := http.Header{"Content-Type": {"application/json; charset=utf-8"}, "User-Agent": {"Watchfire/1"}, "Idempotency-Key": {httpfault.Line(m.Key, 200)}}
	got, err := httpfault.Call(ctx, c.client, http.MethodPost, address, h, raw)
	if err != nil {
		return delivery.Receipt{}, err
	}
	if err := meaning(got, c.now()); err != nil {
		return delivery.Receipt{}, err
	}
	return delivery.Receipt{State: response.Sent, Detail: got.Line()}, nil
}

// Test implements delivery.Tester.
func (c *Channel) Test(ctx context.Context, m delivery.Message) (delivery.Receipt, error) {
	return c.Send(ctx, m)
}

// meaning says what an answer means, nil when the card was taken. Teams' own throttling may
// come as a text within a success.
func meaning(r httpfault.Answer, now time.Time) error {
	said := strings.ToLower(string(r.Body))
	switch {
	case r.Status >= 200 && r.Status < 300 && strings.Contains(said, "http error 429"):
		return httpfault.Fail(delivery.Overload, 30*time.Second, "%s answered %s", r.Host(), r.Line())
	case r.Status >= 200 && r.Status < 300:
		return nil
	case r.Status == http.StatusNotFound, strings.Contains(said, "workflownotfound"), strings.Contains(said, "workflowdisabled"):
		return httpfault.Fail(delivery.Dead, 0, "the workflow is not there any more: %s answered %s", r.Host(), r.Line())
	case r.Status == http.StatusUnauthorized, r.Status == http.StatusForbidden:
		return httpfault.Fail(delivery.Misset, 0, "%s answered %s", r.Host(), r.Line())
	default:
		return r.Fault(now)
	}
}

// body is the card in the envelope that the workflow's template expects. Text is set so that
// Teams' Markdown finds no mark in it.
func body(card room.Card) map[string]any {
	blocks := []map[string]any{{
		"type": "Container", "style": style(card), "bleed": true, "items": []map[string]any{text(card.Title, "weight", "Bolder", "size", "Medium")},
	}}
	for _, l := range card.Lines {
		blocks = append(blocks, text(l, "spacing", "Small"))
	}
	actions := []map[string]any{}
	for _, b := range card.Buttons {
		if b.URL != "" {
			actions = append(actions, map[string]any{"type": "Action.OpenUrl", "title": b.Label, "url": b.URL})
		}
	}
	return map[string]any{"type": "message", "attachments": []map[string]any{{
		"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": nil,
		"content": map[string]any{
			"$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard", "version": "1.4",
			"fallbackText": card.Title, "msteams": map[string]string{"width": "Full"}, "body": blocks, "actions": actions,
		},
	}}}
}

func text(words string, pairs ...string) map[string]any {
	out := map[string]any{"type": "TextBlock", "text": room.Plain(words), "wrap": true}
	for i := 0; i+1 < len(pairs); i += 2 {
		out[pairs[i]] = pairs[i+1]
	}
	return out
}

// style is the ground behind the title: what is over is calm.
func style(card room.Card) string {
	switch {
	case !card.Active:
		return "emphasis"
	case card.Level == level.Red:
		return "attention"
	case card.Level == level.Orange, card.Level == level.Yellow:
		return "warning"
	default:
		return "default"
	}
}
