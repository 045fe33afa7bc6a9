package sheet

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/geo"
	"watchfire.dev/internal/portfolio"
)

func TestReadGivesBackWhatWriteWrote(t *testing.T) {
	t.Parallel()
	for _, format := range Formats() {
		t.Run(string(format), func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				want := drawPortfolio(t)
				if problems := portfolio.Check(want); len(problems) > 0 {
					t.Fatalf("the generator drew an unsound portfolio: %v", problems)
				}
				file := write(t, want, format)
				got, _, problems := Reader{}.Read(bytes.NewReader(file), "p."+string(format), portfolio.Portfolio{Org: want.Org})
				if len(problems) > 0 {
					t.Fatalf("problems: %v\nin %s", problems, file)
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Fatalf("want -, got +:\n%s\nin %s", diff, file)
				}
				again, changes, problems := Reader{}.Read(bytes.NewReader(file), "", got)
				if len(changes) > 0 || len(problems) > 0 || again.Version != got.Version {
					t.Fatalf("the second import is not silent: %v %v version %d", changes, problems, again.Version)
				}
			})
		})
	}
}

// A file replaces every value of what it names, so importing it over anything gives the file.
func TestReadOverAnotherPortfolioReplacesEveryValue(t *testing.T) {
	t.Parallel()
	for _, format := range Formats() {
		t.Run(string(format), func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				want := drawPortfolio(t)
				base := want.Normal()
				for i := range base.Assets {
					id, project, code := base.Assets[i].ID, base.Assets[i].Project, base.Assets[i].Code
					base.Assets[i] = drawAsset(t)
					base.Assets[i].ID, base.Assets[i].Project, base.Assets[i].Code = id, project, code
					base.Assets[i].Country = "PK"
				}
				got, _, problems := Reader{}.Read(bytes.NewReader(write(t, want, format)), "", base)
				if len(problems) > 0 {
					t.Fatal(problems)
				}
				got.Version = want.Version
				if diff := cmp.Diff(want, got); diff != "" {
					t.Fatalf("want -, got +:\n%s", diff)
				}
			})
		})
	}
}

func write(t interface{ Fatal(...any) }, p portfolio.Portfolio, format Format) []byte {
	var b bytes.Buffer
	if err := Write(&b, p, format); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const smallCSV = `thing,project,code,name,country,zone,lat,lon,shifts,step,language,channels
project,,port,Port,MZ,Africa/Maputo,,,,,,
site,port,gate,=Gate,,,-14.5,40.6,day 06:00-18:00 12,,,
contact,port,ana,Ana,,Africa/Maputo,,,,2,pt,email:ana@example.org
`

func small(t *testing.T) portfolio.Portfolio {
	t.Helper()
	p, _, problems := Reader{}.Read(bytes.NewReader(bytes.Replace([]byte(smallCSV), []byte("=Gate,,"), []byte("=Gate,MZ,"), 1)), "", portfolio.Portfolio{Org: "o"})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return p
}

// An independent reader of workbooks sees the same cells, numbers as numbers.
func TestWorkbookOpensElsewhere(t *testing.T) {
	t.Parallel()
	f, err := excelize.OpenReader(bytes.NewReader(write(t, small(t), XLSX)))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := f.GetSheetList(), []string{"projects", "assets", "contacts", "notes"}; !cmp.Equal(got, want) {
		t.Errorf("sheets %v, want %v", got, want)
	}
	for cell, want := range map[string]string{"A1": "thing", "A2": "site", "D2": "gate", "E2": "'=Gate", "I2": "-14.5", "M2": "day 06:00-18:00 12"} {
		if got, err := f.GetCellValue("assets", cell); err != nil || got != want {
			t.Errorf("cell %s is %q (%v), want %q", cell, got, err, want)
		}
	}
	if kind, _ := f.GetCellType("assets", "I2"); kind != excelize.CellTypeUnset && kind != excelize.CellTypeNumber {
		t.Errorf("latitude is no number but %v", kind)
	}
}

// A workbook as a spreadsheet program saves it (shared strings, skipped cells and rows)
// is read like ours.
func TestReadWorkbookMadeElsewhere(t *testing.T) {
	t.Parallel()
	f := excelize.NewFile()
	set := func(cell string, values ...any) {
		if err := f.SetSheetRow("Sheet1", cell, &values); err != nil {
			t.Fatal(err)
		}
	}
	set("A1", "Thing", "Project", "Code", "Name", "Country", "Time Zone", "Latitude", "Longitude")
	set("A2", "Project", nil, "port", "Port & <co>", "mz", "Africa/Maputo")
	set("A4", "Site", "port", 7, "Gate", "MZ", nil, -14.5, 40.25)
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	p, changes, problems := Reader{}.Read(&b, "", portfolio.Portfolio{Org: "o", Version: 4})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if len(changes) != 2 || p.Version != 5 || p.Projects[0].Name != "Port & <co>" || p.Assets[0].Code != "7" || p.Assets[0].Shape.Points[0].Lat != -14.5 {
		t.Errorf("got %+v with %v", p, changes)
	}
}

func TestTemplateIsReadAsEmpty(t *testing.T) {
	t.Parallel()
	for _, format := range Formats() {
		var b bytes.Buffer
		if err := Template(&b, format); err != nil {
			t.Fatal(err)
		}
		_, _, problems := Reader{}.Read(&b, "", portfolio.Portfolio{})
		if len(problems) != 1 || problems[0].String() != "the file holds a header but no rows" {
			t.Errorf("%s: %v", format, problems)
		}
	}
}

func TestWriteNamesWhatDoesNotFitACell(t *testing.T) {
	t.Parallel()
	p := small(t)
	var ring geo.Ring
	for i := range 3000 {
		ring = append(ring, geo.Point{Lat: float64(i) / 1234.567, Lon: float64(i%7) / 3})
	}
	p.Assets[0].Shape = geo.Area(geo.Polygon{ring})
	err := Write(io.Discard, p, XLSX)
	if !errors.Is(err, fault.ErrTooLarge) || !strings.Contains(err.Error(), "sheet assets: row 2") {
		t.Errorf("XLSX: %v", err)
	}
	for _, format := range []Format{CSV, GeoJSON} {
		got, _, problems := Reader{}.Read(bytes.NewReader(write(t, p, format)), "", portfolio.Portfolio{Org: "o"})
		if len(problems) > 0 || !cmp.Equal(p, got) {
			t.Errorf("%s: %v", format, problems)
		}
	}
}
