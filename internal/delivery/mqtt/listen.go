package mqtt

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/eclipse/paho.golang/packets"
	"github.com/eclipse/paho.golang/paho"
	"github.com/eclipse/paho.golang/paho/session"
	"github.com/eclipse/paho.golang/paho/session/state"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/httpfault"
	"watchfire.dev/internal/delivery/room"
	"watchfire.dev/internal/delivery/said"
	"watchfire.dev/internal/id"
	"watchfire.dev/internal/response"
)

// sessionLife is how long the broker keeps answers for us while we are away, in seconds.
const sessionLife = 7 * 24 * 3600

// Why a session ends.
var (
	errTaken  = errors.New("another process listens under the same client id")
	errClosed = errors.New("the broker closes the connection")
)

// apart is how many pauses a process waits that was sent away by another one.
const apart = 12

// Listen implements delivery.Listener: it waits at …/answer of every room until ctx ends and
// comes back when the connection is lost. Of several processes one listens: the broker sends
// the older away when a newer comes, and the session with what it holds goes over. Who was
// sent away looks again a minute later, in case the other has died.
func (c *Channel) Listen(ctx context.Context, heard func(context.Context, delivery.Heard) error) error {
	for ctx.Err() == nil {
		err := c.session(ctx, heard)
		if err != nil && delivery.KindOf(err) == delivery.Misset {
			return err
		}
		c.pause(ctx)
		for i := 1; i < apart && errors.Is(err, errTaken); i++ {
			c.pause(ctx)
		}
	}
	return nil
}

