package web_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"watchfire.dev/internal/desk"
)

// TestOneClick is what RFC 8058 asks of the address behind List-Unsubscribe: a POST without
// cookie acts and is answered without redirect, in either form of body and from anywhere; a
// GET shows and acts on nothing.
func TestOneClick(t *testing.T) {
	t.Parallel()
	const multi = "--b\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--b--\r\n"
	for _, tt := range []struct {
		method, path, kind, body, site, call string
		status                               int
	}{
		{"POST", "/leave/leave", "application/x-www-form-urlencoded", "List-Unsubscribe=One-Click", "", "mute by link leave", 200},
		{"POST", "/leave/leave", "multipart/form-data; boundary=b", multi, "", "mute by link leave", 200},
		{"POST", "/leave/leave", "application/x-www-form-urlencoded", "List-Unsubscribe=One-Click", "cross-site", "mute by link leave", 200},
		{"POST", "/leave/left", "application/x-www-form-urlencoded", "act=unmute", "", "unmute by link left", 200},
		{"GET", "/leave/leave", "", "", "", "", 200},
		{"HEAD", "/leave/leave", "", "", "", "", 200},
		{"GET", "/leave/leave?List-Unsubscribe=One-Click", "", "", "", "", 200},
		{"POST", "/leave/leave", "application/x-www-form-urlencoded", "", "", "", 422},
		{"POST", "/leave/leave", "application/x-www-form-urlencoded", "act=mute-everybody", "", "", 422},
		{"POST", "/leave/forged", "application/x-www-form-urlencoded", "List-Unsubscribe=One-Click", "", "", 404},
		{"POST", "/leave/gone", "application/x-www-form-urlencoded", "List-Unsubscribe=One-Click", "", "", 410},
	} {
		h, d := serve(t)
		r := httptest.NewRequest(tt.method, tt.path, strings.NewReader(tt.body))
		if tt.kind != "" {
			r.Header.Set("Content-Type", tt.kind)
		}
		if tt.site != "" {
			r.Header.Set("Sec-Fetch-Site", tt.site)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if got := strings.Join(d.Calls(), "; "); w.Code != tt.status || got != tt.call {
			t.Errorf("%s %s %q: %d and %q, want %d and %q", tt.method, tt.path, tt.body, w.Code, got, tt.status, tt.call)
		}
		if len(w.Result().Cookies()) > 0 {
			t.Errorf("%s %s sets a cookie", tt.method, tt.path)
		}
	}
}

func TestWhatDoesNotWorkIsSaid(t *testing.T) {
	t.Parallel()
	h, d := serve(t)
	if body := ask(h, as(desk.Reader), "/rules", nil).Body.String(); !strings.Contains(body, "is no contact of the portfolio") {
		t.Error("the rules page hides a rule that cannot act")
	}
	d.Dark = append([]desk.BlindSpot{{Reason: "rule_fault", Source: "Kidnap goes to the crisis team"}, {Project: d.Sites[0], Reason: "all_muted"}}, d.Dark...)
	for _, path := range []string{"/", "/journal", "/portfolio"} {
		body := ask(h, as(desk.Reader), path, nil).Body.String()
		for _, want := range []string{"the rule Kidnap goes to the crisis team does not work", "every contact has muted warnings below red"} {
			if !strings.Contains(body, want) {
				t.Errorf("%s does not say %q", path, want)
			}
		}
	}
	body := ask(h, as(desk.Reader), "/contacts/con_0_1", nil).Body.String()
	for _, want := range []string{"550 no such user", "is muted for", "Nobody else is told"} {
		if !strings.Contains(body, want) {
			t.Errorf("the contact page does not say %q", want)
		}
	}
	if w := ask(h, as(desk.Reader), "/contacts/con_nobody", nil); w.Code != http.StatusNotFound {
		t.Errorf("a contact that is not there: %d", w.Code)
	}
}
