package country

import (
	"slices"
	"testing"
)

func TestNumbers(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{4: "AF", 586: "PK", 840: "US", 408: "KP", 2: "", 150: "", 0: "", -4: "", 1000: "", 890: ""} {
		if got, _ := Numeric(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
		if want != "" {
			if back, ok := Number(want); !ok || back != n {
				t.Errorf("%s is number %d", want, back)
			}
		}
	}
	if n, ok := Number("XK"); ok {
		t.Errorf("Kosovo has the number %d", n)
	}
}

func TestAreasOfSeveralCountries(t *testing.T) {
	t.Parallel()
	for word, c := range map[string]struct{ in, out string }{
		"011": {"NG", "KE"}, "11": {"ML", "CM"}, "Western Africa": {"SN", "DZ"}, "West Africa": {"GH", "AO"}, "west africa": {"GH", "AO"},
		"Southern Asia": {"PK", "MM"}, "002": {"EG", "YE"}, "Africa": {"ZA", "FR"}, "Polynesia": {"WS", "PG"}, "150": {"UA", "TR"},
	} {
		got := Region(word)
		if !slices.Contains(got, c.in) || slices.Contains(got, c.out) || !slices.IsSorted(got) {
			t.Errorf("%s: %v, want %s and not %s", word, got, c.in, c.out)
		}
	}
	for _, word := range []string{"", "Pakistan", "586", "999", "-2", "the moon", "West"} {
		if got := Region(word); got != nil {
			t.Errorf("%q: %v", word, got)
		}
	}
	if RegionName("011", "fr") != "Afrique occidentale" || RegionName("011", "en") != "Western Africa" || RegionName("586", "en") != "586" {
		t.Errorf("%q %q", RegionName("011", "fr"), RegionName("586", "en"))
	}
}

func TestNamesInManyLanguages(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"باكستان": "PK", "巴基斯坦": "PK", "Пакистан": "PK", "パキスタン": "PK", "파키스탄": "PK", "پاکستان": "PK", "Deutschland": "DE",
		"Alemanha": "DE", "Niederlande": "NL", "Moçambique": "MZ", "莫桑比克": "MZ", "Мьянма (Бирма)": "MM", "Türkiye": "TR", "မြန်မာ": "MM",
		"Niger": "NE", "Nigeria": "NG", "Guinea": "GN", "Dominica": "DM", "Georgia": "GE", "Iran": "IR",
	} {
		if got, _ := Find(name); got != want {
			t.Errorf("%s is %q, want %s", name, got, want)
		}
	}
}
