package storetest

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"watchfire.dev/internal/account"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/store"
	"watchfire.dev/internal/warning"
	"watchfire.dev/internal/watch"
)

func TestTokens(t *testing.T, empty Maker) {
	t.Parallel()
	h := open(t, empty)
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

func TestTokenLosesWhatItsAccountLoses(t *testing.T, empty Maker) {
	t.Parallel()
	h := open(t, empty)
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

func TestSecretsAreNotStored(t *testing.T, empty Maker) {
	t.Parallel()
	h := open(t, empty)
	who, c := h.claim()
	_, token, err := h.AddToken(t.Context(), who, "robot", []desk.Scope{desk.CanRead}, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	link, err := h.LinkFor(t.Context(), "ada@example.org", false)
	if err != nil {
		t.Fatal(err)
	}
	stored := h.path.Bytes(t)
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
	if err := h.db.Do(h.Context(), func(ctx context.Context, tx *store.Tx) error {
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

func TestAnswerLinks(t *testing.T, empty Maker) {
	t.Parallel()
	h := open(t, empty)
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

func TestAnswerLinkNeedsTheKey(t *testing.T, empty Maker) {
	t.Parallel()
	h := open(t, empty)
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

func TestIdempotency(t *testing.T, empty Maker) {
	t.Parallel()
	h := open(t, empty)
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
