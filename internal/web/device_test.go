package web_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/web/webtest"
)

func TestDevicesOfAContact(t *testing.T) {
	t.Parallel()
	h, d := serve(t)
	body := ask(h, as(desk.Administrator), "/contacts/con_0_1", nil).Body.String()
	for _, want := range []string{`data-key="` + webtest.PushKey + `"`, "/push.js", "Use this device as tablet", "Remove the device phone", "no device yet"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(body, "Remove the device tablet") {
		t.Error("a device that is not there can be removed")
	}
	if body := ask(h, as(desk.Reader), "/contacts/con_0_1", nil).Body.String(); strings.Contains(body, "data-subscribe") {
		t.Error("who may not act is offered to subscribe")
	}
	w := ask(h, nil, "/worker.js", nil)
	if w.Code != http.StatusOK || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/javascript") || !strings.Contains(w.Body.String(), "showNotification") {
		t.Errorf("worker: %d %s", w.Code, w.Header().Get("Content-Type"))
	}
	if calls := d.Calls(); len(calls) != 0 {
		t.Errorf("looking did %q", calls)
	}
}

// TestPushInABrowser hands the service worker a message in Chromium and looks at what it
// shows. It is left out where a program is missing, unless WATCHFIRE_REQUIRE=1.
func TestPushInABrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("-short")
	}
	script, err := filepath.Abs("../../browser/push.mjs")
	if err != nil {
		t.Fatal(err)
	}
	chromium, node := found("chromium", "chromium-browser", "google-chrome"), found("node")
	_, noModules := os.Stat(filepath.Join(filepath.Dir(script), "node_modules", "playwright-core"))
	if chromium == "" || node == "" || noModules != nil {
		if os.Getenv("WATCHFIRE_REQUIRE") == "1" {
			t.Fatalf("needs Chromium (%q), Node (%q) and browser/node_modules (%v)", chromium, node, noModules)
		}
		t.Skipf("Chromium %q, Node %q, browser/node_modules: %v", chromium, node, noModules)
	}
	h, err := webtest.Handler(webtest.New())
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(h)
	defer server.Close()
	cookie := webtest.Cookie(desk.Administrator, "en", "", webtest.Org)
	state, err := json.Marshal(map[string]any{"cookies": []map[string]string{{"name": cookie.Name, "value": cookie.Value}}})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "state.json")
	if err := os.WriteFile(file, state, 0o600); err != nil {
		t.Fatal(err)
	}
	note, err := json.Marshal(map[string]any{
		"key": "ntf_a", "tag": "wrn_1", "title": "RED: Earthquake M 6.9", "body": "Stop work.", "level": 3, "url": server.URL + "/a/tok",
		"answers": []map[string]string{{"id": "have_it", "label": "I have it", "url": server.URL + "/a/tok?k=1"}, {"id": "need_help", "label": "Need help", "url": server.URL + "/a/tok?k=2"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), node, script, server.URL, file, string(note))
	cmd.Env = append(os.Environ(), "CHROMIUM="+chromium)
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Error(err)
	}
}
