package gazetteer

import (
	"slices"
	"strconv"
	"strings"
	"sync"

	"watchfire.dev/internal/country"
)

// A Named is what a source's word or code stands for.
type Named struct {
	Level     Level
	Countries []string // ISO 3166-1 alpha-2
	Admin1    string   // ISO 3166-2; "" at the level of countries
	Areas     []*Area  // its outlines; none = matched by codes alone
	Note      string   // why it is less precise than the code; "" = as precise
}

// states of the United States, provinces of Canada and of China by the two digits with
// which their codes of smaller areas begin: FIPS 6-4, SGC, GB/T 2260.
const (
	usDigits = "01AL 02AK 04AZ 05AR 06CA 08CO 09CT 10DE 11DC 12FL 13GA 15HI 16ID 17IL 18IN 19IA 20KS 21KY 22LA 23ME 24MD 25MA 26MI 27MN 28MS " +
		"29MO 30MT 31NE 32NV 33NH 34NJ 35NM 36NY 37NC 38ND 39OH 40OK 41OR 42PA 44RI 45SC 46SD 47TN 48TX 49UT 50VT 51VA 53WA 54WV 55WI 56WY " +
		"60AS 66GU 69MP 72PR 78VI"
	caDigits = "10NL 11PE 12NS 13NB 24QC 35ON 46MB 47SK 48AB 59BC 60YT 61NT 62NU"
	cnDigits = "11BJ 12TJ 13HE 14SX 15NM 21LN 22JL 23HL 31SH 32JS 33ZJ 34AH 35FJ 36JX 37SD 41HA 42HB 43HN 44GD 45GX 46HI 50CQ 51SC 52GZ 53YN " +
		"54XZ 61SN 62GS 63QH 64NX 65XJ 71TW 81HK 82MO"
)

type state struct{ country, admin1 string }

// digits maps "US 06" to the state, and "US CA" too.
var digits = sync.OnceValue(func() map[string]state {
	out := map[string]state{}
	for iso2, list := range map[string]string{"US": usDigits, "CA": caDigits, "CN": cnDigits} {
		for _, f := range strings.Fields(list) {
			s := state{iso2, iso2 + "-" + f[2:]}
			if iso2 == "US" && f[:2] >= "60" { // territories have a country code of their own
				s.country = f[2:]
			}
			out[iso2+" "+f[:2]], out[iso2+" "+f[2:]] = s, s
		}
	}
	return out
})

// stateOf is the state in which an area with a FIPS code lies.
func stateOf(fips string) (state, bool) {
	if len(fips) < 2 {
		return state{}, false
	}
	s, ok := digits()["US "+fips[:2]]
	return s, ok
}

// Resolve says what a code of a scheme stands for. Schemes are written in any way that
// sources do: "ISO3166-1", "ISO 3166-2", "M49", "UGC", "SAME", "FIPS6", "FIPS", "EMMA_ID",
// "NUTS2", "NUTS3", "SGC" (also the profile of Canada), "GB2260". False for a scheme or a
// code that is not known: such a code says nothing, not even its country.
func Resolve(scheme, value string) (Named, bool) {
	value = strings.ToUpper(strings.TrimSpace(value))
	if len(value) < 2 || len(value) > 40 {
		return Named{}, false
	}
	switch s := schemeOf(scheme); s {
	case "iso31661", "iso2", "iso3", "country":
		if iso2, ok := country.Code(value); ok {
			return ofCountry(iso2, ""), true
		}
	case "iso31662":
		return ofDivision(value)
	case "m49", "unm49":
		return ofM49(value)
	case "ugc":
		return ofUGC(value)
	case "same", "fips6":
		return ofSAME(value)
	case "fips", "fips5", "geoid":
		return ofFIPS(value, "")
	case "emmaid", "nuts", "nuts1", "nuts2", "nuts3":
		return ofPrefix(value, s)
	case "sgc":
		return ofDigits("CA", value)
	case "gb2260", "gbt2260", "adcode":
		return ofDigits("CN", value)
	}
	return Named{}, false
}

func schemeOf(scheme string) string {
	s := strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' || '0' <= r && r <= '9' {
			return r
		}
		return -1
	}, strings.ToLower(scheme))
	if strings.HasPrefix(s, "profilecapcplocation") {
		return "sgc"
	}
	return s
}

func ofCountry(iso2, note string) Named {
	return Named{Level: Country, Countries: []string{iso2}, Areas: Outlines(iso2), Note: note}
}

// ofDivision reads an ISO 3166-2 code; of one that is not in the table at least the country
// is known.
func ofDivision(code string) (Named, bool) {
	iso, _, ok := strings.Cut(code, "-")
	iso2, known := country.Code(iso)
	switch {
	case !ok || !known || len(iso) != 2:
		return Named{}, false
	case len(divisions().names[code]) == 0:
		return ofCountry(iso2, "the division "+code+" is not known: taken as its country"), true
	}
	n := Named{Level: Admin1, Countries: []string{iso2}, Admin1: top(code), Areas: Divisions(iso2, code)}
	if n.Admin1 != code && len(n.Areas) == 0 {
		n.Areas, n.Note = Divisions(iso2, n.Admin1), code+" is not drawn: taken as "+n.Admin1
	}
	return n, true
}

