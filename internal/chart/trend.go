package chart

import (
	"math"
	"slices"
)

// A Trend is a value over time with its interval.
type Trend struct {
	Title, Desc string
	Unit        string // above the axis
	Points      []TrendPoint
	Limits      []TrendLimit // levels that mean something: class borders, appetite
	Other       []float64    // something to compare with, NaN = unknown; drawn dashed
	OtherName   string
	Low, High   float64 // of the axis; both 0 = from the data
}

// A TrendPoint is one instant. Unknown points break the line and are hatched.
type TrendPoint struct {
	Label            string // below the axis, "" = none
	Value, Low, High float64
	Unknown          bool
}

// A TrendLimit is a line across.
type TrendLimit struct {
	At   float64
	Name string
}

// Draw draws the trend; the newest value stands beside its point.
func (t Trend) Draw() Drawing {
	const w, h, left, right, top, bottom = 560, 220, 44.0, 92.0, 24.0, 26.0
	p := &pen{}
	t.Points = finite(t.Points)
	low, high := t.bounds()
	y := span{low: low, high: high, from: h - bottom, to: top}
	n := max(len(t.Points)-1, 1)
	x := func(i int) float64 { return left + 8 + float64(i)*(w-left-right-16)/float64(n) }
	p.text(0, 11, "c-head", "start", t.Unit)
	for _, v := range ticks(low, high, 5) {
		p.line(left, y.at(v), w-right, y.at(v), "c-grid")
		p.text(left-7, y.at(v)+4, "c-dim", "end", short(v))
	}
	half := (w - left - right - 16) / float64(n) / 2
	for i, pt := range t.Points {
		if pt.Unknown {
			from, to := math.Max(left, x(i)-half), math.Min(w-right, x(i)+half)
			p.hatch(from, top, to-from, h-bottom-top, 7)
		}
	}
	for _, l := range t.Limits {
		p.line(left, y.at(l.At), w-right, y.at(l.At), "c-dash")
		p.text(w-right+5, y.at(l.At)+4, "c-small", "start", clip(l.Name, right-4))
	}
	t.draw(p, x, y)
	every := 1 + len(t.Points)/9
	for i, pt := range t.Points {
		if (len(t.Points)-1-i)%every == 0 {
			p.text(x(i), h-bottom+16, "c-dim", "middle", pt.Label)
		}
	}
	return Drawing{w, h, t.Title, t.Desc, p.marks}
}

func (t Trend) draw(p *pen, x func(int) float64, y span) {
	for i := 0; i < len(t.Points); {
		var upper, lower, line []float64
		for ; i < len(t.Points) && !t.Points[i].Unknown; i++ {
			pt := t.Points[i]
			upper = append(upper, x(i), y.at(pt.High))
			lower = append([]float64{x(i), y.at(pt.Low)}, lower...)
			line = append(line, x(i), y.at(pt.Value))
		}
		if len(line) >= 4 {
			p.path("c-soft", poly(append(upper, lower...)...))
			p.path("c-line", open(line...))
		} else if len(line) == 2 {
			p.line(line[0], lower[1], line[0], upper[1], "c-interval")
		}
		i++
	}
	var other []float64
	for i, v := range t.Other {
		if !math.IsNaN(v) && i < len(t.Points) {
			other = append(other, x(i), y.at(v))
		}
	}
	if len(other) >= 2 {
		p.path("c-dots", open(other...))
		p.text(other[len(other)-2]+8, other[len(other)-1]+4, "c-small", "start", clip(t.OtherName, 84))
	}
	last := len(t.Points) - 1
	for i, pt := range t.Points {
		if pt.Unknown {
			continue
		}
		class := "c-ring"
		if i == last {
			class = "c-dot"
			p.text(x(i)+9, y.at(pt.Value)+4, "c-bold c-halo", "start", short(pt.Value))
		}
		p.circle(x(i), y.at(pt.Value), 3, class).Title = pt.Label + ": " + short(pt.Value) + " (" + short(pt.Low) + " – " + short(pt.High) + ")"
	}
}

func (t Trend) bounds() (low, high float64) {
	if t.Low != 0 || t.High != 0 {
		return t.Low, t.High
	}
	low, high = math.Inf(1), math.Inf(-1)
	see := func(v float64) {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			low, high = math.Min(low, v), math.Max(high, v)
		}
	}
	for _, pt := range t.Points {
		if !pt.Unknown {
			see(pt.Low)
			see(pt.High)
			see(pt.Value)
		}
	}
	for _, v := range t.Other {
		see(v)
	}
	for _, l := range t.Limits {
		see(l.At)
	}
	switch {
	case low > high:
		return 0, 1
	case low >= 0 && low < (high-low):
		low = 0
	}
	if high == low {
		high = low + 1
	}
	return low, high + (high-low)*.05
}

// finite makes points that hold no number unknown.
func finite(points []TrendPoint) []TrendPoint {
	out := slices.Clone(points)
	for i, pt := range out {
		if sum := pt.Value + pt.Low + pt.High; math.IsNaN(sum) || math.IsInf(sum, 0) {
			out[i] = TrendPoint{Label: pt.Label, Unknown: true}
		}
	}
	return out
}
