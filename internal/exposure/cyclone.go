package exposure

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"math"
	"slices"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure/impact"
	"watchfire.dev/internal/geo"
	"watchfire.dev/internal/id"
	"watchfire.dev/internal/portfolio"
)

// cyclone sees a storm by the best that is known of it: an ensemble around a forecast track;
// else drawn wind fields; else its maximum wind and its distance now.
func (a *assessment) cyclone(areas, centres []placedShape) []view {
	if track := a.track(); len(track) >= 2 {
		if v := a.ensemble(track); len(v.fields) > 0 {
			return []view{v}
		}
	}
	var out []view
	top, known := measure(a.e.Measures, "wind")
	for _, s := range areas {
		if m, ok := measure(s.Measures, "wind"); ok && m.Value > 0 {
			out = append(out, a.windField(s, clamp(m.Value, 0, 250), clamp(top.Value, 0, 250)))
		}
	}
	if len(out) > 0 || !known || top.Value <= 0 {
		return out
	}
	centre, ok := a.eye(centres)
	if !ok {
		return nil
	}
	return []view{a.vortex(centre, clamp(top.Value, 0, 250))}
}

// track converts the event's track for the ensemble, from the last fix that has passed. A
// point without a wind has that of the event, and at least what its wind radii tell; where
// other points have radii and this one has none, no wind of 34 kt is expected there.
func (a *assessment) track() []impact.TrackPoint {
	points := slices.Clone(a.e.Track)
	slices.SortStableFunc(points, func(p, q event.TrackPoint) int { return p.At.Compare(q.At) })
	points = slices.DeleteFunc(points, func(p event.TrackPoint) bool { return p.At.IsZero() || !p.Place.Valid() })
	first := 0
	for i, p := range points {
		if !p.At.After(a.now) {
			first = i
		}
	}
	points = points[first:]
	usual, _ := measure(a.e.Measures, "wind")
	drawn := slices.ContainsFunc(points, func(p event.TrackPoint) bool { return p.Radii != [3][4]float64{} })
	var out []impact.TrackPoint
	strong := false
	for i, p := range points {
		hours := p.At.Sub(a.now).Hours()
		if hours < -240 || hours > 384 || len(out) == 400 || (len(out) > 0 && hours <= out[len(out)-1].Hours) {
			continue
		}
		q := impact.TrackPoint{Hours: hours, Lat: p.Place.Lat, Lon: p.Place.Lon, ErrorKM: p.RadiusKM}
		for j, to := range []*impact.Quadrants{&q.R34, &q.R50, &q.R64} {
			for k, km := range p.Radii[j] {
				to[k] = clamp(km, 0, 2500)
			}
		}
		q.MaxWindKnots = windOf(p, clamp(usual.Value, 0, 250), drawn)
		if q.ErrorKM == 0 && (p.Forecast || i > 0) {
			q.ErrorKM = a.x.rules.coneKM(hours - points[0].At.Sub(a.now).Hours())
		}
		q.ErrorKM = clamp(q.ErrorKM, 0, 3000)
		strong = strong || q.MaxWindKnots > 0
		out = append(out, q)
	}
	if !strong {
		return nil
	}
	return out
}

func windOf(p event.TrackPoint, usual float64, drawn bool) float64 {
	wind, least := p.WindKT, 0.0
	for i, kt := range []float64{34, 50, 64} {
		if p.Radii[i] != [4]float64{} {
			least = kt
		}
	}
	if !(wind > 0) {
		wind = usual
		if drawn && least == 0 {
			wind = math.Min(wind, 30)
		}
	}
	return clamp(math.Max(wind, least), 0, 250)
}

// ensemble is the view of a track: each piece of it with how far 34 kt may reach from there.
// The seed is a hash of what made the event and of its revision, so that one revision always
// gives one answer, whenever it came in.
func (a *assessment) ensemble(track []impact.TrackPoint) view {
	seed := fnv.New64a()
	fmt.Fprintf(seed, "%s/%d", id.Made(a.e.ID), a.e.Revision)
	in := impact.CycloneInput{Track: track, Seed: seed.Sum64()}
	a.water(&in.SurgeM, &in.RainMM24h)
	tracks, err := a.x.method.Ensemble(in)
	if err != nil {
		return view{}
	}
	v := view{}
	v.judge = func(t *target, _ float64) (impact.Result, error) {
		p := nearestTo(t, track)
		return tracks.At(impact.CycloneInput{
			Lat: p.Lat, Lon: p.Lon, Region: a.x.rules.region[t.asset.Country], Vulnerability: t.v, SurgeM: in.SurgeM, RainMM24h: in.RainMM24h,
		})
	}
	strongest, widest := 0.0, 0.0
	for i := range track {
		strongest, widest = math.Max(strongest, track[i].MaxWindKnots), math.Max(widest, track[i].ErrorKM)
	}
	v.add = func(to []Input, t *target) []Input {
		return append(to,
			Input{"track points", float64(len(track)), ""},
			Input{"strongest wind of the track", strongest, "kt"},
			Input{"widest two-thirds error", widest, "km"},
			Input{"vulnerability", t.v, ""},
			Input{"surge", in.SurgeM, "m"},
			Input{"rain in 24 h", in.RainMM24h, "mm"})
	}
	v.inputs = func(t *target, _ float64) []Input { return v.add(nil, t) }
	for i := 1; i < len(track); i++ {
		p, q := track[i-1], track[i]
		// A step between two fixes on opposite sides of the Earth has no line; the first fix
		// stands for it, so that pieces and fixes keep their order.
		region, _, err := geo.Prepare(geo.Line([]geo.Point{{Lat: p.Lat, Lon: p.Lon}, {Lat: q.Lat, Lon: q.Lon}}, 0))
		if err != nil {
			if region, _, err = geo.Prepare(geo.At(p.Lat, math.Remainder(p.Lon, 360), 0)); err != nil {
				return view{}
			}
		}
		gale := math.Max(a.gale(p), a.gale(q))
		doubt := 3 * math.Max(p.ErrorKM, q.ErrorKM) / twoThirds
		v.core = math.Max(v.core, gale)
		v.fields = append(v.fields, field{region, gale + doubt})
	}
	return v
}

