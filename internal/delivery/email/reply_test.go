package email

import (
	"context"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
	"github.com/emersion/go-msgauth/dkim"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/deliverytest"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/response"
)

var now = time.Date(2026, 10, 7, 5, 0, 0, 0, time.UTC)

const hookSecret = "h00k-s3cret"

func hooked() (string, error) { return hookSecret, nil }

func posted(letter string) delivery.Request {
	letter = strings.ReplaceAll(letter, "\n", "\r\n")
	mac := hmac.New(sha256.New, []byte(hookSecret))
	mac.Write([]byte(letter))
	h := http.Header{}
	h.Set(HeaderSignature, "sha256="+hex.EncodeToString(mac.Sum(nil)))
	return delivery.Request{Method: "POST", Header: h, Body: []byte(letter), At: now}
}

// answer is a letter in reply to ntf_a.
func answer(head, body string) string {
	return "From: Gate <gate@site.example>\nTo: Watchfire <watchfire@example.org>\nSubject: Re: RED\nMessage-ID: <r1@site.example>\nDate: Wed, 07 Oct 2026 04:30:00 +0000\n" + head + "\n" + body
}

const refers = "In-Reply-To: <ntf_a@example.org>\nReferences: <thread_x@example.org> <ntf_a@example.org>\n"

func heard(text string, s delivery.Said) delivery.Heard {
	return delivery.Heard{Replies: []delivery.Reply{{
		ID: "<r1@site.example>", Notification: "ntf_a", Remote: "<ntf_a@example.org>", From: "gate@site.example", Said: s, Text: text, At: now.Add(-30 * time.Minute),
	}}}
}

func stranger(text string) delivery.Heard {
	h := heard(text, delivery.SaidOther)
	h.Replies[0].Notification, h.Replies[0].Remote = "", ""
	return h
}

func report(action, status string) string {
	return "From: MAILER-DAEMON@mx.example\nTo: watchfire@example.org\nSubject: Undelivered\nAuto-Submitted: auto-replied\nMIME-Version: 1.0\n" +
		"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: text/plain\n\n1\n--b\nContent-Type: message/delivery-status\n\n" +
		"Reporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; gate@site.example\nAction: " + action + "\nStatus: " + status + "\nDiagnostic-Code: smtp; 550 <gate@site.example> unknown\n\n" +
		"--b\nContent-Type: text/rfc822-headers\n\nFrom: watchfire@example.org\nMessage-ID: <ntf_a@example.org>\n--b--\n"
}

func late(s response.State, k delivery.FaultKind) delivery.Heard {
	return delivery.Heard{Receipts: []delivery.Late{{Notification: "ntf_a", Remote: "<ntf_a@example.org>", State: s, Kind: k, At: now}}}
}

