package voice

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/deliverytest"
	"watchfire.dev/internal/delivery/twilio"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/response"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	to     = "+254700000001"
	sid    = "AC00000000000000000000000000000001"
	token  = "t0ken-of-the-account"
	hookAt = "https://watch.example.org/hooks/channel/voice"
)

var now = time.Date(2026, 10, 7, 4, 6, 2, 0, time.UTC)

// An exchange is the provider: it checks who calls and that the TwiML is whole, and keeps
// what it was asked to do.
type exchange struct {
	client *http.Client
	url    string
	close  func()
	mu     sync.Mutex
	how    deliverytest.Behaviour
	forms  []url.Values
}

func newExchange(t *testing.T) *exchange {
	t.Helper()
	e := &exchange{how: deliverytest.Accept}
	stop := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { e.serve(w, r, stop) }))
	e.client, e.url = s.Client(), s.URL
	e.close = sync.OnceFunc(func() { close(stop); e.client.CloseIdleConnections(); s.Close() })
	t.Cleanup(e.close)
	return e
}

func (e *exchange) behave(b deliverytest.Behaviour) {
	e.mu.Lock()
	e.how = b
	e.mu.Unlock()
	if b == deliverytest.Unknown {
		e.close()
	}
}

func (e *exchange) marks() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	var out []string
	for _, f := range e.forms {
		u, _ := url.Parse(f.Get("StatusCallback"))
		out = append(out, u.Query().Get("n"))
	}
	return out
}

func (e *exchange) serve(w http.ResponseWriter, r *http.Request, stop chan struct{}) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	form, _ := url.ParseQuery(string(body))
	e.mu.Lock()
	how := e.how
	e.forms = append(e.forms, form)
	e.mu.Unlock()
	fail := func(status, code int, text string) {
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]any{"code": code, "message": text, "status": status})
	}
	user, pass, _ := r.BasicAuth()
	switch {
	case how == deliverytest.Hang:
		select {
		case <-r.Context().Done():
		case <-stop:
		}
	case how == deliverytest.Drop:
		panic(http.ErrAbortHandler)
	case r.URL.Path != "/2010-04-01/Accounts/"+sid+"/Calls.json" || user != sid || pass != token:
		fail(401, 20003, "Authenticate")
	case len([]rune(form.Get("Twiml"))) > 4000 || wellFormed(form.Get("Twiml")) != nil:
		fail(400, 21602, fmt.Sprintf("Twiml of %d characters: %v", len(form.Get("Twiml")), wellFormed(form.Get("Twiml"))))
	case how == deliverytest.Later:
		fail(503, 20500, "internal")
	case how == deliverytest.Slower:
		fail(429, 20429, "Too Many Requests")
	case how == deliverytest.Refuse:
		fail(400, 21605, "no")
	case how == deliverytest.Nobody:
		fail(400, 21214, "'To' phone number "+form.Get("To")+" cannot be reached")
	default:
		w.WriteHeader(201)
		_ = json.NewEncoder(w).Encode(map[string]any{"sid": "CA1", "status": "queued"})
	}
}

