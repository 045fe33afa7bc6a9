package dingtalk

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/deliverytest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// server plays DingTalk: it takes what is signed within an hour and has a form.
func server(t *testing.T) *deliverytest.Provider {
	t.Helper()
	return deliverytest.NewProvider(t, deliverytest.Play{
		Message: func(w http.ResponseWriter, s deliverytest.Seen, how deliverytest.Behaviour) {
			switch {
			case s.Path != "/robot/send" || s.Query.Get("access_token") != "s3cret-token":
				deliverytest.Answer(w, 200, `{"errcode":300005,"errmsg":"token is not exist"}`)
			case !signed(s):
				deliverytest.Answer(w, 200, `{"errcode":310000,"errmsg":"sign not match"}`)
			case !formed(s):
				deliverytest.Answer(w, 200, `{"errcode":40035,"errmsg":"param error"}`)
			default:
				behave(w, how)
			}
		},
		Mark: func(s deliverytest.Seen) string { return s.Header.Get("Idempotency-Key") },
	})
}

func signed(s deliverytest.Seen) bool {
	ms, err := strconv.ParseInt(s.Query.Get("timestamp"), 10, 64)
	if err != nil || clock.System().Sub(time.UnixMilli(ms)).Abs() > time.Hour {
		return false
	}
	h := hmac.New(sha256.New, []byte("SECs3cret"))
	h.Write([]byte(s.Query.Get("timestamp") + "\nSECs3cret"))
	return s.Query.Get("sign") == base64.StdEncoding.EncodeToString(h.Sum(nil))
}

func formed(s deliverytest.Seen) bool {
	kind, _ := s.JSON("msgtype").(string)
	_, text := s.JSON(kind, "text").(string)
	return (kind == "markdown" || kind == "actionCard") && text
}

func behave(w http.ResponseWriter, how deliverytest.Behaviour) {
	answers := map[deliverytest.Behaviour]string{
		deliverytest.Later: `{"errcode":-1,"errmsg":"busy\r\n"}`, deliverytest.Slower: `{"errcode":130101,"errmsg":"send too fast"}`,
		deliverytest.Refuse: `{"errcode":430104,"errmsg":"content not allowed"}`, deliverytest.Nobody: `{"errcode":400013,"errmsg":"group dissolved"}`,
		deliverytest.Accept: `{"errcode":0,"errmsg":"ok"}`,
	}
	deliverytest.Answer(w, 200, answers[how])
}

func channel(t *testing.T, p *deliverytest.Provider, secret string) *Channel {
	t.Helper()
	r := Room{Webhook: deliverytest.Secret(p.URL + "/robot/send?access_token=s3cret-token")}
	if secret != "" {
		r.Secret = deliverytest.Secret(secret)
	}
	return New(p.Client, map[string]Room{"ops": r}, deliverytest.Setter(t), clock.System)
}

func TestSuite(t *testing.T) { //nolint:paralleltest // the suite looks for goroutines
	deliverytest.Run(t, func(t *testing.T) deliverytest.Rig {
		p := server(t)
		return deliverytest.Rig{Channel: channel(t, p, "SECs3cret"), Address: "ops", Behave: p.Behave, Marks: p.Marks, Secrets: []string{"s3cret"}}
	})
}

func TestWrongSignIsOurOwnFault(t *testing.T) {
	t.Parallel()
	p := server(t)
	for _, secret := range []string{"", "SECold"} {
		if _, err := channel(t, p, secret).Send(t.Context(), deliverytest.Chat("ops", "ntf_a")); delivery.KindOf(err) != delivery.Misset {
			t.Errorf("secret %q: %v", secret, err)
		}
	}
}

func TestCardOpensTheAnswerPage(t *testing.T) {
	t.Parallel()
	p := server(t)
	c := channel(t, p, "SECs3cret")
	if _, err := c.Send(t.Context(), deliverytest.Chat("ops", "ntf_a")); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Test(t.Context(), deliverytest.Trial("ops")); err != nil {
		t.Fatal(err)
	}
	seen := p.Seen()
	buttons, _ := seen[0].JSON("actionCard", "btns").([]any)
	if len(buttons) != 4 {
		t.Fatalf("%s", seen[0].Body)
	}
	first, _ := buttons[0].(map[string]any)
	if first["title"] != "I have it" || !strings.Contains(first["actionURL"].(string), "url=https%3A%2F%2Fwatch.example.org%2Fa%2Ftok%3Fsay%3Dhave_it") {
		t.Errorf("%v", first)
	}
	text, _ := seen[0].JSON("actionCard", "text").(string)
	if !strings.Contains(text, "31 km from Camp 2") || strings.Contains(text, "[here]") || strings.Contains(text, "A. Surveyor") {
		t.Error(text)
	}
	if seen[1].JSON("msgtype") != "markdown" {
		t.Errorf("a test has nothing to press: %s", seen[1].Body)
	}
}
