package app

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/response"
)

// signedIn is a visitor with the administrator's session.
func signedIn(ctx context.Context, t *testing.T, a *App) *visitor {
	t.Helper()
	h, err := a.handler(ctx)
	if err != nil {
		t.Fatal(err)
	}
	v := &visitor{t: t, h: h}
	w := v.form(strings.TrimPrefix(a.link, "https://watch.example.org"), "password", "a long story password", "again", "a long story password")
	if v.cookie = w.Result().Cookies(); w.Code != http.StatusSeeOther || len(v.cookie) == 0 {
		t.Fatalf("sign in: %d", w.Code)
	}
	return v
}

// TestArchivedBytesAreNeverRendered: what a stranger sent comes back as a download of no
// kind, whatever it is (S6).
func TestArchivedBytesAreNeverRendered(t *testing.T) {
	t.Parallel()
	installed(t, func(ctx context.Context, a *App, _ desk.Principal) {
		v := signedIn(ctx, t, a)
		w := v.do(http.MethodPost, "/api/v1/signals", "application/json",
			[]byte(`{"hazard": "flood", "key": "k", "texts": [{"language": "en", "headline": "Flood <svg onload=alert(1)>"}], "occurred": "2026-03-01T04:00:00Z", "severity": "Severe", "certainty": "Observed", "footprints": [{"role": "centre", "shape": {"type": "Point", "coordinates": [67, 30.2], "radius_km": 5}}]}`))
		var pushed desk.Pushed
		if err := json.Unmarshal(w.Body.Bytes(), &pushed); err != nil || pushed.Record == "" {
			t.Fatalf("%d %s: %v", w.Code, w.Body, err)
		}
		got := v.do(http.MethodGet, "/api/v1/records/"+pushed.Record, "", nil)
		head := got.Header()
		if got.Code != http.StatusOK || !strings.Contains(got.Body.String(), "<svg onload") {
			t.Fatalf("%d %.100s", got.Code, got.Body)
		}
		if head.Get("Content-Type") != "application/octet-stream" || !strings.HasPrefix(head.Get("Content-Disposition"), "attachment") ||
			head.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(head.Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("headers %v", head)
		}
	})
}

// TestContactsOfOthersDoNotExist holds S18 for what is seen and done about contacts.
func TestContactsOfOthersDoNotExist(t *testing.T) {
	t.Parallel()
	installed(t, func(ctx context.Context, a *App, who desk.Principal) {
		contact, project := portfolio.ContactID(who.Org, "ann"), portfolio.ProjectID(who.Org, "quetta")
		now := a.opts.Now()
		if err := a.db.PutMute(ctx, response.Mute{Org: who.Org, Contact: contact, Project: project, Channel: "email", Since: now, Until: now.Add(response.MuteLife)}); err != nil {
			t.Fatal(err)
		}
		other, reader := who, who
		other.Org = "org_other"
		reader.Scopes = []desk.Scope{desk.CanRead}
		for name, do := range map[string]func(desk.Principal) error{
			"read":   func(p desk.Principal) error { _, err := a.desk.Contact(ctx, p, contact); return err },
			"unmute": func(p desk.Principal) error { return a.desk.Unmute(ctx, p, contact, project, "email") },
			"test":   func(p desk.Principal) error { _, err := a.desk.TestContact(ctx, p, contact, "email"); return err },
		} {
			if err := do(other); !errors.Is(err, fault.ErrNotFound) {
				t.Errorf("%s by another organisation: %v", name, err)
			}
			if err := do(reader); name != "read" && !errors.Is(err, fault.ErrForbidden) {
				t.Errorf("%s by a reader: %v", name, err)
			}
		}
		if rows, err := a.desk.Mutes(ctx, other); err != nil || len(rows) != 0 {
			t.Errorf("another organisation sees %+v, %v", rows, err)
		}
		card, err := a.desk.Contact(ctx, who, contact)
		if err != nil || len(card.Mutes) != 1 || !card.Mutes[0].Alone || card.Mutes[0].ProjectName != "Quetta Rail" || len(card.Channels) != 1 {
			t.Fatalf("card %+v, %v", card, err)
		}
		if _, err := a.desk.TestContact(ctx, who, contact, "email"); !errors.Is(err, fault.ErrUnavailable) {
			t.Errorf("a test without channels: %v", err)
		}
		if err := a.desk.Unmute(ctx, who, contact, project, "email"); err != nil {
			t.Fatal(err)
		}
		if err := a.desk.Unmute(ctx, who, contact, project, "email"); !errors.Is(err, fault.ErrNotFound) {
			t.Errorf("unmute twice: %v", err)
		}
	})
}