func wellFormed(text string) error {
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

func words(language, key string) string { return language + ":" + key }

func open(t *testing.T, e *exchange) *Channel {
	t.Helper()
	c, err := New(Config{
		Base: e.url, Account: sid, Token: func() (string, error) { return token, nil }, From: "+15005550006", Callback: hookAt,
		Voices: map[string]Voice{"fr": {"fr-CA", `A"b`}}, Words: words, Client: e.client, Now: clock.System,
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestSuite(t *testing.T) { //nolint:paralleltest // the suite looks for goroutines
	deliverytest.Run(t, func(t *testing.T) deliverytest.Rig {
		e := newExchange(t)
		return deliverytest.Rig{Channel: open(t, e), Address: to, Behave: e.behave, Marks: e.marks, Secrets: []string{token, to[1:]}}
	})
}

func signed(query string, fields ...string) delivery.Request {
	form := url.Values{"AccountSid": {sid}, "To": {to}, "From": {"+15005550006"}, "CallSid": {"CA1"}}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	h := http.Header{}
	h.Set("X-Twilio-Signature", twilio.Sign(token, hookAt+query, form))
	q, _ := url.ParseQuery(strings.TrimPrefix(query, "?"))
	return delivery.Request{Method: "POST", URL: hookAt + query, Query: q, Header: h, Body: []byte(form.Encode()), At: now}
}

const query = "?l=zh&n=ntf_a"

func ended(s response.State, k delivery.FaultKind, fields ...string) deliverytest.HookCall {
	return deliverytest.HookCall{
		Request: signed(query, fields...),
		Want:    delivery.Heard{Receipts: []delivery.Late{{Notification: "ntf_a", Remote: "CA1", State: s, Kind: k}}},
	}
}

func pressed(digit string, s delivery.Said) deliverytest.HookCall {
	return deliverytest.HookCall{
		Request: signed(query, "CallStatus", "in-progress", "Digits", digit, "AnsweredBy", "human"),
		Want: delivery.Heard{Replies: []delivery.Reply{
			{ID: "CA1/" + digit, Notification: "ntf_a", Remote: "CA1", From: to, Said: s, Text: digit, At: now},
		}},
	}
}

func TestHook(t *testing.T) { //nolint:paralleltest // subtests share a channel
	deliverytest.RunHook(t, deliverytest.HookRig{
		Channel: open(t, newExchange(t)), Secrets: []string{token, to[1:]},
		Calls: map[string]deliverytest.HookCall{
			"ringing":       ended(response.Queued, "", "CallStatus", "ringing"),
			"answered":      ended(response.Sent, "", "CallStatus", "in-progress"),
			"human":         ended(response.Delivered, "", "CallStatus", "completed", "AnsweredBy", "human"),
			"nobody knows":  ended(response.Sent, "", "CallStatus", "completed", "AnsweredBy", "unknown"),
			"machine":       ended(response.Failed, delivery.Retry, "CallStatus", "completed", "AnsweredBy", "machine_start"),
			"fax":           ended(response.Failed, delivery.Retry, "CallStatus", "completed", "AnsweredBy", "fax"),
			"busy":          ended(response.Failed, delivery.Retry, "CallStatus", "busy"),
			"no answer":     ended(response.Failed, delivery.Retry, "CallStatus", "no-answer"),
			"failed":        ended(response.Failed, delivery.Retry, "CallStatus", "failed", "SipResponseCode", "503"),
			"no such":       ended(response.Failed, delivery.Dead, "CallStatus", "failed", "SipResponseCode", "404"),
			"1":             pressed("1", delivery.SaidHaveIt),
			"2":             pressed("2", delivery.SaidHelp),
			"3":             pressed("3", delivery.SaidCannot),
			"7":             {Request: signed(query, "CallStatus", "in-progress", "Digits", "7")},
			"none":          {Request: signed(query, "CallStatus", "in-progress", "Digits", "")},
			"machine digit": {Request: signed(query, "CallStatus", "in-progress", "Digits", "1", "AnsweredBy", "machine_end_beep")},
		},
		Forge: map[string]func(r delivery.Request) delivery.Request{
			"no signature":       func(r delivery.Request) delivery.Request { r.Header = http.Header{}; return r },
			"other digit":        func(r delivery.Request) delivery.Request { r.Body = append([]byte("Digits=9&"), r.Body...); return r },
			"other notification": func(r delivery.Request) delivery.Request { r.URL = hookAt + "?l=zh&n=ntf_b"; return r },
		},
		Garbage: []delivery.Request{signed(query, "CallSid", "", "CallStatus", "completed"), signed(query), signed(query, "CallStatus", "transcendent")},
	})
}

// TestThanksOnlyWhenStored: what the voice says hangs on the commit, in the call's language.
func TestThanksOnlyWhenStored(t *testing.T) {
	t.Parallel()
	c := open(t, newExchange(t))
	got, err := c.Hear(t.Context(), pressed("1", "").Request)
	if err != nil {
		t.Fatal(err)
	}
	yes, no := string(got.Yes.Body), string(got.No.Body)
	if !strings.Contains(yes, "zh:voice.thanks.have_it") || strings.Contains(yes, "Gather") || !strings.Contains(yes, `language="zh-CN"`) {
		t.Errorf("yes: %s", yes)
	}
	if strings.Contains(no, "thanks") || !strings.Contains(no, "zh:voice.not_stored") || !strings.Contains(no, "<Gather") {
		t.Errorf("no: %s", no)
	}
	for _, a := range []delivery.Answer{got.Yes, got.No} {
		if wellFormed(string(a.Body)) != nil || a.Status != 200 || !strings.HasPrefix(a.Type, "text/xml") {
			t.Errorf("%+v", a)
		}
	}
	if got, err = c.Hear(t.Context(), signed(query, "Digits", "7")); err != nil || !strings.Contains(string(got.Yes.Body), "zh:voice.again") {
		t.Errorf("%s %v", got.Yes.Body, err)
	}
}

func TestCall(t *testing.T) {
	t.Parallel()
	e := newExchange(t)
	m := deliverytest.Message(to, "ntf_a")
	m.Language, m.Voice = "fr", []string{"Alerte rouge & <urgent>.", "Tapez 1."}
	got, err := open(t, e).Send(t.Context(), m)
	if err != nil || got.State != response.Queued || got.Remote != "CA1" {
		t.Fatalf("%+v %v", got, err)
	}
	f := e.forms[0]
	want := `<Response><Gather input="dtmf" numDigits="1" timeout="8" method="POST" action="` + hookAt + `?l=fr&amp;n=ntf_a">` +
		`<Say language="fr-CA" voice="A&#34;b">Alerte rouge &amp; &lt;urgent&gt;. Tapez 1.</Say><Pause length="1"/>` +
		`<Say language="fr-CA" voice="A&#34;b">Alerte rouge &amp; &lt;urgent&gt;. Tapez 1.</Say></Gather><Hangup/></Response>`
	if f.Get("Twiml") != want || f.Get("MachineDetection") != "Enable" || f.Get("From") != "+15005550006" || f.Get("Timeout") != "40" {
		t.Errorf("%s\nwant\n%s\n%v", f.Get("Twiml"), want, f)
	}
	m.Voice, m.AnswerURL, m.Purpose = nil, "", response.Test
	if _, err := open(t, e).Test(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if test := e.forms[1].Get("Twiml"); strings.Contains(test, "Gather") || !strings.Contains(test, "RED: Earthquake") {
		t.Errorf("a test asks for a key: %s", test)
	}
	m.Voice = []string{strings.Repeat("lang ", 400), "Tapez 1."}
	if text := open(t, e).spoken(m); !strings.HasSuffix(text, "Tapez 1.") || len([]rune(text)) > maxSpoken+1 {
		t.Errorf("%d %q", len(text), text[len(text)-20:])
	}
}

func TestConfigurationsThatCannotWork(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]Config{
		"nothing": {}, "no number": {Account: sid, Token: func() (string, error) { return "", nil }, Words: words, From: "Watchfire"},
		"rings long": {Account: sid, Token: func() (string, error) { return "", nil }, Words: words, From: to, Ring: 1000},
	} {
		if _, err := New(cfg); !errors.Is(err, fault.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
