package webpush

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/deliverytest"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/response"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var b64 = base64.RawURLEncoding

// A browser is the receiving end of RFC 8291: its own key pair and secret.
type browser struct {
	key  *ecdh.PrivateKey
	auth []byte
}

func newBrowser(t *testing.T) browser {
	t.Helper()
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	auth := make([]byte, 16)
	_, _ = rand.Read(auth)
	return browser{key, auth}
}

func (b browser) subscription(endpoint string) string {
	return fmt.Sprintf(`{"endpoint":%q,"expirationTime":null,"keys":{"p256dh":%q,"auth":%q}}`, endpoint, b64.EncodeToString(b.key.PublicKey().Bytes()), b64.EncodeToString(b.auth))
}

// open decrypts one aes128gcm record (RFC 8188, 2; RFC 8291, 3.4).
func (b browser) open(body []byte) ([]byte, error) {
	if len(body) < 21 || len(body) < 21+int(body[20]) {
		return nil, errors.New("short")
	}
	salt, size, sender := body[:16], binary.BigEndian.Uint32(body[16:20]), body[21:21+int(body[20])]
	sealed := body[21+len(sender):]
	if len(sealed) > int(size) {
		return nil, errors.New("more than one record")
	}
	public, err := ecdh.P256().NewPublicKey(sender)
	if err != nil {
		return nil, err
	}
	shared, err := b.key.ECDH(public)
	if err != nil {
		return nil, err
	}
	info := "WebPush: info\x00" + string(b.key.PublicKey().Bytes()) + string(sender)
	ikm, err := hkdf.Key(sha256.New, shared, b.auth, info, 32)
	if err != nil {
		return nil, err
	}
	cek, err := hkdf.Key(sha256.New, ikm, salt, "Content-Encoding: aes128gcm\x00", 16)
	if err != nil {
		return nil, err
	}
	nonce, err := hkdf.Key(sha256.New, ikm, salt, "Content-Encoding: nonce\x00", 12)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(cek)
	if err != nil {
		return nil, err
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	plain, err := gcm.Open(nil, nonce, sealed, nil)
	if err != nil {
		return nil, err
	}
	plain = bytes.TrimRight(plain, "\x00")
	if n := len(plain); n > 0 && plain[n-1] == 2 { // the last record's mark
		return plain[:n-1], nil
	}
	return nil, errors.New("no mark of the last record")
}

// TestTheDecryptorReadsTheStandardsExample: RFC 8291, section 5 and appendix A.
func TestTheDecryptorReadsTheStandardsExample(t *testing.T) {
	t.Parallel()
	raw := func(s string) []byte {
		out, err := b64.DecodeString(s)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	key, err := ecdh.P256().NewPrivateKey(raw("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"))
	if err != nil {
		t.Fatal(err)
	}
	body := raw("DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN")
	got, err := browser{key, raw("BTBZMqHH6r4Tts7J_aSIgg")}.open(body)
	if err != nil || string(got) != "When I grow up, I want to be a watermelon" {
		t.Errorf("%q %v", got, err)
	}
}

// A service is a push service: it checks the signature of RFC 8292 and the headers of RFC
// 8030, and hands what it got to the browser.
type service struct {
	client *http.Client
	url    string
	close  func()
	to     browser
	key    Key

	mu    sync.Mutex
	how   deliverytest.Behaviour
	wrong []string
	notes []note
	heads []http.Header
}

func newService(t *testing.T) *service {
	t.Helper()
	s := &service{how: deliverytest.Accept, to: newBrowser(t)}
	var err error
	if s.key, err = NewKey(rand.Reader); err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, stop) }))
	s.client, s.url = srv.Client(), srv.URL+"/push/s3cret-endpoint"
	s.close = sync.OnceFunc(func() { close(stop); s.client.CloseIdleConnections(); srv.Close() })
	t.Cleanup(s.close)
	return s
}

func (s *service) behave(b deliverytest.Behaviour) {
	s.mu.Lock()
	s.how = b
	s.mu.Unlock()
	if b == deliverytest.Unknown {
		s.close()
	}
}

func (s *service) marks() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for _, n := range s.notes {
		out = append(out, n.Key)
	}
	return out
}

