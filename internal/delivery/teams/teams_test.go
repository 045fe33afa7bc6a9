package teams

import (
	"net/http"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/deliverytest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// server plays a workflow: it takes adaptive cards under its signature.
func server(t *testing.T, slow string) *deliverytest.Provider {
	t.Helper()
	return deliverytest.NewProvider(t, deliverytest.Play{
		Message: func(w http.ResponseWriter, s deliverytest.Seen, how deliverytest.Behaviour) {
			list, _ := s.JSON("attachments").([]any)
			switch {
			case s.Query.Get("sig") != "s3cret-sig":
				deliverytest.Answer(w, 401, `{"error":{"code":"DirectApiAuthorizationRequired","message":"no"}}`)
			case s.JSON("type") != "message" || len(list) != 1 || len(s.Body) > 28<<10:
				deliverytest.Answer(w, 400, `{"error":{"code":"TriggerInputSchemaMismatch"}}`)
			case how == deliverytest.Later:
				deliverytest.Answer(w, 502, `{"error":{"code":"BadGateway","message":"x\r\n"}}`)
			case how == deliverytest.Slower && slow != "":
				deliverytest.Answer(w, 200, slow)
			case how == deliverytest.Slower:
				w.Header().Set("Retry-After", "30")
				deliverytest.Answer(w, 429, `{}`)
			case how == deliverytest.Refuse:
				deliverytest.Answer(w, 400, `{"error":{"code":"InvalidRequestContent"}}`)
			case how == deliverytest.Nobody:
				deliverytest.Answer(w, 404, `{"error":{"code":"WorkflowNotFound","message":"gone"}}`)
			default:
				w.WriteHeader(http.StatusAccepted)
			}
		},
		Mark: func(s deliverytest.Seen) string { return s.Header.Get("Idempotency-Key") },
	})
}

func channel(t *testing.T, p *deliverytest.Provider, sig string) *Channel {
	t.Helper()
	address := p.URL + "/workflows/1/triggers/manual/paths/invoke?sig=" + sig
	return New(p.Client, map[string]Room{"ops": {Webhook: deliverytest.Secret(address)}}, deliverytest.Setter(t), clock.System)
}

func TestSuite(t *testing.T) { //nolint:paralleltest // the suite looks for goroutines
	for _, slow := range []string{"", "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429"} {
		deliverytest.Run(t, func(t *testing.T) deliverytest.Rig {
			p := server(t, slow)
			return deliverytest.Rig{Channel: channel(t, p, "s3cret-sig"), Address: "ops", Behave: p.Behave, Marks: p.Marks, Secrets: []string{"s3cret"}}
		})
	}
}

func TestCard(t *testing.T) {
	t.Parallel()
	p := server(t, "")
	c := channel(t, p, "s3cret-sig")
	for _, m := range []delivery.Message{deliverytest.Chat("ops", "ntf_a"), deliverytest.Over("ops", "ntf_b", ""), deliverytest.Trial("ops")} {
		if _, err := c.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	for i, want := range [][]string{
		{`"style":"attention"`, `"title":"I have it"`, `"url":"https://watch.example.org/a/tok?say=have_it"`, "Stop work", "＊now＊"},
		{`"style":"emphasis"`, "ALL CLEAR", `"title":"Open the warning"`},
		{"nothing happened", "This is a test."},
	} {
		body := string(p.Seen()[i].Body)
		for _, part := range want {
			if !strings.Contains(body, part) {
				t.Errorf("%s lacks %s", body, part)
			}
		}
		if strings.Contains(body, "A. Surveyor") || i > 0 && strings.Contains(body, "I have it") {
			t.Error(body)
		}
	}
}

func TestWrongSignatureIsOurOwnFault(t *testing.T) {
	t.Parallel()
	_, err := channel(t, server(t, ""), "s3cret-old").Send(t.Context(), deliverytest.Chat("ops", "ntf_a"))
	if delivery.KindOf(err) != delivery.Misset || strings.Contains(err.Error(), "s3cret") {
		t.Error(err)
	}
}
