package document

import (
	"bytes"
	"testing"

	"github.com/xuri/excelize/v2"
)

func sample() Document {
	v := .24
	return Document{
		Lang: "ar", Dir: "rtl", Title: "<Title> & more", Kind: "Monthly", Status: "October", Page: Page{Word: "الصفحة", Of: `";}`}, Brand: Brand{Accent: "red"},
		Sections: []Section{
			{ID: "a", Heading: "A", Half: true, Blocks: []Block{{Text: "x"}}}, {ID: "b", Heading: "B", Half: true, Blocks: []Block{{Box: []Sentence{{Text: "y"}}}}},
			{ID: "c", Heading: "C", Half: true, Blocks: []Block{{Table: &Table{ID: "c", Caption: "a/b:c", Columns: []Column{{Name: "What"}, {Name: "Chance", Number: true}}, Rows: [][]Cell{{{Text: "=1+1"}, {Text: "24 %", Value: &v}}}}}}},
			{ID: "d", Heading: "D", Blocks: []Block{{Table: &Table{ID: "d", Caption: "a/b:c", Columns: []Column{{Name: "What"}}}}}},
		},
	}
}

// TestHTML: elements are closed, two halves stand side by side and a third alone, nothing
// that was given becomes markup or style.
func TestHTML(t *testing.T) {
	t.Parallel()
	got := sample().HTML()
	for _, tag := range []string{"div", "section", "table", "ul", "main", "thead", "tbody"} {
		if a, b := bytes.Count(got, []byte("<"+tag+">"))+bytes.Count(got, []byte("<"+tag+" ")), bytes.Count(got, []byte("</"+tag+">")); a != b {
			t.Errorf("%s: %d opened, %d closed", tag, a, b)
		}
	}
	if n := bytes.Count(got, []byte(`class="two"`)); n != 1 {
		t.Errorf("%d pairs", n)
	}
	for _, want := range []string{`<html lang="ar" dir="rtl">`, `&lt;Title&gt; &amp; more`, `<caption>a/b:c</caption>`, `<th scope="col" class="n">Chance</th>`, `<th scope="row">=1+1</th>`, `--accent:#1b1f24`, `\22 \3b \7d `} {
		if !bytes.Contains(got, []byte(want)) {
			t.Errorf("no %s", want)
		}
	}
	if !bytes.Equal(got, sample().HTML()) {
		t.Error("other bytes the second time")
	}
}

// TestXLSX is read by a second implementation: numbers are numbers, text that looks like a
// formula is text, and sheets of one name get two.
func TestXLSX(t *testing.T) {
	t.Parallel()
	raw, err := sample().XLSX()
	if err != nil {
		t.Fatal(err)
	}
	again, err := sample().XLSX()
	if err != nil || !bytes.Equal(raw, again) {
		t.Errorf("other bytes the second time (%v)", err)
	}
	f, err := excelize.OpenReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got := f.GetSheetList(); len(got) != 3 || got[1] != "a b c" || got[2] != "a b c 2" {
		t.Fatalf("sheets %q", got)
	}
	kind, err := f.GetCellType("a b c", "B2")
	if err != nil || kind == excelize.CellTypeInlineString {
		t.Errorf("a number of kind %v (%v)", kind, err)
	}
	if v, err := f.GetCellValue("a b c", "B2"); err != nil || v != "0.24" {
		t.Errorf("B2 = %q (%v)", v, err)
	}
	if formula, err := f.GetCellFormula("a b c", "A2"); err != nil || formula != "" {
		t.Errorf("a formula %q (%v)", formula, err)
	}
}

// TestShortRow: what is said once of the rest of a row takes all its cells.
func TestShortRow(t *testing.T) {
	t.Parallel()
	d := Document{Sections: []Section{{ID: "s", Blocks: []Block{{Table: &Table{ID: "t", Caption: "T", Columns: []Column{{Name: "a"}, {Name: "b"}, {Name: "c"}}, Rows: [][]Cell{{{Text: "x"}, {Text: "unknown"}}}}}}}}}
	if !bytes.Contains(d.HTML(), []byte(`<td colspan="2">unknown</td>`)) {
		t.Errorf("%s", d.HTML())
	}
}
