package mqtt

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"log/slog"
	"math/big"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	broker "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/mochi-mqtt/server/v2/packets"

	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/delivery/deliverytest"
)

// server is a real broker on the loopback that behaves as told at …/warning.
type server struct {
	broker.HookBase
	*broker.Server
	address string
	roots   *x509.CertPool
	once    sync.Once

	joined chan struct{} // somebody has subscribed

	mu   sync.Mutex
	how  deliverytest.Behaviour
	seen []packets.Packet
}

func (s *server) ID() string { return "test" }

func (s *server) Provides(b byte) bool {
	return bytes.Contains([]byte{broker.OnConnectAuthenticate, broker.OnACLCheck, broker.OnPublish, broker.OnSubscribed}, []byte{b})
}

func (s *server) OnConnectAuthenticate(_ *broker.Client, p packets.Packet) bool {
	return string(p.Connect.Username) == "watch" && string(p.Connect.Password) == "s3cret-password"
}

func (s *server) OnACLCheck(_ *broker.Client, topic string, write bool) bool {
	return !write || !strings.HasPrefix(topic, "forbidden/")
}

func (s *server) OnSubscribed(*broker.Client, packets.Packet, []byte) {
	select {
	case s.joined <- struct{}{}:
	default:
	}
}

func (s *server) OnPublish(c *broker.Client, p packets.Packet) (packets.Packet, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.Net.Inline {
		return p, nil
	}
	s.seen = append(s.seen, p)
	if !strings.HasSuffix(p.TopicName, "/warning") {
		return p, nil
	}
	switch s.how {
	case deliverytest.Later:
		return p, packets.ErrImplementationSpecificError
	case deliverytest.Slower:
		return p, packets.ErrQuotaExceeded
	case deliverytest.Refuse:
		return p, packets.ErrPayloadFormatInvalid
	case deliverytest.Nobody:
		return p, packets.ErrTopicNameInvalid
	case "lonely":
		return p, packets.CodeNoMatchingSubscribers
	case deliverytest.Hang:
		return p, packets.ErrRejectPacket // no acknowledgement ever
	case deliverytest.Drop:
		c.Stop(io.ErrUnexpectedEOF)
		return p, packets.ErrRejectPacket
	default:
		return p, nil
	}
}

func (s *server) behave(b deliverytest.Behaviour) {
	s.mu.Lock()
	s.how = b
	s.mu.Unlock()
	if b == deliverytest.Unknown {
		s.stop()
	}
}

func (s *server) stop() { s.once.Do(func() { _ = s.Server.Close() }) }

// got lists what was published at topics that end so.
func (s *server) got(end string) []packets.Packet {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.seen), func(p packets.Packet) bool { return !strings.HasSuffix(p.TopicName, end) })
}

func (s *server) marks() []string {
	var out []string
	for _, p := range s.got("/warning") {
		out = append(out, property(p, "notification"))
	}
	return out
}

func property(p packets.Packet, name string) string {
	for _, u := range p.Properties.User {
		if u.Key == name {
			return u.Val
		}
	}
	return ""
}

func start(t *testing.T, secure bool) *server {
	t.Helper()
	s := &server{Server: broker.New(&broker.Options{InlineClient: true, Logger: slog.New(slog.DiscardHandler)}), how: deliverytest.Accept, joined: make(chan struct{}, 1)}
	if err := s.AddHook(s, nil); err != nil {
		t.Fatal(err)
	}
	cfg := listeners.Config{ID: "t", Address: "127.0.0.1:0"}
	if secure {
		cfg.TLSConfig = s.certificate(t)
	}
	l := listeners.NewTCP(cfg)
	if err := s.AddListener(l); err != nil {
		t.Fatal(err)
	}
	if err := s.Serve(); err != nil {
		t.Fatal(err)
	}
	s.address = l.Address()
	t.Cleanup(s.stop)
	return s
}

// certificate signs for the loopback.
func (s *server) certificate(t *testing.T) *tls.Config {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := clock.System()
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "broker"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	raw, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	s.roots = x509.NewCertPool()
	s.roots.AddCert(parsed)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{raw}, PrivateKey: key}}, MinVersion: tls.VersionTLS12}
}
