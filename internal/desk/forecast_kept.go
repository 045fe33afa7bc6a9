package desk

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/forecast/ledger"
	"watchfire.dev/internal/forecast/panel"
	"watchfire.dev/internal/forecast/site"
)

// Told leaves out of a record what would drown the rest: models' open forecasts, and all but
// the last that a model said of the same.
func Told(list []Kept) []Kept {
	last := map[string]time.Time{}
	key := func(k Kept) string { return k.Kind + " " + k.Maker + " " + k.Subject + " " + k.Period }
	for _, k := range list {
		if k.Issued.After(last[key(k)]) {
			last[key(k)] = k.Issued
		}
	}
	return slices.DeleteFunc(slices.Clone(list), func(k Kept) bool {
		return k.Kind == string(ledger.Model) && (k.Resolved.IsZero() || k.Issued.Before(last[key(k)]))
	})
}

// newestFirst orders a record by what happened last; people stand before models, and what
// came or was likely before what neither came nor was.
func newestFirst(list []Kept) {
	last := func(k Kept) time.Time {
		if k.Resolved.IsZero() {
			return k.Issued
		}
		return k.Resolved
	}
	slices.SortStableFunc(list, func(a, b Kept) int {
		return cmp.Or(last(b).Compare(last(a)), cmp.Compare(a.Kind, b.Kind), cmp.Compare(b.Brier, a.Brier), b.Issued.Compare(a.Issued), cmp.Compare(a.Subject, b.Subject), cmp.Compare(a.Period, b.Period))
	})
}

func keptCountries(list []ledger.Entry) []Kept {
	out := make([]Kept, 0, len(list))
	for _, e := range list {
		u, _ := panel.ByID(e.Unit)
		k := Kept{
			Kind: string(e.Kind), Maker: e.Maker, Name: e.Name, Subject: u.ISO(), Period: e.Month.String(), Threshold: e.Threshold, Chance: e.Chance, Base: e.Base,
			Persistence: e.Persistence, Issued: e.Issued, Known: e.Origin.String(), Note: e.Note, Until: e.Until, Resolved: e.Resolved,
		}
		if !e.Resolved.IsZero() {
			k.Outcome, k.Hit = e.Outcome, e.Outcome >= e.Threshold
			k.Brier = brier(k.Chance, k.Hit)
		}
		out = append(out, k)
	}
	return out
}

func keptPlaces(list []site.Entry) []Kept {
	out := make([]Kept, 0, len(list))
	for _, e := range list {
		k := Kept{
			Kind: string(e.Kind), Maker: e.Maker, Name: e.Name, Subject: e.Place + " " + string(e.Family), Period: e.Week.String(), Threshold: 1, Chance: e.Chance, Base: e.Base,
			Persistence: e.Persistence, Issued: e.Issued, Known: e.Issued.UTC().Format(time.RFC3339), Note: e.Note, Resolved: e.Resolved, Void: e.Void,
		}
		if !e.Resolved.IsZero() && !e.Void {
			k.Outcome, k.Hit = float64(e.Outcome), e.Outcome > 0
			k.Brier = brier(k.Chance, k.Hit)
		}
		out = append(out, k)
	}
	return out
}

func brier(chance float64, hit bool) float64 {
	if hit {
		return (1 - chance) * (1 - chance)
	}
	return chance * chance
}

// Kept is the whole record of countries or places, newest first.
func (d *Desk) Kept(ctx context.Context, who Principal, scale string) ([]Kept, error) {
	if err := d.mayForecast(who, CanRead); err != nil {
		return nil, err
	}
	var out []Kept
	switch scale {
	case "country", "":
		list, err := d.cfg.Ahead.Forecasts(ctx, who.Org, false)
		if err != nil {
			return nil, err
		}
		out = keptCountries(list)
	case "site":
		list, err := d.cfg.Ahead.SiteForecasts(ctx, who.Org, "")
		if err != nil {
			return nil, err
		}
		out = keptPlaces(list)
	default:
		return nil, fmt.Errorf("scale %.20q, want country or site: %w", scale, fault.ErrInvalid)
	}
	newestFirst(out)
	return out, nil
}
