package web_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/web/webtest"
)

func roles() []desk.Role {
	return []desk.Role{desk.Administrator, desk.DutyOfficer, desk.Analyst, desk.Manager, desk.Reader}
}

// want is the status that a page has for a role.
func want(name string, role desk.Role) int {
	switch {
	case name == "error":
		return http.StatusNotFound
	case strings.HasPrefix(name, "wording") && role != desk.Administrator && role != desk.Analyst:
		return http.StatusForbidden
	case name == "link-used" || name == "phone-gone":
		return http.StatusGone
	case name == "accounts" && role != desk.Administrator:
		return http.StatusForbidden
	case (name == "survey-new" || name == "survey-edit" || name == "risk-new" || name == "risk-edit" || strings.HasPrefix(name, "report-schedule") || name == "report-template" || name == "report-preview") && role != desk.Administrator && role != desk.Analyst:
		return http.StatusForbidden
	case (name == "end" || name == "cancel") && role != desk.Administrator && role != desk.DutyOfficer:
		return http.StatusForbidden
	default:
		return http.StatusOK
	}
}

func TestEveryPageInEveryLanguageForEveryRole(t *testing.T) {
	t.Parallel()
	h, d := serve(t)
	for _, lang := range []string{"en", "zh"} {
		for _, role := range roles() {
			for name, path := range webtest.Pages() {
				w := ask(h, webtest.Cookie(role, lang, "", webtest.Org), path, nil)
				at := fmt.Sprintf("%s %s %s", lang, role, name)
				if w.Code != want(name, role) {
					t.Errorf("%s: status %d, want %d", at, w.Code, want(name, role))
				}
				page := parse(t, w.Body.String())
				checkPage(t, at, page, w.Body.String())
				checkRights(t, at, page, role)
			}
		}
	}
	if calls := d.Calls(); len(calls) > 0 {
		t.Errorf("pages that were only looked at had effects: %v", calls)
	}
}

// checkPage holds for every page: whole, in words, under the policy.
func checkPage(t *testing.T, at string, page *html.Node, body string) {
	t.Helper()
	if strings.Contains(body, "⟦") || strings.Contains(body, "ZgotmplZ") {
		t.Errorf("%s: a key without words or a value that was refused", at)
	}
	if n := len(find(page, "h1", "", "")); n != 1 {
		t.Errorf("%s: %d main headings", at, n)
	}
	if n := len(find(page, "main", "", "")); n != 1 {
		t.Errorf("%s: %d main regions", at, n)
	}
	if attr(find(page, "html", "", "")[0], "lang") == "" || words(find(page, "title", "", "")[0]) == "" {
		t.Errorf("%s: no language or title", at)
	}
	for n := range page.Descendants() {
		for _, a := range n.Attr {
			if a.Key == "style" || strings.HasPrefix(a.Key, "on") {
				t.Errorf("%s: <%s %s> breaks the policy", at, n.Data, a.Key)
			}
		}
	}
	for _, s := range find(page, "script", "", "") {
		if !strings.HasPrefix(attr(s, "src"), "/static/") {
			t.Errorf("%s: script in the page", at)
		}
	}
	if len(find(page, "style", "", "")) > 0 {
		t.Errorf("%s: style in the page", at)
	}
	for _, f := range find(page, "form", "", "") {
		if m := attr(f, "method"); m != "get" && m != "post" || strings.Contains(attr(f, "action"), "://") {
			t.Errorf("%s: form %s %s", at, m, attr(f, "action"))
		}
	}
}

