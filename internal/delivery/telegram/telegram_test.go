package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/deliverytest"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/warning"
)

// asking puts buttons under the suite's messages: they carry the key.
type asking struct{ *Channel }

func (a asking) Send(ctx context.Context, m delivery.Message) (delivery.Receipt, error) {
	m.Buttons = buttons
	return a.Channel.Send(ctx, m)
}

func TestSuite(t *testing.T) { //nolint:paralleltest // the suite looks for goroutines
	deliverytest.Run(t, func(t *testing.T) deliverytest.Rig {
		b := newBot(t)
		return deliverytest.Rig{Channel: asking{open(t, b, nil)}, Address: chat, Behave: b.behave, Marks: b.marks, Secrets: []string{token, "t0ken"}}
	})
}

func update1(id int, more string) string {
	return fmt.Sprintf(`{"update_id":%d,%s}`, id, more)
}

func text(words, more string) string {
	return `"message":{"message_id":77,"date":1791345900,"from":{"id":7000000001,"is_bot":false,"first_name":"A","language_code":"fr"},"chat":{"id":7000000001,"type":"private"},"text":"` + words + `"` + more + `}`
}

func press(data string) string {
	return `"callback_query":{"id":"q1","from":{"id":7000000001,"language_code":"fr"},"message":{"message_id":41,"date":1,"chat":{"id":7000000001}},"chat_instance":"1","data":"` + data + `"}`
}

func sent(body string) delivery.Request {
	h := http.Header{}
	h.Set("X-Telegram-Bot-Api-Secret-Token", header)
	return delivery.Request{Method: "POST", URL: hookAt, Header: h, Body: []byte(body), At: now}
}

func told(text, remote string, s delivery.Said) delivery.Heard {
	return delivery.Heard{Replies: []delivery.Reply{{ID: chat + "/77", Remote: remote, From: chat, Said: s, Text: text, At: time.Unix(1791345900, 0).UTC()}}}
}

func pressed(notification string, s delivery.Said) delivery.Heard {
	return delivery.Heard{Replies: []delivery.Reply{{ID: "press/q1", Notification: notification, Remote: chat + "/41", From: chat, Said: s, Text: string(s), At: now}}}
}

func TestHook(t *testing.T) { //nolint:paralleltest // subtests share a channel
	deliverytest.RunHook(t, deliverytest.HookRig{
		Channel: open(t, newBot(t), hooked), Secrets: []string{token, header},
		Calls: map[string]deliverytest.HookCall{
			"text":        {Request: sent(update1(1, text("1", ""))), Want: told("1", "", delivery.SaidHaveIt)},
			"reply":       {Request: sent(update1(1, text("Au secours", `,"reply_to_message":{"message_id":41,"date":1,"chat":{"id":7000000001}}`))), Want: told("Au secours", chat+"/41", delivery.SaidHelp)},
			"note":        {Request: sent(update1(1, text("bridge is closed", ""))), Want: told("bridge is closed", "", delivery.SaidOther)},
			"pressed":     {Request: sent(update1(1, press("need_help ntf_a"))), Want: pressed("ntf_a", delivery.SaidHelp)},
			"long key":    {Request: sent(update1(1, press("have_it"))), Want: pressed("", delivery.SaidHaveIt)},
			"odd button":  {Request: sent(update1(1, press("launch")))},
			"start":       {Request: sent(update1(1, text("/start", "")))},
			"picture":     {Request: sent(update1(1, `"message":{"message_id":1,"date":1,"chat":{"id":1},"photo":[]}`))},
			"other event": {Request: sent(update1(1, `"my_chat_member":{}`))},
		},
		Forge: map[string]func(r delivery.Request) delivery.Request{
			"no secret": func(r delivery.Request) delivery.Request { r.Header = http.Header{}; return r },
			"wrong secret": func(r delivery.Request) delivery.Request {
				r.Header = http.Header{"X-Telegram-Bot-Api-Secret-Token": {"x"}}
				return r
			},
		},
		Garbage: []delivery.Request{sent("{"), sent(""), sent("{}"), sent(`{"update_id":"1"}`)},
	})
}