// gale is how far winds of 34 kt reach from a track point.
func (a *assessment) gale(p impact.TrackPoint) float64 {
	const margin = 1.2 // the profile outside known radii falls a little slower
	far := 0.0
	for i, q := range []impact.Quadrants{p.R34, p.R50, p.R64} {
		grow := math.Pow([]float64{34, 50, 64}[i]/34, 1/0.6)
		for _, km := range q {
			far = math.Max(far, km*grow*margin)
		}
	}
	if far == 0 && p.MaxWindKnots > 34 {
		far = a.x.method.RadiusMaxWind(p.MaxWindKnots, p.Lat) * math.Pow(p.MaxWindKnots/34, 1/0.6) * margin
	}
	return far
}

// water reads surge and rain where the source gives them for the storm as a whole.
func (a *assessment) water(surge, rain *float64) {
	if m, ok := measure(a.e.Measures, "surge"); ok {
		*surge = clamp(m.Value, 0, 30)
	}
	if m, ok := measure(a.e.Measures, "rain"); ok {
		*rain = clamp(m.Value, 0, 3000)
	}
}

// nearestTo is the place of the asset for which the track is judged: of a route the station
// nearest to any fix.
func nearestTo(t *target, track []impact.TrackPoint) geo.Point {
	if t.asset.Shape.Kind != geo.LineKind {
		if t.region == nil {
			return geo.Point{}
		}
		return t.region.Middle()
	}
	var best geo.Point
	off := math.Inf(1)
	for i, p := range track {
		if i > 0 { // between two fixes as well
			q := track[i-1]
			p.Lat, p.Lon = (p.Lat+q.Lat)/2, q.Lon+math.Remainder(p.Lon-q.Lon, 360)/2
		}
		for _, at := range []impact.TrackPoint{p, track[i]} {
			s, err := portfolio.Chainage(t.asset.Shape, 0, geo.Point{Lat: at.Lat, Lon: math.Remainder(at.Lon, 360)})
			if err == nil && cmp.Less(s.OffKM, off) {
				best, off = s.Point, s.OffKM
			}
		}
	}
	return best
}

// windField is the inside of a drawn wind field: the wind there lies between the field's own
// and the next stronger one, or the storm's maximum.
func (a *assessment) windField(s placedShape, wind, top float64) view {
	next := math.Max(top, wind)
	for _, kt := range []float64{64, 50} {
		if wind < kt {
			next = kt
		}
	}
	site := (wind + next) / 2
	v := s.at()
	v.judge = func(t *target, _ float64) (impact.Result, error) {
		in := impact.CycloneWindInput{SiteWindKnots: &site, Region: a.x.rules.region[t.asset.Country], Vulnerability: t.v}
		return a.x.method.CycloneWind(in)
	}
	v.inputs = func(t *target, _ float64) []Input {
		return []Input{{"wind of the field", wind, "kt"}, {"wind at the place", site, "kt"}, {"vulnerability", t.v, ""}}
	}
	v.fields = []field{{s.region, 0}}
	return v
}

// eye is where the storm is now: its centre, else its last fix.
func (a *assessment) eye(centres []placedShape) (placedShape, bool) {
	if len(centres) > 0 {
		return centres[0], true
	}
	var last event.TrackPoint
	for _, p := range a.e.Track {
		if p.Place.Valid() && !p.At.After(a.now) && !p.At.Before(last.At) {
			last = p
		}
	}
	if last.At.IsZero() {
		return placedShape{}, false
	}
	region, _, err := geo.Prepare(geo.At(last.Place.Lat, last.Place.Lon, last.RadiusKM))
	return placedShape{region: region, doubt: last.RadiusKM}, err == nil
}

// vortex is the view of a storm of which only the centre and the strongest wind are known.
// Nobody says where it goes, so the distance is uncertain by what a storm may move in half a
// day [D].
func (a *assessment) vortex(s placedShape, top float64) view {
	in := impact.CycloneWindInput{
		MaxWindKnots: top, Latitude: clamp(s.region.Middle().Lat, -90, 90), DistanceSigma: math.Hypot(a.x.rules.DriftKM, s.doubt),
	}
	a.water(&in.SurgeM, &in.RainMM24h)
	v := s.at()
	v.judge = func(t *target, km float64) (impact.Result, error) {
		at := in
		at.DistanceKM, at.Region, at.Vulnerability = math.Min(km, everywhereKM), a.x.rules.region[t.asset.Country], t.v
		if km > 1000 {
			at.SurgeM, at.RainMM24h = 0, 0 // given for the storm, which is far away
		}
		return a.x.method.CycloneWind(at)
	}
	v.inputs = func(t *target, _ float64) []Input {
		return []Input{{"strongest wind", top, "kt"}, {"uncertainty of the way", in.DistanceSigma, "km"}, {"vulnerability", t.v, ""}, {"surge", in.SurgeM, "m"}, {"rain in 24 h", in.RainMM24h, "mm"}}
	}
	v.notes = append(v.notes, "no forecast track: the storm may move in any direction")
	v.fields = []field{{s.region, a.reachOf(v.judge)}}
	return v
}
