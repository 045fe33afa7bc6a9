package chart

import "math"

// A Reliability diagram holds forecast chances against how often it happened.
type Reliability struct {
	Title, Desc      string
	ForecastAxis     string // below
	ObservedAxis     string // above
	Perfect, CasesOf string // word at the diagonal; word below the counts
	Bins             []ReliabilityBin
}

// A ReliabilityBin is the forecasts of one range of chances.
type ReliabilityBin struct {
	Forecast, Observed float64 // means
	Low, High          float64 // interval of the observed share
	N                  int
}

// Draw draws the diagram: the diagonal is a forecast that keeps its word; bars below tell how
// many forecasts stand behind each point.
func (r Reliability) Draw() Drawing {
	const w, left, top, side, bars = 400, 46.0, 24.0, 260.0, 44.0
	const h = int(top+side+bars) + 62
	p := &pen{}
	x := span{low: 0, high: 1, from: left, to: left + side}
	y := span{low: 0, high: 1, from: top + side, to: top}
	p.text(0, 11, "c-head", "start", r.ObservedAxis)
	for _, v := range ticks(0, 1, 5) {
		p.line(left, y.at(v), left+side, y.at(v), "c-grid")
		p.line(x.at(v), top, x.at(v), top+side, "c-fine")
		p.text(left-7, y.at(v)+4, "c-dim", "end", percent(v))
		p.text(x.at(v), top+side+bars+24, "c-dim", "middle", percent(v))
	}
	p.line(left, top+side, left+side, top, "c-dash")
	p.text(left+side+6, top+8, "c-small", "start", r.Perfect)
	most := 0
	for _, b := range r.Bins {
		most = max(most, b.N)
	}
	base := top + side + bars + 10
	var line []float64
	for _, b := range r.Bins {
		if b.N == 0 {
			continue
		}
		line = append(line, x.at(b.Forecast), y.at(b.Observed))
	}
	if len(line) >= 4 {
		p.path("c-line", open(line...))
	}
	for _, b := range r.Bins {
		if b.N == 0 {
			continue
		}
		fx := x.at(b.Forecast)
		p.line(fx, y.at(b.Low), fx, y.at(b.High), "c-interval")
		m := p.circle(fx, y.at(b.Observed), 2.5+3.5*math.Sqrt(float64(b.N)/float64(most)), "c-ring")
		m.Title = percent(b.Forecast) + " → " + percent(b.Observed) + ", n = " + short(float64(b.N))
		tall := (bars - 14) * float64(b.N) / float64(most)
		p.rect(fx-5, base-tall, 10, tall, "c-bar")
		if b.N == most || len(r.Bins) <= 6 {
			p.text(fx, base-tall-3, "c-small", "middle", short(float64(b.N)))
		}
	}
	p.line(left, base, left+side, base, "c-axis")
	p.text(left+side+6, base, "c-small", "start", r.CasesOf)
	p.text(left+side/2, float64(h)-8, "c-head", "middle", r.ForecastAxis)
	return Drawing{w, h, r.Title, r.Desc, p.marks}
}
