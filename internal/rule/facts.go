package rule

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure"
	"watchfire.dev/internal/geo"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/portfolio"
)

// facts are the variables of one evaluation: they answer the fields of the nouns straight
// from our own structures, computing what is not stored when it is first asked for. One
// goroutine uses them.
type facts struct {
	e     event.Event
	x     exposure.Exposure
	a     portfolio.Asset
	zones *zones

	event, exposure, asset object

	reported         bool
	sources, grades  []string
	best             string
	news, instrument bool
	region           *geo.Region
	measured         ref.Val
}

var _ cel.Activation = (*facts)(nil)

func (f *facts) fill(e event.Event, x exposure.Exposure, a portfolio.Asset, z *zones, l *language) {
	f.e, f.x, f.a, f.zones = e, x, a, z
	f.event, f.exposure, f.asset = object{l.nouns[0].typ, f}, object{l.nouns[1].typ, f}, object{l.nouns[2].typ, f}
}

// ResolveName implements cel.Activation.
func (f *facts) ResolveName(name string) (any, bool) {
	switch name {
	case "event":
		return &f.event, true
	case "exposure":
		return &f.exposure, true
	case "asset":
		return &f.asset, true
	}
	return nil, false
}

// Parent implements cel.Activation.
func (f *facts) Parent() cel.Activation { return nil }

// report reads the standing reports: sources sorted, each with its best grade.
func (f *facts) report() {
	if f.reported {
		return
	}
	f.reported, f.best, f.news = true, "F6", false
	live := 0
	for i := range f.e.Reports {
		r := &f.e.Reports[i]
		if r.Stand != event.Live {
			continue
		}
		live++
		f.news = (f.news || live == 1) && r.News
		f.instrument = f.instrument || r.Instrument
		grade := gradeOf(r.Grade)
		f.best = better(f.best, grade)
		at, found := slices.BinarySearch(f.sources, r.Source)
		if found {
			f.grades[at] = better(f.grades[at], grade)
		} else {
			f.sources, f.grades = slices.Insert(f.sources, at, r.Source), slices.Insert(f.grades, at, grade)
		}
	}
}

// gradeOf writes an Admiralty grade as people do, "B2"; what is not graded is "F6".
func gradeOf(g event.Grade) string {
	letter, digit := "F", 6
	if len(g.Reliability) == 1 && strings.Contains("ABCDEF", g.Reliability) {
		letter = g.Reliability
	}
	if g.Credibility >= 1 && g.Credibility <= 6 {
		digit = g.Credibility
	}
	return letter + string(rune('0'+digit))
}

func better(a, b string) string { return min(a, b) }

// age is the time from when it happened, else from the first report, to this revision of
// the event, in hours.
func (f *facts) age() float64 {
	from := f.e.Occurred
	for i := range f.e.Reports {
		if r := f.e.Reports[i]; f.e.Occurred.IsZero() && !r.Received.IsZero() && (from.IsZero() || r.Received.Before(from)) {
			from = r.Received
		}
	}
	return hours(from, f.e.Updated)
}

// eta is the time until it is felt at the asset in hours; 0 = now, past or not known.
func (f *facts) eta() float64 {
	h := hours(f.e.Updated, f.x.ETA)
	if math.IsNaN(h) {
		return 0
	}
	return max(0, h)
}

func (f *facts) measures() ref.Val {
	if f.measured == nil {
		values := make(map[ref.Val]ref.Val, len(f.e.Measures))
		for _, m := range f.e.Measures {
			key := types.String(cut(m.Name, maxText))
			if _, known := values[key]; !known && len(values) < maxMeasure && !math.IsNaN(m.Value) && !math.IsInf(m.Value, 0) {
				values[key] = types.Double(m.Value)
			}
		}
		f.measured = types.NewRefValMap(types.DefaultTypeAdapter, values)
	}
	return f.measured
}

// maxVertices bounds the work of within for one asset.
const maxVertices = 2_000

// assetWithin tells whether any part of the asset lies within km of a point.
func (f *facts) assetWithin(p geo.Point, km float64) (bool, error) {
	s := f.a.Shape
	switch {
	case s.IsZero():
		return false, unknownError{"asset place"}
	case len(s.Points) == 1:
		return geo.DistanceKM(p, s.Points[0])-s.RadiusKM <= km, nil
	case s.Vertices() > maxVertices:
		return false, fmt.Errorf("the outline of asset %s has %d points: within() takes up to %d", f.a.Code, s.Vertices(), maxVertices)
	}
	if f.region == nil {
		r, _, err := geo.Prepare(s)
		if err != nil {
			return false, fmt.Errorf("outline of asset %s: %w", f.a.Code, err)
		}
		f.region = r
	}
	return f.region.DistanceKM(p) <= km, nil
}

// eventWithin tells whether the centre of the event lies within km of a point.
func (f *facts) eventWithin(p geo.Point, km float64) (bool, error) {
	c, ok := f.e.Centre()
	if !ok {
		return false, unknownError{"event centre"}
	}
	return geo.DistanceKM(p, c.Shape.Points[0]) <= km, nil
}

// local is the instant of the decision in an IANA zone.
func (f *facts) local(zone string) (time.Time, error) {
	l, err := f.zones.get(zone)
	if err != nil {
		return time.Time{}, err
	}
	if f.e.Updated.IsZero() {
		return time.Time{}, unknownError{"event time"}
	}
	return f.e.Updated.In(l), nil
}

// An object is event, exposure or asset as CEL sees it: it has fields and nothing else.
type object struct {
	typ  *types.Type
	from *facts
}

var _ ref.Val = (*object)(nil)

// ConvertToNative implements ref.Val: an object is never converted.
func (o *object) ConvertToNative(t reflect.Type) (any, error) {
	return nil, fmt.Errorf("%s is not a %v", o.typ.TypeName(), t)
}

// ConvertToType implements ref.Val: an object is never converted.
func (o *object) ConvertToType(ref.Type) ref.Val {
	return types.NewErr("%s cannot be converted", o.typ.TypeName())
}

// Equal implements ref.Val: an object equals itself alone.
func (o *object) Equal(other ref.Val) ref.Val { return types.Bool(other == ref.Val(o)) }

// Type implements ref.Val.
func (o *object) Type() ref.Type { return o.typ }

// Value implements ref.Val: the getters of the fields take it.
func (o *object) Value() any { return o.from }

// constants are the names of the levels.
func constants() map[string]level.Level {
	return map[string]level.Level{"green": level.Green, "yellow": level.Yellow, "orange": level.Orange, "red": level.Red}
}
