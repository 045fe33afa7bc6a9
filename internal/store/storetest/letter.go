package storetest

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/id"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/response"
)

// TestLetters: a letter is queued once however often it is put, its file comes with the mail
// alone, what became of it is told, a failure asks nobody else, and only its own link opens it.
func TestLetters(t *testing.T, empty Maker) {
	b := start(t, empty(t), time.Date(2026, 3, 1, 4, 0, 0, 0, time.UTC))
	ctx, now := t.Context(), b.clock()
	pdf := []byte("%PDF-1.7 公路")
	c := portfolio.Contact{ID: "rdr_1", Name: "Li Wei", Channels: []portfolio.Address{{Channel: "email", Address: "wei@example.org"}, {Channel: "slack", Address: "ops"}, {Channel: "webhook", Address: "https://x.example"}}}
	l := desk.StoredLetter{
		Org: "o", Contact: c.ID, At: now, LinkUntil: now.Add(time.Hour),
		Letter:        delivery.Letter{Link: "https://w.example/r/secret", LinkHash: "h1", ID: "let_1", Kind: "report", About: "mh-monthly-2026-02", Edition: 2, Name: c.Name, TLP: "AMBER", Lang: "zh", Zone: "Asia/Shanghai", Said: map[string]string{"Title": "公路"}, Path: "/reports/x", File: "x.pdf", Type: "application/pdf", Hash: id.Hash(pdf), Size: len(pdf), Bytes: pdf},
		Notifications: response.Duty{}.Letters("o", "let_1", c, now),
	}
	if len(l.Notifications) != 2 {
		t.Fatalf("a program gets a letter: %+v", l.Notifications)
	}
	entry := journal.Draft{At: now, Org: "o", Kind: journal.ReportSent, Actor: "schedule", Subject: l.About, Body: []byte(`{"edition":2}`)}
	for range 2 {
		if err := b.db.PutLetters(ctx, "o", []desk.StoredLetter{l}, entry); err != nil {
			t.Fatal(err)
		}
	}
	if b.kinds(journal.ReportSent) != 1 {
		t.Error("the second time stands in the journal, or the first does not")
	}
	claimed, err := b.db.TakeDue(ctx, delivery.Pick{Least: level.Green, Before: now, Limit: 10}, delivery.Claim{Now: now, Lease: time.Minute, Red: time.Minute})
	if err != nil || len(claimed) != 2 {
		t.Fatalf("claimed %+v, %v", claimed, err)
	}
	for _, x := range claimed {
		f, err := b.db.Facts(ctx, x.Notification)
		if err != nil || f.Letter == nil || f.Letter.LinkHash != "h1" || f.Letter.Said["Title"] != "公路" || f.Contact.Name != c.Name || f.Contact.Language != "zh" || f.Contact.Zone != "Asia/Shanghai" {
			t.Fatalf("facts %+v, %v", f, err)
		}
		if got, want := string(f.Letter.Bytes), map[string]string{"email": string(pdf)}[x.Channel]; got != want {
			t.Errorf("over %s comes %q, want %q", x.Channel, got, want)
		}
		o := delivery.Outcome{Notification: x.ID, Org: "o", Warning: x.Warning, Try: x.Tries, Began: now, Ended: now.Add(time.Second), State: response.Sent, Detail: "250 ok", Channel: x.Channel, Contact: x.Contact, Address: x.Address}
		if x.Channel == "slack" {
			o.State, o.Kind, o.Detail = response.Failed, delivery.Dead, "no such room"
		}
		unreached, err := b.db.Finish(ctx, []delivery.Outcome{o})
		if err != nil || len(unreached) != 0 {
			t.Errorf("somebody is asked next for a letter: %+v, %v", unreached, err)
		}
	}
	var kept string
	if err := b.db.Reader().QueryRowContext(ctx, "SELECT body FROM letter WHERE id = 'let_1'").Scan(&kept); err != nil || strings.Contains(kept, "secret") || !strings.Contains(kept, "公路") {
		t.Errorf("kept as %s, %v: a link is its reader's alone", kept, err)
	}
	by := l
	by.ID, by.About, by.Round, by.LinkHash, by.Notifications = "let_hand", "other", "1", "h9", nil
	if err := b.db.PutLetters(ctx, "o", []desk.StoredLetter{by}); err != nil {
		t.Fatal(err)
	}
	told, err := b.db.Lettered(ctx, "o", l.At)
	if err != nil || !told[desk.Lettered{About: l.About, Kind: l.Kind}] || told[desk.Lettered{About: "other", Kind: l.Kind}] {
		t.Errorf("by the calendar: %v, %v", told, err)
	}
	if told, err := b.db.Lettered(ctx, "o", l.At.Add(time.Microsecond)); err != nil || len(told) != 0 {
		t.Errorf("since later: %v, %v", told, err)
	}
	rows, err := b.db.Letters(ctx, "o", l.About)
	if err != nil || len(rows) != 1 || len(rows[0].Ways) != 2 || rows[0].Ways[0].State != response.Sent || rows[0].Ways[0].Detail != "250 ok" || rows[0].Ways[1].State != response.Failed {
		t.Errorf("%+v, %v", rows, err)
	}
	if shown, err := json.Marshal(rows); err != nil || strings.Contains(string(shown), "secret") || strings.Contains(string(shown), "h1") || !rows[0].Linked {
		t.Errorf("shown as %s, %v", shown, err)
	}
	if rows, err := b.db.Letters(ctx, "elsewhere", l.About); err != nil || len(rows) != 0 {
		t.Errorf("another organisation's letters: %+v, %v", rows, err)
	}
	if got, err := b.db.LetterByLink(ctx, "h1"); err != nil || got.ID != "let_1" || got.Org != "o" || !got.LinkUntil.Equal(l.LinkUntil) {
		t.Errorf("by its link: %+v, %v", got, err)
	}
	for _, hash := range []string{"", "h2"} {
		if _, err := b.db.LetterByLink(ctx, hash); !errors.Is(err, fault.ErrNotFound) {
			t.Errorf("link %q: %v", hash, err)
		}
	}
	b.verifyJournal()
}
