package telegram

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf16"

	"go.uber.org/goleak"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/deliverytest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	chat   = "7000000001"
	token  = "123456:AAH-t0ken"
	header = "h00k-s3cret"
	hookAt = "https://watch.example.org/hooks/channel/telegram"
)

var now = time.Date(2026, 10, 7, 4, 6, 2, 0, time.UTC)

// A call is one method that was asked for.
type call struct {
	method string
	body   map[string]any
}

// A bot is the Bot API of one bot: messages that can be edited, and updates that are held
// until a later offset confirms them.
type bot struct {
	client *http.Client
	url    string
	close  func()
	stop   chan struct{}

	mu      sync.Mutex
	how     deliverytest.Behaviour
	moved   int64 // sendMessage to chat is told to go there
	calls   []call
	texts   map[int64]string // by message
	last    int64
	updates []map[string]any
	hook    string
	more    chan struct{}
	fail    map[string]string // description by method, once: "400 Bad Request: …"
}

func newBot(t *testing.T) *bot {
	t.Helper()
	b := &bot{how: deliverytest.Accept, stop: make(chan struct{}), texts: map[int64]string{}, last: 40, more: make(chan struct{}, 1), fail: map[string]string{}}
	s := httptest.NewServer(http.HandlerFunc(b.serve))
	b.client, b.url = s.Client(), s.URL
	b.close = sync.OnceFunc(func() { close(b.stop); b.client.CloseIdleConnections(); s.Close() })
	t.Cleanup(b.close)
	return b
}

func (b *bot) behave(how deliverytest.Behaviour) {
	b.mu.Lock()
	b.how = how
	b.mu.Unlock()
	if how == deliverytest.Unknown {
		b.close()
	}
}

func (b *bot) asked(method string) []map[string]any {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []map[string]any
	for _, c := range b.calls {
		if c.method == method {
			out = append(out, c.body)
		}
	}
	return out
}

// marks reads the key out of the first button's data.
func (b *bot) marks() []string {
	var out []string
	for _, m := range b.asked("sendMessage") {
		raw, _ := json.Marshal(m["reply_markup"])
		var x struct {
			Rows [][]struct {
				Data string `json:"callback_data"`
			} `json:"inline_keyboard"`
		}
		_ = json.Unmarshal(raw, &x)
		mark := ""
		if len(x.Rows) > 0 {
			mark = x.Rows[0][0].Data
		}
		out = append(out, mark)
	}
	return out
}

func (b *bot) serve(w http.ResponseWriter, r *http.Request) {
	var body map[string]any
	bad := json.NewDecoder(r.Body).Decode(&body)
	path, method, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/bot"), "/")
	b.mu.Lock()
	how := b.how
	b.calls = append(b.calls, call{method, body})
	once := b.fail[method]
	delete(b.fail, method)
	b.mu.Unlock()
	no := func(code int, text string, parameters map[string]any) {
		w.WriteHeader(code)
		_ = json.NewEncoder(w).Encode(map[string]any{"ok": false, "error_code": code, "description": text, "parameters": parameters})
	}
	switch {
	case how == deliverytest.Hang && method != "getUpdates":
		select {
		case <-r.Context().Done():
		case <-b.stop:
		}
		return
	case how == deliverytest.Drop:
		panic(http.ErrAbortHandler)
	case path != token:
		no(401, "Unauthorized: "+path, nil)
		return
	case bad != nil:
		no(400, "Bad Request: can't parse JSON", nil)
		return
	case once != "":
		var code int
		_, _ = fmt.Sscan(once, &code)
		no(code, once[4:], nil)
		return
	}
	if how != deliverytest.Accept && method == "sendMessage" {
		switch how {
		case deliverytest.Later:
			no(502, "Bad Gateway", nil)
		case deliverytest.Slower:
			no(429, "Too Many Requests: retry after 31", map[string]any{"retry_after": 31})
		case deliverytest.Refuse:
			no(400, "Bad Request: can't parse entities", nil)
		case deliverytest.Nobody:
			no(403, "Forbidden: bot was blocked by the user", nil)
		}
		return
	}
	result, code, text, parameters := b.answer(r, method, body)
	if code != 0 {
		no(code, text, parameters)
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"ok": true, "result": result})
}

