package email

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"net/textproto"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/google/go-cmp/cmp"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/deliverytest"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/response"
)

type leaveLink string

func (l leaveLink) Leave(_ context.Context, _, contact, _ string) (string, error) {
	if l == "" {
		return "", fault.ErrUnavailable
	}
	return string(l) + contact, nil
}

const leaveHTTPS = leaveLink("https://watch.example.org/leave/")

func open(t *testing.T, cfg Config, leave Leave) *Channel {
	t.Helper()
	if cfg.Host == "" {
		cfg.Host = "127.0.0.1"
	}
	cfg.From = "Wächter <watchfire@example.org>"
	c, err := New(cfg, leave)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func secret() (string, error) { return password, nil }

func TestSuite(t *testing.T) { //nolint:paralleltest // the suite looks for goroutines
	deliverytest.Run(t, func(t *testing.T) deliverytest.Rig {
		p := newPost(t, withStartTLS)
		c := open(t, Config{Port: p.port, RootCAs: p.roots, User: user, Password: secret}, leaveHTTPS)
		return deliverytest.Rig{Channel: c, Address: address, Behave: p.Behave, Marks: p.marks, Secrets: []string{password, address}}
	})
}

// header reads the head of the only letter that came.
func header(t *testing.T, p *post) (mail.Header, *mail.Message) {
	t.Helper()
	letters := p.letters()
	if len(letters) == 0 {
		t.Fatal("no letter came")
	}
	m, err := mail.ReadMessage(strings.NewReader(letters[len(letters)-1].raw))
	if err != nil {
		t.Fatal(err)
	}
	return m.Header, m
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	p := newPost(t, clear)
	c := open(t, Config{Port: p.port, TLS: None}, leaveHTTPS)
	m := deliverytest.Message(address, "ntf_a")
	m.Subject = "红色：地震 6.9 级，距 Camp 2 31 公里 · 基塔铁路三标段，另有四处受影响，请立即行动"
	got, err := c.Send(t.Context(), m)
	if err != nil || got.State != response.Sent || got.Remote != "<ntf_a@example.org>" || !strings.HasPrefix(got.Detail, "250 2.0.0 OK") {
		t.Fatalf("%+v, %v", got, err)
	}
	h, _ := header(t, p)
	for name, want := range map[string]string{
		"Message-Id": "<ntf_a@example.org>", "Auto-Submitted": "auto-generated", "List-Id": "Watchfire <warnings.example.org>",
		"List-Unsubscribe": "<https://watch.example.org/leave/con_1>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
		"X-Watchfire-Warning": "wrn_1", "X-Watchfire-Level": "red", "X-Watchfire-Revision": "1", "X-Watchfire-Purpose": "alarm",
		"X-Watchfire-Tlp": "GREEN", "Importance": "high", "Priority": "urgent", "X-Priority": "1", "In-Reply-To": "",
		"Date": "Wed, 07 Oct 2026 04:06:02 +0000", "Content-Language": "en", "To": "<" + address + ">",
	} {
		if got := h.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	decoded, err := new(mime.WordDecoder).DecodeHeader(h.Get("Subject"))
	if err != nil || decoded != m.Subject {
		t.Errorf("subject %q, %v", decoded, err)
	}
	from, err := mail.ParseAddress(h.Get("From"))
	if err != nil || from.Name != "Wächter" || from.Address != "watchfire@example.org" {
		t.Errorf("from %v, %v", from, err)
	}
	for l := range strings.SplitSeq(p.letters()[0].raw, "\r\n") {
		if len(l) > 998 {
			t.Errorf("line of %d bytes", len(l))
		}
	}
}

func TestThread(t *testing.T) {
	t.Parallel()
	p := newPost(t, clear)
	c := open(t, Config{Port: p.port, TLS: None}, nil)
	ids, roots := map[string]bool{}, map[string]bool{}
	for i, key := range []string{"ntf_a", "ntf_b", "ntf_c"} {
		m := deliverytest.Message(address, key)
		m.First, m.Level = i == 0, level.Orange
		if _, err := c.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		h, _ := header(t, p)
		ids[h.Get("Message-Id")], roots[h.Get("References")] = true, true
		if reply := h.Get("In-Reply-To"); (reply == "") != m.First || reply != "" && reply != h.Get("References") {
			t.Errorf("%s: In-Reply-To %q", key, reply)
		}
		if h.Get("Importance") != "" || h.Get("List-Unsubscribe") != "" {
			t.Error("orange is marked as urgent, or a link came from nowhere")
		}
	}
	other := deliverytest.Message("other@site.example", "ntf_d")
	if _, err := c.Send(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	h, _ := header(t, p)
	if len(ids) != 3 || len(roots) != 1 || roots[h.Get("References")] {
		t.Errorf("ids %v, roots %v, of another address %s", ids, roots, h.Get("References"))
	}
}

func TestRepeatHasTheSameBytes(t *testing.T) {
	t.Parallel()
	p := newPost(t, clear)
	c := open(t, Config{Port: p.port, TLS: None}, leaveHTTPS)
	for range 2 {
		if _, err := c.Send(t.Context(), deliverytest.Message(address, "ntf_a")); err != nil {
			t.Fatal(err)
		}
	}
	l := p.letters()
	if diff := cmp.Diff(l[0].raw, l[1].raw); diff != "" {
		t.Errorf("first and second attempt differ:\n%s", diff)
	}
}

func TestBodyHasBothForms(t *testing.T) {
	t.Parallel()
	p := newPost(t, clear)
	m := deliverytest.Message(address, "ntf_a")
	m.Text, m.HTML = "first line 警报\n.\nlast line\n", "<p>警报 = alarm</p>"
	if _, err := open(t, Config{Port: p.port, TLS: None}, nil).Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	h, msg := header(t, p)
	kind, params, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("%s, %v", kind, err)
	}
	parts := map[string]string{}
	for r := multipart.NewReader(msg.Body, params["boundary"]); ; {
		part, err := r.NextRawPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(quotedprintable.NewReader(part))
		if err != nil {
			t.Fatal(err)
		}
		parts[part.Header.Get("Content-Type")] = string(body)
	}
	want := map[string]string{
		"text/plain; charset=UTF-8": "first line 警报\r\n.\r\nlast line\r\n", "text/html; charset=UTF-8": "<p>警报 = alarm</p>",
	}
	if diff := cmp.Diff(want, parts); diff != "" {
		t.Errorf("parts (-want +got):\n%s", diff)
	}
}

// TestFileGoesAlong: a letter's file comes whole beside the text, under a name that cannot
// leave its place, and a repeat has the same bytes.
func TestFileGoesAlong(t *testing.T) {
	t.Parallel()
	p := newPost(t, clear)
	m := deliverytest.Message(address, "ntf_a")
	pdf := strings.Repeat("%PDF 警报\x00\xff", 5000)
	m.Text, m.HTML, m.Warning.ID, m.TLP = "the report\n", "", "", "AMBER"
	m.Files = []delivery.File{{Name: "../mh\r\nX-Evil: 1.pdf", Type: "application/pdf", Body: []byte(pdf)}}
	c := open(t, Config{Port: p.port, TLS: None}, nil)
	for range 2 {
		if _, err := c.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	l := p.letters()
	if diff := cmp.Diff(l[0].raw, l[1].raw); diff != "" {
		t.Errorf("first and second attempt differ:\n%s", diff)
	}
	h, msg := header(t, p)
	kind, params, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil || kind != "multipart/mixed" || h.Get("X-Watchfire-TLP") != "AMBER" || h.Get("X-Evil") != "" {
		t.Fatalf("%s, %v, label %q", kind, err, h.Get("X-Watchfire-TLP"))
	}
	r := multipart.NewReader(msg.Body, params["boundary"])
	if _, err := r.NextPart(); err != nil {
		t.Fatal(err)
	}
	part, err := r.NextPart()
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, part))
	if err != nil || string(raw) != pdf || part.FileName() != "mhX-Evil_1.pdf" || !strings.HasPrefix(part.Header.Get("Content-Type"), "application/pdf") {
		t.Errorf("%d bytes as %q, %q, %v", len(raw), part.FileName(), part.Header.Get("Content-Type"), err)
	}
}

func TestNoInjection(t *testing.T) {
	t.Parallel()
	p := newPost(t, clear)
	c := open(t, Config{Port: p.port, TLS: None}, leaveLink("https://x.example/\r\nBcc: evil@example.org\r\n"))
	const evil = "x\r\nBcc: evil@example.org\r\n\r\nEvil: body"
	m := deliverytest.Message(address, "ntf\r\nEvil: key")
	m.Subject, m.Thread, m.Language, m.Warning.ID, m.Warning.TLP, m.Purpose = evil, evil, evil, evil, evil, response.Purpose(evil)
	if _, err := c.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	h, _ := header(t, p)
	for name := range h {
		if strings.HasPrefix(name, "Evil") || name == "Bcc" {
			t.Errorf("a text became the header %s", name)
		}
	}
	for _, bad := range []string{"a@b.example\r\nRCPT TO:<evil@example.org>", "Evil <a@b.example>", "a@b.example, evil@example.org", "a", "a@", "@b", strings.Repeat("x", 300) + "@b.example"} {
		if _, err := c.Send(t.Context(), deliverytest.Message(bad, "ntf_a")); delivery.KindOf(err) != delivery.Dead || strings.Contains(err.Error(), "example") {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if n := len(p.letters()); n != 1 {
		t.Errorf("%d letters, want one", n)
	}
}

func TestUnsubscribeWithoutHTTPSIsNoOneClick(t *testing.T) {
	t.Parallel()
	p := newPost(t, clear)
	for link, want := range map[leaveLink]string{"http://127.0.0.1:8080/l/": "<http://127.0.0.1:8080/l/con_1>", "": ""} {
		if _, err := open(t, Config{Port: p.port, TLS: None}, link).Send(t.Context(), deliverytest.Message(address, "ntf_a")); err != nil {
			t.Fatal(err)
		}
		h, _ := header(t, p)
		if h.Get("List-Unsubscribe") != want || h.Get("List-Unsubscribe-Post") != "" {
			t.Errorf("%q: %q %q", link, h.Get("List-Unsubscribe"), h.Get("List-Unsubscribe-Post"))
		}
	}
}

func TestGreylistingIsWaitedOut(t *testing.T) {
	t.Parallel()
	p := newPost(t, clear)
	p.onRcpt = []error{reply(451, smtp.EnhancedCode{4, 7, 1}, "Greylisted, try again in 5 minutes")}
	c, m := open(t, Config{Port: p.port, TLS: None}, nil), deliverytest.Message(address, "ntf_a")
	_, err := c.Send(t.Context(), m)
	var f *delivery.Fault
	if !errors.As(err, &f) || f.Kind != delivery.Overload || f.After != 5*time.Minute {
		t.Fatalf("%v", err)
	}
	if _, err := c.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
}

func TestMeaningOfReplies(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		at   stage
		code int
		text string
		kind delivery.FaultKind
		wait time.Duration
	}{
		{greeting, 421, "4.3.2 too busy", delivery.Overload, time.Minute},
		{greeting, 554, "5.7.1 your address is on a list", delivery.Misset, 0},
		{protecting, 454, "4.7.0 TLS not available for now", delivery.Retry, 0},
		{signingIn, 535, "5.7.8 no", delivery.Misset, 0},
		{signingIn, 454, "4.7.0 no directory now", delivery.Retry, 0},
		{sender, 530, "5.7.0 sign in first", delivery.Misset, 0},
		{sender, 553, "5.7.1 not your address", delivery.Misset, 0},
		{sender, 552, "5.3.4 too big", delivery.Refused, 0},
		{receiver, 450, "4.2.1 busy", delivery.Retry, 0},
		{receiver, 450, "4.2.0 Greylisted for 60 seconds", delivery.Overload, time.Minute},
		{receiver, 451, "4.7.1 later, in 99999 minutes", delivery.Overload, 15 * time.Minute},
		{receiver, 452, "4.2.2 full", delivery.Retry, 0},
		{receiver, 550, "5.1.1 unknown", delivery.Dead, 0},
		{receiver, 550, "no such user here", delivery.Dead, 0},
		{receiver, 550, "5.7.1 blocked by policy", delivery.Refused, 0},
		{receiver, 551, "5.1.6 moved", delivery.Dead, 0},
		{receiver, 553, "bad mailbox name", delivery.Dead, 0},
		{receiver, 501, "5.1.3 bad address", delivery.Dead, 0},
		{receiver, 552, "5.2.2 full", delivery.Refused, 0},
		{receiver, 554, "5.7.1 relay access denied", delivery.Refused, 0},
		{receiver, 530, "5.7.0 sign in first", delivery.Misset, 0},
		{verdict, 550, "5.7.1 looks like spam", delivery.Refused, 0},
		{verdict, 550, "5.1.1 unknown after all", delivery.Dead, 0},
		{verdict, 552, "5.3.4 too big", delivery.Refused, 0},
		{verdict, 554, "no", delivery.Refused, 0},
		{verdict, 451, "4.3.0 disk", delivery.Overload, time.Minute},
	} {
		err := judge(&stop{c.at, &textproto.Error{Code: c.code, Msg: c.text}}, address)
		var f *delivery.Fault
		if !errors.As(err, &f) || f.Kind != c.kind || f.After != c.wait {
			t.Errorf("%s %d %s: %v after %s, want %s after %s", c.at, c.code, c.text, err, f.After, c.kind, c.wait)
		}
	}
}

func TestRepliesOnTheWire(t *testing.T) {
	t.Parallel()
	p := newPost(t, clear)
	c, m := open(t, Config{Port: p.port, TLS: None}, nil), deliverytest.Message(address, "ntf_a")
	p.onMail = []error{reply(553, smtp.EnhancedCode{5, 7, 1}, "not yours")}
	if _, err := c.Send(t.Context(), m); delivery.KindOf(err) != delivery.Misset {
		t.Error(err)
	}
	p.onRcpt = []error{reply(550, smtp.EnhancedCode{5, 1, 1}, "<Gate@Site.Example> unknown")}
	if _, err := c.Send(t.Context(), m); delivery.KindOf(err) != delivery.Dead || !strings.Contains(err.Error(), "550 5.1.1 <‹address›> unknown") {
		t.Error(err)
	}
	p.onData = []error{reply(552, smtp.EnhancedCode{5, 3, 4}, "too big")}
	if _, err := c.Send(t.Context(), m); delivery.KindOf(err) != delivery.Refused {
		t.Error(err)
	}
}

func TestProtectionAndSignIn(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		server kind
		cfg    Config
		trust  bool
		kind   delivery.FaultKind // "" = must pass
	}{
		"mandatory":                    {withStartTLS, Config{}, true, ""},
		"mandatory, not offered":       {clear, Config{}, true, delivery.Misset},
		"mandatory, not trusted":       {withStartTLS, Config{}, false, delivery.Misset},
		"opportunistic, offered":       {withStartTLS, Config{TLS: Opportunistic}, false, ""},
		"opportunistic, not offered":   {clear, Config{TLS: Opportunistic}, false, ""},
		"opportunistic with password":  {withStartTLS, Config{TLS: Opportunistic, User: user, Password: secret}, false, delivery.Misset},
		"implicit":                     {fromTheStart, Config{TLS: Implicit}, true, ""},
		"implicit, not trusted":        {fromTheStart, Config{TLS: Implicit}, false, delivery.Misset},
		"implicit, other side is open": {clear, Config{TLS: Implicit}, true, delivery.Misset},
		"signed in":                    {withStartTLS, Config{User: user, Password: secret}, true, ""},
		"wrong password":               {withStartTLS, Config{User: user, Password: func() (string, error) { return "wr0ng", nil }}, true, delivery.Misset},
		"no password to be had":        {withStartTLS, Config{User: user, Password: func() (string, error) { return "", fault.ErrNotFound }}, true, delivery.Misset},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPost(t, tt.server)
			tt.cfg.Port = p.port
			if tt.trust {
				tt.cfg.RootCAs = p.roots
			}
			_, err := open(t, tt.cfg, nil).Send(t.Context(), deliverytest.Message(address, "ntf_a"))
			if tt.kind == "" && err != nil || tt.kind != "" && (err == nil || delivery.KindOf(err) != tt.kind) {
				t.Errorf("%v, want kind %q", err, tt.kind)
			}
			if err != nil && (strings.Contains(err.Error(), "wr0ng") || strings.Contains(err.Error(), password)) {
				t.Errorf("the error tells the password: %v", err)
			}
		})
	}
}