func (c *Channel) pause(ctx context.Context) {
	t := time.NewTimer(c.cfg.Pause)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// session is one connection, from sign-in to its end.
func (c *Channel) session(ctx context.Context, heard func(context.Context, delivery.Heard) error) error {
	k := &keeper{SessionManager: state.NewInMemory()}
	defer k.Close() //nolint:errcheck // in memory
	one, life := uint16(1), uint32(sessionLife)
	alive, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	client, err := c.connect(ctx, paho.ClientConfig{
		ClientID: c.cfg.ClientID, Session: k, OnClientError: stop, OnServerDisconnect: func(*paho.Disconnect) { stop(errClosed) },
		OnPublishReceived: []func(paho.PublishReceived) (bool, error){func(p paho.PublishReceived) (bool, error) {
			k.handle(func() bool { return c.keep(ctx, p.Packet, heard) })
			return true, nil
		}},
	}, &paho.Connect{
		KeepAlive: 30, ClientID: c.cfg.ClientID, CleanStart: c.cfg.ClientID == "",
		Properties: &paho.ConnectProperties{ReceiveMaximum: &one, SessionExpiryInterval: &life}, // one at a time: order, and nothing in hand but that one
	})
	if err != nil {
		return err
	}
	var topics []paho.SubscribeOptions
	for _, name := range slices.Sorted(maps.Keys(c.cfg.Rooms)) {
		topics = append(topics, paho.SubscribeOptions{Topic: c.cfg.Rooms[name].Topic + "/answer", QoS: 1})
	}
	if err = subscribe(alive, client, topics); err == nil {
		select {
		case <-ctx.Done():
		case <-client.Done():
		}
	}
	k.settle()
	if k.taken.Load() {
		err = errTaken
	}
	if ctx.Err() != nil {
		err = nil
		c.arrived(ctx, client, topics)
	}
	_ = client.Disconnect(&paho.Disconnect{}) // what was not acknowledged comes again
	return err
}

// subscribe asks for the topics. Some brokers take the number of one of their own messages,
// kept from the last connection, for ours and say that it is in use: the next number will do.
func subscribe(ctx context.Context, client *paho.Client, topics []paho.SubscribeOptions) error {
	for try := 1; ; try++ {
		got, err := client.Subscribe(ctx, &paho.Subscribe{Subscriptions: topics})
		switch {
		case err == nil:
			return nil
		case got == nil:
			return lost("subscribe", err)
		case slices.Contains(got.Reasons, packets.SubackNotauthorized):
			return httpfault.Fail(delivery.Misset, 0, "the broker lets us not listen at …/answer: %x", got.Reasons)
		case !slices.Contains(got.Reasons, packets.SubackPacketIdentifierinuse) || try == 20:
			return httpfault.Fail(delivery.Retry, 0, "the broker refuses to let us listen: %x", got.Reasons)
		}
	}
}

// arrived waits until the broker has what was written: it answers in order, and a connection
// closed in front of an unread answer could take an acknowledgement with it.
func (c *Channel) arrived(ctx context.Context, client *paho.Client, topics []paho.SubscribeOptions) {
	if len(topics) == 0 {
		return
	}
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer stop()
	_, _ = client.Unsubscribe(ctx, &paho.Unsubscribe{Topics: []string{topics[0].Topic + "/none"}}) // only its answer matters
}

// A keeper acknowledges to the broker what was kept and nothing else. The client calls Ack
// after each handler, in the same goroutine; the lock is held from the one to the other.
type keeper struct {
	session.SessionManager
	mu    sync.Mutex
	kept  bool
	taken atomic.Bool // another connection has our session
}

// ConnectionLost looks why, before the client is done.
func (k *keeper) ConnectionLost(d *packets.Disconnect) error {
	if d != nil && d.ReasonCode == packets.DisconnectSessionTakenOver {
		k.taken.Store(true)
	}
	return k.SessionManager.ConnectionLost(d)
}

func (k *keeper) handle(do func() bool) {
	k.mu.Lock()
	k.kept = do()
}

// Ack ends what handle began.
func (k *keeper) Ack(p *packets.Publish) error {
	defer k.mu.Unlock()
	if !k.kept {
		return nil
	}
	return k.SessionManager.Ack(p)
}

// settle waits until nothing is between its handler and its acknowledgement.
func (k *keeper) settle() {
	k.mu.Lock()
	defer k.mu.Unlock()
}

// keep gives an answer to heard until it is kept or ctx ends.
func (c *Channel) keep(ctx context.Context, p *paho.Publish, heard func(context.Context, delivery.Heard) error) bool {
	h := c.read(p)
	if len(h.Replies) == 0 && len(h.Receipts) == 0 {
		return true
	}
	for ctx.Err() == nil {
		if heard(ctx, h) == nil {
			return true
		}
		c.pause(ctx)
	}
	return false
}

// read reads an answer. Its payload is one word: "delivered" and "failed" are a device's
// receipt; anything else is what a person said. The correlation data names the notification.
func (c *Channel) read(p *paho.Publish) delivery.Heard {
	name := c.roomOf(p.Topic)
	if name == "" || len(p.Payload) > 4096 {
		return delivery.Heard{}
	}
	key, mark := "", ""
	if p.Properties != nil {
		key = correlation(p.Properties.CorrelationData)
		mark = p.Properties.User.Get("id")
	}
	text := said.Text(string(p.Payload))
	now := c.now()
	switch strings.ToLower(text) {
	case "delivered", "failed":
		if key == "" {
			return delivery.Heard{}
		}
		late := delivery.Late{Notification: key, State: response.Delivered, Detail: "by " + httpfault.Line(p.Topic, 100), At: now}
		if strings.EqualFold(text, "failed") {
			late.State, late.Kind = response.Failed, delivery.Refused
		}
		return delivery.Heard{Receipts: []delivery.Late{late}}
	case "":
		return delivery.Heard{}
	}
	if mark == "" && key == "" { // the broker gives the same one again within a moment
		mark = now.Truncate(time.Minute).Format(time.RFC3339)
	}
	return delivery.Heard{Replies: []delivery.Reply{{
		ID: id.Derived("rpl", "mqtt", p.Topic, key, mark, text), Notification: key, From: name, Said: meant(text), Text: text, At: now,
	}}}
}

// meant also knows our own words, which programs send.
func meant(text string) delivery.Said {
	switch s := delivery.Said(strings.ToLower(text)); s {
	case delivery.SaidHaveIt, delivery.SaidHelp, delivery.SaidCannot, delivery.SaidSafe:
		return s
	default:
		return said.Of(text)
	}
}

func (c *Channel) roomOf(topic string) string {
	for _, name := range slices.Sorted(maps.Keys(c.cfg.Rooms)) {
		if topic == c.cfg.Rooms[name].Topic+"/answer" {
			return name
		}
	}
	return ""
}

// correlation is the key of a notification, or "" when it cannot be one of ours.
func correlation(raw []byte) string {
	p := room.Press{Notification: string(raw), Said: delivery.SaidHaveIt, Language: "en", Room: "r"}
	if p.String() == "" {
		return ""
	}
	return string(raw)
}
