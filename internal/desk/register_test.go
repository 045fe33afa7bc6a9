package desk

import (
	"context"
	"errors"
	"testing"
	"time"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/register"
)

// riskShelf keeps risks in memory; everything else that a desk asks for is missing on purpose.
type riskShelf struct {
	Store
	kept   map[string][]StoredRisk // by code, newest first
	alarms map[string]int
	runs   []RiskRun
}

func (s *riskShelf) PortfolioAt(context.Context, string, int64) (portfolio.Portfolio, error) {
	return portfolio.Portfolio{Projects: []portfolio.Project{{ID: "p", Code: "rail", Name: "Rail"}}}, nil
}

func (s *riskShelf) Risks(context.Context, string) ([]StoredRisk, error) {
	var out []StoredRisk
	for _, v := range s.kept {
		if !v[0].Gone {
			out = append(out, v[0])
		}
	}
	return out, nil
}

func (s *riskShelf) RiskVersions(_ context.Context, _, code string) ([]StoredRisk, error) {
	return s.kept[code], nil
}

func (s *riskShelf) PutRisks(_ context.Context, _ string, risks []StoredRisk, entries ...journal.Draft) error {
	if len(entries) != len(risks) {
		return errors.New("a change without an entry in the journal")
	}
	for _, r := range risks {
		s.kept[r.Entry.Code] = append([]StoredRisk{r}, s.kept[r.Entry.Code]...)
	}
	return nil
}

func (s *riskShelf) RiskContext(context.Context, string) (register.Context, error) {
	return register.Context{}, nil
}

func (s *riskShelf) RiskRuns(context.Context, string, int) ([]RiskRun, error) { return s.runs, nil }

func (s *riskShelf) PutRiskRun(_ context.Context, _ string, r RiskRun, _ journal.Draft) error {
	s.runs = []RiskRun{r}
	return nil
}

func (s *riskShelf) PutAlarm(_ context.Context, _, alarm string, _ journal.Draft) (bool, error) {
	s.alarms[alarm]++
	return s.alarms[alarm] == 1, nil
}

// TestRegisterByHand: who may, what an old version is told, how a change is taken back, that
// a run is stale after a change, and that what is overdue is said by name.
func TestRegisterByHand(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	shelf := &riskShelf{kept: map[string][]StoredRisk{}, alarms: map[string]int{}}
	now := time.Date(2026, 10, 8, 9, 0, 0, 0, time.UTC)
	d := New(Config{Store: shelf, Now: func() time.Time { return now }})
	ann := Principal{Org: "o", Account: "acc_ann", Scopes: Analyst.Scopes()}
	e := register.Entry{
		Code: "R-1", Title: "Flood", Project: "rail", Dimension: "natural", Frequency: register.Frequency{PriorEvents: 1, PriorYears: 5}, Impact: register.Impact{Days: register.Size{P50: 2, P90: 9}},
		Actions: []register.Action{{Code: "A1", Title: "Raise the dam", Due: "2026-09-01"}},
	}
	if _, err := d.PutRisk(ctx, Principal{Org: "o", Scopes: Reader.Scopes()}, NewRisk, e); !errors.Is(err, fault.ErrForbidden) {
		t.Errorf("a reader wrote a risk: %v", err)
	}
	if _, err := d.PutRisk(ctx, ann, NewRisk, e); err != nil {
		t.Fatal(err)
	}
	var changed *fault.Changed
	if _, err := d.PutRisk(ctx, ann, NewRisk, e); !errors.As(err, &changed) || changed.Version != 1 || changed.By != "acc_ann" {
		t.Errorf("a new risk over an old one: %v", err)
	}
	if run, err := d.RunRegister(ctx, ann, register.Options{Draws: 200}); err != nil || run.Run.Seed != 20261008 {
		t.Errorf("seed %d, %v; want the day", run.Run.Seed, err)
	}
	stale := func() bool {
		card, err := d.Register(ctx, ann)
		if err != nil || card.Run == nil {
			t.Fatal(card, err)
		}
		return card.Run.Stale
	}
	if stale() {
		t.Error("a fresh run is called stale")
	}
	big := e
	big.Title = "Great flood"
	if _, err := d.PutRisk(ctx, ann, 1, big); err != nil || !stale() {
		t.Errorf("after a change: %v, or the run is not stale", err)
	}
	if _, err := d.PutRisk(ctx, ann, 1, big); !errors.As(err, &changed) {
		t.Errorf("an old version: %v", err)
	}
	if r, err := d.RestoreRisk(ctx, ann, "R-1", 2, 1); err != nil || r.Version != 3 || r.Undoes != 2 || r.Entry.Title != "Flood" || stale() {
		t.Errorf("taken back: %+v, %v", r, err)
	}
	wrong := e
	wrong.Project = "nowhere"
	if _, err := d.PutRisk(ctx, ann, 0, wrong); !errors.Is(err, fault.ErrInvalid) {
		t.Errorf("a project that the portfolio does not know: %v", err)
	}
	for range 2 {
		if err := d.RemindRegister(ctx, "o"); err != nil {
			t.Fatal(err)
		}
	}
	if len(shelf.alarms) != 1 || shelf.alarms["register action R-1 A1 2026-09-01"] != 2 {
		t.Errorf("overdue: %v", shelf.alarms)
	}
	if _, err := d.RestoreRisk(ctx, ann, "R-1", 3, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Risk(ctx, ann, "R-1"); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("a removed risk is shown: %v", err)
	}
	if _, err := d.PutRisk(ctx, ann, NewRisk, e); err != nil || shelf.kept["R-1"][0].Version != 5 {
		t.Errorf("written anew after the removal: %v, %+v", err, shelf.kept["R-1"][0])
	}
}
