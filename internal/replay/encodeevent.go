package replay

import (
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/geo"
)

func (e *encoder) event(v *event.Event) {
	e.raw(`{"id":`)
	e.string(v.ID)
	e.raw(`,"org":`)
	e.string(v.Org)
	e.raw(`,"hazard":`)
	e.string(string(v.Hazard))
	e.raw(`,"revision":`)
	e.int(int64(v.Revision))
	e.raw(`,"state":`)
	e.string(string(v.State))
	e.optional(`,"into":`, v.Into)
	e.raw(`,"title":`)
	e.string(v.Title)
	e.raw(`,"updated":`)
	e.time(v.Updated)
	e.raw(`,"fresh":`)
	e.time(v.Fresh)
	e.optionalTime(`,"occurred":`, v.Occurred)
	e.optionalTime(`,"onset":`, v.Onset)
	e.optionalTime(`,"expires":`, v.Expires)
	e.optionalTime(`,"ends":`, v.Ends)
	e.optional(`,"severity":`, v.Severity)
	e.optional(`,"certainty":`, v.Certain)
	e.optional(`,"urgency":`, v.Urgency)
	if len(v.Measures) > 0 {
		e.raw(`,"measures":`)
		e.measures(v.Measures)
	}
	if len(v.Shapes) > 0 {
		e.raw(`,"footprints":`)
		list(e, v.Shapes, e.footprint)
	}
	if len(v.Track) > 0 {
		e.raw(`,"track":`)
		list(e, v.Track, e.trackPoint)
	}
	if len(v.Places) > 0 {
		e.raw(`,"places":`)
		e.other(v.Places)
	}
	e.optional(`,"tlp":`, v.TLP)
	e.raw(`,"reports":`)
	list(e, v.Reports, e.report)
	e.raw(`,"keys":`)
	e.strings(v.Keys)
	e.b = append(e.b, '}')
}

func (e *encoder) footprint(f *event.Footprint) {
	e.raw(`{"shape":`)
	e.shape(&f.Shape)
	e.raw(`,"role":`)
	e.string(string(f.Role))
	if len(f.Measures) > 0 {
		e.raw(`,"measures":`)
		e.measures(f.Measures)
	}
	if f.Grid != nil {
		e.raw(`,"grid":`)
		e.other(f.Grid)
	}
	e.optional(`,"severity":`, f.Severity)
	e.optionalTime(`,"from":`, f.From)
	e.optionalTime(`,"to":`, f.To)
	e.b = append(e.b, '}')
}

// shape appends a geometry as geo.Shape does; points by hand.
func (e *encoder) shape(s *geo.Shape) {
	if s.Kind != geo.PointKind || len(s.Points) != 1 {
		e.other(s)
		return
	}
	e.raw(`{"type":"Point","coordinates":[`)
	e.float(s.Points[0].Lon)
	e.b = append(e.b, ',')
	e.float(s.Points[0].Lat)
	e.b = append(e.b, ']')
	e.optionalFloat(`,"radius_km":`, s.RadiusKM)
	e.b = append(e.b, '}')
}

func (e *encoder) trackPoint(p *event.TrackPoint) {
	e.raw(`{"at":`)
	e.time(p.At)
	e.raw(`,"place":{"lat":`)
	e.float(p.Place.Lat)
	e.raw(`,"lon":`)
	e.float(p.Place.Lon)
	e.b = append(e.b, '}')
	e.optionalFloat(`,"wind_kt":`, p.WindKT)
	e.optionalFloat(`,"radius_km":`, p.RadiusKM)
	if p.Radii != [3][4]float64{} {
		e.raw(`,"radii_km":`)
		list(e, p.Radii[:], func(row *[4]float64) { list(e, row[:], func(v *float64) { e.float(*v) }) })
	}
	e.flag(`,"forecast":true`, p.Forecast)
	e.b = append(e.b, '}')
}

func (e *encoder) report(r *event.Standing) {
	e.raw(`{"key":`)
	e.string(r.Key)
	e.raw(`,"signal":`)
	e.string(r.Signal)
	e.raw(`,"order":`)
	e.int(r.Order)
	e.raw(`,"stand":`)
	e.string(string(r.Stand))
	e.optional(`,"source":`, r.Source)
	e.optional(`,"owner":`, r.Owner)
	if r.Grade != (event.Grade{}) {
		e.raw(`,"grade":{"reliability":`)
		e.string(r.Grade.Reliability)
		e.raw(`,"credibility":`)
		e.int(int64(r.Grade.Credibility))
		e.b = append(e.b, '}')
	}
	e.flag(`,"instrument":true`, r.Instrument)
	e.flag(`,"news":true`, r.News)
	e.optionalTime(`,"received":`, r.Received)
	e.optionalTime(`,"expires":`, r.Expires)
	if r.Advice != (event.Step{}) {
		e.raw(`,"advice":`)
		e.other(r.Advice)
	}
	e.b = append(e.b, '}')
}
