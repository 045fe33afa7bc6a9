package app

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/response"
)

// TestCheckerFindsWhatIsWrong: the test of the description would be worth nothing otherwise.
func TestCheckerFindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	d := description{t: t, root: map[string]any{}}
	schema := map[string]any{
		"type": "object", "required": []any{"a"}, "additionalProperties": false, "properties": map[string]any{
			"a": map[string]any{"type": "string", "enum": []any{"x", "y"}}, "n": map[string]any{"type": []any{"array", "null"}, "items": map[string]any{"type": "integer", "minimum": 1.0}},
		},
	}
	for _, good := range []any{map[string]any{"a": "x"}, map[string]any{"a": "y", "n": nil}, map[string]any{"a": "x", "n": []any{1.0}}} {
		if err := d.check(schema, good, "v"); err != nil {
			t.Error(err)
		}
	}
	for _, bad := range []any{
		nil, "x",
		map[string]any{},
		map[string]any{"a": "z"},
		map[string]any{"a": "x", "b": 1.0},
		map[string]any{"a": "x", "n": []any{0.0}},
		map[string]any{"a": "x", "n": []any{1.5}},
		map[string]any{"a": "x", "n": []any{"1"}},
	} {
		if err := d.check(schema, bad, "v"); err == nil {
			t.Errorf("%v passes", bad)
		}
	}
}

func TestReadsAreTagged(t *testing.T) {
	t.Parallel()
	inWorld(t, func(_ context.Context, w *world) {
		chief := w.ours.chief()
		first := w.do(chief, 200, "GET", "/api/v1/portfolio", "")
		tag := first.Header().Get("ETag")
		if !strings.HasPrefix(tag, `"1.`) {
			t.Fatalf("ETag %s, want version 1 and a hash", tag)
		}
		for _, match := range []string{tag, "W/" + tag, `"x", ` + tag, "*"} {
			got := w.do(chief, 304, "GET", "/api/v1/portfolio", "", "If-None-Match", match)
			if got.Body.Len() > 0 || got.Header().Get("ETag") != tag {
				t.Errorf("304 with %d bytes and ETag %s", got.Body.Len(), got.Header().Get("ETag"))
			}
		}
		w.do(chief, 200, "POST", "/api/v1/portfolio/edits", `{"edits":[{"project":{"code":"second","name":"Second","country":"ZM","zone":"Africa/Lusaka"}}]}`)
		if again := w.do(chief, 200, "GET", "/api/v1/portfolio", "", "If-None-Match", tag); again.Header().Get("ETag") == tag {
			t.Error("another portfolio has the same ETag")
		}
	})
}

func TestEditsCollideVisibly(t *testing.T) {
	t.Parallel()
	inWorld(t, func(_ context.Context, w *world) {
		chief, analyst := w.ours.chief(), w.ours.roles[desk.Analyst]
		const edit = `{"edits":[{"project":{"code":"%s","name":"N","country":"ZM","zone":"Africa/Lusaka"}}]}`
		seen := w.do(chief, 200, "GET", "/api/v1/portfolio", "").Header().Get("ETag")
		w.do(analyst, 200, "POST", "/api/v1/portfolio/edits", fmt.Sprintf(edit, "a"), "If-Match", seen)
		late := w.do(chief, 412, "POST", "/api/v1/portfolio/edits", fmt.Sprintf(edit, "b"), "If-Match", seen)
		for _, want := range []string{"Person analyst", "2026-11-02T04:12:00Z", `"version":2`} {
			if !strings.Contains(late.Body.String(), want) {
				t.Errorf("412 does not say %s: %s", want, late.Body)
			}
		}
		w.do(chief, 412, "POST", "/api/v1/portfolio/edits", fmt.Sprintf(edit, "b"), "If-Match", "W/"+seen)
		w.do(chief, 409, "POST", "/api/v1/portfolio/undo", `{"version":1}`)
		if got := w.do(chief, 409, "POST", "/api/v1/portfolio/imports/"+w.ours.up+"/commit", ""); !strings.Contains(got.Body.String(), "Person analyst") {
			t.Errorf("409 does not say who: %s", got.Body)
		}

		rule := "/api/v1/rules/" + w.ours.rule
		const body = `{"name":"Noise","when":"event.magnitude < %s","then":"suppress"}`
		tag := w.do(chief, 200, "GET", rule, "").Header().Get("ETag")
		w.do(analyst, 200, "PUT", rule, fmt.Sprintf(body, "3.5"), "If-Match", tag)
		if got := w.do(chief, 412, "PUT", rule, fmt.Sprintf(body, "4.0"), "If-Match", tag); !strings.Contains(got.Body.String(), "Person analyst") {
			t.Errorf("412 does not say who: %s", got.Body)
		}
		w.do(chief, 200, "PUT", rule, fmt.Sprintf(body, "4.0"))

		wrn := "/api/v1/warnings/" + w.ours.warning
		w.do(chief, 412, "POST", wrn+"/end", `{"reason":"r"}`, "If-Match", `"999"`)
		w.do(chief, 200, "POST", wrn+"/end", `{"reason":"r"}`, "If-Match", w.do(chief, 200, "GET", wrn, "").Header().Get("ETag"))
		if got := w.do(w.ours.roles[desk.DutyOfficer], 409, "POST", wrn+"/end", `{"reason":"r"}`); !strings.Contains(got.Body.String(), "Administrator") {
			t.Errorf("409 does not say who ended it: %s", got.Body)
		}
	})
}

