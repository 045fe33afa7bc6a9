package chart

// Dots are values on one scale, a row each: now, before, and what it would be without
// controls, with an interval where one is known.
type Dots struct {
	Title, Desc string
	Low, High   float64
	Edges       []float64 // borders of classes, labelled below
	Rows        []Dot
	RTL         bool // names stand at the right
}

// A Dot is one row. NaN-free: Known says which of its values are.
type Dot struct {
	Name        string
	Band        int // 0 to 3
	Unknown     bool
	Note        string // of an unknown row
	Value       float64
	Was, Raw    *float64 // before; without controls
	From, Until *float64 // interval
}

// Draw draws the rows: a full dot is now, a hollow one before, a tick without controls, a line
// the interval; what is unknown is hatched over the whole scale.
func (g Dots) Draw() Drawing {
	const w, step, top, name, figure = 660, 16.5, 6.0, 168.0, 188.0
	p := &pen{}
	h := top + float64(len(g.Rows))*step
	x := span{low: g.Low, high: g.High, from: figure + 12, to: w - 12}
	anchor, at := "start", 0.0
	if g.RTL {
		anchor, at = "end", name-8
	}
	for _, e := range g.Edges {
		p.line(x.at(e), top-2, x.at(e), h+2, "c-grid")
		p.text(x.at(e), h+13, "c-small", "middle", short(e))
	}
	for i, r := range g.Rows {
		y := top + (float64(i)+.5)*step
		p.text(at, y+4, "", anchor, clip(r.Name, name-8))
		if r.Unknown {
			p.hatch(x.from, y-step*.3, x.to-x.from, step*.6, 6)
			p.text((x.from+x.to)/2, y+4, "c-small c-halo", "middle", r.Note)
			continue
		}
		p.text(figure, y+4, "c-bold", "end", fixed(r.Value))
		if r.From != nil && r.Until != nil {
			p.line(x.at(*r.From), y, x.at(*r.Until), y, "c-interval")
		}
		if r.Raw != nil {
			p.line(x.at(*r.Raw), y-5, x.at(*r.Raw), y+5, "c-axis")
		}
		if r.Was != nil {
			p.line(x.at(*r.Was), y, x.at(r.Value), y, "c-link")
			p.circle(x.at(*r.Was), y, 3.4, "c-ring")
		}
		p.circle(x.at(r.Value), y, 4.6, []string{"c-dot", "c-b1", "c-b2", "c-b3"}[min(max(r.Band, 0), 3)]).Title = r.Name + ": " + fixed(r.Value)
	}
	return Drawing{w, int(h) + 18, g.Title, g.Desc, p.marks}
}

// fixed writes one decimal, as scores are written.
func fixed(x float64) string {
	s := num(x)
	if len(s) < 2 || s[len(s)-2] != '.' {
		return s + ".0"
	}
	return s
}
