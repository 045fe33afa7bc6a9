package indicator

import (
	"strings"

	"watchfire.dev/internal/country"
	"watchfire.dev/internal/gazetteer"
)

// oldCodes are three-letter codes that panels still use and ISO 3166-1 gives no more, or
// never gave.
var oldCodes = map[string]string{"ROM": "RO", "ZAR": "CD", "TMP": "TL", "ADO": "AD", "KSV": "XK", "WBG": "PS", "SUD": "SD", "GBG": "GG", "JEY": "JE", "IMY": "IM"}

// A resolver finds the country that a row names, once per pair of code and name.
type resolver struct {
	known map[[2]string]resolved
}

type resolved struct {
	iso2 string
	why  error
}

func newResolver() *resolver { return &resolver{known: map[[2]string]resolved{}} }

// country resolves a code, a name, or both. Where both are given and mean different
// countries, it is neither: that is what a shifted column looks like.
func (r *resolver) country(code, name string) (string, error) {
	key := [2]string{strings.TrimSpace(code), strings.TrimSpace(name)}
	if hit, ok := r.known[key]; ok {
		return hit.iso2, hit.why
	}
	iso2, why := lookUp(key[0], key[1])
	r.known[key] = resolved{iso2, why}
	return iso2, why
}

func lookUp(code, name string) (string, error) {
	byCode, byName := "", ""
	if code != "" {
		c, ok := country.Code(code)
		if !ok || (len(code) == 2 && code != strings.ToUpper(code)) {
			c = oldCodes[code]
		}
		byCode = c
	}
	if name != "" {
		if n, ok := gazetteer.Find("", name); ok && n.Level == gazetteer.Country && len(n.Countries) == 1 {
			byName = n.Countries[0]
		} else if all := country.All(name); len(all) == 1 {
			byName = all[0]
		}
	}
	switch {
	case byCode != "" && byName != "" && byCode != byName:
		return "", refuse(ReasonPlace, "code %.20q is %s, name %.60q is %s", code, byCode, name, byName)
	case byCode != "":
		return byCode, nil
	case byName != "" && code == "":
		return byName, nil
	case byName != "" && strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == "":
		return byName, nil // a code of the publisher's own
	}
	return "", refuse(ReasonPlace, "no country is called %.60q (code %.20q)", name, code)
}