// checkRights tells whether a role sees only what it may do.
func checkRights(t *testing.T, at string, page *html.Node, role desk.Role) {
	t.Helper()
	p := desk.Principal{Scopes: role.Scopes()}
	for _, f := range find(page, "form", "method", "post") {
		action := attr(f, "action")
		for part, scope := range map[string]desk.Scope{
			"/answer": desk.CanAnswer, "/escalate": desk.CanAnswer, "/sign": desk.CanDecide, "/end": desk.CanDecide, "/detach": desk.CanDecide, "/split": desk.CanDecide,
			"/portfolio/": desk.CanPortfolio, "/rules": desk.CanRules, "/sources/": desk.CanAdmin, "/report": desk.CanPush,
		} {
			ours := strings.HasSuffix(action, part) || part != "/sign" && strings.HasPrefix(action, part)
			if part == "/report" && strings.HasPrefix(action, "/reports") { // what readers get, not what sites report
				part, scope, ours = "/approve", desk.CanRules, action == "/reports" || strings.HasSuffix(action, "/approve")
			}
			if part == "/end" && strings.HasPrefix(action, "/surveys/") { // a round, not a warning
				scope = desk.CanPortfolio
			}
			if ours && !p.May(scope) {
				t.Errorf("%s: shows %s without the right %s", at, action, scope)
			}
		}
	}
}

func TestSilenceIsNeverShownAsSafety(t *testing.T) {
	t.Parallel()
	h, _ := serve(t)
	for name, path := range webtest.Pages() {
		w := ask(h, as(desk.Reader), path, nil)
		page := parse(t, w.Body.String())
		if name == "sign-in" || name == "set-up" || name == "link" || strings.HasPrefix(name, "leave") || strings.HasPrefix(name, "sheet") || name == "left" || name == "own" || strings.HasPrefix(name, "phone") && name != "phone-gone" {
			continue
		}
		if len(find(page, "div", "class", "blindbar")) != 1 {
			t.Errorf("%s: no bar of blind spots", name)
		}
		if len(find(page, "p", "class", "simulated")) != 1 {
			t.Errorf("%s: does not say that it is simulated", name)
		}
		if live := find(page, "*", "id", "live"); len(live) != 1 || !strings.Contains(words(live[0]), "picture 2 s old") {
			t.Errorf("%s: does not say how old its picture is", name)
		}
	}
	for path, want := range map[string]string{"/sources": "281 linked documents still to fetch", "/sources/src_10": "281 linked documents still to fetch · 2 could not be fetched"} {
		if text := words(parse(t, ask(h, as(desk.Reader), path, nil).Body.String())); !strings.Contains(text, want) {
			t.Errorf("%s does not say %q", path, want)
		}
	}
	empty := parse(t, ask(h, as(desk.Reader), "/?level=red&family=crime", nil).Body.String())
	if len(find(empty, "div", "class", "blindbox")) == 0 {
		t.Error("the empty queue does not say what we cannot see")
	}
	h, _ = serve(t, func(d *webtest.Desk) { d.Rows, d.Dark, d.Real = nil, nil, true })
	clear := parse(t, ask(h, as(desk.Reader), "/", nil).Body.String())
	if text := words(clear); !strings.Contains(text, "No warnings") || !strings.Contains(text, "no blind spot is known") {
		t.Errorf("all clear says %q", text)
	}
	if len(find(clear, "p", "class", "simulated")) != 0 {
		t.Error("a real desk says that it is simulated")
	}
}

func TestQueueOrderAndSelection(t *testing.T) {
	t.Parallel()
	h, _ := serve(t)
	page := parse(t, ask(h, as(desk.DutyOfficer), "/?sort=-people", nil).Body.String())
	groups := find(page, "tr", "class", "group")
	if len(groups) != 2 || !strings.Contains(words(groups[0]), "Needs an answer · 6") {
		t.Fatalf("groups: %d", len(groups))
	}
	sorted := find(page, "th", "aria-sort", "")
	if len(sorted) != 1 || attr(sorted[0], "aria-sort") != "descending" {
		t.Errorf("aria-sort on %d columns", len(sorted))
	}
	rows := find(page, "tr", "data-id", "")
	if len(rows) != 13 || attr(rows[0], "data-id") != "wrn_01" {
		t.Errorf("%d rows, first %s: want 13, wrn_01 (1,530 people)", len(rows), attr(rows[0], "data-id"))
	}
	for _, r := range rows[:6] {
		if !strings.Contains(words(r), "nobody,") {
			t.Errorf("row %s does not say that nobody has answered", attr(r, "data-id"))
		}
	}
	page = parse(t, ask(h, as(desk.DutyOfficer), "/?w=wrn_04&level=yellow", nil).Body.String())
	if chosen := find(page, "tr", "class", "sel"); len(chosen) != 1 || attr(chosen[0], "data-id") != "wrn_04" {
		t.Errorf("selection: %d", len(chosen))
	}
	if d := find(page, "section", "id", "detail"); !strings.Contains(words(d[0]), "Arun Hydropower") {
		t.Error("the selected warning does not stand beside the list")
	}
}

