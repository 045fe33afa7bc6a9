package web_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/web/webtest"
)

// deeds are the forms of the pages, what they do and where they lead.
func deeds() []struct {
	path, form, call, to string
	scope                desk.Scope
} {
	return []struct {
		path, form, call, to string
		scope                desk.Scope
	}{
		{"/warnings/wrn_00/answer", "kind=have_it&note=on+it", `acknowledge wrn_00 have_it "on it"`, "/warnings/wrn_00?done=answered", desk.CanAnswer},
		{"/warnings/wrn_00/answer", "kind=need_help", `acknowledge wrn_00 need_help ""`, "/warnings/wrn_00?done=answered", desk.CanAnswer},
		{"/warnings/wrn_00/escalate", "", "escalate wrn_00", "/warnings/wrn_00?done=escalated", desk.CanAnswer},
		{"/warnings/wrn_01/sign", "", "sign wrn_01", "/warnings/wrn_01?done=signed", desk.CanDecide},
		{"/warnings/wrn_02/end", "reason=passed", `end wrn_02 "passed"`, "/warnings/wrn_02?done=ended", desk.CanDecide},
		{"/warnings/wrn_02/cancel", "reason=wrong", `cancel wrn_02 "wrong"`, "/warnings/wrn_02?done=cancelled", desk.CanDecide},
		{"/warnings/wrn_00/cancel", "reason=wrong", `cancel wrn_00 "wrong"`, "/warnings/wrn_00?done=cancel_asked", desk.CanDecide},
		{"/events/evt_00/detach", "signal=sig_00_1", "detach evt_00 sig_00_1", "/events/evt_00?done=detached", desk.CanDecide},
		{"/events/evt_00/split", "signal=sig_00_1&signal=sig_00_2", "split evt_00 [sig_00_1 sig_00_2]", "/events/evt_00?done=split", desk.CanDecide},
		{"/portfolio/commit", "token=t1", "commit t1", "/portfolio?done=committed", desk.CanPortfolio},
		{"/portfolio/versions/6/undo", "", "undo 6", "/portfolio?done=undone", desk.CanPortfolio},
		{"/contacts/con_0_1/test", "channel=email", "test con_0_1 email", "/contacts/con_0_1?done=tested", desk.CanAnswer},
		{"/contacts/con_0_2/test", "channel=webhook", "test con_0_2 webhook", "/contacts/con_0_2?done=test_failed", desk.CanAnswer},
		{"/contacts/con_0_1/unmute", "project=prj_1&channel=email", "unmute con_0_1 prj_1 email", "/contacts/con_0_1?done=unmuted", desk.CanAnswer},
		{"/contacts/con_0_1/devices", "name=tablet&subscription=%7B%7D", "subscribe con_0_1 tablet 2", "/contacts/con_0_1?done=subscribed", desk.CanAnswer},
		{"/contacts/con_0_1/devices/remove", "name=phone", "unsubscribe con_0_1 phone", "/contacts/con_0_1?done=unsubscribed", desk.CanAnswer},
		{"/sources/src_01/switch", "on=false", "source src_01 false", "/sources/src_01?done=switched", desk.CanAdmin},
		{"/sources/src_01/poll", "", "poll src_01", "/sources/src_01?done=polled", desk.CanAdmin},
		{"/accounts/acc_2", "role=reader", "change acc_2 reader", "/accounts?done=account", desk.CanAdmin},
		{"/accounts/acc_2", "disabled=true", "change acc_2 true", "/accounts?done=account", desk.CanAdmin},
		{"/tokens/tok_1/revoke", "", "revoke tok_1", "/accounts?done=token", desk.CanAdmin},
		{"/rules", "name=N&when=true&then=raise&mode=shadow", "rule N shadow", "/rules?done=rule", desk.CanRules},
		{"/report", "project=prj_kafue&hazard=unrest&what=crowd&severity=Severe", `field prj_kafue unrest "crowd"`, "/report?done=reported", desk.CanPush},
	}
}

func form(s string) url.Values {
	v, err := url.ParseQuery(s)
	if err != nil {
		panic(err)
	}
	return v
}

func TestEveryFormActsOnceAndLeadsOn(t *testing.T) {
	t.Parallel()
	for _, c := range deeds() {
		h, d := serve(t)
		w := ask(h, as(desk.Administrator), c.path, form(c.form))
		if w.Code != http.StatusSeeOther || w.Header().Get("Location") != c.to {
			t.Errorf("%s: %d to %q, want %q", c.path, w.Code, w.Header().Get("Location"), c.to)
		}
		if got := d.Calls(); len(got) != 1 || got[0] != c.call {
			t.Errorf("%s: did %q, want %q", c.path, got, c.call)
		}
		if body := ask(h, as(desk.Administrator), c.to, nil).Body.String(); !strings.Contains(body, `class="done"`) {
			t.Errorf("%s: the page after it does not say what was done", c.path)
		}
	}
}

