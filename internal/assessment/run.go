package assessment

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/indicator"
	"watchfire.dev/internal/level"
)

// Assess assesses every unit of a snapshot. It sorts the snapshot; the results are in the
// order of the units' ids and do not depend on workers, which is how many goroutines reckon.
// Errors wrap fault.ErrInvalid; a cancelled context ends it early.
func Assess(ctx context.Context, m *Method, s *Snapshot, workers int) ([]Result, error) {
	return AssessTelling(ctx, m, s, workers, nil)
}

// AssessTelling is Assess that says after each unit how many of all are done. told is called
// by one goroutine at a time; nil = nobody wants to know. It changes no byte of the results.
func AssessTelling(ctx context.Context, m *Method, s *Snapshot, workers int, told func(done, all int)) ([]Result, error) {
	raw, err := s.Canonical(m)
	if err != nil {
		return nil, err
	}
	return assess(ctx, m, s, Hash(raw), workers, nil, told)
}

// assess reckons the units of want, nil = all.
func assess(ctx context.Context, m *Method, s *Snapshot, hash string, workers int, want map[string]bool, told func(done, all int)) ([]Result, error) {
	n := s.Draws
	if n == 0 {
		n = m.Robustness.Draws
	}
	weights := dimensionWeights(m, s)
	frames := framesOf(m, s)
	sample := newSample(m, s.Seed, n, weights)
	base := nominal(m, weights)
	out, spreads := make([]Result, len(frames)), make([]*spread, len(frames))
	pools, shares := poolsOf(m, frames, n)
	var telling sync.Mutex
	finished := 0
	// Members first: a portfolio is reckoned from what they scored.
	for _, portfolios := range []bool{false, true} {
		err := each(ctx, len(frames), workers, func(i int) {
			if (frames[i].members != nil) != portfolios || want != nil && !want[s.Units[i].ID] {
				return
			}
			out[i] = resultOf(m, s, frames[i], &base)
			out[i].Snapshot, out[i].Draws = hash, n
			if out[i].Assessed {
				score := sample.of(m, frames[i], shares[frames[i]])
				if portfolios {
					score = pools[i].of(m, sample)
				}
				sp := spreadOf(m, score, sample, out[i].Class)
				spreads[i] = &sp
			}
			if told != nil {
				telling.Lock()
				defer telling.Unlock()
				finished++
				told(finished, len(frames))
			}
		})
		if err != nil {
			return nil, err
		}
	}
	for i := range out {
		out[i].spread(m, spreads[i])
	}
	rank(out, spreads)
	return out, nil
}

func dimensionWeights(m *Method, s *Snapshot) []float64 {
	out := make([]float64, len(m.Dimensions))
	for i, d := range m.Dimensions {
		out[i] = d.Weight
		for _, w := range s.Weights {
			if w.Dimension == d.ID {
				out[i] = w.Weight
			}
		}
	}
	return out
}

func framesOf(m *Method, s *Snapshot) []*frame {
	l := newLender(m, s)
	frames := make([]*frame, len(s.Units))
	for i := range s.Units {
		if s.Units[i].Kind != Portfolio {
			frames[i] = l.frame(&s.Units[i], s.AsOf)
		}
	}
	for i := range s.Units {
		if u := &s.Units[i]; u.Kind == Portfolio {
			f := &frame{unit: u, members: []*frame{}}
			for _, x := range u.Members {
				f.members = append(f.members, frames[l.at[x.Unit]])
				f.weights = append(f.weights, x.Weight)
			}
			frames[i] = f
		}
	}
	return frames
}

// poolsOf makes a pool for each portfolio and says for each member to which pools it adds.
func poolsOf(m *Method, frames []*frame, draws int) ([]*pool, map[*frame][]share) {
	pools, shares := make([]*pool, len(frames)), map[*frame][]share{}
	for i, f := range frames {
		if f.members == nil {
			continue
		}
		p, weights := newPool(m, f, draws)
		pools[i] = p
		for k, member := range f.members {
			shares[member] = append(shares[member], share{p, weights[k]})
		}
	}
	return pools, shares
}