func TestBadFiltersAreErrors(t *testing.T) {
	t.Parallel()
	h, _ := serve(t)
	for _, q := range []string{"show=all", "level=purple", "family=rain", "sort=name", "limit=0", "limit=100000", "q=" + strings.Repeat("x", 201)} {
		if w := ask(h, as(desk.Reader), "/?"+q, nil); w.Code != http.StatusUnprocessableEntity {
			t.Errorf("%s: status %d", q, w.Code)
		}
	}
}

func TestOtherOrganisationsSeeNothing(t *testing.T) {
	t.Parallel()
	h, d := serve(t)
	other := webtest.Cookie(desk.Administrator, "en", "", webtest.Other)
	for _, path := range []string{"/warnings/wrn_00", "/warnings/wrn_00/end", "/warnings/wrn_00/cancel", "/events/evt_00", "/portfolio/prj_quetta-rail-3"} {
		w, none := ask(h, other, path, nil), ask(h, other, strings.Replace(path, "_0", "_9", 1), nil)
		if w.Code != http.StatusNotFound || w.Body.String() != none.Body.String() && !strings.Contains(path, "portfolio") {
			t.Errorf("%s: status %d, or not the same page as for what does not exist", path, w.Code)
		}
	}
	for _, path := range []string{"/warnings/wrn_00/answer", "/warnings/wrn_00/escalate", "/warnings/wrn_00/sign", "/warnings/wrn_00/end", "/warnings/wrn_00/cancel", "/events/evt_00/detach", "/events/evt_00/split"} {
		if w := ask(h, other, path, url.Values{"kind": {"have_it"}, "reason": {"x"}, "signal": {"sig_00_0"}}); w.Code != http.StatusNotFound {
			t.Errorf("POST %s: status %d", path, w.Code)
		}
	}
	for _, path := range []string{"/", "/map", "/map.json", "/portfolio", "/events", "/journal"} {
		if body := ask(h, other, path, nil).Body.String(); strings.Contains(body, "Quetta") || strings.Contains(body, "wrn_0") {
			t.Errorf("%s shows another organisation's things", path)
		}
	}
	if len(d.Calls()) > 0 {
		t.Errorf("effects: %v", d.Calls())
	}
}

func TestHostileTextStaysText(t *testing.T) {
	t.Parallel()
	const evil = `"'><script>alert(1)</script><img src=x onerror=alert(1)><a href="javascript:alert(1)">x</a>{{.Who}}` + "\u202e"
	h, _ := serve(t, func(d *webtest.Desk) {
		d.Rows[0].Project.Name, d.Rows[0].Warning.Rows[0].Name, d.Rows[0].Warning.Events[0].Title = evil, evil, evil
		d.Rows[0].Warning.Note, d.Rows[0].Sources = evil, []string{evil}
		d.Rows[0].Warning.Rows[0].Formula, d.Rows[0].Warning.Rows[0].Notes = evil, []string{evil}
		d.Rows[0].Answer = &desk.Answer{By: evil, Note: evil, Kind: "have_it", At: webtest.Now}
		d.Sites[0].Name, d.Assets[0].Name, d.Happened[0].Title = evil, evil, evil
		s := d.Signals["evt_00"]
		s[0].Source, s[0].Key, s[0].Links, s[0].Notes = evil, evil, []string{"javascript:alert(1)", evil}, []string{evil}
		s[0].Texts[0].Headline, s[0].Texts[0].Description, s[0].Texts[0].Language = evil, evil, evil
		d.Feeds[13].LastError, d.Feeds[13].Name, d.Feeds[13].URL = evil, evil, "javascript:alert(1)"
		d.Held[0].Raw, d.Held[0].Reason, d.Held[0].Place = evil, evil, evil
		d.Entries[0].Body, d.Entries[0].Actor = evil, evil
		d.RuleList[0].Name, d.RuleList[0].When = evil, evil
		d.Dark[0].Source, d.Dark[0].Project.Name = evil, evil
	})
	for name, path := range webtest.Pages() {
		body := ask(h, as(desk.Administrator), path, nil).Body.String()
		page := parse(t, body)
		for _, s := range find(page, "script", "", "") {
			if !strings.HasPrefix(attr(s, "src"), "/static/") {
				t.Errorf("%s: foreign script", name)
			}
		}
		if len(find(page, "img", "", "")) > 0 {
			t.Errorf("%s: foreign image", name)
		}
		for _, a := range find(page, "a", "href", "") {
			if strings.HasPrefix(strings.ToLower(attr(a, "href")), "javascript:") {
				t.Errorf("%s: foreign link", name)
			}
		}
	}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	h, _ := serve(t)
	for _, path := range []string{"/", "/sign-in", "/a/tap-wrn_00", "/no-such-page", "/map.json"} {
		got := ask(h, as(desk.Reader), path, nil).Header()
		for key, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
			"Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; worker-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
		} {
			if got.Get(key) != want {
				t.Errorf("%s: %s is %q", path, key, got.Get(key))
			}
		}
	}
}

