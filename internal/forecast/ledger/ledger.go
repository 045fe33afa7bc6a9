// Package ledger keeps forecasts that were written down before anybody could know, a model's
// and a person's alike, until the outcome is there and scores them. An entry never changes
// but for its outcome, which is filled in once. It is about one yes-or-no question, at least
// so many deaths in one country and month, and carries beside its own chance the base rate
// and what persistence would have said, so that every score has its yardsticks. The package
// is pure: the store keeps the entries, the caller says what time it is.
package ledger

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/forecast/dist"
	"watchfire.dev/internal/forecast/ladder"
	"watchfire.dev/internal/forecast/panel"
)

// Threshold is the number of deaths in a month that a model's entries ask about.
const Threshold = 25

// Levels is the number of quantiles that an entry of a model keeps, at (i+½)/Levels.
const Levels = 100

// Kind says who made a forecast.
type Kind string

// The kinds.
const (
	Model   Kind = "model"
	Analyst Kind = "analyst"
)

// Entry is one forecast.
type Entry struct {
	Org         string
	Kind        Kind
	Maker       string // rung of the ladder, or account
	Unit        int    // country
	Month       panel.Month
	Threshold   float64   // whole deaths; the question is "at least so many"
	Chance      float64   // given to it
	Base        float64   // share of the last five years' months in which it was so
	Persistence float64   // 1 when it was so in the last month known, else 0
	Quantiles   dist.Grid // of a model: deaths, Levels of them; nil = a certain zero, or an analyst
	Origin      panel.Month
	Issued      time.Time
	Note        string // an analyst's reason, "" of a model
	Resolved    time.Time
	Outcome     float64 // deaths; meaningless before Resolved
}

// Ends gives the first instant after the month, in UTC.
func Ends(m panel.Month) time.Time {
	next := int(m) // months since December 1979, so that this is the index of the next one
	return time.Date(1980+next/12, time.Month(next%12+1), 1, 0, 0, 0, 0, time.UTC)
}

// Check says why an entry may not be kept: fault.ErrInvalid where it makes no sense,
// fault.ErrStale where its month is over, so that somebody may know the outcome.
func (e Entry) Check() error {
	switch {
	case e.Org == "" || e.Maker == "" || (e.Kind != Model && e.Kind != Analyst):
		return fmt.Errorf("forecast without organisation, maker or kind: %w", fault.ErrInvalid)
	case !(e.Chance >= 0 && e.Chance <= 1):
		return fmt.Errorf("forecast of %s by %s: chance %v: want 0 to 1: %w", e.Month, e.Maker, e.Chance, fault.ErrInvalid)
	case !(e.Threshold >= 1 && e.Threshold <= 1e6) || e.Threshold != math.Trunc(e.Threshold):
		return fmt.Errorf("forecast of %s by %s: threshold %v: want whole deaths: %w", e.Month, e.Maker, e.Threshold, fault.ErrInvalid)
	case e.Origin >= e.Month:
		return fmt.Errorf("forecast of %s by %s: its data go to %s: %w", e.Month, e.Maker, e.Origin, fault.ErrInvalid)
	case !e.Issued.Before(Ends(e.Month)):
		return fmt.Errorf("forecast of %s by %s: the month is over: %w", e.Month, e.Maker, fault.ErrStale)
	}
	return nil
}

// Issue makes the entries of a model's forecast: one a country and month ahead that is not
// over yet.
func Issue(org, rung string, v panel.View, field ladder.Field, now time.Time) []Entry {
	var out []Entry
	for i, u := range v.Units() {
		base, last := yardsticks(v.Series(i), Threshold)
		for h, g := range field[i] {
			e := Entry{
				Org: org, Kind: Model, Maker: rung, Unit: u.ID, Month: v.Origin() + panel.Month(h+1), Threshold: Threshold,
				Chance: g.Exceeds(Threshold), Base: base, Persistence: last, Quantiles: thin(g), Origin: v.Origin(), Issued: now,
			}
			if e.Check() == nil {
				out = append(out, e)
			}
		}
	}
	return out
}

// Say makes a person's forecast of one country, by name or id, with the yardsticks of what
// was known then. An error is what Check says, or fault.ErrNotFound for a country that the
// view has not.
func Say(org, maker string, v panel.View, country string, m panel.Month, threshold, chance float64, why string, now time.Time) (Entry, error) {
	for i, u := range v.Units() {
		if u.Name != country && strconv.Itoa(u.ID) != country {
			continue
		}
		base, last := yardsticks(v.Series(i), threshold)
		e := Entry{
			Org: org, Kind: Analyst, Maker: maker, Unit: u.ID, Month: m, Threshold: threshold, Chance: chance,
			Base: base, Persistence: last, Origin: v.Origin(), Issued: now, Note: why,
		}
		return e, e.Check()
	}
	return Entry{}, fmt.Errorf("country %q: not in the panel: %w", country, fault.ErrNotFound)
}

func yardsticks(series []float64, threshold float64) (base, last float64) {
	months, hits := series[max(0, len(series)-60):], 0
	for _, y := range months {
		if y >= threshold {
			hits++
		}
	}
	base = float64(hits) / float64(len(months))
	if series[len(series)-1] >= threshold {
		last = 1
	}
	return base, last
}

func thin(g dist.Grid) dist.Grid {
	if g == nil {
		return nil
	}
	out := make(dist.Grid, Levels)
	for i := range out {
		out[i] = math.Round(g[(2*i+1)*dist.Size/(2*Levels)]*1000) / 1000
	}
	if out[Levels-1] <= 0 {
		return nil
	}
	return out
}

// Resolve fills in the outcomes that the panel knows of months that are over, and returns
// the entries that it could.
func Resolve(open []Entry, p panel.Panel, now time.Time) []Entry {
	var out []Entry
	for _, e := range open {
		y, known := p.Value(e.Unit, e.Month)
		if !known || !e.Resolved.IsZero() || now.Before(Ends(e.Month)) {
			continue
		}
		e.Outcome, e.Resolved = y, now
		out = append(out, e)
	}
	return out
}
