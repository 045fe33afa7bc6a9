package desk

import (
	"context"
	"time"

	"watchfire.dev/internal/forecast/ladder"
	"watchfire.dev/internal/forecast/ledger"
	"watchfire.dev/internal/forecast/site"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/portfolio"
)

// lateForecasts are those that should be kept and are not: blind spots of the desk itself. An
// organisation that has handed in no panel, and has no places forecast, has none.
func (d *Desk) lateForecasts(ctx context.Context, org string, p portfolio.Portfolio) ([]BlindSpot, error) {
	if d.cfg.Ahead == nil {
		return nil, nil
	}
	s, err := d.forecastsNow(ctx, org)
	if err != nil {
		return nil, err
	}
	return d.lateOf(org, p, s), nil
}

// lateOf is lateForecasts of what was read.
func (d *Desk) lateOf(org string, p portfolio.Portfolio, s forecastsNow) []BlindSpot {
	now := d.cfg.Now()
	var out []BlindSpot
	d.ahead.mu.Lock()
	if bad, ok := d.ahead.refused[org]; ok {
		out = append(out, BlindSpot{Reason: "forecast_refused", Source: bad.file, Since: bad.since})
	}
	d.ahead.mu.Unlock()
	if newest := s.newest; s.panel {
		last := newest.Last.String()
		if due := newest.At.Add(panelGrace); newest.Last > s.Origin && newest.Last+ladder.Horizons >= ledger.MonthAt(now) && !now.Before(due) {
			out = append(out, BlindSpot{Reason: "forecast_late", Source: last, Since: due})
		}
		if due := ledger.Ends(newest.Last + 1).Add(panelDue); !now.Before(due) {
			out = append(out, BlindSpot{Reason: "forecast_panel", Source: last, Since: due})
		}
	}
	if this := site.WeekAt(now); s.Week > 0 && s.Week < this && len(p.Projects) > 0 {
		out = append(out, BlindSpot{Reason: "forecast_site", Source: this.String(), Since: this.Starts()})
	}
	return out
}

// noteLateForecasts puts what is late into the journal, each once.
func (d *Desk) noteLateForecasts(ctx context.Context, who Principal, p portfolio.Portfolio) error {
	late, err := d.lateForecasts(ctx, who.Org, p)
	if err != nil {
		return err
	}
	for _, b := range late {
		entry, err := d.assessEntry(who, journal.ForecastLate, b.Reason, map[string]any{"of": b.Source, "since": b.Since.UTC().Format(time.RFC3339)})
		if err != nil {
			return err
		}
		fresh, err := d.cfg.Store.PutAlarm(ctx, who.Org, b.Reason+" "+b.Source, entry)
		if err != nil {
			return err
		}
		if fresh {
			d.changed(who.Org)
		}
	}
	return nil
}