func TestOneKeyOneEffect(t *testing.T) {
	t.Parallel()
	inWorld(t, func(_ context.Context, w *world) {
		chief := w.ours.chief()
		const rule = `{"name":"N","when":"event.magnitude < 1.0","then":"suppress"}`
		first := w.do(chief, 201, "POST", "/api/v1/rules", rule, "Idempotency-Key", "k1")
		again := w.do(chief, 201, "POST", "/api/v1/rules", rule, "Idempotency-Key", "k1")
		if again.Body.String() != first.Body.String() || again.Header().Get("Idempotent-Replayed") != "true" {
			t.Errorf("the repeat: %s, first %s", again.Body, first.Body)
		}
		if n := strings.Count(w.do(chief, 200, "GET", "/api/v1/rules", "").Body.String(), `"id"`); n != 2 { // with the one of the world
			t.Errorf("%d rules, want 2", n)
		}
		w.do(chief, 409, "POST", "/api/v1/rules", strings.Replace(rule, "1.0", "1.5", 1), "Idempotency-Key", "k1")
		w.do(chief, 409, "POST", "/api/v1/rules/check", rule, "Idempotency-Key", "k1")
		// Keys of others do not meet ours; what was refused may be tried again.
		w.do(w.ours.roles[desk.Analyst], 201, "POST", "/api/v1/rules", rule, "Idempotency-Key", "k1")
		w.do(chief, 422, "POST", "/api/v1/rules", `{"name":"N","when":"nonsense(","then":"suppress"}`, "Idempotency-Key", "k2")
		w.do(chief, 201, "POST", "/api/v1/rules", rule, "Idempotency-Key", "k2")
		w.do(chief, 422, "POST", "/api/v1/rules", rule, "Idempotency-Key", strings.Repeat("k", 201))

		const token = `{"name":"t","scopes":["read"]}`
		secret := w.do(chief, 201, "POST", "/api/v1/tokens", token, "Idempotency-Key", "k3")
		repeat := w.do(chief, 409, "POST", "/api/v1/tokens", token, "Idempotency-Key", "k3")
		if strings.Contains(repeat.Body.String(), "wf_") || !strings.Contains(secret.Body.String(), "wf_") {
			t.Errorf("the repeat of a secret: %s", repeat.Body)
		}
		// The first answer never came: nobody knows, and the repeat says so.
		if _, _, err := w.app.db.BeginRequest(t.Context(), w.ours.id, "api x  k4", "r", now); err != nil {
			t.Fatal(err)
		}
		_, _, err := w.app.db.BeginRequest(t.Context(), w.ours.id, "api x  k4", "r", now)
		if !errors.Is(err, fault.ErrConflict) || !strings.Contains(err.Error(), "under way or was cut off") {
			t.Errorf("fate unknown: %v", err)
		}
	})
}

