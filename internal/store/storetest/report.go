package storetest

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/journal"
)

// TestReports: editions come back byte for byte, none is ever changed, and orders are
// replaced and taken away.
func TestReports(t *testing.T, empty Maker) {
	b := start(t, empty(t), time.Date(2026, 3, 1, 4, 0, 0, 0, time.UTC))
	ctx, now := t.Context(), b.clock()
	one := desk.StoredReport{
		ID: "mh-monthly-2026-02", Edition: 1, Product: "monthly", Unit: "project:mh", Name: "公路", Period: "2026-02", AsOf: now, Made: now, By: "ann", TLP: "AMBER", Lang: "zh",
		Snapshot: "s", HTML: "h", JSON: "j",
	}
	bytesOf := desk.ReportBytes{Snapshot: bytes.Repeat([]byte("{}"), 9000), HTML: []byte("<p>公路"), JSON: []byte("{}\n")}
	entry := journal.Draft{At: now, Org: "o", Kind: journal.ReportMade, Actor: "ann", Subject: one.ID, Body: []byte(`{"edition":1}`)}
	if err := b.db.PutReport(ctx, "o", one, bytesOf, entry); err != nil {
		t.Fatal(err)
	}
	changed := one
	changed.HTML = "other"
	if err := b.db.PutReport(ctx, "o", changed, bytesOf, entry); !errors.Is(err, fault.ErrConflict) {
		t.Errorf("an edition was changed: %v", err)
	}
	if b.kinds(journal.ReportMade) != 1 {
		t.Error("the journal holds what was not stored, or not what was")
	}
	two := one
	two.Edition, two.Approved, two.Made = 2, "A. Mensah", now.Add(time.Hour)
	if err := b.db.PutReport(ctx, "o", two, bytesOf); err != nil {
		t.Fatal(err)
	}
	for edition, want := range map[int]desk.StoredReport{0: two, 1: one, 2: two} {
		r, got, err := b.db.Report(ctx, "o", one.ID, edition)
		if err != nil || r != want || !bytes.Equal(got.Snapshot, bytesOf.Snapshot) || !bytes.Equal(got.HTML, bytesOf.HTML) || !bytes.Equal(got.JSON, bytesOf.JSON) {
			t.Errorf("edition %d: %+v, %v", edition, r, err)
		}
	}
	if _, _, err := b.db.Report(ctx, "elsewhere", one.ID, 0); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("another organisation's report: %v", err)
	}
	if r, err := b.db.ReportHead(ctx, "o", one.ID); err != nil || r != two {
		t.Errorf("head: %+v, %v", r, err)
	}
	if r, err := b.db.NewestReport(ctx, "o", one.Product, one.Unit, ""); err != nil || r != two {
		t.Errorf("newest of its product: %+v, %v", r, err)
	}
	if _, err := b.db.NewestReport(ctx, "o", one.Product, one.Unit, one.ID); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("newest but itself: %v", err)
	}
	if _, err := b.db.ReportHead(ctx, "elsewhere", one.ID); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("another organisation's head: %v", err)
	}
	if list, err := b.db.Reports(ctx, "o", 10); err != nil || len(list) != 2 || list[0] != two {
		t.Errorf("%+v, %v", list, err)
	}
	order := desk.ReportOrder{Kind: "schedule", ID: "s1", Body: []byte(`{"id":"s1"}`), At: now, By: "ann"}
	for _, body := range []string{`{"id":"s1"}`, `{"id":"s1","tlp":"RED"}`} {
		order.Body = []byte(body)
		if err := b.db.PutReportOrder(ctx, "o", order); err != nil {
			t.Fatal(err)
		}
		if got, err := b.db.ReportOrders(ctx, "o", "schedule"); err != nil || len(got) != 1 || string(got[0].Body) != body || !got[0].At.Equal(now) {
			t.Errorf("%+v, %v", got, err)
		}
	}
	if got, err := b.db.ReportOrders(ctx, "o", "template"); err != nil || len(got) != 0 {
		t.Errorf("another kind: %+v, %v", got, err)
	}
	order.Body = nil
	if err := b.db.PutReportOrder(ctx, "o", order); err != nil {
		t.Fatal(err)
	}
	if got, err := b.db.ReportOrders(ctx, "o", "schedule"); err != nil || len(got) != 0 {
		t.Errorf("taken away, and there: %+v, %v", got, err)
	}
	b.verifyJournal()
}
