package storetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/register"
)

// TestRegisterOnDisk: versions follow one another, several risks are stored together or not
// at all, another organisation sees nothing, and every change stands in the journal.
func TestRegisterOnDisk(t *testing.T, empty Maker) {
	t.Parallel()
	b := night(t, empty(t))
	ctx := t.Context()
	entry := func(code, title string) register.Entry {
		return register.Entry{
			Code: code, Title: title, Dimension: "natural", Frequency: register.Frequency{PriorEvents: 1, PriorYears: 5}, Impact: register.Impact{Days: register.Size{P50: 2, P90: 9}},
			Controls: []register.Control{{Code: "C1", Title: "Dam", Effect: register.Preventive, Evidence: []register.Evidence{{Text: "photo", Day: "2026-01-02"}}}},
		}
	}
	risk := func(code, title string, version int64) desk.StoredRisk {
		return desk.StoredRisk{Entry: entry(code, title), Version: version, At: b.clock(), Actor: "ann", What: "written"}
	}
	put := func(risks ...desk.StoredRisk) error {
		var drafts []journal.Draft
		for _, r := range risks {
			drafts = append(drafts, journal.Draft{At: b.clock(), Org: "o", Kind: journal.RegisterChanged, Actor: "ann", Subject: r.Entry.Code})
		}
		return b.db.PutRisks(ctx, "o", risks, drafts...)
	}
	if err := errors.Join(put(risk("R-2", "Flood", 1), risk("R-1", "Fire", 1)), put(risk("R-1", "Great fire", 2))); err != nil {
		t.Fatal(err)
	}
	if err := put(risk("R-3", "Storm", 1), risk("R-1", "Stale", 2)); !errors.Is(err, fault.ErrConflict) {
		t.Errorf("a stale version: %v", err)
	}
	titles := func(org string) string {
		list, err := b.db.Risks(ctx, org)
		if err != nil {
			t.Fatal(err)
		}
		out := ""
		for _, r := range list {
			out += fmt.Sprintf("%s %d %s|", r.Entry.Code, r.Version, r.Entry.Title)
		}
		return out
	}
	if got := titles("o"); got != "R-1 2 Great fire|R-2 1 Flood|" {
		t.Errorf("the register: %s; the storm must not be there", got)
	}
	if got := titles("x"); got != "" {
		t.Errorf("another organisation sees %s", got)
	}
	gone := risk("R-2", "Flood", 2)
	gone.Gone, gone.Undoes, gone.What = true, 1, "removed"
	if err := put(gone); err != nil {
		t.Fatal(err)
	}
	if got := titles("o"); got != "R-1 2 Great fire|" {
		t.Errorf("after the removal: %s", got)
	}
	v, err := b.db.RiskVersions(ctx, "o", "R-2")
	if err != nil || len(v) != 2 || !v[0].Gone || v[0].Undoes != 1 || v[1].Gone || v[1].Entry.Controls[0].Evidence[0].Text != "photo" || !v[1].At.Equal(b.clock()) {
		t.Errorf("%+v, %v", v, err)
	}
	if v, err := b.db.RiskVersions(ctx, "x", "R-2"); err != nil || len(v) != 0 {
		t.Errorf("another organisation sees versions %+v, %v", v, err)
	}

	c := register.Context{Version: 1, Scopes: []register.Scope{{ContractValue: 1e8}}, Appetite: []register.Line{{Score: 9}}}
	draft := journal.Draft{At: b.clock(), Org: "o", Kind: journal.RegisterChanged, Actor: "ann", Subject: "context"}
	if err := b.db.PutRiskContext(ctx, "o", "ann", c, draft); err != nil {
		t.Fatal(err)
	}
	if err := b.db.PutRiskContext(ctx, "o", "ann", c, draft); !errors.Is(err, fault.ErrConflict) {
		t.Errorf("the same version twice: %v", err)
	}
	if got, err := b.db.RiskContext(ctx, "o"); err != nil || got.Version != 1 || got.Appetite[0].Score != 9 {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := b.db.RiskContext(ctx, "x"); err != nil || got.Version != 0 {
		t.Errorf("another organisation sees %+v, %v", got, err)
	}

	for i, name := range []string{"rsk_a", "rsk_b"} {
		run, err := register.Simulate([]register.Entry{entry("R-1", "Fire")}, c, b.clock().Add(time.Duration(i)*time.Minute), register.Options{Seed: 7, Draws: 500})
		if err != nil {
			t.Fatal(err)
		}
		if err := b.db.PutRiskRun(ctx, "o", desk.RiskRun{ID: name, Actor: "ann", Run: run}, journal.Draft{At: b.clock(), Org: "o", Kind: journal.RegisterRun, Actor: "ann", Subject: name}); err != nil {
			t.Fatal(err)
		}
	}
	runs, err := b.db.RiskRuns(ctx, "o", 5)
	if err != nil || len(runs) != 2 || runs[0].ID != "rsk_b" || runs[0].Run.Seed != 7 || runs[0].Run.Total(register.Residual).Days.Mean != runs[1].Run.Total(register.Residual).Days.Mean {
		t.Errorf("%+v, %v", runs, err)
	}
	if b.kinds(journal.RegisterChanged) != 5 || b.kinds(journal.RegisterRun) != 2 {
		t.Errorf("%d changes, %d runs in the journal", b.kinds(journal.RegisterChanged), b.kinds(journal.RegisterRun))
	}
	b.verifyJournal()
}
