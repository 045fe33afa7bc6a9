package impact

import (
	"fmt"
	"math"
	"slices"
)

// A Quake is one earthquake ready to be asked at many places: what does not depend on the
// place is reckoned once. It keeps notes between answers: one goroutine at a time may use it.
type Quake struct {
	m     *Method
	in    EarthquakeInput
	near  [3]float64 // squared near-source terms of magnitude, and of one sigma less and more
	depth [3]float64 // squared depths, likewise
	notes [8][]string
}

// Quake prepares an earthquake. Distance, persons, country and vulnerability of the input do
// not matter; a rupture distance is not looked at. The error wraps fault.ErrInvalid.
func (m *Method) Quake(in EarthquakeInput) (*Quake, error) {
	in.RuptureKM = nil
	if err := in.check(); err != nil {
		return nil, err
	}
	q := &Quake{m: m, in: in}
	a := m.earthquake.Hypocentral
	for i, sign := range [3]float64{0, -1, 1} {
		near := a.M1 + a.M2*math.Exp(in.Magnitude+sign*in.MagnitudeSigma-5)
		depth := math.Max(0, in.DepthKM+sign*in.DepthSigmaKM)
		q.near[i], q.depth[i] = near*near, depth*depth
	}
	return q, nil
}

// mean is IntensityHypocentral's mean by the index of the magnitude and the squared distance.
func (q *Quake) mean(magnitude int, r2 float64) float64 {
	a, least := &q.m.earthquake.Hypocentral, q.m.earthquake.DistanceRangeKM[0]
	mag := q.in.Magnitude
	switch magnitude {
	case 1:
		mag -= q.in.MagnitudeSigma
	case 2:
		mag += q.in.MagnitudeSigma
	}
	r2 = max(r2, least*least)
	mmi := a.C0 + a.C1*mag + a.C2*0.5*math.Log(r2+q.near[magnitude])
	if r2 > a.FarKM*a.FarKM {
		mmi += a.C4 * 0.5 * math.Log(r2/(a.FarKM*a.FarKM))
	}
	return mmi
}

// shaking is Method.shaking at a distance from the epicentre.
func (q *Quake) shaking(km float64) Measure {
	in := &q.in
	if in.Shaking != nil {
		return q.m.shaking(in)
	}
	r2 := km*km + q.depth[0]
	mmi := q.mean(0, r2)
	a, least := &q.m.earthquake.Hypocentral, q.m.earthquake.DistanceRangeKM[0]
	sigma := a.S1 + a.S2/(1+max(r2, least*least)/(a.S3*a.S3))
	v := sigma * sigma
	spread := func(low, high float64) { v += (low - high) * (low - high) / 4 }
	if in.MagnitudeSigma > 0 {
		spread(q.mean(1, r2), q.mean(2, r2))
	}
	if in.DepthSigmaKM > 0 {
		spread(q.mean(0, km*km+q.depth[1]), q.mean(0, km*km+q.depth[2]))
	}
	if s := in.DistanceSigmaKM; s > 0 {
		near, far := max(0, km-s), km+s
		spread(q.mean(0, near*near+q.depth[0]), q.mean(0, far*far+q.depth[0]))
	}
	return Measure{Value: mmi, Unit: "MMI", Sigma: math.Sqrt(v)}
}

// ChanceOfI1 is P(impact ≥ I1) at a distance in kilometres, own deaths left out.
func (q *Quake) ChanceOfI1(km float64) float64 {
	mmi := q.shaking(km)
	return above(mmi.Value, mmi.Sigma, q.m.earthquake.ClassMMI[0])
}

// At is Earthquake at one place, without the steps of the calculation; the two agree to
// 1e-9. The Notes may be shared between the answers: append to them, never change them.
func (q *Quake) At(km, persons, vulnerability float64, country string) (Result, error) {
	at := q.in
	at.DistanceKM, at.Persons, at.Vulnerability, at.Country = km, persons, vulnerability, country
	if err := at.check(); err != nil {
		return Result{}, err
	}
	model, found := q.m.Fatality(country)
	r := Result{Hazard: "earthquake", Intensity: q.shaking(km), Method: q.m.Version, Formula: quakeFormula, Source: quakeSource}
	r.P, r.ExpectedDeaths = q.m.classes(r.Intensity, persons, at.Vulnerability, model)
	r.Notes = q.notesAt(km, persons > 0 && !found)
	if r.ExpectedDeaths >= 0.01 {
		r.Notes = append(r.Notes[:len(r.Notes):len(r.Notes)], fmt.Sprintf("expected deaths among own people: %.2g", r.ExpectedDeaths))
	}
	return r, nil
}

// notesAt are Earthquake's notes; there are few combinations, so they are kept.
func (q *Quake) notesAt(km float64, unknown bool) []string {
	limits := &q.m.earthquake.DistanceRangeKM
	r2 := km*km + q.depth[0]
	kind := 0
	if unknown {
		kind = 1
	}
	switch {
	case q.in.Shaking != nil:
	case r2 > limits[1]*limits[1]:
		kind += 2
	case r2 < limits[0]*limits[0]:
		kind += 4
	}
	if q.notes[kind] == nil {
		at := q.in
		at.DistanceKM = km
		// Not nil, so that no notes are kept too; clipped, because answers share it.
		q.notes[kind] = slices.Clip(append([]string{}, q.m.quakeNotes(&at, math.Sqrt(r2), unknown)...))
	}
	return q.notes[kind]
}
