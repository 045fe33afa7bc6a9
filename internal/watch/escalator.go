package watch

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/response"
)

// DueStore finds escalations whose time has come.
type DueStore interface {
	DueEscalations(ctx context.Context, now time.Time, limit int) ([]response.EscalationState, error)
}

// An Escalator looks for warnings that nobody has answered in time, in every process and
// independent of the job queue. Service.Escalate does nothing for one that was dealt with
// meanwhile, so that it does not matter who finds it.
type Escalator struct {
	Store   DueStore
	Service *Service
	Now     clock.Clock
	Every   time.Duration
	Log     *slog.Logger
}

// Run looks until ctx ends.
func (e *Escalator) Run(ctx context.Context) error {
	tick := time.NewTicker(e.Every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		e.Look(ctx)
	}
}

// Look asks the next step of every escalation that is due now.
func (e *Escalator) Look(ctx context.Context) {
	due, err := e.Store.DueEscalations(ctx, e.Now(), 200)
	if err != nil {
		e.Log.Error("look for due escalations", "error", err)
		return
	}
	for _, d := range due {
		if err := e.Service.Escalate(ctx, d.Org, d.Warning, d.Revision, "system", false); err != nil && ctx.Err() == nil {
			e.Log.Error("escalate", "warning", d.Warning, "error", err)
		}
	}
}

// EscalateJob works a job of kind "escalate": its key names warning, revision and step.
func (s *Service) EscalateJob(ctx context.Context, key string) error {
	f := strings.Fields(key)
	if len(f) != 3 {
		return fmt.Errorf("escalation job %q: want warning, revision and step: %w", key, fault.ErrInvalid)
	}
	revision, err := strconv.Atoi(f[1])
	if err != nil {
		return fmt.Errorf("escalation job %q: %w: %w", key, fault.ErrInvalid, err)
	}
	esc, err := s.cfg.Store.Escalation(ctx, f[0])
	if err != nil {
		return quiet(err)
	}
	return s.Escalate(ctx, esc.Org, f[0], revision, "system", false)
}
