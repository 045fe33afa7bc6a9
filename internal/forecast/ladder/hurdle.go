package ladder

import (
	"math"

	"watchfire.dev/internal/forecast/dist"
	"watchfire.dev/internal/forecast/panel"
)

// How L6 is fitted.
const (
	hurdleStep   = 3  // months between origins that are learnt from
	hurdleRounds = 12 // of iteratively reweighted least squares
	hurdleRidge  = 1  // pull of the coefficients towards zero
	hurdleFew    = 3  // positive months below which the world's onsets stand in
)

// signs are what the chance of any death is made of.
func signs(s []float64, months int) []float64 {
	return []float64{
		1, math.Log1p(level(s, 24, 6)), share(s, 6, 1), share(s, 24, 1), share(s, 120, 1), math.Log1p(quiet(s)), math.Log(float64(months)),
	}
}

// hurdle is L6: a logistic regression over all countries says whether anybody dies, a
// negative binomial over the country's own positive months how many.
func hurdle(_ *Shop, v panel.View, _ uint64) (Field, error) {
	var rows [][]float64
	var hit []bool
	var onsets []dist.Atom
	for o := v.First() + forestWarmUp; o < v.Origin(); o += hurdleStep {
		then, err := v.Earlier(o)
		if err != nil {
			return nil, err
		}
		for i := range then.Len() {
			s := then.Series(i)
			if then.Born(i) >= len(s)-1 {
				continue
			}
			after := v.Series(i)[len(s):]
			for h := 0; h < min(Horizons, len(after)); h += hurdleStep {
				rows, hit = append(rows, signs(s, h+1)), append(hit, after[h] > 0)
				if after[h] > 0 && quiet(s) >= 24 {
					onsets = append(onsets, dist.Atom{Value: after[h], Weight: 1})
				}
			}
		}
	}
	coefficients := logistic(rows, hit)
	out := make(Field, v.Len())
	for i := range out {
		s := v.Series(i)
		positive := positiveOf(s, onsets)
		out[i] = make([]dist.Grid, Horizons)
		for h := range out[i] {
			out[i][h] = over(positive, 1/(1+math.Exp(-dot(coefficients, signs(s, h+1)))))
		}
	}
	return out, nil
}

// positiveOf gives the positive months of three years, or what onsets looked like elsewhere.
func positiveOf(s []float64, onsets []dist.Atom) []dist.Atom {
	var out []dist.Atom
	for _, a := range decayed(s, 36, 6) {
		if a.Value > 0 {
			out = append(out, a)
		}
	}
	if len(out) < hurdleFew {
		return onsets
	}
	return out
}

// over gives the distribution that is positive with chance p. The negative binomial counts
// deaths beyond the first.
func over(positive []dist.Atom, p float64) dist.Grid {
	m, v, _ := moments(positive)
	if !(m > 0) {
		return nil
	}
	beyond := dist.NegativeBinomial(max(m-1, .01), sizeOf(max(m-1, .01), v), 0)
	atoms := []dist.Atom{{Value: 0, Weight: (1 - p) * dist.Size}}
	for _, x := range beyond.Full() {
		atoms = append(atoms, dist.Atom{Value: x + 1, Weight: p})
	}
	return dist.FromAtoms(atoms)
}

func dot(a, b []float64) float64 {
	sum := 0.0
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}

// logistic fits by Newton's method with a small ridge.
func logistic(rows [][]float64, hit []bool) []float64 {
	if len(rows) == 0 {
		return nil
	}
	k := len(rows[0])
	beta := make([]float64, k)
	for range hurdleRounds {
		hess, grad := make([][]float64, k), make([]float64, k)
		for a := range hess {
			hess[a] = make([]float64, k)
			hess[a][a] = hurdleRidge
			grad[a] = -hurdleRidge * beta[a]
		}
		for r, x := range rows {
			p := 1 / (1 + math.Exp(-dot(beta, x)))
			d := -p
			if hit[r] {
				d = 1 - p
			}
			for a := range k {
				grad[a] += d * x[a]
				for b := range a + 1 {
					hess[a][b] += p * (1 - p) * x[a] * x[b]
				}
			}
		}
		for a, step := range cholesky(hess, grad) {
			beta[a] += step
		}
	}
	return beta
}

// cholesky solves a symmetric positive definite system; only the lower half is read, and it
// is overwritten.
func cholesky(m [][]float64, y []float64) []float64 {
	n := len(y)
	for j := range n {
		for i := j; i < n; i++ {
			sum := m[i][j]
			for k := range j {
				sum -= m[i][k] * m[j][k]
			}
			if i == j {
				m[j][j] = math.Sqrt(sum)
			} else {
				m[i][j] = sum / m[j][j]
			}
		}
	}
	x := make([]float64, n)
	for i := range n {
		sum := y[i]
		for k := range i {
			sum -= m[i][k] * x[k]
		}
		x[i] = sum / m[i][i]
	}
	for i := n - 1; i >= 0; i-- {
		for k := i + 1; k < n; k++ {
			x[i] -= m[k][i] * x[k]
		}
		x[i] /= m[i][i]
	}
	return x
}