// TestAnswersOfTheHook: a pressed button is thanked once it is stored, /start tells the number.
func TestAnswersOfTheHook(t *testing.T) {
	t.Parallel()
	c := open(t, newBot(t), hooked)
	for body, want := range map[string]string{
		update1(1, press("have_it ntf_a")): `"method":"answerCallbackQuery","show_alert":false,"text":"fr:chat.thanks.have_it"`,
		update1(1, press("launch")):        `"text":"fr:chat.not_known"`,
		update1(1, text("/start@bot", "")): `"text":"fr:telegram.startNumber7000000001"`,
	} {
		got, err := c.Hear(t.Context(), sent(body))
		if err != nil || !strings.Contains(string(got.Yes.Body), want) || got.No.Status != 503 || len(got.No.Body) > 0 {
			t.Errorf("%s %v, want %s", got.Yes.Body, err, want)
		}
	}
	if _, err := open(t, newBot(t), nil).Hear(t.Context(), sent(update1(1, text("1", "")))); !errors.Is(err, fault.ErrUnauthorised) {
		t.Errorf("without a hook: %v", err)
	}
}

func TestListenerSuite(t *testing.T) { //nolint:paralleltest // the suite looks for goroutines
	deliverytest.RunListener(t, func(t *testing.T) deliverytest.ListenRig {
		b := newBot(t)
		b.hook = "https://old.example/" // left by an earlier set-up
		return deliverytest.ListenRig{
			Listener: open(t, b, func(c *Config) { c.Wait = time.Minute }),
			Put: func(t *testing.T, n int) delivery.Heard {
				var u map[string]any
				if err := json.Unmarshal([]byte(update1(100+n, press(fmt.Sprintf("have_it ntf_%d", n)))), &u); err != nil {
					t.Fatal(err)
				}
				u["update_id"] = 100 + n
				b.put(u)
				return pressed(fmt.Sprintf("ntf_%d", n), delivery.SaidHaveIt)
			},
		}
	})
}

// TestPressedWhileTheDiskIsFull: the person hears that it is not stored, then that it is.
func TestPressedWhileTheDiskIsFull(t *testing.T) {
	t.Parallel()
	b := newBot(t)
	c := open(t, b, nil)
	ctx, cancel := context.WithCancel(t.Context())
	b.put(map[string]any{"update_id": 5, "callback_query": map[string]any{
		"id": "q1", "from": map[string]any{"id": 1, "language_code": "en"}, "data": "cannot ntf_a", "message": map[string]any{"message_id": 41, "chat": map[string]any{"id": 1}},
	}})
	tries := 0
	err := c.Listen(ctx, func(context.Context, delivery.Heard) error {
		if tries++; tries < 4 {
			return errors.New("full")
		}
		cancel()
		return nil
	})
	var texts []string
	for _, a := range b.asked("answerCallbackQuery") {
		texts = append(texts, fmt.Sprint(a["text"]))
	}
	if got := strings.Join(texts, " "); err != nil || got != "en:chat.not_stored en:chat.thanks.cannot" {
		t.Errorf("%s, %v", got, err)
	}
}

func TestHookIsRegistered(t *testing.T) {
	t.Parallel()
	b := newBot(t)
	b.fail["setWebhook"] = "502 Bad Gateway"
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- open(t, b, hooked).Listen(ctx, nil) }()
	<-b.more // the second try has worked
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if set := b.asked("setWebhook"); len(set) != 2 || set[1]["url"] != hookAt || set[1]["secret_token"] != header {
		t.Errorf("%v", set)
	}
}

func TestMessage(t *testing.T) {
	t.Parallel()
	b := newBot(t)
	m := deliverytest.Message(chat, "ntf_a")
	m.Buttons, m.Lines, m.TLP = buttons, []string{"Stop work.", "<b>Camp 2</b> 🛑"}, "AMBER+STRICT"
	got, err := open(t, b, nil).Send(t.Context(), m)
	if err != nil || got.State != response.Sent || got.Remote != chat+"/41" {
		t.Fatalf("%+v %v", got, err)
	}
	body := b.asked("sendMessage")[0]
	want := m.Subject + "\n\nStop work.\n\n<b>Camp 2</b> 🛑\n\nTLP:AMBER+STRICT\n\n" + m.PageURL
	if body["text"] != want || body["protect_content"] != true || body["parse_mode"] != nil {
		t.Errorf("%q\nwant\n%q", body["text"], want)
	}
	m.Lines = []string{strings.Repeat("🛑", 900), strings.Repeat("🛑", 900), strings.Repeat("🛑", 900), "end"}
	if _, err := open(t, b, nil).Send(t.Context(), m); err != nil {
		t.Error(err)
	}
}

