package mqtt

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/eclipse/paho.golang/paho"
	"github.com/mochi-mqtt/server/v2/packets"
	"go.uber.org/goleak"

	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/deliverytest"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/netguard"
	"watchfire.dev/internal/response"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var at = time.Date(2026, 10, 7, 4, 6, 2, 0, time.UTC)

func config(s *server) Config {
	return Config{
		Server: "mqtt://" + s.address, User: "watch", Password: deliverytest.Secret("s3cret-password"), ClientID: "watchfire",
		Rooms: map[string]Room{"siren": {Topic: "site/a"}, "shut": {Topic: "forbidden/a"}},
		Dial:  new(net.Dialer).DialContext, Pause: time.Millisecond,
	}
}

func TestSuite(t *testing.T) { //nolint:paralleltest // the suite looks for goroutines
	deliverytest.Run(t, func(t *testing.T) deliverytest.Rig {
		s := start(t, false)
		return deliverytest.Rig{
			Channel: New(config(s), deliverytest.Setter(t), clock.System), Address: "siren", Behave: s.behave, Marks: s.marks, Secrets: []string{"s3cret"},
		}
	})
}

func TestStateIsRetainedAndWarningEnds(t *testing.T) { //nolint:paralleltest // one broker at a time
	s := start(t, true)
	cfg := config(s)
	cfg.Server, cfg.RootCAs = "mqtts://"+s.address, s.roots
	c := New(cfg, deliverytest.Setter(t), clock.Fixed(at))
	got, err := c.Send(t.Context(), deliverytest.Chat("siren", "ntf_a"))
	if err != nil || got.State != response.Sent || strings.Contains(got.Detail, "nobody") {
		t.Fatalf("%+v %v", got, err)
	}
	state, warning := s.got("/project/quetta-rail-3/state"), s.got("/project/quetta-rail-3/warning")
	if len(state) != 1 || string(state[0].Payload) != "red" || !state[0].FixedHeader.Retain || state[0].FixedHeader.Qos != 1 || state[0].TopicName != "site/a/project/quetta-rail-3/state" {
		t.Errorf("%+v", state)
	}
	if len(warning) != 1 {
		t.Fatal("no warning")
	}
	p := warning[0]
	if p.FixedHeader.Retain || p.Properties.MessageExpiryInterval != 24*3600 || p.Properties.ContentType != "application/json" ||
		p.Properties.ResponseTopic != "site/a/answer" || string(p.Properties.CorrelationData) != "ntf_a" || property(p, "level") != "red" {
		t.Errorf("%+v", p.Properties)
	}
	var w Warning
	if err := json.Unmarshal(p.Payload, &w); err != nil || w.Schema != Schema || w.Level != "red" || w.Project != "quetta-rail-3" || len(w.Lines) != 2 {
		t.Errorf("%+v %v", w, err)
	}
	if strings.Contains(string(p.Payload), "A. Surveyor") {
		t.Error("a program is told a person's name")
	}
	if _, err := c.Send(t.Context(), deliverytest.Over("siren", "ntf_b", "")); err != nil {
		t.Fatal(err)
	}
	if state = s.got("/state"); string(state[1].Payload) != "green" {
		t.Errorf("after the all-clear the state is %s", state[1].Payload)
	}
}

func TestNobodyListens(t *testing.T) { //nolint:paralleltest // one broker at a time
	s := start(t, false)
	s.behave("lonely")
	got, err := New(config(s), deliverytest.Setter(t), clock.Fixed(at)).Send(t.Context(), deliverytest.Chat("siren", "ntf_a"))
	if err != nil || !strings.Contains(got.Detail, "nobody listens") {
		t.Errorf("%+v %v", got, err)
	}
}

// TestAnotherWarningKeepsTheState: one of two warnings of a project has ended.
func TestAnotherWarningKeepsTheState(t *testing.T) { //nolint:paralleltest // one broker at a time
	s := start(t, false)
	cfg := config(s)
	cfg.State = func(context.Context, delivery.Message) (level.Level, error) { return level.Orange, nil }
	c := New(cfg, deliverytest.Setter(t), clock.Fixed(at))
	if _, err := c.Send(t.Context(), deliverytest.Over("siren", "ntf_b", "")); err != nil {
		t.Fatal(err)
	}
	if state := s.got("/state"); string(state[0].Payload) != "orange" {
		t.Errorf("state %s", state[0].Payload)
	}
}

func TestATestMovesNothing(t *testing.T) { //nolint:paralleltest // one broker at a time
	s := start(t, false)
	m := deliverytest.Chat("siren", "ntf_d")
	m.Warning.ID = ""
	if _, err := New(config(s), deliverytest.Setter(t), clock.Fixed(at)).Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if len(s.got("site/a/digest")) != 1 || len(s.got("/state")) != 0 {
		t.Errorf("%+v", s.got(""))
	}
	if _, err := New(config(s), deliverytest.Setter(t), clock.Fixed(at)).Test(t.Context(), deliverytest.Trial("siren")); err != nil {
		t.Fatal(err)
	}
	if len(s.got("site/a/test")) != 1 || len(s.got("")) != 2 {
		t.Errorf("%+v", s.got(""))
	}
}

