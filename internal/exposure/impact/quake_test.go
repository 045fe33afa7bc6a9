package impact

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// A prepared earthquake answers what Earthquake answers, for any place, in any order.
func TestQuakeIsEarthquake(t *testing.T) {
	t.Parallel()
	m := Default()
	rapid.Check(t, func(t *rapid.T) {
		number := func(name string, low, high float64) float64 { return rapid.Float64Range(low, high).Draw(t, name) }
		in := EarthquakeInput{
			Magnitude: number("magnitude", 3, 9.5), DepthKM: number("depth", -5, 600),
			MagnitudeSigma:  rapid.SampledFrom([]float64{0, 0.1, 0.5}).Draw(t, "magnitude sigma"),
			DepthSigmaKM:    rapid.SampledFrom([]float64{0, 4, 50}).Draw(t, "depth sigma"),
			DistanceSigmaKM: rapid.SampledFrom([]float64{0, 10, 100}).Draw(t, "distance sigma"),
		}
		if rapid.IntRange(0, 4).Draw(t, "mapped") == 0 {
			in.Shaking = &Measure{Value: number("shaking", 0, 10), Sigma: number("its sigma", 0, 1)}
		}
		q, err := m.Quake(in)
		if err != nil {
			t.Fatal(err)
		}
		for range 5 {
			in.DistanceKM = rapid.SampledFrom([]float64{0, 0.5, 3, 49, 51, 150, 299, 301, 2000}).Draw(t, "distance")
			in.Persons = rapid.SampledFrom([]float64{0, 1, 20, 5000}).Draw(t, "persons")
			in.Vulnerability = rapid.SampledFrom([]float64{0, 0.5, 2}).Draw(t, "vulnerability")
			in.Country = rapid.SampledFrom([]string{"", "PK", "jp", "ZZ"}).Draw(t, "country")
			want, err := m.Earthquake(in)
			if err != nil {
				t.Fatal(err)
			}
			got, err := q.At(in.DistanceKM, in.Persons, in.Vulnerability, in.Country)
			if err != nil {
				t.Fatal(err)
			}
			off := math.Abs(got.Intensity.Value-want.Intensity.Value) + math.Abs(got.Intensity.Sigma-want.Intensity.Sigma) + math.Abs(got.ExpectedDeaths-want.ExpectedDeaths)
			for k := range got.P {
				off += math.Abs(got.P[k] - want.P[k])
			}
			if off > 1e-9*(1+want.ExpectedDeaths) {
				t.Fatalf("off by %v:\n%+v\n%+v", off, got, want)
			}
			notes := got.Notes
			if want.ExpectedDeaths >= 0.01 {
				notes = notes[:len(notes)-1] // the deaths, which Earthquake gives as a step
			}
			if !slices.Equal(notes, want.Notes) {
				t.Fatalf("notes %q, want %q", notes, want.Notes)
			}
			_ = append(got.Notes, "somebody's own") // must not reach the next answer
			if in.Persons == 0 && math.Abs(q.ChanceOfI1(in.DistanceKM)-want.P[1]) > 1e-9 {
				t.Fatalf("chance of I1 %v, want %v", q.ChanceOfI1(in.DistanceKM), want.P[1])
			}
		}
	})
}
