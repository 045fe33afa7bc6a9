package storetest

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"watchfire.dev/internal/account"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/store"
)

const good = "a lantern on the hill"

// house is a running store with accounts and a clock that a test moves.
type house struct {
	*testing.T
	*account.Service
	db   *store.DB
	path Place
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

func open(t *testing.T, empty Maker) *house {
	t.Helper()
	h := &house{T: t, now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), path: empty(t)}
	ctx, cancel := context.WithCancel(context.Background())
	var err error
	if h.db, err = h.path.Open(ctx); err != nil {
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

func TestFirstStart(t *testing.T, empty Maker) {
	t.Parallel()
	h := open(t, empty)
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

func TestLinksEnd(t *testing.T, empty Maker) {
	t.Parallel()
	h := open(t, empty)
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

func TestOneLinkOneSession(t *testing.T, empty Maker) {
	t.Parallel()
	h := open(t, empty)
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

func TestSessionsEnd(t *testing.T, empty Maker) {
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
			h := open(t, empty)
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

func TestOwnPasswordKeepsOwnSession(t *testing.T, empty Maker) {
	t.Parallel()
	h := open(t, empty)
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

func TestLastAdministratorStays(t *testing.T, empty Maker) {
	t.Parallel()
	h := open(t, empty)
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

func TestOrganisationsAreSeparate(t *testing.T, empty Maker) {
	t.Parallel()
	h := open(t, empty)
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
