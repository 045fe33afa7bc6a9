package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// A chat stands in for Slack: it takes posts to one conversation and keeps them.
type chat struct {
	server *httptest.Server
	mu     sync.Mutex
	posts  []string // method and body
}

func (c *chat) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	c.mu.Lock()
	c.posts = append(c.posts, r.URL.Path+" "+string(body))
	n := len(c.posts)
	c.mu.Unlock()
	answer := fmt.Sprintf(`{"ok":true,"channel":"C01","ts":"100.%d"}`, n)
	if r.URL.Path != "/noted" && r.Header.Get("Authorization") != "Bearer xoxb-story" {
		answer = `{"ok":false,"error":"invalid_auth"}`
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, answer)
}

// matching lists the posts that match.
func (c *chat) matching(re *regexp.Regexp) (out []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range c.posts {
		if re.MatchString(p) {
			out = append(out, p)
		}
	}
	return out
}

// slack opens the stand-in and sets it up as the room "ops": before serve.
func slack(ts *testscript.TestScript, neg bool, args []string) {
	w := of(ts)
	w.chat = &chat{}
	w.chat.server = httptest.NewServer(w.chat)
	ts.Defer(w.chat.server.Close)
	ts.Check(os.WriteFile(ts.MkAbs("token"), []byte("xoxb-story"), 0o600))
	ts.Check(os.WriteFile(ts.MkAbs("signing"), []byte("signing-story"), 0o600))
	more := fmt.Sprintf("channels: {slack: {api: %q, token: %q, signing_secret: %q, rooms: {ops: {conversation: C01}}}}\n",
		w.chat.server.URL+"/api", "file:"+ts.MkAbs("token"), "file:"+ts.MkAbs("signing"))
	ts.Check(os.WriteFile(ts.MkAbs("watchfire.yaml"), []byte(ts.ReadFile("watchfire.yaml")+more), 0o600))
}

// room waits for a post that matches: room REGEXP; "! room REGEXP" checks that there is none.
func room(ts *testscript.TestScript, neg bool, args []string) {
	w, re := of(ts), regexp.MustCompile("(?s)"+args[0])
	if neg {
		if got := w.chat.matching(re); len(got) > 0 {
			ts.Fatalf("%s", got[0])
		}
		return
	}
	if err := within(20*time.Second, func() error {
		if len(w.chat.matching(re)) == 0 {
			return errors.New("no such post")
		}
		return nil
	}); err != nil {
		w.chat.mu.Lock()
		defer w.chat.mu.Unlock()
		ts.Fatalf("room %s: %v:\n%s\n%s", args[0], err, strings.Join(w.chat.posts, "\n"), w.out)
	}
}

// press presses a button of the newest card that has it, as Slack tells us: press SAID. With
// "!" the call is signed with another secret and must be refused.
func press(ts *testscript.TestScript, neg bool, args []string) {
	w := of(ts)
	button := regexp.MustCompile(`"value":"([^"]*\|` + regexp.QuoteMeta(args[0]) + `\|[^"]*)"`)
	posts := w.chat.matching(button)
	if len(posts) == 0 {
		ts.Fatalf("no button %s", args[0])
	}
	now := time.Now()
	payload, err := json.Marshal(map[string]any{
		"type": "block_actions", "user": map[string]string{"id": "U024BE7LH"}, "container": map[string]string{"channel_id": "C01", "message_ts": "100.1"},
		"response_url": w.chat.server.URL + "/noted",
		"actions": []map[string]string{{
			"action_id": "answer_" + args[0], "value": button.FindStringSubmatch(posts[len(posts)-1])[1], "action_ts": fmt.Sprintf("%d.%06d", now.Unix(), now.Nanosecond()/1000),
		}},
	})
	ts.Check(err)
	body := url.Values{"payload": {string(payload)}}.Encode()
	secret := "signing-story"
	if neg {
		secret = "guess"
	}
	stamp := fmt.Sprint(now.Unix())
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "v0:%s:%s", stamp, body)
	req, err := http.NewRequest(http.MethodPost, w.base+"/hooks/channel/slack", strings.NewReader(body))
	ts.Check(err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("X-Slack-Request-Timestamp", stamp)
	req.Header.Set("X-Slack-Signature", "v0="+hex.EncodeToString(mac.Sum(nil)))
	resp, err := http.DefaultClient.Do(req) // no session: Slack has none
	ts.Check(err)
	defer resp.Body.Close()
	if want := map[bool]int{false: http.StatusOK, true: http.StatusUnauthorized}[neg]; resp.StatusCode != want {
		said, _ := io.ReadAll(resp.Body)
		ts.Fatalf("press %s: %s, want %d\n%s", args[0], resp.Status, want, said)
	}
}