func TestFormsOfOthersAreRefused(t *testing.T) {
	t.Parallel()
	h, d := serve(t)
	for _, c := range deeds() {
		for _, site := range []string{"cross-site", "same-site"} {
			r := httptest.NewRequest(http.MethodPost, c.path, strings.NewReader(c.form))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Sec-Fetch-Site", site)
			r.AddCookie(as(desk.Administrator))
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != http.StatusForbidden {
				t.Errorf("%s from %s: status %d", c.path, site, w.Code)
			}
		}
		if w := ask(h, nil, c.path, form(c.form)); w.Code != http.StatusUnauthorized {
			t.Errorf("%s without a session: status %d", c.path, w.Code)
		}
		if w := ask(h, as(desk.Administrator), c.path, nil); w.Code < 400 && !strings.HasSuffix(c.path, "/end") && !strings.HasSuffix(c.path, "/cancel") && c.path != "/rules" && c.path != "/report" {
			t.Errorf("GET %s: status %d", c.path, w.Code)
		}
		for _, role := range roles() {
			if (desk.Principal{Scopes: role.Scopes()}).May(c.scope) {
				continue
			}
			if w := ask(h, as(role), c.path, form(c.form)); w.Code != http.StatusForbidden {
				t.Errorf("%s as %s: status %d", c.path, role, w.Code)
			}
		}
	}
	if calls := d.Calls(); len(calls) > 0 {
		t.Errorf("effects: %v", calls)
	}
}

func TestBadFormsHaveNoEffect(t *testing.T) {
	t.Parallel()
	h, d := serve(t)
	for path, body := range map[string]string{
		"/warnings/wrn_00/answer": "kind=maybe", "/warnings/wrn_00/end": "reason=++", "/warnings/wrn_00/cancel": "", "/events/evt_00/split": "",
		"/sources/src_01/switch": "on=perhaps", "/rules": "name=N&when=", "/report": "project=prj_kafue&hazard=rain&what=x",
		"/account": "language=en&theme=pink&zone=UTC", "/account/password": "old=a&password=short&again=short",
	} {
		if w := ask(h, as(desk.Administrator), path, form(body)); w.Code != http.StatusUnprocessableEntity {
			t.Errorf("%s: status %d", path, w.Code)
		}
	}
	if w := ask(h, as(desk.Administrator), "/report", form("project=prj_kafue&hazard=flood&what=x&lat=91&lon=0")); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("latitude 91: status %d", w.Code)
	}
	if w := ask(h, as(desk.Administrator), "/warnings/wrn_00/end", url.Values{"reason": {strings.Repeat("x", 1<<20)}}); w.Code < 400 {
		t.Errorf("a form of 1 MB: status %d", w.Code)
	}
	if calls := d.Calls(); len(calls) > 0 {
		t.Errorf("effects: %v", calls)
	}
}

func TestEndAndCancelNeverShareAForm(t *testing.T) {
	t.Parallel()
	h, _ := serve(t)
	for _, path := range []string{"/", "/warnings/wrn_00", "/warnings/wrn_00/end", "/warnings/wrn_00/cancel"} {
		page := parse(t, ask(h, as(desk.DutyOfficer), path, nil).Body.String())
		for _, f := range find(page, "form", "method", "post") {
			if text := words(f); strings.Contains(text, "End the warning") && strings.Contains(text, "Cancel the warning") {
				t.Errorf("%s: one form for both", path)
			}
		}
		if strings.HasSuffix(path, "wrn_00") || path == "/" {
			for _, f := range find(page, "form", "method", "post") {
				if a := attr(f, "action"); strings.HasSuffix(a, "/end") || strings.HasSuffix(a, "/cancel") {
					t.Errorf("%s: %s by one press", path, a)
				}
			}
		}
	}
}

