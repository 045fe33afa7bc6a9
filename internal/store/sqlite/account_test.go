package sqlite_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"watchfire.dev/internal/account"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/store/sqlite"
	"watchfire.dev/internal/warning"
	"watchfire.dev/internal/watch"
)

const good = "a lantern on the hill"

// house is a running store with accounts and a clock that a test moves.
type house struct {
	*testing.T
	*account.Service
	db   *sqlite.DB
	path string
	mu   sync.Mutex
	now  time.Time
}

func (h *house) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *house) pass(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

func open(t *testing.T) *house {
	t.Helper()
	h := &house{T: t, now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), path: filepath.Join(t.TempDir(), "w.db")}
	ctx, cancel := context.WithCancel(context.Background())
	var err error
	if h.db, err = sqlite.Open(ctx, h.path); err != nil {
		t.Fatal(err)
	}
	var writer sync.WaitGroup
	writer.Go(func() {
		if err := h.db.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() {
		cancel()
		writer.Wait()
		if err := h.db.Close(); err != nil {
			t.Error(err)
		}
	})
	h.Service, err = account.New(account.Config{Store: h.db, Now: h.clock, Random: rand.Reader, BaseURL: "http://localhost:8080"})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func secretOf(link string) string { return link[strings.LastIndex(link, "/")+1:] }

// claim makes the first organisation and signs its administrator in.
func (h *house) claim() (desk.Principal, *http.Cookie) {
	h.Helper()
	link, created, err := h.EnsureFirst(h.Context(), "Acme", "ada@example.org")
	if err != nil || !created {
		h.Fatal(created, err)
	}
	c, err := h.Redeem(h.Context(), secretOf(link), good, "192.0.2.1")
	if err != nil {
		h.Fatal(err)
	}
	return h.who(c), c
}

func with(c *http.Cookie) *http.Request {
	r := httptest.NewRequest("GET", "/", nil)
	r.AddCookie(c)
	return r
}

func (h *house) who(c *http.Cookie) desk.Principal {
	h.Helper()
	who, err := h.Principal(with(c))
	if err != nil {
		h.Fatal(err)
	}
	return who
}

func (h *house) ended(c *http.Cookie) bool {
	_, err := h.Principal(with(c))
	return errors.Is(err, fault.ErrUnauthorised)
}

func TestFirstStart(t *testing.T) {
	t.Parallel()
	h := open(t)
	ctx := t.Context()
	link, created, err := h.EnsureFirst(ctx, "Acme", "Ada@example.org")
	if err != nil || !created || !strings.HasPrefix(link, "http://localhost:8080/sign-in/") {
		t.Fatal(link, created, err)
	}
	if _, err := h.SignIn(ctx, "ada@example.org", "", "192.0.2.1"); !errors.Is(err, fault.ErrUnauthorised) {
		t.Errorf("sign in without a password: %v", err)
	}
	for range 2 { // looking has no effect
		in, err := h.Invite(ctx, secretOf(link))
		if err != nil || !in.SetPassword || in.Email != "ada@example.org" {
			t.Fatalf("invite %+v, %v", in, err)
		}
	}
	if _, err := h.Redeem(ctx, secretOf(link), "password1234", "192.0.2.1"); !errors.Is(err, fault.ErrInvalid) {
		t.Errorf("a common password: %v", err)
	}
	fresh, created, err := h.EnsureFirst(ctx, "Acme", "ada@example.org")
	if err != nil || created || fresh == "" || fresh == link {
		t.Fatalf("second start before anybody came: %q, %v, %v", fresh, created, err)
	}
	if _, err := h.Invite(ctx, secretOf(link)); !errors.Is(err, fault.ErrGone) {
		t.Errorf("the earlier link: %v", err)
	}
	c, err := h.Redeem(ctx, secretOf(fresh), good, "192.0.2.1")
	if err != nil {
		t.Fatal(err)
	}
	if c.Name != "watchfire" || c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode {
		t.Errorf("cookie %+v", c)
	}
	if who := h.who(c); who.Role != desk.Administrator || !who.May(desk.CanAdmin) {
		t.Errorf("principal %+v", who)
	}
	if _, err := h.Redeem(ctx, secretOf(fresh), good, "192.0.2.1"); !errors.Is(err, fault.ErrGone) {
		t.Errorf("the link a second time: %v", err)
	}
	if link, created, err := h.EnsureFirst(ctx, "Acme", "ada@example.org"); link != "" || created || err != nil {
		t.Errorf("a later start: %q, %v, %v", link, created, err)
	}
}

func TestLinksEnd(t *testing.T) {
	t.Parallel()
	h := open(t)
	link, _, err := h.EnsureFirst(t.Context(), "Acme", "ada@example.org")
	if err != nil {
		t.Fatal(err)
	}
	h.pass(account.LinkLife)
	if _, err := h.Invite(t.Context(), secretOf(link)); !errors.Is(err, fault.ErrGone) {
		t.Errorf("show after a day: %v", err)
	}
	if _, err := h.Redeem(t.Context(), secretOf(link), good, ""); !errors.Is(err, fault.ErrGone) {
		t.Errorf("use after a day: %v", err)
	}
	if _, err := h.Invite(t.Context(), "never-made"); !errors.Is(err, fault.ErrGone) {
		t.Errorf("an invented link: %v", err)
	}
}

func TestOneLinkOneSession(t *testing.T) {
	t.Parallel()
	h := open(t)
	link, _, err := h.EnsureFirst(t.Context(), "Acme", "ada@example.org")
	if err != nil {
		t.Fatal(err)
	}
	var won sync.Map
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			if _, err := h.Redeem(context.Background(), secretOf(link), good, ""); err == nil {
				won.Store(i, true)
			} else if !errors.Is(err, fault.ErrGone) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	n := 0
	won.Range(func(any, any) bool { n++; return true })
	if n != 1 {
		t.Errorf("%d of 8 got in by one link", n)
	}
}

func TestSessionsEnd(t *testing.T) {
	t.Parallel()
	end := map[string]func(h *house, who desk.Principal, c *http.Cookie){
		"idle": func(h *house, _ desk.Principal, _ *http.Cookie) { h.pass(account.SessionIdle) },
		"absolute": func(h *house, _ desk.Principal, c *http.Cookie) {
			for range 14 { // busy all the week
				h.who(c)
				h.pass(account.SessionIdle - time.Second)
			}
			h.who(c)
			h.pass(14 * time.Second)
		},
		"signed out": func(h *house, _ desk.Principal, c *http.Cookie) {
			clear, err := h.SignOut(h.Context(), with(c))
			if err != nil || clear.MaxAge >= 0 || clear.Name != c.Name {
				h.Errorf("cookie %+v, %v", clear, err)
			}
		},
		"disabled": func(h *house, who desk.Principal, _ *http.Cookie) {
			h.second()
			yes := true
			if _, err := h.Change(h.Context(), who, who.Account, account.Change{Disabled: &yes}); err != nil {
				h.Error(err)
			}
		},
		"another role": func(h *house, who desk.Principal, _ *http.Cookie) {
			h.second()
			reader := desk.Reader
			if _, err := h.Change(h.Context(), who, who.Account, account.Change{Role: &reader}); err != nil {
				h.Error(err)
			}
		},
		"another password": func(h *house, who desk.Principal, _ *http.Cookie) {
			if err := h.SetPassword(h.Context(), who, good, "two lanterns by the sea"); err != nil {
				h.Error(err)
			}
		},
	}
	for name, end := range end {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := open(t)
			who, c := h.claim()
			if h.ended(c) {
				t.Fatal("the session did not begin")
			}
			end(h, who, c)
			if !h.ended(c) {
				t.Error("the session goes on")
			}
			if err := h.Tidy(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

// second makes another administrator, so that the first can go.
func (h *house) second() {
	h.Helper()
	list, err := h.db.AccountList(h.Context(), h.org())
	if err != nil {
		h.Fatal(err)
	}
	admin := desk.Principal{Account: list[0].ID, Org: list[0].Org, Scopes: desk.Administrator.Scopes()}
	if _, _, err := h.Add(h.Context(), admin, "bo@example.org", "Bo", desk.Administrator); err != nil {
		h.Fatal(err)
	}
}

func (h *house) org() string {
	h.Helper()
	orgs, err := h.db.Orgs(h.Context())
	if err != nil || len(orgs) == 0 {
		h.Fatal(orgs, err)
	}
	return orgs[0]
}

func TestOwnPasswordKeepsOwnSession(t *testing.T) {
	t.Parallel()
	h := open(t)
	who, here := h.claim()
	there, err := h.SignIn(t.Context(), "ada@example.org", good, "192.0.2.9")
	if err != nil {
		t.Fatal(err)
	}
	if here.Value == there.Value {
		t.Fatal("two sign-ins share a session")
	}
	h.Carry(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if err := h.SetPassword(r.Context(), who, "not the old one", "two lanterns by the sea"); !errors.Is(err, fault.ErrUnauthorised) {
			t.Errorf("wrong old password: %v", err)
		}
		if err := h.SetPassword(r.Context(), who, good, "short"); !errors.Is(err, fault.ErrInvalid) {
			t.Errorf("short password: %v", err)
		}
		if err := h.SetPassword(r.Context(), who, good, "two lanterns by the sea"); err != nil {
			t.Error(err)
		}
	})).ServeHTTP(httptest.NewRecorder(), with(here))
	if h.ended(here) || !h.ended(there) {
		t.Errorf("ended: own %v, other %v; want the other alone", h.ended(here), h.ended(there))
	}
}

func TestLastAdministratorStays(t *testing.T) {
	t.Parallel()
	h := open(t)
	who, c := h.claim()
	yes, reader := true, desk.Reader
	for _, change := range []account.Change{{Disabled: &yes}, {Role: &reader}} {
		if _, err := h.Change(t.Context(), who, who.Account, change); !errors.Is(err, fault.ErrConflict) {
			t.Errorf("%+v: %v", change, err)
		}
	}
	if h.ended(c) {
		t.Error("a refused change ended the session")
	}
	if _, _, err := h.Add(t.Context(), who, "ADA@example.org", "Ada again", desk.Reader); !errors.Is(err, fault.ErrConflict) {
		t.Errorf("the same address twice: %v", err)
	}
}

func TestOrganisationsAreSeparate(t *testing.T) {
	t.Parallel()
	h := open(t)
	who, _ := h.claim()
	link, err := h.AddOrganisation(t.Context(), "Other", "oz@example.net")
	if err != nil {
		t.Fatal(err)
	}
	c, err := h.Redeem(t.Context(), secretOf(link), good, "")
	if err != nil {
		t.Fatal(err)
	}
	other := h.who(c)
	token, _, err := h.AddToken(t.Context(), who, "robot", []desk.Scope{desk.CanRead}, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	yes := true
	_, change := h.Change(t.Context(), other, who.Account, account.Change{Disabled: &yes})
	_, reset := h.Reset(t.Context(), other, who.Account)
	for i, err := range []error{change, reset, h.RevokeToken(t.Context(), other, token.ID)} {
		if !errors.Is(err, fault.ErrNotFound) {
			t.Errorf("command %d on a foreign thing: %v", i, err)
		}
	}
	list, err := h.List(t.Context(), other)
	if err != nil || len(list) != 1 || list[0].ID != other.Account {
		t.Errorf("accounts %+v, %v", list, err)
	}
	tokens, err := h.TokenList(t.Context(), other)
	if err != nil || len(tokens) != 0 {
		t.Errorf("tokens %+v, %v", tokens, err)
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	h := open(t)
	who, cookie := h.claim()
	token, secret, err := h.AddToken(t.Context(), who, "robot", []desk.Scope{desk.CanPush, desk.CanRead, desk.CanPush}, h.now.Add(time.Hour))
	if err != nil || !strings.HasPrefix(secret, "wf_") {
		t.Fatal(secret, err)
	}
	ask := func(header string) (desk.Principal, error) {
		r := with(cookie) // a good cookie must not help a bad token
		r.Header.Set("Authorization", header)
		return h.Principal(r)
	}
	got, err := ask("Bearer " + secret)
	if err != nil || got.Token != token.ID || !got.May(desk.CanPush) || got.May(desk.CanAdmin) || got.Org != who.Org {
		t.Errorf("principal %+v, %v", got, err)
	}
	for _, bad := range []string{"Bearer wf_wrong", "Bearer", "Basic " + secret, secret, "Bearer " + secret[3:]} {
		if _, err := ask(bad); !errors.Is(err, fault.ErrUnauthorised) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if list, err := h.TokenList(t.Context(), who); err != nil || len(list) != 1 || !list[0].Used.Equal(h.now) || list[0].Hash != "" {
		t.Errorf("list %+v, %v", list, err)
	}
	h.pass(time.Hour)
	if _, err := ask("Bearer " + secret); !errors.Is(err, fault.ErrUnauthorised) {
		t.Errorf("after its end: %v", err)
	}
	token, secret, err = h.AddToken(t.Context(), who, "robot", []desk.Scope{desk.CanAdmin}, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.RevokeToken(t.Context(), who, token.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := ask("Bearer " + secret); !errors.Is(err, fault.ErrUnauthorised) {
		t.Errorf("after it was revoked: %v", err)
	}
	narrow := who
	narrow.Scopes = []desk.Scope{desk.CanAdmin}
	for _, scopes := range [][]desk.Scope{nil, {desk.CanRead}, {"everything"}} {
		if _, _, err := h.AddToken(t.Context(), narrow, "robot", scopes, time.Time{}); !errors.Is(err, fault.ErrInvalid) {
			t.Errorf("scopes %v: %v", scopes, err)
		}
	}
}

func TestTokenLosesWhatItsAccountLoses(t *testing.T) {
	t.Parallel()
	h := open(t)
	who, _ := h.claim()
	_, secret, err := h.AddToken(t.Context(), who, "robot", []desk.Scope{desk.CanAdmin, desk.CanRead}, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	h.second()
	reader := desk.Reader
	if _, err := h.Change(t.Context(), who, who.Account, account.Change{Role: &reader}); err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Authorization", "bearer "+secret)
	got, err := h.Principal(r)
	if err != nil || got.May(desk.CanAdmin) || !got.May(desk.CanRead) {
		t.Errorf("principal %+v, %v", got, err)
	}
}

func TestSecretsAreNotStored(t *testing.T) {
	t.Parallel()
	h := open(t)
	who, c := h.claim()
	_, token, err := h.AddToken(t.Context(), who, "robot", []desk.Scope{desk.CanRead}, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	link, err := h.LinkFor(t.Context(), "ada@example.org", false)
	if err != nil {
		t.Fatal(err)
	}
	var stored []byte
	for _, suffix := range []string{"", "-wal"} {
		raw, err := os.ReadFile(h.path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, raw...)
	}
	for name, secret := range map[string]string{"password": good, "cookie": c.Value, "token": token, "link": secretOf(link)} {
		if bytes.Contains(stored, []byte(secret)) {
			t.Errorf("the file holds the %s", name)
		}
	}
	page, err := h.db.JournalRows(t.Context(), who.Org, "", desk.Page{})
	if err != nil || len(page.Rows) < 4 {
		t.Fatal(len(page.Rows), err)
	}
	for _, row := range page.Rows {
		if raw, _ := json.Marshal(row); bytes.Contains(raw, []byte("example.org")) {
			t.Errorf("journal entry with an address: %s", raw)
		}
	}
}

// answering notes answers instead of deciding.
type answering struct{ got []watch.Answer }

func (a *answering) Answer(_ context.Context, x watch.Answer) (watch.Answer, error) {
	a.got = append(a.got, x)
	return x, nil
}

// put stores rows as the watch would.
func (h *house) put(query string, args ...any) {
	h.Helper()
	if err := h.db.Do(h.Context(), func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, query, args...)
		return err
	}); err != nil {
		h.Fatal(err)
	}
}

func (h *house) warn(w warning.Warning, p portfolio.Portfolio) {
	h.Helper()
	raw, err := json.Marshal(w)
	if err != nil {
		h.Fatal(err)
	}
	folio, err := json.Marshal(p)
	if err != nil {
		h.Fatal(err)
	}
	h.put(`INSERT INTO warning (id, org, project, family, state, level, active, revision, opened_at, updated_at, fresh_at, told_level, told_revision, people, head, body)
		VALUES (?,?,?,'flood','issued',2,1,1,'','','',2,1,0,?,?)`, w.ID, w.Org, w.Project, raw, raw)
	h.put("INSERT INTO portfolio_version (org, version, at, actor, file, note, changes, undoes, body) VALUES (?,1,'','','','',0,0,?)", w.Org, folio)
	h.put("INSERT INTO escalation (warning, org, revision, step, due_at, state) VALUES (?,?,1,1,'2026-03-01T12:05:00.000000Z','running')", w.ID, w.Org)
}

func TestAnswerLinks(t *testing.T) {
	t.Parallel()
	h := open(t)
	ctx := t.Context()
	mail := []portfolio.Address{{Channel: "email", Address: "mira@example.org"}}
	h.warn(warning.Warning{ID: "wrn_1", Org: "o", Project: "prj_1", State: warning.Issued, Revision: 3}, portfolio.Portfolio{
		Org: "o", Version: 1, Projects: []portfolio.Project{{ID: "prj_1", Name: "Quetta rail"}},
		Contacts: []portfolio.Contact{
			{ID: "con_1", Code: "mira", Name: "Mira", Step: 1, Language: "zh", Zone: "Asia/Karachi", Channels: mail},
			{ID: "con_2", Code: "omar", Name: "Omar", Step: 2, Channels: mail},
		},
	})
	watching := &answering{}
	cfg := account.AnswerConfig{Store: h.db, Watch: watching, Now: h.clock, Random: rand.Reader, BaseURL: "https://w.example"}
	links, err := account.NewAnswerLinks(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	link, err := links.Answer(ctx, "o", "wrn_1", "con_1", h.now.Add(time.Hour))
	if err != nil || !strings.HasPrefix(link, "https://w.example/a/") {
		t.Fatal(link, err)
	}
	again, err := account.NewAnswerLinks(ctx, cfg) // the key outlives a restart
	if err != nil {
		t.Fatal(err)
	}
	if same, err := again.Answer(ctx, "o", "wrn_1", "con_1", h.now.Add(2*time.Hour)); err != nil || same != link {
		t.Errorf("a repeated message has the link %q, the first had %q (%v)", same, link, err)
	}
	if other, _ := links.Answer(ctx, "o", "wrn_1", "con_2", h.now.Add(time.Hour)); other == link {
		t.Error("two contacts share a link")
	}

	v, err := links.Open(ctx, secretOf(link))
	if err != nil || v.Name != "Mira" || v.Project.Name != "Quetta rail" || v.Language != "zh" || v.Own != nil || v.Next != "Omar" || v.NextAt.IsZero() {
		t.Errorf("view %+v, %v", v, err)
	}
	if len(watching.got) != 0 {
		t.Error("looking answered")
	}
	if err := links.Respond(ctx, secretOf(link), "have_it", " on my way "); err != nil {
		t.Fatal(err)
	}
	want := watch.Answer{Org: "o", Warning: "wrn_1", Kind: watch.HaveIt, By: "Mira", Contact: "con_1", Via: "link", Note: "on my way"}
	if len(watching.got) != 1 || watching.got[0] != want {
		t.Fatalf("answers %+v", watching.got)
	}
	h.put("INSERT INTO answer (id, org, warning, revision, at, kind, by_name, contact, account, via, note) VALUES ('a','o','wrn_1',3,'2026-03-01T12:00:01.000000Z','have_it','Mira','con_1','','link','on my way')")
	if err := links.Respond(ctx, secretOf(link), "have_it", "on my way"); err != nil || len(watching.got) != 1 {
		t.Errorf("the same answer again: %v, %d answers", err, len(watching.got))
	}
	if v, err := links.Open(ctx, secretOf(link)); err != nil || v.Own == nil || v.Own.Kind != "have_it" || len(v.Others) != 0 {
		t.Errorf("view %+v, %v", v, err)
	}
	if err := links.Respond(ctx, secretOf(link), "maybe", ""); !errors.Is(err, fault.ErrInvalid) {
		t.Errorf("an unknown answer: %v", err)
	}
	if _, err := links.Open(ctx, "AAAAAAAAAAAAAAAAAAAAAA"); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("an invented token: %v", err)
	}
	h.pass(90 * time.Minute)
	if _, err := links.Open(ctx, secretOf(link)); err != nil {
		t.Errorf("the later message did not prolong the link: %v", err)
	}
	h.pass(time.Hour)
	if _, err := links.Open(ctx, secretOf(link)); !errors.Is(err, fault.ErrGone) {
		t.Errorf("too old: %v", err)
	}
	if err := links.Respond(ctx, secretOf(link), "cannot", ""); !errors.Is(err, fault.ErrGone) || len(watching.got) != 1 {
		t.Errorf("answer when too old: %v", err)
	}
}

func TestAnswerLinkNeedsTheKey(t *testing.T) {
	t.Parallel()
	h := open(t)
	links, err := account.NewAnswerLinks(t.Context(), account.AnswerConfig{Store: h.db, Watch: &answering{}, Now: h.clock, Random: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	forged := "BBBBBBBBBBBBBBBBBBBBBB" // somebody with the database alone stores the hash of it
	h.put("INSERT INTO answer_link (hash, org, warning, contact, expires_at) VALUES (?, 'o', 'w', 'c', '2027-01-01T00:00:00.000000Z')",
		"c69fb40feba930717e71f01707a9fccd9ec6997e59f96ea8d1f7a076a5facec1")
	if _, err := links.Open(t.Context(), forged); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("a forged link: %v", err)
	}
}

func TestIdempotency(t *testing.T) {
	t.Parallel()
	h := open(t)
	ctx := t.Context()
	begin := func(org, key, request string) (int, string, error) {
		status, body, err := h.db.BeginRequest(ctx, org, key, request, h.clock())
		return status, string(body), err
	}
	if status, _, err := begin("o", "k", "r"); status != 0 || err != nil {
		t.Fatal(status, err)
	}
	if _, _, err := begin("o", "k", "r"); !errors.Is(err, fault.ErrConflict) {
		t.Errorf("while the first is under way: %v", err)
	}
	if err := h.db.FinishRequest(ctx, "o", "k", 201, []byte("done")); err != nil {
		t.Fatal(err)
	}
	if status, body, err := begin("o", "k", "r"); status != 201 || body != "done" || err != nil {
		t.Errorf("repeat: %d %q %v", status, body, err)
	}
	if _, _, err := begin("o", "k", "other"); !errors.Is(err, fault.ErrConflict) {
		t.Errorf("another request: %v", err)
	}
	if status, _, err := begin("p", "k", "other"); status != 0 || err != nil {
		t.Errorf("another organisation: %d %v", status, err)
	}
	if err := h.db.FinishRequest(ctx, "p", "k", 0, nil); err != nil {
		t.Fatal(err)
	}
	if status, _, err := begin("p", "k", "third"); status != 0 || err != nil {
		t.Errorf("after nothing was done: %d %v", status, err)
	}
	h.pass(24*time.Hour + time.Second)
	if status, _, err := begin("o", "k", "other"); status != 0 || err != nil {
		t.Errorf("after a day: %d %v", status, err)
	}
	if err := h.db.DropRequests(ctx, h.clock()); err != nil {
		t.Fatal(err)
	}
}
