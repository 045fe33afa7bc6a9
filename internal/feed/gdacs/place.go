package gdacs

import (
	"strings"

	"golang.org/x/text/language"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/feed/scan"
)

// places names the affected countries: by code where the source gives codes, by name
// otherwise. One name beside one code is the same country; of several names the source does
// not say which one its code belongs to.
func places(iso3 string, codes, names []string) []event.Place {
	var out []event.Place
	seen := make(map[string]bool)
	for _, code := range append([]string{iso3}, codes...) {
		if c := country(code); c != "" && !seen[c] {
			seen[c] = true
			out = append(out, event.Place{Country: c})
		}
	}
	if len(out) == 1 && len(names) == 1 {
		out[0].Name = scan.Text(names[0])
		return out
	}
	for _, name := range names {
		if n := scan.Text(name); n != "" && !seen[n] {
			seen[n] = true
			out = append(out, event.Place{Name: n})
		}
	}
	return out
}

// country turns an ISO 3166-1 code of two or three letters into the one of two letters, or
// "" when it is none.
func country(code string) string {
	code = strings.TrimSpace(code)
	if len(code) != 2 && len(code) != 3 {
		return ""
	}
	region, err := language.ParseRegion(code)
	if err != nil || !region.IsCountry() {
		return ""
	}
	return region.Canonicalize().String()
}

// names cuts a list of countries at its commas.
func names(list string) []string {
	var out []string
	for _, n := range strings.Split(list, ",") {
		if n = strings.TrimSpace(n); n != "" {
			out = append(out, n)
		}
	}
	return out
}