func (s *service) serve(w http.ResponseWriter, r *http.Request, stop chan struct{}) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	plain, err := s.to.open(body)
	var n note
	s.mu.Lock()
	if err == nil {
		err = json.Unmarshal(plain, &n)
	}
	if err == nil {
		err = s.signed(r)
	}
	if err != nil {
		s.wrong = append(s.wrong, err.Error())
	}
	how := s.how
	s.notes, s.heads = append(s.notes, n), append(s.heads, r.Header.Clone())
	s.mu.Unlock()
	switch {
	case how == deliverytest.Hang:
		select {
		case <-r.Context().Done():
		case <-stop:
		}
	case how == deliverytest.Drop:
		panic(http.ErrAbortHandler)
	case err != nil:
		w.WriteHeader(400)
	case how == deliverytest.Later:
		http.Error(w, r.URL.Path, 500)
	case how == deliverytest.Slower:
		w.Header().Set("Retry-After", "30")
		w.WriteHeader(429)
	case how == deliverytest.Refuse:
		http.Error(w, r.URL.Path, http.StatusRequestEntityTooLarge)
	case how == deliverytest.Nobody:
		http.Error(w, "gone: "+r.URL.Path, http.StatusGone)
	case how == "forbidden":
		w.WriteHeader(403)
	default:
		w.WriteHeader(201)
	}
}

// signed checks "vapid t=…, k=…": ES256 by the key that the page gave the browser.
func (s *service) signed(r *http.Request) error {
	rest, ok := strings.CutPrefix(r.Header.Get("Authorization"), "vapid t=")
	token, key, parted := strings.Cut(rest, ", k=")
	parts := strings.Split(token, ".")
	if !ok || !parted || len(parts) != 3 || key != s.key.Public {
		return errors.New("authorization")
	}
	point, _ := b64.DecodeString(key)
	signature, err := b64.DecodeString(parts[2])
	if err != nil || len(signature) != 64 || len(point) != 65 {
		return errors.New("signature's form")
	}
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	if err != nil {
		return err
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if !ecdsa.Verify(public, sum[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])) {
		return errors.New("signature")
	}
	var claims struct {
		Aud, Sub string
		Exp      int64
	}
	raw, _ := b64.DecodeString(parts[1])
	if json.Unmarshal(raw, &claims) != nil || claims.Aud != "http://"+r.Host || claims.Sub != "mailto:duty@example.org" {
		return fmt.Errorf("claims %s", raw)
	}
	if left := time.Until(time.Unix(claims.Exp, 0)); left <= 0 || left > 24*time.Hour { // RFC 8292, 2
		return fmt.Errorf("ends in %s", left)
	}
	if ttl, err := strconv.Atoi(r.Header.Get("TTL")); err != nil || ttl < 600 || ttl > 86400 || r.Header.Get("Content-Encoding") != "aes128gcm" || len(r.Header.Get("Topic")) > 32 {
		return errors.New("headers")
	}
	return nil
}

// memory is a small store of devices.
type memory struct {
	mu   sync.Mutex
	held map[string]desk.Device
	fail error
}

func (m *memory) Device(_ context.Context, org, contact, name string) (desk.Device, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	d, ok := m.held[name]
	if m.fail != nil {
		return d, m.fail
	}
	if !ok || org != "org_1" || contact != "con_1" {
		return d, fault.ErrNotFound
	}
	return d, nil
}

func (m *memory) DropDevice(_ context.Context, _, _, name, subscription string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.held[name].Subscription == subscription {
		delete(m.held, name)
	}
	return nil
}

func (m *memory) DeviceWorked(_ context.Context, _, _, name string, at time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	d := m.held[name]
	d.Worked = at
	m.held[name] = d
	return nil
}

func open(t *testing.T, s *service) (*Channel, *memory) {
	t.Helper()
	m := &memory{held: map[string]desk.Device{"phone": {Contact: "con_1", Name: "phone", Subscription: s.to.subscription(s.url)}}}
	c, err := New(Config{Devices: m, Key: s.key, Contact: "duty@example.org", Client: s.client, Now: clock.System})
	if err != nil {
		t.Fatal(err)
	}
	return c, m
}

func TestSuite(t *testing.T) { //nolint:paralleltest // the suite looks for goroutines
	deliverytest.Run(t, func(t *testing.T) deliverytest.Rig {
		s := newService(t)
		c, _ := open(t, s)
		t.Cleanup(func() {
			if len(s.wrong) > 0 {
				t.Errorf("what the push service found: %q", s.wrong)
			}
		})
		return deliverytest.Rig{
			Channel: c, Address: "phone", Behave: s.behave, Marks: s.marks,
			Secrets: []string{"s3cret", s.key.Text(), b64.EncodeToString(s.to.auth), b64.EncodeToString(s.to.key.PublicKey().Bytes())},
		}
	})
}

