// Package chart draws the pictures of pages and reports as SVG: heat map, trend with
// interval, exceedance curve, reliability diagram, bow-tie and a plan of actions. A drawing is
// a list of marks that a page's template writes in place, or one SVG text of its own for a
// file or a printed report; the same input gives the same bytes. Every picture has a title
// and a description that says in words what it shows, no meaning rests on colour alone, and
// light, dark and paper come from the variables of the page's stylesheet. All words are given
// by the caller; the package knows no language, reads no clock and decides nothing.
package chart

import (
	"bytes"
	"math"
	"slices"
	"strconv"
	"strings"
)

// A Drawing is a picture in a box of W by H units, a unit being a pixel at full size.
type Drawing struct {
	W, H  int
	Title string // what it is: the accessible name
	Desc  string // what it shows, in words and numbers
	Marks []Mark
}

// Kind is the shape of a mark.
type Kind string

// The kinds.
const (
	Path   Kind = "path"
	Rect   Kind = "rect"
	Circle Kind = "circle"
	Text   Kind = "text"
)

// A Mark is one shape or text. Coordinates are written numbers.
type Mark struct {
	Kind       Kind
	Class      string
	D          string // of a path
	X, Y, W, H string // of a rectangle or text; X, Y, R of a circle
	R          string
	Anchor     string // of a text: start, middle, end
	Text       string
	Title      string // shown on hovering, "" = nothing
	Href       string // "" = no link
}

// num writes a coordinate: a tenth of a unit is enough for any eye.
func num(x float64) string {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		x = 0
	}
	s := strconv.FormatFloat(x, 'f', 1, 64)
	s = strings.TrimSuffix(s, ".0")
	if s == "-0" {
		return "0"
	}
	return s
}

// A pen collects marks.
type pen struct{ marks []Mark }

func (p *pen) add(m Mark) *Mark {
	p.marks = append(p.marks, m)
	return &p.marks[len(p.marks)-1]
}

func (p *pen) text(x, y float64, class, anchor, s string) *Mark {
	return p.add(Mark{Kind: Text, Class: class, X: num(x), Y: num(y), Anchor: anchor, Text: s})
}

func (p *pen) rect(x, y, w, h float64, class string) *Mark {
	return p.add(Mark{Kind: Rect, Class: class, X: num(x), Y: num(y), W: num(w), H: num(h)})
}

func (p *pen) circle(x, y, r float64, class string) *Mark {
	return p.add(Mark{Kind: Circle, Class: class, X: num(x), Y: num(y), R: num(r)})
}

func (p *pen) path(class, d string) *Mark { return p.add(Mark{Kind: Path, Class: class, D: d}) }

func (p *pen) line(x1, y1, x2, y2 float64, class string) *Mark {
	return p.path(class, "M"+num(x1)+" "+num(y1)+"L"+num(x2)+" "+num(y2))
}

// lines breaks a text into lines of at most so many units and writes the first few of them.
func (p *pen) lines(x, y, width float64, most int, class, anchor, s string) int {
	list := wrap(s, width, most)
	for i, l := range list {
		p.text(x, y+float64(i)*lineHeight, class, anchor, l)
	}
	return len(list)
}

// hatch fills a rectangle with lines at 45°: we cannot see, or it does not hold. Lines of
// their own need no pattern that a stylesheet would have to point at.
func (p *pen) hatch(x, y, w, h, step float64) {
	var d strings.Builder
	for k := step / 2; k < w+h; k += step {
		x1, y1 := x+math.Max(0, k-h), y+math.Min(h, k)
		x2, y2 := x+math.Min(w, k), y+math.Max(0, k-w)
		d.WriteString("M" + num(x1) + " " + num(y1) + "L" + num(x2) + " " + num(y2))
	}
	p.path("c-hatch", d.String())
}

// band draws the sign of a band, 0 to 3: nothing, diamond, triangle, octagon.
func (p *pen) band(x, y, r float64, band int) {
	switch band {
	case 1:
		p.path("c-b1", poly(x, y-r, x+r, y, x, y+r, x-r, y))
	case 2:
		p.path("c-b2", poly(x, y-r, x+r, y+r*.85, x-r, y+r*.85))
	case 3:
		q := r * .42
		p.path("c-b3", poly(x-q, y-r, x+q, y-r, x+r, y-q, x+r, y+q, x+q, y+r, x-q, y+r, x-r, y+q, x-r, y-q))
	}
}