func TestRefusedForms(t *testing.T) {
	t.Parallel()
	inWorld(t, func(_ context.Context, w *world) {
		chief := w.ours.chief()
		deep := strings.Repeat("[", 65) + strings.Repeat("]", 65)
		for _, c := range []struct {
			name, verb, path, kind, body string
			want                         int
		}{
			{"unknown field", "POST", "/api/v1/rules", "application/json", `{"name":"N","when":"true","then":"suppress","whenn":"x"}`, 422},
			{"unknown field inside", "POST", "/api/v1/portfolio/edits", "application/json", `{"edits":[{"project":{"code":"x","color":"red"}}]}`, 422},
			{"unknown field of a signal", "POST", "/api/v1/signals", "application/json", `{"hazard":"flood","colour":"red","texts":[{"language":"en","headline":"x"}]}`, 422},
			{"unknown query parameter", "GET", "/api/v1/warnings?shwo=open", "", "", 422},
			{"bad enum", "GET", "/api/v1/warnings?show=all", "", "", 422},
			{"a cursor of somebody's own", "GET", "/api/v1/events?after=abc", "", "", 422},
			{"limit too high", "GET", "/api/v1/events?limit=1001", "", "", 422},
			{"no JSON", "POST", "/api/v1/rules", "application/json", `{"name":`, 400},
			{"no body", "POST", "/api/v1/rules", "application/json", "", 400},
			{"another form", "POST", "/api/v1/rules", "text/xml", "<a/>", 415},
			{"too deep", "POST", "/api/v1/signals", "application/json", deep, 422},
			{"too deep", "POST", "/api/v1/rules", "application/json", `{"name":` + deep + `}`, 400},
			{"a command of 2 MB", "POST", "/api/v1/rules", "application/json", `{"name":"` + strings.Repeat("x", 2<<20) + `"}`, 413},
			{"signals of 33 MB", "POST", "/api/v1/signals", "application/json", strings.Repeat(" ", 33<<20), 413},
			{"two things in one edit", "POST", "/api/v1/portfolio/edits", "application/json", `{"edits":[{"project":{"code":"x"},"contact":{"code":"y"}}]}`, 422},
		} {
			var body []byte
			if c.body != "" {
				body = []byte(c.body)
			}
			got := w.ask(chief, c.verb, c.path, c.kind, body)
			if got.Code != c.want || got.Header().Get("Content-Type") != "application/problem+json" {
				t.Errorf("%s: %d %s %.200s, want %d", c.name, got.Code, got.Header().Get("Content-Type"), got.Body, c.want)
			}
			keyed := w.ask(chief, c.verb, c.path, c.kind, body, "Idempotency-Key", c.name)
			if keyed.Code != c.want {
				t.Errorf("%s with a key: %d, want %d", c.name, keyed.Code, c.want)
			}
		}
		got := w.do(chief, 422, "POST", "/api/v1/portfolio/edits", `{"edits":[{"project":{"code":"ok","name":"N","country":"ZM","zone":"UTC"}},{"project":{"code":"bad","name":"N","country":"QQ","zone":"Mars/Base"}}]}`)
		if !strings.Contains(got.Body.String(), `body.edits[1]`) {
			t.Errorf("no place: %s", got.Body)
		}
		got = w.do(chief, 422, "POST", "/api/v1/account/password", `{"old":"`+strings.Repeat("secret", 200)+`","password":["secret"],"more":"x"}`)
		if strings.Contains(got.Body.String(), "secret") || !strings.Contains(got.Body.String(), "body.password") {
			t.Errorf("an error repeats a password: %s", got.Body)
		}
		got = w.do(chief, 422, "POST", "/api/v1/rules", `{"name":"N","when":"event.magnitud < 5.0","then":"suppress"}`)
		if !strings.Contains(got.Body.String(), `"location":"body.when"`) {
			t.Errorf("no place: %s", got.Body)
		}
	})
}

func TestAnotherSiteCannotUseASession(t *testing.T) {
	t.Parallel()
	inWorld(t, func(_ context.Context, w *world) {
		path, body := "/api/v1/warnings/"+w.ours.warning+"/escalate", `{}`
		w.do(w.ours.chief(), 403, "POST", path, body, "Sec-Fetch-Site", "cross-site")
		w.do(w.ours.chief(), 403, "POST", path, body, "Origin", "https://evil.example")
		w.do(w.ours.chief(), 200, "POST", path, body, "Sec-Fetch-Site", "same-origin")
		w.do(w.ours.tokens[1], 200, "POST", path, body, "Sec-Fetch-Site", "cross-site") // a browser sends no token on its own
		for _, h := range []string{"X-Content-Type-Options", "Content-Security-Policy", "Referrer-Policy"} {
			if w.do(w.ours.chief(), 200, "GET", "/api/v1/status", "").Header().Get(h) == "" {
				t.Errorf("no header %s", h)
			}
		}
	})
}

