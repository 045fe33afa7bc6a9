package sheet

import (
	"archive/zip"
	"bufio"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/portfolio"
)

// workbook reads the parts of Office Open XML (ECMA-376 part 1) that hold values: the list
// of sheets, the shared strings and the rows. Namespaces are not looked at, so the strict
// and the transitional form read alike. It is our own because the usual library takes the
// end of broken XML for the end of the sheet, which would lose rows in silence.
type workbook struct {
	files   map[string]*zip.File
	strings []string
	sheets  []sheetPart
}

type sheetPart struct{ name, path string }

type relationships struct {
	Relationship []struct {
		ID     string `xml:"Id,attr"`
		Type   string `xml:"Type,attr"`
		Target string `xml:"Target,attr"`
	} `xml:"Relationship"`
}

func openWorkbook(data []byte) (*workbook, error) {
	archive, err := openZip(data)
	if err != nil {
		return nil, err
	}
	w := &workbook{files: map[string]*zip.File{}}
	for _, f := range archive.File {
		w.files[strings.ToLower(strings.TrimPrefix(strings.ReplaceAll(f.Name, "\\", "/"), "/"))] = f
	}
	main := "xl/workbook.xml"
	var top relationships
	if err := w.decode("_rels/.rels", &top); err != nil {
		return nil, err
	}
	for _, r := range top.Relationship {
		if strings.HasSuffix(r.Type, "/officeDocument") {
			main = strings.TrimPrefix(path.Clean("/"+r.Target), "/")
		}
	}
	return w, w.readParts(main)
}

// readParts reads the list of sheets and the shared strings that the main part names.
func (w *workbook) readParts(main string) error {
	var book struct {
		Sheets []struct {
			Name string     `xml:"name,attr"`
			Attr []xml.Attr `xml:",any,attr"`
		} `xml:"sheets>sheet"`
	}
	if err := w.decode(main, &book); err != nil {
		return err
	}
	var parts relationships
	if err := w.decode(path.Join(path.Dir(main), "_rels", path.Base(main)+".rels"), &parts); err != nil {
		return err
	}
	targets := map[string]string{}
	for _, r := range parts.Relationship {
		target := r.Target
		if !strings.HasPrefix(target, "/") {
			target = path.Join(path.Dir(main), target)
		}
		targets[r.ID] = strings.TrimPrefix(path.Clean("/"+target), "/")
		if strings.HasSuffix(r.Type, "/sharedStrings") {
			if err := w.readStrings(targets[r.ID]); err != nil {
				return err
			}
		}
	}
	for _, s := range book.Sheets {
		for _, a := range s.Attr {
			if a.Name.Local == "id" && a.Name.Space != "" {
				w.sheets = append(w.sheets, sheetPart{name: s.Name, path: targets[a.Value]})
			}
		}
	}
	if len(w.sheets) == 0 {
		return fmt.Errorf("the workbook has no sheet: %w", fault.ErrInvalid)
	}
	return nil
}

func (w *workbook) open(name string) (io.ReadCloser, error) {
	f, ok := w.files[strings.ToLower(name)]
	if !ok {
		return nil, fmt.Errorf("this is not a workbook (.xlsx): it has no file %s: %w", portfolio.Quote(name), fault.ErrInvalid)
	}
	return f.Open()
}

// decode reads a small part whole.
func (w *workbook) decode(name string, into any) error {
	r, err := w.open(name)
	if err != nil {
		return err
	}
	defer r.Close() //nolint:errcheck // closing a reader of memory loses nothing
	if err := xml.NewDecoder(r).Decode(into); err != nil {
		return fmt.Errorf("file %s in the workbook: %w", name, err)
	}
	return nil
}

// tokens calls each for every start and end element and text of a part. It takes raw
// tokens, which are a fifth faster, and so checks itself that elements are closed in order
// and all of them: the end of a broken file is never the end of a sheet.
func (w *workbook) tokens(name string, each func(t xml.Token) error) error {
	r, err := w.open(name)
	if err != nil {
		return err
	}
	defer r.Close() //nolint:errcheck // closing a reader of memory loses nothing
	decoder, inside := xml.NewDecoder(bufio.NewReaderSize(r, 1<<16)), make([]xml.Name, 0, MaxDepth+1)
	for err == nil {
		var t xml.Token
		if t, err = decoder.RawToken(); err != nil {
			break
		}
		switch t := t.(type) {
		case xml.StartElement:
			if inside = append(inside, t.Name); len(inside) > MaxDepth {
				err = fmt.Errorf("nested deeper than %d: %w", MaxDepth, fault.ErrTooLarge)
			}
		case xml.EndElement:
			if len(inside) == 0 || inside[len(inside)-1] != t.Name {
				err = fmt.Errorf("element %s ends where it did not begin: %w", portfolio.Quote(t.Name.Local), fault.ErrInvalid)
			} else {
				inside = inside[:len(inside)-1]
			}
		}
		if err == nil {
			err = each(t)
		}
	}
	if err == io.EOF && len(inside) == 0 {
		return nil
	}
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("file %s in the workbook: %w", name, err)
}

// readStrings reads the table of shared strings; phonetic hints (rPh) are left out.
func (w *workbook) readStrings(name string) error {
	var text strings.Builder
	inText, phonetic := false, false
	return w.tokens(name, func(t xml.Token) error {
		switch t := t.(type) {
		case xml.StartElement:
			switch t.Name.Local {
			case "si":
				text.Reset()
			case "t":
				inText = !phonetic
			case "rPh":
				phonetic = true
			}
		case xml.CharData:
			if inText {
				text.Write(t)
			}
		case xml.EndElement:
			switch t.Name.Local {
			case "si":
				w.strings = append(w.strings, unescape(text.String()))
			case "t":
				inText = false
			case "rPh":
				phonetic = false
			}
		}
		return nil
	})
}

// rows calls each with the number and the cells of every row of a sheet; the cells are
// used again for the next row. each returns false to stop.
func (w *workbook) rows(name string, each func(number int, cells []string) bool) error {
	p := &rowParser{strings: w.strings, each: each}
	err := w.tokens(name, p.token)
	if errors.Is(err, errStop) {
		return nil
	}
	return err
}

// unescape decodes the _xHHHH_ of ECMA-376 part 1, 22.9.2.19 (ST_Xstring).
func unescape(text string) string {
	if !strings.Contains(text, "_x") {
		return text
	}
	var out strings.Builder
	for i := 0; i < len(text); {
		if code, ok := escapeAt(text, i); ok {
			out.WriteRune(code)
			i += 7
			continue
		}
		out.WriteByte(text[i])
		i++
	}
	return out.String()
}

func escapeAt(text string, i int) (rune, bool) {
	if len(text)-i < 7 || text[i] != '_' || text[i+1] != 'x' || text[i+6] != '_' {
		return 0, false
	}
	n, err := strconv.ParseUint(text[i+2:i+6], 16, 32)
	return rune(n), err == nil
}

// escape is the inverse of unescape: an underscore that would begin an escape is one.
func escape(text string) string {
	if !strings.Contains(text, "_x") {
		return text
	}
	var out strings.Builder
	for i := range len(text) {
		if _, ok := escapeAt(text, i); ok {
			out.WriteString("_x005F")
		}
		out.WriteByte(text[i])
	}
	return out.String()
}

// sheetThing says what the rows of a sheet are when they have no thing column.
func sheetThing(name string) (thing string, known bool) {
	i := slices.Index([]string{"projects", "assets", "contacts"}, strings.ToLower(strings.TrimSpace(name)))
	if i < 0 {
		return "", false
	}
	return []string{"project", "asset", "contact"}[i], true
}