func TestOwnTimeoutEndsASilentServer(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0") // accepts by the kernel, never says 220
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c := open(t, Config{Port: l.Addr().(*net.TCPAddr).Port, Timeout: 50 * time.Millisecond, TLS: None}, nil)
	if _, err := c.Send(t.Context(), deliverytest.Message(address, "ntf_a")); err == nil || delivery.KindOf(err) != delivery.Retry {
		t.Error(err)
	}
}

func TestUnknownFateIsSaid(t *testing.T) {
	t.Parallel()
	p := newPost(t, clear)
	p.Behave(deliverytest.Drop)
	_, err := open(t, Config{Port: p.port, TLS: None}, nil).Send(t.Context(), deliverytest.Message(address, "ntf_a"))
	if delivery.KindOf(err) != delivery.Retry || err == nil || !strings.Contains(err.Error(), "may have taken") {
		t.Error(err)
	}
}

func TestAddressesBeyondASCII(t *testing.T) {
	t.Parallel()
	p := newPost(t, clear)
	c := open(t, Config{Port: p.port, TLS: None}, nil)
	for in, want := range map[string]string{
		"gate@bücher.example": "gate@xn--bcher-kva.example", "jürgen@site.example": "jürgen@site.example", " a@site.example ": "a@site.example",
	} {
		if _, err := c.Send(t.Context(), deliverytest.Message(in, "ntf_a")); err != nil {
			t.Errorf("%s: %v", in, err)
			continue
		}
		if l := p.letters(); l[len(l)-1].to != want {
			t.Errorf("%s went to %s", in, l[len(l)-1].to)
		}
	}
	q := newPost(t, clear)
	q.server.EnableSMTPUTF8 = false
	if _, err := open(t, Config{Port: q.port, TLS: None}, nil).Send(t.Context(), deliverytest.Message("jürgen@site.example", "ntf_a")); delivery.KindOf(err) != delivery.Refused {
		t.Error(err)
	}
}

func TestConfigThatCannotWork(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]Config{
		"no host":           {From: "a@b.example"},
		"no sender":         {Host: "mail.example"},
		"odd tls":           {Host: "mail.example", From: "a@b.example", TLS: "ssl"},
		"in the clear away": {Host: "mail.example", From: "a@b.example", TLS: None},
	} {
		if _, err := New(cfg, nil); !errors.Is(err, fault.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for tls, port := range map[TLS]int{"": 587, Opportunistic: 587, Implicit: 465, None: 25} {
		c, err := New(Config{Host: "localhost", From: "Watchfire <watchfire@localhost>", TLS: tls}, nil)
		if err != nil || c.cfg.Port != port {
			t.Errorf("%s: %v, %v", tls, c, err)
		}
	}
}
