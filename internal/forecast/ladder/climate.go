package ladder

import (
	"math"

	"watchfire.dev/internal/forecast/dist"
	"watchfire.dev/internal/forecast/panel"
)

// own resamples a country's last n months ("conflictology").
func own(n int) func([]float64) dist.Grid {
	return func(s []float64) dist.Grid { return dist.FromAtoms(decayed(s, n, 0)) }
}

// aged resamples a country's last n months, recent ones more often.
func aged(n int, halfLife float64) func([]float64) dist.Grid {
	return func(s []float64) dist.Grid { return dist.FromAtoms(decayed(s, n, halfLife)) }
}

// inflated matches a zero-inflated negative binomial to a country's last n months.
func inflated(n int, halfLife float64) func([]float64) dist.Grid {
	return func(s []float64) dist.Grid { return zinb(decayed(s, n, halfLife)) }
}

// windows is L3: years of one, two and three in equal parts.
func windows(s []float64) dist.Grid {
	third := 1. / 3
	return dist.Pool([]dist.Grid{own(12)(s), own(24)(s), own(36)(s)}, []float64{third, third, third})
}

func recent(s []float64) dist.Grid      { return aged(36, 3)(s) }           // L4
func weighted(s []float64) dist.Grid    { return inflated(24, 4)(s) }       // L5
func lastPoisson(s []float64) dist.Grid { return dist.Poisson(mean(s, 1)) } // L2

// bootstrap is L1: one distribution for the whole world.
func bootstrap(_ *Shop, v panel.View, _ uint64) (Field, error) {
	var atoms []dist.Atom
	for i := range v.Len() {
		atoms = append(atoms, decayed(v.Series(i), 12, 0)...)
	}
	g := dist.FromAtoms(atoms)
	return each(v, func([]float64) dist.Grid { return g }), nil
}

// tail gives the last n values of a series, or all of it.
func tail(s []float64, n int) []float64 { return s[max(0, len(s)-n):] }

// decayed gives the last n values with weights 2^(−age/halfLife), age in months from 0.
// halfLife 0 weights them equally.
func decayed(s []float64, n int, halfLife float64) []dist.Atom {
	t := tail(s, n)
	atoms := make([]dist.Atom, len(t))
	for i, x := range t {
		w := 1.0
		if halfLife > 0 {
			w = math.Exp2(-float64(len(t)-1-i) / halfLife)
		}
		atoms[i] = dist.Atom{Value: x, Weight: w}
	}
	return atoms
}

// moments gives weighted mean, variance and share of zeros.
func moments(atoms []dist.Atom) (mean, variance, zero float64) {
	total := 0.0
	for _, a := range atoms {
		total += a.Weight
		mean += a.Weight * a.Value
		if a.Value == 0 {
			zero += a.Weight
		}
	}
	if total == 0 {
		return 0, 0, 1
	}
	mean /= total
	for _, a := range atoms {
		variance += a.Weight * (a.Value - mean) * (a.Value - mean)
	}
	return mean, variance / total, zero / total
}

// zinb matches a zero-inflated negative binomial to weighted values: size from mean and
// variance of the positive ones, inflation so that the share of zeros is as seen beside the
// zeros that the negative binomial has of its own, mean as seen.
func zinb(atoms []dist.Atom) dist.Grid {
	mean, _, zero := moments(atoms)
	if !(mean > 0) {
		return nil
	}
	var positive []dist.Atom
	for _, a := range atoms {
		if a.Value > 0 {
			positive = append(positive, a)
		}
	}
	m, v, _ := moments(positive)
	size := sizeOf(m, v)
	p0 := math.Exp(size * math.Log(size/(size+m)))
	inflate := max(0, (zero-p0)/(1-p0))
	return dist.NegativeBinomial(mean/(1-inflate), size, inflate)
}

// sizeOf gives the size of a negative binomial with this mean and variance; without
// over-dispersion one so large that it is a Poisson.
func sizeOf(mean, variance float64) float64 {
	if variance <= mean {
		return 1e6
	}
	return mean * mean / (variance - mean)
}