func TestNote(t *testing.T) {
	t.Parallel()
	s := newService(t)
	c, held := open(t, s)
	m := deliverytest.Message("phone", "ntf_a")
	m.Lines = []string{"Stop work.", "Camp 2: now"}
	m.Buttons = []delivery.Button{{Said: "have_it", Label: "I have it", URL: m.AnswerURL + "?k=1"}, {Said: "x", Label: "no page"}, {Said: "need_help", Label: "Help", URL: m.AnswerURL + "?k=2"}, {Said: "cannot", Label: "Cannot", URL: m.AnswerURL}}
	got, err := c.Send(t.Context(), m)
	if err != nil || got.State != response.Sent || got.Detail != "201 Created" {
		t.Fatalf("%+v %v", got, err)
	}
	n := s.notes[0]
	if n.Title != m.Subject || n.Tag != m.Thread || n.URL != m.AnswerURL || n.Body != "Stop work. · Camp 2: now" || len(n.Answers) != 2 || n.Answers[1].ID != "need_help" || n.Level != 3 {
		t.Errorf("%+v", n)
	}
	raw, _ := json.Marshal(n)
	for _, private := range []string{"Surveyor", "Gate", "con_1", "acc_1"} {
		if strings.Contains(string(raw), private) {
			t.Errorf("the note tells of %s: %s", private, raw)
		}
	}
	if h := s.heads[0]; h.Get("Urgency") != "high" || len(h.Get("Topic")) != 32 {
		t.Errorf("%v", h)
	}
	if held.held["phone"].Worked.IsZero() {
		t.Error("not noted that it worked")
	}
	test := delivery.Message{Key: "tst_1", Org: "org_1", Address: "phone", Purpose: response.Test, Subject: "Test", Contact: m.Contact}
	if _, err := c.Test(t.Context(), test); err != nil || s.notes[1].Tag != "tst_1" || s.heads[1].Get("Topic") != "" || s.heads[1].Get("Urgency") != "normal" {
		t.Errorf("%+v %v %v", s.notes[1], s.heads[1], err)
	}
}

func TestGoneDeviceIsForgotten(t *testing.T) {
	t.Parallel()
	s := newService(t)
	c, held := open(t, s)
	s.behave(deliverytest.Nobody)
	m := deliverytest.Message("phone", "ntf_a")
	if _, err := c.Send(t.Context(), m); delivery.KindOf(err) != delivery.Dead || len(held.held) != 0 {
		t.Errorf("%v, %v", err, held.held)
	}
	if _, err := c.Send(t.Context(), m); delivery.KindOf(err) != delivery.Dead || !errors.Is(err, fault.ErrNotFound) || len(s.notes) != 1 {
		t.Errorf("%v", err)
	}
	held.fail = fault.ErrUnavailable
	if _, err := c.Send(t.Context(), m); delivery.KindOf(err) != delivery.Retry {
		t.Errorf("a database that is away: %v", err)
	}
	s = newService(t)
	c, _ = open(t, s)
	s.behave("forbidden")
	if _, err := c.Send(t.Context(), m); delivery.KindOf(err) != delivery.Misset {
		t.Errorf("a key that is not taken: %v", err)
	}
}

func TestHowLong(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 10, 7, 4, 0, 0, 0, time.UTC)
	for left, want := range map[time.Duration]int{time.Minute: 600, 2 * time.Hour: 7200, 72 * time.Hour: 86400, -time.Hour: 600} {
		m := delivery.Message{}
		m.Warning.Expires = now.Add(left)
		if got := ttl(m, now); got != want {
			t.Errorf("%s: %d, want %d", left, got, want)
		}
	}
	if urgency(delivery.Message{Level: level.Yellow}) != "normal" || urgency(delivery.Message{Level: level.Orange}) != "high" {
		t.Error("urgency")
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	good := b.subscription("https://push.example/x")
	if _, err := Check(good); err != nil {
		t.Error(err)
	}
	for name, bad := range map[string]string{
		"empty": "", "http": b.subscription("http://push.example/x"), "no host": b.subscription("https:///x"), "name": b.subscription("https://u:geheim@push.example/"),
		"no point": strings.Replace(good, `"p256dh":"B`, `"p256dh":"C`, 1), "short secret": strings.Replace(good, `"auth":"`, `"auth":"AA"}},{"x":{"y":"`, 1),
		"long": good + strings.Repeat(" ", 5000),
	} {
		if _, err := Check(bad); !errors.Is(err, fault.ErrInvalid) || strings.Contains(err.Error(), "geheim") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestKeyIsReadAgain(t *testing.T) {
	t.Parallel()
	k, err := NewKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := ParseKey(k.Text() + "\n"); err != nil || again != k {
		t.Errorf("%+v %v", again, err)
	}
	for _, bad := range []string{"", "x", "AAAA", strings.Repeat("_", 43)} {
		if _, err := ParseKey(bad); !errors.Is(err, fault.ErrInvalid) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func FuzzCheck(f *testing.F) {
	f.Add(`{"endpoint":"https://push.example/x","keys":{"p256dh":"B","auth":"A"}}`)
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := Check(text); err != nil && !errors.Is(err, fault.ErrInvalid) {
			t.Fatal(err)
		}
	})
}
