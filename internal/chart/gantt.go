package chart

import (
	"time"
)

// A Plan is actions over time.
type Plan struct {
	Title, Desc string
	Now         time.Time
	Today       string // word at the line of today
	Months      func(time.Time) string
	Tasks       []Task
}

// A Task is one action. Without From it is a mark at its due day.
type Task struct {
	Text, Who string
	From, Due time.Time
	Done      time.Time // zero = open
	Word      string    // at the bar: "done", "12 days late"
	Late      bool
	Href      string
}

// Draw draws the plan: an open action is a hollow bar, what is done a full one, what is late
// is hatched from its due day to today and says so.
func (g Plan) Draw() Drawing {
	const w, left, right, top, step = 760, 236.0, 92.0, 26.0, 30.0
	p := &pen{}
	h := top + float64(len(g.Tasks))*step + 12
	from, to := g.bounds()
	x := span{low: float64(from.Unix()), high: float64(to.Unix()), from: left, to: w - right}
	at := func(t time.Time) float64 { return x.at(float64(t.Unix())) }
	months := int(to.Sub(from).Hours()/24/30) + 1
	every := 1 + months/9
	for t, i := from, 0; !t.After(to); t, i = t.AddDate(0, 1, 0), i+1 {
		p.line(at(t), top-6, at(t), h-6, "c-fine")
		if i%every == 0 && at(t) < w-right-20 {
			p.text(at(t)+3, 14, "c-dim", "start", g.month(t))
		}
	}
	for i, k := range g.Tasks {
		y := top + (float64(i)+.5)*step
		p.line(0, y+step/2, w, y+step/2, "c-fine")
		m := p.text(0, y-1, "", "start", clip(k.Text, left-14))
		m.Href, m.Title = k.Href, k.Text
		p.text(0, y+11, "c-small", "start", clip(k.Who, left-14))
		g.bar(p, at, y, k)
	}
	now := at(g.Now)
	p.line(now, top-6, now, h-6, "c-axis")
	p.text(now, h+4, "c-small", "middle", g.Today)
	return Drawing{w, int(h) + 10, g.Title, g.Desc, p.marks}
}

func (g Plan) bar(p *pen, at func(time.Time) float64, y float64, k Task) {
	begin := k.From
	if begin.IsZero() {
		begin = k.Due
	}
	x1, x2 := at(begin), at(k.Due)
	end := x2
	switch {
	case !k.Done.IsZero():
		end = max(at(k.Done), x1+2)
		p.rect(x1, y-5, end-x1, 10, "c-bar")
	case x2-x1 < 3:
		p.path("c-ring", poly(x2, y-6, x2+6, y, x2, y+6, x2-6, y))
		end = x2 + 6
	default:
		p.rect(x1, y-5, x2-x1, 10, "c-ring")
	}
	if k.Late {
		end = max(end, at(g.Now))
		p.rect(x2, y-5, max(at(g.Now)-x2, 2), 10, "c-gap")
		p.hatch(x2, y-5, max(at(g.Now)-x2, 2), 10, 4)
	}
	class := "c-dim c-halo"
	if k.Late {
		class = "c-bold c-halo"
	}
	p.text(end+6, y+4, class, "start", k.Word)
}

func (g Plan) month(t time.Time) string {
	if g.Months != nil {
		return g.Months(t)
	}
	return t.Format("2006-01")
}

// bounds are whole months around every day of the plan and today.
func (g Plan) bounds() (from, to time.Time) {
	from, to = g.Now, g.Now
	see := func(t time.Time) {
		if t.IsZero() {
			return
		}
		if t.Before(from) {
			from = t
		}
		if t.After(to) {
			to = t
		}
	}
	for _, k := range g.Tasks {
		see(k.From)
		see(k.Due)
		see(k.Done)
	}
	if earliest := g.Now.AddDate(-2, 0, 0); from.Before(earliest) {
		from = earliest
	}
	if latest := g.Now.AddDate(3, 0, 0); to.After(latest) {
		to = latest
	}
	from = time.Date(from.Year(), from.Month(), 1, 0, 0, 0, 0, time.UTC)
	to = time.Date(to.Year(), to.Month()+1, 1, 0, 0, 0, 0, time.UTC)
	return from, to
}
