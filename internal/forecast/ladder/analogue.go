package ladder

import (
	"math"

	"watchfire.dev/internal/forecast/dist"
	"watchfire.dev/internal/forecast/panel"
)

// How analogues are weighted. Chosen on 2002–16; the result depends little on them.
const (
	analogueOffset = 3   // deaths
	analogueLeast  = .3  // level below which a country is quiet and has no analogues
	analogueLevel  = 1.0 // bandwidth in log level
	analogueBelow  = .7  // distances to lower levels count so much: large wars have few equals
	analogueTrend  = .5  // bandwidth in the log ratio of 3 to 12 months
	analogueRise   = 1.5 // bandwidth in the log ratio of 12 to 60 months
	analogueFar    = 16  // squared distance beyond which a weight counts as nothing
	analogueStep   = 2   // months between origins that are looked at
)

// analogue is a country at an earlier origin, in three numbers, with what came after.
type analogue struct {
	place [3]float64
	level float64
	after []float64
}

func placeOf(s []float64) analogue {
	lv := level(s, 24, 3)
	year := mean(s, 12) + analogueOffset
	return analogue{level: lv, place: [3]float64{
		math.Log(lv + analogueOffset), math.Log((mean(s, 3) + analogueOffset) / year), math.Log(year / (mean(s, 60) + analogueOffset)),
	}}
}

// analogues forecasts a country by what came after comparable states of any country, scaled
// to its level: a kernel over level, trend and rise. It says a certain zero of quiet ones.
func (s *Shop) analogues(v panel.View) (Field, error) {
	return s.once("analogues", v, 0, func() (Field, error) {
		var past []analogue
		for o := v.First() + forestWarmUp; o < v.Origin(); o++ {
			if int(v.Origin()-o)%analogueStep != 0 {
				continue
			}
			then, err := v.Earlier(o)
			if err != nil {
				return nil, err
			}
			for i := range then.Len() {
				series := then.Series(i)
				if a := placeOf(series); then.Born(i) < len(series)-1 && a.level >= analogueLeast {
					a.after = v.Series(i)[len(series):]
					past = append(past, a)
				}
			}
		}
		out, weights := make(Field, v.Len()), make([]float64, len(past))
		for i := range out {
			out[i] = make([]dist.Grid, Horizons)
			if here := placeOf(v.Series(i)); here.level >= analogueLeast {
				here.recall(past, weights, out[i])
			}
		}
		return out, nil
	})
}

// recall fills in the months ahead of one country.
func (a analogue) recall(past []analogue, weights []float64, out []dist.Grid) {
	for k, p := range past {
		d := [3]float64{(p.place[0] - a.place[0]) / analogueLevel, (p.place[1] - a.place[1]) / analogueTrend, (p.place[2] - a.place[2]) / analogueRise}
		if d[0] < 0 {
			d[0] *= analogueBelow
		}
		weights[k] = 0
		if x := d[0]*d[0] + d[1]*d[1] + d[2]*d[2]; x <= analogueFar {
			weights[k] = math.Exp(-x / 2)
		}
	}
	var atoms []dist.Atom
	for h := range out {
		atoms = atoms[:0]
		for k, p := range past {
			if weights[k] > 0 && h < len(p.after) {
				atoms = append(atoms, dist.Atom{Value: p.after[h] * (a.level + analogueOffset) / (p.level + analogueOffset), Weight: weights[k]})
			}
		}
		if len(atoms) > 0 {
			out[h] = dist.FromAtoms(atoms)
		}
	}
}
