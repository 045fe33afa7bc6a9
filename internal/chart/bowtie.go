package chart

import "slices"

// A BowTie is one risk: causes on the left, the event in the middle, consequences on the
// right, and what stands between them.
type BowTie struct {
	Title, Desc           string
	Causes, Consequences  []BowPart
	Event                 string // what happens, and
	EventNote             string // how often
	CausesHead, AfterHead string
	Barriers              []Barrier
	More                  string // after a number of barriers that have no room
}

// A BowPart is one box.
type BowPart struct{ Code, Text string }

// A Barrier is a control before the event or behind it.
type Barrier struct {
	Code, Text string
	After      bool     // behind the event: it makes things less bad
	On         []string // codes of the boxes it stands before; empty = all of its side
	Note       string   // below: effectiveness, or what it lacks
	Gap        bool     // it does not hold: dashed and hatched
}

const (
	bowBox  = 168.0 // width of a box
	bowLane = 250.0 // room for barriers between box and event
	bowEvnt = 150.0
	barWide = 104.0
	boxTall = 46.0
	rowStep = 66.0
)

// Draw draws the bow-tie. Barriers stand as boxes on the lines that they cut; one that does
// not hold is hatched and dashed and says why.
func (b BowTie) Draw() Drawing {
	p := &pen{}
	const top = 26.0
	left, right := orOne(b.Causes), orOne(b.Consequences)
	rows := max(len(left), len(right), 1)
	rows = max(rows, b.stack(false), b.stack(true))
	height := top + float64(rows)*rowStep + 10
	width := 2*(bowBox+bowLane) + bowEvnt
	mid := top + float64(rows)*rowStep/2 - (rowStep-boxTall)/2
	p.text(0, 11, "c-head", "start", b.CausesHead)
	p.text(width, 11, "c-head", "end", b.AfterHead)
	eventL := bowBox + bowLane
	y := func(i, n int) float64 {
		return top + (float64(rows)-float64(n))*rowStep/2 + float64(i)*rowStep + boxTall/2
	}
	side := func(list []BowPart, boxX, boxEdge, eventEdge, lane float64, after bool) {
		bars := b.of(after)
		for i := range list {
			yy := y(i, len(list))
			bend := (boxEdge + eventEdge) / 2
			p.path("c-link", "M"+num(boxEdge)+" "+num(yy)+"C"+num(bend)+" "+num(yy)+" "+num(bend)+" "+num(mid)+" "+num(eventEdge)+" "+num(mid))
		}
		for i, part := range list {
			yy := y(i, len(list))
			p.rect(boxX, yy-boxTall/2, bowBox, boxTall, "c-box").Title = part.Text
			n := len(wrap(part.Text, bowBox-14, 3))
			p.lines(boxX+8, yy+4-float64(n-1)*lineHeight/2, bowBox-14, 3, "", "start", part.Text)
		}
		for i, slot := range place(bars, list, after) {
			bx := lane + float64(slot.col)*(barWide+14)
			p.barrier(bx, y(slot.row, slot.rows), bars[i], b.names(bars[i], list))
		}
	}
	side(left, 0, bowBox, eventL, bowBox+14, false)
	side(right, width-bowBox, width-bowBox, eventL+bowEvnt, eventL+bowEvnt+14, true)
	lines := wrap(b.Event, bowEvnt-20, 4)
	tall := float64(len(lines)+1)*lineHeight + 22
	p.rect(eventL, mid-tall/2, bowEvnt, tall, "c-event")
	for i, l := range lines {
		p.text(eventL+bowEvnt/2, mid-tall/2+19+float64(i)*lineHeight, "c-bold", "middle", l)
	}
	p.text(eventL+bowEvnt/2, mid+tall/2-9, "c-dim", "middle", clip(b.EventNote, bowEvnt-10))
	return Drawing{int(width) + 1, int(height), b.Title, b.Desc, p.marks}
}

// A slot is where a barrier stands: one of two columns of a lane.
type slot struct{ row, rows, col int }

// place gives every barrier a slot: one that stands before a single box in that box's row and
// next to it, the others from the middle outwards and next to the event.
func place(bars []Barrier, list []BowPart, after bool) []slot {
	rows := max(len(list), (len(bars)+1)/2)
	taken := map[[2]int]bool{}
	out := make([]slot, len(bars))
	outer, inner := 0, 1
	if after {
		outer, inner = 1, 0
	}
	put := func(i int, order []int, cols ...int) bool {
		for _, col := range cols {
			for _, row := range order {
				if !taken[[2]int{row, col}] {
					taken[[2]int{row, col}] = true
					out[i] = slot{row, rows, col}
					return true
				}
			}
		}
		return false
	}
	var middle []int
	for row := range rows {
		middle = append(middle, row)
	}
	slices.SortStableFunc(middle, func(a, b int) int { return off(a, rows) - off(b, rows) })
	done := make([]bool, len(bars))
	for i, bar := range bars {
		at := -1
		if len(bar.On) == 1 && len(list) == rows {
			at = slices.IndexFunc(list, func(p BowPart) bool { return p.Code == bar.On[0] })
		}
		done[i] = at >= 0 && put(i, []int{at}, outer, inner)
	}
	for i := range bars {
		if !done[i] {
			put(i, middle, inner, outer)
		}
	}
	return out
}

// off is how far a row lies from the middle, in halves.
func off(row, rows int) int {
	d := 2*row - (rows - 1)
	return max(d, -d)
}

// stack is how many rows the barriers of a side need.
func (b BowTie) stack(after bool) int { return (len(b.of(after)) + 1) / 2 }

func (b BowTie) of(after bool) []Barrier {
	return slices.DeleteFunc(slices.Clone(b.Barriers), func(x Barrier) bool { return x.After != after })
}

func orOne(list []BowPart) []BowPart {
	if len(list) == 0 {
		return []BowPart{{Text: "–"}}
	}
	return list
}

// names says before which boxes a barrier stands, when it is not all of them.
func (b BowTie) names(bar Barrier, list []BowPart) string {
	if len(bar.On) == 0 || len(bar.On) == len(list) {
		return bar.Text
	}
	text := bar.Text + " →"
	for _, on := range bar.On {
		for _, part := range list {
			if part.Code == on {
				text += " " + part.Text + ";"
			}
		}
	}
	return text
}

func (p *pen) barrier(x, y float64, bar Barrier, title string) {
	const tall = 52.0
	class := "c-edge"
	if bar.Gap {
		class = "c-gap"
	}
	p.rect(x, y-tall/2, barWide, tall, class).Title = title
	if bar.Gap {
		p.hatch(x, y-tall/2, 7, tall, 4)
	} else {
		p.rect(x, y-tall/2, 5, tall, "c-bar")
	}
	lines := wrap(bar.Text, barWide-16, 2)
	for i, l := range lines {
		p.text(x+12, y-tall/2+15+float64(i)*lineHeight, "", "start", l)
	}
	note := "c-small"
	if bar.Gap {
		note = "c-small c-bold"
	}
	p.text(x+12, y+tall/2-7, note, "start", clip(bar.Note, (barWide-14)*1.1))
}
