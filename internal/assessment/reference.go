package assessment

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"watchfire.dev/internal/fault"
)

// A reference is the frozen distribution of an indicator over ten years, after its
// transformation: what min-max, z-score and percentile are reckoned against.
type reference struct {
	log       bool
	low, high float64 // transformed goalposts
	mean, sd  float64
	quantiles []float64 // at 0, 5, …, 100 %; nil = no panel
	worse     bool      // a larger number is worse
	base      float64   // normalised value that drivers are reckoned from
}

// The columns of a reference file: indicator, number of values, first and last year, log
// (0 or 1), mean, standard deviation, and the quantiles.
const refColumns = 7 + 21

func readReference(raw []byte) (map[string]reference, error) {
	out := map[string]reference{}
	for i, line := range strings.Split(string(raw), "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		cells := strings.Split(line, "\t")
		if len(cells) != refColumns {
			return nil, fmt.Errorf("reference, line %d: %d columns, want %d: %w", i+1, len(cells), refColumns, fault.ErrInvalid)
		}
		nums := make([]float64, 0, refColumns)
		for _, c := range cells[4:] {
			v, err := strconv.ParseFloat(c, 64)
			if err != nil {
				return nil, fmt.Errorf("reference, line %d: %w: %w", i+1, fault.ErrInvalid, err)
			}
			nums = append(nums, v)
		}
		r := reference{log: nums[0] == 1, mean: nums[1], sd: nums[2], quantiles: nums[3:]}
		if !slices.IsSorted(r.quantiles) || !(r.sd > 0) {
			return nil, fmt.Errorf("reference, line %d: quantiles must rise and the deviation be above 0: %w", i+1, fault.ErrInvalid)
		}
		r.low, r.high = r.quantiles[1], r.quantiles[19]
		out[cells[0]] = r
	}
	return out, nil
}

// with lays the method's own choices over a reference.
func (r reference) with(in IndicatorMethod) reference {
	r.worse = in.Better == "low"
	if len(in.Goalposts) == 2 {
		r.low, r.high = r.transform(in.Goalposts[0]), r.transform(in.Goalposts[1])
	}
	switch {
	case in.Base != nil:
		r.base = r.minmax(*in.Base)
	case r.quantiles != nil:
		r.base = r.scale(r.quantiles[10])
	default:
		r.base = 5
	}
	return r
}

func (r reference) transform(x float64) float64 {
	if !r.log {
		return x
	}
	if x < 0 {
		return -log1p(-x)
	}
	return log1p(x)
}

// undo is the inverse of transform.
func (r reference) undo(t float64) float64 {
	if !r.log {
		return t
	}
	if t < 0 {
		return 1 - exp(-t)
	}
	return exp(t) - 1
}

// turn makes 10 the worst.
func (r reference) turn(y float64) float64 {
	if y = clip(y); r.worse {
		return y
	}
	return 10 - y
}

func (r reference) scale(t float64) float64 { return r.turn(10 * (t - r.low) / (r.high - r.low)) }

func (r reference) minmax(x float64) float64 { return r.scale(r.transform(x)) }

// open is minmax without the clip, so that goalposts can move.
func (r reference) open(x float64) float64 {
	y := 10 * (r.transform(x) - r.low) / (r.high - r.low)
	if r.worse {
		return y
	}
	return 10 - y
}

// raw is the value that minmax brings to y.
func (r reference) raw(y float64) float64 {
	if !r.worse {
		y = 10 - y
	}
	return r.undo(r.low + float64(y/10*(r.high-r.low)))
}

// zscore puts the mean at 5 and two standard deviations at 10.
func (r reference) zscore(x float64) float64 {
	if r.quantiles == nil {
		return r.minmax(x)
	}
	return r.turn(5 + float64(2.5*(r.transform(x)-r.mean)/r.sd))
}

// percentile is the share of the reference below x, in tenths.
func (r reference) percentile(x float64) float64 {
	if r.quantiles == nil {
		return r.minmax(x)
	}
	t, q := r.transform(x), r.quantiles
	if t <= q[0] {
		return r.turn(0)
	}
	for i := 1; i < len(q); i++ {
		if t < q[i] {
			return r.turn((float64(i-1) + (t-q[i-1])/(q[i]-q[i-1])) / 2)
		}
	}
	return r.turn(10)
}

// The three ways to normalise, in the order of their numbers in a draw.
const ways = 3

func (r reference) all(x float64) [ways]float64 {
	return [ways]float64{r.minmax(x), r.zscore(x), r.percentile(x)}
}
