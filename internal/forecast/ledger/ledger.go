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
	"slices"
	"strconv"
	"strings"
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

// MostNote bounds a reason, in bytes.
const MostNote = 2000

// Kind says who made a forecast.
type Kind string

// The kinds.
const (
	Model   Kind = "model"
	Analyst Kind = "analyst"
	// Override is a person's forecast that stands in the place of the model's until it ends.
	Override Kind = "override"
)

// Kinds lists them, models first.
func Kinds() []Kind { return []Kind{Model, Override, Analyst} }

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
	Note        string    // a person's reason, "" of a model
	Name        string    // of the person as it was then, "" of a model
	Until       time.Time // of an override: from then on the model's counts again
	Panel       string    // SHA-256 of the panel that a model saw
	Seed        uint64    // of a model
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
	case e.Org == "" || e.Maker == "" || !slices.Contains(Kinds(), e.Kind):
		return fmt.Errorf("forecast without organisation, maker or kind: %w", fault.ErrInvalid)
	case e.Kind == Override && strings.TrimSpace(e.Note) == "":
		return fmt.Errorf("override of %s by %s: it needs a reason: %w", e.Month, e.Maker, fault.ErrInvalid)
	case e.Kind == Override && (!e.Until.After(e.Issued) || e.Until.After(Ends(e.Month))):
		return fmt.Errorf("override of %s by %s: it must end after now and by the end of the month: %w", e.Month, e.Maker, fault.ErrInvalid)
	case len(e.Note) > MostNote:
		return fmt.Errorf("forecast of %s by %s: a reason of %d bytes: %w", e.Month, e.Maker, len(e.Note), fault.ErrTooLarge)
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

// A Source is what a model's forecast was made by and from.
type Source struct {
	Rung  string
	Panel string // SHA-256
	Seed  uint64
}

// Issue makes the entries of a model's forecast: one a country and month ahead that is not
// over yet.
func Issue(org string, from Source, v panel.View, field ladder.Field, now time.Time) []Entry {
	var out []Entry
	for i, u := range v.Units() {
		base, last := yardsticks(v.Series(i), Threshold)
		for h, g := range field[i] {
			e := Entry{
				Org: org, Kind: Model, Maker: from.Rung, Panel: from.Panel, Seed: from.Seed, Unit: u.ID, Month: v.Origin() + panel.Month(h+1), Threshold: Threshold,
				Chance: g.Exceeds(Threshold), Base: base, Persistence: last, Quantiles: thin(g), Origin: v.Origin(), Issued: now,
			}
			if e.Check() == nil {
				out = append(out, e)
			}
		}
	}
	return out
}

// A Statement is what a person says of one country and month.
type Statement struct {
	Maker, Name string // account, and what it is called
	Country     string // name or id, as in the panel
	Month       panel.Month
	Threshold   float64 // whole deaths
	Chance      float64
	Why         string
	Override    bool      // it stands in the place of the model's
	Until       time.Time // of an override; zero = the end of the month
}

// Say makes a person's forecast with the yardsticks of what was known then. An error is what
// Check says, or fault.ErrNotFound for a country that the view has not.
func Say(org string, v panel.View, x Statement, now time.Time) (Entry, error) {
	for i, u := range v.Units() {
		if u.Name != x.Country && strconv.Itoa(u.ID) != x.Country {
			continue
		}
		base, last := yardsticks(v.Series(i), x.Threshold)
		e := Entry{
			Org: org, Kind: Analyst, Maker: x.Maker, Name: x.Name, Unit: u.ID, Month: x.Month, Threshold: x.Threshold, Chance: x.Chance,
			Base: base, Persistence: last, Origin: v.Origin(), Issued: now, Note: x.Why,
		}
		if x.Override {
			e.Kind, e.Until = Override, x.Until
			if e.Until.IsZero() {
				e.Until = Ends(x.Month)
			}
		}
		return e, e.Check()
	}
	return Entry{}, fmt.Errorf("country %.80q: not in the panel: %w", x.Country, fault.ErrNotFound)
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
