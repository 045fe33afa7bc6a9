package chart

import "math"

// An Exceedance is the chance that a year's loss is above each size, for one or more states
// of the same risk.
type Exceedance struct {
	Title, Desc string
	Unit        string // of the loss, below the axis
	Axis        string // of the chance, above the axis
	Curves      []Curve
	Limit       float64 // a loss that matters: appetite, cover; 0 = none
	LimitName   string
}

// A Curve is one line, drawn in the order of its look: solid, dashed, dotted.
type Curve struct {
	Name   string
	Points []CurvePoint // from the likely to the rare
	Look   Look
}

// A CurvePoint is the chance of more than Loss.
type CurvePoint struct{ Loss, Chance float64 }

// Look tells curves apart without colour.
type Look int

// The looks.
const (
	Solid Look = iota
	Dashed
	Dotted
)

func (l Look) class() string { return []string{"c-line", "c-dash", "c-dots"}[min(max(int(l), 0), 2)] }

// Draw draws the curves: loss on a logarithmic axis, chance on a plain one from 0 to 100 %.
func (e Exceedance) Draw() Drawing {
	const w, h, left, right, top, bottom = 560, 250, 46.0, 96.0, 24.0, 44.0
	p := &pen{}
	low, high := e.bounds()
	x := span{low: low, high: high, from: left, to: w - right, log: true}
	y := span{low: 0, high: e.top(), from: h - bottom, to: top}
	p.text(0, 11, "c-head", "start", e.Axis)
	for _, v := range ticks(0, y.high, 5) {
		p.line(left, y.at(v), w-right, y.at(v), "c-grid")
		p.text(left-7, y.at(v)+4, "c-dim", "end", percent(v))
	}
	for _, v := range decades(low, high) {
		p.line(x.at(v), top, x.at(v), h-bottom, "c-fine")
		p.text(x.at(v), h-bottom+16, "c-dim", "middle", short(v))
	}
	p.line(left, h-bottom, w-right, h-bottom, "c-axis")
	p.text((left+w-right)/2, h-8, "c-head", "middle", e.Unit)
	if e.Limit >= low && e.Limit <= high {
		p.line(x.at(e.Limit), top, x.at(e.Limit), h-bottom, "c-axis")
		p.text(x.at(e.Limit)+4, top+9, "c-small c-halo", "start", e.LimitName)
	}
	for _, c := range e.Curves {
		var xy []float64
		for _, pt := range c.Points {
			if pt.Loss > 0 && !math.IsInf(pt.Loss, 0) {
				xy = append(xy, x.at(pt.Loss), y.at(pt.Chance))
			}
		}
		if len(xy) >= 4 {
			p.path(c.Look.class(), open(xy...))
		}
	}
	for i, c := range e.Curves {
		e.name(p, i, c, x, y)
	}
	return Drawing{w, h, e.Title, e.Desc, p.marks}
}

// name writes a curve into the legend beside the axes, with a piece of its line, and marks
// the loss that one year in ten passes.
func (e Exceedance) name(p *pen, i int, c Curve, x, y span) {
	const w, right = 560, 96.0
	at := y.to + 14 + float64(i)*17
	p.line(w-right+8, at, w-right+30, at, c.Look.class())
	p.text(w-right+35, at+4, "", "start", clip(c.Name, right-34))
	for _, pt := range c.Points {
		if pt.Chance == .1 && pt.Loss > 0 {
			p.circle(x.at(pt.Loss), y.at(.1), 3.2, "c-ring").Title = c.Name + ": " + percent(.1) + " > " + short(pt.Loss)
			if c.Look == Solid {
				p.text(x.at(pt.Loss)+7, y.at(.1)-5, "c-bold c-halo", "start", short(pt.Loss))
			}
		}
	}
}

// top is the highest chance that any curve has at a loss, in steps that ticks can name.
func (e Exceedance) top() float64 {
	most := 0.0
	for _, c := range e.Curves {
		for _, pt := range c.Points {
			if pt.Loss > 0 {
				most = math.Max(most, pt.Chance)
			}
		}
	}
	for _, t := range []float64{.01, .02, .05, .1, .2, .4, .6, .8} {
		if most <= t {
			return t
		}
	}
	return 1
}

func (e Exceedance) bounds() (low, high float64) {
	low, high = math.Inf(1), 0
	for _, c := range e.Curves {
		for _, pt := range c.Points {
			if pt.Loss > 0 && !math.IsInf(pt.Loss, 0) {
				low, high = math.Min(low, pt.Loss), math.Max(high, pt.Loss)
			}
		}
	}
	if high == 0 {
		return 1, 10
	}
	low = math.Max(low, high/1e5) // five decades say enough
	if low == high {
		return low / 2, high * 2
	}
	return low, high
}
