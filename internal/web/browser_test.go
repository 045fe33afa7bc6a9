package web_test

import (
	"encoding/json"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/web/webtest"
)

// TestPagesInABrowser opens every page in Chromium, light, dark and 360 px wide, and lets
// browser/check.mjs look for what tests of HTML cannot see: accessibility violations, errors
// in the console, requests to elsewhere, pages that scroll sideways on a phone. It is left
// out where a program is missing, unless WATCHFIRE_REQUIRE=1.
func TestPagesInABrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("-short")
	}
	script, err := filepath.Abs("../../browser/check.mjs")
	if err != nil {
		t.Fatal(err)
	}
	chromium := found("chromium", "chromium-browser", "google-chrome")
	node := found("node")
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
	state, err := json.Marshal(map[string]any{
		"cookies": []map[string]string{{"name": cookie.Name, "value": cookie.Value}}, "pages": webtest.Pages(),
	})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "state.json")
	if err := os.WriteFile(file, state, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), node, script, server.URL, file)
	cmd.Env = append(os.Environ(), "CHROMIUM="+chromium)
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Error(err)
	}
}

// found is the path of the first of these programs that is installed, "" = none.
func found(names ...string) string {
	for _, n := range names {
		if p, err := exec.LookPath(n); err == nil {
			return p
		}
	}
	return ""
}