func TestHook(t *testing.T) { //nolint:paralleltest // subtests share a channel
	calls := map[string]deliverytest.HookCall{}
	for name, c := range map[string]struct {
		letter string
		want   delivery.Heard
	}{
		"digit":         {answer(refers, "1\n\nOn Wed, 7 Oct 2026, Watchfire wrote:\n> RED: 2\n"), heard("1", delivery.SaidHaveIt)},
		"broken quote":  {answer(refers, "2\n\nOn Wed, 7 Oct 2026 at 04:06, Watchfire\n<watchfire@example.org> wrote:\n> RED\n"), heard("2", delivery.SaidHelp)},
		"quote first":   {answer(refers, "On Wed, 7 Oct 2026, Watchfire wrote:\n> RED: stop work\n\n1\n"), heard("1", delivery.SaidHaveIt)},
		"forwarded":     {answer(refers, "-----Original Message-----\nFrom: x@y\n\n1\n"), delivery.Heard{}},
		"original":      {answer(refers, "收到\n\n-----Original Message-----\nFrom: x\n"), heard("收到", delivery.SaidHaveIt)},
		"base64":        {answer(refers+"Content-Type: text/plain; charset=gb18030\nContent-Transfer-Encoding: base64\n", base64.StdEncoding.EncodeToString([]byte("\xca\xd5\xb5\xbd"))+"\n"), heard("收到", delivery.SaidHaveIt)},
		"html":          {answer(refers+"Content-Type: text/html\n", "<html><head><style>x</style></head><body><div>Safe!</div><blockquote>RED 2</blockquote></body></html>\n"), heard("Safe!", delivery.SaidSafe)},
		"alternative":   {answer(refers+"Content-Type: multipart/alternative; boundary=b\n", "--b\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\nRe=C3=A7u\n--b\nContent-Type: text/html\n\n<p>3</p>\n--b--\n"), heard("Reçu", delivery.SaidHaveIt)},
		"note":          {answer(refers, "One person is missing.\n1 bus too.\n"), heard("One person is missing.\n1 bus too.", delivery.SaidOther)},
		"references":    {answer("References: <ntf_a@example.org> <x@site.example>\n", "3\n"), heard("3", delivery.SaidCannot)},
		"plus address":  {answer("Delivered-To: replies+ntf_a@example.org\n", "1\n"), heard("1", delivery.SaidHaveIt)},
		"only a sender": {answer("", "1\n"), stranger("1")},
		"other domain":  {answer("In-Reply-To: <ntf_a@elsewhere.example>\n", "1\n"), stranger("1")},
		"root only":     {answer("References: <thread_x@example.org>\n", "1\n"), stranger("1")},
		"away":          {answer(refers+"Auto-Submitted: auto-replied\n", "1\n"), delivery.Heard{}},
		"old robot":     {answer(refers+"Precedence: bulk\n", "1\n"), delivery.Heard{}},
		"out of office": {answer(refers+"X-Auto-Response-Suppress: All\n", "1\n"), delivery.Heard{}},
		"empty":         {answer(refers, "\n"), delivery.Heard{}},
		"no such":       {report("failed", "5.1.1"), late(response.Failed, delivery.Dead)},
		"full":          {report("failed", "5.2.2"), late(response.Failed, delivery.Refused)},
		"too late":      {report("Failed", "4.4.7"), late(response.Failed, delivery.Retry)},
		"delayed":       {report("delayed", "4.4.1"), late(response.Queued, "")},
		"delivered":     {report("delivered", "2.0.0"), late(response.Delivered, "")},
		"odd action":    {report("wished", "2.0.0"), delivery.Heard{}},
		"others' mail":  {strings.ReplaceAll(report("failed", "5.1.1"), "ntf_a@example.org", "x@y.example"), delivery.Heard{}},
	} {
		calls[name] = deliverytest.HookCall{Request: posted(c.letter), Want: c.want}
	}
	deliverytest.RunHook(t, deliverytest.HookRig{
		Channel: open(t, Config{Secret: hooked, ReplyTo: "replies+{key}@example.org"}, nil), Secrets: []string{hookSecret, "gate@site.example"}, Calls: calls,
		Forge: map[string]func(r delivery.Request) delivery.Request{
			"no signature": func(r delivery.Request) delivery.Request { r.Header = http.Header{}; return r },
			"other body":   func(r delivery.Request) delivery.Request { r.Body = append([]byte("X: 1\r\n"), r.Body...); return r },
		},
		Garbage: []delivery.Request{posted("no header at all"), posted("")},
	})
}

func TestReplyTo(t *testing.T) {
	t.Parallel()
	p := newPost(t, clear)
	c := open(t, Config{Port: p.port, TLS: None, ReplyTo: "replies+{key}@example.org"}, nil)
	if _, err := c.Send(t.Context(), deliverytest.Message(address, "ntf_a")); err != nil {
		t.Fatal(err)
	}
	if h, _ := header(t, p); h.Get("Reply-To") != "<replies+ntf_a@example.org>" {
		t.Errorf("%q", h.Get("Reply-To"))
	}
}

