package nhc

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/feed/scan"
	"watchfire.dev/internal/geo"
)

// deck is what a record says of one storm.
type deck struct {
	storm    string
	name     string
	lines    []line
	best     map[int64]*fix // best track, by Unix time
	analysis map[int64]*fix // from CARQ
	forecast map[int64]*fix // newest official one
	base     time.Time      // of that forecast
	carq     time.Time      // newest analysis
	guidance int            // rows of models
}

// add sorts a row by its technique. A newer forecast or analysis replaces an older one.
func (d *deck) add(r row) {
	if r.name != "" {
		d.name = r.name
	}
	switch r.tech {
	case "BEST":
		join(&d.best, r)
	case "CARQ":
		// Each analysis repeats the last day; only what it says of its own time is new.
		if r.at.Equal(r.base) {
			join(&d.analysis, r)
			if r.base.After(d.carq) {
				d.carq = r.base
			}
		}
	case "OFCL", "JTWC":
		if r.base.After(d.base) {
			d.base, d.forecast = r.base, nil
		}
		if r.base.Equal(d.base) {
			join(&d.forecast, r)
		}
	default:
		d.guidance++
	}
}

// join adds a row to the fix of its time: decks repeat the fix for each wind radius.
func join(fixes *map[int64]*fix, r row) {
	if *fixes == nil {
		*fixes = make(map[int64]*fix)
	}
	f := (*fixes)[r.at.Unix()]
	if f == nil {
		f = &fix{TrackPoint: event.TrackPoint{At: r.at, Place: r.place, WindKT: r.wind}, pressure: r.pressure, class: r.class}
		(*fixes)[r.at.Unix()] = f
	}
	if r.level >= 0 {
		f.Radii[r.level] = r.radii
	}
}

func sorted(fixes map[int64]*fix) []*fix {
	out := make([]*fix, 0, len(fixes))
	for _, f := range fixes {
		out = append(out, f)
	}
	slices.SortFunc(out, func(a, b *fix) int { return a.At.Compare(b.At) })
	return out
}

// signal makes the signal of a storm: the newest fix is its centre, the older ones its past,
// the official forecast continues its track.
func (d *deck) signal() (event.Signal, error) {
	s := event.Signal{Act: event.Report, Hazard: event.Cyclone, Certainty: "Observed", Instrument: true}
	var err error
	if s.Key, err = stormKey(d.storm); err != nil {
		return s, err
	}
	for at, f := range d.analysis { // the best track, where there is one, is the better word
		if d.best[at] == nil {
			if d.best == nil {
				d.best = make(map[int64]*fix)
			}
			d.best[at] = f
		}
	}
	observed := sorted(d.best)
	forecast := sorted(d.forecast)
	if len(observed) == 0 && len(forecast) > 0 {
		observed, forecast = forecast[:1], forecast[1:] // a forecast begins with the fix it starts from
	}
	if len(observed) == 0 {
		return s, fmt.Errorf("storm %s: only guidance of models, no best track, analysis or official forecast: %w", d.storm, fault.ErrInvalid)
	}
	now := observed[len(observed)-1]
	s.Published = now.At
	if d.base.After(s.Published) {
		s.Published = d.base
	}
	s.Occurred, s.Type = observed[0].At, now.class
	d.draw(&s, observed, forecast)
	s.Order = s.Published.UnixMilli()
	s.Version = s.Published.Format("2006010215") + "/" + scan.Fingerprint(fmt.Sprint(s.Track), fmt.Sprint(s.Measures), d.name)
	if d.guidance > 0 {
		s.Notes = append(s.Notes, fmt.Sprintf("%d rows of model guidance left out", d.guidance))
	}
	name := d.name
	if name == "" {
		name = strings.ToUpper(d.storm)
	}
	s.Texts = []event.Text{{Language: "en", Headline: scan.Text(class(now.class) + " " + name)}}
	return s, nil
}

func (d *deck) draw(s *event.Signal, observed, forecast []*fix) {
	now := observed[len(observed)-1]
	s.Footprints = []event.Footprint{{Shape: geo.At(now.Place.Lat, now.Place.Lon, placeKM), Role: event.Centre, From: now.At}}
	var past []geo.Point
	for _, f := range observed {
		past = append(past, f.Place)
		s.Track = append(s.Track, f.TrackPoint)
	}
	if len(past) > 1 {
		s.Footprints = append(s.Footprints, event.Footprint{Shape: geo.Line(past, 0), Role: event.Past})
	}
	for _, f := range forecast {
		if f.At.After(now.At) {
			f.Forecast = true
			s.Track = append(s.Track, f.TrackPoint)
		}
	}
	if now.WindKT > 0 {
		s.Measures = append(s.Measures, event.Measure{Name: "wind", Value: now.WindKT, Unit: "kt"})
	}
	if now.pressure > 0 {
		s.Measures = append(s.Measures, event.Measure{Name: "pressure", Value: now.pressure, Unit: "hPa"})
	}
}
