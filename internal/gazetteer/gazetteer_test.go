package gazetteer

import (
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"

	"watchfire.dev/internal/country"
	"watchfire.dev/internal/geo"
)

// drawn skips a test that needs outlines which the build has not; CI must have them.
func drawn(t testing.TB) {
	t.Helper()
	for _, l := range []Level{Country, Admin1, County} {
		if !Drawn(l) {
			if os.Getenv("WATCHFIRE_REQUIRE") == "1" {
				t.Fatalf("no outlines of level %s: run make assets", l)
			}
			t.Skipf("no outlines of level %s: run make assets", l)
		}
	}
}

// TestOutlines reads every outline that the build has, and counts them.
func TestOutlines(t *testing.T) {
	t.Parallel()
	drawn(t)
	for name, c := range map[string]struct {
		make    func(geometry) (*Area, bool)
		atLeast int
	}{"countries": {countryArea, 238}, "divisions": {divisionArea, 4400}, "counties": {countyArea, 3200}} {
		raw, err := fs.ReadFile(data, "data/vendor/"+name+".json.gz")
		if err != nil {
			t.Fatal(err)
		}
		all, err := read(raw, c.make)
		if err != nil || len(all) < c.atLeast {
			t.Errorf("%s: %d outlines, %v", name, len(all), err)
		}
		bad := 0
		for i, a := range all {
			if a.Level != Country && i%11 != 0 { // preparing all of them takes seconds
				continue
			}
			if a.Region() == nil {
				bad++
				t.Logf("%s %s %s cannot be used", name, a.Countries, a.Name)
			}
		}
		if bad > 2 {
			t.Errorf("%s: %d outlines cannot be used", name, bad)
		}
	}
	coded := 0
	for _, a := range divisionAreas() {
		if a.Code != "" {
			coded++
		}
	}
	if len(divisionAreas()) > 0 && coded*100 < 80*len(divisionAreas()) {
		t.Errorf("%d of %d divisions have a code", coded, len(divisionAreas()))
	}
	t.Logf("%d of %d divisions have a code", coded, len(divisionAreas()))
}

func TestLocate(t *testing.T) {
	t.Parallel()
	drawn(t)
	for name, c := range map[string]struct {
		p         geo.Point
		countries string
		admin1    string
		note      string
	}{
		"Quetta":             {geo.Point{Lat: 30.18, Lon: 67.0}, "PK", "PK-BA", "from the coordinates"},
		"Islamabad":          {geo.Point{Lat: 33.69, Lon: 73.05}, "PK", "PK-IS", "from the coordinates"},
		"Niamey":             {geo.Point{Lat: 13.51, Lon: 2.11}, "NE", "NE-8", "from the coordinates"},
		"Los Angeles":        {geo.Point{Lat: 34.1, Lon: -118.2}, "US", "US-CA", "from the coordinates"},
		"Suva":               {geo.Point{Lat: -18.1, Lon: 178.4}, "FJ", "", "from the coordinates"},
		"Chukotka":           {geo.Point{Lat: 66.2, Lon: -173}, "RU", "RU-CHU", "from the coordinates"},
		"Lyon, by region":    {geo.Point{Lat: 45.76, Lon: 4.84}, "FR", "FR-ARA", "from the coordinates"},
		"a pier":             {geo.Point{Lat: 24.78, Lon: 66.9}, "PK", "", "off the outline"},
		"Simferopol":         {geo.Point{Lat: 44.95, Lon: 34.1}, "RU UA", "", "claimed by"},
		"Srinagar":           {geo.Point{Lat: 34.08, Lon: 74.8}, "IN PK", "", "claimed by"},
		"Laayoune":           {geo.Point{Lat: 27.1, Lon: -13.1}, "EH MA", "", "claimed by"},
		"Hebron":             {geo.Point{Lat: 31.53, Lon: 35.1}, "IL PS", "", "claimed by"},
		"Hargeisa":           {geo.Point{Lat: 9.56, Lon: 44.06}, "SO", "", "from the coordinates"},
		"the Pacific":        {geo.Point{Lat: -40, Lon: -120}, "", "", ""},
		"South Pole":         {geo.Point{Lat: -90, Lon: 0}, "AQ", "", "from the coordinates"},
		"nowhere":            {geo.Point{Lat: 99, Lon: 0}, "", "", ""},
		"Geneva, a salient":  {geo.Point{Lat: 46.2, Lon: 6.14}, "CH", "CH-GE", "from the coordinates"},
		"Maseru, an enclave": {geo.Point{Lat: -29.4, Lon: 28.0}, "LS", "LS-A", "from the coordinates"},
	} {
		got := Locate(c.p)
		countries := slices.Sorted(slices.Values(got.Countries))
		if strings.Join(countries, " ") != c.countries || !strings.Contains(got.Note, c.note) || (c.note == "") != (got.Note == "") {
			t.Errorf("%s: %+v, want %s, %q", name, got, c.countries, c.note)
		}
		if c.admin1 != "" && got.Admin1 != c.admin1 {
			t.Errorf("%s: division %q, want %s", name, got.Admin1, c.admin1)
		}
	}
}