func pemOf(t *testing.T, key any) string {
	t.Helper()
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw}))
}

// TestDKIM lets the library's verifier judge what arrived, with the key out of our own DNS.
func TestDKIM(t *testing.T) {
	t.Parallel()
	long, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	spki, err := x509.MarshalPKIXPublicKey(long.Public())
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct{ key, record string }{
		"rsa":     {pemOf(t, long), "v=DKIM1; k=rsa; p=" + base64.StdEncoding.EncodeToString(spki)},
		"ed25519": {pemOf(t, private), "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(public)},
	} {
		p := newPost(t, clear)
		c := open(t, Config{Port: p.port, TLS: None, DKIM: &DKIM{Selector: "w1", Key: func() (string, error) { return tt.key, nil }}}, leaveHTTPS)
		m := deliverytest.Message(address, "ntf_a")
		m.Text = "Überschwemmung\n.\n.. line\n" + strings.Repeat("long ", 300) + "\n"
		if _, err := c.Send(t.Context(), m); err != nil {
			t.Fatal(name, err)
		}
		options := &dkim.VerifyOptions{LookupTXT: func(domain string) ([]string, error) {
			if domain != "w1._domainkey.example.org" {
				return nil, fmt.Errorf("asked for %s", domain)
			}
			return []string{tt.record}, nil
		}}
		raw := p.letters()[0].raw
		got, err := dkim.VerifyWithOptions(strings.NewReader(raw), options)
		if err != nil || len(got) != 1 || got[0].Err != nil || got[0].Domain != "example.org" {
			t.Errorf("%s: %+v %v", name, got, err)
			continue
		}
		for _, name := range []string{"From", "Subject", "List-Unsubscribe-Post", "Message-ID"} {
			if !strings.Contains(strings.ToLower(strings.Join(got[0].HeaderKeys, " ")), strings.ToLower(name)) {
				t.Errorf("%s is not signed: %v", name, got[0].HeaderKeys)
			}
		}
		forged := strings.Replace(raw, "Subject:", "Subject: All clear", 1)
		if got, _ := dkim.VerifyWithOptions(strings.NewReader(forged), options); len(got) != 1 || got[0].Err == nil || forged == raw {
			t.Errorf("%s: a forged subject verifies: %+v %t", name, got, forged == raw)
		}
	}
}

func TestKeysThatCannotSign(t *testing.T) {
	t.Parallel()
	short, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Skip("this Go makes no short keys")
	}
	p := newPost(t, clear)
	for name, key := range map[string]string{"short": pemOf(t, short), "no PEM": "geheim", "empty": ""} {
		c := open(t, Config{Port: p.port, TLS: None, DKIM: &DKIM{Selector: "w1", Key: func() (string, error) { return key, nil }}}, nil)
		if _, err := c.Send(t.Context(), deliverytest.Message(address, "ntf_a")); delivery.KindOf(err) != delivery.Misset || strings.Contains(err.Error(), "geheim") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(p.letters()) != 0 {
		t.Error("an unsigned letter went out")
	}
	if _, err := New(Config{Host: "mail.example", From: "w@example.org", DKIM: &DKIM{}}, nil); !errors.Is(err, fault.ErrInvalid) {
		t.Errorf("no selector: %v", err)
	}
}

// A box is a real IMAP server with one mailbox.
type box struct {
	user *imapmemserver.User
	port int
}

func newBox(t *testing.T, caps imap.CapSet) *box {
	t.Helper()
	mem := imapmemserver.New()
	b := &box{user: imapmemserver.NewUser(user, password)}
	if err := b.user.Create("INBOX", nil); err != nil {
		t.Fatal(err)
	}
	mem.AddUser(b.user)
	s := imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return mem.NewSession(), nil, nil
		},
		Caps: caps, InsecureAuth: true, Logger: silent{},
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b.port = l.Addr().(*net.TCPAddr).Port
	done := make(chan struct{})
	go func() { defer close(done); _ = s.Serve(l) }()
	t.Cleanup(func() { _ = s.Close(); <-done })
	return b
}

