package site

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/forecast/ledger"
)

// Maker is the name of the model, as the record shows it.
const Maker = "gamma-poisson"

// Late is how long after its week the outcome is taken: reports come late. (Design.)
const Late = 3 * 24 * time.Hour

// An Entry is a forecast that was kept before its week began.
type Entry struct {
	Org      string
	Kind     ledger.Kind
	Maker    string // Maker, or an account
	Name     string // of a person as it was then
	Issued   time.Time
	Note     string
	Forecast           // of a person: place, family, week, chance and the yardsticks
	Resolved time.Time // zero = still open
	Outcome  int       // incidents
	Void     bool      // the watch saw nothing that week: there is no outcome
}

// Check says why an entry may not be kept: fault.ErrInvalid, or fault.ErrStale where its week
// has begun.
func (e Entry) Check() error {
	switch {
	case e.Org == "" || e.Maker == "" || e.Place == "" || !slices.Contains(ledger.Kinds(), e.Kind):
		return fmt.Errorf("forecast without organisation, maker, place or kind: %w", fault.ErrInvalid)
	case !slices.Contains(Families(), e.Family):
		return fmt.Errorf("forecast of %s: no forecasts are kept of %.40q: %w", e.Place, e.Family, fault.ErrInvalid)
	case !(e.Chance >= 0 && e.Chance <= 1) || math.IsInf(e.Expected, 0) || math.IsNaN(e.Expected):
		return fmt.Errorf("forecast of %s, %s: chance %v: want 0 to 1: %w", e.Place, e.Week, e.Chance, fault.ErrInvalid)
	case e.Kind == ledger.Override && strings.TrimSpace(e.Note) == "":
		return fmt.Errorf("override of %s, %s: it needs a reason: %w", e.Place, e.Week, fault.ErrInvalid)
	case len(e.Note) > ledger.MostNote:
		return fmt.Errorf("forecast of %s, %s: a reason of %d bytes: %w", e.Place, e.Week, len(e.Note), fault.ErrTooLarge)
	case !e.Issued.Before(e.Week.Starts()):
		return fmt.Errorf("forecast of %s, %s: the week has begun: %w", e.Place, e.Week, fault.ErrStale)
	}
	return nil
}

// Issue makes entries of a week's forecasts.
func Issue(org string, list []Forecast, now time.Time) []Entry {
	out := make([]Entry, 0, len(list))
	for _, f := range list {
		out = append(out, Entry{Org: org, Kind: ledger.Model, Maker: Maker, Issued: now, Forecast: f})
	}
	return out
}

// Say makes a person's forecast, with the yardsticks of the model's view.
func Say(org string, v View, maker, name, place string, family event.Hazard, w Week, chance float64, why string, override bool, now time.Time) (Entry, error) {
	for _, f := range v.Ahead(w) {
		if f.Place != place || f.Family != family {
			continue
		}
		f.Chance, f.Low, f.High, f.Expected, f.Shape, f.Rate = chance, chance, chance, 0, 0, 0
		e := Entry{Org: org, Kind: ledger.Analyst, Maker: maker, Name: name, Issued: now, Note: why, Forecast: f}
		if override {
			e.Kind = ledger.Override
		}
		return e, e.Check()
	}
	return Entry{}, fmt.Errorf("%.80q, %.40q: no place and family of the watch: %w", place, family, fault.ErrNotFound)
}

// Resolve fills in what happened in weeks that are over for as long as reports may be late.
// An entry of a place that is no longer watched, or of a week in which nothing at all was
// seen, is void.
func Resolve(open []Entry, r Record, now time.Time) []Entry {
	v := r.At(now)
	places := map[string]int{}
	for i, h := range v.places {
		places[h.Place] = i
	}
	var out []Entry
	for _, e := range open {
		if !e.Resolved.IsZero() || now.Before(e.Week.Ends().Add(Late)) {
			continue
		}
		e.Resolved = now
		i, there := places[e.Place]
		if e.Void = !there || !v.watched[e.Week]; !e.Void {
			for _, o := range v.places[i].Near {
				if o.KM <= At && o.Hazard.Family() == e.Family && WeekAt(o.When) == e.Week {
					e.Outcome++
				}
			}
		}
		out = append(out, e)
	}
	return out
}

// Judge makes entries what is scored. Void ones are left out.
func Judge(entries []Entry) []ledger.Judged {
	var out []ledger.Judged
	for _, e := range entries {
		if e.Void {
			continue
		}
		j := ledger.Judged{
			Kind: e.Kind, Maker: e.Maker, Name: e.Name, Issued: e.Issued, Chance: e.Chance, Base: e.Base, Persistence: e.Persistence,
			Question: e.Place + " " + string(e.Family) + " " + e.Week.String(), Resolved: !e.Resolved.IsZero(), Hit: e.Outcome > 0,
		}
		if j.Resolved && e.Kind == ledger.Model {
			j.Distribution, j.CRPS = true, CRPS(e.Shape, e.Rate, e.Outcome)
		}
		out = append(out, j)
	}
	return out
}

// CRPS is the continuous ranked probability score of a number of incidents, in incidents:
// the sum over k of (F(k) − [k ≥ y])², F negative binomial.
func CRPS(shape, rate float64, y int) float64 {
	p := rate / (rate + 1)
	term, cum, sum := math.Pow(p, shape), 0.0, 0.0
	for k := 0; k < 10000; k++ {
		cum += term
		term *= (shape + float64(k)) / float64(k+1) * (1 - p)
		d := cum
		if k >= y {
			d = 1 - cum
		}
		sum += d * d
		if k >= y && 1-cum < 1e-9 {
			break
		}
	}
	return sum
}
