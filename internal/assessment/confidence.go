package assessment

import (
	"math"
	"time"
)

// A Confidence says how well a score is founded. It never shares a sentence with a likelihood.
type Confidence struct {
	Score       float64 `json:"score"`
	Word        string  `json:"word"` // high, moderate, low
	Coverage    float64 `json:"coverage"`
	Recency     float64 `json:"recency"`
	Reliability float64 `json:"reliability"`
	Agreement   float64 `json:"agreement"`
}

// confidence of a frame: the share of weight that is known, how fresh it is, how reliable its
// sources are, and how well indicators of one component agree.
func (f *frame) confidence(m *Method, d *draw, asOf time.Time) Confidence {
	var whole, known, fresh, reliable float64
	for i := range f.held {
		h := &f.held[i]
		w := m.slotWeight(h.slot, d)
		whole += w
		if h.imputed {
			continue
		}
		known += w
		half := m.Indicators[m.slots[h.slot].ind].HalfLife
		fresh += float64(w * exp(max(-600, -math.Ln2*age(h.value, asOf)/half)))
		reliable += float64(w * m.reliability(h.value.Grade))
	}
	for _, x := range f.missing {
		whole += m.slotWeight(x.slot, d)
	}
	c := Confidence{Agreement: f.agreement(d)}
	if whole > 0 {
		c.Coverage = known / whole
	}
	if known > 0 {
		c.Recency, c.Reliability = fresh/known, reliable/known
	} else {
		c.Agreement = 0
	}
	return m.word(c)
}

// word sums the parts up and rounds them.
func (m *Method) word(c Confidence) Confidence {
	k := m.Confidence
	c.Score = round(float64(k.Coverage*c.Coverage) + float64(k.Recency*c.Recency) + float64(k.Reliability*c.Reliability) + float64(k.Agreement*c.Agreement))
	c.Coverage, c.Recency, c.Reliability, c.Agreement = round(c.Coverage), round(c.Recency), round(c.Reliability), round(c.Agreement)
	switch {
	case c.Score >= k.High:
		c.Word = "high"
	case c.Score >= k.Moderate:
		c.Word = "moderate"
	default:
		c.Word = "low"
	}
	return c
}

// slotWeight is the weight of a slot in the whole tree.
func (m *Method) slotWeight(s int, d *draw) float64 {
	x := m.slots[s]
	c := m.comps[x.comp]
	return float64(d.dims[x.dim]*x.weight) * float64(c.weight/m.partWeight(c))
}

func (m *Method) reliability(grade string) float64 {
	for _, g := range m.Confidence.Grades {
		if g.Grade == grade {
			return g.Value
		}
	}
	return 0
}

// agreement is 1 − sd/5 of the normalised values that describe one thing, the mean over the
// components that hold several; 1 where none does.
func (f *frame) agreement(d *draw) float64 {
	sum, n := 0.0, 0
	for _, c := range f.comps {
		known, mean := 0, 0.0
		for i := c.from; i < c.to; i++ {
			if !f.held[i].imputed {
				known++
				mean += f.value(i, d)
			}
		}
		if known < 2 {
			continue
		}
		mean /= float64(known)
		square := 0.0
		for i := c.from; i < c.to; i++ {
			if !f.held[i].imputed {
				square += float64((f.value(i, d) - mean) * (f.value(i, d) - mean))
			}
		}
		sum += max(0, 1-math.Sqrt(square/float64(known-1))/5)
		n++
	}
	if n == 0 {
		return 1
	}
	return sum / float64(n)
}
