package document

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"

	"watchfire.dev/internal/chart"
)

// A pen writes HTML.
type pen struct{ bytes.Buffer }

func (p *pen) put(parts ...string) {
	for _, s := range parts {
		p.WriteString(s)
	}
}

// text writes what is not ours.
func (p *pen) text(s string) { p.WriteString(escape(s)) }

// tag writes an element that holds only text.
func (p *pen) tag(name, attr, s string) {
	p.put("<", name, attr, ">")
	p.text(s)
	p.put("</", name, ">")
}

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#39;")

func escape(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < 0x20 && r != '\t' && r != '\n' || r == utf8.RuneError || r == 0x7f {
			return -1
		}
		return r
	}, s)
	return escaper.Replace(s)
}

// HTML is the whole page. It brings its style, no script, and a policy that lets a browser
// fetch nothing.
func (d Document) HTML() []byte {
	p := &pen{}
	p.put("<!doctype html>\n<html lang=\"", escape(d.Lang), "\" dir=\"", escape(d.Dir), "\">\n<head>\n<meta charset=\"utf-8\">\n",
		`<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`, "\n",
		`<meta name="viewport" content="width=device-width, initial-scale=1">`, "\n")
	p.tag("title", "", d.Title)
	p.put("\n<style>", chart.Variables, chart.Style, style, d.pages(), d.density(), "</style>\n</head>\n<body>\n<header class=\"top\">")
	p.tag("p", "", strings.TrimPrefix(d.Brand.Name+" · "+d.Kind, " · "))
	p.tag("p", "", d.Status)
	p.put("</header>\n<main>\n")
	p.tag("h1", "", d.Title)
	p.put("\n")
	d.lead(p)
	d.contents(p)
	d.sections(p)
	p.put("</main>\n<footer>")
	for _, f := range d.Foot {
		p.tag("p", "", f)
	}
	if d.Brand.Foot != "" {
		p.tag("p", "", d.Brand.Foot)
	}
	p.put("</footer>\n</body>\n</html>\n")
	return p.Bytes()
}

// density is what makes a page hold more. It stands apart from the style: what was printed
// before keeps its bytes.
func (d Document) density() string {
	if !d.Dense {
		return ""
	}
	return "@media print{body{font-size:8pt;line-height:1.28}h1{font-size:14pt}h2{margin-top:1.7mm;padding-top:.7mm}td,th{padding-block:.4mm}.lead{margin:1.8mm 0}.score b{font-size:26pt}footer{margin-top:2mm}html[lang=ar] body{line-height:1.42}}\n"
}

// pages is the part of the style that depends on the document: paper, colour and the words of
// the page numbers. What comes from outside is checked or written as a CSS string.
func (d Document) pages() string {
	size := "A4"
	if d.Paper == Letter {
		size = "letter"
	}
	accent := "#1b1f24"
	if Colour(d.Brand.Accent) {
		accent = d.Brand.Accent
	}
	return "@page{size:" + size + ";margin:14mm 16mm 15mm;@bottom-right{content:" + quoted(d.Page.Word+" ") + "counter(page)" + quoted(" "+d.Page.Of+" ") +
		"counter(pages)}@bottom-left{content:" + quoted(d.Status) + "}}\n:root{--accent:" + accent + "}\n"
}

// Papers.
const (
	A4     = "A4"
	Letter = "letter"
)

// Colour tells whether a text is a colour of six digits.
func Colour(s string) bool {
	if len(s) != 7 || s[0] != '#' {
		return false
	}
	_, err := strconv.ParseUint(s[1:], 16, 32)
	return err == nil
}

