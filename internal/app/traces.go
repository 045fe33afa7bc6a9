package app

import (
	"context"

	"watchfire.dev/internal/otlp"
)

// startTraces hands traces to the collector that the configuration names.
func (a *App) startTraces(ctx context.Context) error {
	t := a.cfg.Health.Traces
	if t.Endpoint == "" {
		return nil
	}
	share := t.Share
	if share == 0 {
		share = 1
	}
	var err error
	a.trace, a.untrace, err = otlp.Start(context.WithoutCancel(ctx), t.Endpoint, a.opts.Version, share)
	return err
}