func TestResolve(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		scheme, value     string
		level             Level
		countries, admin1 string
		note              string // part of it; "" = none, "any" = drawn or not
	}{
		{"ISO3166-1", "pak", Country, "PK", "", ""},
		{"ISO 3166-2", "PK-BA", Admin1, "PK", "PK-BA", ""},
		{"iso3166-2", "FR-69", Admin1, "FR", "FR-ARA", "any"},
		{"ISO3166-2", "PK-ZZ", Country, "PK", "", "not known"},
		{"M49", "586", Country, "PK", "", ""},
		{"UN M49", "151", Country, "BG BY CZ HU MD PL RO RU SK UA", "", "several countries"},
		{"UGC", "CAC037", County, "US", "US-CA", "any"},
		{"UGC", "CAZ310", Admin1, "US", "US-CA", "forecast zone CAZ310"},
		{"UGC", "CAC000", Admin1, "US", "US-CA", ""},
		{"UGC", "PRC001", County, "PR", "US-PR", "any"},
		{"SAME", "006037", County, "US", "US-CA", "any"},
		{"SAME", "106037", County, "US", "US-CA", "any"},
		{"SAME", "006000", Admin1, "US", "US-CA", ""},
		{"FIPS6", "048201", County, "US", "US-TX", "any"},
		{"FIPS", "48201", County, "US", "US-TX", "any"},
		{"FIPS", "48", Admin1, "US", "US-TX", ""},
		{"EMMA_ID", "DE123", Country, "DE", "", "outline of DE123"},
		{"EMMA_ID", "UK001", Country, "GB", "", "outline of UK001"},
		{"NUTS3", "EL301", Country, "GR", "", "outline of EL301"},
		{"profile:CAP-CP:Location:0.3", "3520005", Admin1, "CA", "CA-ON", "taken as CA-ON"},
		{"profile:CAP-CP:Location:0.3", "35", Admin1, "CA", "CA-ON", ""},
		{"GB2260", "510100", Admin1, "CN", "CN-SC", "taken as CN-SC"},
		{"GB2260", "510000", Admin1, "CN", "CN-SC", ""},
	} {
		got, ok := Resolve(c.scheme, c.value)
		if got.Level == Admin1 && c.level == County && !Drawn(County) {
			got.Level = County // the state, with a note, where counties were not fetched
		}
		if !ok || got.Level != c.level || strings.Join(got.Countries, " ") != c.countries || got.Admin1 != c.admin1 {
			t.Errorf("%s %s: %v %+v", c.scheme, c.value, ok, got)
		}
		if c.note != "any" && ((c.note == "") != (got.Note == "") || !strings.Contains(got.Note, c.note)) {
			t.Errorf("%s %s: note %q, want %q", c.scheme, c.value, got.Note, c.note)
		}
	}
	for _, c := range [][2]string{
		{"UGC", "GMZ335"},
		{"UGC", "AMC001"},
		{"UGC", "CA"},
		{"UGC", "06C001"},
		{"SAME", "099001"},
		{"SAME", "6037"},
		{"FIPS", "4820A"},
		{"FIPS", "482"},
		{"EMMA_ID", "QQ001"},
		{"EMMA_ID", "DE"},
		{"ISO3166-1", "EU"},
		{"ISO3166-2", "BA"},
		{"M49", "999"},
		{"M49", "x"},
		{"astrology", "LEO"},
		{"", ""},
		{"GB2260", "990000"},
		{"SGC", "35ab"},
		{"UGC", strings.Repeat("C", 50)},
	} {
		if got, ok := Resolve(c[0], c[1]); ok {
			t.Errorf("%s %s: %+v", c[0], c[1], got)
		}
	}
}