func ofM49(value string) (Named, bool) {
	n, err := strconv.Atoi(value)
	if err != nil {
		return Named{}, false
	}
	if iso2, ok := country.Numeric(n); ok {
		return ofCountry(iso2, ""), true
	}
	list := Region(value)
	if len(list) == 0 {
		return Named{}, false
	}
	out := Named{Level: Country, Countries: list, Note: "an area of several countries: " + country.RegionName(value, "en")}
	for _, iso2 := range list {
		out.Areas = append(out.Areas, Outlines(iso2)...)
	}
	return out, true
}

// ofUGC reads "CAC037" (a county) and "CAZ310" (a forecast zone, of which no outline is had:
// its state). The letters of marine zones are no states: they are open water.
func ofUGC(value string) (Named, bool) {
	if len(value) != 6 {
		return Named{}, false
	}
	s, ok := digits()["US "+value[:2]]
	switch {
	case !ok || value[0] < 'A':
		return Named{}, false
	case value[2] == 'C' && value[3:] != "000":
		for key, other := range digits() {
			if other == s && key[3] <= '9' {
				return ofFIPS(key[3:]+value[3:], "")
			}
		}
	}
	note := ""
	if value[2] == 'Z' && value[3:] != "ALL" {
		note = "the outline of forecast zone " + value + " is not known: taken as its state"
	}
	return ofState(s, note), value[2] == 'Z' || value[2] == 'C'
}

// ofSAME reads "006037": a digit for the part of the county, state and county. A part is
// taken as the whole county; county 000 is the state.
func ofSAME(value string) (Named, bool) {
	if len(value) != 6 {
		return Named{}, false
	}
	note := ""
	if value[0] != '0' {
		note = value + " is a part of a county: taken as the whole"
	}
	return ofFIPS(value[1:], note)
}

func ofFIPS(value, note string) (Named, bool) {
	s, ok := stateOf(value)
	switch {
	case !ok || strings.Trim(value, "0123456789") != "" || len(value) != 2 && len(value) != 5:
		return Named{}, false
	case len(value) == 2 || value[2:] == "000":
		return ofState(s, note), true
	}
	out := Named{Level: County, Countries: []string{s.country}, Admin1: s.admin1, Areas: Counties(value), Note: note}
	if len(out.Areas) == 0 {
		return ofState(s, "the outline of county "+value+" is not known: taken as its state"), true
	}
	return out, true
}

func ofState(s state, note string) Named {
	return Named{Level: Admin1, Countries: []string{s.country}, Admin1: s.admin1, Areas: Divisions("US", s.admin1), Note: note}
}

// ofPrefix reads codes that begin with a country: EMMA_ID of MeteoAlarm and NUTS. Which
// division the rest stands for is not known here.
func ofPrefix(value, scheme string) (Named, bool) {
	iso2, ok := country.Code(value[:2])
	if !ok || len(value) < 3 && scheme == "emmaid" {
		return Named{}, false
	}
	note := ""
	if len(value) > 2 {
		note = "the outline of " + value + " is not known: taken as its country"
	}
	return ofCountry(iso2, note), true
}

func ofDigits(iso2, value string) (Named, bool) {
	s, ok := digits()[iso2+" "+value[:2]]
	if !ok || strings.Trim(value, "0123456789") != "" {
		return Named{}, false
	}
	out := Named{Level: Admin1, Countries: []string{s.country}, Admin1: s.admin1, Areas: Divisions(iso2, s.admin1)}
	if strings.Trim(value[2:], "0") != "" {
		out.Note = "the outline of " + value + " is not known: taken as " + s.admin1
	}
	return out, true
}

// Find says what the name of a country, of a division of a country, or of a UN M49 area
// stands for; iso2 is the country of a division, "" for the others.
func Find(iso2, name string) (Named, bool) {
	name = strings.TrimSpace(name)
	if iso2 != "" {
		if code, ok := Division(iso2, name); ok {
			return ofDivision(code)
		}
		if drawn := Divisions(iso2, name); len(drawn) > 0 {
			return Named{Level: Admin1, Countries: []string{iso2}, Areas: drawn}, true
		}
		return Named{}, false
	}
	if list := country.All(name); len(list) > 0 {
		out := Named{Level: Country, Countries: list}
		for _, c := range list {
			out.Areas = append(out.Areas, Outlines(c)...)
		}
		return out, true
	}
	if list := Region(name); len(list) > 0 {
		return Named{Level: Country, Countries: list, Note: "an area of several countries"}, true
	}
	return Named{}, false
}

// Of lists the countries of a code or name, sorted; see Resolve.
func (n Named) Of(iso2 string) bool { return slices.Contains(n.Countries, iso2) }
