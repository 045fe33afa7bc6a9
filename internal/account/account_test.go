package account

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/journal"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// people is a store with a few accounts; what a test does not reach is not there.
type people struct {
	Store
	accounts map[string]Account
	journal  []journal.Draft
}

func (p *people) AccountByEmail(_ context.Context, email string) (Account, error) {
	a, ok := p.accounts[email]
	if !ok {
		return a, fmt.Errorf("account: %w", fault.ErrNotFound)
	}
	return a, nil
}

func (p *people) Journal(_ context.Context, drafts ...journal.Draft) error {
	p.journal = append(p.journal, drafts...)
	return nil
}

func (p *people) PutSession(_ context.Context, _ Session, drafts ...journal.Draft) error {
	p.journal = append(p.journal, drafts...)
	return nil
}

// counting counts the work of a real hasher.
type counting struct {
	hasher
	verified int
}

func (c *counting) Verify(ctx context.Context, stored, password string) (bool, error) {
	c.verified++
	return c.hasher.Verify(ctx, stored, password)
}

func newPeople(t *testing.T) (*Service, *people, *counting) {
	t.Helper()
	store := &people{accounts: map[string]Account{}}
	s, err := New(Config{Store: store, Now: clock.Fixed(noon), Random: rand.Reader, BaseURL: "https://w.example/", Secure: true})
	if err != nil {
		t.Fatal(err)
	}
	hash, err := s.passwords.Hash(t.Context(), "a lantern on the hill")
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range []Account{
		{ID: "known", Email: "known@example.org", Password: hash},
		{ID: "disabled", Email: "disabled@example.org", Password: hash, Disabled: noon},
		{ID: "invited", Email: "invited@example.org"},
	} {
		store.accounts[a.Email] = a
	}
	c := &counting{hasher: s.passwords}
	s.passwords = c
	return s, store, c
}

func TestSignInRefusesAllAlike(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ email, password string }{
		"wrong password": {"known@example.org", "a lantern in the hall"},
		"no account":     {"nobody@example.org", "a lantern on the hill"},
		"disabled":       {"disabled@example.org", "a lantern on the hill"},
		"no password":    {"invited@example.org", ""},
		"too long":       {"known@example.org", strings.Repeat("x", 10_000)},
		"not an address": {"", "a lantern on the hill"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, store, count := newPeople(t)
			_, err := s.SignIn(t.Context(), c.email, c.password, "192.0.2.1")
			if !errors.Is(err, fault.ErrUnauthorised) || err.Error() != "sign in: not authorised" {
				t.Errorf("error %v tells more than that it was refused", err)
			}
			if count.verified != 1 {
				t.Errorf("%d hashes were computed, want 1 whatever is wrong", count.verified)
			}
			if len(store.journal) != 1 || store.journal[0].Kind != journal.LoginRefused {
				t.Errorf("journal %v, want one refusal", store.journal)
			}
			if raw := fmt.Sprintf("%s", store.journal); strings.Contains(raw, "example.org") {
				t.Errorf("the journal holds an address: %s", raw)
			}
		})
	}
}

func TestSignInCookie(t *testing.T) {
	t.Parallel()
	s, store, _ := newPeople(t)
	c, err := s.SignIn(t.Context(), " Known@Example.org ", "a lantern on the hill", "192.0.2.1")
	if err != nil {
		t.Fatal(err)
	}
	if c.Name != "__Host-watchfire" || !c.Secure || !c.HttpOnly || c.Path != "/" || c.Domain != "" || len(c.Value) != 43 {
		t.Errorf("cookie %+v", c)
	}
	if len(store.journal) != 1 || store.journal[0].Kind != journal.Login {
		t.Errorf("journal %v", store.journal)
	}
}

