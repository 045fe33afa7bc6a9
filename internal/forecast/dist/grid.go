// Package dist holds forecast distributions as equally spaced quantiles. A Grid is what every
// rung of the ladder gives for one country and month, and what a file of forecasts holds;
// mixtures, weighted samples, the Poisson and the negative binomial become grids here. All
// sums run in a fixed order, so that equal inputs give equal bytes on any machine.
package dist

import (
	"math"
	"slices"
)

// Size is the number of quantiles of a grid.
const Size = 1000

// Grid holds the quantiles at (i+½)/Size, ascending; nil stands for a certain zero.
type Grid []float64

// Zero is the certain zero, written out.
func (g Grid) Full() []float64 {
	if g == nil {
		return make([]float64, Size)
	}
	return g
}

// At gives the i-th quantile, from 0.
func (g Grid) At(i int) float64 {
	if g == nil {
		return 0
	}
	return g[i]
}

// Quantile interpolates linearly between the grid's members, as numpy's default does: p in 0..1.
func (g Grid) Quantile(p float64) float64 {
	if g == nil {
		return 0
	}
	x := p * float64(len(g)-1)
	i := min(int(x), len(g)-2)
	return g[i] + (x-float64(i))*(g[i+1]-g[i])
}

// Exceeds gives the share of the grid's members that are at least y.
func (g Grid) Exceeds(y float64) float64 {
	if g == nil {
		if y <= 0 {
			return 1
		}
		return 0
	}
	i, _ := slices.BinarySearch(g, y)
	return float64(len(g)-i) / float64(len(g))
}

// Mean gives the mean of the grid's members.
func (g Grid) Mean() float64 {
	sum := 0.0
	for _, x := range g {
		sum += x
	}
	return sum / Size
}

// Atom is a value with a weight.
type Atom struct{ Value, Weight float64 }

// FromAtoms gives the quantiles of weighted values; it sorts atoms in place. Weights need no
// particular sum; without any the grid is a certain zero.
func FromAtoms(atoms []Atom) Grid {
	slices.SortFunc(atoms, func(a, b Atom) int {
		switch {
		case a.Value < b.Value:
			return -1
		case a.Value > b.Value:
			return 1
		}
		return 0
	})
	total := 0.0
	for _, a := range atoms {
		total += a.Weight
	}
	if total <= 0 || atoms[len(atoms)-1].Value <= 0 {
		return nil
	}
	g, i, sum := make(Grid, Size), 0, 0.0
	if len(atoms) > 0 {
		sum = atoms[0].Weight
	}
	for q := range g {
		level := (float64(q) + .5) / Size * total
		for sum < level && i < len(atoms)-1 {
			i++
			sum += atoms[i].Weight
		}
		g[q] = atoms[i].Value
	}
	return g.trim()
}

// trim gives nil for a grid of zeros.
func (g Grid) trim() Grid {
	if g[len(g)-1] <= 0 {
		return nil
	}
	return g
}

// Pool mixes grids: the linear opinion pool. Weights must sum to 1 and match the grids.
func Pool(grids []Grid, weights []float64) Grid {
	atoms := make([]Atom, 0, len(grids)*Size)
	for k, g := range grids {
		switch {
		case weights[k] <= 0:
		case g == nil:
			atoms = append(atoms, Atom{0, weights[k] * Size})
		default:
			for _, x := range g {
				atoms = append(atoms, Atom{x, weights[k]})
			}
		}
	}
	if len(atoms) == 0 {
		return nil
	}
	return FromAtoms(atoms)
}

// Poisson gives the quantiles of a Poisson distribution.
func Poisson(mean float64) Grid {
	return discrete(mean, math.Sqrt(mean), func(k float64) float64 {
		lg, _ := math.Lgamma(k + 1)
		return math.Exp(k*math.Log(mean) - mean - lg)
	})
}

// NegativeBinomial gives the quantiles of a negative binomial distribution with this mean and
// variance mean + mean²/size, of which a share zero is replaced by zeros.
func NegativeBinomial(mean, size, zero float64) Grid {
	lgs, _ := math.Lgamma(size)
	lp, lq := math.Log(size/(size+mean)), math.Log(mean/(size+mean))
	pmf := func(k float64) float64 {
		a, _ := math.Lgamma(k + size)
		b, _ := math.Lgamma(k + 1)
		p := (1 - zero) * math.Exp(a-lgs-b+size*lp+k*lq)
		if k == 0 {
			p += zero
		}
		return p
	}
	return discrete(mean, math.Sqrt(mean+mean*mean/size), pmf)
}

// discrete inverts a probability mass function on 0, 1, 2, … Above ten thousand it steps
// over several values at once: a death more or less does not matter there.
func discrete(mean, sd float64, pmf func(float64) float64) Grid {
	if !(mean > 0) {
		return nil
	}
	g, q, cum := make(Grid, Size), 0, 0.0
	limit := mean + 60*sd + 100
	step := 1.0
	for k := 0.0; q < Size && k < limit; k += step {
		if k >= 1000 {
			step = math.Max(1, math.Floor(k/1000))
		}
		cum += pmf(k+math.Floor(step/2)) * step
		for q < Size && cum >= (float64(q)+.5)/Size {
			g[q] = k
			q++
		}
	}
	for ; q < Size; q++ { // what rounding left over
		g[q] = g[max(q-1, 0)]
	}
	return g.trim()
}
