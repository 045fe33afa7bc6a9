package whatsapp

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/deliverytest"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/response"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	to    = "+254700000001"
	phone = "106540352242922"
	token = "EAAG-t0ken"
	app   = "app-s3cret"
	word  = "verify-w0rd"
)

var now = time.Date(2026, 10, 7, 4, 6, 2, 0, time.UTC)

func secret(s string) func() (string, error) { return func() (string, error) { return s, nil } }

// A graph is the Cloud API: it holds requests against the documented form and limits.
type graph struct {
	client *http.Client
	url    string
	close  func()
	mu     sync.Mutex
	how    deliverytest.Behaviour
	code   int
	shut   bool // the 24 hours are over for everybody
	got    []map[string]any
}

func newGraph(t *testing.T) *graph {
	t.Helper()
	g := &graph{how: deliverytest.Accept}
	stop := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { g.serve(w, r, stop) }))
	g.client, g.url = s.Client(), s.URL
	g.close = sync.OnceFunc(func() { close(stop); g.client.CloseIdleConnections(); s.Close() })
	t.Cleanup(g.close)
	return g
}

func (g *graph) behave(b deliverytest.Behaviour) {
	g.mu.Lock()
	g.how = b
	g.mu.Unlock()
	if b == deliverytest.Unknown {
		g.close()
	}
}

func (g *graph) marks() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	var out []string
	for _, m := range g.got {
		out = append(out, fmt.Sprint(m["biz_opaque_callback_data"]))
	}
	return out
}

func (g *graph) serve(w http.ResponseWriter, r *http.Request, stop chan struct{}) {
	var m map[string]any
	bad := json.NewDecoder(r.Body).Decode(&m)
	g.mu.Lock()
	how, code, shut := g.how, g.code, g.shut
	g.got = append(g.got, m)
	g.mu.Unlock()
	fail := func(status, code int, text string) {
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]any{"error": map[string]any{"message": text + " to " + to, "type": "OAuthException", "code": code, "fbtrace_id": "A"}})
	}
	switch {
	case how == deliverytest.Hang:
		select {
		case <-r.Context().Done():
		case <-stop:
		}
	case how == deliverytest.Drop:
		panic(http.ErrAbortHandler)
	case r.Header.Get("Authorization") != "Bearer "+token:
		fail(401, 190, "Invalid OAuth access token "+r.Header.Get("Authorization"))
	case r.URL.Path != "/"+phone+"/messages" || r.Method != http.MethodPost || bad != nil || m["messaging_product"] != "whatsapp":
		fail(400, 100, "Unsupported post request")
	case code != 0:
		fail(400, code, "code")
	case how == deliverytest.Later:
		fail(500, 131000, "Something went wrong")
	case how == deliverytest.Slower:
		fail(400, 130429, "Rate limit hit")
	case how == deliverytest.Refuse:
		fail(400, 131051, "Unsupported message type")
	case how == deliverytest.Nobody:
		fail(400, 131026, "Message undeliverable")
	case m["type"] != "template" && shut:
		fail(400, 131047, "Re-engagement message")
	default:
		if why := wrong(m); why != "" {
			fail(400, 131009, why)
			return
		}
		_, _ = fmt.Fprint(w, `{"messaging_product":"whatsapp","contacts":[{"input":"`+to+`","wa_id":"254700000001"}],"messages":[{"id":"wamid.1","message_status":"accepted"}]}`)
	}
}

