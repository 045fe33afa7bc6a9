// Package mqtt publishes warnings to an MQTT 5 broker for what stands at a site: a siren, a
// relay, a sign, a control room's own program. Each warning is one message with a deadline;
// the level of a project is a retained message, so that a device that comes back knows it at
// once. It promises QoS 1, the broker's reason told apart, and that what devices and people
// answer is acknowledged to the broker only when it is kept. It sends no names of persons.
package mqtt

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/eclipse/paho.golang/packets"
	"github.com/eclipse/paho.golang/paho"

	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/httpfault"
	"watchfire.dev/internal/delivery/room"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/netguard"
	"watchfire.dev/internal/response"
)

// A Room is a tree of topics at the broker.
type Room struct {
	Topic string // root, without a slash at either end
}

// Config says how the broker is reached.
type Config struct {
	Server   string // mqtts://host:8883 or mqtt://host:1883
	User     string
	Password room.Secret // nil = none
	ClientID string      // of the listener; "" = no session that outlives a connection
	RootCAs  *x509.CertPool
	Rooms    map[string]Room
	// Dial opens the connection; it decides which hosts may be reached.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// State is the highest level of a project's warnings; nil = that of the message alone.
	State func(ctx context.Context, m delivery.Message) (level.Level, error)
	Pause time.Duration // between two attempts of the listener; 0 = 5 s
}

// A Channel is the channel "mqtt". It is safe for use by many goroutines: each message has a
// connection of its own, as a mail has.
type Channel struct {
	cfg Config
	set room.Setter
	now clock.Clock
}

// New returns the channel.
func New(cfg Config, set room.Setter, now clock.Clock) *Channel {
	if cfg.Pause == 0 {
		cfg.Pause = 5 * time.Second
	}
	return &Channel{cfg: cfg, set: set, now: now}
}

// Name is "mqtt".
func (c *Channel) Name() string { return "mqtt" }

// Able implements delivery.Abled.
func (c *Channel) Able() delivery.Ability {
	return delivery.Ability{Form: delivery.Data, Receipts: true, Answers: true, Single: true}
}

// Send implements delivery.Channel: first the state, which a siren obeys, then the warning.
func (c *Channel) Send(ctx context.Context, m delivery.Message) (delivery.Receipt, error) {
	r, err := room.At(c.cfg.Rooms, m.Address)
	if err != nil {
		return delivery.Receipt{}, err
	}
	if m.Warning.ID == "" { // of several: it moves nothing
		return c.publish(ctx, c.message(m, r, r.Topic+"/digest", c.body(m), "application/json", false))
	}
	state, err := c.state(ctx, m)
	if err != nil {
		return delivery.Receipt{}, httpfault.Fail(delivery.Retry, 0, "level of the project: %w", err)
	}
	top := r.Topic + "/project/" + topical(m.Project.Code)
	return c.publish(ctx,
		c.message(m, r, top+"/state", []byte(state.String()), "text/plain", true),
		c.message(m, r, top+"/warning", c.body(m), "application/json", false))
}

// Test implements delivery.Tester: a message at a topic of its own, which moves nothing.
func (c *Channel) Test(ctx context.Context, m delivery.Message) (delivery.Receipt, error) {
	r, err := room.At(c.cfg.Rooms, m.Address)
	if err != nil {
		return delivery.Receipt{}, err
	}
	return c.publish(ctx, c.message(m, r, r.Topic+"/test", c.body(m), "application/json", false))
}

func (c *Channel) state(ctx context.Context, m delivery.Message) (level.Level, error) {
	if c.cfg.State != nil {
		return c.cfg.State(ctx, m)
	}
	if !c.set.Set(m).Active {
		return level.Green, nil
	}
	return m.Level, nil
}

// topical makes one level of a topic of a code.
func topical(code string) string {
	out := strings.Map(func(r rune) rune {
		if r > ' ' && r < 0x7f && !strings.ContainsRune("/+#$", r) {
			return r
		}
		return '_'
	}, httpfault.Line(code, 80))
	if out == "" {
		return "_"
	}
	return out
}

// publish sends messages over one connection, in order, and gives what the broker said of
// the last.
func (c *Channel) publish(ctx context.Context, list ...*paho.Publish) (delivery.Receipt, error) {
	// The client keeps what it published for the next connection; we try again ourselves.
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	client, err := c.connect(ctx, paho.ClientConfig{
		OnClientError:      stop,
		OnServerDisconnect: func(d *paho.Disconnect) { stop(fmt.Errorf("the broker disconnects: 0x%02x", d.ReasonCode)) },
	}, &paho.Connect{KeepAlive: 30, CleanStart: true})
	if err != nil {
		return delivery.Receipt{}, err
	}
	defer client.Disconnect(&paho.Disconnect{}) //nolint:errcheck // the broker has acknowledged what it took
	out := delivery.Receipt{State: response.Sent}
	for _, p := range list {
		got, err := client.Publish(ctx, p)
		if got != nil && got.ReasonCode >= 0x80 {
			kind, wait := meaning(got.ReasonCode)
			reason := ""
			if got.Properties != nil {
				reason = got.Properties.ReasonString
			}
			return delivery.Receipt{}, httpfault.Fail(kind, wait, "broker refused %s: 0x%02x %s", p.Topic, got.ReasonCode, httpfault.Line(reason, 100))
		}
		if err != nil {
			if cause := context.Cause(ctx); cause != nil {
				err = cause
			}
			return delivery.Receipt{}, lost("publish", err)
		}
		out.Detail = fmt.Sprintf("0x%02x at %s", got.ReasonCode, p.Topic)
		if got.ReasonCode == packets.PubackNoMatchingSubscribers {
			out.Detail += ", nobody listens"
		}
	}
	return out, nil
}

