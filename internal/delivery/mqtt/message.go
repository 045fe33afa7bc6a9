package mqtt

import (
	"strings"
	"time"

	"github.com/eclipse/paho.golang/paho"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/httpfault"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/warning"
)

// Schema names the form of the body. Fields may be added under the same name.
const Schema = "watchfire.mqtt/1"

// A Warning is the body of a message at …/warning and …/test. Times are RFC 3339 in UTC.
type Warning struct {
	Schema       string           `json:"schema"`
	Notification string           `json:"notification"` // the same on a repeat; also the correlation data
	Purpose      response.Purpose `json:"purpose"`
	Warning      string           `json:"warning,omitempty"`
	Revision     int              `json:"revision,omitempty"`
	State        warning.State    `json:"state,omitempty"`
	Level        string           `json:"level"`
	Emergency    bool             `json:"emergency,omitempty"`
	TLP          string           `json:"tlp,omitempty"`
	Project      string           `json:"project,omitempty"` // code
	Language     string           `json:"language"`          // of subject and lines
	Subject      string           `json:"subject"`
	Lines        []string         `json:"lines,omitempty"`
	At           time.Time        `json:"at,omitzero"`
	ETA          time.Time        `json:"eta,omitzero"`     // earliest impact; none = now
	Expires      time.Time        `json:"expires,omitzero"` // of the warning
	PageURL      string           `json:"page_url,omitempty"`
}

// Bounds of a message's life at the broker.
const (
	minLife = time.Minute
	maxLife = 7 * 24 * time.Hour
	overFor = 24 * time.Hour // an all-clear and a test wait for a device as long
)

// message is one publication: QoS 1, with what a program needs to sort, drop and answer it.
// A retained state has no end: a device that comes back late must find it.
func (c *Channel) message(m delivery.Message, r Room, topic string, body []byte, kind string, retain bool) *paho.Publish {
	format := byte(1) // UTF-8 text
	p := &paho.PublishProperties{PayloadFormat: &format, ContentType: kind, User: paho.UserProperties{
		{Key: "notification", Value: value(m.Key)},
		{Key: "purpose", Value: value(string(m.Purpose))},
		{Key: "level", Value: m.Level.String()},
		{Key: "warning", Value: value(m.Warning.ID)},
	}}
	if !retain {
		life := uint32(c.life(m) / time.Second)
		p.MessageExpiry, p.ResponseTopic, p.CorrelationData = &life, r.Topic+"/answer", []byte(value(m.Key))
	}
	return &paho.Publish{Topic: topic, QoS: 1, Retain: retain, Payload: body, Properties: p}
}

// life is how long the broker keeps a message for a device that is away.
func (c *Channel) life(m delivery.Message) time.Duration {
	if m.Purpose == response.Test || !warning.Active(m.Warning) || m.Warning.Expires.IsZero() {
		return overFor
	}
	return min(max(m.Warning.Expires.Sub(c.now()), minLife), maxLife)
}

// value is a text as a user property carries it.
func value(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, httpfault.Line(text, 200))
}
