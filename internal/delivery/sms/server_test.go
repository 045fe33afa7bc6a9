package sms

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/delivery/deliverytest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	to     = "+254700000001"
	sid    = "AC00000000000000000000000000000001"
	token  = "t0ken-of-the-account"
	ours   = "https://watch.example.org"
	hookAt = ours + "/hooks/channel/sms"
)

func secret(s string) func() (string, error) { return func() (string, error) { return s, nil } }

// An end is the provider on the loopback: Twilio's Messages resource with its checks, and a
// simple gateway below /send.
type end struct {
	client *http.Client
	url    string
	close  func()

	mu    sync.Mutex
	how   deliverytest.Behaviour
	code  int // error number for the next messages
	forms []url.Values
	raw   []string
	marks []string
}

func newEnd(t *testing.T) *end {
	t.Helper()
	e := &end{how: deliverytest.Accept}
	stop := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { e.serve(w, r, stop) }))
	e.client, e.url = s.Client(), s.URL
	e.close = sync.OnceFunc(func() { close(stop); e.client.CloseIdleConnections(); s.Close() })
	t.Cleanup(e.close)
	return e
}

func (e *end) behave(b deliverytest.Behaviour) {
	e.mu.Lock()
	e.how = b
	e.mu.Unlock()
	if b == deliverytest.Unknown {
		e.close()
	}
}

func (e *end) seen() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]string(nil), e.marks...)
}

func (e *end) serve(w http.ResponseWriter, r *http.Request, stop chan struct{}) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	form, _ := url.ParseQuery(string(body))
	twilio := strings.HasPrefix(r.URL.Path, "/2010-04-01/")
	mark := r.Header.Get("X-Key")
	if back, err := url.Parse(form.Get("StatusCallback")); twilio && err == nil {
		mark = back.Query().Get("n")
	}
	e.mu.Lock()
	how, code := e.how, e.code
	e.forms, e.raw, e.marks = append(e.forms, form), append(e.raw, string(body)), append(e.marks, mark)
	e.mu.Unlock()
	switch how {
	case deliverytest.Hang:
		select {
		case <-r.Context().Done():
		case <-stop:
		}
		return
	case deliverytest.Drop:
		panic(http.ErrAbortHandler)
	}
	if twilio {
		serveTwilio(w, r, form, how, code)
		return
	}
	status, text := http.StatusOK, fmt.Sprintf(`{"messages":[{"id":"gw-%d","to":%q}]}`, len(e.marks), to)
	switch how {
	case deliverytest.Later:
		status, text = 500, "database is away"
	case deliverytest.Slower:
		status, text = 429, ""
	case deliverytest.Refuse:
		status, text = 400, `{"error":"text not wanted for `+to+`"}`
	case deliverytest.Nobody:
		text = `{"error":"INVALID_DESTINATION","to":"` + to + `"}`
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text)
}

// serveTwilio answers as the documentation says: 201 with sid and status, else a number.
func serveTwilio(w http.ResponseWriter, r *http.Request, form url.Values, how deliverytest.Behaviour, code int) {
	answer := func(status int, v any) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(v)
	}
	fail := func(status, code int, text string) {
		answer(status, map[string]any{"code": code, "message": text, "more_info": "https://www.twilio.com/docs/errors/" + fmt.Sprint(code), "status": status})
	}
	user, pass, _ := r.BasicAuth()
	switch {
	case r.URL.Path != "/2010-04-01/Accounts/"+sid+"/Messages.json" || r.Method != http.MethodPost:
		fail(404, 20404, "The requested resource "+r.URL.Path+" was not found")
	case user != sid || pass != token:
		fail(401, 20003, "Authenticate "+pass)
	case form.Get("Body") == "" || len([]rune(form.Get("Body"))) > 1600:
		fail(400, 21617, "body")
	case code != 0:
		fail(400, code, "Problem with "+form.Get("To"))
	case how == deliverytest.Later:
		fail(500, 20500, "An internal server error has occurred")
	case how == deliverytest.Slower:
		fail(429, 20429, "Too Many Requests")
	case how == deliverytest.Refuse:
		fail(400, 21602, "Message body is required")
	case how == deliverytest.Nobody:
		fail(400, 21211, "The 'To' number "+form.Get("To")+" is not a valid phone number.")
	default:
		answer(201, map[string]any{"sid": "SM1", "status": "queued", "to": form.Get("To"), "error_code": nil})
	}
}

func twilioConfig(e *end) Config {
	return Config{
		BaseURL: ours, Callback: hookAt, Client: e.client, Now: clock.System,
		Twilio: &Twilio{Base: e.url, Account: sid, Token: secret(token), From: "+15005550006"},
	}
}

func gatewayConfig(e *end) Config {
	return Config{
		BaseURL: ours, Client: e.client, Now: clock.System,
		Gateway: &Gateway{
			URL: e.url + "/send?key={{.Secret}}", Header: map[string]string{"Content-Type": "application/json", "X-Key": "{{.Key}}"},
			Body: `{"to":"{{.To}}","from":"{{.From}}","text":"{{.Text}}"}`, From: "Watchfire", Secret: secret("gateway-s3cret"),
			OK: `"id"`, IDPath: "messages.0.id", Errors: []Mean{{"INVALID_DESTINATION", "dead"}},
			Back: &Back{
				Secret: secret("callback-s3cret"), Signature: "X-Signature", ID: "results.0.id", Key: "results.0.ref", Status: "results.0.status",
				States: map[string]string{"DELIVRD": "delivered", "UNDELIV": "failed", "ENROUTE": "queued", "UNKNOWN_SUBSCRIBER": "dead"},
				Error:  "results.0.error", From: "from", Text: "text", ReplyID: "id",
			},
		},
	}
}

func open(t *testing.T, cfg Config) *Channel {
	t.Helper()
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