func TestListsHaveCursors(t *testing.T) {
	t.Parallel()
	inWorld(t, func(_ context.Context, w *world) {
		for _, path := range []string{"/accounts", "/tokens", "/journal", "/rules", "/projects", "/events", "/warnings"} {
			seen, after := map[string]bool{}, ""
			var all struct{ Items []struct{ ID, Hash string } }
			w.do(w.ours.chief(), 200, "GET", "/api/v1"+path+"?limit=1000", "").into(&all)
			for pages := 0; pages <= len(all.Items)+1; pages++ {
				var page struct {
					Items []struct{ ID, Hash string }
					Next  string
				}
				w.do(w.ours.chief(), 200, "GET", "/api/v1"+path+"?limit=2&after="+after, "").into(&page)
				for _, x := range page.Items {
					if seen[x.ID+x.Hash] {
						t.Errorf("%s: %s twice", path, x.ID)
					}
					seen[x.ID+x.Hash] = true
				}
				if after = page.Next; after == "" {
					break
				}
			}
			if len(seen) != len(all.Items) || len(seen) == 0 || after != "" {
				t.Errorf("%s: %d in pages of 2, %d at once", path, len(seen), len(all.Items))
			}
		}
	})
}

func TestAccountsByAPI(t *testing.T) {
	t.Parallel()
	inWorld(t, func(ctx context.Context, w *world) {
		chief := w.ours.chief()
		var made struct {
			Account struct {
				ID      string
				Waiting bool
			}
			Link string
		}
		w.do(chief, 201, "POST", "/api/v1/accounts", `{"email":"Eva@Example.org","name":"Eva","role":"duty_officer"}`).into(&made)
		if !made.Account.Waiting {
			t.Error("nobody waits for the invitation")
		}
		w.do(chief, 409, "POST", "/api/v1/accounts", `{"email":"eva@example.org","name":"Eva","role":"reader"}`)
		cookie, _ := w.enter(ctx, made.Link, "Eva's")
		eva := actor{"Eva", w.ours, cookie, "", nil}
		w.do(eva, 200, "GET", "/api/v1/warnings", "")
		path := "/api/v1/accounts/" + made.Account.ID
		w.do(chief, 200, "POST", path+"/end-sessions", "")
		w.do(eva, 401, "GET", "/api/v1/warnings", "")
		w.do(chief, 201, "POST", path+"/link", "").into(&made)
		eva.cookie, _ = w.enter(ctx, made.Link, "Eva's other")
		w.do(chief, 200, "PATCH", path, `{"role":"reader"}`)
		w.do(eva, 401, "GET", "/api/v1/warnings", "")
		w.do(chief, 200, "PATCH", path, `{"disabled":true}`)
		w.do(chief, 409, "POST", path+"/link", "")
		var own struct{ Account string }
		w.do(chief, 200, "GET", "/api/v1/account", "").into(&own)
		w.do(chief, 409, "PATCH", "/api/v1/accounts/"+own.Account, `{"role":"reader"}`) // the last administrator

		var tok struct{ ID, Token string }
		w.do(chief, 201, "POST", "/api/v1/tokens", `{"name":"gauge","scopes":["push"]}`).into(&tok)
		gauge := actor{"gauge", w.ours, nil, tok.Token, nil}
		w.do(gauge, 403, "GET", "/api/v1/warnings", "")
		w.do(gauge, 202, "POST", "/api/v1/signals", `{"hazard":"flood","texts":[{"language":"en","headline":"Water"}],"places":[{"country":"ZM"}]}`)
		if list := w.do(chief, 200, "GET", "/api/v1/tokens", "").Body.String(); strings.Contains(list, "wf_") || !strings.Contains(list, tok.ID) {
			t.Errorf("tokens: %s", list)
		}
		w.do(chief, 200, "DELETE", "/api/v1/tokens/"+tok.ID, "")
		w.do(gauge, 401, "GET", "/api/v1/account", "")
		w.do(w.ours.tokens[6], 422, "POST", "/api/v1/tokens", `{"name":"more","scopes":["read"]}`) // more than it has itself
		if got := w.ask(w.ours.tokens[0], http.MethodPut, "/api/v1/account/preferences", "application/json", []byte(`{"language":"en","zone":"UTC"}`)); got.Code != 403 {
			t.Errorf("a token sets preferences: %d", got.Code)
		}
	})
}

