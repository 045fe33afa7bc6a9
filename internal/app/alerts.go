package app

import (
	"context"
	"fmt"

	"watchfire.dev/internal/fault"
)

// alerts is the organisation's own CAP feed.
type alerts struct{ *App }

// Feed implements api.Alerts.
func (a alerts) Feed(ctx context.Context, org string) ([]byte, error) {
	return nil, fmt.Errorf("feed of %s: %w", org, fault.ErrNotFound)
}

// Alert implements api.Alerts.
func (a alerts) Alert(ctx context.Context, org, warning string, revision int) ([]byte, error) {
	return nil, fmt.Errorf("alert %s: %w", warning, fault.ErrNotFound)
}
