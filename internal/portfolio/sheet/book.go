package sheet

import (
	"archive/zip"
	"bufio"
	"fmt"
	"io"
	"strings"
)

// A Page is one sheet of a workbook: a row of heads, and rows of cells. Number says which
// cells hold a number as XLSX writes it; every other one is text, and stays text.
type Page struct {
	Name   string // at most 31 characters are kept, without []:*?/\
	Head   []string
	Rows   [][]string
	Number func(row, column int) bool
}

// WriteBook writes a workbook. Equal pages give equal bytes. It fails, wrapping
// fault.ErrTooLarge, where a text or a page is larger than a workbook can hold.
func WriteBook(out io.Writer, pages []Page) error {
	archive := zip.NewWriter(out)
	names := make([]string, len(pages))
	for i, p := range pages {
		names[i] = sheetName(p.Name, names[:i])
	}
	quotedNames := make([]string, len(names))
	for i, n := range names {
		quotedNames[i] = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;").Replace(n)
	}
	for _, part := range fixedParts(quotedNames) {
		w, err := archive.Create(part[0])
		if err != nil {
			return err
		}
		if _, err := io.WriteString(w, xmlHead+part[1]); err != nil {
			return err
		}
	}
	for i, p := range pages {
		w, err := archive.Create(fmt.Sprintf("xl/worksheets/sheet%d.xml", i+1))
		if err != nil {
			return err
		}
		s := &sheetWriter{out: bufio.NewWriter(w)}
		s.begin(max(1, len(p.Head)))
		err = s.write(p.Head, never, true)
		for r := 0; err == nil && r < len(p.Rows); r++ {
			row := make([]string, len(p.Rows[r]))
			for c, cell := range p.Rows[r] {
				if row[c] = cell; !p.Number(r, c) {
					row[c] = Quote(cell)
				}
			}
			err = s.write(row, func(c int) bool { return p.Number(r, c) }, false)
		}
		if err != nil {
			return fmt.Errorf("sheet %s: %w", names[i], err)
		}
		if err := s.end(); err != nil {
			return err
		}
	}
	return archive.Close()
}

// sheetName makes a name that spreadsheets take and that is not taken yet.
func sheetName(name string, taken []string) string {
	clean := strings.Map(func(r rune) rune {
		if strings.ContainsRune(`[]:*?/\'`, r) || r < 0x20 {
			return ' '
		}
		return r
	}, name)
	cut := []rune(strings.TrimSpace(clean))
	base := string(cut[:min(len(cut), 27)])
	if base == "" {
		base = "sheet"
	}
	out := base
	for n := 2; has(taken, out); n++ {
		out = fmt.Sprintf("%s %d", base, n)
	}
	return out
}

func has(list []string, s string) bool {
	for _, x := range list {
		if strings.EqualFold(x, s) {
			return true
		}
	}
	return false
}
