package country

import (
	"slices"
	"testing"
)

func TestFind(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, want string }{
		{"Mali", "ML"},
		{"  mali ", "ML"},
		{"Côte d'Ivoire", "CI"},
		{"Côte d’Ivoire", "CI"},
		{"COTE D'IVOIRE", "CI"},
		{"Ivory Coast", "CI"},
		{"Congo DR", "CD"},
		{"Congo, Democratic Republic of the", "CD"},
		{"Democratic Republic of the Congo", "CD"},
		{"Congo (Kinshasa)", "CD"},
		{"Congo, Democratic Republic of (DRC)", "CD"},
		{"Korea, Republic of (South Korea)", "KR"},
		{"Congo", "CG"},
		{"Republic of the Congo", "CG"},
		{"Burma", "MM"},
		{"Burma (Myanmar)", "MM"},
		{"Türkiye", "TR"},
		{"Turkiye", "TR"},
		{"Turquie", "TR"},
		{"Israel, the West Bank and Gaza", "IL"},
		{"The Gambia", "GM"},
		{"Gambia, The", "GM"},
		{"Bahamas, The", "BS"},
		{"Korea, Republic of", "KR"},
		{"Korea, Democratic People's Republic of", "KP"},
		{"Iran (Islamic Republic of)", "IR"},
		{"Iran, Islamic Republic of", "IR"},
		{"Bolivia (Plurinational State of)", "BO"},
		{"Tanzania, United Republic of", "TZ"},
		{"Republic of Kenya", "KE"},
		{"Saint Kitts and Nevis", "KN"},
		{"St. Kitts & Nevis", "KN"},
		{"St Vincent and the Grenadines", "VC"},
		{"South Sudan", "SS"},
		{"Guinea-Bissau", "GW"},
		{"Guinée équatoriale", "GQ"},
		{"Emiratos Árabes Unidos", "AE"},
		{"Antarctica/British Antarctic Territory", "AQ"},
		{"Kosovo", "XK"},
		{"XK", "XK"},
		{"TW", "TW"},
		{"Taiwan, Province of China", "TW"},
		{"Palestine, State of", "PS"},
		{"PS", "PS"},
		{"NA", "NA"},
		{"NAM", "NA"},
		{"UK", "GB"},
		{"MLI", "ML"},
		{"Eswatini", "SZ"},
		{"North Macedonia", "MK"},
		{"na", ""},
		{"no", ""},
		{"", ""},
		{"Atlantis", ""},
		{"State of Georgia", ""},
		{"Nigeri", ""},
		{"ZZ", ""},
		{"EU", ""},
		{"SU", ""},
	} {
		if got, ok := Find(c.name); got != c.want || ok != (c.want != "") {
			t.Errorf("Find(%q) = %q, %v, want %q", c.name, got, ok, c.want)
		}
	}
	if got := All("Israel, the West Bank and Gaza"); !slices.Equal(got, []string{"IL", "PS"}) {
		t.Errorf("All gives %v", got)
	}
}

func TestCodes(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"nam": "NA", "XKX": "XK", "XKK": "XK", "PSE": "PS", "TWN": "TW", "ROU": "RO", "ZAR": "", "ZZZ": "", "A": "", "ML": ""} {
		if got, ok := ISO3(in); got != want || ok != (want != "") {
			t.Errorf("ISO3(%q) = %q, %v, want %q", in, got, ok, want)
		}
	}
	n := 0
	for code, iso2 := range index().codes {
		if code == iso2 {
			n++
		}
	}
	if n != 250 { // 249 of ISO 3166-1 and XK
		t.Errorf("%d countries, want 250", n)
	}
	for code := range index().codes {
		if Known(code) && len(Name(code, "en")) < 3 {
			t.Errorf("%s has no English name", code)
		}
	}
}

func TestEveryNameFindsItsCountry(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"en", "fr", "es"} {
		for code := range index().codes {
			if !Known(code) || lang != "en" && (code == "MF" || code == "SX") {
				continue
			}
			if got, _ := Find(Name(code, lang)); got != code {
				t.Errorf("%s: Find(%q) = %q, want %s", lang, Name(code, lang), got, code)
			}
		}
	}
}

func TestName(t *testing.T) {
	t.Parallel()
	for _, c := range [][3]string{
		{"ML", "en", "Mali"},
		{"CI", "fr", "Côte d’Ivoire"},
		{"DE", "es", "Alemania"},
		{"DE", "de", "Deutschland"},
		{"MK", "en-GB", "North Macedonia"},
		{"HK", "en", "Hong Kong"},
		{"NA", "en", "Namibia"},
		{"XX", "en", "XX"},
		{"KE", "?", "Kenya"},
	} {
		if got := Name(c[0], c[1]); got != c[2] {
			t.Errorf("Name(%s, %s) = %q, want %q", c[0], c[1], got, c[2])
		}
	}
}

func TestInText(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		want []string
	}{
		{"Blast in Mali kills ten, says Niger's army", []string{"ML", "NE"}},
		{"The ambassador met Assad in a malicious mood", nil},
		{"Nigeria and Nigerians", []string{"NG"}},
		{"South Sudan and Sudan", []string{"SS", "SD"}},
		{"Papua New Guinea, Guinea-Bissau and Equatorial Guinea", []string{"PG", "GW", "GQ"}},
		{"A pirate attack in the Gulf of Guinea", nil},
		{"Wildfire in New Mexico", nil},
		{"Storm in the Gulf of Mexico nears Mexico", []string{"MX"}},
		{"Oil spill in the Niger Delta", []string{"NG"}},
		{"roast turkey and fine china", nil},
		{"Turkey and China", []string{"TR", "CN"}},
		{"Tell us more", nil},
		{"US and U.K. troops leave", []string{"US", "GB"}},
		{"CONTACT US TODAY", nil},
		{"EARTHQUAKE HITS NEPAL", []string{"NP"}},
		{"Kämpfe in der Demokratischen Republik: Congo", []string{"CG", "CD"}},
		{"Ebola in the Democratic Republic of the Congo", []string{"CD"}},
		{"Dominique de Villepin lance une grenade", nil},
		{"La Réunion en alerte ; Réunion de crise à Paris", []string{"RE"}},
		{"Northern Ireland votes", []string{"GB"}},
		{"Séisme en Haïti", []string{"HT"}},
		{"Dominican Republic, not Dominica", []string{"DO", "DM"}},
		{"Strikes on the Gaza Strip", []string{"PS"}},
		{"Clashes near Türkiye’s border", []string{"TR"}},
		{"", nil},
	} {
		if got := InText(c.text); !slices.Equal(got, c.want) {
			t.Errorf("InText(%q) = %v, want %v", c.text, got, c.want)
		}
	}
}

func FuzzInText(f *testing.F) {
	f.Add("Mali and Côte d'Ivoire")
	f.Add("U.S. \xff St")
	f.Fuzz(func(t *testing.T, s string) {
		for _, c := range InText(s) {
			if !Known(c) {
				t.Errorf("%q in %q", c, s)
			}
		}
		if c, ok := Find(s); ok && !Known(c) {
			t.Errorf("Find(%q) = %q", s, c)
		}
	})
}
