// Package document is a report as typed parts, and its forms: HTML that stands alone, prints
// and can be read aloud, canonical JSON, and a workbook of the tables. The same document gives
// the same bytes in every form, on every machine, so that whoever holds the inputs of a report
// can make it again and compare. It escapes every text, brings no script, asks for nothing from
// elsewhere and knows nothing about risk: what stands in a document, and in which words, is
// decided by the package report.
package document

import (
	"encoding/json"

	"watchfire.dev/internal/chart"
)

// A Document is a whole report in one language. Its texts are written for readers already.
type Document struct {
	Version int    `json:"version"` // of this shape: 1
	Lang    string `json:"lang"`    // BCP 47
	Dir     string `json:"dir"`     // ltr or rtl
	Paper   string `json:"paper"`   // A4 or letter
	Brand   Brand  `json:"brand"`
	// Kind stands at the head of each page, Status beside it: month, approval, TLP.
	Kind     string    `json:"kind"`
	Status   string    `json:"status"`
	Title    string    `json:"title"` // a judgement, where there is one
	Lead     *Lead     `json:"lead,omitempty"`
	Contents string    `json:"contents"` // heading of the list of sections
	Sections []Section `json:"sections"`
	Foot     []string  `json:"foot"`
	Page     Page      `json:"page"`
	Facts    []Fact    `json:"facts"`
	Dense    bool      `json:"dense,omitempty"` // printed small: all of it must go on one page
}

// A Brand is whose report it is.
type Brand struct {
	Name   string `json:"name,omitempty"`
	Accent string `json:"accent,omitempty"` // "#1b4f72"; "" = ink
	Foot   string `json:"foot,omitempty"`
}

// A Page says how pages are counted: Of is the word between "page 1" and "4".
type Page struct {
	Word  string `json:"word"`
	Of    string `json:"of"`
	Limit int    `json:"limit"` // 0 = none
}

// A Lead is the judgement: a number with what it means, and the reasons.
type Lead struct {
	Number string     `json:"number"` // "" = nothing was scored
	Band   int        `json:"band"`   // 0 to 3: none, yellow, orange, red
	Lines  []string   `json:"lines"`
	Points []Sentence `json:"points"`
	Close  string     `json:"close,omitempty"` // what would change it
}

// A Sentence is a statement with the ids of what it rests on. Strong is its beginning.
type Sentence struct {
	Strong   string   `json:"strong,omitempty"`
	Text     string   `json:"text"`
	Evidence []string `json:"evidence,omitempty"`
}

// A Section is a heading with its blocks. Two Half sections in a row stand side by side.
type Section struct {
	ID      string  `json:"id"`
	Heading string  `json:"heading"`
	Aside   string  `json:"aside,omitempty"`
	Half    bool    `json:"half,omitempty"`
	Break   bool    `json:"break,omitempty"` // a new page begins here
	Blocks  []Block `json:"blocks"`
}

// A Block holds one of its parts.
type Block struct {
	Text   string     `json:"text,omitempty"`
	List   []Sentence `json:"list,omitempty"`
	Box    []Sentence `json:"box,omitempty"` // what is not known: hatched
	Table  *Table     `json:"table,omitempty"`
	Figure *Figure    `json:"figure,omitempty"`
}

// A Table has a caption, which readers of screens hear, and typed cells.
type Table struct {
	ID      string   `json:"id"` // names the sheet of the workbook
	Caption string   `json:"caption"`
	Columns []Column `json:"columns"`
	Rows    [][]Cell `json:"rows"`
}

// A Column is its head.
type Column struct {
	Name   string `json:"name"`
	Number bool   `json:"number,omitempty"` // set to the right
}

// A Cell is what is read, and the number behind it with its unit where there is one.
type Cell struct {
	Text  string   `json:"text"`
	Value *float64 `json:"value,omitempty"`
	Unit  string   `json:"unit,omitempty"`
	Lang  string   `json:"lang,omitempty"` // where it differs from the document's
	Dim   bool     `json:"dim,omitempty"`
	Band  int      `json:"band,omitempty"`
}

// A Figure is a picture; what it shows is said in words as well. JSON carries the words alone.
type Figure struct {
	ID      string        `json:"id"`
	Title   string        `json:"title"`
	Desc    string        `json:"desc"`
	Drawing chart.Drawing `json:"-"`
}

// A Fact is one figure of a report that the next report is compared with.
type Fact struct {
	Key   string   `json:"key"`
	Name  string   `json:"name"`
	Text  string   `json:"text"`
	Value *float64 `json:"value,omitempty"`
}

// Version is the shape that this program writes.
const Version = 1

// JSON is the canonical form, with a newline at its end.
func (d Document) JSON() ([]byte, error) {
	d.Version = Version
	raw, err := json.Marshal(d)
	if err != nil {
		return nil, err
	}
	return append(raw, '\n'), nil
}

// Tables lists every table in order.
func (d Document) Tables() []Table {
	var out []Table
	for _, s := range d.Sections {
		for _, b := range s.Blocks {
			if b.Table != nil {
				out = append(out, *b.Table)
			}
		}
	}
	return out
}
