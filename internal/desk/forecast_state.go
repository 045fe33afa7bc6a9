package desk

import (
	"context"
	"time"
)

// forecastsKept is for how long it counts as read where the forecasts of an organisation stand:
// the header of every page asks for it, and pages of forecasts several times. What this process
// writes shows at once, what another one writes after it.
const forecastsKept = 2 * time.Second

// A forecastsNow is where forecasts stand: the sum, and the panel that reaches furthest.
type forecastsNow struct {
	ForecastState
	newest ForecastPanel
	panel  bool // there is one
	read   time.Time
}

// forecastsNow is where the forecasts of an organisation stand, read once for a moment.
func (d *Desk) forecastsNow(ctx context.Context, org string) (forecastsNow, error) {
	kept := recall(&d.ahead, &d.ahead.now, org)
	if age := d.cfg.Now().Sub(kept.read); !kept.read.IsZero() && age >= 0 && age < forecastsKept {
		return kept, nil
	}
	return d.readForecasts(ctx, org)
}

// readForecasts is forecastsNow from the store.
func (d *Desk) readForecasts(ctx context.Context, org string) (forecastsNow, error) {
	out, turn := forecastsNow{read: d.cfg.Now()}, recall(&d.ahead, &d.ahead.turns, org)
	var err error
	if out.ForecastState, err = d.cfg.Ahead.ForecastState(ctx, org); err != nil {
		return out, err
	}
	if out.newest, out.panel, err = d.newestPanel(ctx, org); err != nil {
		return out, err
	}
	d.ahead.mu.Lock()
	defer d.ahead.mu.Unlock()
	if d.ahead.turns[org] == turn { // nothing was written since it was read
		if d.ahead.now == nil {
			d.ahead.now = map[string]forecastsNow{}
		}
		d.ahead.now[org] = out
	}
	return out, nil
}

// forecastsChanged forgets where forecasts stood, and tells open pages.
func (d *Desk) forecastsChanged(org string) {
	d.ahead.mu.Lock()
	if d.ahead.turns == nil {
		d.ahead.turns = map[string]int{}
	}
	d.ahead.turns[org]++
	delete(d.ahead.now, org)
	d.ahead.mu.Unlock()
	d.changed(org)
}