// quoted writes a CSS string: everything but letters, digits and spaces as an escape.
func quoted(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		if r == ' ' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			b.WriteRune(r)
		} else {
			b.WriteString(`\` + strconv.FormatInt(int64(r), 16) + " ")
		}
	}
	b.WriteByte('"')
	return b.String()
}

func (d Document) lead(p *pen) {
	if d.Lead == nil {
		return
	}
	l := d.Lead
	p.put("<div class=\"lead\">")
	if l.Number != "" {
		p.put(`<div class="score b`, strconv.Itoa(l.Band), `">`)
		p.tag("b", "", l.Number)
		p.put("<p>")
		for i, line := range l.Lines {
			if i > 0 {
				p.put("<br>")
			}
			p.text(line)
		}
		p.put("</p></div>")
	}
	p.put("<div>")
	list(p, l.Points, "ul", "")
	if l.Close != "" {
		p.tag("p", ` class="dim"`, l.Close)
	}
	p.put("</div></div>\n")
}

// contents is the list of sections; a short report needs none.
func (d Document) contents(p *pen) {
	if len(d.Sections) < 9 {
		return
	}
	p.put(`<nav aria-label="`, escape(d.Contents), `"><p class="dim">`)
	for i, s := range d.Sections {
		if i > 0 {
			p.put(" · ")
		}
		p.put(`<a href="#`, escape(s.ID), `">`)
		p.text(s.Heading)
		p.put("</a>")
	}
	p.put("</p></nav>\n")
}

func (d Document) sections(p *pen) {
	open := false
	for i, s := range d.Sections {
		pair := s.Half && (open || i+1 < len(d.Sections) && d.Sections[i+1].Half)
		if pair && !open {
			p.put("<div class=\"two\">\n")
		}
		class := ""
		if s.Break {
			class = ` class="break"`
		}
		p.put(`<section id="`, escape(s.ID), `"`, class, ` aria-labelledby="`, escape(s.ID), `-h">`)
		p.put(`<h2 id="`, escape(s.ID), `-h">`)
		p.text(s.Heading)
		if s.Aside != "" {
			p.put(" ")
			p.tag("small", "", s.Aside)
		}
		p.put("</h2>\n")
		for _, b := range s.Blocks {
			b.write(p)
		}
		p.put("</section>\n")
		if pair && open {
			p.put("</div>\n")
		}
		open = pair && !open
	}
}

func (b Block) write(p *pen) {
	switch {
	case b.Figure != nil:
		p.put("<figure>")
		p.Write(b.Figure.Drawing.Inline(b.Figure.ID))
		p.put("</figure>\n")
	case b.Table != nil:
		b.Table.write(p)
	case b.List != nil:
		list(p, b.List, "ul", "")
	case b.Box != nil:
		list(p, b.Box, "ul", ` class="box"`)
	case b.Text != "":
		p.tag("p", "", b.Text)
		p.put("\n")
	}
}

func list(p *pen, items []Sentence, tag, attr string) {
	if len(items) == 0 {
		return
	}
	p.put("<", tag, attr, ">")
	for _, s := range items {
		p.put("<li>")
		if s.Strong != "" {
			p.tag("b", "", s.Strong)
			p.put(" ")
		}
		p.text(s.Text)
		if len(s.Evidence) > 0 {
			p.tag("span", ` class="ev"`, " ["+strings.Join(s.Evidence, ", ")+"]")
		}
		p.put("</li>")
	}
	p.put("</", tag, ">\n")
}

func (t Table) write(p *pen) {
	p.put("<table>")
	p.tag("caption", "", t.Caption)
	p.put("<thead><tr>")
	for _, c := range t.Columns {
		attr := ` scope="col"`
		if c.Number {
			attr += ` class="n"`
		}
		p.tag("th", attr, c.Name)
	}
	p.put("</tr></thead><tbody>\n")
	for _, row := range t.Rows {
		p.put("<tr>")
		for i, c := range row {
			tag, attr := "td", ""
			if i == 0 {
				tag, attr = "th", ` scope="row"`
			}
			class := ""
			if i < len(t.Columns) && t.Columns[i].Number {
				class = "n"
			}
			if c.Dim {
				class = strings.TrimSpace(class + " dim")
			}
			if class != "" {
				attr += ` class="` + class + `"`
			}
			if c.Lang != "" {
				attr += ` lang="` + escape(c.Lang) + `" dir="auto"`
			}
			if left := len(t.Columns) - len(row); left > 0 && i == len(row)-1 { // what is said of the rest of the row
				attr += ` colspan="` + strconv.Itoa(left+1) + `"`
			}
			p.put("<", tag, attr, ">")
			if c.Band > 0 && c.Band < 4 {
				p.put(signs[c.Band])
			}
			p.text(c.Text)
			p.put("</", tag, ">")
		}
		p.put("</tr>\n")
	}
	p.put("</tbody></table>\n")
}

// signs are the shapes of the bands: diamond, triangle, octagon. The word beside them says it.
var signs = [...]string{
	"",
	`<svg class="sign" viewBox="0 0 10 10" aria-hidden="true"><path fill="#f9d630" stroke="#1b1f24" d="M5 .7 9.3 5 5 9.3 .7 5z"/></svg>`,
	`<svg class="sign" viewBox="0 0 10 10" aria-hidden="true"><path fill="#d67341" d="M5 .5 9.8 9.3H.2z"/></svg>`,
	`<svg class="sign" viewBox="0 0 10 10" aria-hidden="true"><path fill="#b00824" d="M3 .3h4L9.7 3v4L7 9.7H3L.3 7V3z"/></svg>`,
}