func TestLimitOfTries(t *testing.T) {
	t.Parallel()
	s, store, count := newPeople(t)
	for range tries {
		if _, err := s.SignIn(t.Context(), "known@example.org", "wrong", "192.0.2.1"); !errors.Is(err, fault.ErrUnauthorised) {
			t.Fatal(err)
		}
	}
	for range 3 {
		_, err := s.SignIn(t.Context(), "known@example.org", "a lantern on the hill", "192.0.2.1")
		var many *TooMany
		if !errors.As(err, &many) || !errors.Is(err, fault.ErrUnavailable) || many.Wait <= 0 || many.Wait > refill {
			t.Fatalf("try beyond the limit: %v", err)
		}
	}
	if count.verified != tries {
		t.Errorf("%d hashes for %d tries: refusals must be cheap", count.verified, tries)
	}
	if len(store.journal) != tries+1 {
		t.Errorf("%d entries, want one for each wrong password and one for the limit", len(store.journal))
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	l := newLimits()
	l.take("duty", "198.51.100.7", noon)
	l.succeed("duty", "198.51.100.7", noon)
	for i := range 200 { // somebody guesses at the duty officer's account from everywhere
		l.take("duty", fmt.Sprintf("203.0.113.%d", i), noon)
	}
	if wait, _ := l.take("duty", "203.0.113.250", noon); wait == 0 {
		t.Error("an account that is guessed at from everywhere has no limit")
	}
	if wait, _ := l.take("duty", "198.51.100.7", noon); wait != 0 {
		t.Errorf("the duty officer is locked out for %v by what others do", wait)
	}
	if wait, _ := l.take("duty", "203.0.113.251", noon.Add(refill)); wait != 0 {
		t.Error("the limit does not end")
	}
	for i := range tries + 1 {
		wait, _ := l.take(fmt.Sprint("a", i), fmt.Sprintf("2001:db8::%x", i+1), noon)
		if (wait > 0) != (i == tries) {
			t.Errorf("try %d from one /64: wait %v", i, wait)
		}
	}
	for i := range 2 * maxBuckets {
		l.accounts.get(fmt.Sprint(i), noon)
	}
	if n := l.accounts.order.Len(); n > maxBuckets || n != len(l.accounts.byKey) {
		t.Errorf("%d buckets are kept", n)
	}
}

func TestCheckPassword(t *testing.T) {
	t.Parallel()
	for password, good := range map[string]bool{
		"a lantern on the hill":         true,
		"mmvqkgwrtbzx":                  true,
		"夜に灯る丘の上のランタンは":                 true,
		"Zwölf Boxkämpfer jagen":        true,
		strings.Repeat("ab cdefg", 16):  true,
		"elevenchars":                   false, // too short
		strings.Repeat("ab cdefg", 17):  false, // too long
		"password1234":                  false,
		"P@ssw0rd2026!!":                false,
		"Watchfire2026!":                false,
		"passwordpassword":              false,
		"qwertyuiopas":                  false,
		"1234567890123":                 false,
		"abcdefghijklm":                 false,
		"aaaaaaaaaaaaaaaa":              false,
		"abababababababab":              false,
		"mira.okonkwo1":                 false, // the person's own
		"example.org!!":                 false,
		"correct horse battery staple1": false,
		"a bad\xffbyte in here":         false,
	} {
		err := checkPassword(password, "mira.okonkwo@example.org", "Mira Okonkwo")
		if (err == nil) != good {
			t.Errorf("%q: %v", password, err)
		}
		if err != nil && !errors.Is(err, fault.ErrInvalid) {
			t.Errorf("%q: %v is not fault.ErrInvalid", password, err)
		}
	}
}

func TestArgon(t *testing.T) {
	t.Parallel()
	a, err := newArgon(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	one, _ := a.Hash(t.Context(), "a lantern on the hill")
	two, _ := a.Hash(t.Context(), "a lantern on the hill")
	if one == two || !strings.HasPrefix(one, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("hashes %q and %q", one, two)
	}
	for stored, want := range map[string]bool{
		one: true, two: true, "": false, "plain": false,
		strings.Replace(one, "m=19456", "m=99999999", 1): false,
		strings.Replace(one, "argon2id", "argon2i", 1):   false,
		one[:len(one)-30]: false,
	} {
		if ok, err := a.Verify(t.Context(), stored, "a lantern on the hill"); ok != want || err != nil {
			t.Errorf("Verify(%q) = %v, %v", stored, ok, err)
		}
	}
	full := &argon{random: rand.Reader, slots: make(chan struct{}), nobody: a.nobody}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := full.Verify(ctx, one, "x"); !errors.Is(err, fault.ErrUnavailable) {
		t.Errorf("without a slot: %v", err)
	}
}

func TestRightsOfAdministration(t *testing.T) {
	t.Parallel()
	s, _, _ := newPeople(t)
	for _, role := range roles() {
		if role == desk.Administrator {
			continue
		}
		who := desk.Principal{Account: "a", Org: "o", Role: role, Scopes: role.Scopes()}
		_, list := s.List(t.Context(), who)
		_, _, add := s.Add(t.Context(), who, "x@example.org", "X", desk.Reader)
		_, change := s.Change(t.Context(), who, "a", Change{})
		_, reset := s.Reset(t.Context(), who, "a")
		_, tokens := s.TokenList(t.Context(), who)
		_, _, token := s.AddToken(t.Context(), who, "x", []desk.Scope{desk.CanRead}, time.Time{})
		for i, err := range []error{list, add, change, reset, tokens, token, s.RevokeToken(t.Context(), who, "t")} {
			if !errors.Is(err, fault.ErrForbidden) {
				t.Errorf("%s, command %d: %v", role, i, err)
			}
		}
	}
}
