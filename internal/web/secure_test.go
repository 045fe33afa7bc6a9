package web_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/phrase"
	"watchfire.dev/internal/web"
	"watchfire.dev/internal/web/webtest"
)

// TestNoDrawingOfAFeedIsServed puts a drawing that would run a script wherever a feed's words
// come in (S6): pages show it as text, and their own maps hold nothing of it.
func TestNoDrawingOfAFeedIsServed(t *testing.T) {
	t.Parallel()
	const drawing = `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><style>*{display:none}</style><foreignObject><iframe src="http://evil.example"></iframe></foreignObject></svg>`
	h, _ := serve(t, func(d *webtest.Desk) {
		d.Rows[0].Warning.Rows[0].Name, d.Rows[0].Warning.Events[0].Title, d.Sites[0].Name, d.Assets[0].Name = drawing, drawing, drawing, drawing
		d.Happened[0].Title, d.Held[0].Raw, d.Held[0].Reason, d.Feeds[13].Attribution, d.Feeds[13].LastError = drawing, drawing, drawing, drawing, drawing
		d.Signals["evt_00"][0].Texts[0].Headline, d.Signals["evt_00"][0].Texts[0].Description = drawing, drawing
	})
	seen := 0
	for name, path := range webtest.Pages() {
		w := ask(h, as(desk.Administrator), path, nil)
		body := w.Body.String()
		if strings.Contains(body, "&lt;svg") {
			seen++
		}
		page := parse(t, body)
		for _, tag := range []string{"style", "foreignobject", "iframe", "object", "embed"} {
			if n := len(find(page, tag, "", "")); n > 0 && !(tag == "iframe" && (strings.HasPrefix(name, "wording") || strings.HasPrefix(name, "report-")) && n == len(find(page, "iframe", "class", "mail"))) {
				t.Errorf("%s: a <%s> that is not ours", name, tag)
			}
		}
		for _, s := range find(page, "svg", "", "") {
			if attr(s, "onload") != "" {
				t.Errorf("%s: a drawing of a feed", name)
			}
		}
	}
	if seen < 4 {
		t.Errorf("the drawing stands as text on %d pages only: the test looks at nothing", seen)
	}
	for _, path := range []string{"/map.json", "/outline.json"} {
		w := ask(h, as(desk.Administrator), path, nil)
		if !strings.HasPrefix(w.Header().Get("Content-Type"), "application/") || strings.Contains(w.Body.String(), "<svg") {
			t.Errorf("%s: %s with markup in it", path, w.Header().Get("Content-Type"))
		}
	}
}

var elsewhere = regexp.MustCompile(`(?i)(?:@import|url\(\s*["']?(?:https?:)?//|\bfrom\s+["'](?:https?:)?//|\bimport\(\s*["'](?:https?:)?//|fetch\(\s*["'](?:https?:)?//)`)

// TestNothingIsLoadedFromElsewhere: what a page makes the browser fetch by itself is ours,
// and so is what those files fetch (S28).
func TestNothingIsLoadedFromElsewhere(t *testing.T) {
	t.Parallel()
	h, _ := serve(t)
	files := map[string]bool{}
	for name, path := range webtest.Pages() {
		page := parse(t, ask(h, as(desk.Administrator), path, nil).Body.String())
		for tag, key := range map[string]string{"script": "src", "link": "href", "img": "src", "source": "src", "video": "src", "audio": "src", "use": "href", "form": "action"} {
			for _, n := range find(page, tag, "", "") {
				at := attr(n, key)
				if strings.Contains(at, "//") || strings.HasPrefix(at, "data:") {
					t.Errorf("%s: <%s %s=%q>", name, tag, key, at)
				}
				if strings.HasPrefix(at, "/static/") {
					files[at] = true
				}
			}
		}
	}
	if len(files) < 3 {
		t.Fatalf("files %v: the test looks at nothing", files)
	}
	for file := range files {
		if strings.Contains(file, "/vendor/") {
			continue // fetched by make and embedded; the policy keeps it from going out
		}
		if m := elsewhere.FindString(ask(h, nil, file, nil).Body.String()); m != "" {
			t.Errorf("%s asks elsewhere: %q", file, m)
		}
	}
}

// TestBrowsersComeBackByHTTPS only where we are reached so (S27).
func TestBrowsersComeBackByHTTPS(t *testing.T) {
	t.Parallel()
	book, err := phrase.New()
	if err != nil {
		t.Fatal(err)
	}
	d := webtest.New()
	for secure, want := range map[bool]string{true: "max-age=31536000; includeSubDomains", false: ""} {
		h, err := web.New(web.Config{
			Reads: d, Do: d, People: d, Auth: webtest.Auth{}, Answers: webtest.Answers{Desk: d}, Book: book, Now: clock.Fixed(webtest.Now), Secure: secure,
		})
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/sign-in", nil))
		if got := w.Header().Get("Strict-Transport-Security"); got != want {
			t.Errorf("secure %t: %q, want %q", secure, got, want)
		}
	}
}
