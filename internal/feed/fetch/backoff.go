package fetch

import "time"

// Backoff says how long to wait until the next poll. It is a pure rule; the zero value works.
type Backoff struct {
	// Cap bounds the wait after failures; default one hour. A source is also never left
	// alone for more than ten of its minimum intervals, because what is not polled is not
	// seen, unless it asked for more itself.
	Cap time.Duration
}

const (
	defaultCap   = time.Hour
	mostOfOwn    = 10
	spreadEvenly = 10 // a poll in order is spread over a tenth of its interval
)

// Next returns the wait until the next poll after failures failures in a row.
//
// With failures 0 it is minInterval plus up to a tenth. After failures it lies between
// minInterval and min(minInterval × 2^failures, Cap, 10 × minInterval), evenly (full jitter
// above the floor that the source's terms set). retryAfter, cut to Cap, is a floor as well, again
// plus up to a tenth, so that not everyone comes back in the same second. rnd returns
// numbers in [0,1); the result is never below minInterval.
func (b Backoff) Next(failures int, minInterval, retryAfter time.Duration, rnd func() float64) time.Duration {
	most := positive(b.Cap, defaultCap)
	minInterval = positive(minInterval, time.Second)
	ceiling := minInterval + minInterval/spreadEvenly
	if failures > 0 {
		ceiling = max(double(minInterval, failures, min(most, times(minInterval, mostOfOwn))), minInterval)
	}
	chance := min(max(rnd(), 0), 1)
	wait := minInterval + time.Duration(chance*float64(ceiling-minInterval))
	asked := min(max(retryAfter, 0), most)
	asked += time.Duration(chance * float64(asked/spreadEvenly))
	return max(wait, asked)
}

// double returns d × 2^n, at most limit.
func double(d time.Duration, n int, limit time.Duration) time.Duration {
	for ; n > 0 && d < limit; n-- {
		if d > limit/2 {
			return limit
		}
		d *= 2
	}
	return min(d, limit)
}

// times returns d × n, or the greatest duration where that overflows.
func times(d time.Duration, n int64) time.Duration {
	const greatest = time.Duration(1<<63 - 1)
	if d > greatest/time.Duration(n) {
		return greatest
	}
	return d * time.Duration(n)
}