// poly is a closed path through points.
func poly(xy ...float64) string { return open(xy...) + "Z" }

// open is a path through points.
func open(xy ...float64) string {
	var d strings.Builder
	for i := 0; i+1 < len(xy); i += 2 {
		if i == 0 {
			d.WriteString("M")
		} else {
			d.WriteString("L")
		}
		d.WriteString(num(xy[i]) + " " + num(xy[i+1]))
	}
	return d.String()
}

// Linked tells whether a mark leads somewhere: then it is a group, whose parts are read out,
// and not one image.
func (d Drawing) Linked() bool {
	return slices.ContainsFunc(d.Marks, func(m Mark) bool { return m.Href != "" })
}

func (d Drawing) role() string {
	if d.Linked() {
		return "group"
	}
	return "img"
}

// SVG writes the drawing as a file of its own, with its style; light and dark follow whoever
// shows it.
func (d Drawing) SVG() []byte {
	var b bytes.Buffer
	b.WriteString(`<svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 0 ` + strconv.Itoa(d.W) + " " + strconv.Itoa(d.H) +
		`" width="` + strconv.Itoa(d.W) + `" height="` + strconv.Itoa(d.H) + `" role="` + d.role() + `" aria-labelledby="t d">` + "\n")
	b.WriteString(`<title id="t">` + escape(d.Title) + `</title><desc id="d">` + escape(d.Desc) + "</desc>\n<style>" + Variables + Style + "</style>\n")
	d.body(&b)
	b.WriteString("</svg>\n")
	return b.Bytes()
}

// Inline writes the drawing as a part of an HTML page that brings Style and the variables; id
// is unique on the page. Every text is escaped.
func (d Drawing) Inline(id string) []byte {
	var b bytes.Buffer
	b.WriteString(`<svg class="chart" viewBox="0 0 ` + strconv.Itoa(d.W) + " " + strconv.Itoa(d.H) + `" width="` + strconv.Itoa(d.W) + `" height="` + strconv.Itoa(d.H) +
		`" role="` + d.role() + `" aria-labelledby="` + escape(id) + `-t ` + escape(id) + `-d">` + "\n")
	b.WriteString(`<title id="` + escape(id) + `-t">` + escape(d.Title) + `</title><desc id="` + escape(id) + `-d">` + escape(d.Desc) + "</desc>\n")
	d.body(&b)
	b.WriteString("</svg>\n")
	return b.Bytes()
}

func (d Drawing) body(b *bytes.Buffer) {
	attr := func(name, value string) {
		if value != "" {
			b.WriteString(" " + name + `="` + escape(value) + `"`)
		}
	}
	for _, m := range d.Marks {
		if m.Href != "" {
			b.WriteString(`<a href="` + escape(m.Href) + `">`)
		}
		b.WriteString("<" + string(m.Kind))
		attr("class", m.Class)
		switch m.Kind {
		case Path:
			attr("d", m.D)
		case Rect:
			attr("x", m.X)
			attr("y", m.Y)
			attr("width", m.W)
			attr("height", m.H)
		case Circle:
			attr("cx", m.X)
			attr("cy", m.Y)
			attr("r", m.R)
		case Text:
			attr("x", m.X)
			attr("y", m.Y)
			attr("text-anchor", m.Anchor)
		}
		b.WriteString(">")
		if m.Title != "" {
			b.WriteString("<title>" + escape(m.Title) + "</title>")
		}
		b.WriteString(escape(m.Text) + "</" + string(m.Kind) + ">")
		if m.Href != "" {
			b.WriteString("</a>")
		}
		b.WriteString("\n")
	}
}

// escape makes any text safe in SVG, between tags and in attributes; what XML cannot hold is
// left out.
func escape(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < 0x20 && r != '\t' && r != '\n' || r == 0xFFFE || r == 0xFFFF {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#39;").Replace(s)
}
