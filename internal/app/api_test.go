package app

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"watchfire.dev/internal/account"
	"watchfire.dev/internal/config"
	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/feed"
	"watchfire.dev/internal/id"
	"watchfire.dev/internal/response"
)

// now is the instant that the tests of the API stand at.
var now = time.Date(2026, 11, 2, 4, 12, 0, 0, time.UTC)

// An actor asks: with a session, with a token, or with nothing.
type actor struct {
	name   string
	org    *tenant // nil = nobody
	cookie *http.Cookie
	token  string
	scopes []desk.Scope
}

func (a actor) may(s desk.Scope) bool { return desk.Principal{Scopes: a.scopes}.May(s) }

// A tenant is one organisation of the test with what it has.
type tenant struct {
	id, name, source                        string
	roles                                   map[desk.Role]actor
	tokens                                  []actor // one for each scope
	project, asset, contact, rule, record   string
	warning, event, victim, victimToken, up string
	signals                                 []string
	version                                 int64
}

// A world is a whole program with two organisations behind its handler.
type world struct {
	t        *testing.T
	app      *App
	accounts *account.Service
	handler  http.Handler
	ours     *tenant
	theirs   *tenant
	mail     *mailbox
}

// A mailbox is a channel that keeps what it is given.
type mailbox struct {
	mu   sync.Mutex
	sent []delivery.Message
}

// Name implements delivery.Channel.
func (*mailbox) Name() string { return "email" }

// Test implements delivery.Tester.
func (m *mailbox) Test(ctx context.Context, msg delivery.Message) (delivery.Receipt, error) {
	return m.Send(ctx, msg)
}

// Send implements delivery.Channel.
func (m *mailbox) Send(_ context.Context, msg delivery.Message) (delivery.Receipt, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sent = append(m.sent, msg)
	return delivery.Receipt{State: response.Sent, Detail: "250 queued"}, nil
}

// inWorld builds a world that stands at now and runs do in it.
func inWorld(t *testing.T, do func(ctx context.Context, w *world)) {
	t.Helper()
	inWorldAt(t, func() time.Time { return now }, do)
}

