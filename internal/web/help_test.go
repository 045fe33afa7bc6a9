package web_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/web/webtest"
)

// serve gives a handler over a fresh invented world.
func serve(t testing.TB, change ...func(*webtest.Desk)) (http.Handler, *webtest.Desk) {
	t.Helper()
	d := webtest.New()
	for _, c := range change {
		c(d)
	}
	h, err := webtest.Handler(d)
	if err != nil {
		t.Fatal(err)
	}
	return h, d
}

// ask sends a request with a session; form = nil is a GET.
func ask(h http.Handler, c *http.Cookie, path string, form url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	if form != nil {
		r = httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	if c != nil {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func as(role desk.Role) *http.Cookie { return webtest.Cookie(role, "en", "", webtest.Org) }

// parse reads a page; a page that cannot be parsed does not exist in HTML5.
func parse(t testing.TB, body string) *html.Node {
	t.Helper()
	n, err := html.Parse(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// find lists the elements that fit: a name, or "*"; key and value of an attribute ("" = any).
func find(n *html.Node, name, key, value string) []*html.Node {
	var out []*html.Node
	for d := range n.Descendants() {
		if d.Type != html.ElementNode || name != "*" && d.Data != name {
			continue
		}
		if key == "" {
			out = append(out, d)
			continue
		}
		for _, a := range d.Attr {
			if a.Key == key && (value == "" || a.Val == value || key == "class" && strings.Contains(" "+a.Val+" ", " "+value+" ")) {
				out = append(out, d)
			}
		}
	}
	return out
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// words is the text of an element, blanks folded.
func words(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data + " ")
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}
