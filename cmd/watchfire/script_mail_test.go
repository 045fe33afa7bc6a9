package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// secure puts HTTPS in front of the server that is not started yet, as an operator's proxy
// does: from here on everybody comes that way.
func secure(ts *testscript.TestScript, neg bool, args []string) {
	w := of(ts)
	behind, err := url.Parse(w.base)
	ts.Check(err)
	front := httptest.NewTLSServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(behind)
		r.Out.Host = r.In.Host
	}})
	ts.Defer(front.Close)
	jar := w.client.Jar
	w.base, w.client = front.URL, front.Client()
	w.client.Jar, w.client.Timeout = jar, 20*time.Second
	ts.Setenv("BASE", w.base)
	name := ts.MkAbs("watchfire.yaml")
	ts.Check(os.WriteFile(name, []byte(ts.ReadFile(name)+"base_url: "+w.base+"\n"), 0o600))
}

// oneClick does to the link behind List-Unsubscribe of the file mail what a mail provider's
// robot does (RFC 8058): oneclick GET|POST STATUS [BODY]. The answer is left in the file
// answer. It carries no cookie and follows no redirect.
func oneClick(ts *testscript.TestScript, neg bool, args []string) {
	m := regexp.MustCompile(`(?m)^List-Unsubscribe: <([^>]+)>`).FindStringSubmatch(ts.ReadFile("mail"))
	if m == nil {
		ts.Fatalf("the mail has no List-Unsubscribe:\n%s", ts.ReadFile("mail"))
	}
	var in io.Reader
	if len(args) > 2 {
		in = strings.NewReader(args[2])
	}
	req, err := http.NewRequest(args[0], m[1], in)
	ts.Check(err)
	if in != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	robot := *of(ts).client
	robot.Jar = nil
	robot.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := robot.Do(req)
	ts.Check(err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs("answer"), body, 0o600))
	if !strings.HasPrefix(resp.Status, args[1]) {
		ts.Fatalf("%s %s: %s, want %s\n%s", args[0], m[1], resp.Status, args[1], body)
	}
}