func TestOurOwnFaults(t *testing.T) { //nolint:paralleltest // one broker at a time
	s := start(t, true)
	good := config(s)
	good.Server, good.RootCAs = "mqtts://"+s.address, s.roots
	guard, err := netguard.Parse()
	if err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(c *Config) string{
		"password":    func(c *Config) string { c.Password = deliverytest.Secret("s3cret-old"); return "siren" },
		"certificate": func(c *Config) string { c.RootCAs = nil; return "siren" },
		"rights":      func(*Config) string { return "shut" },
		"address":     func(c *Config) string { c.Server = "broker"; return "siren" },
		"guard": func(c *Config) string {
			c.Dial = netguard.NewDialer(netguard.Options{Guard: guard}).DialContext
			return "siren"
		},
	} {
		cfg := good
		room := spoil(&cfg)
		_, err := New(cfg, deliverytest.Setter(t), clock.System).Send(t.Context(), deliverytest.Chat(room, "ntf_a"))
		if delivery.KindOf(err) != delivery.Misset || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// put has a device answer.
func (s *server) put(t *testing.T, topic, text, key string) {
	t.Helper()
	p := packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Publish, Qos: 1}, TopicName: topic, Payload: []byte(text), PacketID: 1}
	p.Properties.CorrelationData = []byte(key)
	cl := s.NewClient(nil, "inline", "device", true)
	if err := s.InjectPacket(cl, p); err != nil {
		t.Fatal(err)
	}
}

func TestListener(t *testing.T) { //nolint:paralleltest // the suite looks for goroutines
	deliverytest.RunListener(t, func(t *testing.T) deliverytest.ListenRig {
		s := start(t, false)
		c := New(config(s), deliverytest.Setter(t), clock.Fixed(at))
		join(t, s, c)
		return deliverytest.ListenRig{Listener: c, Put: func(t *testing.T, n int) delivery.Heard {
			t.Helper()
			if n == 0 {
				s.put(t, "site/a/answer", "2", "ntf_a")
				return delivery.Heard{Replies: []delivery.Reply{{
					ID: c.read(publish("site/a/answer", "2", "ntf_a")).Replies[0].ID, Notification: "ntf_a", From: "siren", Said: delivery.SaidHelp, Text: "2", At: at,
				}}}
			}
			s.put(t, "site/a/answer", "delivered", "ntf_a")
			return delivery.Heard{Receipts: []delivery.Late{{Notification: "ntf_a", State: response.Delivered, At: at}}}
		}}
	})
}

// join makes the listener's session at the broker, which from then on keeps what comes.
func join(t *testing.T, s *server, c *Channel) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- c.Listen(ctx, func(context.Context, delivery.Heard) error { return nil }) }()
	<-s.joined
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// TestOneOfTwoProcessesListens: the newer takes the session over, the older waits.
func TestOneOfTwoProcessesListens(t *testing.T) { //nolint:paralleltest // one broker at a time
	s := start(t, false)
	c := New(config(s), deliverytest.Setter(t), clock.Fixed(at))
	none := func(context.Context, delivery.Heard) error { return nil }
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	older := make(chan error, 1)
	go func() { older <- c.session(ctx, none) }()
	<-s.joined
	newer := make(chan error, 1)
	go func() { newer <- c.session(ctx, none) }()
	if err := <-older; !errors.Is(err, errTaken) {
		t.Errorf("the older ends with %v", err)
	}
	<-s.joined
	cancel()
	if err := <-newer; err != nil {
		t.Errorf("the newer ends with %v", err)
	}
}

func publish(topic, text, key string) *paho.Publish {
	return &paho.Publish{Topic: topic, QoS: 1, Payload: []byte(text), Properties: &paho.PublishProperties{CorrelationData: []byte(key)}}
}

func TestAnswersRead(t *testing.T) {
	t.Parallel()
	c := New(Config{Rooms: map[string]Room{"siren": {Topic: "site/a"}}}, deliverytest.Setter(t), clock.Fixed(at))
	for text, want := range map[string]delivery.Said{
		"1": delivery.SaidHaveIt, "have_it": delivery.SaidHaveIt, "NEED_HELP": delivery.SaidHelp, "3": delivery.SaidCannot, "SAFE": delivery.SaidSafe,
		"two are missing": delivery.SaidOther, "收到": delivery.SaidHaveIt,
	} {
		h := c.read(publish("site/a/answer", text, "ntf_a"))
		if len(h.Replies) != 1 || h.Replies[0].Said != want || h.Replies[0].From != "siren" || h.Replies[0].Notification != "ntf_a" {
			t.Errorf("%q: %+v", text, h)
		}
	}
	if h := c.read(publish("site/a/answer", "failed", "ntf_a")); len(h.Receipts) != 1 || h.Receipts[0].State != response.Failed || h.Receipts[0].Kind == "" {
		t.Errorf("%+v", h)
	}
	for _, p := range []*paho.Publish{
		publish("site/b/answer", "1", "ntf_a"), publish("site/a/answer", "", "ntf_a"), publish("site/a/answer", "delivered", "a b"),
		publish("site/a/answer", strings.Repeat("1", 5000), "ntf_a"),
		{Topic: "site/a/answer"},
	} {
		if h := c.read(p); len(h.Replies) != 0 || len(h.Receipts) != 0 {
			t.Errorf("%s %.20q: %+v", p.Topic, p.Payload, h)
		}
	}
	for _, hostile := range deliverytest.Hostile() {
		for _, r := range c.read(publish("site/a/answer", hostile, hostile)).Replies {
			if r.Said != delivery.SaidOther || r.Notification != "" || len([]rune(r.Text)) > 500 {
				t.Errorf("%.20q: %+v", hostile, r)
			}
		}
	}
}

func TestListenerEndsWhenItIsMisset(t *testing.T) { //nolint:paralleltest // one broker at a time
	s := start(t, false)
	cfg := config(s)
	cfg.Password = deliverytest.Secret("s3cret-old")
	err := New(cfg, deliverytest.Setter(t), clock.System).Listen(t.Context(), func(context.Context, delivery.Heard) error { return nil })
	if delivery.KindOf(err) != delivery.Misset || strings.Contains(err.Error(), "s3cret") {
		t.Error(err)
	}
}
