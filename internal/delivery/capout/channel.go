package capout

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"time"

	"watchfire.dev/internal/cap"
	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/httpfault"
	"watchfire.dev/internal/fault"
)

// Alerts gives the alert of one revision as bytes.
type Alerts func(ctx context.Context, org, warningID string, revision int) ([]byte, error)

// A Channel posts the alert of each notification to a partner's address.
type Channel struct {
	client *http.Client
	alerts Alerts
	trial  Trial
	now    clock.Clock
}

// Trial gives an alert that says that it is a test, as bytes.
type Trial func(m delivery.Message) ([]byte, error)

// WithTrial says how tests are written; without it there are none.
func (c *Channel) WithTrial(t Trial) *Channel {
	c.trial = t
	return c
}

// New returns the channel "cap". client must be guarded and must not follow redirects.
func New(client *http.Client, alerts Alerts, now clock.Clock) *Channel {
	return &Channel{client: client, alerts: alerts, now: now}
}

// Name implements delivery.Channel.
func (c *Channel) Name() string { return "cap" }

// Send implements delivery.Channel. A warning that cannot be said in CAP is Refused, so that
// the next channel has it at once; everything else that keeps the alert away may pass.
func (c *Channel) Send(ctx context.Context, m delivery.Message) (delivery.Receipt, error) {
	if _, err := httpfault.Address(m.Address); err != nil {
		return delivery.Receipt{}, err
	}
	raw, err := c.alerts(ctx, m.Org, m.Warning.ID, m.Warning.Revision)
	if err != nil {
		kind := delivery.Retry
		if errors.Is(err, fault.ErrInvalid) {
			kind = delivery.Refused
		}
		return delivery.Receipt{}, &delivery.Fault{Kind: kind, Err: fmt.Errorf("alert of warning %.80q: %w", m.Warning.ID, err)}
	}
	return c.post(ctx, m, raw)
}

// Test implements delivery.Tester: an alert of status Test, which nobody may act on.
func (c *Channel) Test(ctx context.Context, m delivery.Message) (delivery.Receipt, error) {
	if c.trial == nil {
		return delivery.Receipt{}, &delivery.Fault{Kind: delivery.Misset, Err: fmt.Errorf("tests of CAP are not set up: %w", fault.ErrNotFound)}
	}
	raw, err := c.trial(m)
	if err != nil {
		return delivery.Receipt{}, &delivery.Fault{Kind: delivery.Refused, Err: fmt.Errorf("write a test alert: %w", err)}
	}
	return c.post(ctx, m, raw)
}

func (c *Channel) post(ctx context.Context, m delivery.Message, raw []byte) (delivery.Receipt, error) {
	// A header with a control character would be an error of the client, tried again for ever.
	h := http.Header{"Content-Type": {"application/cap+xml"}, "Idempotency-Key": {httpfault.Line(m.Key, 200)}}
	return httpfault.Post(ctx, c.client, m.Address, h, raw, c.now())
}

// An Entry is one alert of the feed.
type Entry struct {
	Alert cap.Alert
	URL   string
}

type atomLink struct {
	Rel  string `xml:"rel,attr,omitempty"`
	Type string `xml:"type,attr,omitempty"`
	Href string `xml:"href,attr"`
}

type atomEntry struct {
	ID      string   `xml:"id"`
	Title   string   `xml:"title"`
	Updated string   `xml:"updated"`
	Summary string   `xml:"summary,omitempty"`
	Link    atomLink `xml:"link"`
}

type atomFeed struct {
	XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
	ID      string      `xml:"id"`
	Title   string      `xml:"title"`
	Updated string      `xml:"updated"`
	Author  string      `xml:"author>name"`
	Link    atomLink    `xml:"link"`
	Entries []atomEntry `xml:"entry"`
}

// Feed writes an Atom 1.0 index of alerts; self is the feed's own address.
func Feed(entries []Entry, self, title string, updated time.Time) ([]byte, error) {
	f := atomFeed{
		ID: self, Title: title, Updated: updated.UTC().Format(time.RFC3339), Author: "Watchfire",
		Link: atomLink{Rel: "self", Type: "application/atom+xml", Href: self},
	}
	for _, e := range entries {
		x := atomEntry{
			ID: "urn:watchfire:" + e.Alert.Identifier, Title: e.Alert.Identifier, Updated: e.Alert.Sent.Format(time.RFC3339),
			Link: atomLink{Type: "application/cap+xml", Href: e.URL},
		}
		if len(e.Alert.Infos) > 0 {
			x.Title, x.Summary = e.Alert.Infos[0].Headline, e.Alert.Infos[0].Instruction
		}
		f.Entries = append(f.Entries, x)
	}
	raw, err := xml.MarshalIndent(f, "", " ")
	if err != nil {
		return nil, fmt.Errorf("write the feed: %w", err)
	}
	return append([]byte(xml.Header), raw...), nil
}

// Able implements delivery.Abled: a program reads it.
func (c *Channel) Able() delivery.Ability { return delivery.Ability{Form: delivery.Data} }