func TestNamesOfDivisions(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"PK Balochistan": "PK-BA", "PK balochistān province": "PK-BA", "PK Baluchistan": "PK-BA", "PK PK-BA": "PK-BA", "PK pk-ba": "PK-BA",
		"DE Bayern": "DE-BY", "DE Bavaria": "DE-BY", "NE Tillabéri": "NE-6", "NE Région de Tillaberi": "NE-6", "CN 四川": "", "CN Sichuan Sheng": "CN-SC",
		"US California": "US-CA", "PK Bayern": "", "PK": "", "MZ Nampula": "MZ-N", "UA Kiev City": "UA-30", "PK Province": "", "IN Orissa": "IN-OD",
	} {
		iso2, name, _ := strings.Cut(name, " ")
		if got, ok := Division(iso2, name); got != want || ok != (want != "") {
			t.Errorf("%s in %s is %q, want %q", name, iso2, got, want)
		}
	}
	if n := DivisionNames("PK-BA"); len(n) != 2 || n[0] != "Balochistan" {
		t.Errorf("PK-BA is called %q", n)
	}
	if n := len(DivisionsOf("US")); n < 51 || n > 57 {
		t.Errorf("%d states", n)
	}
}

// TestTables: codes are of countries that exist, and no code stands twice.
func TestTables(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, f := range rows("subdivisions.tsv", 3) {
		if seen[f[0]] || !country.Known(f[0][:2]) || f[2] == "" {
			t.Errorf("line %q", f)
		}
		seen[f[0]] = true
	}
	if len(seen) < 5000 {
		t.Errorf("%d divisions", len(seen))
	}
	for _, f := range rows("alias.tsv", 2) {
		if !seen[f[0]] {
			t.Errorf("alias %q of a code that is not in the table", f)
		}
	}
	for key, s := range digits() {
		if !seen[s.admin1] && s.country == s.admin1[:2] {
			t.Errorf("%s is %s, which is not in the table", key, s.admin1)
		}
	}
	for i, r := range disputedRegions() {
		if r == nil {
			t.Errorf("disputed place %d cannot be drawn", i)
		}
	}
}

// TestSize: the issue allows 15 MB in the binary.
func TestSize(t *testing.T) {
	t.Parallel()
	total := int64(0)
	err := fs.WalkDir(data, "data", func(_ string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			info, err := d.Info()
			if err != nil {
				return err
			}
			total += info.Size()
		}
		return err
	})
	if err != nil || total > 15<<20 {
		t.Errorf("%d bytes, %v", total, err)
	}
}

func FuzzLookups(f *testing.F) {
	f.Add("UGC", "CAC037", 30.0, 67.0)
	f.Add("ISO3166-2", "PK-BA", -18.0, 180.0)
	f.Add("PK", "Balōchistān", 90.0, 0.0)
	f.Add("profile:CAP-CP:Location", "35", -90.0, -180.0)
	f.Fuzz(func(t *testing.T, scheme, value string, lat, lon float64) {
		got, ok := Resolve(scheme, value)
		found, named := Find(strings.ToUpper(scheme), value)
		for _, n := range []Named{got, found} {
			if (ok || named) && len(n.Countries) == 0 && n.Level != "" {
				t.Fatalf("%q %q: %+v", scheme, value, n)
			}
			for _, c := range n.Countries {
				if !country.Known(c) {
					t.Fatalf("%q %q: country %q", scheme, value, c)
				}
			}
		}
		Find("", value)
		if p := (geo.Point{Lat: lat, Lon: lon}); Drawn(Country) && p.Valid() {
			l := Locate(p)
			if l.Admin1 != "" && (len(l.Countries) != 1 || len(DivisionNames(l.Admin1)) == 0) {
				t.Fatalf("%v: %+v", p, l)
			}
		}
	})
}

func BenchmarkLocate(b *testing.B) {
	drawn(b)
	for b.Loop() {
		Locate(geo.Point{Lat: 30.18, Lon: 67})
	}
}