// wrong holds a message against the documented limits.
func wrong(m map[string]any) string {
	raw, _ := json.Marshal(m)
	var x struct {
		Type     string
		Text     struct{ Body string }
		Template struct {
			Name       string
			Language   struct{ Code string }
			Components []struct {
				Type       string
				Parameters []struct{ Type, Text, Payload string }
			}
		}
		Interactive struct {
			Body   struct{ Text string }
			Action struct {
				Buttons []struct{ Reply struct{ ID, Title string } }
			}
		}
	}
	if json.Unmarshal(raw, &x) != nil {
		return "form"
	}
	switch x.Type {
	case "template":
		for _, c := range x.Template.Components {
			for _, p := range c.Parameters {
				if c.Type == "body" && (p.Text == "" || strings.ContainsAny(p.Text, "\n\t") || strings.Contains(p.Text, "    ")) || len(p.Payload) > 256 {
					return "parameter"
				}
			}
		}
	case "interactive":
		if n := len([]rune(x.Interactive.Body.Text)); n == 0 || n > 1024 || len(x.Interactive.Action.Buttons) == 0 || len(x.Interactive.Action.Buttons) > 3 {
			return "interactive"
		}
		for _, b := range x.Interactive.Action.Buttons {
			if n := len([]rune(b.Reply.Title)); n == 0 || n > 20 || len(b.Reply.ID) > 256 {
				return "button"
			}
		}
	case "text":
		if n := len([]rune(x.Text.Body)); n == 0 || n > 4096 {
			return "text"
		}
	default:
		return "type"
	}
	return ""
}

