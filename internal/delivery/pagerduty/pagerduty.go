// Package pagerduty brings warnings to PagerDuty as events (Events API v2): one alert per
// warning, triggered by each notification of it and resolved by the all-clear, so that an
// update never makes a second incident. It promises the warning's id as dedup key, a severity
// by level, and that an acknowledgement counts only under PagerDuty's signature and when a
// user gave it. It creates no services and reads no schedules.
package pagerduty

import (
	"context"
	"net/http"
	"strings"
	"time"

	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/httpfault"
	"watchfire.dev/internal/delivery/room"
	"watchfire.dev/internal/id"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/response"
)

// A Room is a service's integration.
type Room struct {
	Key     room.Secret // integration ("routing") key, 32 characters
	Webhook room.Secret // signing secret of the service's webhook subscription; nil = nothing comes back
}

// A Channel is the channel "pagerduty". It is safe for use by many goroutines.
type Channel struct {
	client *http.Client
	api    string
	source string
	rooms  map[string]Room
	set    room.Setter
	now    clock.Clock
}

// New returns the channel. api is https://events.pagerduty.com or its European twin, source
// our own host, as PagerDuty shows it. The client decides which hosts may be reached.
func New(client *http.Client, api, source string, rooms map[string]Room, set room.Setter, now clock.Clock) *Channel {
	return &Channel{client: client, api: api, source: source, rooms: rooms, set: set, now: now}
}

// Name is "pagerduty".
func (c *Channel) Name() string { return "pagerduty" }

// Able implements delivery.Abled: an update goes into the log of the same incident.
func (c *Channel) Able() delivery.Ability {
	answers := len(c.rooms) > 0
	for _, r := range c.rooms {
		answers = answers && r.Webhook != nil
	}
	return delivery.Ability{Form: delivery.Chat, Answers: answers, Threads: true, Single: true}
}

// Send implements delivery.Channel.
func (c *Channel) Send(ctx context.Context, m delivery.Message) (delivery.Receipt, error) {
	card := c.set.Set(m)
	action := "resolve"
	if card.Active {
		action = "trigger"
	}
	return c.enqueue(ctx, m, action, dedup(m.Warning.ID, m.Key), card)
}

// Test implements delivery.Tester: an alert of the lowest severity, resolved at once, so that
// nobody is left with an open incident.
func (c *Channel) Test(ctx context.Context, m delivery.Message) (delivery.Receipt, error) {
	card, key := c.set.Set(m), dedup("", m.Key)
	first, err := c.enqueue(ctx, m, "trigger", key, card)
	if err != nil {
		return delivery.Receipt{}, err
	}
	if _, err := c.enqueue(ctx, m, "resolve", key, card); err != nil {
		first.Detail += "; not resolved: " + httpfault.Line(err.Error(), 100)
	}
	return first, nil
}

// dedup is the key under which PagerDuty keeps one alert, of at most 255 characters.
func dedup(warning, key string) string {
	for _, k := range []string{warning, key} {
		if k != "" && len(k) <= 255 && k == httpfault.Line(k, 255) {
			return k
		}
	}
	return id.Derived("wrn", warning, key)
}

func (c *Channel) enqueue(ctx context.Context, m delivery.Message, action, key string, card room.Card) (delivery.Receipt, error) {
	r, err := room.At(c.rooms, m.Address)
	if err != nil {
		return delivery.Receipt{}, err
	}
	routing, err := room.Read(r.Key, "integration key of the room "+m.Address)
	if err != nil {
		return delivery.Receipt{}, err
	}
	var got struct {
		Status  string   `json:"status"`
		Message string   `json:"message"`
		Errors  []string `json:"errors"`
	}
	body := c.body(m, action, key, card)
	body["routing_key"] = routing
	reply, err := room.Ask(ctx, c.client, room.Call{URL: c.api + "/v2/enqueue", Key: m.Key, Body: body}, c.now(), &got)
	if err != nil {
		return delivery.Receipt{}, err
	}
	text := httpfault.Line(strings.Join(append([]string{got.Status, got.Message}, got.Errors...), ": "), 160)
	text = strings.ReplaceAll(text, routing, "…")
	switch {
	case reply.Status < 300:
		return delivery.Receipt{State: response.Sent, Remote: key, Detail: text}, nil
	case reply.Status == http.StatusBadRequest && strings.Contains(strings.ToLower(text), "routing_key"):
		return delivery.Receipt{}, httpfault.Fail(delivery.Misset, 0, "%s answered %d: %s", reply.Host(), reply.Status, text)
	}
	kind, wait := httpfault.Meaning(reply.Status, reply.Header.Get("Retry-After"), c.now())
	return delivery.Receipt{}, httpfault.Fail(kind, wait, "%s answered %d: %s", reply.Host(), reply.Status, text)
}

// body is the event. Resolving takes the key alone.
func (c *Channel) body(m delivery.Message, action, key string, card room.Card) map[string]any {
	out := map[string]any{"event_action": action, "dedup_key": key}
	if action != "trigger" {
		return out
	}
	title := card.Title
	if title == "" {
		title = "Watchfire"
	}
	payload := map[string]any{
		"summary": title, "source": c.source, "severity": severity(card), "group": httpfault.Line(m.Project.Code, 100),
		"component": "Watchfire", "custom_details": map[string]any{"text": card.Text(), "level": m.Level.String(), "notification": httpfault.Line(m.Key, 200)},
	}
	if !m.At.IsZero() {
		payload["timestamp"] = m.At.UTC().Format(time.RFC3339)
	}
	links := []map[string]string{}
	for _, b := range card.Buttons {
		if b.URL != "" {
			links = append(links, map[string]string{"href": b.URL, "text": b.Label})
		}
	}
	out["payload"], out["links"], out["client"] = payload, links, "Watchfire"
	if page := room.Link(m.PageURL); page != "" {
		out["client_url"] = page
	}
	return out
}

// severity maps red to critical, orange to error, yellow to warning. A test is info.
func severity(c room.Card) string {
	switch {
	case !c.Active:
		return "info"
	case c.Level == level.Red:
		return "critical"
	case c.Level == level.Orange:
		return "error"
	default:
		return "warning"
	}
}
