package slack

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/deliverytest"
	"watchfire.dev/internal/warning"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// server plays Slack's interface: it wants the token, a conversation it knows, and blocks
// within its bounds.
func server(t *testing.T) *deliverytest.Provider {
	t.Helper()
	posts := 0
	return deliverytest.NewProvider(t, deliverytest.Play{
		Message: func(w http.ResponseWriter, s deliverytest.Seen, how deliverytest.Behaviour) {
			switch {
			case s.Header.Get("Authorization") != "Bearer s3cret-xoxb":
				deliverytest.Answer(w, 200, `{"ok":false,"error":"invalid_auth"}`)
			case s.JSON("channel") != "C01":
				deliverytest.Answer(w, 200, `{"ok":false,"error":"channel_not_found"}`)
			case s.JSON("thread_ts") == "gone" || s.JSON("ts") == "locked":
				deliverytest.Answer(w, 200, `{"ok":false,"error":"message_not_found"}`)
			case !bounded(s):
				deliverytest.Answer(w, 200, `{"ok":false,"error":"invalid_blocks"}`)
			case how == deliverytest.Slower:
				w.Header().Set("Retry-After", "30")
				deliverytest.Answer(w, 429, `{"ok":false,"error":"ratelimited"}`)
			default:
				posts++
				answers := map[deliverytest.Behaviour]string{
					deliverytest.Later: `{"ok":false,"error":"internal_error\r\n"}`, deliverytest.Refuse: `{"ok":false,"error":"msg_too_long"}`,
					deliverytest.Nobody: `{"ok":false,"error":"is_archived"}`, deliverytest.Accept: fmt.Sprintf(`{"ok":true,"channel":"C01","ts":"100.%d"}`, posts),
				}
				deliverytest.Answer(w, 200, answers[how])
			}
		},
		Mark: func(s deliverytest.Seen) string {
			mark, _ := s.JSON("metadata", "event_payload", "notification").(string)
			return mark
		},
	})
}

// bounded holds the limits of the block kit that we could pass.
func bounded(s deliverytest.Seen) bool {
	blocks, _ := s.JSON("blocks").([]any)
	for _, b := range blocks {
		block, _ := b.(map[string]any)
		text, _ := block["text"].(map[string]any)
		words, _ := text["text"].(string)
		most := map[any]int{"header": 150, "section": 3000}[block["type"]]
		if text != nil && (words == "" || len([]rune(words)) > most || text["type"] != "plain_text") {
			return false
		}
	}
	text, _ := s.JSON("text").(string)
	return text != "" && len([]rune(text)) <= 40000
}

func channel(t *testing.T, p *deliverytest.Provider, rooms map[string]Room) *Channel {
	t.Helper()
	app := App{API: p.URL + "/api", Token: deliverytest.Secret("s3cret-xoxb"), Signing: deliverytest.Secret("s3cret-signing")}
	return New(p.Client, app, rooms, deliverytest.Setter(t), clock.System)
}

func ops() map[string]Room { return map[string]Room{"ops": {Conversation: "C01"}} }

func TestSuiteApp(t *testing.T) { //nolint:paralleltest // the suite looks for goroutines
	deliverytest.Run(t, func(t *testing.T) deliverytest.Rig {
		p := server(t)
		return deliverytest.Rig{Channel: channel(t, p, ops()), Address: "ops", Behave: p.Behave, Marks: p.Marks, Secrets: []string{"s3cret"}}
	})
}

func TestSuiteWebhook(t *testing.T) { //nolint:paralleltest // the suite looks for goroutines
	deliverytest.Run(t, func(t *testing.T) deliverytest.Rig {
		p := deliverytest.NewHTTPEnd(t, "Idempotency-Key")
		c := New(p.Client, App{}, map[string]Room{"ops": {Webhook: deliverytest.Secret(p.URL)}}, deliverytest.Setter(t), clock.System)
		return deliverytest.Rig{Channel: c, Address: "ops", Behave: p.Behave, Marks: p.Marks, Secrets: []string{"s3cret"}}
	})
}