// TestUpdates: what need not wake anybody replaces the message, the rest replies to it.
func TestUpdates(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change func(m *delivery.Message)
		fail   string
		want   string // methods
	}{
		"renewed":       {func(*delivery.Message) {}, "", "editMessageText"},
		"unchanged":     {func(m *delivery.Message) { m.Subject = "first" }, "", "editMessageText"},
		"raised":        {func(m *delivery.Message) { m.Warning.Reason = warning.Raised }, "", "sendMessage"},
		"red":           {func(m *delivery.Message) { m.Level = level.Red }, "", "sendMessage"},
		"escalation":    {func(m *delivery.Message) { m.Purpose = response.Escalation }, "", "sendMessage"},
		"all clear":     {func(m *delivery.Message) { m.Warning.State = warning.Ended }, "", "sendMessage"},
		"cannot edit":   {func(*delivery.Message) {}, "400 Bad Request: message can't be edited", "editMessageText sendMessage"},
		"deleted":       {func(m *delivery.Message) { m.Parent = chat + "/1" }, "", "editMessageText sendMessage"},
		"no parent":     {func(m *delivery.Message) { m.Parent = "odd" }, "", "sendMessage"},
		"blocked since": {func(*delivery.Message) {}, "403 Forbidden: bot was blocked by the user", "editMessageText"},
	} {
		b := newBot(t)
		c := open(t, b, nil)
		b.texts[41] = "first\n\nhttps://watch.example.org/a/tok"
		m := deliverytest.Message(chat, "ntf_b")
		m.First, m.Level, m.Parent, m.Warning.Reason = false, level.Orange, chat+"/41", warning.Renewed
		tt.change(&m)
		if tt.fail != "" {
			b.fail["editMessageText"] = tt.fail
		}
		got, err := c.Send(t.Context(), m)
		var methods []string
		for _, x := range b.calls {
			methods = append(methods, x.method)
		}
		if s := strings.Join(methods, " "); s != tt.want {
			t.Errorf("%s: %s, want %s", name, s, tt.want)
		}
		if name == "blocked since" {
			if delivery.KindOf(err) != delivery.Dead {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err != nil || got.Remote == "" {
			t.Errorf("%s: %+v %v", name, got, err)
		}
		if last := b.calls[len(b.calls)-1]; last.method == "sendMessage" && name != "no parent" && last.body["reply_parameters"] == nil {
			t.Errorf("%s: no reply", name)
		}
	}
}

func TestGroupMoves(t *testing.T) {
	t.Parallel()
	b := newBot(t)
	b.moved = -1001234567890
	got, err := open(t, b, nil).Send(t.Context(), deliverytest.Message(chat, "ntf_a"))
	if err != nil || got.Remote != "-1001234567890/41" || !strings.Contains(got.Detail, "new number") || strings.Contains(got.Detail, "100123") {
		t.Errorf("%+v %v", got, err)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]delivery.FaultKind{
		"403 Forbidden: user is deactivated": delivery.Dead, "403 Forbidden: bot can't initiate conversation with a user": delivery.Dead,
		"400 Bad Request: chat not found 7000000001": delivery.Dead, "400 Bad Request: not enough rights to send text messages to the chat": delivery.Dead,
		"401 Unauthorized": delivery.Misset, "404 Not Found": delivery.Misset, "400 Bad Request: BUTTON_DATA_INVALID": delivery.Refused, "500 Internal Server Error": delivery.Retry,
	} {
		b := newBot(t)
		b.fail["sendMessage"] = text
		_, err := open(t, b, nil).Send(t.Context(), deliverytest.Message(chat, "ntf_a"))
		if delivery.KindOf(err) != want || strings.Contains(err.Error(), chat) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
	b := newBot(t)
	b.behave(deliverytest.Slower)
	var f *delivery.Fault
	if _, err := open(t, b, nil).Send(t.Context(), deliverytest.Message(chat, "ntf_a")); !errors.As(err, &f) || f.After != 31*time.Second {
		t.Errorf("%v", err)
	}
}

func FuzzHear(f *testing.F) {
	f.Add([]byte(update1(1, press("have_it ntf_a"))))
	f.Add([]byte(update1(1, text("1", ""))))
	c, err := New(Config{Token: func() (string, error) { return token, nil }, Words: words, Hook: hookAt, Secret: func() (string, error) { return header, nil }})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if _, err := c.Hear(t.Context(), sent(string(body))); err != nil && !errors.Is(err, fault.ErrInvalid) {
			t.Fatal(err)
		}
	})
}
