package country

import (
	"slices"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// Numeric returns the alpha-2 code of an ISO 3166-1 number, which is also the country's code
// in UN M49.
func Numeric(n int) (iso2 string, ok bool) {
	if n <= 0 || n > 999 {
		return "", false
	}
	r, err := language.EncodeM49(n)
	if err != nil || !Known(r.String()) {
		return "", false
	}
	return r.String(), true
}

// Number returns the ISO 3166-1 number of a country; false where it has none (Kosovo).
func Number(iso2 string) (n int, ok bool) {
	if !Known(iso2) {
		return 0, false
	}
	r, err := language.ParseRegion(iso2)
	if err != nil || r.M49() == 0 {
		return 0, false
	}
	return r.M49(), r.M49() < 900
}

// regions are the areas of UN M49 that hold several countries, by code, with their members.
// CLDR's containment follows M49; its groupings that are no areas of M49 (EU, UN) are left out.
var regions = sync.OnceValue(func() map[string][]string {
	out := map[string][]string{}
	var codes []string
	for c := range index().codes {
		if len(c) == 2 {
			codes = append(codes, c)
		}
	}
	slices.Sort(codes)
	for n := 1; n < 420; n++ {
		r, err := language.EncodeM49(n)
		if err != nil || r.IsCountry() || len(r.String()) != 3 {
			continue
		}
		for _, c := range codes {
			if within, err := language.ParseRegion(c); err == nil && r.Contains(within) {
				out[r.String()] = append(out[r.String()], c)
			}
		}
	}
	return out
})

// regionNames are the folded English names of the areas of UN M49.
var regionNames = sync.OnceValue(func() map[string]string {
	out := map[string]string{}
	for code := range regions() {
		name := key(RegionName(code, "en"))
		out[name] = code
		for _, short := range []string{"western", "eastern", "northern", "southern"} { // West Africa, South Asia
			if rest, ok := strings.CutPrefix(name, short+" "); ok {
				out[strings.TrimSuffix(short, "ern")+" "+rest] = code
			}
		}
	}
	return out
})

// Region returns the countries of an area of UN M49, given by its code ("011", 11) or its
// English name ("Western Africa", "West Africa"), sorted; nil for anything else, also for a
// single country.
func Region(word string) []string {
	word = strings.TrimSpace(word)
	if n, err := strconv.Atoi(word); err == nil && n > 0 && n < 1000 {
		word = strconv.Itoa(1000 + n)[1:]
		return slices.Clone(regions()[word])
	}
	if len(word) > 100 {
		return nil
	}
	return slices.Clone(regions()[regionNames()[key(word)]])
}

// RegionName returns the name of an area of UN M49 in a language, in English where that is
// not known, and the code itself where the area is not.
func RegionName(code, lang string) string {
	r, err := language.ParseRegion(code)
	if err != nil || regions()[code] == nil {
		return code
	}
	tag, err := language.Parse(lang)
	if err != nil {
		tag = language.English
	}
	if namer := display.Regions(tag); namer != nil {
		if name := namer.Name(r); name != "" {
			return name
		}
	}
	return display.English.Regions().Name(r)
}
