package web_test

import (
	"net/http"
	"strings"
	"testing"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/web/webtest"
)

// TestSecretsAreShownOnce: a link or a token stands in the answer to the request that made
// it, and in no page that is read afterwards.
func TestSecretsAreShownOnce(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ path, form, secret, call string }{
		{"/accounts", "name=Ann&email=ann@example.org&role=reader", "https://watch.example.org/sign-in/once", "account ann@example.org Ann reader"},
		{"/accounts/acc_2/link", "", "https://watch.example.org/sign-in/again", "link acc_2"},
		{"/tokens", "name=export&scope=read&scope=push&days=10", "wf_secret", "token export [read push] 240h0m0s"},
	} {
		h, d := serve(t)
		admin := webtest.Cookie(desk.Administrator, "en", "", webtest.Org)
		w := ask(h, admin, c.path, form(c.form))
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), c.secret) {
			t.Errorf("%s: %d, and the secret is not shown", c.path, w.Code)
		}
		if calls := d.Calls(); len(calls) != 1 || calls[0] != c.call {
			t.Errorf("%s: %q, want %q", c.path, calls, c.call)
		}
		if w := ask(h, admin, "/accounts", nil); strings.Contains(w.Body.String(), c.secret) {
			t.Errorf("%s: the secret is shown again", c.path)
		}
	}
}

// TestAccountFormsSayWhatIsWrong: what was typed stays in the form.
func TestAccountFormsSayWhatIsWrong(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		path, form, want string
		status           int
	}{
		{"/accounts", "name=Ann&email=night@example.org&role=reader", `value="night@example.org"`, http.StatusConflict},
		{"/tokens", "name=export&days=10", "at least one is needed", http.StatusUnprocessableEntity},
		{"/tokens", "name=export&scope=read&days=soon", "a whole number", http.StatusUnprocessableEntity},
	} {
		h, _ := serve(t)
		w := ask(h, webtest.Cookie(desk.Administrator, "en", "", webtest.Org), c.path, form(c.form))
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.want) {
			t.Errorf("%s %s: %d, want %d with %s", c.path, c.form, w.Code, c.status, c.want)
		}
	}
}