// each runs do for every index on so many workers and waits for all of them. A panic in one
// becomes an error.
func each(ctx context.Context, n, workers int, do func(i int)) error {
	var (
		wg     sync.WaitGroup
		mu     sync.Mutex
		next   int
		failed error
	)
	take := func() (int, bool) {
		mu.Lock()
		defer mu.Unlock()
		if next >= n || failed != nil || ctx.Err() != nil {
			return 0, false
		}
		next++
		return next - 1, true
	}
	for range max(1, min(workers, n)) {
		wg.Go(func() {
			defer func() {
				if p := recover(); p != nil {
					mu.Lock()
					failed = fmt.Errorf("assess: panic %v: %w", p, fault.ErrInvalid)
					mu.Unlock()
				}
			}()
			for i, ok := take(); ok; i, ok = take() {
				do(i)
			}
		})
	}
	wg.Wait()
	if failed != nil {
		return failed
	}
	return ctx.Err()
}

// resultOf is everything about a unit that needs no draws.
func resultOf(m *Method, s *Snapshot, f *frame, d *draw) Result {
	u := f.unit
	var sc scratch
	now, inherent := f.score(m, d, false, &sc), f.score(m, d, true, &sc)
	r := Result{
		Unit: u.ID, Kind: u.Kind, Name: u.Name, Country: u.Country, Method: m.Version, MethodHash: m.Hash, Seed: s.Seed,
		AsOf: s.AsOf, Known: s.Known, People: u.People, Probability: u.Probability,
	}
	if u.Probability != nil {
		r.ProbabilityWord = level.Word(u.Probability.P)
	}
	for i, dim := range m.Dimensions {
		r.Dimensions = append(r.Dimensions, dimensionResult(m, f, d, i, now, inherent))
		if now.has[i] {
			r.Assessed = true
			if now.dims[i] >= m.RedTag {
				r.RedTags = append(r.RedTags, dim.ID)
			}
		}
	}
	r.Confidence = confidenceOf(m, f, d, s)
	r.blind(m, f)
	if !r.Assessed {
		return r
	}
	r.Score, r.Inherent, r.Mean = round(now.overall), round(inherent.overall), round(now.mean)
	r.Class = m.ClassOf(now.overall)
	if now.overall > now.mean+1e-9 {
		worst := 0
		for i := range m.Dimensions {
			if now.has[i] && (!now.has[worst] || now.dims[i] > now.dims[worst]) {
				worst = i
			}
		}
		r.HeldBy = m.Dimensions[worst].ID
	}
	r.Short = trendOf(m, u.History, s.AsOf, now.overall, m.Trend.ShortDays)
	if m.Trend.Alert != "" && r.Short.Verb == "deteriorated" && slices.Index(classes[:], r.Class) >= slices.Index(classes[:], m.Trend.Alert) {
		r.Short.Verb = "alert"
	}
	r.Long = trendOf(m, u.History, s.AsOf, now.overall, m.Trend.LongDays)
	r.Delta7, r.Delta30, r.Delta365 = delta(u, s, now.overall, 7), delta(u, s, now.overall, 30), delta(u, s, now.overall, 365)
	r.drivers(m, s, f, d)
	r.changes(m, s, f, d)
	return r
}

func confidenceOf(m *Method, f *frame, d *draw, s *Snapshot) Confidence {
	if f.members == nil {
		return f.confidence(m, d, s.AsOf)
	}
	var c Confidence
	total := 0.0
	for i, x := range f.members {
		one, w := x.confidence(m, d, s.AsOf), f.weights[i]
		c.Coverage += float64(w * one.Coverage)
		c.Recency += float64(w * one.Recency)
		c.Reliability += float64(w * one.Reliability)
		c.Agreement += float64(w * one.Agreement)
		total += w
	}
	c.Coverage, c.Recency, c.Reliability, c.Agreement = c.Coverage/total, c.Recency/total, c.Reliability/total, c.Agreement/total
	return m.word(c)
}

