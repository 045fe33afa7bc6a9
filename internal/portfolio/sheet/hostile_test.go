package sheet

import (
	"archive/zip"
	"bytes"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
	"strings"
	"testing"

	"watchfire.dev/internal/gazetteer"
	"watchfire.dev/internal/geo"
	"watchfire.dev/internal/portfolio"
)

// workbookOf makes a workbook of one sheet with the given XML, other parts as we write them.
func workbookOf(t testing.TB, sheet string, more map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	parts := fixedParts([]string{"projects"})
	for name, text := range more {
		parts = append(parts, [2]string{name, text})
	}
	for _, part := range append(parts, [2]string{"xl/worksheets/sheet1.xml", sheet}) {
		w, err := z.Create(part[0])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, part[1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const soundRows = `<worksheet><sheetData><row><c t="str"><v>code</v></c><c t="str"><v>name</v></c></row>` +
	`<row><c t="str"><v>a</v></c><c t="str"><v>A</v></c></row>`

func TestHostileWorkbooks(t *testing.T) {
	t.Parallel()
	many := map[string]string{}
	for i := range MaxFiles + 1 {
		many[fmt.Sprint("f", i)] = ""
	}
	end := `</sheetData></worksheet>`
	cases := map[string]struct {
		file []byte
		want string
	}{
		"bomb":          {workbookOf(t, "<worksheet/>", map[string]string{"xl/media/bomb": strings.Repeat("0", 5<<20)}), "more than 100 times its size"},
		"lying size":    {lyingZip(t), "not a valid zip file"},
		"many files":    {workbookOf(t, "<worksheet/>", many), "files in the workbook, at most 10000"},
		"doctype":       {workbookOf(t, `<!DOCTYPE x [<!ENTITY a "b">]><worksheet/>`, nil), "document type declaration"},
		"cut short":     {workbookOf(t, soundRows, nil), "unexpected EOF"},
		"mixed up":      {workbookOf(t, "<worksheet><sheetData></worksheet></sheetData>", nil), "ends where it did not begin"},
		"far column":    {workbookOf(t, `<worksheet><sheetData><row><c r="XFD1"><v>1</v></c></row>`+end, nil), "more than 256 columns"},
		"rows go back":  {workbookOf(t, `<worksheet><sheetData><row r="5"/><row r="4"/>`+end, nil), `row number "4" after row 5`},
		"deep":          {workbookOf(t, strings.Repeat("<a>", 100)+strings.Repeat("</a>", 100), nil), "nested deeper than 64"},
		"no such text":  {workbookOf(t, `<worksheet><sheetData><row><c t="s"><v>7</v></c></row>`+end, nil), `shared string "7" of 0`},
		"not a zip":     {[]byte("PK\x03\x04 and no more"), "not a workbook"},
		"another zip":   {zipOf(t, "hello.txt"), "not a workbook (.xlsx): it has no file"},
		"unknown sheet": {bytes.Clone(workbookWithSheets(t, "projects", "budget")), "name it projects, assets or contacts, or delete it"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			base := small(t)
			next, changes, problems := Reader{}.Read(bytes.NewReader(c.file), "p.xlsx", base)
			if len(problems) == 0 || !strings.Contains(problems[0].String(), c.want) {
				t.Errorf("problems %v, want %q", problems, c.want)
			}
			if next.Version != base.Version || len(changes) > 0 {
				t.Error("a hostile file changed the portfolio")
			}
		})
	}
}

func zipOf(t *testing.T, name string) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	if _, err := z.Create(name); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func workbookWithSheets(t *testing.T, names ...string) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	parts := fixedParts(names)
	for i := range names {
		parts = append(parts, [2]string{fmt.Sprintf("xl/worksheets/sheet%d.xml", i+1), soundRows + `</sheetData></worksheet>`})
	}
	for _, part := range parts {
		w, err := z.Create(part[0])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, part[1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// lyingZip is an archive whose directory gives a size smaller than the truth.
func lyingZip(t *testing.T) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	text := []byte(strings.Repeat("lie ", 1000))
	w, err := z.CreateRaw(&zip.FileHeader{
		Name: "xl/workbook.xml", Method: zip.Store, CRC32: crc32.ChecksumIEEE(text[:10]),
		CompressedSize64: uint64(len(text)), UncompressedSize64: 10,
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestHostileGeoJSON(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ file, want string }{
		"deep":      {`{"features":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}`, "nested deeper than 64"},
		"large":     {`{"a":"` + strings.Repeat("a", MaxGeoJSON) + `"}`, "larger than 32 MB"},
		"no type":   {`{}`, "is not a FeatureCollection"},
		"null item": {`{"type":"FeatureCollection","features":[null]}`, "this is not a feature"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, problems := Reader{}.Read(strings.NewReader(c.file), "", portfolio.Portfolio{})
			if len(problems) == 0 || !strings.Contains(problems[0].String(), c.want) {
				t.Errorf("problems %v, want %q", problems, c.want)
			}
		})
	}
}

// What a spreadsheet would run is never the beginning of a cell that we write.
func TestFormulasAreQuoted(t *testing.T) {
	t.Parallel()
	for _, start := range []string{"=", "+", "-", "@", "\t", "\r"} {
		p := small(t)
		p.Assets[0].Name = start + "cmd|' /C calc'!A0"
		if p.Assets[0].Name[0] < ' ' { // not sound, and trimmed by Normal; quote holds all the same
			if got := Quote(p.Assets[0].Name); got[0] != '\'' {
				t.Errorf("%q is written as %q", p.Assets[0].Name, got)
			}
			continue
		}
		file := string(write(t, p, CSV))
		if !strings.Contains(file, ",'"+start+"cmd") {
			t.Errorf("%q is not quoted in\n%s", start, file)
		}
	}
}

func TestExchangedPlaceIsFoundByCountry(t *testing.T) {
	t.Parallel()
	reader := Reader{Holds: func(iso2 string, p geo.Point) bool {
		return iso2 == "PK" && p.Lat > 20 && p.Lat < 40 && p.Lon > 60 && p.Lon < 78
	}}
	file := "thing,project,code,name,country,zone,lat,lon,geometry\nproject,,q,Q,PK,Asia/Karachi,,,\nsite,q,a,A,PK,,66.9,30.2,\nsite,q,ship,S,PK,,18,62,\n" +
		"route,q,road,R,PK,,,,\"LINESTRING (30.2 66.9, 30.3 67)\"\n"
	_, _, problems := reader.Read(strings.NewReader(file), "", portfolio.Portfolio{})
	want := []string{
		"row 3, column G (lat): the place lies outside; with lat and lon exchanged it would lie in PK as declared: exchange them",
		"row 5, column I (geometry): the geometry begins outside; with latitude and longitude exchanged it would begin in PK as declared: longitude comes first",
	}
	if len(problems) != 2 || problems[0].String() != want[0] || problems[1].String() != want[1] {
		t.Errorf("problems %v, want %s", problems, want)
	}
}

// TestPlacesAreFilledIn: an empty country and division come from the coordinates, once, with
// a note; where the place is disputed somebody must say.
func TestPlacesAreFilledIn(t *testing.T) {
	t.Parallel()
	reader := Reader{Locate: func(p geo.Point) gazetteer.Location {
		switch {
		case p.Lon > 70:
			return gazetteer.Location{Countries: []string{"IN", "PK"}, Note: "claimed by IN and PK"}
		case p.Lon > 60:
			return gazetteer.Location{Countries: []string{"PK"}, Admin1: "PK-BA", Note: "from the coordinates"}
		}
		return gazetteer.Location{}
	}}
	const head = "thing,project,code,name,country,admin1,zone,lat,lon\nproject,,q,Q,PK,,Asia/Karachi,,\n"
	read := func(base portfolio.Portfolio, rows string) (portfolio.Portfolio, string, string) {
		p, changes, problems := reader.Read(strings.NewReader(head+rows), "", base)
		notes := ""
		for _, c := range changes {
			for _, f := range c.Fields {
				if f.Note != "" {
					notes += f.Field + "=" + f.New + " " + f.Note + "; "
				}
			}
		}
		return p, notes, fmt.Sprint(problems)
	}
	p, notes, problems := read(portfolio.Portfolio{Org: "o"}, "site,q,a,A,,,,30.2,66.9\nsite,q,b,B,AF,,,30.2,66.9\nsite,q,c,C,PK,Sindh,,30.2,66.9\n")
	if problems != "[]" || notes != "country=PK from the coordinates; admin1=PK-BA from the coordinates; " {
		t.Errorf("notes %q, problems %s", notes, problems)
	}
	p.Assets = slices.Clone(p.Assets)
	if _, notes, _ := read(p, "site,q,a,A,PK,,,30.2,66.9\n"); notes != "" {
		t.Errorf("a division that somebody cleared came back: %s", notes)
	}
	if _, _, problems := read(p, "site,q,k,K,,,,34,75\n"); !strings.Contains(problems, "claimed by IN and PK: write one of IN, PK") {
		t.Errorf("disputed: %s", problems)
	}
	if _, _, problems := read(p, "site,q,ship,S,,,,0,0\n"); !strings.Contains(problems, "a country is needed") {
		t.Errorf("at sea: %s", problems)
	}
}

func FuzzReadCSV(f *testing.F) {
	f.Add([]byte(smallCSV))
	f.Add([]byte("thing;code\n\"a\n"))
	f.Add([]byte("sep=;\nthing;code;geometry;radius_km\nsite;x;\"POLYGON ((1 2, 3 4, 5 6))\";'-1\n"))
	fuzz(f)
}

func FuzzReadGeoJSON(f *testing.F) {
	f.Add([]byte(`{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"thing":"project","code":"a","name":"A","country":"PK","zone":"UTC"},"geometry":null}]}`))
	fuzz(f)
}

func FuzzReadXLSX(f *testing.F) {
	f.Add(workbookOf(f, soundRows+`</sheetData></worksheet>`, nil))
	fuzz(f)
}

// FuzzReadSheet goes past the compression, which FuzzReadXLSX seldom gets through.
func FuzzReadSheet(f *testing.F) {
	f.Add([]byte(soundRows + `</sheetData></worksheet>`))
	f.Fuzz(func(t *testing.T, sheet []byte) { readTwice(t, workbookOf(t, string(sheet), nil)) })
}

func fuzz(f *testing.F) { f.Fuzz(readTwice) }

// readTwice holds that whatever is taken is sound, can be written, and reads back the same.
func readTwice(t *testing.T, file []byte) {
	base := portfolio.Portfolio{Org: "o", Version: 1}
	p, changes, problems := Reader{}.Read(bytes.NewReader(file), "", base)
	if len(problems) > 0 {
		if len(changes) > 0 || p.Version != base.Version {
			t.Fatalf("problems and changes together: %v", problems)
		}
		return
	}
	if unsound := portfolio.Check(p); len(unsound) > 0 {
		t.Fatalf("took what Check refuses: %v", unsound)
	}
	for _, format := range Formats() {
		var b bytes.Buffer
		if err := Write(&b, p, format); err != nil {
			continue // a text too long for a cell
		}
		again, changes, problems := Reader{}.Read(&b, "", p)
		if len(problems) > 0 || len(changes) > 0 {
			t.Fatalf("%s: read back differently: %v %v\n%+v", format, problems, changes, again)
		}
	}
}