// inWorldAt builds a world by a clock, which begins at now.
func inWorldAt(t *testing.T, clock func() time.Time, do func(ctx context.Context, w *world)) {
	t.Helper()
	off := false
	cfg := config.Config{Data: t.TempDir(), BaseURL: "http://127.0.0.1:8080", Email: "ours@example.org", Name: "Ours", BuiltInSources: &off, Language: "en", Database: engineOf(t)}
	cfg.CAP.Sender = "example.org"
	a, err := Open(t.Context(), cfg, Options{Now: clock, Sources: []feed.Source{source("ours"), source("theirs")}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	}()
	err = a.With(t.Context(), func(ctx context.Context) error {
		w := &world{t: t, app: a}
		w.build(ctx)
		do(ctx, w)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// source is a source of one organisation. Whose it is, is filled in when that one is there.
func source(name string) feed.Source {
	return feed.Source{
		ID: "quakes-" + name, Name: "Quakes of " + name, Kind: "usgs", URL: "http://127.0.0.1:1/", Every: time.Hour, AtLeast: time.Hour, AgeLimit: 24 * time.Hour,
		Reliability: "A", Credibility: 2, Licence: "test", Org: "nobody's yet",
	}
}

func (w *world) build(ctx context.Context) {
	t := w.t
	t.Helper()
	polls := make(chan string, 1000)
	w.app.serving.polls.Store(&polls)
	w.mail = &mailbox{}
	w.app.serving.channels.Store(&[]delivery.Channel{w.mail})
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	link, err := w.app.EnsureFirst(ctx)
	must(err)
	w.accounts, err = w.app.accounts()
	must(err)
	for _, s := range w.app.sources.Sources() {
		must(w.app.db.DefineSource(ctx, s))
	}
	w.handler, err = w.app.handler(ctx)
	must(err)
	w.ours = w.tenant(ctx, "ours", link)
	link, err = w.accounts.AddOrganisation(ctx, "Theirs", "theirs@example.org")
	must(err)
	orgs, err := w.app.db.Orgs(ctx)
	must(err)
	for _, o := range orgs {
		must(w.app.watch.AddOrg(ctx, o))
	}
	w.theirs = w.tenant(ctx, "theirs", link)
	w.furnish(w.ours)
	w.furnish(w.theirs)
}

// enter uses a one-time link.
func (w *world) enter(ctx context.Context, link, name string) (*http.Cookie, desk.Principal) {
	w.t.Helper()
	cookie, err := w.accounts.Redeem(ctx, link[strings.LastIndex(link, "/")+1:], "slow "+name+" Umbrella 41!", "192.0.2.1")
	if err != nil {
		w.t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil)
	r.AddCookie(cookie)
	who, err := w.accounts.Principal(r)
	if err != nil {
		w.t.Fatal(err)
	}
	return cookie, who
}

// session opens a session of an account that has no password, which saves the work of hashing
// one.
func (w *world) session(ctx context.Context, accountID string) *http.Cookie {
	w.t.Helper()
	plain := "session of " + accountID
	err := w.app.db.PutSession(ctx, account.Session{Hash: id.Hash([]byte(plain)), Account: accountID, Created: now, Seen: now, Expires: now.Add(time.Hour)})
	if err != nil {
		w.t.Fatal(err)
	}
	return &http.Cookie{Name: w.accounts.CookieName(), Value: plain}
}

// tenant makes a person of every role and a token of every scope.
func (w *world) tenant(ctx context.Context, name, link string) *tenant {
	w.t.Helper()
	cookie, admin := w.enter(ctx, link, "Chief")
	o := &tenant{id: admin.Org, name: name, source: "quakes-" + name, roles: map[desk.Role]actor{}}
	w.app.sources.list[w.app.sources.byID[o.source]].Org = o.id
	o.roles[desk.Administrator] = actor{name + " administrator", o, cookie, "", admin.Scopes}
	for _, role := range []desk.Role{desk.DutyOfficer, desk.Analyst, desk.Manager, desk.Reader} {
		a, _, err := w.accounts.Add(ctx, admin, fmt.Sprintf("%s.%s@example.org", name, role), "Person "+string(role), role)
		if err != nil {
			w.t.Fatal(err)
		}
		o.roles[role] = actor{name + " " + string(role), o, w.session(ctx, a.ID), "", role.Scopes()}
	}
	for _, s := range desk.Administrator.Scopes() {
		_, plain, err := w.accounts.AddToken(ctx, admin, string(s), []desk.Scope{s}, time.Time{})
		if err != nil {
			w.t.Fatal(err)
		}
		o.tokens = append(o.tokens, actor{name + " token " + string(s), o, nil, plain, []desk.Scope{s}})
	}
	victim, _, err := w.accounts.Add(ctx, admin, name+".victim@example.org", "Victim", desk.Reader)
	if err != nil {
		w.t.Fatal(err)
	}
	tok, _, err := w.accounts.AddToken(ctx, admin, "victim", []desk.Scope{desk.CanRead}, time.Time{})
	if err != nil {
		w.t.Fatal(err)
	}
	o.victim, o.victimToken = victim.ID, tok.ID
	return o
}

// everybody lists who can ask.
func (w *world) everybody() []actor {
	var out []actor
	for _, o := range []*tenant{w.ours, w.theirs} {
		for _, role := range []desk.Role{desk.Administrator, desk.DutyOfficer, desk.Analyst, desk.Manager, desk.Reader} {
			out = append(out, o.roles[role])
		}
		out = append(out, o.tokens...)
	}
	return append(out, actor{name: "nobody"}, actor{name: "a wrong token", token: "wf_" + strings.Repeat("a", 43)})
}

// chief is the administrator.
func (o *tenant) chief() actor { return o.roles[desk.Administrator] }

type answered struct {
	*httptest.ResponseRecorder
	t *testing.T
}

// into reads the answer's JSON.
func (a answered) into(v any) {
	a.t.Helper()
	if err := json.Unmarshal(a.Body.Bytes(), v); err != nil {
		a.t.Fatalf("answer %d %.300s: %v", a.Code, a.Body, err)
	}
}

// ask calls the API; headers come as name, value, name, value.
func (w *world) ask(who actor, method, path, kind string, body []byte, headers ...string) answered {
	w.t.Helper()
	var in io.Reader = http.NoBody
	if body != nil {
		in = bytes.NewReader(body)
	}
	r := httptest.NewRequestWithContext(w.t.Context(), method, path, in)
	if body != nil {
		r.Header.Set("Content-Type", kind)
	}
	if who.cookie != nil {
		r.AddCookie(who.cookie)
	}
	if who.token != "" {
		r.Header.Set("Authorization", "Bearer "+who.token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	rec := httptest.NewRecorder()
	w.handler.ServeHTTP(rec, r)
	return answered{rec, w.t}
}

// do calls with a JSON document and wants a status.
func (w *world) do(who actor, want int, method, path, body string, headers ...string) answered {
	w.t.Helper()
	var raw []byte
	if body != "" {
		raw = []byte(body)
	}
	a := w.ask(who, method, path, "application/json", raw, headers...)
	if a.Code != want {
		w.t.Fatalf("%s %s as %s: %d %s, want %d", method, path, who.name, a.Code, a.Body, want)
	}
	return a
}

// furnish gives an organisation one of each thing, through the API itself.
func (w *world) furnish(o *tenant) {
	w.t.Helper()
	admin := o.chief()
	var ver struct{ Version int64 }
	w.do(admin, 200, "POST", "/api/v1/portfolio/edits", portfolioOf(o.name)).into(&ver)
	o.version = ver.Version
	var p struct{ Projects, Assets, Contacts []struct{ ID string } }
	w.do(admin, 200, "GET", "/api/v1/portfolio", "").into(&p)
	o.project, o.asset, o.contact = p.Projects[0].ID, p.Assets[0].ID, p.Contacts[0].ID
	var pushed struct {
		Record  string
		Signals []string
	}
	body := signalsOf(o.name)
	w.do(admin, 202, "POST", "/api/v1/signals", body).into(&pushed)
	o.record, o.signals = pushed.Record, pushed.Signals
	if want := id.Hash([]byte(body)); o.record != want {
		w.t.Fatalf("record %s, want %s", o.record, want)
	}
	var queue struct {
		Items []struct {
			ID      string
			Warning struct{ Events []struct{ ID string } }
		}
	}
	w.do(admin, 200, "GET", "/api/v1/warnings", "").into(&queue)
	if len(queue.Items) != 1 {
		w.t.Fatalf("%d warnings, want 1: %+v", len(queue.Items), queue)
	}
	o.warning, o.event = queue.Items[0].ID, queue.Items[0].Warning.Events[0].ID
	var rule struct{ ID string }
	w.do(admin, 201, "POST", "/api/v1/rules", `{"name":"Noise","when":"event.magnitude < 3.0","then":"suppress"}`).into(&rule)
	o.rule = rule.ID
	var up struct{ Token string }
	w.ask(admin, "POST", "/api/v1/portfolio/imports?name=more.csv", "application/octet-stream",
		[]byte("thing,code,name,country,zone\nproject,second,Second,ZM,Africa/Lusaka\n")).into(&up)
	o.up = up.Token
}

func portfolioOf(name string) string {
	return fmt.Sprintf(`{"edits":[
		{"project":{"code":"%[1]s-rail","name":"%[1]s rail","country":"PK","zone":"Asia/Karachi"}},
		{"asset":{"project":"%[1]s-rail","kind":"site","code":"camp","name":"%[1]s camp","country":"PK","shape":{"type":"Point","coordinates":[67.0,30.2]},
			"shifts":[{"name":"all","from":0,"to":0,"count":300}],"class":"masonry"}},
		{"contact":{"project":"%[1]s-rail","code":"%[1]s-ann","name":"Ann %[1]s","step":1,"language":"en","zone":"Asia/Karachi",
			"channels":[{"channel":"email","address":"ann@%[1]s.example.org"}]}}]}`, name)
}

// signalsOf are two reports of one attack at the camp, by a person there.
func signalsOf(name string) string {
	one := func(key, more string, lat float64) string {
		return fmt.Sprintf(`{"hazard":"conflict","key":"%[1]s-%[2]s",%[4]s"texts":[{"language":"en","headline":"Attack at %[1]s camp"}],
			"occurred":"2026-11-02T04:00:00Z","severity":"Extreme","certainty":"Observed","urgency":"Immediate",
			"footprints":[{"role":"centre","shape":{"type":"Point","coordinates":[67.0,%[3]v],"radius_km":1}}]}`, name, key, lat, more)
	}
	return "[" + one("first", "", 30.2) + "," + one("second", `"act":"update","references":["`+name+`-first"],`, 30.2005) + "]"
}
