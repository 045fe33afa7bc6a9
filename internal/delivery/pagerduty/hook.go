package pagerduty

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/httpfault"
	"watchfire.dev/internal/delivery/room"
)

// ours is how the ids of warnings begin, which are the keys of our alerts.
const ours = "wrn_"

// maxSignatures bounds the signatures of one call; there are two while a secret is changed.
const maxSignatures = 8

// webhook is what a subscription of version 3 posts.
type webhook struct {
	Event struct {
		ID       string    `json:"id"`
		Type     string    `json:"event_type"`
		Occurred time.Time `json:"occurred_at"`
		Agent    *struct {
			ID   string `json:"id"`
			Type string `json:"type"`
		} `json:"agent"`
		Data struct {
			ID  string `json:"id"`
			Key string `json:"incident_key"` // the dedup key of the event that opened it
		} `json:"data"`
	} `json:"event"`
}

// Hear implements delivery.Hook. The room is the one whose secret signed the call.
func (c *Channel) Hear(_ context.Context, r delivery.Request) (delivery.Heard, error) {
	name, err := c.signer(r)
	if err != nil {
		return delivery.Heard{}, err
	}
	var w webhook
	if err := json.Unmarshal(r.Body, &w); err != nil {
		return delivery.Heard{}, room.Unread("pagerduty", "no JSON")
	}
	// There is no No: a service may have incidents of others, and PagerDuty gives up a
	// subscription whose calls fail.
	heard := delivery.Heard{Yes: delivery.Answer{Status: http.StatusOK}}
	e := w.Event
	// What another program acknowledged was seen by nobody, and an incident of others says
	// nothing about the newest of ours.
	if e.Type != "incident.acknowledged" || e.ID == "" || !strings.HasPrefix(e.Data.Key, ours) || e.Agent == nil || e.Agent.Type != "user_reference" {
		return heard, nil
	}
	at := e.Occurred.UTC()
	if at.IsZero() || at.After(r.At.Add(time.Minute)) {
		at = r.At
	}
	heard.Replies = []delivery.Reply{{
		ID: httpfault.Line(e.ID, 200), Remote: httpfault.Line(e.Data.Key, 255), From: name, Said: delivery.SaidHaveIt, Text: httpfault.Line(e.Agent.ID, 80), At: at,
	}}
	return heard, nil
}

// signer finds the room whose secret made one of the signatures ("v1=" and the HMAC-SHA256 of
// the body in hexadecimal, parted by commas).
func (c *Channel) signer(r delivery.Request) (string, error) {
	given := strings.SplitN(r.Header.Get("X-Pagerduty-Signature"), ",", maxSignatures+1)
	if len(given) > maxSignatures {
		return "", room.Denied("pagerduty", "it holds too many signatures")
	}
	for _, name := range slices.Sorted(maps.Keys(c.rooms)) {
		if c.rooms[name].Webhook == nil {
			continue
		}
		secret, err := room.Read(c.rooms[name].Webhook, "webhook secret of the room "+name)
		if err != nil {
			return "", err
		}
		want := "v1=" + hex.EncodeToString(room.MAC([]byte(secret), r.Body))
		for _, g := range given {
			if room.Same(want, strings.TrimSpace(g)) {
				return name, nil
			}
		}
	}
	return "", room.Denied("pagerduty", "no signature holds")
}
