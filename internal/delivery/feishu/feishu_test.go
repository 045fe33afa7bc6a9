package feishu

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/deliverytest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func behave(w http.ResponseWriter, how deliverytest.Behaviour, ok string) {
	switch how {
	case deliverytest.Later:
		deliverytest.Answer(w, 500, `{"code":190005,"msg":"system error\r\n"}`)
	case deliverytest.Slower:
		deliverytest.Answer(w, 400, `{"code":11232,"msg":"frequency limited psm[lark.oapi.app_platform_runtime]appID[1500]"}`)
	case deliverytest.Refuse:
		deliverytest.Answer(w, 400, `{"code":230001,"msg":"invalid request param"}`)
	case deliverytest.Nobody:
		deliverytest.Answer(w, 400, `{"code":230002,"msg":"Bot/User can NOT be out of the chat."}`)
	default:
		deliverytest.Answer(w, 200, ok)
	}
}

// robots plays the interface of custom robots.
func robots(t *testing.T) *deliverytest.Provider {
	t.Helper()
	return deliverytest.NewProvider(t, deliverytest.Play{
		Message: func(w http.ResponseWriter, s deliverytest.Seen, how deliverytest.Behaviour) {
			stamp, _ := s.JSON("timestamp").(string)
			want := base64.StdEncoding.EncodeToString(hmac.New(sha256.New, []byte(stamp+"\ns3cret-sign")).Sum(nil))
			switch {
			case s.Path != "/open-apis/bot/v2/hook/s3cret-hook":
				deliverytest.Answer(w, 200, `{"code":19001,"msg":"param invalid: incoming webhook access token invalid"}`)
			case s.JSON("sign") != want:
				deliverytest.Answer(w, 200, `{"code":19021,"msg":"sign match fail or timestamp is not within one hour from current time"}`)
			case s.JSON("card", "header", "title", "content") == nil || s.JSON("card", "header", "title", "content") == "":
				deliverytest.Answer(w, 200, `{"code":9499,"msg":"Bad Request"}`)
			default:
				behave(w, how, `{"StatusCode":0,"StatusMessage":"success","code":0,"data":{},"msg":"success"}`)
			}
		},
		Mark: func(s deliverytest.Seen) string { return s.Header.Get("Idempotency-Key") },
	})
}

// server plays the interface of apps.
func server(t *testing.T, tokens ...string) *deliverytest.Provider {
	t.Helper()
	posts := 0
	return deliverytest.NewProvider(t, deliverytest.Play{
		Aside: func(w http.ResponseWriter, s deliverytest.Seen) bool {
			if !strings.HasPrefix(s.Path, "/open-apis/auth/") {
				return false
			}
			if s.JSON("app_id") != "cli_1" || s.JSON("app_secret") != "s3cret-app" {
				deliverytest.Answer(w, 200, `{"code":10014,"msg":"app secret invalid"}`)
				return true
			}
			deliverytest.Answer(w, 200, `{"code":0,"msg":"ok","tenant_access_token":"`+tokens[0]+`","expire":7200}`)
			if len(tokens) > 1 {
				tokens = tokens[1:]
			}
			return true
		},
		Message: func(w http.ResponseWriter, s deliverytest.Seen, how deliverytest.Behaviour) {
			content, _ := s.JSON("content").(string)
			switch {
			case s.Header.Get("Authorization") != "Bearer s3cret-token":
				deliverytest.Answer(w, 400, `{"code":99991663,"msg":"Invalid access token for authorization."}`)
			case strings.Contains(s.Path, "om_gone"):
				deliverytest.Answer(w, 400, `{"code":230011,"msg":"The message was withdrawn."}`)
			case !json.Valid([]byte(content)):
				deliverytest.Answer(w, 400, `{"code":230001,"msg":"content is not a string in json format"}`)
			default:
				posts++
				behave(w, how, fmt.Sprintf(`{"code":0,"msg":"success","data":{"message_id":"om_%d"}}`, posts))
			}
		},
		Mark: func(s deliverytest.Seen) string { mark, _ := s.JSON("uuid").(string); return mark },
	})
}

