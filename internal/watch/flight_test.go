package watch

import (
	"context"
	"errors"
	"testing"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/warning"
)

// gate is a store of one organisation that holds nothing; each commit waits for its outcome.
type gate struct {
	came    chan *Batch
	outcome chan error
}

func (g *gate) Orgs(context.Context) ([]string, error) { return []string{"o"}, nil }
func (g *gate) Known(context.Context, []string) (map[string]bool, error) {
	return map[string]bool{}, nil
}
func (g *gate) Asked(context.Context, string) ([]response.Asked, error) { return nil, nil }
func (g *gate) Load(context.Context, string, time.Time) (State, error)  { return State{Now: t0}, nil }

func (g *gate) Escalation(context.Context, string) (response.EscalationState, error) {
	return response.EscalationState{}, fault.ErrNotFound
}

func (g *gate) Commit(_ context.Context, b *Batch) error {
	g.came <- b
	return <-g.outcome
}

// What was decided while a commit was under way that failed is void: it is never committed,
// both callers hear of it, and what comes next is decided from what the store holds.
func TestWhatWasBuiltOnAFailedCommitIsVoid(t *testing.T) {
	t.Parallel()
	g := &gate{came: make(chan *Batch), outcome: make(chan error)}
	decided := make(chan struct{}, 9)
	s := NewService(Config{
		Store: g, Now: func() time.Time { return t0.Add(1) }, Policy: warning.DefaultPolicy(),
		Matcher: func(portfolio.Portfolio) Matcher { return &flat{settled: true} }, Rater: func([]RuleVersion) (Rater, error) { return nil, nil },
		Dispatch: func([]response.Notification) {}, Changed: func(string) {},
		Failpoint: func(step string) {
			if step == "merged" {
				decided <- struct{}{}
			}
		},
	})
	ctx, cancel := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- s.Run(ctx) }()
	report := func(version int) chan error {
		done := make(chan error, 1)
		go func() {
			_, err := s.Observe(ctx, Observation{Signals: []event.Signal{told(0, 1, version, event.Report, 1, 1)}})
			done <- err
		}()
		return done
	}
	first := report(1)
	<-decided
	<-g.came // the first is on its way
	second := report(2)
	<-decided // and the second is decided on top of it
	full := errors.New("the disk is full")
	g.outcome <- full
	for _, done := range []chan error{first, second} {
		if err := <-done; !errors.Is(err, full) || !errors.Is(err, fault.ErrUnavailable) {
			t.Errorf("a caller heard %v", err)
		}
	}
	third := report(3)
	<-decided
	b := <-g.came
	if len(b.Signals) != 1 || b.Signals[0].Version != "3" || len(b.Decisions) == 0 || b.Decisions[0].Event == nil || b.Decisions[0].Event.Revision != 1 || len(b.Decisions[0].Event.Reports) != 1 {
		t.Errorf("committed next: %d signals, %+v", len(b.Signals), b.Decisions)
	}
	g.outcome <- nil
	if err := <-third; err != nil {
		t.Error(err)
	}
	cancel()
	if err := <-ran; err != nil {
		t.Error(err)
	}
}