type silent struct{}

func (silent) Printf(string, ...any) {}

func (b *box) put(t *testing.T, letter string) {
	t.Helper()
	raw := strings.ReplaceAll(letter, "\n", "\r\n")
	if _, err := b.user.Append("INBOX", literal{strings.NewReader(raw)}, &imap.AppendOptions{}); err != nil {
		t.Fatal(err)
	}
}

type literal struct{ *strings.Reader }

func (l literal) Size() int64 { return l.Reader.Size() }

func (b *box) channel(t *testing.T) *Channel {
	t.Helper()
	return open(t, Config{Inbox: &Inbox{
		Host: "127.0.0.1", Port: b.port, TLS: None, User: user, Password: secret, Now: func() time.Time { return now }, Pause: time.Millisecond,
	}}, nil)
}

func TestListenerSuite(t *testing.T) { //nolint:paralleltest // the suite looks for goroutines
	deliverytest.RunListener(t, func(t *testing.T) deliverytest.ListenRig {
		b := newBox(t, nil)
		b.put(t, answer(refers+"Auto-Submitted: auto-replied\n", "1\n")) // says nothing
		return deliverytest.ListenRig{Listener: b.channel(t), Put: func(t *testing.T, n int) delivery.Heard {
			b.put(t, strings.Replace(answer(refers, "1\n"), "<r1@", fmt.Sprintf("<r1%d@", n), 1))
			want := heard("1", delivery.SaidHaveIt)
			want.Replies[0].ID = fmt.Sprintf("<r1%d@site.example>", n)
			return want
		}}
	})
}

// TestIdle: what comes while the listener waits is heard at once.
func TestIdle(t *testing.T) {
	t.Parallel()
	b := newBox(t, imap.CapSet{imap.CapIMAP4rev1: {}, imap.CapIdle: {}})
	b.put(t, answer(refers, "1\n"))
	ctx, cancel := context.WithCancel(t.Context())
	var got []delivery.Said
	err := b.channel(t).Listen(ctx, func(_ context.Context, h delivery.Heard) error {
		got = append(got, h.Replies[0].Said)
		if len(got) == 1 {
			b.put(t, strings.Replace(answer(refers, "2\n"), "<r1@", "<r2@", 1))
		} else {
			cancel()
		}
		return nil
	})
	if err != nil || len(got) != 2 || got[1] != delivery.SaidHelp {
		t.Errorf("%v %v", got, err)
	}
}

func TestInboxesThatCannotWork(t *testing.T) {
	t.Parallel()
	for name, i := range map[string]Inbox{
		"nothing": {}, "clear elsewhere": {Host: "mail.example", TLS: None, User: user, Password: secret, Now: time.Now},
		"odd tls": {Host: "mail.example", TLS: "some", User: user, Password: secret, Now: time.Now},
	} {
		if _, err := New(Config{Host: "mail.example", From: "w@example.org", Inbox: &i}, nil); !errors.Is(err, fault.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := New(Config{Host: "mail.example", From: "w@example.org", ReplyTo: "nobody"}, nil); !errors.Is(err, fault.ErrInvalid) {
		t.Errorf("reply_to: %v", err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(answer(refers, "1\n")))
	f.Add([]byte(report("failed", "5.1.1")))
	c, err := New(Config{Host: "127.0.0.1", From: "watchfire@example.org", ReplyTo: "replies+{key}@example.org"}, nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		h, err := c.read(raw, now)
		if err != nil && !errors.Is(err, fault.ErrInvalid) {
			t.Fatal(err)
		}
		for _, y := range h.Replies {
			if y.ID == "" || y.From == "" || y.Text == "" || y.At.After(now) {
				t.Fatalf("%+v", y)
			}
		}
	})
}