func TestOneTapAnswer(t *testing.T) {
	t.Parallel()
	h, d := serve(t)
	page := parse(t, ask(h, nil, "/a/tap-wrn_00", nil).Body.String())
	if len(d.Calls()) > 0 {
		t.Fatalf("opening the link had an effect: %v", d.Calls())
	}
	if got := len(find(page, "button", "name", "kind")); got != 3 {
		t.Errorf("%d answers", got)
	}
	text := words(page)
	for _, part := range []string{"RED · act now", "Earthquake M 6.9", "Stop work", "If nobody answers by", "S. Raza"} {
		if !strings.Contains(text, part) {
			t.Errorf("the page lacks %q", part)
		}
	}
	if w := ask(h, nil, "/a/tap-wrn_00", form("kind=cannot&note=on+leave")); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/a/tap-wrn_00" {
		t.Errorf("answer: %d %s", w.Code, w.Header().Get("Location"))
	}
	if calls := d.Calls(); len(calls) != 1 || calls[0] != `tap tap-wrn_00 cannot "on leave"` {
		t.Errorf("did %v", calls)
	}
	for token, status := range map[string]int{"old": http.StatusGone, "forged": http.StatusNotFound, "tap-wrn_99": http.StatusNotFound} {
		if w := ask(h, nil, "/a/"+token, nil); w.Code != status {
			t.Errorf("GET %s: %d", token, w.Code)
		}
		if w := ask(h, nil, "/a/"+token, form("kind=have_it")); w.Code != status {
			t.Errorf("POST %s: %d", token, w.Code)
		}
	}
	over := parse(t, ask(h, nil, "/a/tap-wrn_13", nil).Body.String())
	if len(find(over, "button", "name", "kind")) != 0 {
		t.Error("a warning that is over asks for answers")
	}
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	h, _ := serve(t)
	if w := ask(h, nil, "/warnings/wrn_00?x=1", nil); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/sign-in?next=%2Fwarnings%2Fwrn_00%3Fx%3D1" {
		t.Errorf("without a session: %d %s", w.Code, w.Header().Get("Location"))
	}
	good := "email=duty%40example.org&password=correct+horse&next="
	for next, want := range map[string]string{"/map": "/map", "//evil.example": "/", "https://evil.example": "/", "/\\evil.example": "/", "": "/", "/a\r\nX: y": "/"} {
		w := ask(h, nil, "/sign-in", form(good+url.QueryEscape(next)))
		if w.Code != http.StatusSeeOther || w.Header().Get("Location") != want || len(w.Result().Cookies()) != 1 {
			t.Errorf("next %q: %d %q", next, w.Code, w.Header().Get("Location"))
		}
	}
	for body, want := range map[string]int{"email=duty@example.org&password=x": 401, "email=nobody@example.org&password=x": 401, "email=often@example.org&password=x": 429} {
		w := ask(h, nil, "/sign-in", form(body))
		if w.Code != want || len(w.Result().Cookies()) != 0 || strings.Contains(w.Body.String(), `value="x"`) {
			t.Errorf("%s: %d", body, w.Code)
		}
	}
	if w := ask(h, nil, "/sign-in/link", form("")); w.Code != http.StatusSeeOther || len(w.Result().Cookies()) != 1 {
		t.Errorf("link: %d", w.Code)
	}
	if w := ask(h, nil, "/sign-in/first", form("password=short&again=short")); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("short password: %d", w.Code)
	}
	if w := ask(h, nil, "/sign-in/first", form("password=four+good+words+here&again=four+good+words+here")); w.Code != http.StatusSeeOther {
		t.Errorf("set-up: %d", w.Code)
	}
	if w := ask(h, as(desk.Reader), "/sign-out", form("")); w.Header().Get("Location") != "/sign-in" || w.Result().Cookies()[0].MaxAge >= 0 {
		t.Error("sign-out keeps the cookie")
	}
}

func TestUpload(t *testing.T) {
	t.Parallel()
	h, d := serve(t)
	w := upload(h, "p.csv", []byte("code,name\n"))
	page := parse(t, w.Body.String())
	if text := words(page); w.Code != http.StatusOK || !strings.Contains(text, "Africa/Nirobi") || strings.Contains(text, "Commit") {
		t.Errorf("preview with problems: %d %s", w.Code, text)
	}
	d.Import.Problems, d.Import.Token = nil, "tok"
	page = parse(t, upload(h, "p.csv", []byte("code,name\n")).Body.String())
	if in := find(page, "input", "name", "token"); len(in) != 1 || attr(in[0], "value") != "tok" {
		t.Error("a clean preview cannot be committed")
	}
	if w := upload(h, "p.csv", bytes.Repeat([]byte("x"), 17<<20)); w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("17 MB: status %d", w.Code)
	}
}

func upload(h http.Handler, name string, body []byte) *httptest.ResponseRecorder {
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	part, err := m.CreateFormFile("file", name)
	if err == nil {
		_, err = part.Write(body)
	}
	if err != nil || m.Close() != nil {
		panic(err)
	}
	r := httptest.NewRequest(http.MethodPost, "/portfolio/preview", &b)
	r.Header.Set("Content-Type", m.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.AddCookie(as(desk.Administrator))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestFaultsBecomePages(t *testing.T) {
	t.Parallel()
	for err, want := range map[error]int{
		fault.ErrNotFound: 404, fault.ErrConflict: 409, fault.ErrInvalid: 422, fault.ErrUnauthorised: 401, fault.ErrForbidden: 403,
		fault.ErrUnavailable: 503, fault.ErrStale: 409, fault.ErrTooLarge: 413, fault.ErrGone: 410, fmt.Errorf("disk secret-path: broken"): 500,
	} {
		h, _ := serve(t, func(d *webtest.Desk) { d.Refuse = fmt.Errorf("do it: %w", err) })
		w := ask(h, as(desk.Administrator), "/warnings/wrn_00/escalate", form(""))
		if w.Code != want || strings.Contains(w.Body.String(), "⟦") {
			t.Errorf("%v: status %d, want %d", err, w.Code, want)
		}
		if strings.Contains(w.Body.String(), "secret-path") {
			t.Error("the inside of an error is shown")
		}
	}
}
