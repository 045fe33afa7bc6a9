package storetest

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/store"
	"watchfire.dev/internal/warning"
	"watchfire.dev/internal/watch"
)

// began is the instant at which the tests of this file play.
func began() time.Time { return time.Date(2026, 3, 1, 4, 0, 0, 0, time.UTC) }

// run opens a place and lets its writer work until the test ends.
func run(t *testing.T, p Place) *store.DB {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	db, err := p.Open(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := db.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() {
		cancel()
		wg.Wait()
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// queued is a batch with one warning's notifications that are due at once.
func queued(n int) *watch.Batch {
	b := &watch.Batch{}
	for i := range n {
		b.Notifications = append(b.Notifications, response.Notification{
			ID: fmt.Sprintf("ntf_%03d", i), Org: "o", Warning: "wrn_1", Revision: 1, Contact: fmt.Sprint("c", i), Channel: "email",
			Address: "a@example.org", State: response.Pending, Due: began(),
		})
		b.Journal = append(b.Journal, journal.Draft{At: began(), Org: "o", Kind: journal.Queued, Actor: "system", Subject: b.Notifications[i].ID})
	}
	return b
}

func claimAt(now time.Time) delivery.Claim {
	return delivery.Claim{Now: now, Lease: time.Minute, Red: time.Minute}
}

// TestOneOfManyClaims: of three processes that want the same notifications each is had by one.
func TestOneOfManyClaims(t *testing.T, empty Maker) {
	place := empty(t)
	dbs := []*store.DB{run(t, place), run(t, place), run(t, place)}
	const n = 24
	if err := dbs[0].Commit(t.Context(), queued(n)); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	had := map[string]int{}
	var wg sync.WaitGroup
	for _, db := range dbs {
		for i := range n {
			wg.Go(func() {
				got, err := db.Take(t.Context(), []string{fmt.Sprintf("ntf_%03d", i), fmt.Sprintf("ntf_%03d", (i+1)%n)}, claimAt(began()))
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				for _, c := range got {
					had[c.ID]++
				}
				mu.Unlock()
			})
		}
		wg.Go(func() { // and one that takes whatever is due
			got, err := db.TakeDue(t.Context(), delivery.Pick{Before: began(), Limit: 5}, claimAt(began()))
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			for _, c := range got {
				had[c.ID]++
			}
			mu.Unlock()
		})
	}
	wg.Wait()
	if len(had) != n {
		t.Errorf("%d of %d were had by somebody", len(had), n)
	}
	for id, times := range had {
		if times != 1 {
			t.Errorf("%s was had %d times", id, times)
		}
	}
}

// TestTwoAppendToOneJournal: entries of two processes make one chain, and none is lost.
func TestTwoAppendToOneJournal(t *testing.T, empty Maker) {
	place := empty(t)
	dbs := []*store.DB{run(t, place), run(t, place)}
	const each = 60
	var wg sync.WaitGroup
	for who, db := range dbs {
		for i := range each {
			wg.Go(func() {
				d := journal.Draft{At: began(), Kind: journal.Started, Actor: fmt.Sprint(who), Subject: fmt.Sprint(i)}
				if err := db.Journal(t.Context(), d, d); err != nil {
					t.Error(err)
				}
			})
		}
	}
	wg.Wait()
	if size, err := dbs[1].Size(t.Context()); err != nil || size != 2*2*each {
		t.Errorf("%d entries, %v; want %d", size, err, 2*2*each)
	}
	(&bench{T: t, db: dbs[0]}).verifyJournal()
}

// TestAPieceFailsAlone: pieces that come together and one of which is wrong, in its statement
// or in its journal entry: the others are kept, and it leaves nothing behind.
func TestAPieceFailsAlone(t *testing.T, empty Maker) {
	db := run(t, empty(t))
	put := func(name string, wrong bool, d ...journal.Draft) error {
		return db.Do(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			if _, err := tx.ExecContext(ctx, "INSERT INTO setting (name, value) VALUES (?, 'v')", name); err != nil {
				return err
			}
			if wrong {
				if _, err := tx.ExecContext(ctx, "INSERT INTO setting (name, value) VALUES (?, 'twice')", name); err != nil {
					return err
				}
			}
			return tx.Journal(d...)
		})
	}
	entry := journal.Draft{At: began(), Kind: journal.Started, Actor: "x"}
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			d, wrong := entry, i%4 == 1
			if i%4 == 2 {
				d.At = time.Time{} // no instant: the journal refuses it
			}
			err := put(fmt.Sprint("piece", i), wrong, d)
			if bad := i%4 == 1 || i%4 == 2; bad != (err != nil) {
				t.Errorf("piece %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	for i := range 40 {
		v, err := db.Setting(t.Context(), fmt.Sprint("piece", i))
		if bad := i%4 == 1 || i%4 == 2; err != nil || bad != (v == "") {
			t.Errorf("piece %d: kept %q, %v", i, v, err)
		}
	}
	if size, err := db.Size(t.Context()); err != nil || size != 20 {
		t.Errorf("%d entries, %v; want 20", size, err)
	}
	(&bench{T: t, db: db}).verifyJournal()
}

// TestHostileTexts: what no text column takes as it is (a zero byte, bytes that are no UTF-8)
// fails no batch, and the chain of the journal stays whole with it.
func TestHostileTexts(t *testing.T, empty Maker) {
	db := run(t, empty(t))
	odd := "a\x00b\xffc'?\\u0000"
	b := queued(1)
	b.Notifications[0].Address = odd
	b.Quarantined = []watch.Quarantined{{ID: "q", Source: "s", Org: "o", At: began(), Place: odd, Reason: odd, Raw: []byte(odd)}}
	b.Signals = []event.Signal{{ID: "sig_1", Org: "o", Source: odd, Key: odd, Received: began(), Texts: []event.Text{{Headline: odd}}}}
	b.Journal = append(b.Journal, journal.Draft{At: began(), Org: odd, Kind: journal.Started, Actor: odd, Subject: odd})
	if err := db.Commit(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	rows, _, err := db.QuarantineRows(t.Context(), "o", "", desk.Page{})
	if err != nil || len(rows) != 1 || !strings.HasPrefix(rows[0].Reason, "a") {
		t.Errorf("quarantine: %+v, %v", rows, err)
	}
	known, err := db.Known(t.Context(), []string{"sig_1", "sig_2", "' OR 1=1", "\"?"})
	if err != nil || len(known) != 1 || !known["sig_1"] {
		t.Errorf("known: %v, %v", known, err)
	}
	if known, err := db.Known(t.Context(), nil); err != nil || len(known) != 0 {
		t.Errorf("known of nothing: %v, %v", known, err)
	}
	(&bench{T: t, db: db}).verifyJournal()
}

// TestQueueReads: the texts of the queue are searched without regard to case, wildcards stand
// for themselves, and counts and moments agree with what was stored.
func TestQueueReads(t *testing.T, empty Maker) {
	db := run(t, empty(t))
	b := &watch.Batch{}
	for i, title := range []string{"Flood at 100% of the Bridge", "flood at the depot", "Quake_1"} {
		w := warning.Warning{
			ID: fmt.Sprint("wrn_", i), Org: "o", Project: "p", Family: []event.Hazard{"flood", "flood", "earthquake"}[i], State: warning.Issued, Level: level.Level(i + 1), Revision: 1,
			OpenedAt: began(), At: began().Add(time.Duration(i) * time.Second), Notify: true, Note: title,
		}
		w.Told.Level, w.Told.Revision = w.Level, 1
		b.Decisions = append(b.Decisions, watch.OrgDecision{Org: "o", Decision: watch.Decision{At: w.At, Warning: &w}})
		b.Journal = append(b.Journal, journal.Draft{
			At: w.At, Org: "o", Kind: journal.EscalationDue, Actor: "system", Subject: w.ID, Body: []byte(`{"revision":1}`),
		})
	}
	b.Answers = []watch.Answer{{ID: "a1", Org: "o", Warning: "wrn_1", Revision: 1, At: began(), Kind: watch.HaveIt, By: "Mira", Account: "acc"}}
	if err := db.Commit(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]int{"FLOOD": 2, "100%": 1, "0%o": 0, "e_1": 1, "d_p": 0} {
		rows, _, err := db.QueueRows(t.Context(), "o", desk.Filter{Text: text}, "acc")
		if err != nil || len(rows) != want {
			t.Errorf("search for %q: %d rows, %v; want %d", text, len(rows), err, want)
		}
	}
	counts, err := db.QueueCounts(t.Context(), "o", "acc")
	if err != nil || counts.Open != 3 || counts.Needs != 2 || counts.Mine != 1 || counts.Levels[1] != 1 || counts.Levels[3] != 1 {
		t.Errorf("counts %+v, %v", counts, err)
	}
	moments, err := db.WarningMoments(t.Context(), "o", "wrn_1")
	if err != nil || len(moments) != 2 || moments[0].Kind != "answer" || moments[1].Rev != 1 {
		t.Errorf("moments %+v, %v", moments, err)
	}
	row, _, err := db.WarningRow(t.Context(), "o", "wrn_1")
	if err != nil || row.Answer == nil || row.Answer.By != "Mira" || !row.Answer.At.Equal(began()) {
		t.Errorf("row %+v, %v", row, err)
	}
}
