package demo_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/smtp"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/demo"
	"watchfire.dev/internal/fault"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func sink(t *testing.T) (*demo.MailSink, string) {
	t.Helper()
	m := demo.NewMailSink(clock.Fixed(start()))
	addr, err := m.Listen(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return m, addr
}

func send(t *testing.T, addr, to, message string) {
	t.Helper()
	err := smtp.SendMail(addr, nil, "watch@example.org", []string{to}, []byte(strings.ReplaceAll(message, "\n", "\r\n")))
	if err != nil {
		t.Fatal(err)
	}
}

func page(t *testing.T, m *demo.MailSink, path string) (int, string, http.Header) {
	t.Helper()
	rec := httptest.NewRecorder()
	m.Inbox().ServeHTTP(rec, httptest.NewRequest(http.MethodGet, path, nil))
	return rec.Code, rec.Body.String(), rec.Header()
}

const warning = `From: Watchfire <watch@example.org>
To: ayesha.khan@example.org
Subject: =?UTF-8?Q?RED:_earthquake_=E2=80=93_Bolan_railway?=
Date: Tue, 14 Jul 2026 06:13:00 +0000
Message-ID: <w1@example.org>
List-Unsubscribe: <https://example.org/u>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=outer

--outer
Content-Type: multipart/alternative; boundary=inner

--inner
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

Count your people now.
Answer: http://127.0.0.1:8080/a/tok-en_1=3D2. Thank you & good luck <b>
--inner
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: base64

PHA+Q291bnQ8L3A+PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0PiI+PGltZyBzcmM9Imh0dHA6Ly9l
dmlsLmV4YW1wbGUvIj4=
--inner--
--outer
Content-Type: application/cap+xml; name=alert.xml
Content-Disposition: attachment; filename=alert.xml

<alert/>
--outer--
`

func TestMailArrivesAndIsShown(t *testing.T) {
	t.Parallel()
	m, addr := sink(t)
	if _, body, _ := page(t, m, "/"); !strings.Contains(body, "No mail yet") {
		t.Error("an empty inbox does not say so")
	}
	send(t, addr, "ayesha.khan@example.org", warning)
	send(t, addr, "li.qiang@example.org", "Subject: plain\n\nOnly text.\n")
	code, body, head := page(t, m, "/")
	for _, want := range []string{
		"RED: earthquake – Bolan railway", "ayesha.khan@example.org (1)", `href="m/1"`, `href="m/2"`, "06:12:30",
		"Nothing leaves this machine", `http-equiv="refresh"`, "width=device-width",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("list lacks %q", want)
		}
	}
	if csp := head.Get("Content-Security-Policy"); code != http.StatusOK || !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "script-src") {
		t.Errorf("status %d, policy %q", code, csp)
	}
	if strings.Index(body, `href="m/2"`) > strings.Index(body, `href="m/1"`) {
		t.Error("the newest message is not first")
	}
	if _, body, _ = page(t, m, "/?to=li.qiang@example.org"); strings.Contains(body, `href="m/1"`) || !strings.Contains(body, `href="m/2"`) {
		t.Error("the list is not limited to one recipient")
	}
}

func TestLetterShowsTextAndFencesHTML(t *testing.T) {
	t.Parallel()
	m, addr := sink(t)
	send(t, addr, "ayesha.khan@example.org", warning)
	_, body, _ := page(t, m, "/m/1")
	for _, want := range []string{
		`<a href="http://127.0.0.1:8080/a/tok-en_1=2"`, "good luck &lt;b&gt;", "List-Unsubscribe",
		`sandbox="allow-popups allow-popups-to-escape-sandbox" srcdoc="&lt;base target=&#34;_blank&#34;&gt;&lt;p&gt;Count`,
		"alert.xml (application/cap&#43;xml, 8 bytes)",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("message lacks %q in\n%s", want, body)
		}
	}
	for _, never := range []string{"<script", `<img`, "allow-scripts", "allow-same-origin"} {
		if strings.Contains(body, never) {
			t.Errorf("message holds %q", never)
		}
	}
	code, raw, head := page(t, m, "/m/1/raw")
	if code != http.StatusOK || !strings.Contains(raw, "--inner--") || !strings.HasPrefix(head.Get("Content-Type"), "text/plain") || head.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("raw message: %d %v", code, head)
	}
	for _, path := range []string{"/m/2", "/m/x", "/m/99999999999999999999"} {
		if code, _, _ := page(t, m, path); code != http.StatusNotFound {
			t.Errorf("%s: status %d", path, code)
		}
	}
	if _, err := m.Mail(2); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("missing message: %v", err)
	}
}

func TestSinkKeepsTheLastMessages(t *testing.T) {
	t.Parallel()
	m, addr := sink(t)
	client, err := smtp.Dial(addr)
	if err != nil {
		t.Fatal(err)
	}
	for i := 1; i <= 503; i++ {
		for _, err := range []error{client.Mail("watch@example.org"), client.Rcpt("a@example.org")} {
			if err != nil {
				t.Fatal(err)
			}
		}
		w, err := client.Data()
		if err != nil {
			t.Fatal(err)
		}
		_, _ = fmt.Fprintf(w, "Subject: mail %d\r\n\r\nx\r\n", i)
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	mails := m.Mails()
	if len(mails) != 500 || mails[0].ID != 503 || mails[499].ID != 4 {
		t.Errorf("%d messages, %d to %d", len(mails), mails[len(mails)-1].ID, mails[0].ID)
	}
	// The client stays connected: closing must not wait for it.
	began := time.Now()
	if err := m.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("closing took %s with an idle client", took)
	}
	_ = client.Close()
}

func TestSinkRefusesWhatIsTooLarge(t *testing.T) {
	t.Parallel()
	m, addr := sink(t)
	err := smtp.SendMail(addr, nil, "a@example.org", []string{"b@example.org"}, []byte("Subject: big\r\n\r\n"+strings.Repeat(strings.Repeat("x", 998)+"\r\n", 2200)))
	if err == nil || len(m.Mails()) != 0 {
		t.Errorf("a message of more than 2 MiB was taken: %v", err)
	}
}

func TestCloseWithoutListen(t *testing.T) {
	t.Parallel()
	if err := demo.NewMailSink(clock.System).Close(context.Background()); err != nil {
		t.Error(err)
	}
}