func open(t *testing.T, g *graph) *Channel {
	t.Helper()
	c, err := New(Config{
		Base: g.url, Number: phone, Token: secret(token), Secret: secret(app), Verify: secret(word),
		Template: Template{Name: "watchfire_alarm", Parameters: []string{"subject", "lines", "link"}, Buttons: []delivery.Said{delivery.SaidHaveIt, delivery.SaidHelp, delivery.SaidCannot}},
		Over:     Template{Name: "watchfire_over", Parameters: []string{"subject"}, Languages: map[string]string{"en": "en_GB"}},
		Client:   g.client, Now: func() time.Time { return now },
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestSuite(t *testing.T) { //nolint:paralleltest // the suite looks for goroutines
	for name, within := range map[string]bool{"template": false, "within 24 hours": true} {
		t.Run(name, func(t *testing.T) {
			deliverytest.Run(t, func(t *testing.T) deliverytest.Rig {
				g := newGraph(t)
				c := open(t, g)
				if within {
					c.heardFrom(to, now)
				}
				return deliverytest.Rig{Channel: c, Address: to, Behave: g.behave, Marks: g.marks, Secrets: []string{token, app, to[1:]}}
			})
		})
	}
}

func signed(body string) delivery.Request {
	mac := hmac.New(sha256.New, []byte(app))
	mac.Write([]byte(body))
	h := http.Header{}
	h.Set("X-Hub-Signature-256", "sha256="+hex.EncodeToString(mac.Sum(nil)))
	return delivery.Request{Method: "POST", URL: "https://watch.example.org/hooks/channel/whatsapp", Header: h, Body: []byte(body), At: now}
}

func posted(value string) delivery.Request {
	return signed(`{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"messages","value":{"messaging_product":"whatsapp","metadata":{"display_phone_number":"1555","phone_number_id":"` + phone + `"},` + value + `}}]}]}`)
}

func stateOf(status, more string) delivery.Request {
	return posted(`"statuses":[{"id":"wamid.1","status":"` + status + `","timestamp":"1791345962","recipient_id":"254700000001","biz_opaque_callback_data":"ntf_a"` + more + `}]`)
}

func lateWant(s response.State, k delivery.FaultKind) delivery.Heard {
	return delivery.Heard{Receipts: []delivery.Late{{Notification: "ntf_a", Remote: "wamid.1", State: s, Kind: k, At: time.Unix(1791345962, 0).UTC()}}}
}

func wrote(kind, notification, remote, text string, s delivery.Said) deliverytest.HookCall {
	return deliverytest.HookCall{
		Request: posted(`"contacts":[{"profile":{"name":"A"},"wa_id":"254700000001"}],"messages":[{"from":"254700000001","id":"wamid.9","timestamp":"1791345900",` +
			`"context":{"from":"1555","id":"` + remote + `"},` + kind + `}]`),
		Want: delivery.Heard{Replies: []delivery.Reply{{
			ID: "wamid.9", Notification: notification, Remote: remote, From: to, Said: s, Text: text, At: time.Unix(1791345900, 0).UTC(),
		}}},
	}
}

func TestHook(t *testing.T) { //nolint:paralleltest // subtests share a channel
	challenge := url.Values{"hub.mode": {"subscribe"}, "hub.verify_token": {word}, "hub.challenge": {"1158201444"}}
	deliverytest.RunHook(t, deliverytest.HookRig{
		Channel: open(t, newGraph(t)), Secrets: []string{token, app, word, to[1:]},
		Calls: map[string]deliverytest.HookCall{
			"challenge":     {Request: delivery.Request{Method: "GET", Query: challenge}},
			"sent":          {Request: stateOf("sent", ""), Want: lateWant(response.Sent, "")},
			"delivered":     {Request: stateOf("delivered", ""), Want: lateWant(response.Delivered, "")},
			"read":          {Request: stateOf("read", ""), Want: lateWant(response.Delivered, "")},
			"no account":    {Request: stateOf("failed", `,"errors":[{"code":131026,"title":"Message undeliverable"}]`), Want: lateWant(response.Failed, delivery.Dead)},
			"too late":      {Request: stateOf("failed", `,"errors":[{"code":131047}]`), Want: lateWant(response.Failed, delivery.Refused)},
			"payment":       {Request: stateOf("failed", `,"errors":[{"code":131042}]`), Want: lateWant(response.Failed, delivery.Misset)},
			"unknown code":  {Request: stateOf("failed", `,"errors":[{"code":999999}]`), Want: lateWant(response.Failed, delivery.Refused)},
			"new state":     {Request: stateOf("warped", "")},
			"text":          wrote(`"type":"text","text":{"body":"١"}`, "", "", "١", delivery.SaidHaveIt),
			"button":        wrote(`"type":"button","button":{"payload":"need_help ntf_a","text":"Help"}`, "ntf_a", "wamid.1", "Help", delivery.SaidHelp),
			"interactive":   wrote(`"type":"interactive","interactive":{"type":"button_reply","button_reply":{"id":"cannot ntf_a","title":"Cannot"}}`, "ntf_a", "wamid.1", "Cannot", delivery.SaidCannot),
			"odd button":    wrote(`"type":"button","button":{"payload":"launch","text":"Go"}`, "", "wamid.1", "Go", delivery.SaidOther),
			"picture":       {Request: posted(`"messages":[{"from":"254700000001","id":"wamid.9","timestamp":"1","type":"image","image":{"id":"1"}}]`)},
			"other number":  {Request: signed(`{"entry":[{"changes":[{"value":{"metadata":{"phone_number_id":"7"},"statuses":[{"id":"x","status":"sent"}]}}]}]}`)},
			"nothing in it": {Request: signed(`{"object":"whatsapp_business_account","entry":[]}`)},
		},
		Forge: map[string]func(r delivery.Request) delivery.Request{
			"no proof": func(r delivery.Request) delivery.Request {
				r.Header, r.Query = http.Header{}, url.Values{"hub.challenge": {"1"}}
				return r
			},
			"other body": func(r delivery.Request) delivery.Request {
				r.Body, r.Query = append(r.Body[:len(r.Body):len(r.Body)], ' '), nil
				return r
			},
			"sha1": func(r delivery.Request) delivery.Request {
				h := http.Header{}
				h.Set("X-Hub-Signature-256", strings.Replace(r.Header.Get("X-Hub-Signature-256"), "sha256=", "sha1=", 1))
				r.Header, r.Query = h, nil
				return r
			},
		},
		Garbage: []delivery.Request{signed("{"), signed(""), signed(`{"entry":7}`), {Method: "GET", Query: url.Values{"hub.mode": {"subscribe"}, "hub.verify_token": {word}, "hub.challenge": {"<script>"}}}},
	})
}

func TestChallengeIsRepeated(t *testing.T) {
	t.Parallel()
	got, err := open(t, newGraph(t)).Hear(t.Context(), delivery.Request{Method: "GET", Query: url.Values{"hub.mode": {"subscribe"}, "hub.verify_token": {word}, "hub.challenge": {"1158201444"}}})
	if err != nil || string(got.Yes.Body) != "1158201444" || got.Yes.Status != 200 {
		t.Errorf("%+v %v", got, err)
	}
}

// TestWindow: the template until somebody writes, buttons for 24 hours, the template again,
// and the template at once when Meta says that the hours are over.
func TestWindow(t *testing.T) {
	t.Parallel()
	g := newGraph(t)
	c := open(t, g)
	at := now
	c.cfg.Now = func() time.Time { return at }
	m := deliverytest.Message(to, "ntf_a")
	m.Parent, m.Lines = "wamid.0", []string{"Stop work.", "Camp 2"}
	m.Buttons = []delivery.Button{{Said: delivery.SaidHaveIt, Label: "I have it"}, {Said: delivery.SaidHelp, Label: "We need help, quickly now"}}
	kinds := func() (out []string) {
		for _, m := range g.got {
			out = append(out, fmt.Sprint(m["type"]))
		}
		return out
	}
	send := func() {
		t.Helper()
		if r, err := c.Send(t.Context(), m); err != nil || r.State != response.Queued || r.Remote != "wamid.1" {
			t.Fatalf("%+v %v", r, err)
		}
	}
	send()
	if _, err := c.Hear(t.Context(), wrote(`"type":"text","text":{"body":"hello"}`, "", "", "", "").Request); err != nil {
		t.Fatal(err)
	}
	send()
	g.shut = true
	send()
	at = now.Add(25 * time.Hour)
	send()
	if got := strings.Join(kinds(), " "); got != "template interactive interactive template template" {
		t.Errorf("%s", got)
	}
	raw, _ := json.Marshal(g.got[1])
	for _, want := range []string{`"context":{"message_id":"wamid.0"}`, `"id":"have_it ntf_a"`, `"title":"We need help, quick…"`, `Stop work.\n\nCamp 2`, m.AnswerURL} {
		if !strings.Contains(string(raw), want) {
			t.Errorf("no %s in %s", want, raw)
		}
	}
	m.AnswerURL, m.Buttons = "", nil
	send()
	raw, _ = json.Marshal(g.got[len(g.got)-1])
	if !strings.Contains(string(raw), `"name":"watchfire_over"`) || !strings.Contains(string(raw), `"code":"en_GB"`) || strings.Contains(string(raw), "quick_reply") {
		t.Errorf("%s", raw)
	}
}

func TestCodes(t *testing.T) {
	t.Parallel()
	for code, want := range map[int]delivery.FaultKind{
		190: delivery.Misset, 131042: delivery.Misset, 132001: delivery.Misset, 200: delivery.Misset, 131026: delivery.Dead, 131056: delivery.Overload,
		80007: delivery.Overload, 131049: delivery.Refused, 131016: delivery.Retry, 777777: delivery.Refused,
	} {
		g := newGraph(t)
		g.code = code
		_, err := open(t, g).Send(t.Context(), deliverytest.Message(to, "ntf_a"))
		if delivery.KindOf(err) != want {
			t.Errorf("%d: %v, want %s", code, err, want)
		}
	}
}

func TestConfigurationsThatCannotWork(t *testing.T) {
	t.Parallel()
	good := Template{Name: "x"}
	for name, cfg := range map[string]Config{
		"nothing": {}, "number": {Number: to, Token: secret(""), Template: good}, "no template": {Number: "1", Token: secret("")},
		"parameter": {Number: "1", Token: secret(""), Template: Template{Name: "x", Parameters: []string{"name"}}},
		"button":    {Number: "1", Token: secret(""), Template: Template{Name: "x", Buttons: []delivery.Said{"maybe"}}},
	} {
		if _, err := New(cfg); !errors.Is(err, fault.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzHear(f *testing.F) {
	f.Add([]byte(`{"entry":[{"changes":[{"value":{"metadata":{"phone_number_id":"106540352242922"},"messages":[{"from":"1"}]}}]}]}`))
	c, err := New(Config{Number: phone, Token: secret(token), Secret: secret(app), Template: Template{Name: "x"}, Now: func() time.Time { return now }})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := c.Hear(t.Context(), signed(string(body)))
		if err != nil && !errors.Is(err, fault.ErrInvalid) {
			t.Fatal(err)
		}
		for _, y := range got.Replies {
			if y.ID == "" || y.From == "" {
				t.Fatalf("%+v", y)
			}
		}
	})
}
