package wecom

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

// robots plays the interface of group robots.
func robots(t *testing.T) *deliverytest.Provider {
	t.Helper()
	return deliverytest.NewProvider(t, deliverytest.Play{
		Message: func(w http.ResponseWriter, s deliverytest.Seen, how deliverytest.Behaviour) {
			content, _ := s.JSON("markdown", "content").(string)
			switch {
			case s.Path != "/cgi-bin/webhook/send" || s.Query.Get("key") != "s3cret-key":
				deliverytest.Answer(w, 200, `{"errcode":93000,"errmsg":"invalid webhook url"}`)
			case s.JSON("msgtype") != "markdown" || content == "" || len(content) > 4096:
				deliverytest.Answer(w, 200, `{"errcode":40008,"errmsg":"invalid message type"}`)
			default:
				codes(w, how, `{"errcode":93008,"errmsg":"not in group s3cret-key"}`)
			}
		},
		Mark: func(s deliverytest.Seen) string { return s.Header.Get("Idempotency-Key") },
	})
}

func codes(w http.ResponseWriter, how deliverytest.Behaviour, nobody string) {
	switch how {
	case deliverytest.Later:
		deliverytest.Answer(w, 200, `{"errcode":-1,"errmsg":"system busy\r\n"}`)
	case deliverytest.Slower:
		deliverytest.Answer(w, 200, `{"errcode":45009,"errmsg":"api freq out of limit"}`)
	case deliverytest.Refuse:
		deliverytest.Answer(w, 200, `{"errcode":40058,"errmsg":"markdown.content exceed max length"}`)
	case deliverytest.Nobody:
		deliverytest.Answer(w, 200, strings.ReplaceAll(nobody, " s3cret-key", ""))
	default:
		deliverytest.Answer(w, 200, `{"errcode":0,"errmsg":"ok","msgid":"msg-1","response_code":"code-1"}`)
	}
}

// server plays the interface of applications: a token, then messages with it.
func server(t *testing.T, tokens *[]string) *deliverytest.Provider {
	t.Helper()
	return deliverytest.NewProvider(t, deliverytest.Play{
		Aside: func(w http.ResponseWriter, s deliverytest.Seen) bool {
			if s.Path != "/cgi-bin/gettoken" {
				return false
			}
			if s.Query.Get("corpid") != "ww1" || s.Query.Get("corpsecret") != "s3cret-app" {
				deliverytest.Answer(w, 200, `{"errcode":40001,"errmsg":"invalid credential"}`)
				return true
			}
			token := (*tokens)[0]
			if len(*tokens) > 1 {
				*tokens = (*tokens)[1:]
			}
			deliverytest.Answer(w, 200, `{"errcode":0,"errmsg":"ok","access_token":"`+token+`","expires_in":7200}`)
			return true
		},
		Message: func(w http.ResponseWriter, s deliverytest.Seen, how deliverytest.Behaviour) {
			switch {
			case s.Query.Get("access_token") != "s3cret-token":
				deliverytest.Answer(w, 200, `{"errcode":42001,"errmsg":"access_token expired"}`)
			case s.JSON("agentid") != float64(1000002):
				deliverytest.Answer(w, 200, `{"errcode":40056,"errmsg":"invalid agentid"}`)
			default:
				codes(w, how, `{"errcode":81013,"errmsg":"user & party & tag all invalid"}`)
			}
		},
		Mark: func(s deliverytest.Seen) string {
			task, _ := s.JSON("template_card", "task_id").(string)
			if task == "" {
				return s.Header.Get("Idempotency-Key")
			}
			return task
		},
	})
}

func app(url string) App {
	return App{
		API: url, Corp: "ww1", Agent: 1000002, Secret: deliverytest.Secret("s3cret-app"),
		Token: deliverytest.Secret("s3cret-callback"), AESKey: deliverytest.Secret(aesKey),
	}
}

func channel(t *testing.T, p *deliverytest.Provider, rooms map[string]Room) *Channel {
	t.Helper()
	return New(p.Client, app(p.URL), rooms, deliverytest.Setter(t), clock.System)
}

func robotRoom(p *deliverytest.Provider) map[string]Room {
	return map[string]Room{"ops": {Webhook: deliverytest.Secret(p.URL + "/cgi-bin/webhook/send?key=s3cret-key")}}
}

func TestSuiteRobot(t *testing.T) { //nolint:paralleltest // the suite looks for goroutines
	deliverytest.Run(t, func(t *testing.T) deliverytest.Rig {
		p := robots(t)
		return deliverytest.Rig{Channel: channel(t, p, robotRoom(p)), Address: "ops", Behave: p.Behave, Marks: p.Marks, Secrets: []string{"s3cret"}}
	})
}

func TestSuiteApplication(t *testing.T) { //nolint:paralleltest // the suite looks for goroutines
	deliverytest.Run(t, func(t *testing.T) deliverytest.Rig {
		p := server(t, &[]string{"s3cret-token"})
		c := channel(t, p, map[string]Room{"duty": {Parties: []string{"2"}}})
		return deliverytest.Rig{Channel: c, Address: "duty", Behave: p.Behave, Marks: p.Marks, Secrets: []string{"s3cret"}}
	})
}