func dimensionResult(m *Method, f *frame, d *draw, i int, now, inherent scored) DimensionResult {
	out := DimensionResult{ID: m.Dimensions[i].ID, Assessed: now.has[i], Weight: d.dims[i]}
	if !now.has[i] {
		return out
	}
	out.Score, out.Inherent, out.Class = round(now.dims[i]), round(inherent.dims[i]), m.ClassOf(now.dims[i])
	whole, known := 0.0, 0.0
	for _, span := range f.dims {
		if span.id != i {
			continue
		}
		for p := span.from; p < span.to; p++ {
			v := round(now.parts[i][f.parts[p].id])
			switch f.parts[p].id {
			case hazardPart:
				out.Hazard = &v
			case vulnerabilityPart:
				out.Vulnerability = &v
			default:
				out.Coping = &v
			}
		}
	}
	for h := range f.held {
		if m.slots[f.held[h].slot].dim == i {
			w := m.slotWeight(f.held[h].slot, d)
			if whole += w; !f.held[h].imputed {
				known += w
			}
		}
	}
	for _, x := range f.missing {
		if m.slots[x.slot].dim == i {
			whole += m.slotWeight(x.slot, d)
		}
	}
	if whole > 0 {
		out.Coverage = round(known / whole)
	}
	return out
}

// delta is the change against the last score at least so many days old, but not much older.
func delta(u *Unit, s *Snapshot, score, days float64) *float64 {
	for i := len(u.History) - 1; i >= 0; i-- {
		old := s.AsOf.Sub(u.History[i].At).Hours() / 24
		if old >= days-0.5 {
			if old > days*1.5+7 {
				return nil
			}
			d := round(score - u.History[i].Score)
			return &d
		}
	}
	return nil
}

// blind lists what is not known, and what is known too late.
func (r *Result) blind(m *Method, f *frame) {
	if f.members != nil {
		return
	}
	for _, d := range r.Dimensions {
		if !d.Assessed {
			r.Blind = append(r.Blind, Blind{Dimension: d.ID, Reason: "no_hazard"})
		}
	}
	for _, x := range f.missing {
		if r.Dimensions[m.slots[x.slot].dim].Assessed {
			r.Blind = append(r.Blind, Blind{m.Dimensions[m.slots[x.slot].dim].ID, m.Indicators[m.slots[x.slot].ind].ID, "missing"})
		}
	}
	for i := range f.held {
		s := m.slots[f.held[i].slot]
		if f.held[i].imputed {
			r.Blind = append(r.Blind, Blind{m.Dimensions[s.dim].ID, m.Indicators[s.ind].ID, "imputed"})
			continue
		}
	}
	seen := map[int]bool{}
	for i := range f.held {
		ind := m.slots[f.held[i].slot].ind
		in := m.Indicators[ind]
		if days := age(f.held[i].value, r.AsOf); !f.held[i].imputed && !seen[ind] && days > float64(m.StaleAfter*in.HalfLife) {
			seen[ind] = true
			r.Stale = append(r.Stale, Stale{in.ID, f.held[i].value.Period, math.Floor(days)})
		}
	}
	slices.SortFunc(r.Stale, func(a, b Stale) int { return strings.Compare(a.Indicator, b.Indicator) })
}

// spread writes what the draws say into a result.
func (r *Result) spread(m *Method, s *spread) {
	if s == nil {
		return
	}
	r.Low, r.High, r.ClassShare = round(s.low), round(s.high), round(s.changes)
	r.Robust = s.changes <= m.Robustness.NotRobust
	r.Sensitivity = s.sobol
	r.Settled = s.settled
	for i := range r.Dimensions { // in the order of the method
		if x := s.dims[i]; x != nil && r.Dimensions[i].Assessed {
			r.Dimensions[i].Low, r.Dimensions[i].High = &x[0], &x[1]
		}
	}
}

// rank ranks the assessed units of each kind.
func rank(out []Result, spreads []*spread) {
	for _, kind := range kinds {
		var at []int
		var scores []float64
		var kin []*spread
		for i := range out {
			if out[i].Kind == kind && out[i].Assessed {
				at, scores, kin = append(at, i), append(scores, out[i].Score), append(kin, spreads[i])
			}
		}
		rank, low, high := ranks(scores, kin)
		for k, i := range at {
			out[i].Rank, out[i].Of, out[i].RankLow, out[i].RankHigh = rank[k], len(at), round(low[k]), round(high[k])
		}
	}
}

// unitOf is the unit in which an indicator counts.
func unitOf(name string) string {
	d, _ := indicator.Find(name)
	return d.Unit
}