func (b *bot) answer(r *http.Request, method string, body map[string]any) (result any, code int, text string, parameters map[string]any) {
	switch method {
	case "sendMessage":
		return b.sent(body)
	case "editMessageText":
		b.mu.Lock()
		defer b.mu.Unlock()
		id := int64(body["message_id"].(float64))
		old, ok := b.texts[id]
		switch {
		case !ok:
			return nil, 400, "Bad Request: message to edit not found", nil
		case old == body["text"]:
			return nil, 400, "Bad Request: message is not modified: specified new message content and reply markup are exactly the same", nil
		}
		b.texts[id] = fmt.Sprint(body["text"])
		return made(id, fmt.Sprint(body["chat_id"])), 0, "", nil
	case "getUpdates":
		if b.hook != "" {
			return nil, 409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first", nil
		}
		return b.held(r, body), 0, "", nil
	case "deleteWebhook":
		b.hook = ""
		return true, 0, "", nil
	case "setWebhook":
		b.hook = fmt.Sprint(body["url"])
		b.more <- struct{}{}
		return true, 0, "", nil
	case "answerCallbackQuery":
		return true, 0, "", nil
	}
	return nil, 404, "Not Found", nil
}

func made(id int64, chat string) map[string]any {
	var n int64
	_, _ = fmt.Sscan(chat, &n)
	return map[string]any{"message_id": id, "date": 1791345962, "chat": map[string]any{"id": n, "type": "private"}}
}

func (b *bot) sent(body map[string]any) (any, int, string, map[string]any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	text, to := fmt.Sprint(body["text"]), fmt.Sprint(body["chat_id"])
	raw, _ := json.Marshal(body["reply_markup"])
	switch {
	case text == "" || len(utf16.Encode([]rune(text))) > 4096:
		return nil, 400, "Bad Request: message is too long", nil
	case strings.Contains(string(raw), `"text":""`):
		return nil, 400, "Bad Request: text buttons are unallowed in the inline keyboard", nil
	case to == chat && b.moved != 0:
		return nil, 400, "Bad Request: group chat was upgraded to a supergroup chat", map[string]any{"migrate_to_chat_id": b.moved}
	case to != chat && to != fmt.Sprint(b.moved):
		return nil, 400, "Bad Request: chat not found", nil
	}
	b.last++
	b.texts[b.last] = text
	return made(b.last, to), 0, "", nil
}

// put makes Telegram hold an update.
func (b *bot) put(u map[string]any) {
	b.mu.Lock()
	b.updates = append(b.updates, u)
	b.mu.Unlock()
	select {
	case b.more <- struct{}{}:
	default:
	}
}

// held gives what is not confirmed by the offset; with a time-out it waits for something.
func (b *bot) held(r *http.Request, body map[string]any) []map[string]any {
	offset, _ := body["offset"].(float64)
	wait, _ := body["timeout"].(float64)
	for {
		b.mu.Lock()
		b.updates = slices.DeleteFunc(b.updates, func(u map[string]any) bool { return u["update_id"].(int) < int(offset) })
		list := slices.Clone(b.updates)
		b.mu.Unlock()
		if len(list) > 0 || wait == 0 {
			return list
		}
		select {
		case <-b.more:
		case <-r.Context().Done():
			return nil
		case <-b.stop:
			return nil
		}
	}
}

func words(language, key string, args ...any) string {
	return language + ":" + key + fmt.Sprint(args...)
}

func open(t *testing.T, b *bot, change func(c *Config)) *Channel {
	t.Helper()
	cfg := Config{
		Base: b.url, Token: func() (string, error) { return token, nil }, Words: words, Client: b.client, Now: func() time.Time { return now },
		Pause: time.Millisecond,
	}
	if change != nil {
		change(&cfg)
	}
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func hooked(c *Config) {
	c.Hook, c.Secret = hookAt, func() (string, error) { return header, nil }
}

var buttons = []delivery.Button{{Said: delivery.SaidHaveIt, Label: "I have it"}, {Said: delivery.SaidHelp, Label: "Need help"}}
