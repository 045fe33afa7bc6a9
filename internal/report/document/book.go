package document

import (
	"bytes"
	"strconv"

	"watchfire.dev/internal/portfolio/sheet"
)

// XLSX is a workbook of the tables, one sheet each, with numbers as numbers; what is a chance
// in the report is a share of 1 in its cell, as JSON has it. The first sheet says what it is.
func (d Document) XLSX() ([]byte, error) {
	cover := sheet.Page{Name: "report", Head: []string{d.Title}, Rows: [][]string{{d.Kind}, {d.Status}}, Number: func(int, int) bool { return false }}
	for _, f := range d.Foot {
		cover.Rows = append(cover.Rows, []string{f})
	}
	pages := []sheet.Page{cover}
	for _, t := range d.Tables() {
		p := sheet.Page{Name: t.Caption, Number: func(r, c int) bool { return t.Rows[r][c].Value != nil }}
		for _, c := range t.Columns {
			p.Head = append(p.Head, c.Name)
		}
		for _, row := range t.Rows {
			cells := make([]string, len(row))
			for i, c := range row {
				if cells[i] = c.Text; c.Value != nil {
					cells[i] = strconv.FormatFloat(*c.Value, 'g', -1, 64)
				}
			}
			p.Rows = append(p.Rows, cells)
		}
		pages = append(pages, p)
	}
	var b bytes.Buffer
	if err := sheet.WriteBook(&b, pages); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