func channel(t *testing.T, p *deliverytest.Provider, rooms map[string]Room) *Channel {
	t.Helper()
	app := App{
		API: p.URL, ID: "cli_1", Secret: deliverytest.Secret("s3cret-app"), Token: deliverytest.Secret("s3cret-verify"), Key: deliverytest.Secret("s3cret-key"),
	}
	return New(p.Client, app, rooms, deliverytest.Setter(t), clock.System)
}

func robotRoom(p *deliverytest.Provider) map[string]Room {
	return map[string]Room{"ops": {Webhook: deliverytest.Secret(p.URL + "/open-apis/bot/v2/hook/s3cret-hook"), Secret: deliverytest.Secret("s3cret-sign")}}
}

func TestSuiteRobot(t *testing.T) { //nolint:paralleltest // the suite looks for goroutines
	deliverytest.Run(t, func(t *testing.T) deliverytest.Rig {
		p := robots(t)
		return deliverytest.Rig{Channel: channel(t, p, robotRoom(p)), Address: "ops", Behave: p.Behave, Marks: p.Marks, Secrets: []string{"s3cret"}}
	})
}

func TestSuiteApp(t *testing.T) { //nolint:paralleltest // the suite looks for goroutines
	deliverytest.Run(t, func(t *testing.T) deliverytest.Rig {
		p := server(t, "s3cret-token")
		c := channel(t, p, map[string]Room{"ops": {Chat: "oc_1"}})
		return deliverytest.Rig{Channel: c, Address: "ops", Behave: p.Behave, Marks: p.Marks, Secrets: []string{"s3cret"}}
	})
}

func TestUpdateAnswersAndRenewsTheCard(t *testing.T) {
	t.Parallel()
	p := server(t, "s3cret-old", "s3cret-token")
	c := channel(t, p, map[string]Room{"ops": {Chat: "oc_1"}})
	first, err := c.Send(t.Context(), deliverytest.Chat("ops", "ntf_a"))
	if err != nil || first.Remote != "om_1" {
		t.Fatalf("%+v %v", first, err)
	}
	second, err := c.Send(t.Context(), deliverytest.Over("ops", "ntf_b", "om_1"))
	if err != nil || second.Remote != "om_1" {
		t.Fatalf("%+v %v", second, err)
	}
	seen := p.Seen()
	if len(seen) != 4 { // the first with the old token
		t.Fatalf("%d calls", len(seen))
	}
	if content := seen[1].JSON("content").(string); !strings.Contains(content, `"press":"ntf_a|have_it|en|ops"`) || strings.Contains(content, "A. Surveyor") {
		t.Error(content)
	}
	if seen[2].Path != "/open-apis/im/v1/messages/om_1/reply" || seen[3].Method != http.MethodPatch || seen[3].Path != "/open-apis/im/v1/messages/om_1" {
		t.Errorf("%s, %s %s", seen[2].Path, seen[3].Method, seen[3].Path)
	}
	third, err := c.Send(t.Context(), deliverytest.Over("ops", "ntf_c", "om_gone"))
	if err != nil || third.Remote == "om_gone" || third.Remote == "" {
		t.Errorf("a lost first message keeps the all-clear back: %+v %v", third, err)
	}
}

func TestRobotsButtonsAreLinks(t *testing.T) {
	t.Parallel()
	p := robots(t)
	c := channel(t, p, robotRoom(p))
	if _, err := c.Send(t.Context(), deliverytest.Chat("ops", "ntf_a")); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Test(t.Context(), deliverytest.Trial("ops")); err != nil {
		t.Fatal(err)
	}
	body := string(p.Seen()[0].Body)
	if !strings.Contains(body, "https://watch.example.org/a/tok?say=have_it") || strings.Contains(body, "press") || c.Able().Answers {
		t.Error(body)
	}
}

func TestErrorsToldApart(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		code int
		msg  string
		want delivery.FaultKind
	}{
		{9499, "too many request", delivery.Overload},
		{9499, "Bad Request", delivery.Refused},
		{11232, "", delivery.Overload},
		{19001, "", delivery.Misset},
		{19021, "", delivery.Misset},
		{19024, "", delivery.Misset},
		{230002, "", delivery.Dead},
		{1, "", delivery.Refused},
	} {
		if got, _ := meaning(c.code, c.msg); got != c.want {
			t.Errorf("%d: %s, want %s", c.code, got, c.want)
		}
	}
}