func TestStaticFilesMayBeKept(t *testing.T) {
	t.Parallel()
	h, _ := serve(t)
	page := parse(t, ask(h, as(desk.Reader), "/map", nil).Body.String())
	addresses := []string{attr(find(page, "link", "rel", "stylesheet")[0], "href")}
	for _, s := range find(page, "script", "", "") {
		addresses = append(addresses, attr(s, "src"))
	}
	for _, a := range addresses {
		w := ask(h, nil, a, nil)
		if w.Code != http.StatusOK || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %d %s", a, w.Code, w.Header().Get("Cache-Control"))
		}
		if strings.HasSuffix(a, "watchfire.css") && strings.Contains(w.Body.String(), "//") {
			t.Error("the stylesheet asks elsewhere")
		}
	}
	if w := ask(h, nil, "/static/../web.go", nil); w.Code == http.StatusOK {
		t.Error("a file outside of static is served")
	}
}

func TestLiveStream(t *testing.T) {
	t.Parallel()
	h, d := serve(t)
	server := httptest.NewServer(h)
	defer server.Close()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/live", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.AddCookie(as(desk.DutyOfficer))
	w, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Body.Close() //nolint:errcheck // read only
	if next := frame(t, w.Body); !strings.HasPrefix(next, "event: hello\n") {
		t.Fatalf("first frame %q", next)
	}
	ask(h, as(desk.DutyOfficer), "/warnings/wrn_00/escalate", url.Values{})
	if next := frame(t, w.Body); !strings.HasPrefix(next, "event: queue\n") {
		t.Errorf("second frame %q (calls %v)", next, d.Calls())
	}
	if w := ask(h, nil, "/live", nil); w.Code != http.StatusUnauthorized {
		t.Errorf("without a session: status %d", w.Code)
	}
}

// frame reads up to the blank line that ends a server-sent event.
func frame(t *testing.T, r io.Reader) string {
	t.Helper()
	var b strings.Builder
	one := make([]byte, 1)
	for !strings.HasSuffix(b.String(), "\n\n") {
		if _, err := r.Read(one); err != nil {
			t.Fatalf("read stream after %q: %v", b.String(), err)
		}
		b.Write(one)
	}
	return b.String()
}

// BenchmarkQueue renders the queue of an organisation with 5,000 open warnings: a page of
// 100 rows, the data itself included.
func BenchmarkQueue(b *testing.B) {
	h, _ := serve(b, func(d *webtest.Desk) {
		rows := d.Rows[:13]
		for i := 0; len(d.Rows) < 5000; i++ {
			r := rows[i%13]
			r.Warning.ID = fmt.Sprintf("wrn_b%d", i)
			d.Rows = append(d.Rows, r)
		}
	})
	for b.Loop() {
		if w := ask(h, as(desk.DutyOfficer), "/", nil); w.Code != http.StatusOK {
			b.Fatal(w.Code)
		}
	}
}