func TestUpdateAnswersInTheThreadAndRenewsTheCard(t *testing.T) {
	t.Parallel()
	p := server(t)
	c := channel(t, p, ops())
	first, err := c.Send(t.Context(), deliverytest.Chat("ops", "ntf_a"))
	if err != nil || first.Remote != "C01/100.1" {
		t.Fatalf("%+v %v", first, err)
	}
	second, err := c.Send(t.Context(), deliverytest.Over("ops", "ntf_b", first.Remote))
	if err != nil || second.Remote != first.Remote {
		t.Fatalf("%+v %v", second, err)
	}
	seen := p.Seen()
	if len(seen) != 3 {
		t.Fatalf("%d calls", len(seen))
	}
	if seen[1].Path != "/api/chat.postMessage" || seen[1].JSON("thread_ts") != "100.1" || seen[1].JSON("reply_broadcast") != true {
		t.Errorf("%s %s", seen[1].Path, seen[1].Body)
	}
	if seen[2].Path != "/api/chat.update" || seen[2].JSON("ts") != "100.1" || strings.Contains(string(seen[2].Body), "have_it") || !strings.Contains(string(seen[2].Body), "ALL CLEAR") {
		t.Errorf("%s %s", seen[2].Path, seen[2].Body)
	}
}

// TestUpdateGoesOutWithoutItsThread: somebody deleted the first message, or locked it.
func TestUpdateGoesOutWithoutItsThread(t *testing.T) {
	t.Parallel()
	p := server(t)
	c := channel(t, p, ops())
	got, err := c.Send(t.Context(), deliverytest.Over("ops", "ntf_b", "C01/gone"))
	if err != nil || got.Remote != "C01/100.1" || len(p.Seen()) != 2 {
		t.Errorf("%+v %v", got, err)
	}
	got, err = c.Send(t.Context(), deliverytest.Over("ops", "ntf_c", "C01/locked"))
	if err != nil || got.State != "sent" || !strings.Contains(got.Detail, "first card") {
		t.Errorf("%+v %v", got, err)
	}
}

// TestADigestUpdatesNothing: it belongs to no warning, so it neither renews the card of the
// first that it gathers nor lets a later update renew itself.
func TestADigestUpdatesNothing(t *testing.T) {
	t.Parallel()
	p := server(t)
	m := deliverytest.Chat("ops", "ntf_d")
	m.Warning, m.Parent, m.Buttons = warning.Warning{State: warning.Issued, Level: m.Level}, "C01/100.1", nil
	got, err := channel(t, p, ops()).Send(t.Context(), m)
	if err != nil || got.Remote != "" || len(p.Seen()) != 1 || p.Seen()[0].JSON("thread_ts") != nil {
		t.Errorf("%+v %v, %d calls", got, err, len(p.Seen()))
	}
}

func TestButtonsCallBackOrOpen(t *testing.T) {
	t.Parallel()
	p := server(t)
	if _, err := channel(t, p, ops()).Send(t.Context(), deliverytest.Chat("ops", "ntf_a")); err != nil {
		t.Fatal(err)
	}
	body := string(p.Seen()[0].Body)
	for _, want := range []string{`"value":"ntf_a|have_it|en|ops"`, `"style":"danger"`, `"url":"https://watch.example.org/warnings/wrn_1"`, `&lt;@all&gt;`} {
		if !strings.Contains(body, want) {
			t.Errorf("%s lacks %s", body, want)
		}
	}
	if strings.Contains(body, "A. Surveyor") {
		t.Error("a room is told a person's name")
	}
	end := deliverytest.NewHTTPEnd(t, "Idempotency-Key")
	c := New(end.Client, App{}, map[string]Room{"ops": {Webhook: deliverytest.Secret(end.URL)}}, deliverytest.Setter(t), clock.System)
	if _, err := c.Send(t.Context(), deliverytest.Chat("ops", "ntf_a")); err != nil {
		t.Fatal(err)
	}
	body = string(end.Calls()[0].Body)
	if strings.Contains(body, `"value"`) || !strings.Contains(body, `"url":"https://watch.example.org/a/tok?say=have_it"`) || c.Able().Answers {
		t.Error(body)
	}
}

func TestErrorsToldApart(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]delivery.FaultKind{
		"ratelimited": delivery.Overload, "channel_not_found": delivery.Dead, "is_archived": delivery.Dead, "invalid_auth": delivery.Misset,
		"not_in_channel": delivery.Misset, "invalid_blocks": delivery.Refused, "fatal_error": delivery.Retry, "something_new": delivery.Retry,
	} {
		if err := (said{Error: word}).fault(); delivery.KindOf(err) != want {
			t.Errorf("%s: %v", word, err)
		}
	}
}
