package pagerduty

import (
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/deliverytest"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/level"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const routing = "s3cretkeys3cretkeys3cretkeys3cre"

// server plays the Events API.
func server(t *testing.T) *deliverytest.Provider {
	t.Helper()
	return deliverytest.NewProvider(t, deliverytest.Play{
		Message: func(w http.ResponseWriter, s deliverytest.Seen, how deliverytest.Behaviour) {
			switch {
			case s.Path != "/v2/enqueue":
				deliverytest.Answer(w, 404, `{}`)
			case s.JSON("routing_key") != routing:
				deliverytest.Answer(w, 400, `{"status":"invalid event","message":"Event object is invalid","errors":["'routing_key' is invalid (must be 32 characters)"]}`)
			case !formed(s):
				deliverytest.Answer(w, 400, `{"status":"invalid event","message":"Event object is invalid","errors":["'payload' is missing"]}`)
			default:
				behave(w, how, s)
			}
		},
		Mark: func(s deliverytest.Seen) string { return s.Header.Get("Idempotency-Key") },
	})
}

func formed(s deliverytest.Seen) bool {
	key, _ := s.JSON("dedup_key").(string)
	summary, _ := s.JSON("payload", "summary").(string)
	severity, _ := s.JSON("payload", "severity").(string)
	switch s.JSON("event_action") {
	case "trigger":
		return key != "" && len(key) <= 255 && summary != "" && len([]rune(summary)) <= 1024 && s.JSON("payload", "source") != "" &&
			slices.Contains([]string{"critical", "error", "warning", "info"}, severity)
	case "resolve", "acknowledge":
		return key != "" && len(key) <= 255
	default:
		return false
	}
}

func behave(w http.ResponseWriter, how deliverytest.Behaviour, s deliverytest.Seen) {
	switch how {
	case deliverytest.Later:
		deliverytest.Answer(w, 500, "away\r\n")
	case deliverytest.Slower:
		w.Header().Set("Retry-After", "30")
		deliverytest.Answer(w, 429, `{"status":"throttle exceeded"}`)
	case deliverytest.Refuse:
		deliverytest.Answer(w, 400, `{"status":"invalid event","message":"too large","errors":[]}`)
	case deliverytest.Nobody:
		deliverytest.Answer(w, 410, `{"status":"gone"}`)
	default:
		deliverytest.Answer(w, 202, fmt.Sprintf(`{"status":"success","message":"Event processed","dedup_key":%q}`, s.JSON("dedup_key")))
	}
}

func channel(t *testing.T, p *deliverytest.Provider, key string) *Channel {
	t.Helper()
	rooms := map[string]Room{
		"ops": {Key: deliverytest.Secret(key), Webhook: deliverytest.Secret("s3cret-ops")}, "sea": {Key: deliverytest.Secret(key), Webhook: deliverytest.Secret("s3cret-sea")},
	}
	return New(p.Client, p.URL, "watch.example.org", rooms, deliverytest.Setter(t), clock.System)
}

func TestSuite(t *testing.T) { //nolint:paralleltest // the suite looks for goroutines
	deliverytest.Run(t, func(t *testing.T) deliverytest.Rig {
		p := server(t)
		return deliverytest.Rig{Channel: channel(t, p, routing), Address: "ops", Behave: p.Behave, Marks: p.Marks, Secrets: []string{"s3cret"}}
	})
}

func TestOneAlertAWarning(t *testing.T) {
	t.Parallel()
	p := server(t)
	c := channel(t, p, routing)
	update := deliverytest.Chat("ops", "ntf_b")
	update.First, update.Parent, update.Level, update.Warning.Level = false, "wrn_1", level.Orange, level.Orange
	for _, m := range []delivery.Message{deliverytest.Chat("ops", "ntf_a"), update, deliverytest.Over("ops", "ntf_c", "wrn_1")} {
		if got, err := c.Send(t.Context(), m); err != nil || got.Remote != "wrn_1" {
			t.Fatalf("%+v %v", got, err)
		}
	}
	for i, want := range [][2]any{{"trigger", "critical"}, {"trigger", "error"}, {"resolve", nil}} {
		s := p.Seen()[i]
		if s.JSON("event_action") != want[0] || s.JSON("payload", "severity") != want[1] || s.JSON("dedup_key") != "wrn_1" || strings.Contains(string(s.Body), "A. Surveyor") {
			t.Errorf("%d: %s", i, s.Body)
		}
	}
}

func TestATestLeavesNothingOpen(t *testing.T) {
	t.Parallel()
	p := server(t)
	if _, err := channel(t, p, routing).Test(t.Context(), deliverytest.Trial("ops")); err != nil {
		t.Fatal(err)
	}
	seen := p.Seen()
	if len(seen) != 2 || seen[0].JSON("payload", "severity") != "info" || seen[1].JSON("event_action") != "resolve" || seen[0].JSON("dedup_key") != seen[1].JSON("dedup_key") {
		t.Errorf("%d calls", len(seen))
	}
}

func TestWrongKeyIsOurOwnFault(t *testing.T) {
	t.Parallel()
	_, err := channel(t, server(t), "s3cret").Send(t.Context(), deliverytest.Chat("ops", "ntf_a"))
	if delivery.KindOf(err) != delivery.Misset || strings.Contains(err.Error(), "s3cret") {
		t.Error(err)
	}
}

var at = time.Date(2026, 10, 7, 4, 6, 2, 0, time.UTC)

func call(secret, kind, agent string) delivery.Request {
	body := `{"event":{"id":"01BR","event_type":"` + kind + `","resource_type":"incident","occurred_at":"2026-10-07T04:05:57.6Z",` +
		`"agent":{"id":"PLH1HKV","type":"` + agent + `"},"data":{"id":"PGR0VU2","type":"incident","status":"acknowledged","incident_key":"wrn_1"}}}`
	h := hmac.New(sha256.New, []byte(secret))
	h.Write([]byte(body))
	return delivery.Request{Method: http.MethodPost, At: at, Body: []byte(body), Header: http.Header{"X-Pagerduty-Signature": {fmt.Sprintf("v1=%064x,v1=%x", 7, h.Sum(nil))}}}
}

// others is an incident that another program opened at the same service.
func others() delivery.Request {
	r := call("", "incident.acknowledged", "user_reference")
	r.Body = []byte(strings.ReplaceAll(string(r.Body), "wrn_1", "disk-full"))
	h := hmac.New(sha256.New, []byte("s3cret-sea"))
	h.Write(r.Body)
	r.Header = http.Header{"X-Pagerduty-Signature": {fmt.Sprintf("v1=%x", h.Sum(nil))}}
	return r
}

func TestHookSuite(t *testing.T) {
	t.Parallel()
	sum := func(text string) string {
		h := hmac.New(sha256.New, []byte("s3cret-sea"))
		h.Write([]byte(text))
		return fmt.Sprintf("v1=%x", h.Sum(nil))
	}
	with := func(value string) func(delivery.Request) delivery.Request {
		return func(r delivery.Request) delivery.Request {
			r.Header = http.Header{"X-Pagerduty-Signature": {value}}
			return r
		}
	}
	reply := delivery.Reply{ID: "01BR", Remote: "wrn_1", From: "sea", Said: delivery.SaidHaveIt, Text: "PLH1HKV", At: time.Date(2026, 10, 7, 4, 5, 57, 6e8, time.UTC)}
	deliverytest.RunHook(t, deliverytest.HookRig{
		Channel: channel(t, server(t), routing),
		Calls: map[string]deliverytest.HookCall{
			"acknowledged": {Request: call("s3cret-sea", "incident.acknowledged", "user_reference"), Want: delivery.Heard{Replies: []delivery.Reply{reply}}},
			"by a program": {Request: call("s3cret-sea", "incident.acknowledged", "inbound_integration_reference")},
			"of others":    {Request: others()},
		},
		Forge: map[string]func(delivery.Request) delivery.Request{
			"signature": with("v1=" + strings.Repeat("0", 64)), "none": with(""), "of another body": with(sum("x")), "many": with(strings.Repeat("v1=0,", 20)),
		},
		Garbage: []delivery.Request{{Body: []byte("{"), At: at, Header: http.Header{"X-Pagerduty-Signature": {sum("{")}}}},
		Secrets: []string{"s3cret"},
	})
}

func TestAcknowledgementByAUserIsAReply(t *testing.T) {
	t.Parallel()
	c := channel(t, server(t), routing)
	got, err := c.Hear(t.Context(), call("s3cret-sea", "incident.acknowledged", "user_reference"))
	if err != nil || len(got.Replies) != 1 {
		t.Fatalf("%+v %v", got, err)
	}
	if r := got.Replies[0]; r.Said != delivery.SaidHaveIt || r.Remote != "wrn_1" || r.From != "sea" || r.ID != "01BR" || r.At.Unix() != 1791345957 {
		t.Errorf("%+v", r)
	}
	for name, r := range map[string]delivery.Request{
		"by a program": call("s3cret-sea", "incident.acknowledged", "inbound_integration_reference"), "resolved": call("s3cret-sea", "incident.resolved", "user_reference"),
	} {
		if got, err := c.Hear(t.Context(), r); err != nil || len(got.Replies) != 0 || got.Yes.Status != http.StatusOK {
			t.Errorf("%s: %+v %v", name, got, err)
		}
	}
	changed := call("s3cret-sea", "incident.acknowledged", "user_reference")
	changed.Body = append(changed.Body, ' ')
	for name, r := range map[string]delivery.Request{"guess": call("guess", "incident.acknowledged", "user_reference"), "changed": changed, "bare": {Body: []byte("{}"), Header: http.Header{}}} {
		if got, err := c.Hear(t.Context(), r); !errors.Is(err, fault.ErrUnauthorised) || len(got.Replies) != 0 {
			t.Errorf("%s: %+v %v", name, got, err)
		}
	}
}
