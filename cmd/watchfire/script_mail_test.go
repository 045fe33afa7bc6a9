package main

import (
	"io"
	"log"
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
	front := httptest.NewTLSServer(&httputil.ReverseProxy{ErrorLog: log.New(io.Discard, "", 0), Rewrite: func(r *httputil.ProxyRequest) {
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

// edit replaces a text in a file: edit FILE OLD NEW.
func edit(ts *testscript.TestScript, neg bool, args []string) {
	before := ts.ReadFile(args[0])
	after := strings.Replace(before, args[1], args[2], 1)
	if after == before {
		ts.Fatalf("%s does not hold %q", args[0], args[1])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(after), 0o600))
}

// refuse makes the mail server refuse everything for an address from now on: refuse ADDRESS.
func refuse(ts *testscript.TestScript, neg bool, args []string) { of(ts).sink.refuse(args[0]) }

// post sends a form as the signed-in person does: post PATH [NAME=VALUE]….
func post(ts *testscript.TestScript, neg bool, args []string) {
	w := of(ts)
	form := url.Values{}
	for _, a := range args[1:] {
		name, value, _ := strings.Cut(a, "=")
		form.Set(name, value)
	}
	resp, err := w.client.PostForm(w.base+args[0], form)
	ts.Check(err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs("answer"), body, 0o600))
	if (resp.StatusCode >= 400) != neg {
		ts.Fatalf("POST %s: %s\n%s", args[0], resp.Status, body)
	}
}

// fill opens the link of the last mail as a phone without our cookies does, and sends a form to
// it: fill [NAME=VALUE]…. What comes back, after a redirect, is left in the file answer.
func fill(ts *testscript.TestScript, neg bool, args []string) {
	plain := &http.Client{Timeout: 20 * time.Second}
	resp, err := plain.Get(ts.Getenv("LINK"))
	ts.Check(err)
	if len(args) > 0 {
		resp.Body.Close()
		form := url.Values{}
		for _, a := range args {
			name, value, _ := strings.Cut(a, "=")
			form.Add(name, value)
		}
		resp, err = plain.PostForm(ts.Getenv("LINK"), form)
		ts.Check(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs("answer"), body, 0o600))
	if (resp.StatusCode >= 400) != neg {
		ts.Fatalf("%s: %s\n%s", ts.Getenv("LINK"), resp.Status, body)
	}
}