func TestRobotGetsMarkdownThatCallsNobodyByName(t *testing.T) {
	t.Parallel()
	p := robots(t)
	c := channel(t, p, robotRoom(p))
	if _, err := c.Send(t.Context(), deliverytest.Chat("ops", "ntf_a")); err != nil {
		t.Fatal(err)
	}
	text, _ := p.Seen()[0].JSON("markdown", "content").(string)
	for _, want := range []string{"RED: Earthquake M 6.9", "Stop work", "[I have it](https://watch.example.org/a/tok?say=have_it)", "[Open the warning](https://watch.example.org/warnings/wrn_1)"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q lacks %q", text, want)
		}
	}
	for _, not := range []string{"<@", "*now*", "[here]", "A. Surveyor"} {
		if strings.Contains(text, not) {
			t.Errorf("%q holds %q", text, not)
		}
	}
	if c.Able().Answers {
		t.Error("nobody can answer a robot")
	}
	if _, err := c.Test(t.Context(), deliverytest.Trial("ops")); err != nil {
		t.Error(err)
	}
}

func TestWrongKeyIsOurOwnFault(t *testing.T) {
	t.Parallel()
	p := robots(t)
	for name, secret := range map[string]string{"wrong key": p.URL + "/cgi-bin/webhook/send?key=s3cret-old", "no address": "s3cret key", "empty": ""} {
		c := channel(t, p, map[string]Room{"ops": {Webhook: deliverytest.Secret(secret)}})
		_, err := c.Send(t.Context(), deliverytest.Chat("ops", "ntf_a"))
		if delivery.KindOf(err) != delivery.Misset || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestApplicationShowsButtonsAndTakesThemOff(t *testing.T) {
	t.Parallel()
	p := server(t, &[]string{"s3cret-token"})
	c := channel(t, p, map[string]Room{"duty": {Users: []string{"li", "wang"}, Parties: []string{"2"}}})
	first, err := c.Send(t.Context(), deliverytest.Chat("duty", "ntf_a"))
	if err != nil || first.Remote != "msg-1 code-1" {
		t.Fatalf("%+v %v", first, err)
	}
	if !c.Able().Answers {
		t.Error("the application takes answers")
	}
	got := p.Seen()[0]
	list, _ := got.JSON("template_card", "button_list").([]any)
	if got.JSON("touser") != "li|wang" || got.JSON("toparty") != "2" || got.JSON("template_card", "task_id") != "ntf_a" || len(list) != 3 {
		t.Fatalf("%s", got.Body)
	}
	if b, _ := list[0].(map[string]any); b["key"] != "ntf_a|have_it|en|duty" || b["text"] != "I have it" {
		t.Errorf("%v", b)
	}
	if _, err := c.Send(t.Context(), deliverytest.Over("duty", "ntf_b", first.Remote)); err != nil {
		t.Fatal(err)
	}
	seen := p.Seen()
	if len(seen) != 3 || seen[1].JSON("template_card", "card_type") != "text_notice" || seen[2].Path != "/cgi-bin/message/update_template_card" || seen[2].JSON("response_code") != "code-1" {
		t.Errorf("%d calls, last %s", len(seen), seen[len(seen)-1].Body)
	}
}

// TestApplicationWithoutCallbackShowsLinks: nothing is promised that cannot come back.
func TestApplicationWithoutCallbackShowsLinks(t *testing.T) {
	t.Parallel()
	p := server(t, &[]string{"s3cret-token"})
	c := channel(t, p, map[string]Room{"duty": {Users: []string{"li"}}})
	c.app.Token = nil
	for _, m := range []delivery.Message{deliverytest.Chat("duty", "ntf_a"), deliverytest.Trial("duty")} {
		if _, err := c.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	seen := p.Seen()
	links, _ := seen[0].JSON("template_card", "jump_list").([]any)
	if len(links) != 3 || seen[0].JSON("template_card", "card_type") != "text_notice" || c.Able().Answers || seen[1].JSON("msgtype") != "markdown" {
		t.Errorf("%s\n%s", seen[0].Body, seen[1].Body)
	}
	if first, _ := links[0].(map[string]any); first["url"] != "https://watch.example.org/a/tok?say=have_it" {
		t.Errorf("%v", first)
	}
}

func TestOldTokenIsRenewedOnce(t *testing.T) {
	t.Parallel()
	p := server(t, &[]string{"s3cret-old", "s3cret-token"})
	c := channel(t, p, map[string]Room{"duty": {Users: []string{"@all"}}})
	if _, err := c.Send(t.Context(), deliverytest.Chat("duty", "ntf_a")); err != nil || len(p.Seen()) != 2 {
		t.Errorf("%d calls, %v", len(p.Seen()), err)
	}
	p = server(t, &[]string{"s3cret-old"})
	c = channel(t, p, map[string]Room{"duty": {Users: []string{"@all"}}})
	if _, err := c.Send(t.Context(), deliverytest.Chat("duty", "ntf_a")); delivery.KindOf(err) != delivery.Misset || len(p.Seen()) != 2 {
		t.Errorf("%d calls, %v", len(p.Seen()), err)
	}
}
