package chart

import "strings"

// A Heat is a table of bands: likelihood against impact with the codes of risks in its cells,
// or projects against dimensions with numbers.
type Heat struct {
	Title, Desc string
	RowsTitle   string // beside the rows, "" = none
	ColsTitle   string // below the columns, "" = none
	Rows, Cols  []string
	Cells       [][]HeatCell // by row, then column
	More        string       // what stands after a number of items that have no room: "more"
}

// A HeatCell is one cell. Items are written below one another.
type HeatCell struct {
	Band    int    // 0 to 3
	Unknown bool   // we cannot see: hatched
	Number  string // the cell's number, large; "" = none
	Items   []HeatItem
	Title   string
}

// An HeatItem is something in a cell.
type HeatItem struct{ Text, Href string }

// Draw draws the map: each cell has its tint, and the sign of its band beside its number.
func (h Heat) Draw() Drawing {
	p := &pen{}
	left := 16.0
	for _, r := range h.Rows {
		left = max(left, min(wide(r), 150)+16)
	}
	cw, ch, top := 92.0, 30.0, 2.0
	most := 0
	for _, row := range h.Cells {
		for _, c := range row {
			most = max(most, len(c.Items))
		}
	}
	if most > 0 {
		ch = 24 + float64(min(most, 4))*lineHeight
	}
	if len(h.Cols) > 6 {
		cw = 60
		for _, c := range h.Cols {
			for _, word := range strings.Fields(c) {
				cw = max(cw, min(wide(word), 110)+10)
			}
		}
	}
	if h.RowsTitle != "" {
		top += 20
		p.text(0, 11, "c-head", "start", h.RowsTitle)
	}
	for i, row := range h.Cells {
		y := top + float64(i)*ch
		p.lines(left-8, y+ch/2+4, 150, 2, "", "end", at(h.Rows, i))
		for j, c := range row {
			p.cell(left+float64(j)*cw, y, cw, ch, c, h.More)
		}
	}
	bottom := top + float64(len(h.Cells))*ch
	lines := 1
	for j, c := range h.Cols {
		lines = max(lines, p.lines(left+(float64(j)+.5)*cw, bottom+15, cw-6, 2, "", "middle", c))
	}
	height := bottom + 10 + float64(lines)*lineHeight
	width := left + float64(len(h.Cols))*cw
	if h.ColsTitle != "" {
		p.text(left+float64(len(h.Cols))*cw/2, height+12, "c-head", "middle", h.ColsTitle)
		height += 18
	}
	return Drawing{int(width) + 2, int(height) + 2, h.Title, h.Desc, p.marks}
}

func at(list []string, i int) string {
	if i < len(list) {
		return list[i]
	}
	return ""
}

func (p *pen) cell(x, y, w, h float64, c HeatCell, more string) {
	tint := []string{"c-t0", "c-t1", "c-t2", "c-t3"}[min(max(c.Band, 0), 3)]
	m := p.rect(x+1, y+1, w-2, h-2, tint)
	if c.Unknown {
		m.Class = "c-edge"
		p.hatch(x+1, y+1, w-2, h-2, 7)
	}
	if len(c.Items) == 0 && c.Number != "" && w < 92 {
		p.band(x+12, y+h/2, 4.5, c.Band)
		p.text(x+w-9, y+h/2+4, "c-bold", "end", c.Number)
	} else if c.Number != "" {
		p.band(x+12, y+13, 4.5, c.Band)
		p.text(x+w-8, y+17, "c-small", "end", c.Number)
	}
	room := max(1, int((h-22)/lineHeight))
	for i, it := range c.Items {
		text, href := it.Text, it.Href
		left := len(c.Items) - i
		if i == room-1 && left > 1 {
			text, href = "+ "+trim(float64(left))+" "+more, ""
		}
		m := p.text(x+8, y+29+float64(i)*lineHeight, "c-bold", "start", clip(text, w-14))
		m.Href, m.Title = href, c.Title
		if i == room-1 {
			break
		}
	}
}