// connect opens a connection and signs in. Every error is a fault.
func (c *Channel) connect(ctx context.Context, cfg paho.ClientConfig, hello *paho.Connect) (*paho.Client, error) {
	if c.cfg.User != "" {
		hello.UsernameFlag, hello.Username = true, c.cfg.User
	}
	if c.cfg.Password != nil {
		password, err := room.Read(c.cfg.Password, "password of the MQTT broker")
		if err != nil {
			return nil, err
		}
		hello.PasswordFlag, hello.Password = true, []byte(password)
	}
	conn, err := c.dial(ctx)
	if err != nil {
		return nil, err
	}
	cfg.Conn = packets.NewThreadSafeConn(conn)
	cfg.PacketTimeout = 30 * time.Second
	client := paho.NewClient(cfg)
	ack, err := client.Connect(ctx, hello)
	if ack != nil && ack.ReasonCode >= 0x80 {
		kind, wait := meaning(ack.ReasonCode)
		return nil, httpfault.Fail(kind, wait, "broker refused the connection: 0x%02x", ack.ReasonCode)
	}
	if err != nil {
		return nil, lost("connect", err)
	}
	return client, nil
}

func (c *Channel) dial(ctx context.Context) (net.Conn, error) {
	u, err := url.Parse(c.cfg.Server)
	if err != nil || u.Host == "" {
		return nil, httpfault.Fail(delivery.Misset, 0, "the MQTT server of the configuration is no address")
	}
	port := "1883"
	if u.Scheme == "mqtts" {
		port = "8883"
	}
	if u.Port() != "" {
		port = u.Port()
	}
	conn, err := c.cfg.Dial(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		return nil, lost("connect", err)
	}
	if u.Scheme != "mqtts" {
		return conn, nil
	}
	secure := tls.Client(conn, &tls.Config{ServerName: u.Hostname(), MinVersion: tls.VersionTLS12, RootCAs: c.cfg.RootCAs})
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = conn.Close() // nothing was sent
		var name *tls.CertificateVerificationError
		if errors.As(err, &name) {
			return nil, httpfault.Fail(delivery.Misset, 0, "the MQTT server's certificate: %w", err)
		}
		return nil, lost("connect", err)
	}
	return secure, nil
}

// lost says what it means that no answer came.
func lost(doing string, err error) error {
	var refusal *netguard.Refusal
	if errors.As(err, &refusal) {
		return httpfault.Fail(delivery.Misset, 0, "%w", refusal)
	}
	return httpfault.Fail(delivery.Retry, 0, "%s: %s", doing, httpfault.Line(err.Error(), 200))
}

// meaning says what a reason code means (MQTT 5, 2.4).
func meaning(code byte) (delivery.FaultKind, time.Duration) {
	switch code {
	case 0x89, 0x93, 0x96, 0x97, 0x9f: // busy; receive maximum; message rate; quota; connection rate
		return delivery.Overload, 10 * time.Second
	case 0x90, 0x8f: // there is no such topic here
		return delivery.Dead, 0
	case 0x84, 0x85, 0x86, 0x87, 0x8a, 0x8c, 0x9c, 0x9d: // version, client id, password, rights, ban, method; another server
		return delivery.Misset, 0
	case 0x81, 0x82, 0x95, 0x99, 0x9a, 0x9b: // malformed, too large, payload format; neither retained nor QoS 1 messages
		return delivery.Refused, 0
	default: // 0x80, 0x83, 0x88, 0x8b, 0x8d, 0x8e, 0x91, 0x98
		return delivery.Retry, 0
	}
}

// body is the warning for a program: its words and its times, nothing of its rows.
func (c *Channel) body(m delivery.Message) []byte {
	card := c.set.Set(m)
	eta := m.Warning.ETA.UTC()
	if event.InHouse(m.TLP) { // the words are withheld already
		eta = time.Time{}
	}
	raw, err := json.Marshal(Warning{
		Schema: Schema, Notification: httpfault.Line(m.Key, 200), Purpose: m.Purpose, Warning: httpfault.Line(m.Warning.ID, 200), Revision: m.Warning.Revision,
		State: m.Warning.State, Level: m.Level.String(), Emergency: m.Warning.Emergency, TLP: httpfault.Line(m.TLP, 20),
		Project: httpfault.Line(m.Project.Code, 200), Language: httpfault.Line(m.Language, 20), Subject: card.Title, Lines: card.Lines, At: m.At.UTC(),
		ETA: eta, Expires: m.Warning.Expires.UTC(), PageURL: room.Link(m.PageURL),
	})
	if err != nil { // texts and times can always be written
		return []byte("{}")
	}
	return raw
}