// The same bytes again are one delivery, with a key or without one, and say so to their sender
// alone: another organisation that sends them is told nothing of it.
func TestSignalsAreTakenOnce(t *testing.T) {
	t.Parallel()
	var ticks atomic.Int64
	inWorldAt(t, func() time.Time { return now.Add(time.Duration(ticks.Add(1)) * time.Millisecond) }, func(_ context.Context, w *world) {
		const water = `{"hazard":"flood","texts":[{"language":"en","headline":"Water"}],"places":[{"country":"ZM"}]}`
		type answer struct {
			Record   string
			Signals  []string
			Repeated bool
		}
		push := func(a actor, header ...string) (got answer) {
			t.Helper()
			w.do(a, 202, "POST", "/api/v1/signals", water, header...).into(&got)
			return got
		}
		ours, theirs := w.ours.chief(), w.theirs.chief()
		first, again, others := push(ours), push(ours), push(theirs)
		push(ours, "Idempotency-Key", "w1")
		keyed := push(ours, "Idempotency-Key", "w1")
		if first.Repeated || !again.Repeated || others.Repeated || !keyed.Repeated {
			t.Errorf("repeated: %v, %v, %v, %v", first, again, others, keyed)
		}
		again.Repeated, keyed.Repeated = false, false
		if len(first.Signals) != 1 || !reflect.DeepEqual(first, again) || !reflect.DeepEqual(first, keyed) || others.Record != first.Record || others.Signals[0] == first.Signals[0] {
			t.Errorf("%v, %v, %v, %v", first, again, others, keyed)
		}
	})
}

func TestContactIsTested(t *testing.T) {
	t.Parallel()
	inWorld(t, func(_ context.Context, w *world) {
		path := "/api/v1/contacts/" + w.ours.contact
		got := w.do(w.ours.roles[desk.Manager], 200, "POST", path+"/test", `{"channel":"email"}`).Body.String()
		if len(w.mail.sent) != 1 || !strings.Contains(got, `"ok":true`) || w.mail.sent[0].Address != "ann@ours.example.org" || w.mail.sent[0].Purpose != response.Test {
			t.Fatalf("messages %+v, answer %s", w.mail.sent, got)
		}
		w.do(w.ours.chief(), 409, "POST", path+"/test", `{"channel":"email"}`) // once a minute
		w.do(w.ours.chief(), 404, "POST", path+"/test", `{"channel":"webhook"}`)
		if card := w.do(w.ours.chief(), 200, "GET", path, "").Body.String(); len(w.mail.sent) != 1 || !strings.Contains(card, "250 queued") {
			t.Errorf("%d messages, card %s", len(w.mail.sent), card)
		}
	})
}

func TestWrongPasswordsHoldUpNobodyElse(t *testing.T) {
	t.Parallel()
	inWorld(t, func(_ context.Context, w *world) {
		const path, wrong = "/api/v1/account/password", `{"old":"not it","password":"another Umbrella 42!"}`
		for range 5 {
			w.do(w.ours.roles[desk.Reader], 422, "POST", path, wrong)
		}
		w.do(w.ours.roles[desk.Reader], 429, "POST", path, wrong)
		w.do(w.ours.chief(), 200, "POST", path, `{"old":"slow Chief Umbrella 41!","password":"quite another Umbrella 42!"}`)
	})
}

func TestOldAnswersAreForgotten(t *testing.T) {
	t.Parallel()
	inWorld(t, func(ctx context.Context, w *world) {
		for key, at := range map[string]time.Time{"old": now.Add(-25 * time.Hour), "young": now.Add(-23 * time.Hour)} {
			if _, _, err := w.app.db.BeginRequest(ctx, w.ours.id, key, "r", at); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.app.tidy(ctx); err != nil {
			t.Fatal(err)
		}
		var kept string
		if err := w.app.db.Reader().QueryRowContext(ctx, "SELECT key FROM idempotency WHERE key IN ('old', 'young')").Scan(&kept); err != nil || kept != "young" {
			t.Errorf("kept %q: %v", kept, err)
		}
	})
}
